# SPDX-License-Identifier: Apache-2.0
"""The page of the rules of registration says what the code does: tables, signers, possession."""

from __future__ import annotations

import json
import re
from pathlib import Path

from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.rules.inquiry import INQUIRY
from proofhouse.rules.keys import check_possession, possession
from proofhouse.rules.registration import CASE_CHECKS, CLEAR_CHECKS, SIGNERS, STOPS
from proofhouse.rules.report import OPEN, REPORT
from proofhouse.rules.report import START as REPORT_START
from proofhouse.rules.reporting import CHECKS
from proofhouse.rules.review import REVIEW
from proofhouse.rules.terms import NEEDS

PAGE = (Path(__file__).parents[1] / "spec" / "registration.md").read_text("utf-8")
ALWAYS = ("report_relayed", "alias_found", "related_found", "upstream_found", "link_undone")


def _section(title: str) -> str:
    """The text under a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def _rows(title: str) -> list[tuple[str, str]]:
    """First cell and the rest of each row of a section's tables, heads left out."""
    rows = re.findall(r"^\| (.+?) \| (.*) \|$", _section(title), re.MULTILINE)
    return [(first, rest) for first, rest in rows if first not in ("state", "statement", "role")]


def _table(title: str) -> dict[str, dict[str, str]]:
    return {
        state.strip("`"): dict(re.findall(r"`(\w+)` → `(\w+)`", moves))
        for state, moves in _rows(title)
        if re.fullmatch(r"`[a-z_]+`", state) and ("→" in moves or moves.startswith("nothing "))
    }


def test_the_tables_of_a_case_are_those_of_the_code() -> None:
    """Every state, event and next state of inquiry and review, and no other, in their order."""
    assert _table("Inquiry") == INQUIRY
    assert _table("Review") == REVIEW


def test_the_table_of_a_report_is_that_of_the_code() -> None:
    """The rows, with what the page says may come in every state, are the table."""
    told = _table("Reported vulnerabilities")
    # A state that has no row of its own beside what may always come is told as one.
    assert set(told) == set(REPORT)
    for state, moves in told.items():
        always = {} if state == REPORT_START else dict.fromkeys(ALWAYS, state)
        leave = {"closed_withdrawn": "report_withdrawn", "closed_duplicate": "report_duplicate"}
        assert {**always, **moves, **(leave if state in OPEN else {})} == REPORT[state]


def test_every_statement_has_its_signers() -> None:
    """Each predicate stands beside exactly the roles that make it."""
    told = {}
    for roles, made in _rows("Who signs"):
        for name in re.findall(r"`([\w-]+)`", made):
            if not roles.startswith("the old key"):
                told[name] = tuple(re.findall(r"`(\w+)`", roles))
    assert told == SIGNERS


def test_every_check_has_a_row() -> None:
    """What the code checks of a statement is told in a row of it; each stop and clause too."""
    clear = {name.strip("`") for name, _ in _rows("Clear statements")}
    case = {name.strip("`") for name, _ in _rows("What a statement must cite")}
    reported = {name.strip("`") for name, _ in _rows("Reported vulnerabilities")}
    assert set(CLEAR_CHECKS) <= clear
    assert set(CASE_CHECKS) <= case
    assert set(CHECKS) <= reported
    assert all(name in clear | case | reported for name in SIGNERS)
    for reason in STOPS:
        assert f"*{reason}*" in PAGE
    for clauses in NEEDS.values():
        assert all(f"`{clause}`" in PAGE for clause in clauses)


def test_the_example_of_possession_holds() -> None:
    """The bytes on the page are those that the new key signs, with a newline after the last."""
    example = json.loads(re.findall(r"```json possession\n(.*?)```", PAGE, re.DOTALL)[0])
    lines = re.findall(r"```text possession-bytes\n(.*?)```", PAGE, re.DOTALL)[0]
    new = PublicKey(bytes.fromhex(example["new"]))
    assert lines.encode() == possession(example["origin"], example["old"], new.raw)
    assert SigningKey(b"\x42" * 32).public == new.raw
    check_possession(example["origin"], example["old"], new, example["possession"])


def test_links_to_its_headings_lead_somewhere() -> None:
    """Every link to a heading of this page, from it or from another, has an end."""
    anchors = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    spec = Path(__file__).parents[1] / "spec"
    texts = [page.read_text("utf-8") for page in spec.rglob("*.md")]
    links = {link for text in texts for link in re.findall(r"registration\.md#([\w-]+)", text)}
    links |= set(re.findall(r"\]\(#([\w-]+)\)", PAGE))
    assert links
    assert links <= anchors
    for link in re.findall(r"\]\((?!https://|#)([^)#]+)(?:#[^)]*)?\)", PAGE):
        assert (spec / link).exists(), link
