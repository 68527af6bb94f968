# SPDX-License-Identifier: Apache-2.0
"""A public seed gives everybody the same items, spread evenly over families and levels."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.bank.derivation import item_key
from proofhouse.bank.families import FAMILIES, Family
from proofhouse.bank.twins import NO_SUBMISSION, Place, derive_at, public_seed, spread
from proofhouse.errors import InputError


def family(name: str, levels: int) -> Family:
    return Family(name, tuple(range(1, levels + 1)), lambda *_: pytest.fail("nothing is derived"))


def test_a_public_seed_is_the_hash_of_its_text() -> None:
    """The documented bytes, and nothing of the process."""
    text = "practice 2026"
    said = hashlib.sha256(b"proofhouse/public-seed/v1\n" + text.encode()).digest()
    assert public_seed(text) == said


def test_64_digits_are_the_seed_itself() -> None:
    """An opened bank's seed is given as it was opened; 64 capitals are a text like any other."""
    assert public_seed("ab" * 32) == bytes([0xAB]) * 32
    assert public_seed("AB" * 32) != bytes([0xAB]) * 32


@pytest.mark.parametrize("text", ["", " \n", "x" * 1_001, "\ud800"])
def test_a_seed_that_is_none_is_refused(text: str) -> None:
    """Nothing, blanks, far too much, and half a character are no seeds."""
    with pytest.raises(InputError, match="public seed"):
        public_seed(text)


@given(st.integers(1, 200), st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_places_are_spread_evenly(count: int, levels: list[int]) -> None:
    """As many as asked, none twice; families and levels of a family differ by one at most."""
    families = [family(f"f{at}", many) for at, many in enumerate(levels)]
    places = spread(families, count)
    assert len(places) == len(set(places)) == count
    by_family = Counter(place.family for place in places)
    shares = [by_family[each.name] for each in families]
    assert max(shares) - min(shares) <= 1
    for each in families:
        own = Counter(place.level for place in places if place.family == each.name)
        counts = [own[level] for level in each.levels]
        assert max(counts) - min(counts) <= 1


def test_no_items_are_refused() -> None:
    """Proving nothing proves nothing."""
    with pytest.raises(InputError):
        spread([family("f", 1)], 0)


def test_a_twin_is_derived_as_a_sealed_item_is() -> None:
    """Only the submission is missing: 32 zero bytes stand for its leaf hash."""
    seed, place = public_seed("practice"), Place("memory-flaw", 2, 5)
    item = derive_at(FAMILIES, seed, place)
    key = item_key(seed, bytes(32), "memory-flaw", 2, 5)
    assert item == FAMILIES["memory-flaw"].derive(key, 2, 5)
    assert derive_at(FAMILIES, seed, place, b"\1" * 32).digest != item.digest
    assert bytes(32) == NO_SUBMISSION


@pytest.mark.parametrize("place", [Place("nothing", 1, 0), Place("memory-flaw", 99, 0)])
def test_what_does_not_exist_is_refused(place: Place) -> None:
    """An unknown family or level is said, with what there is."""
    with pytest.raises(InputError, match=r"no (item family|level)|has no level") as caught:
        derive_at(FAMILIES, bytes(32), place)
    assert caught.value.hint
