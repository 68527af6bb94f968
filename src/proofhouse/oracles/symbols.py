# SPDX-License-Identifier: Apache-2.0
"""From offsets in a program to functions and lines, by binutils' ``addr2line``.

    $ addr2line -a -f -i -e target 0x299f
    0x000000000000299f
    dispatch                 the innermost of what the compiler inlined there
    /work/src/gauge.c:25
    parse
    /work/src/gauge.c:53

A sanitizer can symbolise its report itself, in the crashed process, for about 90 ms a report: it
reads the debug information of every library. Asking once for the program's own offsets takes 5 ms
for all runs of an answer, and happens outside the process the input was given to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proofhouse.errors import PrerequisiteError
from proofhouse.oracles.sanitizer import clean_function
from proofhouse.sandbox import Session

_ADDRESS = re.compile(r"0x[0-9a-f]{16}")
_MOST = 512


@dataclass(frozen=True)
class Place:
    """A function and where in its source; ``path`` is empty where the program does not tell."""

    function: str
    path: str
    line: int


async def resolve(
    session: Session, program: str, offsets: Sequence[int]
) -> Mapping[int, tuple[Place, ...]]:
    """For each of ``offsets`` in ``program``, its places, innermost first.

    At most 512 different offsets are looked at. Raises PrerequisiteError if addr2line is missing
    or fails, otherwise as ``Session.exec``.
    """
    wanted = sorted(set(offsets))[:_MOST]
    if not wanted:
        return {}
    argv = ["addr2line", "-a", "-f", "-i", "-e", program, *(hex(offset) for offset in wanted)]
    result = await session.exec(argv, timeout=20)
    if result.returncode != 0 or result.timed_out:
        raise PrerequisiteError(
            "Offsets of a program can't be turned into function names: addr2line failed.",
            hint="Install binutils (Debian: apt install binutils).",
        )
    return parse(result.stdout)


def parse(output: bytes) -> Mapping[int, tuple[Place, ...]]:
    """Read addr2line's output for ``-a -f -i``."""
    places: dict[int, tuple[Place, ...]] = {}
    current, name = 0, ""
    for line in output.decode("utf-8", "replace").splitlines():
        if _ADDRESS.fullmatch(line):
            current, name = int(line, 16), ""
            places[current] = ()
        elif not name:
            name = line
        else:
            path, _, number = line.partition(" (")[0].rpartition(":")
            known = path not in ("", "??")
            place = Place(
                clean_function(name),
                path if known else "",
                int(number) if number.isascii() and number.isdigit() else 0,
            )
            places[current] = (*places.get(current, ()), place)
            name = ""
    return places
