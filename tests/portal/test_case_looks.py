# SPDX-License-Identifier: Apache-2.0
"""Every page of a case and of a role, in both themes and a phone's width, in a real Chromium.

Axe finds nothing against WCAG 2.2 AA, a page weighs little, and nothing runs over the edge.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra portal: make serve, or make test")
pytest.importorskip("axe_playwright_python", reason="needs axe: make test")

from .browsing import ORIGIN, answered_by, browser, visiting
from .conftest import Town
from .test_looks import AXE, LATER_PAGE, RULES

PAGES = (
    ("developer", "/home"),
    ("developer", "/begin/inquire"),
    ("developer", "/cases/{developer_to_submit}"),
    ("developer", "/cases/{developer_to_submit}/do/submit"),
    ("developer", "/cases/{developer_to_answer_terms}/do/answer-terms"),
    ("developer", "/cases/{developer_to_open_window}/do/open-window"),
    ("developer", "/cases/{findings_received}"),
    ("developer", "/cases/{findings_received}/findings"),
    ("developer", "/cases/{findings_received}/uses"),
    ("developer", "/cases/{findings_received}/do/withdraw"),
    ("assessor", "/queue"),
    ("assessor", "/invite"),
    ("assessor", "/cases/{assessor_to_plan}"),
    ("assessor", "/cases/{assessor_to_determine}/do/determine"),
    ("assessor", "/cases/{assessor_to_determine}/held"),
    ("assessor", "/cases/{assessor_to_determine}/recuse"),
    ("assessor", "/cases/{covered}/do/disclose"),
    ("assessor", "/cases/{assessor_to_offer_terms}/do/offer-terms"),
    ("assessor", "/cases/{findings_received}/do/grant-partner"),
    ("assessor", "/partners"),
    ("partner", "/cases/{partner_to_accept}"),
    ("partner", "/cases/{partner_to_accept}/uses"),
    ("body", "/banks"),
    ("body", "/begin/commit-threshold"),
    ("registrar", "/cases/{developer_to_answer_terms}/record/withdraw"),
    ("registrar", "/cases/{developer_to_answer_terms}/erase"),
    ("inspector", "/inspect"),
    ("inspector", "/views"),
    ("", "/partners/apply"),
    ("", "/partners/numbers"),
    ("developer", "/cases/0123456789abcdef"),
)
"""Who looks, and at what; ``{state}`` is a case that stands so."""


COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What another theme can break."""


@pytest.fixture(scope="module")
def launched() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def pages(launched: Any, quiet_town: Town) -> Iterator[Any]:
    """A page for each role, kept open."""
    opened: dict[str, Any] = {}
    held: list[Any] = []

    def page_of(role: str) -> Any:
        if role not in opened:
            context = visiting(launched, answered_by(quiet_town.client(role)))
            held.append(context)
            opened[role] = context.__enter__()
        return opened[role]

    yield page_of
    for context in held:
        context.__exit__(None, None, None)


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_a_page_is_for_everybody(role: str, path: str, pages: Any, quiet_town: Town) -> None:
    """Axe finds nothing in either theme, no word is cut off on a phone, the page is light."""
    for row in quiet_town.app.state.projection.rows():
        path = path.replace("{" + row.state + "}", row.case[:16])
    page = pages(role)
    page.errors.clear()
    page.set_viewport_size({"width": 1100, "height": 900})
    answer = page.goto(f"{ORIGIN}{path}")
    assert answer.status < 500
    assert len(answer.body()) < LATER_PAGE
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(AXE.read_text("utf-8"))
    for theme, rules in (("light", RULES), ("dark", COLOURS)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found = page.evaluate(f"axe.run(document, {json.dumps(rules)})")
        assert [
            f"{theme}: {one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"][:3]
        ] == []
    page.set_viewport_size({"width": 320, "height": 700})
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0
    assert page.off_site == []
    assert [error for error in page.errors if "404" not in error] == []
