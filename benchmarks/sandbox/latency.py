# SPDX-License-Identifier: Apache-2.0
"""What a sandbox costs: start, command, file and close, as a ratio to a plain subprocess; memory.

    python benchmarks/sandbox/latency.py [ROUNDS] [TIER]

The peer is ``subprocess.run(["/bin/true"])`` on the same machine in the same minute, each round
measuring both in turn, so that a busy machine slows them alike. Medians, with the best of the
rounds beside them; targets of bwrap: a start within 25 ms, a command within 3 ms. The memory of a
live sandbox is what its control group held at most until its first command had ended.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

from proofhouse.sandbox import Limits, Session, start_session

COMMAND = ["/bin/true"]
TARGETS_MILLISECONDS = {"start": 25.0, "exec": 3.0}


async def timed(what: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await what()
    return 1000 * (time.perf_counter() - begun)


async def plain() -> None:
    subprocess.run(COMMAND, check=True, capture_output=True)


async def one_round(times: dict[str, list[float]], tier: str) -> int:
    """One session from its start to its close; what it held in bytes."""
    held: list[Session] = []

    async def start() -> None:
        held.append(await start_session(Limits(), tier))

    times["start"].append(await timed(start))
    session = held[0]
    await session.exec(COMMAND)
    held_bytes = (await session.usage()).peak_memory_bytes
    for _ in range(5):
        times["subprocess"].append(await timed(plain))
        times["exec"].append(await timed(lambda: session.exec(COMMAND)))
        times["write_file"].append(await timed(lambda: session.write_file("f", bytes(4096))))
        times["read_file"].append(await timed(lambda: session.read_file("f", 4096)))
    times["close"].append(await timed(session.close))
    return held_bytes


async def together(count: int, tier: str) -> float:
    """Milliseconds for ``count`` sessions that start, run one command and close at once."""

    async def whole() -> None:
        session = await start_session(Limits(), tier)
        await session.exec(COMMAND)
        await session.close()

    return await timed(lambda: asyncio.gather(*(whole() for _ in range(count))))


async def main(rounds: int, tier: str) -> None:
    names = ("subprocess", "start", "exec", "write_file", "read_file", "close")
    times: dict[str, list[float]] = {name: [] for name in names}
    await one_round({name: [] for name in names}, tier)  # compiles, fills caches
    memory = [await one_round(times, tier) for _ in range(rounds)]
    peer = statistics.median(times["subprocess"])
    print(f"{'':12}{'median ms':>10}{'best ms':>9}{'ratio':>7}")
    for name in names:
        median = statistics.median(times[name])
        target = TARGETS_MILLISECONDS.get(name) if tier == "bwrap" else None
        note = f"  target {target:g} ms" if target else ""
        print(f"{name:12}{median:10.2f}{min(times[name]):9.2f}{median / peer:7.1f}{note}")
    print(f"16 sessions at once, start to close: {await together(16, tier):.0f} ms")
    print(f"memory of a live sandbox: {statistics.median(memory) / (1 << 20):.1f} MiB")


if __name__ == "__main__":
    words = [*sys.argv[1:], *("20", "bwrap")[len(sys.argv) - 1 :]]
    asyncio.run(main(int(words[0]), words[1]))
