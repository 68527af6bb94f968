# SPDX-License-Identifier: Apache-2.0
"""A folder of Inspect logs as recorded responses: who solved what, with how many tokens.

    logs/2026-11-21T10-00-00_cybench_abc.eval     →  Response(model, task, family, solved, tokens)

Every ``.eval`` and ``.json`` file below the folder is read, whatever its name, of any task and any
agent; one that can't be is refused if Inspect itself lists it as a log, else named in ``unread``
(Inspect keeps other ``.json`` files beside its logs). A sample's task
is its own id, or ``task/id`` where the tasks file lists it so; its family is the tasks file's, else
the name of the Inspect task. It is solved if its score reads as 1 (``C``, ``1``, ``true``), failed
if it reads as 0 (``I``, ``N``, ``0``, ``false``). Tokens are those of all models that the sample
called.

Left out, and counted: samples that errored, that have no score, whose score is partial, and
further epochs or runs of a task that the model has already answered (the earliest log, first
epoch, counts: which one is kept may not depend on how it came out).

Limits: the first scorer of a sample is read, unless one is named. Imported in the process that
reads logs; nothing is run here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai.log import (
    EvalSampleSummary,
    EvalSpec,
    list_eval_logs,
    read_eval_log,
    read_eval_log_sample_summaries,
)

from proofhouse.errors import InputError
from proofhouse.statistics.responses import Response

_WORDS: Mapping[str, bool] = {
    "C": True,
    "I": False,
    "N": False,
    "1": True,
    "0": False,
    "1.0": True,
    "0.0": False,
    "true": True,
    "false": False,
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """The responses of a folder of logs, and per model how many samples were left out.

    ``unread`` names the ``.json`` files that are no Inspect logs.
    """

    responses: tuple[Response, ...]
    left_out: tuple[tuple[str, int], ...]
    unread: tuple[str, ...]


def read_logs(folder: Path, families: Mapping[str, str], scorer: str = "") -> Recorded:
    """Read every log below ``folder``; ``families`` says which tasks are known, and their family.

    Raises:
        InputError: no folder, no logs in it, or a log that can't be read.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder of logs at {folder}.")
    listed = {Path(info.name).name for info in list_eval_logs(str(folder.resolve()))}
    logs: list[tuple[EvalSpec, list[EvalSampleSummary]]] = []
    unread = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".eval", ".json") or not path.is_file():
            continue
        try:
            spec = read_eval_log(str(path), header_only=True).eval
            logs.append((spec, read_eval_log_sample_summaries(str(path))))
        except Exception:  # whatever a broken file makes of the reader
            if path.suffix == ".eval" or path.name in listed:
                raise InputError(
                    f"The log {path.name} can't be read.", hint="Is it whole?"
                ) from None
            unread.append(str(path.relative_to(folder)))
    if not logs:
        raise InputError(
            f"There are no Inspect logs in {folder}{_but(unread)}.",
            hint="They end in .eval or .json.",
        )
    found: dict[tuple[str, str], Response] = {}
    left_out: Counter[str] = Counter()
    for spec, samples in sorted(logs, key=lambda log: log[0].created):
        for sample in sorted(samples, key=lambda sample: sample.epoch):
            task = _task(str(spec.task), sample, families)
            solved = None if sample.error else _solved(sample.scores, scorer)
            if solved is None or (spec.model, task) in found:
                left_out[spec.model] += 1
                continue
            tokens = sum(usage.total_tokens for usage in sample.model_usage.values())
            family = families.get(task, str(spec.task))
            found[spec.model, task] = Response(spec.model, task, family, solved, tokens)
    return Recorded(tuple(found.values()), tuple(sorted(left_out.items())), tuple(unread))


def _but(unread: Sequence[str]) -> str:
    return f", only {', '.join(unread[:5])}" if unread else ""


def answers(path: Path) -> dict[str, bytes]:
    """Prompt → judged answer, of the samples of the log ``path`` that tell theirs.

    Ours tell it in their score's metadata (``source``). Raises InputError for a broken log.
    """
    try:
        samples = read_eval_log(str(path)).samples or []
    except Exception:  # whatever a broken file makes of the reader
        raise InputError(f"The log {path.name} can't be read.", hint="Is it whole?") from None
    found = {}
    for sample in samples:
        for score in (sample.scores or {}).values():
            told = (score.metadata or {}).get("answerHex")
            if isinstance(sample.input, str) and isinstance(told, str):
                found[sample.input] = bytes.fromhex(told)
    return found


def _task(task: str, sample: EvalSampleSummary, known: Collection[str]) -> str:
    short = task.rsplit("/", 1)[-1]
    for name in (str(sample.id), f"{task}/{sample.id}", f"{short}/{sample.id}"):
        if name in known:
            return name
    return str(sample.id)


def _solved(scores: Mapping[str, Any] | None, scorer: str) -> bool | None:
    """Whether the score says solved; None where there is none or it is partial."""
    if not scores:
        return None
    score = scores.get(scorer) if scorer else next(iter(scores.values()))
    value = getattr(score, "value", None)
    if isinstance(value, bool | int | float):
        return value == 1 if value in (0, 1) else None
    return _WORDS.get(value) if isinstance(value, str) else None
