# SPDX-License-Identifier: Apache-2.0
"""What an attack is: a sentence, a way to try it, a way to see that it worked, and what stops it.

    Attack(
        "proc-environ",
        "/proc",
        "It reads the environment of a process of the host.",
        "PID namespace",
        reads("grep -ah @word@ /proc/[0-9]*/environ"),
    )

``act`` says True when the attack worked. Nearly all are seen from outside: a word that lies only
where it must not be read has come out, a listener of the host was reached, a file was changed, a
process lives that must be dead. Where the kernel is attacked its own answer is taken.

**Controls.** ``control`` says where the same attack does work, for want of a fence: as the user
that sandboxes are outside, as root, or (`IF_KERNEL`) as root where the machine's kernel has the
thing at all. `NONE` says in ``why_none`` why it can't be tried without harm or sense. A test holds
the suite to it, so that no attack passes by being broken.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from proofhouse.sandbox.attacks.stage import Stage
from proofhouse.sandbox.session import SessionLostError

Act = Callable[[Stage], Awaitable[bool]]


class Control(Enum):
    """Who the attack works for, where there is no fence."""

    USER = "user"
    ROOT = "root"
    IF_KERNEL = "if the kernel has it"
    NONE = "none"


@dataclass(frozen=True)
class Attack:
    """One attack; see the module.

    ``guest_fence`` is what stops it in a tier with a kernel of its own, where that is another.
    """

    name: str
    group: str
    sentence: str
    fence: str
    act: Act
    control: Control = Control.USER
    why_none: str = ""
    guest_fence: str = ""

    def stopped_by(self, tier: str) -> str:
        """The fence that stops it in ``tier``."""
        return (self.guest_fence or self.fence) if tier == "gvisor" else self.fence


def reads(command: str) -> Act:
    """It worked if the stage's secret word came out."""

    async def act(stage: Stage) -> bool:
        return stage.word.encode() in (await stage.run(stage.session, command)).stdout

    return act


def opens(command: str) -> Act:
    """It worked if the command said so and the kernel that let it is the machine's."""

    async def act(stage: Stage) -> bool:
        result = await stage.run(stage.session, f"{command}; uname -r", timeout=5)
        said = result.stdout.decode().split()
        return "WON" in said and os.uname().release in said

    return act


def asks_kernel(call: str) -> Act:
    """The same, for one call (``attack call``)."""
    return opens(f"./attack call {call}")


def takes(command: str) -> Act:
    """It worked if all that was asked for was had; in a session of its own, which may die of it."""

    async def act(stage: Stage) -> bool:
        session = await stage.place()
        try:
            result = await stage.run(session, command)
        except SessionLostError:
            return False
        finally:
            await session.close()
        return b"WON" in result.stdout

    return act


def reaches(listener: str, command: str) -> Act:
    """It worked if that listener of the host was reached."""

    async def act(stage: Stage) -> bool:
        stage.listeners.came(listener)
        await stage.run(stage.session, command, timeout=5)
        return stage.listeners.came(listener)

    return act


def tells(command: str, secret: Callable[[], str]) -> Act:
    """It worked if the output holds that fact about the machine; an empty fact can't be told."""

    async def act(stage: Stage) -> bool:
        fact = secret().strip()
        said = (await stage.run(stage.session, command, timeout=5)).stdout
        return bool(fact) and fact.encode() in said

    return act
