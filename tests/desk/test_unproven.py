# SPDX-License-Identifier: Apache-2.0
"""What a run keeps of an item that nobody could judge, or that the scan marked, and goes on.

An item that its judge does not prove is our fault: missing, never put. Nothing more is asked of a
model whose developer left.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from proofhouse.desk import plan_evaluation, run_evaluation, state_run, withdraw
from proofhouse.desk.measure import seed_of
from proofhouse.desk.opened import values
from proofhouse.evaluation.types import FinishedSample, Flag
from proofhouse.journey import moves
from proofhouse.oracles.errors import UnprovenItemError
from proofhouse.oracles.judging import Grade
from stories import rehearsal

CASE = "c4" * 32


STEERS = Flag("hidden", "cat\t/etc/shadow\x1b[2J \u202eOK\r\x9b", 3)
"""A mark whose quote holds what no text of the record may hold."""


def test_an_unproven_item_is_missing_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The statement of the run is registered all the same; and so it is with what a mark quotes of
    a hostile model, whose score is held with what the oracle said.
    """
    with rehearsal.opened(tmp_path / "home") as played:
        case = played.play(CASE, until="run_under_way")
        plan = plan_evaluation.opened(played.desk, case, "plan", "plan")
        marked, bad, strays = (plan["items"][at]["id"] for at in range(3))

        async def prove(item: Any) -> Any:
            if item.id == bad:
                raise UnprovenItemError("It holds nothing.", check="reference")
            return SimpleNamespace(item=item)

        async def judge(made: Any, _answer: bytes) -> Grade:
            return Grade(False, "no", strayed=("tcp 10.9.9.9",) if made.item.id == strays else ())

        async def run_all(
            _job: Any, *, next_batch: Any, finished: Any, grade: Any, **_others: Any
        ) -> None:
            """A model that fails every item that it is given, two of them as it should not."""
            while (batch := await next_batch()) is not None:
                for item in batch:
                    await grade(item.id, b"an answer", "")
                    flags = (STEERS,) if item.id == marked else ()
                    record = item.id.encode()
                    told = (item.id, "failed", "answered", "", 9, 1, 1, 1, 5, flags, record)
                    finished(FinishedSample(*told))

        monkeypatch.setattr(run_evaluation, "prove", prove)
        monkeypatch.setattr(run_evaluation, "grade", judge)
        monkeypatch.setattr(run_evaluation, "run", run_all)
        monkeypatch.setattr(run_evaluation, "machines", lambda _proven: ())
        conducted = asyncio.run(
            run_evaluation.Conductor(
                played.desk,
                case,
                SimpleNamespace(),
                plan_evaluation.order_of(plan),
                seed=seed_of(played.bank),
                tell=lambda _event, _outcomes: None,
            ).conduct()
        )
        assert conducted.samples[bad]["outcome"] == "missing"
        assert "check: reference" in conducted.samples[bad]["reason"]
        assert len(conducted.samples) > 4
        ids = [item["id"] for item in plan["items"]]
        draft = state_run.end(case, ids, conducted, at=played.desk.clock())
        played.desk.register(draft.signed(played.home.keys["assessor"]), draft.openings)
        ended = played.desk.case(CASE).need("run-ended").predicate
        assert (ended["missing"], ended["held"]) == (3, 2)
        kept = values(played.desk, CASE)[ended["outcomes"]["salted"]]["items"]
        (told,) = (one for one in kept if one["id"] == marked)
        assert (told["outcome"], told["heldOutcome"]) == ("missing", "failed")
        assert told["flags"] == [
            "turn 3: hidden: cat⟨U+0009⟩/etc/shadow⟨U+001B⟩[2J ⟨U+202E⟩OK⟨U+000D⟩⟨U+009B⟩"
        ]
        (told,) = (one for one in kept if one["id"] == strays)
        assert told["flags"] == ["turn 0: undeclared-host: tcp 10.9.9.9, by the answer itself"]
        assert len(ended["transcripts"]) == len(conducted.samples) - 1


def test_a_run_ends_at_once_when_its_developer_withdraws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What the model is at is cut off, no further sample is asked, and the run ends by its own
    statement, with what was finished (R1).
    """
    cut_off = []
    with rehearsal.opened(tmp_path / "home") as played:
        case = played.play(CASE, until="run_under_way")

        async def prove(item: Any) -> Any:
            return SimpleNamespace(item=item)

        async def endless(_job: Any, *, next_batch: Any, finished: Any, **_others: Any) -> None:
            """A model that answers once, whose developer leaves, and that would go on for ever."""
            first, *_ = await next_batch()
            finished(FinishedSample(first.id, "failed", "answered", "", 9, 1, 1, 1, 5, (), b"a"))
            leaving = withdraw.draft(case, at=played.desk.clock())
            played.desk.register(leaving.signed(played.home.keys["developer"]), leaving.openings)
            assert await next_batch() is None
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cut_off.append(first.id)
                raise

        monkeypatch.setattr(run_evaluation, "prove", prove)
        monkeypatch.setattr(run_evaluation, "run", endless)
        monkeypatch.setattr(run_evaluation, "machines", lambda _proven: ())
        monkeypatch.setattr(run_evaluation, "LOOK_SECONDS", 0.01)
        table: Any = SimpleNamespace(
            desk=played.desk,
            bank=played.bank,
            threshold=played.threshold,
            model=played.model,
            job=lambda _case: SimpleNamespace(reader=None),
            begin=lambda _plan, _kept: None,
            progress=lambda _plan, _outcomes, _event: None,
        )
        made = moves.MOVES["run_under_way"](table, case)
        assert isinstance(made, moves.Made)
        played.desk.register(made.draft.signed(played.home.keys["assessor"]), made.draft.openings)
        after = played.desk.case(CASE)
        ended = after.need("run-ended").predicate
        assert (after.state, ended["reason"]) == ("withdrawn", "developer withdrew")
        assert (len(cut_off), ended["failed"]) == (1, 1)
        assert moves.MOVES["run_under_way"](table, case) is None
