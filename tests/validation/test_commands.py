# SPDX-License-Identifier: Apache-2.0
"""``proofhouse validate`` and ``proofhouse gate``: what they print and what they end with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from proofhouse.cli import gate as gate_command
from proofhouse.cli import validate as validate_command
from proofhouse.errors import InputError
from validation.programs import NOTES


@pytest.fixture
def project(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / NOTES.path).write_text(NOTES.text)
    (tmp_path / "proof").write_bytes(NOTES.proof)
    (tmp_path / "benign").write_bytes(b"put 1 a\nget 1\n")
    (tmp_path / "good.diff").write_bytes(NOTES.patch(NOTES.good["refuses"]))
    (tmp_path / "bad.diff").write_bytes(NOTES.patch(NOTES.bad["hides from the sanitizer"]))
    return tmp_path


def arguments(project: Path, *more: str) -> list[str]:
    return [
        *("--source", str(project / "source"), "--build", NOTES.build, "--run", NOTES.run),
        *("--proof", str(project / "proof"), "--json", *more),
    ]


def ran(command: Any, words: list[str]) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(command, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.output.splitlines()[-1])


@pytest.mark.sandbox
def test_validate_prints_the_verdict_and_ends_with_its_code(project: Path) -> None:
    """Every field of the object is there; 0 for reproduced, 1 for not."""
    words = arguments(project, "--benign", str(project / "benign"))
    code, told = ran(validate_command.command, words)
    assert code == 0
    fields = {"verdict", "class", "function", "runs", "control", "newest", "evidence", "reason"}
    assert set(told) == fields
    assert (told["verdict"], told["class"], told["function"]) == (
        "reproduced",
        NOTES.kind,
        NOTES.function,
    )
    code, told = ran(validate_command.command, [*words, "--expect-function", "get"])
    assert (code, told["verdict"]) == (1, "not_reproduced")
    code, told = ran(validate_command.command, [*words, "--build", "false"])
    assert (code, told["verdict"]) == (5, "environment_failed")


@pytest.mark.sandbox
def test_gate_prints_its_checks_and_ends_with_its_code(project: Path) -> None:
    """0 for accepted, 1 for refused, 3 for inconclusive, each with reason and checks."""
    expected = (("good.diff", 0, "accepted"), ("bad.diff", 1, "refused"))
    for name, wanted, verdict in expected:
        words = arguments(project, "--patch", str(project / name), "--seconds", "2")
        code, told = ran(gate_command.command, words)
        assert (code, told["verdict"]) == (wanted, verdict)
        assert set(told) == {"verdict", "reason", "checks"}
        assert all(set(c) == {"name", "result", "why", "evidence"} for c in told["checks"])
    words = arguments(project, "--patch", str(project / "good.diff"), "--build", "false")
    assert ran(gate_command.command, words)[0] == 3


def test_bad_input_is_told_before_anything_runs(project: Path) -> None:
    """A missing file and a source that is none are errors of ours; a link that leads out has a
    verdict.
    """
    for words in (
        arguments(project, "--proof", str(project / "none")),
        arguments(project, "--source", str(project / "proof")),
        arguments(project, "--run", "LD_PRELOAD=x ./notes {proof}"),
        arguments(project, "--expect-class", "exit-0"),
    ):
        with pytest.raises(InputError):
            ran(validate_command.command, words)
    (project / "source" / "out").symlink_to("/etc/passwd")
    code, told = ran(validate_command.command, arguments(project))
    assert (code, told["verdict"]) == (5, "environment_failed")
