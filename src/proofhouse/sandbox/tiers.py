# SPDX-License-Identifier: Apache-2.0
"""The tiers by name, and the two functions everybody calls.

A task names its tier and gets that one or an error: there is no falling back to a weaker one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from proofhouse.errors import InputError
from proofhouse.sandbox.bwrap import BwrapTier
from proofhouse.sandbox.gvisor import GvisorTier
from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.session import Session, Tier

DEFAULT_TIER = "bwrap"

#: A further tier is a further entry here: a `check` and a `start`.
TIERS: Mapping[str, Tier] = MappingProxyType({"bwrap": BwrapTier(), "gvisor": GvisorTier()})


def tier_named(name: str) -> Tier:
    """The tier of that name; `InputError` if there is none."""
    found = TIERS.get(name)
    if found is None:
        raise InputError(
            f"There is no sandbox tier {name!r}.", hint=f"The tiers are: {', '.join(TIERS)}."
        )
    return found


def check_tier(tier: str = DEFAULT_TIER) -> None:
    """Start and end one session of ``tier``, to see that it can be had on this machine.

    Raises `InputError` for a name that is none, `PrerequisiteError` with the remedy otherwise.
    """
    tier_named(tier).check()


async def start_session(limits: Limits, tier: str = DEFAULT_TIER) -> Session:
    """Start a session that the caller closes; raises as `check_tier`."""
    return await tier_named(tier).start(limits)


@asynccontextmanager
async def open_session(limits: Limits, tier: str = DEFAULT_TIER) -> AsyncIterator[Session]:
    """Start a session and close it at the end of the block; raises as `check_tier`."""
    session = await start_session(limits, tier)
    try:
        yield session
    finally:
        await session.close()
