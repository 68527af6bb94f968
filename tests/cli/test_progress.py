# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a review runs, on a terminal and in a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from proofhouse import journey
from proofhouse.cli import output
from proofhouse.cli.progress import BEYOND, HALF, SAID, Progress, gauge
from proofhouse.desk import plan_evaluation
from proofhouse.desk.run_evaluation import recall
from proofhouse.evaluation.types import Event
from proofhouse.formats import canonical
from proofhouse.formats.predicates import SHAPES
from proofhouse.journey.journey import Journey, _Table
from proofhouse.publish import publish_case
from stories import rehearsal

CASE = "c4" * 32
BOUNDARY = 2_944_439
PLAN: dict[str, Any] = {
    "items": [
        {"id": f"item/{n}", "solvedMicronats": 1_690_000, "failedMicronats": -1_690_000}
        for n in range(8)
    ],
    "lowerMicronats": -BOUNDARY,
    "upperMicronats": BOUNDARY,
    "minimumItems": 2,
}


@contextmanager
def shown(width: int = 80, terminal: bool = False) -> Iterator[tuple[Progress, io.StringIO]]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, highlight=False)
    with Progress(console=console) as progress:
        yield progress, out


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A finished review, what it told, and its files."""
    with rehearsal.opened(tmp_path_factory.mktemp("progress") / "home") as rehearsed:
        case = rehearsed.play(CASE)
        folder = rehearsed.home.review_folder(case.id)
        yield rehearsed, case, publish_case(rehearsed.desk, case.id, folder)


# ----------------------------------------------------------------------------- the bar of evidence


@pytest.mark.parametrize(
    ("low", "high", "drawn"),
    [
        (0, 0, "     ├─────────●─────────┤     "),
        (2_900_000, 2_900_000, "     ├─────────┼────────●┤     "),
        (BOUNDARY, BOUNDARY, "     ├─────────┼─────────┤●    "),
        (4_000_000, 4_000_000, "     ├─────────┼─────────┤···● "),
        (7_810_000, 7_810_000, "     ├─────────┼─────────┤····▶"),
        (-BOUNDARY, -BOUNDARY, "    ●├─────────┼─────────┤     "),
        (-9_000_000, -9_000_000, "◀····├─────────┼─────────┤     "),
        (-500_000, 1_500_000, "     ├───────●━━━━━━●────┤     "),
        (2_000_000, 4_000_000, "     ├─────────┼──────●━━┤━━━● "),
    ],
)
def test_evidence_is_drawn_where_it_stands(low: int, high: int, drawn: str) -> None:
    """The mark lies between the boundaries until one is reached, then visibly beyond it."""
    assert gauge(low, high, -BOUNDARY, BOUNDARY) == drawn


@pytest.mark.parametrize("lower", [-BOUNDARY, -1_500_000, -4_600_000])
def test_the_mark_is_inside_exactly_while_nothing_is_decided(lower: int) -> None:
    """However near a boundary is, and however uneven the two, the side of the mark is right."""
    for nats in range(2 * lower, 2 * BOUNDARY, 7_919):
        bar = gauge(nats, nats, lower, BOUNDARY)
        assert len(bar) == 2 * (BEYOND + HALF) + 1
        place = next(n for n, cell in enumerate(bar) if cell in "●◀▶")
        inside = bar.index("├") < place < bar.index("┤")
        assert inside == (lower < nats < BOUNDARY), nats


# -------------------------------------------------------------------------------------- a run


def finished(progress: Progress, names: list[str], kept: dict[str, str]) -> None:
    outcomes = dict(kept)
    for name in names:
        outcomes[name] = "solved"
        event = Event("finished", name, tokens=1_000, outcome="solved")
        progress.tell(journey.Progress(PLAN, outcomes, event))
    progress.tell(journey.Progress(PLAN, outcomes, Event("batch-done")))


def test_boundaries_are_said_once_a_run() -> None:
    """What nats are compared with stands before the first batch and nowhere else."""
    with shown() as (progress, out):
        progress.tell(journey.Progress(PLAN))
        finished(progress, ["item/0"], {})
        finished(progress, ["item/1"], {"item/0": "solved"})
    lines = out.getvalue().splitlines()
    assert sum("2.94" in line for line in lines) == 1
    assert "COVERED from +2.94, NOT_COVERED from −2.94" in lines[0]
    assert [line.rsplit(maxsplit=1)[-1] for line in lines if "├" in line] == ["+1.69", "+3.38"]
    assert lines[-1].index("┤") < lines[-1].index("●")


def test_each_dimension_has_its_bar() -> None:
    """A plan of several dimensions shows the evidence of each, from its own families."""
    plan = {**PLAN, "dimensions": {"one": {"families": ["item"]}, "two": {"families": ["else"]}}}
    event = Event("batch-done")
    with shown() as (progress, out):
        progress.tell(journey.Progress(plan, {"item/0": "solved"}, event))
    said = out.getvalue()
    assert "+1.69  one" in said
    assert "0  two" in said


def test_a_run_that_was_broken_off_goes_on_counting() -> None:
    """Items, tokens and time begin with what an earlier attempt kept."""
    kept = {"item/0": "solved", "item/1": "failed"}
    with shown() as (progress, out):
        progress.tell(journey.Progress(PLAN, kept, None, tokens=2_345, milliseconds=61_000))
        finished(progress, ["item/2"], kept)
    assert "2 items of this run and 2,345 tokens were kept" in out.getvalue()
    assert "3 of at most 8 items · 3,345 tokens · 1:01" in out.getvalue()


def test_a_journey_tells_what_was_kept(tmp_path: Path) -> None:
    """Where a run is taken up again, outcomes, tokens and time of its kept samples are told."""
    with rehearsal.opened(tmp_path / "home") as rehearsed:
        case = rehearsed.play(CASE, until="run_under_way")
        plan = plan_evaluation.opened(rehearsed.desk, case, "plan", "plan")
        run = case.need("run-started").digest
        first = plan["items"][0]
        record = rehearsal.sample(first["id"], first["level"], "solved")
        data = canonical.dumps({**record, "milliseconds": 8_000})
        rehearsed.desk.vault.put_outcome(case.id, run, f"sample/{first['id']}", data)
        told: list[journey.Told] = []
        walk = Journey(rehearsed.home, journey.Wishes(samples_at_once=2), told.append)
        table = _Table(walk, rehearsed.model, rehearsed.report, rehearsed.bank, rehearsed.threshold)
        table.begin(plan, recall(rehearsed.desk, case))
    (begun,) = told
    assert begun == journey.Progress(plan, {first["id"]: "solved"}, None, 110, 4_000)


# --------------------------------------------------------------------------------- statements


def test_every_statement_of_a_journey_has_its_words() -> None:
    """No statement is shown by the name of its predicate."""
    assert set(SAID) == set(SHAPES)


def test_leaves_are_told_without_a_gap(played: Any) -> None:
    """From the first statement on every leaf of the log has its line, the public notice too."""
    rehearsed, case, _ = played
    told = [one.entry.index for one in rehearsed.told if isinstance(one, journey.Registered)]
    assert told == list(range(1, rehearsed.desk.log.size))
    with shown() as (progress, out):
        for one in rehearsed.told:
            progress.tell(one)
    notice = case.need("determination").index - 1
    assert f"leaf {notice}   Assessor gives notice" in out.getvalue()


def test_a_file_of_it_has_no_broken_line(played: Any) -> None:
    """Redirected, a line is as long as it is: each fact can be searched for on one line."""
    _, case, published = played
    with shown(width=40) as (progress, out):
        progress.summary(case, published, Path("/policy.json"))
    lines = out.getvalue().splitlines()
    assert any(line.endswith(f"case        {case.id}") for line in lines)
    assert any("just above the zone against one just below; an answer takes" in x for x in lines)
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize("width", [80, 120])
def test_a_terminal_breaks_lines_between_words(played: Any, width: int) -> None:
    """On a terminal what is too long goes on below itself; what is to be copied is not cut."""
    _, case, published = played
    with shown(width=width, terminal=True) as (progress, out):
        progress.summary(case, published, Path("/policy.json"))
    lines = [line for line in Text.from_ansi(out.getvalue()).plain.splitlines() if line]
    check = next(line for line in lines if "Check it yourself" in line)
    assert check.endswith(f"verify {output.shown(published.bundle)} --policy /policy.json")
    facts = lines[: lines.index(next(line for line in lines if "dossier  " in line))]
    assert all(len(line) <= width for line in facts)


# ------------------------------------------------------------------------------ how it is called


def test_the_command_is_said_as_it_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its path if it was started so, by its name only if the shell finds the same program."""
    program = tmp_path / ".venv" / "bin" / "proofhouse"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.argv", [".venv/bin/proofhouse", "review"])
    home = tmp_path / "a home" / "bundle.json"
    assert output.command("verify", home) == ".venv/bin/proofhouse verify 'a home/bundle.json'"
    monkeypatch.setenv("PATH", str(program.parent))
    assert output.command("verify", "x") == "proofhouse verify x"
    monkeypatch.setattr("sys.argv", ["/absent/pytest"])
    assert output.program() == "proofhouse"
