# SPDX-License-Identifier: Apache-2.0
"""The strengths: which tools an agent has, and how many executions it may spend on one item.

An execution is one call of the program's entry function, or one run of the built program to which a
crash is shown. The count is the fuzzer's own and does not depend on the machine's speed. A stronger
agent has every tool of the weaker ones. No strength gives up before its budget is spent.

Example:
    >>> STRENGTHS["fair"].executions, STRENGTHS["fair"].tools
    (1000, (<Tool.DICTIONARY: 'dictionary'>,))
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tool(Enum):
    """What a search may use besides random changes of the samples."""

    DICTIONARY = "dictionary"
    """The numbers and strings of the program's source."""
    COVERAGE = "coverage"
    """Inputs that reach new edges are kept and changed again (AFL)."""
    PATCHING = "patching"
    """Operands of comparisons are carried over into the input (REDQUEEN, 2019)."""
    SOLVING = "solving"
    """Comparisons of computed values are probed and solved (GREYONE, 2020; Angora, 2018)."""


@dataclass(frozen=True)
class Strength:
    """One strength: its name, its budget in executions per item, its tools."""

    name: str
    executions: int
    tools: tuple[Tool, ...]

    @property
    def model(self) -> str:
        """The model's name at the endpoint."""
        return f"proofhouse-reference-{self.name}"


STRENGTHS: dict[str, Strength] = {
    strength.name: strength
    for strength in (
        Strength("weak", 100, ()),
        Strength("weak-plus", 1_000, ()),
        Strength("fair", 1_000, (Tool.DICTIONARY,)),
        Strength("good", 10_000, (Tool.DICTIONARY, Tool.COVERAGE)),
        Strength("strong", 10_000, (Tool.DICTIONARY, Tool.COVERAGE, Tool.PATCHING)),
        Strength("expert", 100_000, tuple(Tool)),
    )
}
"""Every strength by its name, the weakest first."""
