# SPDX-License-Identifier: Apache-2.0
"""The inspector opens everything, and sees what no public audit can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proofhouse.audit import audit
from proofhouse.desk import deliver_findings, state_run
from proofhouse.formats.envelope import Envelope, sign
from proofhouse.formats.statement import Statement
from proofhouse.inspection import Inspection, inspect
from proofhouse.journey.journey import register
from proofhouse.ledger.published import Own
from proofhouse.ledger.store import NewEntry
from stories import rehearsal

CASE, OTHER, THIRD = "c5" * 32, "d6" * 32, "e7" * 32
LATER = "2099-01-01T00:00:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[rehearsal.Rehearsal]:
    with rehearsal.opened(tmp_path / "home") as played:
        yield played


def look(home: rehearsal.Rehearsal, now: str = "") -> Inspection:
    return inspect(home.desk, now=now or home.desk.clock())


def said(found: Inspection, result: str = "failed") -> str:
    return " ".join(check.sentence for check in found.checks if check.result == result)


def slip_in(home: rehearsal.Rehearsal, case: str, statement: Any, *roles: str) -> None:
    """Register what no rule allows, as one could who holds home and keys."""
    name, predicate = statement
    payload = Statement(f"urn:proofhouse:{name}:v1", "case", case, predicate).to_bytes()
    envelope: Envelope = sign(payload, [home.home.keys[role] for role in roles])
    entry = home.desk._entry(envelope, home.desk.log.size)
    home.desk.log.append([home.desk._keep(entry, envelope, ())])


def bent(home: rehearsal.Rehearsal, case: str, name: str, **changes: Any) -> tuple[str, Any]:
    """The newest statement of that name in the case, as if made once more behind its head."""
    folded = home.desk.case(case)
    return name, {**folded.need(name).predicate, "previous": folded.head, **changes}


def test_an_honest_home(home: rehearsal.Rehearsal) -> None:
    """Two whole cases and one that waits: all opened, all replayed, nothing is wrong or overdue."""
    home.play(CASE)
    home.outcome = rehearsal.weak
    home.play(OTHER)
    home.play(THIRD, until="run_under_way")
    found = look(home)
    assert found.status == "verified"
    assert {check.result for check in found.checks} == {"held"}
    assert found.counts["cases"] == 3
    assert found.counts["erased"] == 0
    assert found.counts["runs"] == 4
    assert found.counts["replayed"] == 2
    assert found.counts["sealed"] == home.desk.log.size - 5
    assert "under way or withdrawn from: 1" in said(found, "held")
    assert "Submissions: 3, under 1 bank versions" in said(found, "held")


def test_the_homes_own_log_is_audited(home: rehearsal.Rehearsal) -> None:
    """Without an export, the public audit reads the log of the home itself."""
    home.play(CASE, until="assessor_to_plan")
    policy = home.desk.policy
    report = audit(Own(home.desk.log), policy.log, policy=policy, now=home.desk.clock(), seen=None)
    assert report.status == "verified"
    assert report.size == home.desk.log.size


def test_an_erased_case_is_told(home: rehearsal.Rehearsal) -> None:
    """The leaves of an erased case are counted as erased; its notice was not looked at."""
    home.play(CASE)
    leaves = home.desk.log.size
    home.play(OTHER)
    home.desk.vault.erase(CASE)
    found = look(home)
    assert found.status == "verified"
    assert found.counts["erased"] == leaves - 4
    assert "1 belong to no case that can be opened" in said(found, "not_checked")


def test_a_body_that_was_lost(home: rehearsal.Rehearsal) -> None:
    """A sealed leaf that nothing opens, and that nobody erased, is named."""
    home.play(CASE, until="assessor_to_plan")
    home.desk.log.append([NewEntry(b'{"sealed":"%064x"}' % 7)])
    found = look(home)
    assert found.status == "failed"
    assert f"sealed leaves {home.desk.log.size - 1}," in said(found)


def test_a_body_that_is_gone_from_a_case(home: rehearsal.Rehearsal) -> None:
    """A case whose vault lacks a body is told, with its leaf."""
    case = home.play(CASE, until="assessor_to_run")
    last = case.entries[-1]
    (body,) = (b for b in home.desk.vault.bodies(CASE) if last.digest == _digest(b.envelope))
    home.desk.vault.drop(CASE, body.sealed)
    found = look(home)
    assert found.status == "failed"
    assert f"leaf {last.index} is not in the vault" in said(found)
    assert f"sealed leaves {last.index}," in said(found)


def _digest(envelope: bytes) -> str:
    return Envelope.parse(envelope).digest


def test_a_run_that_was_discarded(home: rehearsal.Rehearsal) -> None:
    """A second run started over one that never ended is no chain that the rules allow."""
    home.play(CASE, until="run_under_way")
    slip_in(home, CASE, bent(home, CASE, "run-started"), "assessor")
    found = look(home)
    assert found.status == "failed"
    assert "run started" in said(found) or "run_started" in said(found)


def test_a_window_of_more_than_thirty_days(home: rehearsal.Rehearsal) -> None:
    """A window that ends when the rule does not let it is told, whoever signed it."""
    home.play(CASE, until="assessor_to_plan_review")
    opened = bent(home, CASE, "window-opened", endsAt="2090-01-01T00:00:00Z")
    slip_in(home, CASE, opened, "developer")
    assert look(home).status == "failed"


def test_a_window_that_nobody_closed(home: rehearsal.Rehearsal) -> None:
    """An open window is no fault until its end; afterwards its closing is overdue."""
    home.play(CASE, until="assessor_to_plan_review")
    assert "overdue" not in {check.result for check in look(home).checks}
    found = look(home, LATER)
    assert found.status == "verified"
    assert "no statement closes the window yet" in said(found, "overdue")


def test_a_notice_of_nothing(home: rehearsal.Rehearsal) -> None:
    """A public notice without a determination in any case is told."""
    case = home.play(CASE, until="covered")
    stated = case.need("determination").predicate
    notice = home.desk.record([stated["notice"]]).get(stated["notice"], "determination-notice")
    assert notice is not None
    payload = Statement(
        "urn:proofhouse:determination-notice:v1",
        "threshold",
        notice.subject,
        {**notice.predicate, "issuedAt": LATER},
    ).to_bytes()
    envelope = sign(payload, [home.home.keys["assessor"]])
    entry = home.desk._entry(envelope, home.desk.log.size)
    home.desk.log.append([home.desk._keep(entry, envelope, ())])
    found = look(home)
    assert found.status == "failed"
    assert f"notice at leaf {home.desk.log.size - 1} is of no determination" in said(found)


def test_notices_beyond_what_was_erased(home: rehearsal.Rehearsal) -> None:
    """An erased case excuses as many notices as its leaves can hold determinations, no more."""
    case = home.play(CASE, until="covered")
    stated = case.need("determination").predicate
    notice = home.desk.record([stated["notice"]]).get(stated["notice"], "determination-notice")
    assert notice is not None
    home.desk.vault.erase(CASE)
    assert look(home).status == "verified"
    for day in (1, 2):
        payload = Statement(
            "urn:proofhouse:determination-notice:v1",
            "threshold",
            notice.subject,
            {**notice.predicate, "issuedAt": f"2099-01-0{day}T00:00:00Z"},
        ).to_bytes()
        envelope = sign(payload, [home.home.keys["assessor"]])
        entry = home.desk._entry(envelope, home.desk.log.size)
        home.desk.log.append([home.desk._keep(entry, envelope, ())])
    found = look(home)
    assert found.status == "failed"
    assert "3 notices belong to no case that can be opened" in said(found)


def test_findings_that_their_run_does_not_bear_out(
    home: rehearsal.Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures are made again for every case, as an outsider with a bundle would."""
    honest = deliver_findings.findings

    def flatter(items: Any) -> Any:
        value = honest(items)
        value["findings"] = value["findings"][:1]
        return value

    monkeypatch.setattr(deliver_findings, "findings", flatter)
    home.play(CASE)
    found = look(home)
    assert found.status == "failed"
    assert "number of solved items of the findings" in said(found)


def test_a_run_that_was_thrown_away(
    home: rehearsal.Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose outcomes had decided, and that is said to have failed, is told."""
    honest = state_run.end

    def fail(*args: Any, **options: Any) -> Any:
        draft = honest(*args, **options)
        predicate = {**draft.statement.predicate, "ending": "failed", "reason": "it broke"}
        return replace(draft, statement=replace(draft.statement, predicate=predicate))

    with monkeypatch.context() as patch:
        patch.setattr(state_run, "end", fail)
        home.play(CASE, until="run_under_way")
        made = home.move(home.desk.case(CASE))
        assert made is not None
        register(home.home, made, home.told.append)
    home.play(CASE, until="covered")
    found = look(home)
    assert found.status == "failed"
    assert "thrown away" in said(found)
