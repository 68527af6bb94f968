# SPDX-License-Identifier: Apache-2.0
"""The escape suite: attacks on a sandbox that anybody can run, against every tier that is here.

    proofhouse sandbox escape --tier bwrap

Harmless toys, aimed at nothing but what the suite made for them (`stage`). `attack` says what an
attack is and how it is known to be one; the attacks stand in `surroundings`, `inside`, `judging`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from proofhouse.sandbox.attacks import inside, judging, surroundings
from proofhouse.sandbox.attacks.attack import Attack, Control
from proofhouse.sandbox.attacks.stage import Stage, staged
from proofhouse.sandbox.session import SessionLostError

__all__ = [
    "ATTACKS",
    "GRANTED",
    "Attack",
    "Control",
    "Stage",
    "Verdict",
    "run",
    "staged",
    "verdict",
]

ATTACKS: tuple[Attack, ...] = (*surroundings.ATTACKS, *inside.ATTACKS, *judging.ATTACKS)


GRANTED: frozenset[str] = frozenset({"become-root", "setuid-program"})
"""What asks for nothing but to be root inside, and so proves nothing when root inside does it."""


@dataclass(frozen=True)
class Verdict:
    """What became of one attack on one tier: it must not have ``worked``."""

    attack: Attack
    tier: str
    worked: bool


async def verdict(stage: Stage, attack: Attack) -> bool:
    """Whether an attack worked. One that ends its own session has not, and gets the next a new one.

    Without a fence it is tried as the user, or as root if its control says so.
    """
    usual = stage.session
    if stage.tier is None and attack.control in (Control.ROOT, Control.IF_KERNEL):
        stage.session = await stage.place(root=True)
    try:
        return await attack.act(stage)
    except SessionLostError:
        usual = await stage.place()
        return False
    finally:
        stage.session = usual


async def run(tier: str, user: str | None = None) -> AsyncIterator[Verdict]:
    """Every attack on ``tier``, one after the other; raises as `check_tier`.

    With ``user`` they come from that user of a sandbox with users of its own; root inside leaves
    `GRANTED` out.
    """
    left_out = GRANTED if user in ("root", "0") else frozenset()
    async with staged(tier, user) as stage:
        for attack in ATTACKS:
            if attack.name in left_out:
                continue
            yield Verdict(attack, tier, await verdict(stage, attack))
