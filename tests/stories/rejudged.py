# SPDX-License-Identifier: Apache-2.0
"""A rehearsed inquiry whose answers are real: they can be judged again once the bank is opened.

    with measured(folder) as played: …      a home with one case, its run ended

Four items are answered, two of them with their reference solutions, and the last one's score is
held; all others are missing, which costs nothing. Transcripts are what Inspect's are, as far as a
check reads them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofhouse import bootstrap, journey
from proofhouse.bank.item import Item
from proofhouse.bank.twins import Place, derive_at
from proofhouse.desk import banks, measure, plan_evaluation, state_run
from proofhouse.desk.run_evaluation import Conducted
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.merkle import leaf_hash
from proofhouse.journey import Wishes, moves
from proofhouse.journey.journey import Journey
from proofhouse.rules.registration import Case
from stories import rehearsal

CASE = "ca5e" * 16
SOLVED, FAILED = 2, 2


@dataclass
class Rejudged(rehearsal.Rehearsal):
    """A rehearsal that keeps what was answered, as a run does.

    With ``lie`` wrong answers are stated as solved, with ``other_items`` the digests are made up.
    """

    lie: bool = False
    other_items: bool = False

    def _run(self, case: Case) -> moves.Made:
        plan = plan_evaluation.opened(self.desk, case, "plan", "plan")
        order = plan_evaluation.order_of(plan)
        conducted, count = Conducted(attempts=1), Counter[str]()
        while (batch := order(conducted.outcomes)) is not None:
            for planned in batch:
                item = self.item(case, planned.family, planned.level, planned.index)
                word = "solved" if count["solved"] < SOLVED else "failed"
                word = "missing" if count["failed"] == FAILED else word
                count[word] += 1
                if word == "failed" and count[word] == FAILED:
                    word = "held failed"
                conducted.samples[item.id] = self.sample(case, item, word)
        ids = [item["id"] for item in plan["items"]]
        return moves.Made(state_run.end(case, ids, conducted, at=self.desk.clock()), ("assessor",))

    def item(self, case: Case, family: str, level: int, index: int) -> Item:
        """The item that the bank's seed and the case's submission give."""
        leaf = leaf_hash(self.desk.log.leaf(case.need("submission").index))
        families = banks.families_here(self.desk, self.bank)
        seed = measure.seed_of(self.bank)
        return derive_at(families, seed, Place(family, level, index), leaf)

    def sample(self, case: Case, item: Item, word: str) -> dict[str, Any]:
        """The kept record of a sample that came to ``word``, with what it answered."""
        right = word == "solved" and not self.lie
        answer = item.solution if right else item.benign[0]  # proven to solve nothing
        record = {
            "id": f"s-{item.id}",
            "input": item.prompt,
            "messages": [],
            "scores": {"oracle": {"value": "C", "metadata": {"answerHex": answer.hex()}}},
        }
        put = self.desk.vault.put_object
        judged = word != "missing"
        return {
            **rehearsal.sample(item.id, item.level, word),
            "transcript": put(case.id, json.dumps(record).encode()),
            "answer": put(case.id, answer) if judged else None,
            "itemDigest": sha256_hex(b"another") if self.other_items else item.digest,
        }


@contextmanager
def measured(path: Path, **how: bool) -> Iterator[Rejudged]:
    """A home at ``path`` with one case whose run has ended."""
    with bootstrap.open_home(path) as home:
        told: list[journey.Told] = []
        bank, threshold = Journey(home, Wishes(), told.append)._commitments()
        played = Rejudged(home, bank, threshold, told=told, **how)
        played.play(CASE, until="assessor_to_determine")
        yield played
