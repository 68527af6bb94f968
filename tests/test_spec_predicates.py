# SPDX-License-Identifier: Apache-2.0
"""Every predicate has a page, and the page says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from proofhouse.formats.predicates import CLEAR, SHAPES, VALUES, predicate_type
from proofhouse.rules.registration import SIGNERS

PAGES = Path(__file__).parents[1] / "spec" / "predicates"
ANEW = "Write it anew: python tools/spec_predicates.py"


def test_there_is_a_page_for_each_predicate_and_no_other() -> None:
    """Pages and predicates are the same set."""
    assert {page.stem for page in PAGES.glob("*.md")} == set(SHAPES), ANEW


@pytest.mark.parametrize("name", SHAPES)
def test_a_page_has_every_field_type_and_signer(name: str) -> None:
    """Example and table have exactly the fields of the shape; type and signers are right."""
    page, anew = (PAGES / f"{name}.md").read_text(), f"{ANEW} {name}"
    example, *opened = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert set(json.loads(example)) == set(SHAPES[name].fields), anew
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(SHAPES[name].fields), anew
    assert f"`{predicate_type(name)}`" in page, anew
    assert f"signed by: {' and '.join(SIGNERS[name])}" in page, anew
    assert ("clear: the leaf is the envelope" in page) == (name in CLEAR), anew
    assert ("And maybe `recordedBy` (text)" in page) == (name not in CLEAR), anew
    assert len(opened) == sum(statement == name for statement, _ in VALUES), anew
