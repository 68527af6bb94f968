# SPDX-License-Identifier: Apache-2.0
"""Bad input gets one clear sentence with what to do, its exit code, and changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from called import proofhouse as run
from proofhouse.journey import Broken, Journal, Wishes
from proofhouse.publish import publish_case
from stories import rehearsal

CASE = "b0" * 32
PROGRAM = Path(sys.executable).with_name("proofhouse")


def apart(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own."""
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env={**os.environ, "PROOFHOUSE_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that was said on standard error, without what went well before it."""
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("proofhouse: ")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished review."""
    home = tmp_path_factory.mktemp("cli") / "home"
    with rehearsal.opened(home) as played:
        case = played.play(CASE)
        publish_case(played.desk, case.id, played.home.review_folder(case.id))
    return home


@pytest.fixture
def home(honest: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may break."""
    copy = tmp_path / "home"
    shutil.copytree(honest, copy)
    return copy


def bundle_of(home: Path) -> Path:
    return home / "reviews" / CASE[:16] / "bundle.json"


# ------------------------------------------------------------------------------------- verify


def test_verify_says_what_it_checked(honest: Path) -> None:
    """An honest bundle exits 0 with plain sentences; --json has status and checks."""
    done = run(honest, "verify", str(bundle_of(honest)))
    assert done.returncode == 0
    assert "order proven, times claimed" in done.stdout
    assert "integrity, not independence" in done.stdout
    found = json.loads(run(honest, "verify", "--json", str(bundle_of(honest))).stdout)
    assert found["status"] == "verified"
    assert {check["result"] for check in found["checks"]} == {"held", "not_checked"}


def test_verify_refuses_one_flipped_byte(home: Path) -> None:
    """A changed byte exits 1 and says not to rely on the file."""
    path = bundle_of(home)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    done = run(home, "verify", str(path))
    assert done.returncode == 1
    assert "NOT verified" in done.stdout


def test_verify_does_not_know_another_log(honest: Path, tmp_path: Path) -> None:
    """A bundle of another log exits 4."""
    with rehearsal.opened(tmp_path / "other"):
        pass
    policy = str(tmp_path / "other" / "policy.json")
    done = run(honest, "verify", str(bundle_of(honest)), "--policy", policy)
    assert done.returncode == 4
    assert "trust policy does not name" in done.stdout


NO_BUNDLES: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "nothing": (lambda home: b"", "The file is empty"),
    "a blank": (lambda home: b" \n", "The file is empty"),
    "zeros": (lambda home: bytes(500), "binary"),
    "bytes that are no text": (lambda home: b"{\xff\xfe}", "binary"),
    "a dossier": (lambda home: bundle_of(home).with_name("dossier.html").read_bytes(), "HTML"),
    "a policy": (lambda home: (home / "policy.json").read_bytes(), "a trust policy, not a bundle"),
    "a list": (lambda home: b"[]", "begins with {"),
    "another object": (lambda home: b'{"a":1}', "does not say that its format is"),
    "half a bundle": (lambda home: bundle_of(home).read_bytes()[:9_000], "cut off"),
    "a bundle laid out anew": (
        lambda home: json.dumps(json.loads(bundle_of(home).read_bytes()), indent=2).encode(),
        "not byte for byte",
    ),
    "a bundle and a newline": (
        lambda home: bundle_of(home).read_bytes() + b"\n",
        "not byte for byte",
    ),
    "too deep": (lambda home: b'{"a":' * 100_000, "cut off"),
}


@pytest.mark.parametrize("name", NO_BUNDLES)
def test_verify_says_what_a_file_is_instead(honest: Path, tmp_path: Path, name: str) -> None:
    """A file that is no bundle is told as what it seems to be, and is not verified."""
    made, word = NO_BUNDLES[name]
    (tmp_path / "file").write_bytes(made(honest))
    done = run(honest, "verify", str(tmp_path / "file"))
    assert done.returncode == 1
    assert word in done.stdout.splitlines()[0]
    assert "NOT verified" in done.stdout
    assert done.stderr == ""
    (check,) = json.loads(run(honest, "verify", "--json", str(tmp_path / "file")).stdout)["checks"]
    assert (check["name"], check["result"]) == ("bytes", "failed")


@pytest.mark.parametrize("name", ["nothing", "a dossier", "half a bundle", "a list"])
def test_verify_names_a_policy_that_is_none(honest: Path, tmp_path: Path, name: str) -> None:
    """A policy that can't be used is named by its file, and nothing is verified."""
    (tmp_path / "trusted").write_bytes(NO_BUNDLES[name][0](honest))
    policy = str(tmp_path / "trusted")
    done = run(honest, "verify", str(bundle_of(honest)), "--policy", policy)
    assert done.returncode == 2
    assert f"{policy} can't be used as a trust policy" in said(done)
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["absent", "a folder"])
def test_verify_without_a_file(honest: Path, tmp_path: Path, name: str) -> None:
    """A file that is not there is said by its name."""
    (tmp_path / "a folder").mkdir()
    done = run(honest, "verify", str(tmp_path / name))
    assert done.returncode in (2, 7)
    assert name in said(done)


def test_verify_without_a_policy(honest: Path, tmp_path: Path) -> None:
    """Without a trust policy nothing is trusted, and --policy is named."""
    done = run(tmp_path / "nowhere", "verify", str(bundle_of(honest)))
    assert done.returncode == 2
    assert "--policy" in said(done)


# ------------------------------------------------------------------------------------- review

REFUSED: dict[str, tuple[list[str], int, str]] = {
    "a window over 30 days": (["--window-days", "31"], 3, "at most 30 days"),
    "a window that is none": (["--window-days", "0"], 3, "window"),
    "a reference agent that is none": (["--model", "reference/none"], 2, "none"),
    "a model without provider": (["--model", "gpt"], 2, "provider"),
    "a provider that is none": (["--model", "nobody/model-x"], 2, "nobody"),
    "an address that is none": (
        ["--model", "openai-api/lab/x", "--base-url", "not an address"],
        2,
        "http",
    ),
    "an unreachable endpoint": (
        ["--model", "openai-api/lab/x", "--base-url", "http://127.0.0.1:9/v1"],
        6,
        "127.0.0.1:9",
    ),
    "a clause that is none": (["--strike", "gravity"], 2, "gravity"),
    "nothing to abandon": (["--abandon"], 2, "broken off"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_review_refuses_before_the_first_statement(home: Path, name: str) -> None:
    """What can't be meant is refused in one sentence, and the log is as it was."""
    arguments, code, word = REFUSED[name]
    before = _size(home)
    done = run(home, "review", *arguments, PROOFHOUSE_MODEL_KEY="key")
    assert done.returncode == code, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert _size(home) == before
    assert not (home / "journey.json").exists()


def _newer(home: Path) -> None:
    about = json.loads((home / "home.json").read_text())
    (home / "home.json").write_text(json.dumps({**about, "formatVersion": 2}))


def _cut_off(home: Path) -> None:
    for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
        (home / name).unlink(missing_ok=True)
    with (home / "ledger.sqlite").open("r+b") as file:
        file.truncate(9_000)


def _edited(home: Path) -> None:
    """Change a leaf past the triggers, as somebody with a hex editor would."""
    db = sqlite3.connect(home / "ledger.sqlite")
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    (table,) = (
        row[0]
        for row in db.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'entr%'")
        if not row[0].startswith("sqlite")
    )
    db.execute(f"UPDATE {table} SET leaf = CAST(replace(leaf, 'a', 'b') AS BLOB) WHERE rowid <= 4")
    for _, sql in triggers:
        db.execute(sql)
    db.commit()
    db.close()


def _lost_key(home: Path) -> None:
    (home / "keys" / "assessor.key").unlink()


def _open_key(home: Path) -> None:
    (home / "keys" / "assessor.key").chmod(0o644)


def _wrong_key(home: Path) -> None:
    keys = home / "keys"
    (keys / "assessor.key").write_bytes((keys / "partner.key").read_bytes())


def _wrong_vault_key(home: Path) -> None:
    (home / "keys" / "vault.key").unlink()


BROKEN: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "a home of a newer version": (_newer, 7, "version 2"),
    "a ledger that was cut off": (_cut_off, 7, "ledger"),
    "a ledger that was edited": (_edited, 7, "damaged"),
    "a lost key": (_lost_key, 5, "assessor.key"),
    "a key that others can read": (_open_key, 5, "chmod 600"),
    "a wrong key": (_wrong_key, 5, "assessor.key"),
    "a lost key of the vault": (_wrong_vault_key, 5, "vault"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_review_refuses_a_broken_home(home: Path, name: str) -> None:
    """A home that is not what it was is refused in one sentence with what to do."""
    breaks, code, word = BROKEN[name]
    breaks(home)
    done = run(home, "review", "--model", "mockllm/model")
    assert word in said(done)
    assert done.returncode == code, done.stderr


def test_review_without_bubblewrap(home: Path, tmp_path: Path) -> None:
    """Without bubblewrap nothing runs, and the one line that installs it is said."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("gcc", "sh", "as", "ld"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    before = _size(home)
    done = apart(home, "review", PATH=str(tools))
    assert done.returncode == 5, done.stderr
    assert "bubblewrap" in said(done)
    assert _size(home) == before


def test_two_processes_on_one_home(honest: Path) -> None:
    """A second process on a home is told of the first."""
    with rehearsal.opened(honest):
        done = apart(honest, "review", "--model", "mockllm/model")
    assert done.returncode == 7
    assert "Another proofhouse process" in said(done)


def test_no_key_is_ever_printed(home: Path) -> None:
    """Neither a private key nor the endpoint's key shows in what is said."""
    done = apart(
        home,
        "review",
        "--json",
        "--model",
        "openai-api/lab/x",
        "--base-url",
        "http://127.0.0.1:9/v1",
        PROOFHOUSE_MODEL_KEY="sk-planted-key",
    )
    everything = done.stdout + done.stderr
    assert "sk-planted-key" not in everything
    assert "PRIVATE" not in everything
    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert error["message"]
    for key in (home / "keys").iterdir():
        assert key.stat().st_mode & 0o077 == 0


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    """With --json a command that goes well says nothing beside its one object on one line."""
    home = tmp_path / "home"
    with rehearsal.opened(home) as played:
        played.play(CASE, until="run_under_way")
        Journal(home).begin(Broken(CASE, Wishes(), "2026-07-01T09:00:00Z"))
    done = run(home, "review", "--abandon", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    printed = json.loads(line)
    assert (printed["case"], printed["state"]) == (CASE, "withdrawn")
    assert Path(printed["bundle"]).is_file()


def _size(home: Path) -> int:
    db = sqlite3.connect(home / "ledger.sqlite")
    try:
        return int(db.execute("SELECT max(size) FROM checkpoint").fetchone()[0])
    finally:
        db.close()
