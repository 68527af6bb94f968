# SPDX-License-Identifier: Apache-2.0
"""What a session does: commands, files, their ends and their errors."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from proofhouse.errors import InputError, RefusedError
from proofhouse.sandbox import (
    TIERS,
    ExecResult,
    Limits,
    SessionLostError,
    check_tier,
    open_session,
    start_session,
)
from proofhouse.sandbox.limits import MIB

pytestmark = pytest.mark.sandbox
EVERY_BYTE = bytes(range(256)) * 4096


def test_streams_are_binary_safe_and_apart(inside):
    """Every byte value goes in and comes out, on either stream."""

    async def scenario(session):
        return await session.exec(
            ["sh", "-c", "cat; cat /dev/stdin >&2 </work/f"], stdin=EVERY_BYTE
        )

    async def with_file(session):
        await session.write_file("f", EVERY_BYTE[::-1])
        return await scenario(session)

    result = inside(with_file)
    assert result == ExecResult(0, EVERY_BYTE, EVERY_BYTE[::-1])


def test_arguments_are_passed_as_they_are(inside):
    """Arguments may be empty, hold new lines and bytes that are no text; there are many."""
    arguments = ["", "a b", "$HOME", "\n", "ü", b"\xff\xfe", *map(str, range(5000))]

    async def scenario(session):
        return await session.exec(["printf", "%s\\0", *arguments])

    expected = [a if isinstance(a, bytes) else a.encode() for a in arguments]
    assert inside(scenario).stdout.split(b"\0")[:-1] == expected


def test_environment_is_ours_and_the_callers(inside, monkeypatch):
    """Nothing of our own environment is inside: a key planted there is not visible."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")

    async def scenario(session):
        return await session.exec(["/usr/bin/env"], env={"LANG": "C", "ANSWER": "42=6*7"})

    assert sorted(inside(scenario).stdout.decode().splitlines()) == [
        "ANSWER=42=6*7",
        "ASAN_OPTIONS=detect_leaks=0",
        "HOME=/work",
        "LANG=C",
        "PATH=/usr/local/bin:/usr/bin:/bin",
    ]


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["no-such-program"], 127, b"sandbox: no-such-program: No such file or directory\n"),
        (["/work/no/such"], 127, b"sandbox: /work/no/such: No such file or directory\n"),
        (["/etc/passwd"], 126, b"sandbox: /etc/passwd: Permission denied\n"),
        (["/work"], 126, b"sandbox: /work: Permission denied\n"),
        ([""], 127, b"sandbox: : No such file or directory\n"),
    ],
)
def test_a_program_that_can_not_start(inside, command, code, words):
    """A missing program gives 127 and another obstacle 126, with the reason in stderr."""
    assert inside(lambda session: session.exec(command)) == ExecResult(code, b"", words)


def test_a_missing_directory(inside):
    """A directory that does not exist is told, and not taken for the program's own failure."""
    result = inside(lambda session: session.exec(["true"], cwd="/nowhere"))
    assert (result.returncode, result.stderr) == (
        126,
        b"sandbox: changing directory: No such file or directory\n",
    )


def test_return_codes_and_signals(inside):
    """An exit status comes back as it is, a signal as its negative number."""

    async def scenario(session):
        ended = [await session.exec(["sh", "-c", f"exit {code}"]) for code in (0, 1, 127, 255)]
        ended += [await session.exec(["sh", "-c", f"kill -{name} $$"]) for name in ("SEGV", "PIPE")]
        return [result.returncode for result in ended]

    assert inside(scenario) == [0, 1, 127, 255, -11, -13]


def test_files_come_back_as_they_went(inside, shell):
    """Files keep their bytes, parents are made, and only an executable one can be executed."""

    async def scenario(session):
        await session.write_file("a/b/c.bin", EVERY_BYTE)
        await session.write_file("a/run", b"#!/bin/sh\necho ran", executable=True)
        await session.write_file("/tmp/plain", b"longer than before")
        await session.write_file("/tmp/plain", b"")
        assert await session.read_file("/work/a/b/c.bin", len(EVERY_BYTE)) == EVERY_BYTE
        assert await session.read_file("/tmp/plain", 1) == b""
        assert await shell(session, "a/run") == "ran\n"
        return await shell(session, "stat -c '%a %n' a a/b a/b/c.bin a/run")

    assert inside(scenario) == "755 a\n755 a/b\n644 a/b/c.bin\n755 a/run\n"


def test_a_file_longer_than_asked_for_is_refused(inside):
    """A read is bounded by its caller, however long the file turns out to be."""

    async def scenario(session):
        await session.write_file("f", b"12345")
        assert await session.read_file("f", 5) == b"12345"
        with pytest.raises(RefusedError, match="longer than the 4 bytes"):
            await session.read_file("f", 4)

    inside(scenario)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("missing", FileNotFoundError),
        ("/work", IsADirectoryError),
        ("/proc/1/environ", PermissionError),
        ("/dev/zero", OSError),
        ("fifo", OSError),
        ("f/below", NotADirectoryError),
    ],
)
def test_what_can_not_be_read(inside, shell, path, error):
    """What is missing, forbidden or no regular file raises as open(2) would, and never blocks."""

    async def scenario(session):
        await shell(session, "mkfifo fifo; touch f")
        with pytest.raises(error) as caught:
            await session.read_file(path, 1000)
        assert caught.value.filename == path

    inside(scenario)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/etc/passwd", OSError),
        ("/usr/bin/new", OSError),
        ("/init", OSError),
        ("/work", IsADirectoryError),
        ("fifo", OSError),
        ("", FileNotFoundError),
    ],
)
def test_what_can_not_be_written(inside, shell, path, error):
    """Nothing can be written outside the work directory, /tmp and /dev/shm."""

    async def scenario(session):
        await shell(session, "mkfifo fifo")
        with pytest.raises(error):
            await session.write_file(path, b"x")

    inside(scenario)


def test_a_write_that_finds_no_room_says_so(inside, small):
    """A file that does not fit raises ENOSPC or EFBIG instead of being cut in silence."""

    async def scenario(session):
        await session.write_file("half", bytes(small.tmp_bytes // 2))
        with pytest.raises(OSError, match="No space left"):
            await session.write_file("rest", bytes(small.tmp_bytes))

    inside(scenario)


def test_commands_of_one_session_share_files_and_run_at_once(inside, shell):
    """One command waits for what another does meanwhile; forty run together."""

    async def scenario(session):
        await shell(session, "mkfifo pipe")
        reader = asyncio.ensure_future(shell(session, "cat pipe"))
        await shell(session, "echo news > pipe")
        assert await reader == "news\n"
        many = await asyncio.gather(*(shell(session, f"echo {n}") for n in range(40)))
        return [int(text) for text in many]

    assert inside(scenario, Limits(pids=256)) == list(range(40))


def test_more_commands_than_there_is_room_for(inside):
    """What is too much is refused at once and the rest runs; what is left behind holds a slot."""

    async def scenario(session):
        many = (session.exec(["sh", "-c", "sleep 60 >/dev/null 2>&1 &"]) for _ in range(300))
        ended = await asyncio.gather(*many, return_exceptions=True)
        refused = [error for error in ended if isinstance(error, RefusedError)]
        assert len(ended) - len(refused) == sum(isinstance(r, ExecResult) for r in ended) <= 256
        for _ in range(256 - len(ended) + len(refused)):
            await session.exec(["sh", "-c", "sleep 60 >/dev/null 2>&1 &"])
        with pytest.raises(RefusedError, match="one more command"):
            await session.exec(["true"])

    inside(scenario, Limits(pids=2000))


def test_sixteen_sessions_at_once(small, shell):
    """Sessions run beside each other and don't see each other's files or processes."""

    async def one(number):
        async with open_session(small) as session:
            await session.write_file("own", b"%d\n" % number)
            return await shell(session, "cat own; ls /work; ls -d /proc/[0-9]* | wc -l")

    async def all_of_them():
        return await asyncio.gather(*(one(number) for number in range(16)))

    for number, seen in enumerate(asyncio.run(all_of_them())):
        content, names, processes = seen.split()
        assert (content, names) == (str(number), "own")
        assert int(processes) <= 4, "PID 1, sh, ls and wc"


def test_background_output_is_not_awaited_for_ever(inside):
    """A process left in the background does not keep its command from ending, and lives on."""

    async def scenario(session):
        begun = time.monotonic()
        result = await session.exec(["sh", "-c", "sleep 60 & echo soon"])
        again = await session.exec(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])
        return time.monotonic() - begun, result, again.stdout

    seconds, result, processes = inside(scenario)
    assert seconds < 55
    assert result == ExecResult(0, b"soon\n", b"")
    assert b"sleep 60" in processes


def test_closed_pipes_and_streams(inside, shell):
    """SIGPIPE works, /dev/stdout can be opened, and stdin is at its end when there is none."""

    async def scenario(session):
        assert await shell(session, "yes | head -1") == "y\n"
        assert await shell(session, "echo out > /dev/stdout; cat") == "out\n"

    inside(scenario)


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.exec([]),
        lambda session: session.exec("true"),
        lambda session: session.exec(["a\0b"]),
        lambda session: session.exec(["true"], env={"A=B": "c"}),
        lambda session: session.exec(["true"], env={"": "c"}),
        lambda session: session.exec(["true"], env={"A": "\ud800"}),
        lambda session: session.exec(["true"], cwd="a\0"),
        lambda session: session.exec(["true"], timeout=0),
        lambda session: session.exec(["true"], timeout=float("nan")),
        lambda session: session.read_file("a\0", 1),
    ],
)
def test_arguments_that_can_not_be(inside, call):
    """A caller's mistake is an InputError, and the session stays usable."""

    async def scenario(session):
        with pytest.raises(InputError):
            await call(session)
        assert (await session.exec(["true"])).returncode == 0

    inside(scenario)


def test_after_the_close(small):
    """Closing can be repeated; a closed session runs nothing; a running command is told."""

    async def scenario():
        session = await start_session(small)
        running = asyncio.ensure_future(session.exec(["sleep", "60"]))
        await session.exec(["true"])
        await asyncio.gather(session.close(), session.close())
        with pytest.raises(SessionLostError):
            await running
        with pytest.raises(SessionLostError, match="closed"):
            await session.exec(["true"])
        await session.close()

    asyncio.run(scenario())


def test_nothing_of_ours_is_left_open(small, shell):
    """Sessions, failures and cancellations leave no descriptor of ours behind."""

    async def scenario():
        async with open_session(small) as session:
            await shell(session, "echo x")
            await session.exec(["missing"])
            await session.exec(["sleep", "60"], timeout=0.01)
            cancelled = asyncio.ensure_future(session.exec(["sleep", "60"]))
            await asyncio.sleep(0)
            cancelled.cancel()

    asyncio.run(scenario())
    before = os.listdir("/proc/self/fd")
    asyncio.run(scenario())
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_usage_is_that_of_the_whole_session(inside, probe):
    """Processor time and memory of processes inside are counted, though no child of ours."""

    async def scenario(session):
        await session.write_file("probe", probe, executable=True)
        await session.exec(["./probe", "allocate", str(64 * MIB)])
        for _ in range(50):  # a busy machine gives it little of 0.2 seconds
            await session.exec(["./probe", "spin", "1"], timeout=0.2)
            usage = await session.usage()
            if usage.cpu_milliseconds >= 50:
                break
        return usage

    usage = inside(scenario)
    assert 50 <= usage.cpu_milliseconds < 5000
    assert 64 * MIB <= usage.peak_memory_bytes <= 128 * MIB


def test_tiers_go_by_name():
    """An unknown tier is refused with the names there are, never replaced by another."""
    with pytest.raises(InputError, match=r"'chroot'.*The tiers are: bwrap, gvisor"):
        check_tier("chroot")
    with pytest.raises(InputError):
        asyncio.run(start_session(Limits(), tier=""))
    assert list(TIERS) == ["bwrap", "gvisor"]
    check_tier("bwrap")
