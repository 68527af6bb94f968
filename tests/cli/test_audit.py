# SPDX-License-Identifier: Apache-2.0
"""``proofhouse audit``: sentences, exit codes, and the memory between two audits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from called import proofhouse as run
from proofhouse.ledger.export import export
from stories import rehearsal

CASE = "b0" * 32


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a whole review; its log exported when it began, and at the end."""
    folder = tmp_path_factory.mktemp("audit")
    with rehearsal.opened(folder / "home") as played:
        export(played.desk.log, folder / "early")
        played.play(CASE)
        export(played.desk.log, folder / "late")
    return folder / "home"


def test_an_audit_says_what_it_checked(home: Path) -> None:
    """A true log exits 0 with a sentence a check; --json has the same, and counts."""
    done = run(home, "audit", home.parent / "late")
    assert done.returncode == 0, done.stderr
    assert "✓ All" in done.stdout
    assert "· No earlier audit is remembered" in done.stdout
    assert "Verified: " in done.stdout.splitlines()[-1]
    again = run(home, "audit", home.parent / "late", "--json")
    found = json.loads(again.stdout)
    assert (again.returncode, found["status"]) == (0, "verified")
    assert any("nothing vanished" in check["sentence"] for check in found["checks"])


def test_a_key_is_enough(home: Path, tmp_path: Path) -> None:
    """The verifier key in text or in a file is enough, without a home."""
    late = home.parent / "late"
    key = (late / "log.vkey").read_text().strip()
    for given in (key, str(late / "log.vkey")):
        done = run(tmp_path / "nowhere", "audit", late, "--key", given)
        assert done.returncode == 0, done.stderr
        assert "who signed the statements was not looked at" in done.stdout


def test_a_rollback_exits_1_and_shows_both_checkpoints(home: Path, tmp_path: Path) -> None:
    """After the late log the early one is a rollback; the memory keeps the late one."""
    state = tmp_path / "remembered.json"
    folder = home.parent
    assert run(home, "audit", folder / "early", "--state", state).returncode == 0
    assert run(home, "audit", folder / "late", "--state", state).returncode == 0
    before = state.read_bytes()
    done = run(home, "audit", folder / "early", "--state", state)
    assert done.returncode == 1
    assert "rolled back" in done.stdout
    assert done.stdout.count("— proofhouse.local/") == 2
    assert state.read_bytes() == before


def test_a_broken_file_exits_1(home: Path, tmp_path: Path) -> None:
    """A changed leaf exits 1 and says what it does not lead to."""
    shutil.copytree(home.parent / "late", tmp_path / "log")
    (bundle,) = (tmp_path / "log" / "tile" / "entries").glob("000.p/*")
    data = bytearray(bundle.read_bytes())
    data[-5] ^= 1
    bundle.write_bytes(data)
    done = run(home, "audit", tmp_path / "log")
    assert done.returncode == 1
    assert "NOT verified" in done.stdout


def test_a_stranger_exits_4(home: Path, tmp_path: Path) -> None:
    """The log of another home is signed by nobody whom the policy names."""
    with rehearsal.opened(tmp_path / "other") as other:
        export(other.desk.log, tmp_path / "log")
    assert run(home, "audit", tmp_path / "log").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Which log?"),
        (("nowhere",), "There is no folder"),
        (("http://127.0.0.1:9",), "nobody listens"),
        ((".", "--key", "x", "--policy", "y"), "not both"),
        ((".", "--key", "absent"), "absent"),
    ],
)
def test_bad_input_exits_2(home: Path, arguments: tuple[str, ...], said: str) -> None:
    """What can't be read is said by its name, on one line."""
    done = run(home, "audit", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_inspector_opens_the_home(home: Path) -> None:
    """With the vault every case is checked; the log is the home's own, or a published one."""
    done = run(home, "audit", "--inspector")
    assert done.returncode == 0, done.stderr
    assert "Inspected, with what the vault opens:" in done.stdout
    assert "None was discarded" in done.stdout
    again = run(home.parent, "audit", home.parent / "late", "--inspector", "--home", home, "--json")
    found = json.loads(again.stdout)
    assert (found["status"], found["inspection"]["status"]) == ("verified", "verified")
    assert found["inspection"]["cases"] == 1
    nowhere = run(home.parent / "nowhere", "audit", "--inspector")
    assert nowhere.returncode == 2
    assert not (home.parent / "nowhere").exists()
