# SPDX-License-Identifier: Apache-2.0
"""What a person sees while a review runs: a line a statement, and one live line for the run.

     ✓ leaf 3   Developer   asks whether its model would be covered
     ⠹ Testing  14 of 36 items · 2 at work · 41,309 tokens · 0:31
       evidence  NOT COVERED ├───────────────●────┤ COVERED      +1.62 nats

On a terminal the last two lines are drawn anew as things happen; elsewhere a line is printed when
a batch is done. Everything goes to standard error, so that standard output stays for results.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.text import Text

from proofhouse import journey
from proofhouse.publish import Published
from proofhouse.rules.registration import Case, Entry
from proofhouse.views import summary_lines

SAID: dict[str, str] = {
    "bank-commitment": "commit to a sealed bank of items",
    "threshold-commitment": "commit to a secret threshold",
    "inquiry": "asks whether its model would be covered",
    "submission": "submits a checkpoint, bound to its identity",
    "plan": "registers the plan before the first item",
    "run-started": "starts the run",
    "run-ended": "ends the run and states every outcome",
    "determination": "states the determination",
    "disclosure": "discloses the result to the developer",
    "review-requested": "asks for a review",
    "terms-offered": "offers six clauses",
    "terms-answered": "answers each clause",
    "window-opened": "opens the access window",
    "findings": "delivers the findings",
    "findings-received": "has received the findings",
    "partner-access": "give a trusted partner access",
    "partner-accepted": "accepts the access",
    "window-closed": "closes the window and revokes access",
    "withdrawal": "withdraws",
}
"""What a statement does, after the name of whoever makes it."""

_WIDTH = 31


class Progress:
    """Shows what a journey tells. Use it as a context; ``quiet`` shows nothing at all."""

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
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
        self._live.stop()

    def tell(self, told: journey.Told) -> None:
        """Show one thing that happened."""
        if isinstance(told, journey.Progress):
            self._progress(told)
            return
        self._run = None
        self._live.update(Text(""))
        if isinstance(told, journey.Registered):
            self._console.print(_statement(told.entry))
        else:
            self._console.print(Text(f" · {told.text}", style="dim"))

    def summary(self, case: Case, published: Published, policy: Path) -> None:
        """Show what it came to, and where the files are."""
        self._run = None
        self._live.update(Text(""))
        self._console.print()
        for line in summary_lines(published.view):
            self._console.print(f"   {escape(line)}")
        self._console.print()
        for name, path in (
            ("dossier", published.dossier),
            ("bundle", published.bundle),
            ("policy", policy),
        ):
            self._console.print(f"   {name:<8} {_short(path)}", soft_wrap=True)
        self._console.print()
        took = time.monotonic() - self._began
        check = f"proofhouse verify {_short(published.bundle)} --policy {_short(policy)}"
        self._console.print(f"   Check it yourself: {check}", soft_wrap=True)
        self._console.print(f"   This took {_clock(took)}.", style="dim")

    def _progress(self, told: journey.Progress) -> None:
        if self._run is None:
            self._run = _Run(told.plan)
        event = told.event
        if event is not None and event.kind == "started":
            self._run.at_work.add(event.id)
        if event is not None and event.kind == "finished":
            self._run.at_work.discard(event.id)
        if event is not None and event.kind in ("tokens", "finished"):
            self._run.tokens[event.id] = event.tokens
        self._run.outcomes = dict(told.outcomes)
        if self._console.is_terminal:
            self._live.update(self._run.drawn())
        elif event is not None and event.kind == "batch-done":
            for line in self._run.lines():
                self._console.print(f"   {line}")


class _Run:
    """One run as far as it has come."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self.plan = plan
        self.weights = {
            item["id"]: (item["solvedMicronats"], item["failedMicronats"])
            for item in plan["items"]
            if "solvedMicronats" in item
        }
        self.at_work: set[str] = set()
        self.tokens: dict[str, int] = {}
        self.outcomes: dict[str, str] = {}
        self._began = time.monotonic()
        self._spinner = Spinner("dots")

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
            lines.append(self._evidence())
        return lines

    def drawn(self) -> Group:
        """The lines, with a spinner."""
        first, *rest = self.lines()
        self._spinner.update(text=Text(first))
        return Group(self._spinner, *(Text(f"  {line}") for line in rest))

    def _evidence(self) -> str:
        low = self._sum("failed")
        high = self._sum("solved")
        lower, upper = self.plan["lowerMicronats"], self.plan["upperMicronats"]
        place = round((_WIDTH - 1) * (low - lower) / (upper - lower))
        gauge = ["─"] * _WIDTH
        gauge[_WIDTH // 2] = "┼"
        gauge[min(max(place, 0), _WIDTH - 1)] = "●"
        nats = f"{low / 1e6:+.2f}" if low == high else f"{low / 1e6:+.2f} to {high / 1e6:+.2f}"
        bar = "".join(gauge)
        return f"evidence  NOT COVERED ├{bar}┤ COVERED   {nats} nats".replace("-", "−")

    def _sum(self, missing_as: str) -> int:
        total = 0
        for name, outcome in self.outcomes.items():
            solved, failed = self.weights[name]
            known = missing_as if outcome == "missing" else outcome
            total += solved if known == "solved" else failed
        return total


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


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
