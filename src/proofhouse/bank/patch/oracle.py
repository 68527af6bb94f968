# SPDX-License-Identifier: Apache-2.0
"""What the judge of a patch is told: where the flaw shows, and which hidden file is what.

    PatchOracle(("heap-buffer-overflow",), "keep_notch", "src/gauge.c", 41)
    hidden   cases/003.bin, wrong/early.diff

``path`` and ``line`` are those which the report names, "" and 0 where it names none: the judge
holds the report, and the functions in its trace, to what the program does. Every file below CASES
is an input, every one below WRONG a repair that must be refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.formats.canonical import JsonValue

CASES = "cases/"
WRONG = "wrong/"
PROOF = "proof.bin"
REPORT = "report.txt"


@dataclass(frozen=True)
class PatchOracle:
    """The flaw that the proof shows in the program as given."""

    classes: tuple[str, ...]
    function: str
    path: str = ""
    line: int = 0

    @property
    def kind(self) -> str:
        """The judge's name."""
        return "patch"

    def to_value(self) -> JsonValue:
        """Classes, function, and the place that the report names."""
        return {
            "classes": list(self.classes),
            "function": self.function,
            "path": self.path,
            "line": self.line,
        }
