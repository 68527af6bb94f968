# SPDX-License-Identifier: Apache-2.0
"""The processor time of what ended commands left behind.

    leftovers = Leftovers(cpu_seconds)
    leftovers.renew(slots)           a command begins, or has ended
    leftovers.remaining(slots)       nanoseconds that those may still use; not above 0: end them

A command may leave a server behind for the next ones, and that may live as long as the session. It
has no clock of its own, then, and its processor time must be bounded otherwise, or a process that
for ever starts its successor computes until the session closes. The rule: all that was left behind
has together what one command may use, and again as much whenever somebody runs a command or one has
ended. So a server that is made use of goes on, and who computes behind everybody's back does not.

Pure counting; who lives and who ends them is the session's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Metered(Protocol):
    """A slot, as far as it is counted here."""

    number: int

    def cpu_nanoseconds(self) -> int:
        """Processor time of everything that ever ran there."""
        ...


class Leftovers:
    """The one budget of a session's leftovers, of ``cpu_seconds``."""

    def __init__(self, cpu_seconds: int) -> None:
        self._budget = cpu_seconds * 1_000_000_000
        self._since: dict[int, int] = {}

    def renew(self, slots: Iterable[Metered]) -> None:
        """What lives in these has the whole budget before it again."""
        self._since = {slot.number: slot.cpu_nanoseconds() for slot in slots}

    def remaining(self, slots: Iterable[Metered]) -> int:
        """Nanoseconds that what lives in these may still use together; one not seen is new."""
        used = 0
        for slot in slots:
            now = slot.cpu_nanoseconds()
            used += now - self._since.setdefault(slot.number, now)
        return self._budget - used
