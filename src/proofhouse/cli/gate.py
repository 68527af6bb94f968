# SPDX-License-Identifier: Apache-2.0
"""``proofhouse gate``: whether a patch fixes a flaw and breaks nothing else.

Ends with 0 accepted, 1 refused, 3 inconclusive; 2 is bad input, 5 a machine that lacks something.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from proofhouse.cli import print_json
from proofhouse.cli.validate import read_input, read_or_tell
from proofhouse.errors import InputError
from proofhouse.validation.gate import Check, GateRequest, Judgement, gate
from proofhouse.validation.reproduce import check_expected

EXIT = {"accepted": 0, "refused": 1, "inconclusive": 3}
MOST_CORPUS = 500

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(0.1, 3600)


@click.command()
@click.option("--source", type=_PATH, required=True, help="Folder or archive, without the patch.")
@click.option("--patch", type=_PATH, required=True, help="A unified diff against the source.")
@click.option("--build", default="", help="Shell line that builds it, in its folder.")
@click.option("--run", required=True, help="Runs it; {proof} is the input's path, else stdin.")
@click.option("--proof", type=_PATH, required=True, multiple=True, help="Shows the flaw.")
@click.option("--test", multiple=True, help="Shell line; passes after the patch.")
@click.option("--corpus", type=_PATH, help="Folder of benign inputs.")
@click.option("--expect-class", default="", help="heap-buffer-overflow, IndexError, exit-77 …")
@click.option("--build-timeout", type=_SECONDS, default=300.0, show_default=True, help="Seconds.")
@click.option("--timeout", type=_SECONDS, default=10.0, show_default=True, help="Seconds a run.")
@click.option("--test-timeout", type=_SECONDS, default=120.0, show_default=True, help="Seconds.")
@click.option(
    "--seconds",
    type=_SECONDS,
    default=60.0,
    show_default=True,
    help="Of processor time, to grow inputs.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the grown inputs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    source: Path,
    patch: Path,
    build: str,
    run: str,
    proof: tuple[Path, ...],
    test: tuple[str, ...],
    corpus: Path | None,
    expect_class: str,
    build_timeout: float,
    timeout: float,
    test_timeout: float,
    seconds: float,
    seed: int,
    as_json: bool,
) -> None:
    """Apply a patch to a copy, and see what it changes: for the proof, and for everything else.

    Everything runs in the sandbox only. Ends with 0 accepted, 1 refused, 3 inconclusive.
    """
    tree, wrong = read_or_tell(source)
    request = GateRequest(
        tree,
        read_input(patch),
        build,
        run,
        tuple(read_input(path) for path in proof),
        tests=test,
        corpus=read_corpus(corpus) if corpus else (),
        build_seconds=build_timeout,
        run_seconds=timeout,
        test_seconds=test_timeout,
        seconds=seconds,
        seed=seed,
        expect_class=check_expected(expect_class),
    )
    if wrong:
        judgement = Judgement("inconclusive", wrong, (Check("source", "inconclusive", wrong),))
    else:
        judgement = asyncio.run(gate(request))
    if as_json:
        print_json(judgement.to_dict())
    else:
        _show(judgement)
    click.get_current_context().exit(EXIT[judgement.verdict])


def read_corpus(folder: Path) -> tuple[bytes, ...]:
    """The regular files of a folder, in the order of their names."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    if len(files) > MOST_CORPUS:
        raise InputError(f"The corpus has more than {MOST_CORPUS} files.", hint="Choose.")
    return tuple(read_input(path) for path in files)


def _show(judgement: Judgement) -> None:
    click.echo(f"{judgement.verdict}: {judgement.reason}")
    for line in check_lines(judgement):
        click.echo(line)


def check_lines(judgement: Judgement) -> list[str]:
    """Every check on a line, and below it by what it was decided, where it decides anything."""
    lines = []
    for check in judgement.checks:
        lines.append(f"  {check.result:12} {check.name:14} {check.why}".rstrip())
        for name in ("input", "before", "after", "found"):
            if name in check.evidence and check.result != "passed":
                lines.append(f"{'':16}{name}: {_told(check.evidence[name])}")
    return lines


def _told(value: Any) -> str:
    """A piece of evidence on one line: an input, what a run did, or what stands in a patch."""
    if isinstance(value, dict) and "ended" in value:
        named = " in ".join(str(word) for word in (value["class"], value["function"]) if word)
        ended = f"{value['ended']} ({named})" if named else f"ended with {value['exitStatus']}"
        return f"{ended}, printed {str(value['told'])[:200]!r}"
    return repr(str(value)[:300])
