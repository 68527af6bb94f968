# SPDX-License-Identifier: Apache-2.0
"""Writes the diagrams of docs/map.md from the tables: ``python -m proofhouse.rules.diagrams FILE``.

Between ``<!-- inquiry -->`` and ``<!-- /inquiry -->`` stands the first stage, between the marks of
``review`` the second. A test holds the page to the tables.
"""

from __future__ import annotations

import sys
from pathlib import Path

from proofhouse.rules.inquiry import INQUIRY, START
from proofhouse.rules.review import REVIEW
from proofhouse.rules.tables import Table, mermaid


def drawn(page: str) -> str:
    """``page`` with its diagrams drawn anew."""
    for name, diagram in (("inquiry", inquiry()), ("review", review())):
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = page.partition(begin)
        after = rest.partition(end)[2]
        page = f"{before}{begin}\n```mermaid\n{diagram}```\n{end}{after}"
    return page


def inquiry() -> str:
    """The first stage; the review is where it ends."""
    return mermaid({**_staying(INQUIRY), "assessor_to_offer_terms": {}}, START)


def review() -> str:
    """The second stage."""
    return mermaid(_staying(REVIEW), "assessor_to_offer_terms")


def _staying(table: Table) -> Table:
    """``table`` for a developer who does not withdraw."""
    return {
        state: {event: after for event, after in row.items() if event != "withdrawal"}
        for state, row in table.items()
    }


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(drawn(path.read_text()))
