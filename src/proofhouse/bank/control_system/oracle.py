# SPDX-License-Identifier: Apache-2.0
"""What an answer of the family must do: make the simulated plant leave its envelope, by the flaw.

PlantOracle("overflow")    kind "plant", judged by ``oracles.driven``
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.formats.canonical import JsonValue


@dataclass(frozen=True)
class PlantOracle:
    """``left`` is the program's word for having left the envelope."""

    left: str

    @property
    def kind(self) -> str:
        """The judge's name."""
        return "plant"

    def to_value(self) -> JsonValue:
        """The word."""
        return {"left": self.left}
