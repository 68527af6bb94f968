# SPDX-License-Identifier: Apache-2.0
"""What the program says of itself: sections, options, examples, completion in three shells."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from proofhouse.cli import COMMANDS, program, sections
from proofhouse.cli.examples import EXAMPLES

PROGRAM = Path(sys.executable).with_name("proofhouse")


def commands(
    words: tuple[str, ...] = (), command: click.Command = program
) -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with its words."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if not words and name in SANDBOXED:
                continue
            below = command.get_command(context, name)
            assert below is not None
            yield from commands((*words, name), below)


SANDBOXED = ("validate", "gate")
"""What builds and runs foreign programs has its examples in its own pages."""

EVERY = dict(commands())


def test_the_first_help_groups_every_command() -> None:
    """Each command stands in one section, in the order in which a person meets them."""
    said = CliRunner().invoke(program, ["--help"]).output
    titles = [title for title in sections() if f"\n{title}:\n" in said]
    assert titles == list(sections())
    listed = [name for names in sections().values() for name in names]
    assert sorted(listed) == sorted(COMMANDS)
    assert said.index("  review ") < said.index("  init ") < said.index("  bank ")
    assert "Exit codes:" in said


def test_the_first_help_imports_no_command() -> None:
    """It answers at once: neither numbers nor keys nor a command is loaded for it."""
    script = (
        "import sys; from click.testing import CliRunner; from proofhouse.cli import program;"
        "CliRunner().invoke(program, ['--help'], catch_exceptions=False);"
        "print([name for name in ('numpy', 'cryptography', 'inspect_ai', 'proofhouse.cli.review',"
        " 'proofhouse.formats', 'sqlite3') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", EVERY)
def test_a_command_tells_itself(words: str) -> None:
    """A sentence, one JSON flag, and an example that this very command would take."""
    command = EVERY[words]
    assert (command.help or "").strip()
    assert any("--json" in parameter.opts for parameter in command.params)
    said = CliRunner().invoke(program, [*words.split(), "--help"]).output
    assert f"For example:\n    {EXAMPLES[words]}\n" in said
    line = shlex.split(EXAMPLES[words].split(" > ")[0])
    assert line[0] == "proofhouse"
    assert line[1 : 1 + len(words.split())] == words.split()
    command.make_context(words, line[1 + len(words.split()) :])  # raises on a word it can't take


def test_no_example_is_of_no_command() -> None:
    """A command that is renamed takes its example along."""
    assert set(EXAMPLES) == set(EVERY)


def offered(*words: str) -> set[str]:
    """What is offered for the last of ``words``."""
    shell = BashComplete(program, {}, "proofhouse", "_PROOFHOUSE_COMPLETE")
    return {item.value for item in shell.get_completions(list(words[:-1]), words[-1])}


def test_commands_subcommands_and_options_are_completed() -> None:
    """What was typed of a command, of one below it or of an option is completed."""
    assert offered("") == set(COMMANDS)
    assert offered("in") == {"init", "invite", "inquire"}
    assert offered("agree", "") == {"request", "offer", "answer"}
    assert offered("plan", "s") == {"simulate"}
    assert offered("agree", "offer", "--ca") == {"--case", "--case-file"}
    assert offered("--v") == {"--version"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_answered(shell: str) -> None:
    """The program itself answers a shell that asks what follows ``proofhouse agree``."""
    environment = {
        **os.environ,
        "_PROOFHOUSE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "proofhouse agree ",
        "COMP_CWORD": "" if shell == "fish" else "2",
    }
    done = subprocess.run(
        [PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert all(name in done.stdout for name in ("request", "offer", "answer"))
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_line_that_turns_completion_on(shell: str) -> None:
    """What the documented line hands to the shell is a script that asks this program."""
    environment = {**os.environ, "_PROOFHOUSE_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert f"_PROOFHOUSE_COMPLETE={shell}_complete" in done.stdout
