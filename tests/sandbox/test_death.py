# SPDX-License-Identifier: Apache-2.0
"""Whatever ends, and however: nothing of it is left, in /proc or in the control groups."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from proofhouse.sandbox import open_session
from proofhouse.sandbox.cgroup import controllers, sweep

pytestmark = pytest.mark.sandbox

OWNER = """
import asyncio, sys
from proofhouse.sandbox import Limits, start_session

async def main():
    session = await start_session(Limits())
    flight = "cp /usr/bin/sleep $0; setsid ./$0 600 >/dev/null 2>&1 &"
    await session.exec(["sh", "-c", flight, sys.argv[1]])
    print("up", flush=True)
    await session.exec(["sh", "-c", "./$0 600; :", sys.argv[1]])

asyncio.run(main())
"""


def groups() -> set[str]:
    """The sessions that have a control group, under any controller."""
    return {
        entry.name
        for directory in controllers().directories
        for entry in directory.iterdir()
        if entry.is_dir()
    }


def own_groups() -> set[str]:
    return {name for name in groups() if name.split(".")[1] == str(os.getpid())}


def owned_by(pid: int) -> set[str]:
    return {name for name in groups() if name.split(".")[1] == str(pid)}


@pytest.fixture
def in_place(inside, probe, marker, small):
    """``in_place(scenario, limits=small)``: with the probe in place, under names seen outside."""

    def run(scenario, limits=small):
        async def with_probe(session):
            for name in (marker, *(f"{marker}{number}" for number in range(4))):
                await session.write_file(name, probe, executable=True)
            return await scenario(session)

        return inside(with_probe, limits)

    return run


FLIGHTS = (
    "./{} detach",
    "nohup setsid ./{} spin 4 >/dev/null 2>&1 &",
    "trap '' TERM INT HUP; (trap '' TERM; ./{} detach) & wait",
    # Last: its dead fill the session's processes whenever PID 1 is slow to bury them, and then
    # nobody else can fork.
    "./{} comet",
)


@pytest.fixture
def take_off(host_pids, marker):
    """``await take_off(session, seconds)``: the commands of that time and whether all fled in it.

    Each begins when the one before is in flight, and needs no fork after it.
    """

    async def begin(session, seconds):
        fleeing = []
        for number, flight in enumerate(FLIGHTS):
            command = f"{flight.format(f'{marker}{number}')}\nexec sleep 60"
            running = session.exec(["sh", "-c", command], timeout=seconds)
            fleeing.append(asyncio.ensure_future(running))
            while not host_pids(f"{marker}{number}"):
                if any(command.done() for command in fleeing):
                    return fleeing, False
                await asyncio.sleep(0.005)
        return fleeing, True

    return begin


def test_a_timeout_kills_what_a_command_started_and_nothing_else(
    in_place, host_pids, take_off, marker, small
):
    """However a process detached itself it ends with its command's time; its neighbours live on."""

    async def scenario(session):
        await session.exec([f"./{marker}", "detach"])
        await session.exec(["mkfifo", "f"])
        other = asyncio.ensure_future(session.exec(["cat", "f"]))
        for seconds in (2, 8, 30):  # a busy machine may take longer to begin them
            fleeing, fled = await take_off(session, seconds)
            results = await asyncio.gather(*fleeing)
            if fled:
                break
        assert fled
        assert [result.timed_out for result in results] == [True] * len(FLIGHTS), results
        left = [host_pids(f"{marker}{number}") for number in range(len(FLIGHTS))]
        assert len(host_pids(marker)) == 1, "left by an earlier command that ended in time"
        await session.exec(["sh", "-c", "echo still here > f"])
        return left, (await other).stdout

    limits = replace(small, wall_seconds=90)  # of the one beside them
    assert in_place(scenario, limits) == ([[]] * 4, b"still here\n")


def test_a_cancelled_command_is_dead(in_place, host_pids, seen, marker):
    """Cancelling a call kills all that its command started, and the session goes on."""

    async def scenario(session):
        command = f"./{marker} detach; sleep 60"
        running = asyncio.ensure_future(session.exec(["sh", "-c", command]))
        await seen(marker)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        while host_pids(marker):
            await asyncio.sleep(0.005)
        assert (await session.exec(["true"])).returncode == 0

    in_place(scenario)


def test_nothing_outlives_the_close(in_place, host_pids, seen, marker):
    """Closing kills what commands left behind, detached or restless, and removes the groups."""

    async def scenario(session):
        await session.exec([f"./{marker}0", "detach"])
        await session.exec([f"./{marker}1", "comet"])
        await session.exec(["sh", "-c", f"nohup ./{marker}2 bomb >/dev/null 2>&1 &"])
        for number in range(3):
            await seen(f"{marker}{number}")

    in_place(scenario)
    assert [host_pids(f"{marker}{number}") for number in range(3)] == [[], [], []]
    assert own_groups() == set()


def test_a_failed_block_closes_too(in_place, host_pids, seen, marker):
    """An exception in the block closes the session like its end."""

    async def scenario(session):
        await session.exec([f"./{marker}", "detach"])
        await seen(marker)
        raise LookupError

    with pytest.raises(LookupError):
        in_place(scenario)
    assert host_pids(marker) == []


def test_a_cancelled_start_leaves_nothing(small, eventually):
    """Cancelling a start at any point of it leaves no sandbox and no group."""

    async def scenario(turns):
        starting = asyncio.ensure_future(open_session(small).__aenter__())
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    for turns in (1, 2, 20):
        asyncio.run(scenario(turns))
    assert eventually(lambda: own_groups() == set())


def test_a_killed_owner_leaves_no_process(host_pids, marker, eventually):
    """kill -9 of the owner ends its sandbox at once, and the next start sweeps its groups."""
    with subprocess.Popen([sys.executable, "-c", OWNER, marker], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"up\n"
        assert len(owned_by(owner.pid)) == 1
        assert sweep(controllers()) == (), "a living owner's groups are left alone"
        owner.send_signal(signal.SIGKILL)
    assert eventually(lambda: host_pids(marker) == [])
    assert eventually(lambda: not sweep(controllers()) and not owned_by(owner.pid))


def test_a_start_sweeps():
    """The first start of a process removes the groups of owners that are gone."""
    code = "from proofhouse.sandbox import check_tier; check_tier()"
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    namespace = os.stat("/proc/self/ns/pid").st_ino
    for directory in controllers().directories:
        (directory / f"{namespace}.{gone}.1.0").mkdir()
        (directory / f"1.{gone}.1.0").mkdir()
    try:
        subprocess.run([sys.executable, "-c", code], check=True)
        assert owned_by(int(gone)) == {f"1.{gone}.1.0"}, "another namespace's can't be judged"
    finally:
        for directory in controllers().directories:
            (directory / f"1.{gone}.1.0").rmdir()


def test_a_sweep_kills_what_still_lives(eventually):
    """Should a dead owner's group still hold a process, the sweep kills it."""
    namespace = os.stat("/proc/self/ns/pid").st_ino
    with subprocess.Popen(["sleep", "600"]) as stray:
        name = f"{namespace}.{stray.pid}.1.0"  # started at another time than that PID's process
        for directory in controllers().directories:
            (directory / name).mkdir()
            Path(directory / name / "cgroup.procs").write_text(str(stray.pid))
        sweep(controllers())
        assert stray.wait(60) == -9
    assert eventually(lambda: not sweep(controllers()) and not owned_by(stray.pid))


def test_the_owner_may_lose_threads(marker):
    """A session started from a thread that has ended lives on: one lasting thread starts all."""
    script = f"""
import asyncio, threading
from proofhouse.sandbox import Limits, start_session

async def main():
    session = await start_session(Limits())
    assert (await session.exec(["true"])).returncode == 0
    return session

loop = asyncio.new_event_loop()
sessions = []
thread = threading.Thread(target=lambda: sessions.append(loop.run_until_complete(main())))
thread.start()
thread.join()
ended = loop.run_until_complete(sessions[0].exec(["echo", "{marker}"]))
assert ended.stdout == b"{marker}\\n", ended
loop.run_until_complete(sessions[0].close())
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=150)
