# SPDX-License-Identifier: Apache-2.0
"""The versions in which one program is written: flawed, repaired, and repaired badly.

    FLAWED      what an item shows
    REPAIRED    the reference solution
    WRONG       name → a repair that looks like one and is none; each must be refused
    OTHER       name → another right repair, which must be taken like the reference

A version says what becomes of the check before an operation, and nothing else of a program: all
versions have the same names, messages and files. So the difference between two of them, as a
unified diff, is what somebody would have written who thought of the flaw in that way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Version:
    """How the check is written.

    ``bound`` is ``flawed`` (as planted), ``right``, ``short`` (refuses the longest valid message),
    ``lowered`` (one bound for all who share it), ``site`` (a check in front, only in the handler
    that the report points to), ``sites`` (in each of them).
    ``reject`` is ``fail``, ``clamp`` (cut to what fits) or ``swallow`` (drop it, as if it were
    taken). ``second`` and ``narrow`` say whether the flaws of level 5 and 6 are still there.
    ``disabled`` is put at the front of the handler which the report shows.
    """

    bound: str = "flawed"
    reject: str = "fail"
    second: bool = True
    narrow: bool = True
    disabled: str = ""


FLAWED = Version()
REPAIRED = Version("right", second=False, narrow=False)

WRONG: Mapping[str, Version] = MappingProxyType(
    {
        "delete": Version(disabled="return 0;"),
        "early": Version(disabled="$fail"),
        "short": Version("short", second=False, narrow=False),
        "clamp": Version("right", "clamp", second=False, narrow=False),
        "swallow": Version("right", "swallow", second=False, narrow=False),
        "site": Version("site", second=False),
        "lowered": Version("lowered", second=False, narrow=False),
        "first": Version("right", narrow=False),
        "narrow": Version("right", second=False),
    }
)
"""Bad repairs that are versions of the program; more are made of its text (``wrong``)."""

OTHER: Mapping[str, Version] = MappingProxyType(
    {"sites": Version("sites", second=False), "lowered": WRONG["lowered"]}
)
"""Right repairs besides the reference: ``lowered`` is one where all who share it have one size."""
