# SPDX-License-Identifier: Apache-2.0
"""What the oracles raise when it is not the answer that is wrong.

PrerequisiteError
└── UnfitMachineError    the program doesn't build here, or a benign control is not quiet
ProofhouseError
└── UnprovenItemError    an item does not hold what every item must: the generator's fault
"""

from __future__ import annotations

from proofhouse.errors import PrerequisiteError, ProofhouseError


class UnfitMachineError(PrerequisiteError):
    """This machine can't judge: an outcome is missing, never failed."""


class UnprovenItemError(ProofhouseError):
    """An item failed one of the checks of ``prove``; ``check`` names it."""

    def __init__(self, message: str, *, check: str) -> None:
        super().__init__(message)
        self.check = check
