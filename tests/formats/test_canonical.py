# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON, held to the package rfc8785."""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError
from proofhouse.formats import canonical

SAFE = 2**53 - 1
law = settings(deadline=None, max_examples=200)

scalars = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.text(max_size=20)
keys = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=30,
)


@law
@given(values)
def test_law_peer(value: Any) -> None:
    """We print every value as the package rfc8785 does."""
    assert canonical.dumps(value) == rfc8785.dumps(value)


@law
@given(values)
def test_law_there_and_back(value: Any) -> None:
    """What is printed parses to the same value, and prints to the same bytes."""
    data = rfc8785.dumps(value)
    assert canonical.loads(data) == value
    assert canonical.dumps(canonical.loads(data)) == data


@law
@given(
    values, st.sampled_from([{"indent": 1}, {"separators": (", ", ": ")}, {"ensure_ascii": True}])
)
def test_law_one_spelling(value: Any, style: dict[str, Any]) -> None:
    """A value printed in any other way is refused, unless that way happens to be the same."""
    plain: dict[str, Any] = {"separators": (",", ":"), "ensure_ascii": False, "sort_keys": True}
    other = json.dumps(value, **{**plain, **style}).encode()
    if other == rfc8785.dumps(value):
        assert canonical.loads(other) == value
    else:
        with pytest.raises(FormatError):
            canonical.loads(other)


@law
@given(values, st.data())
def test_law_order_of_members_is_irrelevant(value: Any, data: st.DataObject) -> None:
    """An object prints alike in whatever order its members were put in."""
    if isinstance(value, dict):
        shuffled = dict(data.draw(st.permutations(list(value.items()))))
        assert canonical.dumps(shuffled) == canonical.dumps(value)


def test_tuples_print_as_arrays() -> None:
    """Values frozen in tuples need no conversion."""
    assert canonical.dumps({"a": (1, (2,))}) == b'{"a":[1,[2]]}'


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        SAFE + 1,
        -SAFE - 1,
        b"bytes",
        {1: "key"},
        {None: "key"},
        {"é": 1},
        {Colour.RED: 1},
        Colour.RED,
        Number.ONE,
        {1, 2},
        Ellipsis,
        "\ud800",
        ["\udfff"],
        {"deep": [1.5]},
    ],
    ids=repr,
)
def test_a_value_without_canonical_form_is_refused(value: Any) -> None:
    """Floats, large integers, foreign types, foreign keys and half surrogates are refused."""
    with pytest.raises(FormatError):
        canonical.dumps(value)


def test_a_circle_is_refused() -> None:
    """A list that holds itself ends at the depth limit, not in an overflow."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(FormatError, match="64 levels"):
        canonical.dumps(circle)


@pytest.mark.parametrize(("levels", "allowed"), [(64, True), (65, False)])
@pytest.mark.parametrize("brackets", ["[]", ('{"a":', "}")])
def test_the_depth_limit_is_exact(levels: int, allowed: bool, brackets: Any) -> None:
    """Sixty-four levels of arrays or of objects are allowed, sixty-five are not."""
    middle = "" if brackets == "[]" else "1"
    data = (brackets[0] * levels + middle + brackets[1] * levels).encode()
    if allowed:
        assert canonical.dumps(canonical.loads(data)) == data
    else:
        with pytest.raises(FormatError):
            canonical.loads(data)


def test_the_size_limit_is_exact_and_comes_first() -> None:
    """A document of the limit is read, one byte more is refused without being parsed."""
    assert canonical.loads(b"[1,2]", limit=5) == [1, 2]
    with pytest.raises(FormatError, match="5 are allowed"):
        canonical.loads(b"[1,23]", limit=5)
