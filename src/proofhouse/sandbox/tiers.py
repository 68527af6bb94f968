# SPDX-License-Identifier: Apache-2.0
"""The tiers by name, and the two functions everybody calls.

A task names its tier and gets that one or an error: there is no falling back to a weaker one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

from proofhouse.errors import InputError, RefusedError
from proofhouse.sandbox.bwrap import BwrapTier
from proofhouse.sandbox.gvisor import GvisorTier
from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.session import Session, Tier
from proofhouse.sandbox.users import UsersTier

DEFAULT_TIER = "bwrap"

#: A further tier is a further entry here: a `check` and a `start`.
TIERS: Mapping[str, Tier] = MappingProxyType({"bwrap": BwrapTier(), "gvisor": GvisorTier()})

#: Those whose sandboxes can have users of their own, a root among them. No item asks for that.
WITH_USERS: Mapping[str, Tier] = MappingProxyType({"bwrap": UsersTier()})


def tier_named(name: str, users: bool = False) -> Tier:
    """The tier of that name, for sandboxes with users of their own if ``users``.

    Raises `InputError` if there is none, `RefusedError` if it has no such sandboxes.
    """
    found = TIERS.get(name)
    if found is None:
        raise InputError(
            f"There is no sandbox tier {name!r}.", hint=f"The tiers are: {', '.join(TIERS)}."
        )
    if not users:
        return found
    if name not in WITH_USERS:
        raise RefusedError(
            f"The tier {name} has no sandboxes with users of their own: one user is in each.",
            rule="tier",
            hint=f"They can be had in the tier {', '.join(WITH_USERS)}.",
        )
    return WITH_USERS[name]


def check_tier(tier: str = DEFAULT_TIER, *, users: bool = False) -> None:
    """Start and end one session of ``tier``, to see that it can be had on this machine.

    Raises `PrerequisiteError` with the remedy if not, otherwise as `tier_named`.
    """
    tier_named(tier, users).check()


async def start_session(
    limits: Limits, tier: str = DEFAULT_TIER, *, users: bool = False
) -> Session:
    """Start a session that the caller closes; raises as `check_tier`."""
    return await tier_named(tier, users).start(limits)


@asynccontextmanager
async def open_session(
    limits: Limits, tier: str = DEFAULT_TIER, *, users: bool = False
) -> AsyncIterator[Session]:
    """Start a session and close it at the end of the block; raises as `check_tier`."""
    session = await start_session(limits, tier, users=users)
    try:
        yield session
    finally:
        await session.close()
