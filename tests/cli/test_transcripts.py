# SPDX-License-Identifier: Apache-2.0
"""``docs/commands.md`` shows what the program prints: it is played again and compared."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import click
import pytest

import tokens
from proofhouse.cli import program

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import transcripts  # noqa: E402  (the path must be set first)


@pytest.fixture(scope="module")
def made() -> str:
    return transcripts.made()


def test_the_page_is_what_the_program_prints(made: str) -> None:
    """Four homes play every command, and not one line of the page is otherwise."""
    page = transcripts.PAGE.read_text()
    if not tokens.HAVE_SOFTHSM:
        made, page = map(transcripts.without_token, (made, page))
    changed = difflib.unified_diff(page.splitlines(), made.splitlines(), "page", "program", n=1)
    lines = list(changed)
    assert not lines, "Write it anew: python tools/transcripts.py\n" + "\n".join(lines[:60])


def test_the_page_tells_nothing_of_the_machine_that_wrote_it(made: str) -> None:
    """No folder, port or moment of this machine is in it."""
    assert str(ROOT) not in made
    assert "/tmp" not in made
    assert "127.0.0.1:80" in made


def test_a_command_without_a_transcript_is_noticed() -> None:
    """A page with a command that no line of the story calls is not written."""
    command = program.get_command(click.Context(program), "status")
    assert command is not None
    with pytest.raises(AssertionError, match="calls `proofhouse status`"):
        transcripts._section("status", command, [])
