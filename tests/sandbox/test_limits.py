# SPDX-License-Identifier: Apache-2.0
"""Every limit bites, and a session survives its commands' biting on them."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proofhouse.errors import InputError
from proofhouse.sandbox import Limits, open_session
from proofhouse.sandbox.cgroup import controllers
from proofhouse.sandbox.limits import MIB
from proofhouse.sandbox.terminals import MOST

pytestmark = pytest.mark.sandbox


@pytest.fixture
def probing(inside, probe):
    """``probing(scenario, limits)`` with the probe in place."""

    def run(scenario, *limits):
        async def with_probe(session):
            await session.write_file("probe", probe, executable=True)
            found = await scenario(session)
            alive = await session.exec(["true"])
            assert alive.returncode == 0, "the session survives"
            return found

        return inside(with_probe, *limits)

    return run


def test_memory(probing, small):
    """A program that wants 3 GiB dies at the limit, and it is said why."""

    async def scenario(session):
        result = await session.exec(["./probe", "allocate", str(3 << 30)])
        return result, await session.usage()

    result, usage = probing(scenario)
    assert (result.returncode, result.out_of_memory, result.stdout) == (-9, True, b"")
    assert usage.peak_memory_bytes <= small.memory_bytes


def test_memory_of_many(probing, small):
    """Memory is limited for all processes together, not for each."""
    each = str(small.memory_bytes * 3 // 4)
    hold = f"(./probe hold {each}; kill $$) & (./probe hold {each}; kill $$) & wait"

    async def scenario(session):
        alone = await session.exec(["./probe", "allocate", each])
        return alone, await session.exec(["sh", "-c", hold])

    alone, together = probing(scenario)
    assert (alone.stdout, alone.out_of_memory) == (b"allocated\n", False)
    assert (together.returncode, together.out_of_memory) == (-15, True)


def _administers() -> bool:
    """Whether this process is root to the kernel, and not only in a container."""
    found = re.search(r"^CapEff:\s*(\w+)$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return os.geteuid() == 0 and found is not None and bool(int(found[1], 16) & 1 << 21)


@pytest.mark.skipif(not _administers(), reason="only root can bound a mount that it did not make")
def test_terminals_and_what_names_the_session(probing):
    """A session has its few terminals, and the first process's arguments count no sessions."""

    async def scenario(session):
        mounts = await session.exec(["grep", "-o", "devpts .*", "/proc/self/mountinfo"])
        return mounts.stdout, await session.exec(["cat", "/proc/1/cmdline"])

    mounts, arguments = probing(scenario)
    assert f"max={MOST}\n" in mounts.decode()
    assert arguments.stdout == b"/init\0serve\x000\0"


def test_buffers_count(probing, small):
    """Under version 1, where buffers of sockets are counted apart, they have their own bound."""
    where = controllers()

    async def scenario(session):
        bound = where.memory / session._group.name / "memory.kmem.tcp.limit_in_bytes"
        return int(bound.read_text()) if bound.exists() else None

    bound = probing(scenario)
    if bound is None:
        pytest.skip("version 2 counts them as memory, this kernel does not count them")
    assert bound <= small.memory_bytes


def test_files_in_memory_count(probing, small):
    """Files in memory are memory: they can't be used to get round the limit."""
    roomy = dataclasses.replace(small, memory_bytes=32 * MIB, tmp_bytes=256 * MIB)

    async def scenario(session):
        return await session.exec(["dd", "if=/dev/zero", "of=/dev/shm/f", "bs=1M", "count=200"])

    result = probing(scenario, roomy)
    assert (result.returncode, result.out_of_memory) == (-9, True)


def test_processes(probing, small):
    """No more processes live at one time than allowed."""

    async def scenario(session):
        return await session.exec(["./probe", "forks"])

    assert int(probing(scenario).stdout) == small.pids - 1  # less itself


def test_fork_bomb(probing, small, host_pids, marker):
    """A fork bomb is bounded while it burns, and gone when its time is up."""

    async def scenario(session):
        assert (await session.exec(["cp", "probe", marker])).returncode == 0
        for seconds in (1, 5, 25):  # a busy machine may take longer to start them all
            most = 0
            bomb = asyncio.ensure_future(session.exec([f"./{marker}", "bomb"], timeout=seconds))
            while most < small.pids and not bomb.done():
                most = max(most, len(host_pids(marker)))
                await asyncio.sleep(0.005)
            result = await bomb
            if most >= small.pids:
                break
        return most, result, host_pids(marker)

    most, result, left = probing(scenario)
    assert most == small.pids
    assert (result.timed_out, result.returncode) == (True, -9)
    assert left == []


def test_a_bomb_left_behind_does_not_lock_us_out(probing, small, seen, marker):
    """While a bomb holds every process there may be, files can still be fetched."""

    async def scenario(session):
        await session.exec(["sh", "-c", f"cp probe {marker}; ./{marker} bomb & echo x > f"])
        await seen(marker, small.pids)
        return await session.read_file("f", 10)

    assert probing(scenario) == b"x\n"


@pytest.mark.parametrize("place", ["/work", "/tmp", "/dev/shm", "/var/tmp"])
def test_room_for_files(probing, place):
    """Every place that can be written is of the stated size."""

    async def scenario(session):
        fill = (
            f"head -c 20M /dev/zero | dd of={place}/f bs=1M iflag=fullblock; stat -c %s {place}/f"
        )
        return await session.exec(["sh", "-c", fill])

    result = probing(scenario)
    assert b"No space left on device" in result.stderr
    assert int(result.stdout) <= 16 * MIB


def test_file_size(probing, small):
    """Not even a file of holes is longer than the room there is, and a little."""

    async def scenario(session):
        return await session.exec(["truncate", "-s", str(small.tmp_bytes + 2 * MIB), "f"])

    assert probing(scenario).returncode in (1, -25)  # EFBIG, SIGXFSZ


def test_open_files(probing, small):
    """A process has no more descriptors than allowed, and can't raise the limit."""

    async def scenario(session):
        return await session.exec(["sh", "-c", "ulimit -n; ulimit -n 4096"])

    result = probing(scenario)
    assert int(result.stdout) == small.open_files
    assert result.returncode != 0


def test_who_dies_first(probing):
    """When memory runs out a command goes before PID 1, and both before the host's programs."""

    async def scenario(session):
        return await session.exec(["cat", "/proc/self/oom_score_adj", "/proc/1/oom_score_adj"])

    assert probing(scenario).stdout.split() == [b"1000", b"500"]


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a python inside")
def test_no_lock_keeps_the_host_out(probing):
    """A lock on a part of a file is refused; one on a whole file succeeds and holds nobody up."""
    locks = """
import errno, fcntl
one, two = open("/usr/bin/env"), open("/usr/bin/env")
try:
    fcntl.lockf(one, fcntl.LOCK_SH)
except OSError as error:
    print(errno.errorcode[error.errno])
for file in one, two:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("both")
"""

    async def scenario(session):
        return await session.exec(["python3", "-c", locks])

    assert probing(scenario).stdout.split() == [b"ENOLCK", b"both"]


def test_output_is_cut_and_our_memory_bounded(probing, small):
    """A flood is kept to its limit and drained without being kept."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def scenario(session):
        return await session.exec(["sh", "-c", "yes | head -c 100M | tee /dev/stderr"])

    result = probing(scenario)
    assert result.returncode == 0
    assert result.stdout == result.stderr == b"y\n" * (small.output_bytes // 2)
    assert (result.stdout_truncated, result.stderr_truncated) == (True, True)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024  # KiB


def test_an_endless_flood_ends_at_its_timeout(probing, small):
    """A command that never stops writing is stopped in time and cut."""

    async def scenario(session):
        return await session.exec(["yes"], timeout=0.5)

    result = probing(scenario)
    assert (result.timed_out, result.returncode) == (True, -9)
    assert len(result.stdout) <= small.output_bytes


def test_output_of_exactly_the_limit(probing, small):
    """What just fits is not called truncated; one byte more is; and the writer never blocks."""

    async def scenario(session):
        exact = await session.exec(["head", "-c", str(small.output_bytes), "/dev/zero"])
        more = await session.exec(["head", "-c", str(small.output_bytes + 1), "/dev/zero"])
        return exact, more

    exact, more = probing(scenario)
    assert (len(exact.stdout), exact.stdout_truncated) == (small.output_bytes, False)
    assert (len(more.stdout), more.stdout_truncated) == (small.output_bytes, True)
    assert (exact.returncode, more.returncode) == (0, 0)


def test_time(probing):
    """A command that computes for ever ends at its timeout, with what it had said by then."""

    async def scenario(session):
        begun = time.monotonic()
        result = await session.exec(["sh", "-c", "echo begun; exec ./probe spin 1"], timeout=0.2)
        return result, time.monotonic() - begun

    result, seconds = probing(scenario)
    assert (result.timed_out, result.returncode, result.stdout) == (True, -9, b"begun\n")
    assert 0.2 <= seconds < 19, "it computes 20 seconds by itself"


def test_a_timeout_is_cut_to_the_limit(inside, small):
    """Nobody gets more time by asking for it."""

    async def scenario(session):
        return await session.exec(["sleep", "60"], timeout=3600)

    assert inside(scenario, dataclasses.replace(small, wall_seconds=0.1)).timed_out


def test_processor_time_of_a_whole_tree(probing, small):
    """Processor time is that of all processes of a command: forking does not buy more."""

    async def scenario(session):
        begun = time.monotonic()
        result = await session.exec(["./probe", "spin", "8"])
        return result, time.monotonic() - begun, await session.usage()

    result, seconds, usage = probing(scenario, dataclasses.replace(small, cpu_seconds=1))
    assert result.timed_out
    assert seconds < 15, "8 processes, 20 seconds each by themselves"
    assert 900 <= usage.cpu_milliseconds < 15_000


def _shares_are_limited() -> bool:
    """Whether there is a cpu controller, which is not always delegated."""
    where = controllers()
    children = where.memory / "cgroup.subtree_control"
    return where.shares is not None or (children.exists() and "cpu" in children.read_text().split())


def test_a_greedy_session_does_not_starve_another(small, probe):
    """Sessions have equal shares: next to 31 spinning processes one of another still gets on."""
    if not _shares_are_limited():
        pytest.skip("no cpu controller here")

    async def scenario():
        async with open_session(small) as greedy, open_session(small) as modest:
            for session in (greedy, modest):
                await session.write_file("probe", probe, executable=True)
            spinning = asyncio.ensure_future(greedy.exec(["./probe", "spin", "31"]))
            before = await greedy.usage(), await modest.usage()
            await modest.exec(["./probe", "spin", "2"], timeout=0.5)
            after = await greedy.usage(), await modest.usage()
            spinning.cancel()
            return [
                b.cpu_milliseconds - a.cpu_milliseconds for a, b in zip(before, after, strict=True)
            ]

    greedy, modest = asyncio.run(scenario())
    assert modest * 4 > greedy, "half for each, where 31 to 2 would be without shares"


@pytest.mark.parametrize(
    "change",
    [
        {"memory_bytes": 0},
        {"pids": 0},
        {"pids": 99999999},
        {"pids": True},
        {"cpu_seconds": 0.5},
        {"wall_seconds": float("nan")},
        {"wall_seconds": float("inf")},
        {"open_files": -1},
        {"tmp_bytes": 1 << 60},
        {"output_bytes": "1"},
    ],
)
def test_limits_that_can_not_be(change):
    """A limit that would be none, or no number, is refused before anything starts."""
    with pytest.raises(InputError, match=f"limit {next(iter(change))}"):
        Limits(**change)


def test_a_bound_of_the_owner_for_itself_is_not_the_sandbox_s():
    """A process that bounds its own memory starts sandboxes that are bounded by their group."""
    script = """
import asyncio, resource
from proofhouse.sandbox import Limits, open_session

async def main():
    async with open_session(Limits()) as session:
        print((await session.exec(["sh", "-c", "ulimit -d"])).stdout.decode())

most = resource.getrlimit(resource.RLIMIT_DATA)[1]
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, most))
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    expected = "unlimited" if most == resource.RLIM_INFINITY else str(most // 1024)
    assert done.stdout.strip() == expected, done.stderr
