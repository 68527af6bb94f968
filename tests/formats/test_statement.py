# SPDX-License-Identifier: Apache-2.0
"""Statements: in-toto Statement v1 with one subject."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError
from proofhouse.formats import statement
from proofhouse.formats.statement import Statement

law = settings(deadline=None, max_examples=100)

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
predicates = st.dictionaries(
    st.text(st.characters(max_codepoint=127), max_size=8),
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(max_size=20)
    | digests,
    max_size=6,
)
documents = st.fixed_dictionaries(
    {
        "_type": st.just("https://in-toto.io/Statement/v1"),
        "predicateType": st.from_regex(r"urn:proofhouse:[a-z][a-z-]{0,20}:v[1-9]", fullmatch=True),
        "predicate": predicates,
        "subject": st.tuples(
            st.fixed_dictionaries(
                {
                    "name": st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=200),
                    "digest": st.fixed_dictionaries({"sha256": digests}),
                }
            )
        ).map(list),
    }
)


@law
@given(documents)
def test_law_there_and_back(document: dict[str, Any]) -> None:
    """Every statement parses to its parts and prints back to the same bytes."""
    data = rfc8785.dumps(document)
    it = Statement.parse(data)
    assert it.to_bytes() == data
    assert (it.predicate_type, it.predicate) == (document["predicateType"], document["predicate"])
    assert it.subject_name == document["subject"][0]["name"]
    assert it.subject_sha256 == document["subject"][0]["digest"]["sha256"]


@law
@given(documents, st.sampled_from(["_type", "predicateType", "predicate", "subject"]), st.data())
def test_law_no_part_has_another_type(document: dict[str, Any], name: str, data: Any) -> None:
    """A member of another type, or none, is refused."""
    others: list[Any] = [None, 1, True, "", [], ["x"], {}, {"x": 1}]
    others = [other for other in others if type(other) is not type(document[name])]
    document[name] = data.draw(st.sampled_from(others))
    with pytest.raises(FormatError):
        Statement.parse(rfc8785.dumps(document))
    del document[name]
    with pytest.raises(FormatError):
        Statement.parse(rfc8785.dumps(document))


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[31m", "x" * 201, "a\u202eb"])
def test_a_subject_is_named_in_printable_text(name: str) -> None:
    """Empty, long, multi-line and control texts name no subject."""
    with pytest.raises(FormatError):
        Statement("urn:proofhouse:inquiry:v1", name, "ab" * 32, {})


def test_the_size_limit_is_exact() -> None:
    """A statement of 768 KiB is printed and parsed, one byte more is refused both ways."""
    empty = Statement("urn:proofhouse:inquiry:v1", "case", "ab" * 32, {"x": ""}).to_bytes()
    room = statement.MAX_BYTES - len(empty)
    it = Statement("urn:proofhouse:inquiry:v1", "case", "ab" * 32, {"x": "a" * room})
    assert Statement.parse(it.to_bytes()) == it
    with pytest.raises(FormatError, match="state its digest"):
        Statement(
            "urn:proofhouse:inquiry:v1", "case", "ab" * 32, {"x": "a" * (room + 1)}
        ).to_bytes()
    with pytest.raises(FormatError):
        Statement.parse(it.to_bytes().replace(b'"a', b'"aa', 1))
