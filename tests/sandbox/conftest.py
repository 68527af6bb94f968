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
    """Text to find a process of the sandbox by, from outside."""
    return f"marker-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def host_pids() -> Callable[[str], list[int]]:
    """``host_pids(text)``: processes on the machine with that text in their arguments."""

    def find(text: str) -> list[int]:
        found = []
        for name in os.listdir("/proc"):
            try:
                arguments = Path(f"/proc/{name}/cmdline").read_bytes()
            except OSError:
                continue
            if name.isdecimal() and text.encode() in arguments and int(name) != os.getpid():
                found.append(int(name))
        return found

    return find


@pytest.fixture(scope="session")
def seen(host_pids: Callable[[str], list[int]]) -> Callable[..., Awaitable[list[int]]]:
    """``await seen(text, count=1)``: `host_pids` once there are that many."""

    async def wait(text: str, count: int = 1) -> list[int]:
        deadline = time.monotonic() + 10
        while len(found := host_pids(text)) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} processes came"
            await asyncio.sleep(0)
        return found

    return wait


@pytest.fixture(scope="session")
def eventually() -> Callable[..., bool]:
    """``eventually(condition)``: whether it comes true within five seconds, looking often."""

    def wait(condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + 5
        while not condition():
            if time.monotonic() > deadline:
                return False
        return True

    return wait
