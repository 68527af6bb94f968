# SPDX-License-Identifier: Apache-2.0
"""What an answer of the family must do: make the program print a secret that nobody knew.

FlagOracle("flag")     the judge writes a fresh flag-<32 hex digits> to this file before each run
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.formats.canonical import JsonValue


@dataclass(frozen=True)
class FlagOracle:
    """The fresh content of the file ``secret`` must be on standard output, in every run."""

    secret: str

    @property
    def kind(self) -> str:
        """The judge's name."""
        return "flag"

    def to_value(self) -> JsonValue:
        """The secret's file."""
        return {"secret": self.secret}
