# SPDX-License-Identifier: Apache-2.0
"""`proofhouse sandbox`: anybody can run what an item runs, and see what stops it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofhouse.cli import program
from proofhouse.cli.sandbox import _pass_on
from proofhouse.errors import PrerequisiteError
from proofhouse.sandbox import TIERS, check_tier
from proofhouse.sandbox.strength import TABLE

pytestmark = pytest.mark.sandbox
PROGRAM = Path(sys.executable).with_name("proofhouse")


def call(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The program itself, with a secret in its environment."""
    environment = {**os.environ, "PLANTED": "planted-secret"}
    return subprocess.run(
        [PROGRAM, "sandbox", *words],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment,
        timeout=60,
    )


def test_a_command_runs_as_an_item_runs_it():
    """User, folder and environment are a sample's; streams and status are the command's own."""
    done = call("run", "--", "sh", "-c", "id -u; pwd; env | sort; cat; echo e >&2; exit 7",
                stdin=b"given")  # fmt: skip
    assert done.returncode == 7
    assert done.stdout == (
        b"65534\n/work\nASAN_OPTIONS=detect_leaks=0\nHOME=/work\nLANG=C.UTF-8\n"
        b"PATH=/usr/local/bin:/usr/bin:/bin\nPWD=/work\ngiven"
    )
    assert done.stderr == b"e\n"


@pytest.mark.parametrize(
    ("options", "line", "status", "said"),
    [
        (["--time", "0.3"], "echo begun; sleep 60", 124, b"sandbox: stopped: more than 0.3 s"),
        (["--cpu", "1"], "while :; do :; done", 124, b"1 of processor time"),
        (["--memory", "64M"], "head -c 200M /dev/zero | tail -c 200M", 137, b"than 64 MiB of m"),
        (["--output", "10"], "echo 0123456789abcdef", 0, b"sandbox: standard output cut at 10"),
        ([], "kill -15 $$", 143, b""),
        ([], "exec no-such-program", 127, b"not found"),
        (["--network", "none"], "exec 3<>/no-such", 2, b"/no-such"),
    ],
)
def test_what_ended_a_command_is_told(options, line, status, said):
    """Each limit has its exit code and its sentence."""
    done = call("run", *options, "--", "sh", "-c", line)
    assert (done.returncode, said in done.stderr) == (status, True), done


class Stream(io.TextIOWrapper):
    """Standard output that is a terminal, or is none."""

    def __init__(self, terminal: bool) -> None:
        super().__init__(io.BytesIO())
        self.isatty = lambda: terminal  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"\x1b]0;title\x07\x1b[2J", b"^[]0;title^G^[[2J"),
        ("a\tb\r\nc \u00e4\u4e2d".encode(), "a\tb\r\nc \u00e4\u4e2d".encode()),
        ("\x9b31m\x7f\x00".encode(), b"\\x9b31m^?^@"),
        (b"\xff\x9b", b"\xef\xbf\xbd" * 2),
    ],
)
def test_a_terminal_obeys_nothing_of_it(said, shown):
    """What the command says is shown on a terminal without its controls, and piped as it is."""
    for terminal, expected in ((True, shown), (False, said)):
        stream = Stream(terminal)
        _pass_on(said, stream)
        assert stream.buffer.getvalue() == expected


def test_files_and_variables_are_handed_in(tmp_path):
    """A file keeps its bytes and its right to be executed; a variable its value."""
    script = tmp_path / "script"
    script.write_text('#!/bin/sh\nprintf "$GIVEN"\n')
    script.chmod(0o755)
    done = call("run", "--file", f"{script}:bin/run", "--env", "GIVEN=a=b", "--", "bin/run")
    assert (done.returncode, done.stdout) == (0, b"a=b")


def test_the_json_of_a_run():
    """One object tells what a person would see, and what it cost."""
    done = call("run", "--json", "--time", "0.3", "--", "sh", "-c", "echo out; sleep 60")
    told = json.loads(done.stdout)
    assert (done.returncode, told["status"], told["timedOut"], told["stdout"]) == (
        124,
        124,
        True,
        "out\n",
    )
    assert told["milliseconds"] >= 300
    assert told["peakMemoryBytes"] > 0
    assert told["attempts"] == []


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="its host is in Python")
def test_a_granted_network(tmp_path):
    """It may speak to the hosts of the file and to nobody else; each attempt is told."""
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "serve").write_text(
        "#!/bin/sh\npython3 -c 'import socket,os\n"
        's=socket.create_server(("10.7.0.9",2101))\n'
        'if os.fork()==0:\n c,_=s.accept(); c.sendall(b"welcome")\''
        " >/dev/null 2>&1\n"
    )
    network = {"hosts": [{"name": "mail", "address": "10.7.0.9", "folder": "mail",
                          "start": ["./serve"]}]}  # fmt: skip
    (tmp_path / "net.json").write_text(json.dumps(network))
    talk = (
        "import socket\n"
        "print(socket.create_connection(('10.7.0.9', 2101)).recv(7).decode())\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as error: print('refused')\n"
    )
    done = call(
        "run", "--network", str(tmp_path / "net.json"), "--", "/usr/bin/python3", "-c", talk
    )
    assert done.stdout == b"welcome\nrefused\n", done
    assert b"foothold tried tcp 10.7.0.9:2101 (1), granted" in done.stderr
    assert b"foothold tried tcp 192.0.2.1:80" in done.stderr
    assert b"NOT GRANTED" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tier", "chroot"], "There is no sandbox tier 'chroot'. The tiers are: bwrap, gvisor."),
        (["--memory", "1"], "The limit memory_bytes can't be 1."),
        (["--memory", "lots"], "'lots' is no size"),
        (["--time", "0"], "The limit wall_seconds can't be 0"),
        (["--time", "nan"], "The limit wall_seconds is not a number"),
        (["--file", "nowhere:x"], "There is no file nowhere."),
        (["--file", "x"], "'x' is not HOST:PATH."),
        (["--env", "=x"], "'=x' is not NAME=VALUE."),
        (["--network", "everything"], "There is no file everything."),
        (["--network", "/etc/hostname"], "The file /etc/hostname is no network."),
    ],
)
def test_what_can_not_be_is_refused_before_anything_runs(options, said):
    """Bad input ends with 2 and a sentence."""
    done = call("run", *options, "--", "true")
    assert (done.returncode, said in done.stderr.decode()) == (2, True), done.stderr


def test_users_of_its_own_are_asked_for():
    """A user that is named runs the command; with anybody who isn't there, nothing runs."""
    try:
        check_tier(users=True)
    except PrerequisiteError as error:
        if os.geteuid() == 0:
            raise
        pytest.skip(str(error))  # an ordinary user without ids of its own
    words = ["sandbox", "run", "--user"]
    told = CliRunner().invoke(program, [*words, "root", "--", "id", "-u"], standalone_mode=False)
    assert (told.output, told.return_value) == ("0\n", 0)
    told = CliRunner().invoke(program, [*words, "nix", "--", "id", "-u"], standalone_mode=False)
    assert (told.output, told.return_value) == ("sandbox: there is no user 'nix'\n", 126)


def test_a_missing_tier_is_refused_with_its_remedy(monkeypatch, tmp_path):
    """Without gVisor its tier is refused; nothing weaker runs in its place."""
    (tmp_path / "bwrap").symlink_to("/usr/bin/bwrap")
    for name in ("cc", "gcc"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        [PROGRAM, "sandbox", "run", "--tier", "gvisor", "--", "echo", "ran"],
        capture_output=True,
        check=False,
        env={**os.environ, "PATH": str(tmp_path)},
        timeout=60,
    )
    assert done.returncode == 5
    assert done.stdout == b""
    assert b"needs gVisor's runsc" in done.stderr
    assert b"apt-get install runsc" in done.stderr


def test_the_tiers_are_listed_with_what_is_missing():
    """Every tier of the table is there, the weakest first, each here or with its remedy."""
    rows = json.loads(call("tiers", "--json").stdout)["tiers"]
    assert [row["tier"] for row in rows] == [row.tier for row in TABLE]
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)
    assert set(TIERS) < {row["tier"] for row in rows}
    for row in rows:
        assert row["here"] != bool(row["missing"])
        assert row["here"] or row["hint"]
    told = call("tiers").stdout.decode()
    assert "bwrap           here" in told


def test_the_attacks_are_told_one_by_one(monkeypatch):
    """A person reads a line an attack; one that worked makes the exit code 1."""
    from proofhouse.sandbox import attacks
    from proofhouse.sandbox.attacks import ATTACKS, Verdict

    async def some(tier, user):
        assert user is None
        yield Verdict(ATTACKS[0], tier, worked=False)
        yield Verdict(ATTACKS[1], tier, worked=worked)

    monkeypatch.setattr(attacks, "run", some)
    worked = False
    held = CliRunner().invoke(program, ["sandbox", "escape"])
    assert f"  {ATTACKS[0].sentence} stopped by: {ATTACKS[0].fence}\n" in held.output
    assert "2 attacks on bwrap: none worked." in held.output
    worked = True
    broken = CliRunner().invoke(program, ["sandbox", "escape", "--json"], standalone_mode=False)
    assert broken.return_value == 1
    told = json.loads(broken.output)
    assert [row["worked"] for row in told["attacks"]] == [False, True]
    assert told["attacks"][1]["fence"] == ATTACKS[1].fence
