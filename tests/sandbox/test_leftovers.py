# SPDX-License-Identifier: Apache-2.0
"""What commands leave behind has one budget together, and again with each command."""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.sandbox.leftovers import Leftovers

SECOND = 1_000_000_000


@dataclass
class Meter:
    """A slot whose clock is moved by hand."""

    number: int
    used: int = 0

    def cpu_nanoseconds(self) -> int:
        """What it was moved to."""
        return self.used


def test_one_budget_for_all():
    """Two use it up together; what was used before they were first seen does not count."""
    one, two = Meter(0, used=50 * SECOND), Meter(1)
    left = Leftovers(cpu_seconds=3)
    assert left.remaining([one, two]) == 3 * SECOND
    one.used += 2 * SECOND
    two.used += SECOND
    assert left.remaining([one, two]) == 0
    assert left.remaining([one]) == SECOND, "what is gone no longer uses anything"


def test_a_command_renews_it():
    """A server that is made use of may go on; one that is not used up its time once."""
    server = Meter(7)
    left = Leftovers(cpu_seconds=1)
    for _ in range(3):
        left.renew([server])
        server.used += SECOND // 2
        assert left.remaining([server]) == SECOND // 2
    server.used += SECOND // 2
    assert left.remaining([server]) == 0
