# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a review runs, on a terminal and in a file."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from proofhouse import journey
from proofhouse.cli import errand, output
from proofhouse.cli.progress import BEYOND, HALF, SAID, Progress, gauge
from proofhouse.desk import plan_evaluation
from proofhouse.desk.opened import values
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
        spent = {"item/0": 1_000, "item/1": 1_345}
        progress.tell(journey.Progress(PLAN, kept, None, spent, milliseconds=61_000))
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
    assert begun == journey.Progress(
        plan, {first["id"]: "solved"}, None, {first["id"]: 110}, 4_000, 200_000
    )


# ---------------------------------------------------------------------------------- pictures


class Screen(io.StringIO):
    """A terminal's file; ``encoding`` is what it can show."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


@contextmanager
def drawn(
    desk: Any, *, terminal: bool, width: int = 80, height: int = 50, encoding: str = "utf-8"
) -> Iterator[tuple[Progress, Screen]]:
    out = Screen(encoding)
    console = Console(
        file=out, force_terminal=terminal, width=width, height=height, highlight=False
    )
    with Progress(console=console, desk=desk) as progress:
        yield progress, out


def _told(played: Any, names: set[str]) -> list[journey.Registered]:
    rehearsed, _, _ = played
    told = (one for one in rehearsed.told if isinstance(one, journey.Registered))
    return [one for one in told if one.entry.name in names]


TITLES = {
    "plan": "How often the plan gives which answer",
    "run-ended": "Share of items solved, by tokens an item",
    "determination": "Scale: estimate and 95% interval",
}


def test_each_picture_follows_its_statement_once(played: Any) -> None:
    """Redirected too, without codes; what was planned and run for findings decides nothing."""
    with drawn(played[0].desk, terminal=False) as (progress, out):
        for told in _told(played, set(TITLES)):
            progress.tell(told)
    said = out.getvalue()
    assert [said.count(title) for title in TITLES.values()] == [1, 1, 1]
    places = [said.index(title) for title in TITLES.values()]
    assert places == sorted(places)
    assert "\x1b" not in said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert "threshold" in said[places[2] :]


def test_the_picture_has_the_numbers_of_the_dossier(played: Any) -> None:
    """The scale's estimate and threshold, and the run's share, stand on the page, too."""
    rehearsed, _, published = played
    with drawn(rehearsed.desk, terminal=False) as (progress, out):
        for told in _told(played, set(TITLES)):
            progress.tell(told)
    page = published.dossier.read_text()
    said = out.getvalue()
    (estimate,) = re.findall(r"this model +(\S+)", said)
    assert f"this model {estimate}" in page
    threshold = set(re.findall(r"threshold \S+ ± \S+", said))
    assert len(threshold) == 1
    assert threshold.pop() in page


def test_nothing_is_drawn_for_a_program(played: Any) -> None:
    """With --json, nothing at all."""
    out = io.StringIO()
    console = Console(file=out, quiet=True)
    with Progress(console=console, desk=played[0].desk) as progress:
        for told in _told(played, set(TITLES)):
            progress.tell(told)
    assert out.getvalue() == ""


def test_a_terminal_without_box_characters_gets_ascii(played: Any) -> None:
    """The pictures, though not the statements' marks, are drawn with what it can show."""
    with drawn(played[0].desk, terminal=False, encoding="latin-1") as (progress, out):
        progress.tell(_told(played, {"determination"})[0])
    picture = out.getvalue()[out.getvalue().index("Scale:") :]
    assert picture.isascii()
    assert "this model" in picture


def _moved(rehearsed: Any, case: Any, *, height: int, terminal: bool = True) -> str:
    """A run of the rehearsed plan, told sample by sample; the last frame, or the lines."""
    opened = values(rehearsed.desk, case.id)
    plan = opened[case.all("plan")[0].predicate["plan"]["salted"]]
    ended = opened[case.all("run-ended")[0].predicate["outcomes"]["salted"]]["items"]
    outcomes: dict[str, str] = {}
    with drawn(None, terminal=terminal, height=height) as (progress, out):
        progress.tell(journey.Progress(plan, budget=200_000))
        for number, item in enumerate(ended, 1):
            outcomes[item["id"]] = item["outcome"]
            event = Event("finished", item["id"], tokens=5_000 * number, outcome=item["outcome"])
            progress.tell(journey.Progress(plan, dict(outcomes), event))
        progress.tell(journey.Progress(plan, dict(outcomes), Event("batch-done")))
        frame = progress._live.get_renderable() if terminal else None
    if frame is None:
        return out.getvalue()
    paper = Console(file=io.StringIO(), width=80, height=height)
    with paper.capture() as captured:
        paper.print(frame)
    return captured.get()


def test_evidence_curve_and_estimate_move_while_samples_come_in(played: Any) -> None:
    """On a terminal all three stand in one frame that fits it, from what is finished so far."""
    rehearsed, case, _ = played
    frame = _moved(rehearsed, case, height=24)
    lines = frame.splitlines()
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines)
    for words in ("evidence  NOT_COVERED", TITLES["run-ended"], "budget 200,000", "this model"):
        assert words in frame
    solved = re.search(r"(\d+) of (\d+) items by", frame)
    assert solved is not None
    assert int(solved[2]) == len(rehearsed_items(rehearsed, case))


def rehearsed_items(rehearsed: Any, case: Any) -> list[Any]:
    opened = values(rehearsed.desk, case.id)
    hidden = case.all("run-ended")[0].predicate["outcomes"]["salted"]
    return list(opened[hidden]["items"])


def test_a_low_terminal_keeps_the_evidence(played: Any) -> None:
    """Where there is no room for a picture there is none, and no frame is cut."""
    rehearsed, case, _ = played
    frame = _moved(rehearsed, case, height=10)
    assert "evidence  NOT_COVERED" in frame
    assert "100%" not in frame
    assert len(frame.splitlines()) <= 10


def test_no_picture_moves_in_a_file(played: Any) -> None:
    """Redirected, a run is its lines: a picture of it follows when it has ended."""
    rehearsed, case, _ = played
    said = _moved(rehearsed, case, height=24, terminal=False)
    assert "evidence  NOT_COVERED" in said
    assert "100%" not in said


def test_a_step_draws_on_a_terminal_and_into_no_file(
    played: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `plan`, `evaluate` and `determine` would draw shows what is sealed."""
    seat, told = SimpleNamespace(desk=played[0].desk), _told(played, {"determination"})
    errand._picture(seat, told[0].entry)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    errand._picture(seat, told[0].entry)
    assert TITLES["determination"] in capsys.readouterr().out


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
