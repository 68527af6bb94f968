# SPDX-License-Identifier: Apache-2.0
"""What an answer to a range must do: print the proofs of its path, from the first on."""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.formats.canonical import JsonValue


@dataclass(frozen=True)
class RangeOracle:
    """How many steps the path has; the last one is the objective."""

    steps: int

    @property
    def kind(self) -> str:
        """The judge's name."""
        return "range"

    def to_value(self) -> JsonValue:
        """The number of steps."""
        return {"steps": self.steps}
