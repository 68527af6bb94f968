# SPDX-License-Identifier: Apache-2.0
"""Does a patch hold without the sanitizer? One that asks the sanitizer repairs nothing.

    built = await build(tree, "make", 300, tools=tools())
    found = await otherwise(inputs, with_sanitizer=(before, after), without=(before, after))

A sanitizer keeps its own record of which bytes may be touched, at addresses that are no secret. A
patch can read that record before each bad access, by code that the sanitizer does not see, and step
aside: no proof, test or grown input shows the flaw, and users, who get a build without sanitizer,
have it still. So both sides are built once more without: commands named ``cc``, ``gcc`` … that
stand before the compilers on the path add ``-fno-sanitize=all``. What the program without the
patch answers alike in both builds must be answered alike with it; and a proof must not end it.

Left to others: a patch that looks whether there is a sanitizer and is otherwise as it was. Nothing
here shows it unless the flaw ends a program that has no sanitizer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse.validation.differences import repeatable
from proofhouse.validation.instrument import COMPILERS
from proofhouse.validation.program import Bench, Seen

_ROUNDS = 3
_SHIM = b"""#!/bin/sh
exec "/usr/bin/${0##*/}" "$@" -fno-sanitize=all
"""


@dataclass(frozen=True)
class Otherwise:
    """An input that the patched program answers one way with a sanitizer and another without."""

    data: bytes
    run: str
    sanitized: Seen
    bare: Seen
    why: str


def tools() -> dict[str, bytes]:
    """The commands that stand before the compilers."""
    return dict.fromkeys(COMPILERS, _SHIM)


async def otherwise(
    known: Sequence[tuple[bytes, str]],
    proofs: Sequence[bytes],
    sanitized: tuple[Bench, Bench],
    bare: tuple[Bench, Bench],
) -> Otherwise | None:
    """The first input that tells the builds of the patched side apart, three times of three.

    ``known`` are inputs with the command that takes each ("" is the bench's own). A proof counts
    if it ends the program: what it is answered, where it isn't, may hang on the memory there is.
    """
    for data, run in known:
        if await _apart(sanitized[0], bare[0], data, run) is not None:
            continue
        if (seen := await _apart(sanitized[1], bare[1], data, run)) is not None:
            why = "Built without a sanitizer, the patched program answers a known input otherwise."
            return Otherwise(data, run, *seen, why)
    for data in proofs:
        seen = await _apart(sanitized[1], bare[1], data, "")
        if seen is not None and seen[1].ended == "crashed" and seen[1].kind != "out-of-memory":
            why = f"Built without a sanitizer, the patched program still ends badly: {seen[1]}."
            return Otherwise(data, "", *seen, why)
    return None


async def _apart(one: Bench, other: Bench, data: bytes, run: str) -> tuple[Seen, Seen] | None:
    """What two builds do with an input, if that differs and each repeats itself."""
    first = None
    for _ in range(_ROUNDS):
        seen = await one.see(data, run), await other.see(data, run)
        if first is None:
            first = seen
        told, before = ([repeatable(s) for s in pair] for pair in (seen, first))
        if told[0] == told[1] or told != before:
            return None
    return first
