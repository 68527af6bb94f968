# SPDX-License-Identifier: Apache-2.0
"""Derive items and prove each: what is done for every item of a run, done for many at once.

    proof = await prove_all(places, derive, tier="bwrap", tell=…)
    proof.failures      ((Failure("memory-flaw/3/07", "reference", "its reference …"), …)

Each item is derived twice and must come out the same (check ``derive``), its judge proves it (the
judge's own checks: answers hidden, reference solved twice alike, wrong answers not, all within the
limits), and its solution is nowhere in what a model's sandbox holds besides its files (check
``surroundings``): in no variable of the environment, and in no file of the image outside ``/usr``,
``/proc`` and ``/sys``. Those are the machine's own and older than any seed.

A machine that can't judge raises and nothing is said of any item; an item that fails is reported,
and the others are still proven.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from proofhouse.bank.item import Item
from proofhouse.bank.twins import Place
from proofhouse.errors import InputError, ProofhouseError
from proofhouse.judges import prove
from proofhouse.oracles.errors import UnprovenItemError
from proofhouse.oracles.judging import LIMITS
from proofhouse.sandbox import Session, open_session

PROVERS = 2
"""How many items are built and proven at once."""

_LISTING = "find / -xdev ( -path /usr -o -path /proc -o -path /sys ) -prune -o -type f -print0"
_FILES_AT_MOST = 5_000
_FILE_LIMIT = 4 << 20
_SHORTEST = 8
"""A solution of fewer bytes stands in some file by chance, and is looked for in variables only."""

Derive = Callable[[Place], Item]


@dataclass(frozen=True)
class Failure:
    """An item that is not proven: which check failed, and why."""

    item: str
    check: str
    reason: str


@dataclass(frozen=True)
class Proof:
    """What came of ``places``. ``digest`` is over the digests of all derived items, in order."""

    places: tuple[Place, ...]
    failures: tuple[Failure, ...]
    digest: str
    milliseconds: int

    def proven(self, family: str, level: int | None = None) -> int:
        """How many items of a family, or of one of its levels, are proven."""
        failed = {failure.item for failure in self.failures}
        return sum(
            place.family == family and level in (None, place.level) and place.id not in failed
            for place in self.places
        )


async def prove_all(
    places: Sequence[Place],
    derive: Derive,
    *,
    tier: str = "bwrap",
    tell: Callable[[int], None] = lambda _done: None,
) -> Proof:
    """Derive and prove the items at ``places``, two at a time; ``tell`` hears how many are done.

    Raises UnfitMachineError and PrerequisiteError if this machine can't judge, LostError.
    """
    began = time.monotonic()
    surroundings = await _surroundings(tier)
    gate, done = asyncio.Semaphore(PROVERS), 0

    async def one(place: Place) -> tuple[str, Failure | None]:
        nonlocal done
        async with gate:
            found = await _prove_one(place, derive, surroundings, tier)
        done += 1
        tell(done)
        return found

    tasks = [asyncio.create_task(one(place)) for place in places]
    try:
        results = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    whole = hashlib.sha256("".join(digest for digest, _ in results).encode()).hexdigest()
    failures = tuple(failure for _, failure in results if failure is not None)
    milliseconds = round(1000 * (time.monotonic() - began))
    return Proof(tuple(places), failures, whole, milliseconds)


async def _prove_one(
    place: Place, derive: Derive, surroundings: Sequence[bytes], tier: str
) -> tuple[str, Failure | None]:
    """The digest of the item, empty if it could not be derived, and how it failed if it did."""
    try:
        item = derive(place)
    except ProofhouseError as error:
        return "", Failure(place.id, "derive", error.message)
    try:
        if derive(place).digest != item.digest:
            raise UnprovenItemError(
                f"Item {item.id} is not proven: derived twice, it differs.", check="derive"
            )
        _check_surroundings(item, surroundings)
        await prove(item, tier=tier)
    except UnprovenItemError as error:
        return item.digest, Failure(place.id, error.check, error.message)
    except InputError as error:
        return item.digest, Failure(place.id, "judge", error.message)
    return item.digest, None


async def _surroundings(tier: str) -> tuple[bytes, ...]:
    """The environment of a model's sandbox first, then every file of it outside ``/usr``."""
    async with open_session(LIMITS, tier) as session:
        environment = (await session.exec(["env", "-0"])).stdout
        listed = (await session.exec(_LISTING.split())).stdout
        files = []
        for path in listed.split(b"\0")[:_FILES_AT_MOST]:
            if path:
                files.append(await _read(session, path))
    return (environment, *files)


async def _read(session: Session, path: bytes) -> bytes:
    try:
        return await session.read_file(path.decode(), _FILE_LIMIT)
    except (OSError, ProofhouseError, UnicodeDecodeError):
        return b""  # what the model's own user can't read gives nothing away


def _check_surroundings(item: Item, surroundings: Sequence[bytes]) -> None:
    spellings = (item.solution, item.solution.hex().encode(), base64.b64encode(item.solution))
    looked_in = surroundings if len(item.solution) >= _SHORTEST else surroundings[:1]
    found = any(one in text for one in spellings for text in looked_in if one)
    if found:
        raise UnprovenItemError(
            f"Item {item.id} is not proven: its reference solution stands in the sandbox that a "
            "model works in.",
            check="surroundings",
        )
