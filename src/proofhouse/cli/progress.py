# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a review runs: a line a statement, and one live line for the run.

     ✓ leaf 3   Developer   asks whether its model would be covered
     ⠹ Testing  14 of 36 items · 2 at work · 41,309 tokens · 0:31
       evidence  NOT_COVERED      ├─────────┼─────────┤··●  COVERED  +3.62

On a terminal the last two lines are drawn anew as things happen, and below them, where it is high
enough, the estimate on the scale and the budget curve; what is longer than a line is broken between
words. Elsewhere a line is printed when a batch is done, and none is broken, so that a file of them
can be searched. Either way a picture follows the statement that it belongs to (``pictures``): the
plan its operating characteristic, the run its budget curve, the determination the scale. Everything
goes to standard error, so that standard output stays for results. A run that was broken off goes on
counting from what was kept; of the time only that of finished items was, so the clock goes on from
about there.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from proofhouse import journey
from proofhouse.cli import pictures
from proofhouse.cli.output import command, shown
from proofhouse.desk.estimate import ability
from proofhouse.publish import Published
from proofhouse.rules.battery import Battery
from proofhouse.rules.registration import Case, Entry
from proofhouse.rules.supposing import budget_curve
from proofhouse.views import openings, plain, summary_lines, terminal_charts
from proofhouse.views.pictures import budget_of, scale_of
from proofhouse.views.summary import LABEL
from proofhouse.views.terminal_charts import Letters, Row
from proofhouse.views.values import Ability, BudgetCurve, Cut, Spent

if TYPE_CHECKING:
    from proofhouse.desk.desk import Desk

SAID: dict[str, str] = {
    "log-opened": "opens the log",
    "bank-commitment": "commit to a sealed bank of items",
    "threshold-commitment": "commit to a secret threshold",
    "opening": "open a sealed value to everybody",
    "bank-retirement": "retire a bank version",
    "key-changed": "changes a key",
    "inquiry": "asks whether its model would be covered",
    "submission": "submits a checkpoint, bound to its identity",
    "plan": "registers the plan before the first item",
    "run-started": "starts the run",
    "run-ended": "ends the run and states every outcome",
    "scores-decided": "decides held scores, with whom and why",
    "determination-notice": "gives notice that it has determined; the outcome stays sealed",
    "determination": "states the determination",
    "disclosure": "discloses the result to the developer",
    "review-requested": "asks for a review",
    "terms-offered": "offers six clauses",
    "terms-answered": "answers each clause",
    "window-opened": "opens the access window",
    "findings": "delivers the findings",
    "findings-received": "has received the findings",
    "findings-answered": "answers the findings",
    "partner-access": "give a trusted partner access",
    "partner-accepted": "accepts the access",
    "window-closed": "closes the window and revokes access",
    "withdrawal": "withdraws",
    "report": "takes in a report",
    "report-relayed": "hands a report on",
    "validation": "runs a proof",
    "patch-judged": "judges a patch",
    "duplicate-found": "links two reports",
    "duplicate-undone": "takes a link back",
    "report-closed": "closes a report",
}
"""What a statement does, after the name of whoever makes it."""

HALF = 10
"""Columns of the evidence bar from its middle to a boundary, where both are as far from nothing."""

BEYOND = 5
"""Columns on either side for evidence that has crossed a boundary."""

LIVE_ROWS = 6
"""From nothing to all on the budget curve while it moves; the rest is for statements."""

_MARGIN = "   "


class Progress:
    """Shows what a journey tells. Use it as a context; ``quiet`` shows nothing at all.

    With a ``desk`` statements are followed by their pictures, from what it opens.
    """

    def __init__(
        self, *, quiet: bool = False, console: Console | None = None, desk: Desk | None = None
    ) -> None:
        self._desk = desk
        self._console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._run: _Run | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._settle()
        self._live.stop()

    def tell(self, told: journey.Told) -> None:
        """Show one thing that happened."""
        if isinstance(told, journey.Progress):
            self._progress(told)
            return
        self._settle()
        if isinstance(told, journey.Registered):
            self._say(_statement(told.entry))
            self._picture(told.entry)
        else:
            self._say(Text(f" · {told.text}", style="dim"))

    def summary(self, case: Case, published: Published, policy: Path) -> None:
        """Show what it came to, and where the files are."""
        self._settle()
        self._console.print()
        for line in summary_lines(published.view):
            label = line[:LABEL]
            named = label.endswith(" ") and " " not in label.strip()
            self._row(line, LABEL if named else 0, dim=line.startswith(" "))
        self._console.print()
        for name, path in (
            ("dossier", published.dossier),
            ("bundle", published.bundle),
            ("policy", policy),
        ):
            self._unbroken(f"{name:<8} {shown(path)}")
        self._console.print()
        self._unbroken(
            f"Check it yourself: {command('verify', published.bundle, '--policy', policy)}"
        )
        self._row(f"This took {_clock(time.monotonic() - self._began)}.", dim=True)

    # ------------------------------------------------------------------------------ saying it

    def _picture(self, entry: Entry) -> None:
        """The pictures that follow a statement, with an empty line on either side."""
        if self._desk is None or self._console.quiet:
            return
        drawings = pictures.after(self._desk, entry)
        pictures.show(self._console, drawings, len(_MARGIN))
        if drawings:
            self._console.print()

    def _settle(self) -> None:
        """On a terminal, what moved stays as it ended."""
        run, self._run = self._run, None
        self._live.update(Text(""))
        if run is not None and self._console.is_terminal:
            for line in run.lines():
                self._row(line)

    def _say(self, text: Text) -> None:
        """One line; on a terminal broken at its edge, elsewhere never."""
        self._console.print(text, soft_wrap=not self._console.is_terminal)

    def _unbroken(self, line: str) -> None:
        """A line to be copied: the terminal may fold it, but no newline enters it."""
        self._console.print(Text(_MARGIN + line), soft_wrap=True)

    def _row(self, line: str, indent: int = 0, *, dim: bool = False) -> None:
        """A line that goes on ``indent`` columns in, where a terminal is too narrow for it."""
        width = self._console.width - len(_MARGIN)
        parts = [line]
        if self._console.is_terminal and len(line) > width > 2 * indent:
            parts = textwrap.wrap(
                line, width, subsequent_indent=" " * indent, break_on_hyphens=False
            )
        for part in parts:
            self._console.print(Text(_MARGIN + part, style="dim" if dim else ""), soft_wrap=True)

    def _progress(self, told: journey.Progress) -> None:
        event = told.event
        if self._run is None:
            self._run = _Run(told)
            for line in self._run.opening():
                self._row(line, dim=True)
        self._run.follow(told)
        if self._console.is_terminal:
            self._live.update(self._run.drawn(self._console))
        elif event is not None and event.kind == "batch-done":
            for line in self._run.lines():
                self._row(line)


class _Run:
    """One run as far as it has come, counted on from what was kept of it."""

    def __init__(self, begun: journey.Progress) -> None:
        self.plan: Mapping[str, Any] = begun.plan
        self.weights = {
            item["id"]: (item["solvedMicronats"], item["failedMicronats"])
            for item in begun.plan["items"]
            if "solvedMicronats" in item
        }
        self.dimensions: dict[str, Collection[str]] = {
            name: told["families"] for name, told in begun.plan.get("dimensions", {}).items()
        }
        self.at_work: set[str] = set()
        self.kept_tokens = sum(begun.spent.values())
        self.budget = begun.budget
        self.tokens: dict[str, int] = dict(begun.spent)
        self.outcomes: dict[str, str] = dict(begun.outcomes)
        self._battery = Battery.parse(begun.plan) if "model" in begun.plan else None
        self._abilities = self._estimated()
        self._began = time.monotonic() - begun.milliseconds / 1000
        self._spinner = Spinner("dots")

    def follow(self, told: journey.Progress) -> None:
        """Take in what just happened."""
        event = told.event
        if event is not None and event.kind == "started":
            self.at_work.add(event.id)
        if event is not None and event.kind == "finished":
            self.at_work.discard(event.id)
        if event is not None and event.kind in ("tokens", "finished"):
            self.tokens[event.id] = event.tokens
        self.outcomes = dict(told.outcomes)
        if event is not None and event.kind == "batch-done":
            self._abilities = self._estimated()

    def opening(self) -> list[str]:
        """What is said once, before the run moves: what was kept, and what evidence is."""
        lines = []
        if self.outcomes:
            kept = plain.counted(len(self.outcomes), "item")
            lines.append(f"{kept} of this run and {plain.count(self.kept_tokens)} tokens were kept")
        if self.weights:
            upper, lower = self.plan["upperMicronats"], self.plan["lowerMicronats"]
            least = plain.counted(self.plan["minimumItems"], "item")
            lines.append(
                f"evidence is weighed in nats: COVERED from {plain.nats(upper)}, NOT_COVERED from "
                f"{plain.nats(lower)}, {least} at least"
            )
        return lines

    def lines(self) -> list[str]:
        """Items, tokens and time; and the evidence, where a plan decides something."""
        limit = "at most " if self.weights else ""
        words = [
            f"{len(self.outcomes)} of {limit}{len(self.plan['items'])} items",
            f"{len(self.at_work)} at work" if self.at_work else "",
            f"{sum(self.tokens.values()):,} tokens",
            _clock(time.monotonic() - self._began),
        ]
        kind = "Testing" if self.weights else "Testing deeper"
        lines = [f"{kind}  {' · '.join(word for word in words if word)}"]
        if self.weights:
            if not self.dimensions:
                lines.append(self._evidence(self.outcomes))
            for name, families in self.dimensions.items():
                own = {k: v for k, v in self.outcomes.items() if k.partition("/")[0] in families}
                lines.append(f"{self._evidence(own)}  {plain.one_line(name, 20)}")
        return lines

    def drawn(self, console: Console) -> Group:
        """The lines, with a spinner, and as many of the pictures as the terminal is high."""
        first, *rest = self.lines()
        self._spinner.update(text=Text(first))
        width, letters = console.width - len(_MARGIN), pictures.letters_of(console)
        shown_: list[Text] = []
        room = console.height - len(rest) - 3
        for rows in (self._curve(width, letters), *self._scales(width, letters)):
            if rows and len(shown_) + len(rows) + 1 <= room:
                shown_ += [Text(""), *pictures.text_of(rows, len(_MARGIN))]
        return Group(self._spinner, *(Text(f"  {line}") for line in rest), *shown_)

    def _curve(self, width: int, letters: Letters) -> Sequence[Row]:
        """The budget curve of what is finished; nothing before an item was solved."""
        curve = self._solved_by()
        if not self.weights or not curve.steps:
            return ()
        return terminal_charts.budget(
            budget_of(curve, self.budget or curve.steps[-1].tokens), width, letters, rows=LIVE_ROWS
        )

    def _solved_by(self) -> BudgetCurve:
        items = [
            {"outcome": outcome, "inputTokens": self.tokens.get(name, 0), "outputTokens": 0}
            for name, outcome in self.outcomes.items()
        ]
        steps = (Spent(step["tokens"], step["solved"]) for step in budget_curve(items))
        return BudgetCurve(len(items), tuple(steps))

    def _scales(self, width: int, letters: Letters) -> list[Sequence[Row]]:
        """Where the model stands by what is finished, one scale a dimension."""
        return [
            terminal_charts.scale(scale_of(one, [cut]), width, letters, named=one.dimension)
            for one, cut in self._abilities
        ]

    def _estimated(self) -> tuple[tuple[Ability, Cut], ...]:
        """The ability of each dimension, as a determination would state it now, and its cut."""
        if self._battery is None or not self.outcomes:
            return ()
        tests = dict(self._battery.tests)
        made = openings.ability(ability(self._battery, self.outcomes))  # type: ignore[arg-type]
        return tuple(
            (one, Cut(one.dimension, one.scale, test.cut_micrologits, test.zone_micrologits, ()))
            for one in made
            for test in (tests[one.dimension],)
        )

    def _evidence(self, outcomes: Mapping[str, str]) -> str:
        low, high = self._sum(outcomes, "failed"), self._sum(outcomes, "solved")
        figure = plain.nats(low) if low == high else f"{plain.nats(low)} to {plain.nats(high)}"
        lower, upper = self.plan["lowerMicronats"], self.plan["upperMicronats"]
        return f"evidence  NOT_COVERED {gauge(low, high, lower, upper)} COVERED  {figure}"

    def _sum(self, outcomes: Mapping[str, str], missing_as: str) -> int:
        total = 0
        for name, outcome in outcomes.items():
            solved, failed = self.weights[name]
            known = missing_as if outcome == "missing" else outcome
            total += solved if known == "solved" else failed
        return total


def gauge(low: int, high: int, lower: int, upper: int) -> str:
    """The evidence between its boundaries, in micro-nats: ``├────┼──●─┤``, or beyond one: ``┤··●``.

    ``low`` and ``high`` differ where items are missing; the line between them is drawn bold. The
    mark stands inside exactly as long as no boundary is reached; ``◀`` and ``▶`` say that it lies
    farther out than the bar has room for. ``lower`` < 0 < ``upper``.
    """
    first, last = BEYOND, BEYOND + 2 * HALF
    step = (upper - lower) / (2 * HALF)

    def column(nats: int) -> int:
        place = first + round((nats - lower) / step)
        if nats >= upper:
            return min(max(place, last + 1), last + BEYOND)
        if nats <= lower:
            return max(min(place, first - 1), 0)
        return min(max(place, first + 1), last - 1)

    cells = [" "] * BEYOND + ["├"] + ["─"] * (2 * HALF - 1) + ["┤"] + [" "] * BEYOND
    cells[column(0)] = "┼"
    start, end = column(low), column(high)
    cells[last + 1 : end] = "·" * len(cells[last + 1 : end])
    cells[start + 1 : first] = "·" * len(cells[start + 1 : first])
    for place in set(range(start, end)) - {first, last}:
        cells[place] = "━"
    for nats, place in ((low, start), (high, end)):
        far = (nats - lower) / step
        cells[place] = "▶" if far > last else "◀" if far < -first else "●"
    return "".join(cells)


def _statement(entry: Entry) -> Text:
    roles = sorted({signer.role for signer in entry.signers}, reverse=True)
    who = "Owning bodies" if roles == ["body"] else " and ".join(roles).capitalize()
    said = SAID.get(entry.name, entry.name)
    if entry.name == "determination":
        said = f"determines: {entry.predicate['outcome']}"
    text = Text(" ✓ ", style="green")
    text.append(f"{f'leaf {entry.index}':<8} ", style="dim")
    text.append(f"{who} ", style="bold")
    text.append(said, style="default")
    return text


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
