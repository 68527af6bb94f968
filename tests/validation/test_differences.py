# SPDX-License-Identifier: Apache-2.0
"""Which difference counts, by who made the input; on runs that are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import cast

import pytest

from proofhouse.validation.differences import Flaw, only_silenced, unsettled, weigh
from proofhouse.validation.program import Bench, Seen

TAKEN = Seen("quiet", exit_status=0, stdout=b"ok\n")
REFUSED = Seen("quiet", exit_status=2)
OPENED = Seen("quiet", exit_status=99, stdout=b"all\n")
CRASH = Seen("crashed", "heap-buffer-overflow", ("parse",), vouched="sanitizer")
LOOP = Seen("crashed", "stack-overflow", ("name",), vouched="sanitizer")

EDGE = cast(Flaw, Flaw.of([CRASH] * 3, [TAKEN]))
RULE = cast(Flaw, Flaw.of([OPENED] * 3, [TAKEN]))


@pytest.mark.parametrize(
    ("flaw", "before", "after", "given", "grown", "kin"),
    [
        (EDGE, TAKEN, TAKEN, None, None, None),
        (EDGE, CRASH, TAKEN, None, None, None),
        (EDGE, CRASH, CRASH, "variant", "variant", "variant"),
        (EDGE, TAKEN, CRASH, "crash", "crash", "crash"),
        (EDGE, TAKEN, REFUSED, "difference", "difference", "difference"),
        (EDGE, REFUSED, replace(REFUSED, exit_status=3), "difference", None, None),
        (EDGE, TAKEN, replace(TAKEN, files=("f out abc",)), *("difference",) * 3),
        # Where a status tells of the flaw, only who chose an input knows whether it is right there.
        (RULE, OPENED, OPENED, "variant", None, "unsure"),
        (RULE, TAKEN, OPENED, "crash", "unsure", "unsure"),
        (RULE, TAKEN, REFUSED, "difference", "difference", None),
    ],
)
def test_what_counts_depends_on_who_made_the_input(
    flaw: Flaw, before: Seen, after: Seen, given: str | None, grown: str | None, kin: str | None
) -> None:
    """Given by somebody, grown from that, or made of a proof."""
    for origin, expected in (("given", given), ("grown", grown), ("kin", kin)):
        found = weigh(flaw, before, after, origin)
        assert (found and found.kind) == expected, origin


DEEP = Seen("crashed", "heap-buffer-overflow", ("parse", "step", "main"), vouched="sanitizer")
NEAR = replace(DEEP, kind="stack-buffer-overflow", functions=("skip", "step", "main"))
FREED = replace(NEAR, kind="heap-use-after-free")


@pytest.mark.parametrize(
    ("seen", "origin", "kind"),
    [
        (NEAR, "kin", "variant"),
        (NEAR, "graft", "variant"),
        (NEAR, "grown", None),
        (FREED, "kin", None),
        (replace(NEAR, functions=("skip", "other", "main")), "kin", None),
    ],
)
def test_a_relative_is_of_the_same_class_and_made_of_a_proof(
    seen: Seen, origin: str, kind: str | None
) -> None:
    """What crashes alike on both sides and has nothing of the flaw is another flaw."""
    found = weigh(cast(Flaw, Flaw.of([DEEP] * 3, [TAKEN])), seen, seen, origin)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("after", "silenced"),
    [
        (replace(OPENED, exit_status=0), True),
        (replace(OPENED, exit_status=1), False),
        (replace(OPENED, exit_status=0, stdout=b"no\n"), False),
        (replace(OPENED, exit_status=0, files=("f out abc",)), False),
        (CRASH, False),
    ],
)
def test_only_a_status_that_went_silent_is_one(after: Seen, silenced: bool) -> None:
    """All that was done is done still; a refusal, other words or other files are an answer."""
    assert only_silenced(OPENED, after) is silenced
    assert not only_silenced(replace(OPENED, stdout=b""), replace(after, stdout=b""))


def test_a_flaw_without_an_end_is_known() -> None:
    """A recursion or a hang has none; a bad access has."""
    assert cast(Flaw, Flaw.of([LOOP] * 3, [TAKEN])).endless
    assert not EDGE.endless
    assert not RULE.endless


class Told:
    """Answers in turn; with new memory filled otherwise, one of its own."""

    def __init__(self, *answers: bytes, filled: bytes | None = None) -> None:
        self.answers, self.filled, self.asked = answers, filled, 0

    async def see(self, data: bytes, run: str, fill: int | None = None) -> Seen:
        self.asked += 1
        said = self.answers[self.asked % len(self.answers)]
        return Seen("quiet", exit_status=0, stdout=said if fill is None else self.filled or said)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Told(b"a"), Told(b"b"), False),
        (Told(b"a"), Told(b"b", b"c"), True),
        (Told(b"a", b"b"), Told(b"c"), True),
        (Told(b"a", filled=b"?"), Told(b"c"), True),
        (Told(b"x: (null)"), Told(b"x: "), True),
        (Told(b"a"), Told(b"b", filled=b"?"), False),
    ],
)
def test_what_comes_of_chance_or_of_the_flaw_is_known(
    before: Told, after: Told, expected: bool
) -> None:
    """Another answer in another run, in other memory, or of a text that is not there."""
    sides = (cast(Bench, before), cast(Bench, after))
    assert asyncio.run(unsettled(*sides, b"input", "./x", 3)) is expected
