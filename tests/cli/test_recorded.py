# SPDX-License-Identifier: Apache-2.0
"""`replay` and `horizon` speak JSON a line a model, and tell every fault of their input."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from proofhouse.cli import program
from proofhouse.errors import InputError

ROW = (
    "model",
    "decision",
    "decision_shares",
    "estimate_minutes",
    "interval",
    "items_used",
    "items_full",
    "tokens_used",
    "tokens_full",
    "excluded",
    "reason",
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Four models on sixty tasks, one of them without tokens, and a task nobody has timed."""
    draw = random.Random(7)
    tasks = ["task_id,task_family,best_available_minutes", "t-untimed,f0,"]
    responses = ["task_id,task_family,alias,score_binarized,total_tokens"]
    for number in range(60):
        family, minutes = f"f{number % 4}", 2 ** (number / 6)
        tasks.append(f"t{number},{family},{minutes}")
        for model, horizon in (("weak", 2), ("middle", 16), ("strong", 256), ("mute", 16)):
            chance = 1 / (1 + (minutes / horizon) ** 1.5)
            tokens = 0 if model == "mute" else number + 100
            solved = int(draw.random() < chance)
            responses.append(f"t{number},{family},{model},{solved},{tokens}.0")
    responses.append("t-untimed,f0,weak,1,5")
    (tmp_path / "tasks.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(tasks).encode())
    (tmp_path / "responses.csv").write_text("\n".join(responses))
    return tmp_path


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        program,
        [
            arguments[0],
            "--responses",
            str(folder / "responses.csv"),
            "--tasks",
            str(folder / "tasks.csv"),
            *arguments[1:],
        ],
    )


def test_replay_prints_a_line_a_model(files: Path) -> None:
    """Each model has its line with the promised members; who can't be replayed says why."""
    done = call(files, "replay", "--threshold-minutes", "16", "--orders", "20", "--json")
    assert done.exit_code == 0, done.output
    rows = {row["model"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert all(tuple(row) == ROW for row in rows.values())
    assert rows["weak"]["decision"] == "NOT_COVERED"
    assert rows["strong"]["decision"] == "COVERED"
    assert rows["weak"]["excluded"] == 1
    assert rows["weak"]["items_full"] == 60
    assert 10 <= rows["weak"]["items_used"] <= 60
    assert sum(rows["middle"]["decision_shares"].values()) == pytest.approx(1)
    assert rows["mute"]["decision"] is None
    assert rows["mute"]["excluded"] == 60
    assert "no tokens" in rows["mute"]["reason"]


def test_horizon_prints_a_line_a_model(files: Path) -> None:
    """Each model has its horizon between the ends of its interval."""
    done = call(files, "horizon", "--resamples", "100", "--json")
    assert done.exit_code == 0, done.output
    rows = {row["model"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert list(rows) == ["weak", "middle", "strong", "mute"]
    for row in rows.values():
        assert row["p80"] < row["p50"]
        assert row["p50_low"] is None or row["p50_low"] <= row["p50"]
        assert row["p50_high"] is None or row["p50"] <= row["p50_high"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--threshold-minutes", "-3"], "The cut is -3.0 minutes"),
        (["--threshold-minutes", "nan"], "The cut is nan minutes"),
        (["--threshold-minutes", "9", "--zone", "1"], "The zone is"),
        (["--threshold-minutes", "9", "--alpha", "0"], "The error alpha is 0.0"),
        (["--threshold-minutes", "9", "--beta", "0.5"], "The error beta is 0.5"),
        (["--threshold-minutes", "9", "--orders", "0"], "0 orders"),
        (["--threshold-minutes", "9", "--minimum-items", "9"], "It is at least 10"),
    ],
)
def test_settings_out_of_range_are_told(files: Path, options: list[str], said: str) -> None:
    """A setting that makes no test is an input error that says what is allowed."""
    done = call(files, "replay", *options)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)


@pytest.mark.parametrize("command", [["replay", "--threshold-minutes", "9"], ["horizon"]])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("t3,f3,weak,1,5", "Line 243 of the responses file repeats the response"),
        ("t3,f3,new,2,5", "Line 243 of the responses file has the score '2'"),
        ("nowhere,f3,new,1,5", "Line 243 of the responses file answers the task 'nowhere'"),
    ],
)
def test_faulty_rows_are_named(files: Path, command: list[str], line: str, said: str) -> None:
    """A row that is not in order is named by its line."""
    with (files / "responses.csv").open("a") as file:
        file.write("\n" + line)
    done = call(files, *command)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)


def test_one_source_of_responses(files: Path) -> None:
    """Responses come from a table or from logs, not from both and not from nowhere."""
    tasks = str(files / "tasks.csv")
    for more in ([], ["--responses", tasks, "--logs", str(files)]):
        done = CliRunner().invoke(program, ["horizon", "--tasks", tasks, *more])
        assert isinstance(done.exception, InputError)
        assert "either --responses or --logs" in str(done.exception)
