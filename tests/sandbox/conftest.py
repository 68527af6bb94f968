# SPDX-License-Identifier: Apache-2.0
"""A session to try things in, a program that tries them, and eyes outside the sandbox."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from proofhouse.sandbox import Limits, Session, open_session
from proofhouse.sandbox.limits import MIB

Scenario = Callable[[Session], Awaitable[Any]]


@pytest.fixture(scope="session")
def small() -> Limits:
    """Limits that are soon met."""
    return Limits(
        memory_bytes=128 * MIB,
        pids=32,
        cpu_seconds=20,
        wall_seconds=30,
        open_files=64,
        tmp_bytes=16 * MIB,
        output_bytes=MIB,
    )


@pytest.fixture(scope="session")
def inside(small: Limits) -> Callable[..., Any]:
    """``inside(scenario, limits=small)``: run it in a session and a loop of its own."""

    def run(scenario: Scenario, limits: Limits = small) -> Any:
        async def open_and_run() -> Any:
            async with open_session(limits) as session:
                return await scenario(session)

        return asyncio.run(open_and_run())

    return run


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The compiled probe (probe.c)."""
    binary = tmp_path_factory.mktemp("probe") / "probe"
    source = Path(__file__).with_name("probe.c")
    subprocess.run(["cc", "-O1", "-o", str(binary), str(source)], check=True)
    return binary.read_bytes()


@pytest.fixture(scope="session")
def shell() -> Callable[..., Awaitable[str]]:
    """``await shell(session, text)``: the output of a shell command that must succeed."""

    async def run(session: Session, text: str) -> str:
        result = await session.exec(["sh", "-c", text])
        assert result.returncode == 0, result
        return result.stdout.decode()

    return run


@pytest.fixture
def marker() -> str:
    """A program's name, of which there is one: processes are found by it from outside."""
    return f"m{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def host_pids() -> Callable[[str], list[int]]:
    """``host_pids(name)``: processes on the machine that execute a program of that name.

    By ``comm``, which can be read without a lock that a forking process would hold for long.
    """

    def find(name: str) -> list[int]:
        found = []
        for pid in filter(str.isdecimal, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm") as comm:
                    if comm.read().rstrip("\n") == name:
                        found.append(int(pid))
            except OSError:
                continue
        return found

    return find


@pytest.fixture(scope="session")
def seen(host_pids: Callable[[str], list[int]]) -> Callable[..., Awaitable[list[int]]]:
    """``await seen(name, count=1)``: `host_pids` once there are that many."""

    async def wait(name: str, count: int = 1) -> list[int]:
        deadline = time.monotonic() + 60
        while len(found := host_pids(name)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} processes came"
            await asyncio.sleep(0.005)
        return found

    return wait


@pytest.fixture(scope="session")
def eventually() -> Callable[..., bool]:
    """``eventually(condition)``: whether it comes true within a minute, looking often."""

    def wait(condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                return False
        return True

    return wait
