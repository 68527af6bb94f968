# SPDX-License-Identifier: Apache-2.0
"""The values of `types` as frames of `wire`, and back; both sides are the same version of us.

    job     {"kind":"job","mode":"run","model":{…},"budgets":{…},"limits":{…}|null,…}
    batch   {"kind":"reply","n":7,"items":[{"label":"s3","prompt":"…","files":[{"path":…}]}]}
            with the files' bytes end to end as the body; `"items":null` ends the run

The child knows a sample by its label (`s1`, `s2` … in the order of offering), not by its item's
id, which names family and level. An item offered twice gets two labels, so that Inspect, which
refuses a repeated id, sees two samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from proofhouse.evaluation.types import Budgets, Harness, Job, ModelSpec, Reply, TaskFile, TaskItem
from proofhouse.evaluation.wire import Frame, Head
from proofhouse.sandbox import Limits

Mode = Literal["run", "probe"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the child is given of one item."""

    label: str
    prompt: str
    files: tuple[TaskFile, ...]


def job_head(job: Job, mode: Mode) -> Head:
    """Print a job, key included: it travels over the private socket only."""
    return {
        "kind": "job",
        "mode": mode,
        "model": asdict(job.model),
        "log_directory": str(job.log_directory),
        "budgets": asdict(job.budgets),
        "limits": None if job.limits is None else asdict(job.limits),
        "tier": job.tier,
        "samples_at_once": job.samples_at_once,
    }


def read_job(head: Head) -> tuple[Job, Mode]:
    """The job of a head that `job_head` printed."""
    model = dict(head["model"])
    model["environment"] = tuple((name, value) for name, value in model["environment"])
    model["arguments"] = tuple((name, value) for name, value in model["arguments"])
    model["replies"] = tuple(
        Reply(**{**reply, "commands": tuple(reply["commands"])}) for reply in model["replies"]
    )
    job = Job(
        model=ModelSpec(**model),
        log_directory=Path(head["log_directory"]),
        budgets=Budgets(**head["budgets"]),
        limits=None if head["limits"] is None else Limits(**head["limits"]),
        tier=head["tier"],
        samples_at_once=head["samples_at_once"],
    )
    mode: Mode = "probe" if head["mode"] == "probe" else "run"
    return job, mode


def batch_frame(batch: Sequence[tuple[str, TaskItem]] | None) -> Frame:
    """Print labelled items, or the end of the plan (None)."""
    if batch is None:
        return Frame({"items": None}, b"")
    items: list[Head] = []
    body = bytearray()
    for label, item in batch:
        files = [
            {"path": file.path, "bytes": len(file.data), "executable": file.executable}
            for file in item.files
        ]
        items.append({"label": label, "prompt": item.prompt, "files": files})
        for file in item.files:
            body += file.data
    return Frame({"items": items}, bytes(body))


def read_batch(frame: Frame) -> tuple[Assignment, ...] | None:
    """The assignments of a frame that `batch_frame` printed."""
    if frame.head["items"] is None:
        return None
    at = 0
    assignments: list[Assignment] = []
    for item in frame.head["items"]:
        files: list[TaskFile] = []
        for file in item["files"]:
            data = frame.body[at : at + file["bytes"]]
            at += file["bytes"]
            files.append(TaskFile(file["path"], data, file["executable"]))
        assignments.append(Assignment(item["label"], item["prompt"], tuple(files)))
    return tuple(assignments)


def read_harness(value: dict[str, Any], job: Job) -> Harness:
    """The harness that a child reports about itself, with the budgets it was given."""
    return Harness(
        proofhouse=value["proofhouse"],
        python=value["python"],
        packages=tuple((name, version) for name, version in value["packages"]),
        scaffold=value["scaffold"],
        tools=tuple(value["tools"]),
        model=job.model.name,
        endpoint=value["endpoint"],
        tier="" if job.limits is None else job.tier,
        budgets=job.budgets,
    )
