# SPDX-License-Identifier: Apache-2.0
"""Bundles. What one must hold to is told by its vectors; here are the laws and the making."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import bundle, canonical, commitment, salted
from proofhouse.formats.bundle import Bundle, Entry

law = settings(deadline=None, max_examples=60)
WHOLE = Path(__file__).parents[2] / "vectors/bundle/accept-inspector.json"
Example = Callable[[str], dict[str, Any]]


@pytest.fixture
def whole(example: Example) -> Bundle:
    return Bundle.parse(example("bundle/accept-inspector")["bundle"].encode())


def test_parts_make_the_same_bundle(whole: Bundle) -> None:
    """Entries and openings put together again, in whatever order of openings, print the same."""
    openings = bundle.sort_openings(reversed(whole.openings))
    made = Bundle(whole.case, whole.audience, whole.entries, openings)
    assert made.to_bytes() == whole.to_bytes()
    assert {type(opening) for opening in openings} == {salted.Opening, commitment.Opening}


def test_less_can_be_opened(whole: Bundle) -> None:
    """A bundle for the public has the same entries and opens nothing, and does not show values."""
    public = Bundle(whole.case, "public", whole.entries)
    assert Bundle.parse(public.to_bytes()) == public
    assert b"Lab A" in whole.to_bytes()
    assert b"Lab A" not in public.to_bytes()


def test_each_entry_proves_itself_only(whole: Bundle) -> None:
    """An entry with the proof or the salt of another does not hold."""
    for one in whole.entries:
        one.verify_inclusion()
        for other in whole.entries:
            if other is not one:
                with pytest.raises(VerificationError):
                    Entry(one.envelope, one.salt, other.proof).verify_inclusion()
            if other.salt != one.salt:
                with pytest.raises(VerificationError):
                    Entry(one.envelope, other.salt, one.proof).verify_inclusion()


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at]
    if isinstance(value, dict):
        found += [p for key in value for p in paths(value[key], (*at, key))]
    if isinstance(value, list):
        found += [p for i, item in enumerate(value) for p in paths(item, (*at, i))]
    return found


OTHERS: list[Any] = [None, True, 0, -1, "", "x", [], {}, ["x"], {"x": 1}, "AB" * 32, "ab" * 31]


@settings(law, max_examples=150)
@given(st.data())
def test_law_no_part_may_be_something_else(data: st.DataObject) -> None:
    """With any part replaced by a value of another kind, a bundle is refused or prints the same."""
    vector = json.loads(WHOLE.read_text("utf-8"))
    document = json.loads(vector["input"]["bundle"])
    path = data.draw(st.sampled_from(paths(document)[1:]))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = data.draw(st.sampled_from(OTHERS))
    changed = canonical.dumps(document)
    try:
        it = Bundle.parse(changed)
    except FormatError:
        return
    assert it.to_bytes() == changed
