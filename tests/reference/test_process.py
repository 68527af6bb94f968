# SPDX-License-Identifier: Apache-2.0
"""The command: what it prints, what it refuses, and that it never outlives who started it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse_reference.strengths import STRENGTHS

COMMAND = [sys.executable, "-m", "proofhouse_reference"]

# Starts the endpoint with the standard input it was given, then waits: killed, it leaves an orphan.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=0)
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("secret-of-this-test\n")
    return path


def started(process: subprocess.Popen[bytes]) -> dict[str, str]:
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    assert set(line) == {"baseUrl", "model"}
    return line


def test_the_command_prints_where_it_listens_and_ends_with_its_input(client_of, key_file):
    """One JSON line once it listens; closing its standard input ends it with code 0."""
    from urllib.parse import urlsplit

    process = subprocess.Popen(
        [*COMMAND, "--strength", "fair", "--key-file", str(key_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    line = started(process)
    assert line["model"] == STRENGTHS["fair"].model
    url = urlsplit(line["baseUrl"])
    assert (url.hostname, url.path) == ("127.0.0.1", "/v1")
    client = type(client_of("weak"))(url.port, line["model"], "secret-of-this-test")
    assert client.send("GET", "/v1/models").body["data"][0]["id"] == line["model"]
    process.stdin.close()
    assert process.wait(timeout=100) == 0
    assert process.stdout.read() == b""


def test_the_key_may_come_by_descriptor():
    """A key that was never on a disk: the number of an inherited pipe."""
    read_end, write_end = os.pipe()
    os.write(write_end, b"secret")
    os.close(write_end)
    process = subprocess.Popen(
        [*COMMAND, "--strength", "weak", "--key-file", str(read_end)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[read_end],
    )
    os.close(read_end)
    started(process)
    process.stdin.close()
    assert process.wait(timeout=100) == 0


def test_a_dead_parent_ends_it_even_while_its_input_is_open(key_file):
    """The parent is killed, its standard input stays open elsewhere: the kernel ends it."""
    read_end, write_end = os.pipe()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *COMMAND, "--strength", "weak", "--key-file", str(key_file)],
        stdin=read_end,
        stdout=subprocess.PIPE,
    )
    os.close(read_end)
    pid = int(parent.stdout.readline())
    started(parent)
    handle = os.pidfd_open(pid)
    try:
        parent.send_signal(signal.SIGKILL)
        parent.wait(timeout=100)
        ended, _, _ = select.select([handle], [], [], 100)
        assert ended == [handle]
    finally:
        os.close(handle)
        os.close(write_end)


@pytest.mark.parametrize("content", ["", "  \n", "x" * 5_000, "clé"])
def test_a_file_that_holds_no_key_is_refused(tmp_path, content):
    """Exit code 2 and one line; no traceback, no part of the file."""
    path = tmp_path / "key"
    path.write_text(content)
    done = subprocess.run(
        [*COMMAND, "--strength", "weak", "--key-file", str(path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "xxx" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--strength", "mighty", "--key-file", "k"],
        ["--strength", "weak"],
        ["--strength", "weak", "--key-file", "/no/such/file"],
        ["--strength", "weak", "--key-file", "999"],
    ],
)
def test_wrong_usage_ends_with_two(arguments):
    """Unknown strength, no key file, a file or descriptor that isn't there."""
    done = subprocess.run(
        [*COMMAND, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_a_port_that_is_taken_or_no_port_is_refused(client_of, key_file):
    """Exit code 2: the port in use, and one that does not exist."""
    for port in (client_of("weak").port, 70_000):
        done = subprocess.run(
            [*COMMAND, "--strength", "weak", "--key-file", str(key_file), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr


def test_the_package_imports_the_standard_library_only():
    """Neither proofhouse nor anything installed: an agent sees what a model sees."""
    script = (
        "import sys, proofhouse_reference.__main__\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'proofhouse_reference', '__main__'}))"
    )
    package = Path(__file__).parents[2] / "reference" / "src"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(package)!r})\n{script}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
