# SPDX-License-Identifier: Apache-2.0
"""What a long check found, a line a thing: its name, how it went, and a sentence for a person.

held          looked at, and so
failed        looked at, and not so: the whole is no success
overdue       promised for a day that has passed; said, but nothing false was said before
not_checked   could not be looked at here, and why
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Result = Literal["held", "failed", "overdue", "not_checked"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: its ``name``, the ``result``, and a ``sentence``."""

    name: str
    result: Result
    sentence: str
