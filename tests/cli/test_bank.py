# SPDX-License-Identifier: Apache-2.0
"""The life of a sealed bank by its commands: drawn, committed, retired, opened, shared, sealed."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from called import proofhouse as run
from proofhouse.bootstrap import open_home, open_ledger
from proofhouse.desk import banks, measure
from proofhouse.desk.desk import CLEAR_OPENINGS
from proofhouse.formats import sealed_seed
from proofhouse.formats.commitment import Opening
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.shares import split

PROGRAM = Path(sys.executable).with_name("proofhouse")
SEALED_LOGIC = Path(__file__).parents[1] / "bank" / "sealed_logic"
BODIES = ("--as", "body-1", "--as", "body-2")
BANK = measure.BANK


def told(home: Path, *arguments: str) -> dict[str, Any]:
    """What a command that succeeds prints with --json."""
    done = run(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def refused(home: Path, *arguments: str, code: int, said: str) -> None:
    """The command is refused in one sentence, and the log is as it was."""
    before = size(home)
    done = run(home, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert size(home) == before


def size(home: Path) -> int:
    with open_ledger(home) as log:
        return log.size


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that plays every party, its log just opened."""
    home = tmp_path_factory.mktemp("bank") / "home"
    with open_home(home):
        return home


@pytest.fixture(scope="module")
def committed(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a bank committed at leaf 1."""
    home = tmp_path_factory.mktemp("committed") / "home"
    shutil.copytree(fresh, home)
    told(home, "bank", "commit", *BODIES)
    return home


@pytest.fixture
def home(fresh: Path, tmp_path: Path) -> Path:
    return shutil.copytree(fresh, tmp_path / "home")


@pytest.fixture
def owned(committed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(committed, tmp_path / "owned")


# --------------------------------------------------------------------------------- new, commit


def test_what_is_drawn_is_what_is_committed(home: Path) -> None:
    """`new` makes no statement and prints digests; `commit` commits to just these, k of n."""
    open_by = "2030-01-02T03:04:05Z"
    drawn = told(home, "bank", "new", "--open-by", open_by, "--capability", "finding flaws")
    assert size(home) == 1
    assert (drawn["version"], drawn["openBy"]) == (1, open_by)
    refused(home, "bank", "commit", "--as", "body-1", code=3, said="needs 2 signature")
    done = told(home, "bank", "commit", *BODIES)
    assert done["leaf"] == 1
    with open_home(home) as opened:
        kept = banks.version(opened.desk, BANK, None)
        predicate = kept.entry.predicate
        seed = banks.seed_in(banks.opening_of(kept))
    for name in ("seed", "families", "capabilities", "generatorDigest", "toolchainDigest"):
        assert predicate[name] == drawn[name]
    assert predicate["openBy"] == open_by
    assert seed.hex() not in json.dumps(drawn)
    assert seed.hex() not in json.dumps(dict(predicate))
    assert told(home, "bank", "new")["version"] == 2


def test_a_version_is_drawn_once_unless_anew(home: Path) -> None:
    """The second drawing is refused; with --again it has another seed, and that is committed."""
    first = told(home, "bank", "new")
    refused(home, "bank", "new", code=3, said="drawn already")
    second = told(home, "bank", "new", "--again")
    assert second["seed"] != first["seed"]
    refused(home, "bank", "commit", "--open-by", "2030-01-01T00:00:00Z", code=2, said="was drawn")
    told(home, "bank", "commit", *BODIES)
    with open_home(home) as opened:
        kept = banks.version(opened.desk, BANK, 1)
    assert kept.entry.predicate["seed"] == second["seed"]


def test_commit_alone_draws_as_it_goes(owned: Path) -> None:
    """The one-step form: all families, a seed that the vault can open, by hand-over too."""
    done = told(owned, "bank", "commit", "--as", "body-1", "--out", str(owned / "b.json"))
    assert done["leaf"] is None
    done = told(owned, "bank", "commit", "--in", str(owned / "b.json"), "--as", "body-2")
    assert done["leaf"] == 2
    with open_home(owned) as opened:
        kept = banks.version(opened.desk, BANK, None)
        assert kept.entry.predicate["version"] == 2
        assert len(banks.seed_in(banks.opening_of(kept))) == 32
        assert measure.active_bank(opened.desk) == kept


def test_fewer_levels_are_taken(home: Path, tmp_path: Path) -> None:
    """A level table and --family say what the version consists of."""
    (tmp_path / "levels.json").write_text('{"memory-flaw": 2}')
    line = ("bank", "new", "--family", "memory-flaw", "--levels", str(tmp_path / "levels.json"))
    assert told(home, *line)["families"] == {"memory-flaw": 2}


TABLES = {
    "empty": "",
    "no JSON": "memory-flaw: 6",
    "a list": '["memory-flaw"]',
    "nothing in it": "{}",
    "a family twice": '{"memory-flaw": 1, "memory-flaw": 2}',
    "an unknown family": '{"memory-leak": 1}',
    "no level": '{"memory-flaw": 0}',
    "too many levels": '{"memory-flaw": 99}',
    "half a level": '{"memory-flaw": 1.5}',
    "a truth value": '{"memory-flaw": true}',
    "a text": '{"memory-flaw": "6"}',
}


@pytest.mark.parametrize("name", TABLES)
def test_a_malformed_level_table_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    """With the file's name and what it should be; nothing is drawn."""
    path = tmp_path / "levels.json"
    path.write_text(TABLES[name])
    refused(home, "bank", "new", "--levels", str(path), code=2, said="level table")
    with open_home(home) as opened:
        assert banks.waiting(opened.desk, BANK) is None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--open-by", "2020-01-01T00:00:00Z"), 3, "opened after it was made"),
        (("--open-by", "2099-01-01T00:00:00Z"), 3, "within 10 years"),
        (("--open-by", "next year"), 2, "next year"),
        (("--family", "none"), 2, "memory-flaw"),
        (("--generator", "/nowhere"), 2, "/nowhere"),
        (("--levels", "/nowhere"), 2, "/nowhere"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    home: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """With the reason; nothing is drawn."""
    refused(home, "bank", "new", *words, code=code, said=said)
    with open_home(home) as opened:
        assert banks.waiting(opened.desk, BANK) is None


def test_a_bank_is_not_used_before_it_is_committed(home: Path) -> None:
    """Drawn is not committed: no threshold, no inquiry, nothing to retire, open or share."""
    told(home, "bank", "new")
    refused(home, "threshold", "commit", *BODIES, code=2, said="bank commit")
    about = ("--name", "Lab A", "--contact", "a@lab.example")
    refused(home, "inquire", *about, code=2, said="bank commit")
    refused(home, "inquire", *about, "--bank", "ab" * 32, code=2, said="no such bank")
    refused(home, "bank", "retire", *BODIES, code=2, said="no committed bank")
    refused(home, "bank", "open", *BODIES, code=2, said="no committed bank")
    shares = ("--threshold", "2", "--shares", "3", "--out", str(home / "out"))
    refused(home, "bank", "seed", "share", *shares, code=2, said="no committed bank")


# -------------------------------------------------------------------------------- retire, open


def test_a_retired_version_takes_no_new_case(owned: Path) -> None:
    """Neither an inquiry nor a threshold for it is taken; it can still be opened, and is due."""
    told(owned, "bank", "retire", "--reason", "Version 2 is better.", *BODIES)
    refused(owned, "bank", "retire", *BODIES, code=3, said="retired before")
    about = ("--name", "Lab A", "--contact", "a@lab.example")
    refused(owned, "inquire", *about, code=2, said="no such bank")
    with open_home(owned) as opened:
        digest = banks.version(opened.desk, BANK, 1).entry.digest
    refused(owned, "inquire", *about, "--bank", digest, code=3, said="retired at leaf 2")
    refused(owned, "threshold", "commit", *BODIES, code=2, said="no bank")
    told(owned, "bank", "open", *BODIES)
    refused(owned, "bank", "retire", *BODIES, code=3, said="retired before")
    assert told(owned, "bank", "commit", *BODIES)["leaf"] == 4


def test_an_opened_version_is_not_retired(owned: Path) -> None:
    """What everybody knows needs no retirement; one body alone retires nothing."""
    refused(owned, "bank", "retire", "--as", "body-1", code=3, said="needs 2 signature")
    told(owned, "bank", "open", *BODIES)
    refused(owned, "bank", "retire", *BODIES, code=3, said="opened to everybody before")
    refused(owned, "bank", "open", "--version", "1", *BODIES, code=3, said="opened already")


@pytest.mark.parametrize("part", ["salt", "blinding", "value"])
def test_an_opening_of_something_else_is_refused(owned: Path, tmp_path: Path, part: str) -> None:
    """Another seed, salt or blinding than was committed to, signed by k bodies, opens nothing."""
    draft = tmp_path / "opening.json"
    told(owned, "bank", "open", "--as", "nobody", "--out", str(draft))
    handover = json.loads(draft.read_text())
    payload = json.loads(_decoded(handover["envelope"]["payload"]))
    stated = payload["predicate"]
    if part == "value":
        stated["value"] = {"seed": "00" * 32}
    else:
        stated[part] = "07" + stated[part][2:62] + "00"
    handover["envelope"]["payload"] = _encoded(payload)
    draft.write_text(json.dumps(handover))
    refused(
        owned, "bank", "open", "--in", str(draft), *BODIES, code=3, said="does not open what was"
    )
    told(owned, "bank", "open", *BODIES)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)


def _encoded(value: Any) -> str:
    return base64.b64encode(canonical(value).encode()).decode()


def test_what_is_sealed_is_not_published(owned: Path, tmp_path: Path) -> None:
    """A draft is not published, and the published file is not written over something else."""
    out = str(tmp_path / "o.json")
    line = ("bank", "open", "--as", "body-1", "--out", out, "--publish", str(tmp_path / "p.json"))
    refused(owned, *line, code=2, said="not registered yet")
    taken = tmp_path / "taken.json"
    taken.write_text("mine")
    told(owned, "bank", "open", *BODIES)
    refused(owned, "bank", "open", "--publish", str(taken), code=2, said="holds something else")
    assert taken.read_text() == "mine"
    path = tmp_path / "opened.json"
    told(owned, "bank", "open", "--publish", str(path))
    before = path.read_bytes()
    told(owned, "bank", "open", "--publish", str(path))
    assert path.read_bytes() == before


# --------------------------------------------------------------------------------------- seeds


def lose_the_seed(home: Path) -> None:
    """Drop from the vault what opens the bank's commitment."""
    with open_home(home) as opened:
        digest = banks.version(opened.desk, BANK, None).entry.digest
        opened.desk.vault.drop(CLEAR_OPENINGS, digest)


def share(home: Path, out: Path) -> None:
    told(home, *("bank", "seed", "share", "--threshold", "2", "--shares", "3", "--out", str(out)))


def test_a_lost_seed_is_recovered_by_two_of_three(owned: Path, tmp_path: Path) -> None:
    """Any two shares put it back; with one, nothing is changed and the bank stays shut."""
    out = tmp_path / "custodians"
    share(owned, out)
    assert all(path.stat().st_mode & 0o077 == 0 for path in out.iterdir())
    lose_the_seed(owned)
    refused(owned, "bank", "open", *BODIES, code=7, said="seed recover")
    first, _, third = (str(out / f"share-{index}.txt") for index in (1, 2, 3))
    recover = ("bank", "seed", "recover")
    refused(owned, *recover, first, code=2, said="2 of the 3 shares are needed, and 1 is here")
    refused(owned, *recover, first, first, code=2, said="given twice")
    assert told(owned, *recover, third, first)["restored"] is True
    assert told(owned, *recover, third, first)["restored"] is False
    told(owned, "bank", "open", *BODIES)


def test_wrong_shares_recover_nothing(owned: Path, tmp_path: Path) -> None:
    """A mistyped digit, another splitting's share, another file, no file: each with the reason."""
    one, other = tmp_path / "one", tmp_path / "other"
    share(owned, one)
    share(owned, other)
    lose_the_seed(owned)
    recover = ("bank", "seed", "recover", str(one / "share-1.txt"))
    typed = tmp_path / "typed.txt"
    text = (one / "share-2.txt").read_text()
    at = text.index("data ") + 5
    typed.write_text(text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :])
    refused(owned, *recover, str(typed), code=2, said="not as it was written")
    refused(owned, *recover, str(other / "share-2.txt"), code=2, said="not of one key")
    refused(owned, *recover, str(owned / "policy.json"), code=2, said="policy.json can't be used")
    refused(owned, *recover, str(tmp_path / "none.txt"), code=2, said="none.txt")
    second = str(one / "share-2.txt")
    sealed = ("--sealed", str(other / "sealed-seed.json"))
    refused(owned, *recover, second, *sealed, code=2, said="not the one that these shares")
    (one / "sealed-seed.json").unlink()
    refused(owned, *recover, second, code=2, said="no sealed seed")
    refused(owned, "bank", "open", *BODIES, code=7, said="does not hold the seed")


def test_only_the_committed_seed_is_taken_back(owned: Path, tmp_path: Path) -> None:
    """Shares that are sound, of another seed under this bank's name, change nothing."""
    lose_the_seed(owned)
    key = bytes(range(32))
    value = {"opening": Opening({"seed": "00" * 32}).to_json(), "generators": []}
    data = sealed_seed.seal(f"{BANK}@1", value, key)
    (tmp_path / "sealed-seed.json").write_bytes(data)
    made = split(key, threshold=1, shares=1, of=f"{BANK}@1", sealed=sha256_hex(data))
    (tmp_path / "share-1.txt").write_text(made[0].to_text())
    line = ("bank", "seed", "recover", str(tmp_path / "share-1.txt"))
    refused(owned, *line, code=2, said="comes without what opens it")
    refused(owned, "bank", "open", *BODIES, code=7, said="does not hold the seed")


@pytest.mark.parametrize(("threshold", "shares"), [("0", "3"), ("4", "3"), ("2", "256")])
def test_numbers_of_custodians_that_cannot_be(
    owned: Path, tmp_path: Path, threshold: str, shares: str
) -> None:
    """1 ≤ k ≤ n ≤ 255; nothing is written."""
    out = tmp_path / "out"
    line = ("--threshold", threshold, "--shares", shares, "--out", str(out))
    refused(owned, "bank", "seed", "share", *line, code=2, said="can't be")
    assert not out.exists()


def test_shares_are_not_written_over(owned: Path, tmp_path: Path) -> None:
    """A folder that holds something stays as it is."""
    share(owned, tmp_path / "out")
    before = sorted(path.read_bytes() for path in (tmp_path / "out").iterdir())
    line = ("--threshold", "1", "--shares", "1", "--out", str(tmp_path / "out"))
    refused(owned, "bank", "seed", "share", *line, code=2, said="no empty folder")
    assert sorted(path.read_bytes() for path in (tmp_path / "out").iterdir()) == before


# -------------------------------------------------------------------------- a sealed generator


@pytest.mark.sandbox
def test_a_family_whose_code_is_sealed(home: Path, tmp_path: Path) -> None:
    """Drawn, committed by digest, proven from the vault, shared, opened; the code goes out last."""
    line = ("bank", "new", "--family", "memory-flaw", "--generator", str(SEALED_LOGIC))
    drawn = told(home, *line)
    assert drawn["families"]["sealed-logic"] == 3
    told(home, "bank", "commit", *BODIES)
    prove = ("bank", "prove", "--version", "1", "--family", "sealed-logic", "--count", "3")
    proof = told(home, *prove)
    assert (proof["status"], proof["families"]["sealed-logic"]["proven"]) == ("proven", 3)
    share(home, tmp_path / "custodians")
    lose_the_seed(home)
    assert run(home, *prove).returncode == 7
    shares = [str(tmp_path / "custodians" / f"share-{index}.txt") for index in (2, 3)]
    told(home, "bank", "seed", "recover", *shares)
    path = tmp_path / "opened.json"
    told(home, "bank", "open", *BODIES, "--publish", str(path))
    checked = told(home, "bank", "check", str(path))
    assert checked["status"] == "verified"
    assert any("sealed-logic" in check["sentence"] for check in checked["checks"])
    opened = json.loads(path.read_text())
    (digest,) = opened["generators"]
    changed = opened["generators"][digest].replace("return", "return ", 1)
    path.write_text(canonical({**opened, "generators": {digest: changed}}))
    refused(home, "bank", "check", str(path), code=2, said="does not have the digest")
    path.write_text(canonical({**opened, "generators": {}}))
    refused(home, "bank", "check", str(path), code=1, said="not the one that the bank")


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_two_families_of_one_name_are_refused(home: Path, tmp_path: Path) -> None:
    """A sealed family can't take the name of a public one, nor can two share one."""
    line = ("bank", "new", "--generator", str(SEALED_LOGIC), "--generator", str(SEALED_LOGIC))
    refused(home, *line, code=2, said="two families of the name sealed-logic")
    (tmp_path / "__init__.py").write_text(
        "NAME = 'memory-flaw'\nLEVELS = (1,)\ndef derive(key, level, index): ...\n"
    )
    line = ("bank", "new", "--generator", str(tmp_path))
    refused(home, *line, code=2, said="two families of the name memory-flaw")
