# SPDX-License-Identifier: Apache-2.0
"""Inspect logs are read as responses; whatever is no response is counted, never lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalSample,
    EvalSpec,
    write_eval_log,
)
from inspect_ai.log._log import EvalError
from inspect_ai.model import ModelUsage
from inspect_ai.scorer import Score

from proofhouse.cli import program
from proofhouse.errors import InputError
from proofhouse.evaluation.logs import read_logs
from proofhouse.statistics.responses import Response

Value = str | float | None


def write(folder: Path, name: str, model: str, values: Sequence[tuple[str, int, Value]]) -> None:
    """One log; each sample is (id, epoch, score), the score ``error`` for one that failed."""
    samples = [
        EvalSample(
            id=task,
            epoch=epoch,
            input="q",
            target="a",
            scores={"first": Score(value=value), "second": Score(value="I")}
            if value not in (None, "error")
            else None,
            error=EvalError(message="m", traceback="t", traceback_ansi="t")
            if value == "error"
            else None,
            model_usage={model: ModelUsage(input_tokens=3, output_tokens=4, total_tokens=7)},
        )
        for task, epoch, value in values
    ]
    spec = EvalSpec(
        created="2026-11-21T10:00:00+00:00",
        task="toy",
        dataset=EvalDataset(samples=len(samples)),
        model=model,
        config=EvalConfig(),
    )
    write_eval_log(EvalLog(eval=spec, samples=samples), str(folder / name))


def test_samples_become_responses_and_the_rest_is_counted(tmp_path: Path) -> None:
    """Solved and failed samples are responses; errors, partial scores and repeats are counted."""
    write(
        tmp_path,
        "1.eval",
        "lab/a",
        [
            ("t1", 1, "C"),
            ("t1", 2, "I"),
            ("t2", 1, 0.0),
            ("t3", 1, "P"),
            ("t4", 1, "error"),
            ("t5", 1, None),
            ("t6", 1, 0.5),
        ],
    )
    write(tmp_path, "2.eval", "lab/b", [("t1", 1, "error")])
    read = read_logs(tmp_path, {"toy/t1": "web", "t2": "web"})
    assert read.responses == (
        Response("lab/a", "toy/t1", "web", True, 7),
        Response("lab/a", "t2", "web", False, 7),
    )
    assert read.left_out == (("lab/a", 5), ("lab/b", 1))


def test_another_scorer_may_be_named(tmp_path: Path) -> None:
    """With a scorer named, its score is read; unknown tasks belong to the log's own task."""
    write(tmp_path, "1.eval", "lab/a", [("t1", 1, "C")])
    assert read_logs(tmp_path, {}, "second").responses == (
        Response("lab/a", "t1", "toy", False, 7),
    )


def test_a_log_of_any_name_is_read_and_other_json_is_named(tmp_path: Path) -> None:
    """A log in JSON counts whatever its name; a .json file that is no log is named, not lost."""
    write(tmp_path, "mine.json", "lab/j", [("t1", 1, "C")])
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "eval-set.json").write_text('{"eval_set_id": "x"}')
    read = read_logs(tmp_path, {})
    assert read.responses == (Response("lab/j", "t1", "toy", True, 7),)
    assert read.unread == ("sub/eval-set.json",)
    (tmp_path / "mine.json").unlink()
    with pytest.raises(InputError, match=r"no Inspect logs in .*, only sub/eval-set\.json"):
        read_logs(tmp_path, {})


def test_a_folder_where_every_sample_errored_is_counted(tmp_path: Path) -> None:
    """Both commands print the silent model's line with its count and its reason."""
    write(tmp_path, "s.eval", "lab/silent", [("t1", 1, "error"), ("t2", 1, None)])
    (tmp_path / "t.csv").write_text("task_id,task_family,best_available_minutes\nt1,web,3\n")
    for command in (["horizon"], ["replay", "--threshold-minutes", "3"]):
        given = [*command, "--logs", str(tmp_path), "--tasks", str(tmp_path / "t.csv"), "--json"]
        done = CliRunner().invoke(program, given)
        assert done.exit_code == 0, done.output
        row = json.loads(done.stdout)
        assert (row["model"], row["excluded"]) == ("lab/silent", 2)
        assert row["reason"] == "no sample of its logs has a score"


def test_no_logs_and_broken_logs_are_refused(tmp_path: Path) -> None:
    """A folder that is absent or empty, or a broken log, is an input error that names it."""
    with pytest.raises(InputError, match="no folder"):
        read_logs(tmp_path / "nowhere", {})
    with pytest.raises(InputError, match="no Inspect logs"):
        read_logs(tmp_path, {})
    write(tmp_path, "1.eval", "lab/a", [("t1", 1, "C")])
    whole = (tmp_path / "1.eval").read_bytes()
    (tmp_path / "1.eval").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"log 1\.eval can't be read"):
        read_logs(tmp_path, {})
