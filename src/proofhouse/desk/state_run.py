# SPDX-License-Identifier: Apache-2.0
"""A run starts, and every run that starts ends in a statement (R13, R16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.run_evaluation import Conducted
from proofhouse.rules.registration import Case


def start(case: Case, harness: Mapping[str, str], *, at: str) -> Draft:
    """The assessor starts the run of the newest plan, in ``harness`` (what, and its version)."""
    fields = {"plan": case.need("plan").digest, "harness": dict(harness), "startedAt": at}
    return about_case(case, "run-started", fields)


def end(
    case: Case, order: Sequence[str], conducted: Conducted, *, at: str, failed: str = ""
) -> Draft:
    """The assessor ends the run; ``order`` are the ids of the plan's items in their order.

    ``failed`` tells why a run came to nothing, where it did.
    """
    samples = [conducted.samples[name] for name in order if name in conducted.samples]
    listed = [{n: sample[n] for n in (*ITEM_FIELDS, *MORE) if n in sample} for sample in samples]
    outcomes = [sample["outcome"] for sample in samples]
    hidden = Hidden()
    fields: dict[str, Any] = {
        "run": case.need("run-started").digest,
        "ending": "failed" if failed else "stopped" if conducted.stopped else "completed",
        "reason": failed or conducted.stopped or "the plan came to its end",
        "outcomes": hidden.salt({"items": listed}),
        "solved": outcomes.count("solved"),
        "failed": outcomes.count("failed"),
        "missing": outcomes.count("missing"),
        "held": sum(sample["kind"] == "held" for sample in samples),
        "reruns": conducted.reruns,
        "attempts": conducted.attempts,
        "inputTokens": conducted.total("inputTokens"),
        "outputTokens": conducted.total("outputTokens"),
        "milliseconds": conducted.total("milliseconds"),
        "transcripts": [s["transcript"] for s in samples if s["transcript"] is not None],
        "gradedBy": "assessor",
        "endedAt": at,
    }
    return about_case(case, "run-ended", fields, hidden.openings)


ITEM_FIELDS = (
    "id",
    "level",
    "outcome",
    "reason",
    "inputTokens",
    "outputTokens",
    "milliseconds",
    "modelCalls",
    "transcript",
    "flags",
)
"""What ``run-ended`` says of an item."""

MORE = ("answer", "itemDigest", "steps", "heldOutcome", "secondReader")
"""What it says of an item where it is known: samples of before were kept without."""
