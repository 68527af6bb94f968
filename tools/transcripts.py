# SPDX-License-Identifier: Apache-2.0
"""Writes docs/commands.md: every command, what it is for, its options, and what it prints.

    python tools/transcripts.py

The story of ``tests/stories/commands.py`` is played twice, for a person and with --json, by the
program itself; only the model's answers, and what the sandbox would find of a report, are told
beforehand. Digests, keys and proofs are shown by short names that stay the same from one playing to
the next. ``tests/cli/test_transcripts.py`` plays it again and holds the page to it: whoever changes
what a command prints writes the page anew.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import tokens  # noqa: E402  (the path must be set first)
from proofhouse.cli import COMMANDS, program, sections  # noqa: E402
from proofhouse.cli.examples import EXAMPLES  # noqa: E402
from stories.commands import play  # noqa: E402
from stories.stage import Names, Played, Stage  # noqa: E402

PAGE = ROOT / "docs" / "commands.md"
SHOWN = 3
"""How many transcripts of one command the page shows."""
LONGEST = 160
"""Characters of one string of an answer, and items of one list that are shown below."""
MOST = 3
COMMON = {"--case", "--case-file", "--as", "--in", "--out", "--json", "--help"}
ELSEWHERE = {
    "review": "The [README](../README.md) shows it from the first line to the last.",
    "serve": "[The portal](portal.md) shows what it prints.",
    **{
        f"sandbox {verb}": "[The sandbox](sandbox.md#try-it) shows what it prints."
        for verb in ("run", "tiers", "escape")
    },
    "bank prove": "[Banks](banks.md) shows what it prints.",
    "duplicates judge": "[Duplicates](duplicates.md) tells how it judges.",
}
"""Commands without a transcript here, and where they are told."""
SANDBOXED = ("validate", "gate")
"""What builds and runs foreign programs; its `--help` tells it."""
STATEMENT = "0 · 1 the bundle of the case does not verify · 2 · 3 · 4 · 5 · 7"
EXITS = {
    "review": "0 · 2 · 3 · 5 · 6 · 7 · 8 · 130",
    "serve": "0 · 2 · 3 · 5 · 7 · 130",
    "verify": "0 verified · 1 a check failed · 2 · 4 signed by somebody unknown · 7",
    "audit": "0 all holds · 1 a check failed · 2 · 4 signed by somebody unknown · 5 · 7",
    "init": "0 · 2 · 3 there is a log already, or another log is trusted · 7",
    "key": "0 · 2 · 3 a key is there already, or a rule refuses its change · 5 · 7",
    "submit": STATEMENT + " · 6 the model did not answer",
    "plan": "0 · 2 · 3 · 5 · 6 the model did not answer · 7",
    "plan simulate": "0 · 2 · 3 such a plan would be refused",
    "evaluate": "0 · 2 · 3 · 5 · 6 the model failed · 7 · 8 · 130; the same command goes on",
    "bank new": "0 · 2 · 3 · 5 · 7",
    "bank prove": "0 all are proven · 1 an item is not · 2 · 5 · 7",
    "bank generate": "0 · 2 · 7",
    "bank check": "0 all that was looked at holds · 1 something does not · 2 · 3 · 4 signed by "
    "somebody unknown · 5 it needs another generator · 7",
    "bank seed share": "0 · 2 · 7",
    "bank seed recover": "0 · 1 the file does not open · 2 · 3 · 7",
    "invite": "0 · 2 · 4 signed by no assessor that is trusted · 5 · 7",
    "status": "0 · 1 the bundle of the case does not verify · 2 · 7",
    "bundle": "0 · 2 · 7",
    "erase": "0 · 2 · 3 the case has not ended · 7 · 130 not confirmed",
    "ledger": "0 · 2 · 7",
    "sandbox run": "the command's own · 124 time · 137 memory · 126 and 127 not started · "
    "before it starts: 2 · 3 · 5 · 8 the sandbox was lost",
    "sandbox tiers": "0 · 2",
    "sandbox": "0 · 1 an attack worked · 2 · 5 the machine lacks the tier",
    "witness": "0 · 2 · 7",
    "witness ask": "0 · 1 fewer cosigned than must · 2 · 7",
    "replay": "0 · 2",
    "horizon": "0 · 2",
    "duplicates": "0 · 2 · 7",
    "case": "0 · 2 · 3 a rule refuses it · 5 · 7",
    "case validate": "0 reproduced · 1 not_reproduced · 2 · 3 inconclusive, or a rule refuses it "
    "· 5 environment_failed, or the machine lacks something · 7",
    "case gate": "0 accepted · 1 refused · 2 · 3 inconclusive, or a rule refuses it · 5 · 7",
}
"""What a command ends with, by its words or its first; the others make a statement."""
HEAD = """# Commands

Every step has its own command, with the same verbs as the desk. `proofhouse COMMAND --help` says
the same as this page, with an example. [The tutorial](tutorial.md) goes through them in order.

This page is written by `python tools/transcripts.py`, which plays all of it, and a test plays it
again. Digests, ids, keys and proofs are shortened, and JSON is laid out and cut for the page: the
program prints one line.

## Homes

A home is one folder, `$PROOFHOUSE_HOME` or `~/.local/share/proofhouse`. Here are four, each on a
machine of its own, and only files pass between them:

| prompt | who | holds |
|---|---|---|
| `registry$` | the institute that runs the log | the log, the vault, the keys of assessor, registrar and two owning bodies |
| `developer$` | a lab | its own key and the trust policy |
| `partner$` | a trusted partner | its own key and the trust policy |
| `inspector$` | anybody who checks | the trust policy |

## Options of every step

A command that makes a statement registers it in the home of the log. Elsewhere it writes it to a
file, and the home of the log takes that.

| option | |
|---|---|
| `--case ID` | the case, in the home of the log: its id, or the first 8 digits or more |
| `--case-file BUNDLE` | the case, in any other home: the bundle that was sent; it is verified first |
| `--as KEY` | the key of this home that signs; may be repeated. Default: those of the role that makes the statement. `nobody` writes it unsigned. A key of another role is refused at once |
| `--out FILE` | writes the statement to FILE instead of registering it. It is confidential: it opens what the statement hides. A file that is there is never replaced, but for the one that `--in` names, and for an older bundle or page of the same case |
| `--in FILE` | takes such a file: with `--as` and `--out` to sign it too, with neither to register it |
| `--json` | one JSON object on standard output, the last line of it; errors are `{"error": {"message", "hint"}}` |

## Exit codes

| code | |
|---|---|
| 0 | done; for `verify` and `audit`: verified |
| 1 | a check failed: a signature, a proof, a commitment |
| 2 | bad input or usage |
| 3 | a rule refuses it; nothing was changed |
| 4 | signed by somebody whom the trust policy does not name |
| 5 | the machine or the home lacks something: a key, a program, a policy |
| 6 | the model's endpoint failed |
| 7 | the disk, the rights, or a damaged home |
| 8 | a process of ours was lost; run it again |
| 130 | interrupted; what was registered stands, and the same command goes on |

## Completion

One line in the start file of the shell completes commands, subcommands and options:

    eval "$(_PROOFHOUSE_COMPLETE=bash_source proofhouse)"          # ~/.bashrc (bash 4.4 or later)
    eval "$(_PROOFHOUSE_COMPLETE=zsh_source proofhouse)"           # ~/.zshrc
    _PROOFHOUSE_COMPLETE=fish_source proofhouse | source           # ~/.config/fish/config.fish
"""


def main() -> int:
    """Write the page; 1 if a command has no transcript."""
    page = made()
    PAGE.write_text(page)
    print(f"{len(page.splitlines()):,} lines in {PAGE.relative_to(ROOT)}")
    return 0


def made() -> str:
    """The page as the program makes it now."""
    names = Names()
    person, machine = (played(names, as_json=as_json) for as_json in (False, True))
    assert len(person) == len(machine)
    told: dict[str, list[tuple[Played, Played]]] = {}
    refused: list[tuple[Played, Played]] = []
    for pair in zip(person, machine, strict=True):
        if pair[0].code:
            refused.append(pair)
        else:
            told.setdefault(words_of(pair[0].line), []).append(pair)
    parts = [HEAD]
    for title, names in sections().items():
        parts.append(f"## {title}\n")
        for name in names:
            if name in SANDBOXED:
                parts.append(
                    f"### `{name}`\n\n{COMMANDS[name][1]} See `proofhouse {name} --help`.\n"
                )
                continue
            command = program.get_command(click.Context(program), name)
            assert command is not None
            parts += [
                _section(words, below, told.get(words, []))
                for words, below in below_of(name, command)
            ]
    parts.append("## What is refused\n\nEach with its exit code; nothing is changed.\n")
    parts += [_console([pair[0]]) for pair in refused]
    parts.append("With `--json` the last but one of them prints:\n")
    parts.append(_json(refused[-2][1]))
    return "\n".join(parts)


def played(names: Names, *, as_json: bool) -> list[Played]:
    """The whole story, with everything that differs between two playings replaced."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve() / "on"
        token = tokens.make_token(place / "hsm") if tokens.HAVE_SOFTHSM else None
        with Stage(place, as_json=as_json, environment=token) as stage:
            play(stage, token)
        replaced = {f"{place}/{who}": "~/.local/share/proofhouse" for who in HOMES}
        for done in stage.played:
            if done.told.get("url"):
                port = 8081 if "witness" in done.line else 8080
                replaced[done.told["url"]] = f"http://127.0.0.1:{port}"
        replaced |= {"../witness": "./witness", " --label j-key": " --label key"}
        replaced |= {" --label h-key": " --label key"}
        for number, done in enumerate(stage.played):
            line = f"{done.line} {number if as_json else ''}"
            line += str(sum(before.line == done.line for before in stage.played[:number]))
            _rename(done, lambda text, line=line: names.plain(text, line, replaced))
    return stage.played


def _rename(done: Played, change: Callable[[str], str]) -> None:
    done.line, done.output = change(done.line), change(done.output)
    done.told = _walk(done.told, change)


HOMES = ("developer", "registry", "partner", "inspector", "witness", "elsewhere")


def below_of(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command that does something and those below it, with their words."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield words, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from below_of(f"{words} {name}", below)


def words_of(line: str) -> str:
    """The command that ``line`` calls: ``agree offer``."""
    words = line[line.index("proofhouse ") :].split()[1:4]
    longest = (" ".join(words[:count]) for count in (3, 2, 1))
    return next(found for found in longest if found in EXAMPLES)


def without_token(page: str) -> str:
    """The page without what only a machine with a software token can play."""
    return re.sub(r"### `key token`\n.*?(?=\n### )", "", page, flags=re.DOTALL)


def _section(words: str, command: click.Command, pairs: Sequence[tuple[Played, Played]]) -> str:
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    lines = [f"### `{words}`", "", f"    proofhouse {words} {usage}", ""]
    lines += _prose(command.help or "")
    options = [option for option in _options(command) if option[0] not in COMMON]
    if options:
        lines += ["", "| option | |", "|---|---|", *(f"| `{o}{m}` | {t} |" for o, m, t in options)]
    lines += ["", f"Exit codes: {_exits(words)}.", ""]
    if words in ELSEWHERE:
        return "\n".join([*lines, ELSEWHERE[words], ""])
    if not pairs:
        if words == "key token":
            return "\n".join(lines)
        raise AssertionError(f"No line of the story calls `proofhouse {words}`.")
    shown = [pair for pair in pairs if " > " not in pair[0].line][:SHOWN]
    lines.append(_console([pair[0] for pair in shown]))
    lines += ["With `--json`:", "", _json(shown[0][1])]
    return "\n".join(lines)


def _exits(words: str) -> str:
    return EXITS.get(words) or EXITS.get(words.split()[0]) or STATEMENT


def _prose(text: str) -> list[str]:
    """A command's own help, laid out for a page."""
    lines: list[str] = []
    for block in inspect.cleandoc(text).split("\n\n"):
        if block.startswith("\b"):
            lines += ["", *(f"    {line}" for line in block.splitlines()[1:])]
        else:
            lines += ["", " ".join(block.split())]
    return lines[1:]


def _options(command: click.Command) -> Iterator[tuple[str, str, str]]:
    context = click.Context(command)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            record = parameter.get_help_record(context)
            assert record is not None
            told = re.sub(r"\[default: (.*?)\]", r"(default: \1)", record[1]).replace("|", "\\|")
            name = parameter.opts[0]
            meta = "" if parameter.is_flag else " " + parameter.make_metavar(context)
            yield name, meta.replace("|", "\\|"), " ".join(told.split())


def _console(done: Sequence[Played]) -> str:
    lines = ["```console"]
    for one in done:
        lines.append(f"{one.who}$ {one.line}")
        lines += [line.rstrip() for line in _shown(one).rstrip().splitlines()]
        if one.code:
            lines.append(f"[exit code {one.code}]")
        lines.append("")
    return "\n".join([*lines[:-1], "```", ""])


def _shown(done: Played) -> str:
    """What a person saw; a server's first line is made of what it told."""
    if done.told.get("url") and done.output.startswith("{"):
        return f"… at {done.told['url']} (Ctrl-C ends it)"
    return done.output


def _json(done: Played) -> str:
    text = json.dumps(_cut(done.told), indent=2, ensure_ascii=False)
    # Short lists and objects stand on one line.
    for pattern in (r"\[([^\[\]{}]*?)\]", r"\{([^\[\]{}]*?)\}"):
        text = re.sub(pattern, _joined, text)
    return f"```json\n{text}\n```\n"


def _joined(match: re.Match[str]) -> str:
    whole = " ".join(match.group(0).split())
    whole = re.sub(r"^([\[{]) ", r"\1", re.sub(r" ([\]}])$", r"\1", whole))
    return whole if len(whole) <= 90 else match.group(0)


def _cut(value: Any) -> Any:
    """``value`` with long texts and long lists cut."""
    if isinstance(value, dict):
        return {name: _cut(inner) for name, inner in value.items()}
    if isinstance(value, list):
        more = [f"… {len(value) - MOST + 1} more"] if len(value) > MOST else []
        return [*map(_cut, value[: MOST - 1 if more else MOST]), *more]
    if isinstance(value, str) and len(value) > LONGEST:
        return value[: LONGEST - 1] + "…"
    return value


def _walk(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {name: _walk(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [_walk(inner, change) for inner in value]
    return change(value) if isinstance(value, str) else value


if __name__ == "__main__":
    sys.exit(main())
