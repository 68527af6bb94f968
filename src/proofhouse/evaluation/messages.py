# SPDX-License-Identifier: Apache-2.0
"""The values of `types` as frames of `wire`, and back; both sides are the same version of us.

    job     {"kind":"job","mode":"run","model":{…},"budgets":{…},"limits":{…}|null,…}
    batch   {"kind":"reply","n":7,"items":[{"label":"s3","prompt":"…","files":[{"path":…}],
            "hosts":[{"name":…,"address":…,"start":[…],"files":[…]}]}]}, with the files' bytes end
            to end as the body, each item's before its hosts'; `"items":null` ends the run

The child knows a sample by its label (`s1`, `s2` … in the order of offering), not by its item's
id, which names family and level. An item offered twice gets two labels, so that Inspect, which
refuses a repeated id, sees two samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

from proofhouse.evaluation.types import (
    Budgets,
    ForeignSample,
    Harness,
    Job,
    ModelSpec,
    Reply,
    TaskFile,
    TaskHost,
    TaskItem,
)
from proofhouse.evaluation.wire import Frame, Head
from proofhouse.sandbox import Limits

Mode = Literal["run", "probe"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the child is given of one item."""

    label: str
    prompt: str
    files: tuple[TaskFile, ...]
    hosts: tuple[TaskHost, ...] = ()
    foreign: ForeignSample | None = None
    tier: str = ""


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
        "reader": None if job.reader is None else asdict(job.reader),
    }


def read_job(head: Head) -> tuple[Job, Mode]:
    """The job of a head that `job_head` printed."""
    job = Job(
        model=_read_model(head["model"]),
        log_directory=Path(head["log_directory"]),
        budgets=Budgets(**head["budgets"]),
        limits=None if head["limits"] is None else Limits(**head["limits"]),
        tier=head["tier"],
        samples_at_once=head["samples_at_once"],
        reader=None if head["reader"] is None else _read_model(head["reader"]),
    )
    mode: Mode = "probe" if head["mode"] == "probe" else "run"
    return job, mode


def _read_model(head: dict[str, Any]) -> ModelSpec:
    model = dict(head)
    model["environment"] = tuple((name, value) for name, value in model["environment"])
    model["arguments"] = tuple((name, value) for name, value in model["arguments"])
    model["replies"] = tuple(
        Reply(**{**reply, "commands": tuple(reply["commands"])}) for reply in model["replies"]
    )
    return ModelSpec(**model)


def batch_frame(batch: Sequence[tuple[str, TaskItem]] | None) -> Frame:
    """Print labelled items, or the end of the plan (None)."""
    if batch is None:
        return Frame({"items": None}, b"")
    items: list[Head] = []
    body = bytearray()
    for label, item in batch:
        files = _print_files(item.files, body)
        hosts = [
            {
                "name": host.name,
                "address": host.address,
                "start": list(host.start),
                "files": _print_files(host.files, body),
            }
            for host in item.hosts
        ]
        foreign = None if item.foreign is None else asdict(item.foreign)
        items.append(
            {
                "label": label,
                "prompt": item.prompt,
                "files": files,
                "hosts": hosts,
                "foreign": foreign,
                "tier": item.tier,
            }
        )
    return Frame({"items": items}, bytes(body))


def read_batch(frame: Frame) -> tuple[Assignment, ...] | None:
    """The assignments of a frame that `batch_frame` printed."""
    if frame.head["items"] is None:
        return None
    body = BytesIO(frame.body)
    assignments: list[Assignment] = []
    for item in frame.head["items"]:
        files = _read_files(item["files"], body)
        hosts = tuple(
            TaskHost(
                host["name"],
                host["address"],
                _read_files(host["files"], body),
                tuple(host["start"]),
            )
            for host in item["hosts"]
        )
        foreign = None if item["foreign"] is None else _read_foreign(item["foreign"])
        about = (files, hosts, foreign, item["tier"])
        assignments.append(Assignment(item["label"], item["prompt"], *about))
    return tuple(assignments)


def _read_foreign(head: Head) -> ForeignSample:
    arguments = tuple((name, value) for name, value in head["arguments"])
    return ForeignSample(head["task"], arguments, head["sample"])


def _print_files(files: Sequence[TaskFile], body: bytearray) -> list[Head]:
    for file in files:
        body += file.data
    return [
        {"path": file.path, "bytes": len(file.data), "executable": file.executable}
        for file in files
    ]


def _read_files(heads: Sequence[Head], body: BytesIO) -> tuple[TaskFile, ...]:
    return tuple(
        TaskFile(head["path"], body.read(head["bytes"]), head["executable"]) for head in heads
    )


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
        reader="" if job.reader is None else job.reader.name,
    )
