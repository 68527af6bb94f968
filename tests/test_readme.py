# SPDX-License-Identifier: Apache-2.0
"""What README.md shows is what the commands print, on the files that the repository ships."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofhouse.cli import COMMANDS, program

ROOT = Path(__file__).parents[1]
ANEW = "Write it anew: tools/readme"
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def _shown(command: str) -> str:
    """What the page shows below a command that begins so."""
    for block in BLOCKS:
        steps = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        for step in steps:
            told, _, output = step.partition("\n")
            if told.startswith(command):
                return f"{told}\n{output.rstrip()}"
    raise AssertionError(f"README.md does not show {command}")


def test_the_first_minute_is_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """`verify` on the shipped example prints just what the page shows."""
    monkeypatch.chdir(ROOT)
    told, _, output = _shown(".venv/bin/proofhouse verify examples").partition("\n")
    result = CliRunner().invoke(program, shlex.split(told)[1:])
    assert result.stdout.rstrip() == output, ANEW


def test_the_flipped_byte_is_refused_as_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The page's forgery really differs from the example, and is refused with its sentence."""
    monkeypatch.chdir(ROOT)
    told, _, output = _shown(".venv/bin/proofhouse verify /tmp/forged").partition("\n")
    assert "s/COVERED/COVEREd/" in _shown("sed '1s/COVERED/COVEREd/' examples/review/bundle.json")
    honest = (ROOT / "examples/review/bundle.json").read_text()
    forged = tmp_path / "forged.json"
    forged.write_text(honest.replace("COVERED", "COVEREd", 1))
    words = [str(forged) if word == "/tmp/forged.json" else word for word in shlex.split(told)[1:]]
    result = CliRunner().invoke(program, words)
    assert (result.stdout.rstrip(), result.exit_code) == (output, 1), ANEW


def test_every_command_that_the_page_names_exists() -> None:
    """No command of the page is a thing of the past."""
    named = set(re.findall(r"`?proofhouse ([a-z]+)", (ROOT / "README.md").read_text()))
    assert named <= set(COMMANDS) | {"is", "does"}
