# SPDX-License-Identifier: Apache-2.0
"""``proofhouse key``: what it says, what it refuses, and that it never tells a secret."""

from __future__ import annotations

import base64
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import tokens
from proofhouse.cli.key import command
from proofhouse.formats.keys import PublicKey
from proofhouse.seat import read_trusted

PROGRAM = Path(sys.executable).with_name("proofhouse")
PASSPHRASE = "planted correct horse"
WRONG = "planted wrong passphrase"
softhsm = pytest.mark.skipif(not tokens.HAVE_SOFTHSM, reason="needs softhsm2")


def environment(home: Path, **more: str) -> dict[str, str]:
    secrets = ("PROOFHOUSE_PASSPHRASE", "PROOFHOUSE_PIN")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(secrets)}
    return {**kept, "PROOFHOUSE_HOME": str(home), **more}


def key(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `proofhouse key …` without a terminal; whatever it says, it tells no secret."""
    secrets = secrets_of(home)
    done = subprocess.run(
        [str(PROGRAM), "key", *arguments],
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )
    everything = done.stdout + done.stderr
    assert "Traceback" not in everything
    assert "PRIVATE KEY" not in everything
    assert "planted" not in everything
    for secret in secrets + secrets_of(home):
        assert secret not in everything
    return done


def secrets_of(home: Path) -> list[str]:
    """The secrets of the plain keys, spelt in base64 and in hexadecimal."""
    found = []
    for path in (home / "keys").glob("*.key"):
        lines = path.read_text(errors="replace").split("-----BEGIN PRIVATE KEY-----\n")
        if len(lines) == 2:
            body = lines[1].split("\n")[0]
            found += [body, base64.b64decode(body)[-32:].hex()]
    return found


def ok(home: Path, *arguments: str, **more: str) -> Any:
    """What a command that succeeds prints as JSON."""
    done = key(home, *arguments, "--json", **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(home: Path, *arguments: str, code: int, **more: str) -> str:
    """The sentence that a refused command says, in text and as JSON; the home stays as it was."""
    before = state(home)
    done = key(home, *arguments, "--json", **more)
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    error = json.loads(done.stdout)["error"]
    assert line == f"proofhouse: {error['message']} {error['hint']}".rstrip()
    assert state(home) == before
    return line


def state(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one encrypted key."""
    path = tmp_path_factory.mktemp("keys") / "home"
    ok(path, "new", "assessor", "--encrypt", PROOFHOUSE_PASSPHRASE=PASSPHRASE)
    return path


def test_the_life_of_a_key(home: Path) -> None:
    """Made, listed, checked and encrypted, it stays the same key, in a home without a log."""
    made = ok(home, "new", "developer", "--name", "steward-1")
    assert (made["role"], made["kind"]) == ("developer", "plain")
    assert PublicKey(bytes.fromhex(made["key"])).keyid == made["keyid"]
    assert ok(home, "list") == {"keys": [{**made, "fault": None}]}
    assert ok(home, "check", "steward-1") == made
    closed = ok(home, "encrypt", "steward-1", PROOFHOUSE_PASSPHRASE=PASSPHRASE)
    assert closed == {**made, "kind": "encrypted"}
    assert ok(home, "list")["keys"][0]["keyid"] == made["keyid"]
    assert ok(home, "check", "steward-1", PROOFHOUSE_PASSPHRASE=PASSPHRASE) == closed
    assert [path.name for path in home.iterdir()] == ["keys"]


def test_show_prints_what_the_other_side_takes(home: Path, tmp_path: Path) -> None:
    """The line fits a policy's list of issuers, the JSON what a log's home is told."""
    made = ok(home, "new", "body-2")
    line = key(home, "show", "body-2", "--holder", "Agency Ü").stdout
    assert json.loads(line) == {"name": "Agency Ü", "key": made["key"]}
    assert line.count("\n") == 1
    told = tmp_path / "body.json"
    told.write_text(key(home, "show", "body-2", "--json").stdout)
    assert read_trusted(told) == ("body", "body-2", made["key"])


def test_list_goes_on_past_a_broken_key(home: Path) -> None:
    """One that can't be used is told with its fault, the others as they are."""
    ok(home, "new", "developer")
    ok(home, "new", "assessor")
    (home / "keys" / "assessor.key").write_text("planted nonsense")
    assessor, developer = ok(home, "list")["keys"]
    assert "assessor.key" in assessor["fault"]
    assert assessor["key"] is None
    assert developer["fault"] is None
    text = key(home, "list").stdout.splitlines()
    assert "can't be used" in text[0]
    assert developer["keyid"] in text[1]


def test_list_of_nothing(home: Path) -> None:
    """A home that isn't there has no keys, and none is made by looking."""
    assert ok(home, "list") == {"keys": []}
    assert "no keys" in key(home, "list").stdout
    assert not home.exists()


REFUSED: dict[str, tuple[list[str], int, str]] = {
    "a role that is none": (["new", "emperor"], 2, "no role 'emperor'"),
    "a name that is a path": (["new", "developer", "--name", "../x"], 2, "can't be called"),
    "a name of another role": (["new", "developer", "--name", "partner"], 2, "partner's"),
    "the log's name": (["new", "developer", "--name", "log"], 2, "log"),
    "a key that is there": (["new", "assessor"], 3, "never replaced"),
    "encrypting twice": (["encrypt", "assessor"], 3, "already"),
    "showing in another role": (["show", "assessor", "--role", "partner"], 2, "assessor's"),
    "a holder without a name": (["show", "assessor", "--holder", "\x1b[2J"], 2, "printable"),
    "a key that is absent": (["check", "developer"], 5, "developer.key is not in this home"),
    "checking without a passphrase": (["check", "assessor"], 5, "no terminal to ask at"),
    "a new one without a passphrase": (["new", "partner", "--encrypt"], 5, "no terminal"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_sentence(closed: Path, name: str) -> None:
    """What can't be done is said with its exit code, and nothing is changed."""
    arguments, code, word = REFUSED[name]
    assert word in refused(closed, *arguments, code=code)


def test_a_wrong_passphrase(closed: Path) -> None:
    """It exits as other faults of keys do."""
    said = refused(closed, "check", "assessor", code=5, PROOFHOUSE_PASSPHRASE=WRONG)
    assert "assessor.key does not open with this passphrase" in said


def test_a_short_new_passphrase(closed: Path) -> None:
    """A file that can be tried offline wants a passphrase that holds."""
    more = {"PROOFHOUSE_PASSPHRASE": "planted"}
    assert "15 characters" in refused(closed, "new", "partner", "--encrypt", code=2, **more)


def test_a_passphrase_is_no_argument() -> None:
    """There is no option that would show it to everybody on the machine."""
    options = [
        option
        for each in command.commands.values()
        for parameter in each.params
        for option in parameter.opts
    ]
    assert "--encrypt" in options
    assert not [name for name in options if "pass" in name or "pin" in name]


def test_a_free_name_without_a_role(home: Path) -> None:
    """A file put there by hand under a free name tells no role until it is said."""
    ok(home, "new", "developer")
    keys = home / "keys"
    (keys / "developer.key").rename(keys / "ann.key")
    assert "--role" in refused(home, "show", "ann", code=2)
    assert ok(home, "show", "ann", "--role", "developer")["role"] == "developer"


# --------------------------------------------------------------------------------- at a terminal


def at_terminal(home: Path, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Run at a terminal of its own and answer each prompt; its code and all that was shown."""
    child, terminal = pty.fork()
    if child == 0:
        words = [str(PROGRAM), "key", *arguments]
        os.execve(words[0], words, environment(home))
    shown, deadline = b"", time.monotonic() + 150
    left = list(answers)
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if left and shown.endswith((b": ",)):
            os.write(terminal, left.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_asked_at_the_terminal(home: Path) -> None:
    """A new passphrase is asked for twice, an old one once, and none is echoed."""
    code, shown = at_terminal(home, ["new", "assessor", "--encrypt"], [PASSPHRASE] * 2)
    assert code == 0, shown
    assert "The same again: " in shown
    code, again = at_terminal(home, ["check", "assessor"], [PASSPHRASE])
    assert code == 0, again
    assert again.startswith("Passphrase of the key assessor.key: ")
    assert "planted" not in shown + again


def test_two_different_answers(home: Path) -> None:
    """A slip at the terminal makes no key that nobody can open."""
    code, shown = at_terminal(home, ["new", "assessor", "--encrypt"], [PASSPHRASE, WRONG])
    assert code == 2
    assert "differ" in shown
    assert "planted" not in shown
    assert not home.exists()


# --------------------------------------------------------------------------------------- tokens


@softhsm
def test_a_token(home: Path, tmp_path: Path) -> None:
    """A key made inside a token is listed without its PIN, signs with it, and nothing tells it."""
    hsm = tokens.make_token(tmp_path / "hsm")
    place = ["--module", str(tokens.MODULE), "--token", tokens.TOKEN, "--label", "assessor key"]
    said = refused(home, "token", "assessor", *place, code=5, PROOFHOUSE_PIN=tokens.PIN, **hsm)
    assert "no key “assessor key”" in said
    named = ok(home, "token", "assessor", *place, "--generate", PROOFHOUSE_PIN=tokens.PIN, **hsm)
    assert named["kind"] == "token"
    assert ok(home, "list")["keys"] == [{**named, "fault": None}]
    pin = tmp_path / "pin"
    pin.touch(0o600)
    pin.write_text(tokens.PIN)
    assert ok(home, "check", "assessor", PROOFHOUSE_PIN_FILE=str(pin), **hsm) == named
    wrong = refused(home, "check", "assessor", code=5, PROOFHOUSE_PIN="planted", **hsm)
    assert "PIN of the token" in wrong
    assert "no terminal" in refused(home, "check", "assessor", code=5, **hsm)
    assert "never replaced" in refused(home, "new", "assessor", code=3)
    taken = refused(home, "token", "assessor", *place, code=3, PROOFHOUSE_PIN=tokens.PIN, **hsm)
    assert "never replaced" in taken
    shutil.rmtree(tmp_path / "hsm" / "tokens")
    (tmp_path / "hsm" / "tokens").mkdir()
    gone = refused(home, "check", "assessor", code=5, PROOFHOUSE_PIN=tokens.PIN, **hsm)
    assert f"no token “{tokens.TOKEN}”" in gone


def test_a_token_that_can_not_be(home: Path) -> None:
    """A label too long, an id that is no hexadecimal and a library that is none are refused."""
    place = ["token", "assessor", "--module", "/etc/passwd", "--label", "k"]
    assert "32 characters" in refused(home, *place, "--token", "t" * 33, code=2)
    assert "hexadecimal" in refused(home, *place, "--token", "t", "--id", "xyz", code=2)
    pin = {"PROOFHOUSE_PIN": "planted"}
    assert "can't be loaded" in refused(home, *place, "--token", "t", code=5, **pin)
