# SPDX-License-Identifier: Apache-2.0
"""A retired bank version takes nothing new, and what was submitted under it goes on to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofhouse.audit import audit
from proofhouse.desk import measure, retire_bank
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.errors import RefusedError
from proofhouse.inspection import inspect
from proofhouse.journey.journey import register
from proofhouse.ledger.export import export
from proofhouse.ledger.published import published
from proofhouse.rules.registration import Case
from proofhouse.verify import verify
from stories import rehearsal

EARLY, LATE, NEW = "e1" * 32, "1a" * 32, "0e" * 32


def retire(played: rehearsal.Rehearsal) -> int:
    desk, keys = played.desk, played.home.keys
    drafted = retire_bank.draft(played.bank, reason="Version 2 is better.", at=desk.clock())
    return desk.register(drafted.signed(keys["body-1"], keys["body-2"])).index


def test_what_was_submitted_goes_on_and_nothing_new_comes(tmp_path: Path) -> None:
    """A submission of before is planned, run and determined, and its bundle verifies and tells of
    the retirement; one that comes later, and a new inquiry, are refused.
    """
    with rehearsal.opened(tmp_path / "home") as played:
        desk = played.desk
        assert played.play(EARLY, until="assessor_to_plan").state == "assessor_to_plan"
        assert played.play(LATE, until="developer_to_submit").state == "developer_to_submit"
        leaf = retire(played)
        before = desk.log.size
        for case_id in (LATE, NEW):
            with pytest.raises(RefusedError, match=f"retired at leaf {leaf}"):
                register(played.home, played.move(desk.case(case_id)), played.told.append)
        assert desk.log.size == before
        assert desk.case(NEW) == Case(NEW)
        assert measure.active_bank(desk) is None
        assert played.play(EARLY).last("determination") is not None
        bundle = make_bundle(desk, EARLY, "inspector")
        report = verify(bundle.to_bytes(), desk.policy)
        assert report.status == "verified", report.checks[-1]
        assert report.record is not None
        assert [one.index for one in report.record.named("bank-retirement")] == [leaf]
        assert inspect(desk, now=desk.clock()).status == "verified"
        export(desk.log, tmp_path / "published")
        files = published(str(tmp_path / "published"))
        policy = desk.policy
        found = audit(files, policy.log, policy=policy, now=desk.clock(), seen=None)
        assert found.status == "verified"
