# SPDX-License-Identifier: Apache-2.0
"""Groups: aliases are transitive, related never merges, every merge can be taken back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.errors import RefusedError
from proofhouse.validation.duplicates.groups import (
    ALARM,
    Groups,
    alarms,
    fold,
    members,
    merge,
    related,
    undo,
)

NAMES = st.sampled_from("abcdefgh")
PAIRS = st.lists(st.tuples(NAMES, NAMES).filter(lambda pair: pair[0] != pair[1]), max_size=12)


def merged(pairs: list[tuple[str, str]]) -> Groups:
    state = Groups()
    for first, second in pairs:
        state = merge(state, first, second, "same commit")
    return state


def test_aliases_are_transitive() -> None:
    """A is B and B is C, so A, B and C are one group."""
    assert fold(merged([("A", "B"), ("B", "C"), ("X", "Y")])) == (("A", "B", "C"), ("X", "Y"))


def test_related_and_upstream_never_merge() -> None:
    """What is related or upstream stays in a group of its own."""
    state = related(merged([("A", "B")]), "B", "C", "same bulletin")
    state = related(state, "B", "D", "the library it bundles", upstream=True)
    assert fold(state) == (("A", "B"), ("C",), ("D",))
    assert members(state, "C") == ("C",)


def test_undo_splits_and_keeps_the_trace() -> None:
    """Taking a merge back splits the group; both events stay on record with their reasons."""
    state = undo(merged([("A", "B"), ("B", "C")]), 1, "the patch does not stop C's proof")
    assert fold(state) == (("A", "B"), ("C",))
    assert [event.kind for event in state.events] == ["alias", "alias", "undo"]
    assert state.events[2].undoes == 1


def test_undo_leaves_what_other_merges_join() -> None:
    """A group joined twice stays joined when one of the two merges goes."""
    state = undo(merged([("A", "B"), ("B", "C"), ("A", "C")]), 0)
    assert members(state, "A") == ("A", "B", "C")


@pytest.mark.parametrize("number", [-1, 1, 99])
def test_only_what_stands_can_be_undone(number: int) -> None:
    """An event that is not there, or was undone, can't be undone; the refusal lists what stands."""
    state = undo(merged([("A", "B"), ("B", "C")]), 1)
    with pytest.raises(RefusedError, match="Standing: 0"):
        undo(state, number)


@pytest.mark.parametrize(
    ("first", "second", "reason"), [("A", "A", "x"), ("", "B", "x"), ("A", "B", " ")]
)
def test_merge_needs_two_and_a_reason(first: str, second: str, reason: str) -> None:
    """One member, an empty name or an empty reason is refused."""
    with pytest.raises(RefusedError):
        merge(Groups(), first, second, reason)
    with pytest.raises(RefusedError):
        related(Groups(), first, second, reason)


def test_oversized_group_raises_the_alarm() -> None:
    """A group larger than the limit names its members and every merge that made it."""
    chain = [(f"n{i:02d}", f"n{i + 1:02d}") for i in range(ALARM)]
    assert alarms(merged(chain[:-1])) == ()
    (alarm,) = alarms(merged(chain))
    assert len(alarm.members) == ALARM + 1
    assert alarm.merges == tuple(range(ALARM))
    assert alarms(undo(merged(chain), 4)) == ()


@given(PAIRS)
def test_the_order_of_merges_does_not_matter(pairs: list[tuple[str, str]]) -> None:
    """The same merges in another order, or turned round, give the same groups."""
    turned = [(second, first) for first, second in reversed(pairs)]
    assert fold(merged(pairs)) == fold(merged(turned))


@given(PAIRS, st.data())
def test_undo_is_as_if_never_said(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    """After an undo the groups are those of the other merges alone."""
    if not pairs:
        return
    gone = data.draw(st.integers(0, len(pairs) - 1))
    everybody = {name for pair in pairs for name in pair}
    without = merged([pair for at, pair in enumerate(pairs) if at != gone])
    assert fold(undo(merged(pairs), gone), everybody) == fold(without, everybody)


def test_the_example_in_the_page_runs() -> None:
    """The Python in docs/duplicates.md runs as it stands there."""
    page = (Path(__file__).parents[2] / "docs/duplicates.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(example, {})
