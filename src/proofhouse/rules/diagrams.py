# SPDX-License-Identifier: Apache-2.0
"""Writes the diagrams of docs/ from the tables: ``python -m proofhouse.rules.diagrams FILE``.

Between ``<!-- inquiry -->`` and ``<!-- /inquiry -->`` stands the first stage, between the marks of
``review`` the second (docs/map.md), between those of ``report`` a reported vulnerability
(docs/clearinghouse.md). A test holds the pages to the tables.
"""

from __future__ import annotations

import sys
from pathlib import Path

from proofhouse.rules.inquiry import INQUIRY, START
from proofhouse.rules.report import REPORT
from proofhouse.rules.report import START as REPORT_START
from proofhouse.rules.review import REVIEW
from proofhouse.rules.tables import Table, mermaid


def drawn(page: str) -> str:
    """``page`` with its diagrams drawn anew."""
    for name, diagram in (("inquiry", inquiry()), ("review", review()), ("report", report())):
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        if begin not in page:
            continue
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


def report() -> str:
    """A reported vulnerability, without the relays and links that move nothing, and withdrawal."""
    shown = {
        state: {
            event: after
            for event, after in row.items()
            if after != state and event not in ("closed_withdrawn", "closed_duplicate")
        }
        for state, row in REPORT.items()
    }
    return mermaid(shown, REPORT_START)


def _staying(table: Table) -> Table:
    """``table`` for a developer who does not withdraw."""
    return {
        state: {event: after for event, after in row.items() if event != "withdrawal"}
        for state, row in table.items()
    }


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(drawn(path.read_text()))
