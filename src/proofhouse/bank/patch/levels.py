# SPDX-License-Identifier: Apache-2.0
"""The levels: each asks for all that the one below asks for and more, and is told no more.

    level  the flaw                                            the report tells
    1      one check in one handler                            class, trace with lines, the limit
    2      the same                                            class, trace without lines
    3      in a function that two or three handlers share      class, innermost function
    4      … one of them has more room: no bound fits all      class, innermost function
    5      … and what it refuses is freed twice, or read       class
    6      … and it computes in eight bits, a few too many     that there is a report

Whoever works on it has the program and can run it: what a report leaves out costs a build and a
run. What the flaw asks for has to be understood.
"""

from __future__ import annotations

LEVELS: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
"""The levels of the family, from the easiest up."""

TOLD: tuple[tuple[str, ...], ...] = (
    ("class", "function", "trace", "lines", "limit"),
    ("class", "function", "trace"),
    ("class", "function"),
    ("class", "function"),
    ("class",),
    (),
)
"""What the report tells at each level."""

ASKED: tuple[tuple[str, ...], ...] = (
    ("bound",),
    ("bound",),
    ("bound", "shared"),
    ("bound", "shared", "neighbour"),
    ("bound", "shared", "neighbour", "second"),
    ("bound", "shared", "neighbour", "second", "narrow"),
)
"""What a repair has to see to at each level."""
