# SPDX-License-Identifier: Apache-2.0
"""``proofhouse validate``: whether a reported proof does what it claims.

Ends with 0 reproduced, 1 not_reproduced, 3 inconclusive, 5 environment_failed; 2 is bad input.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import click

from proofhouse.cli import print_json
from proofhouse.errors import FormatError, InputError, RefusedError
from proofhouse.validation.program import MOST_PROOF, Seen
from proofhouse.validation.reproduce import Report, Request, check_expected, validate
from proofhouse.validation.sources import Tree, make_tree, read_source

EXIT = {"reproduced": 0, "not_reproduced": 1, "inconclusive": 3, "environment_failed": 5}

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(0.1, 3600)


@click.command()
@click.option("--source", type=_PATH, required=True, help="Folder or archive (tar, zip).")
@click.option("--newest", type=_PATH, help="The newest source, judged beside.")
@click.option("--build", default="", help="Shell line that builds it, in its folder.")
@click.option("--run", required=True, help="Runs it; {proof} is the input's path, else stdin.")
@click.option("--proof", type=_PATH, required=True, help="The input that shows the flaw.")
@click.option("--benign", type=_PATH, multiple=True, help="An input that must stay quiet.")
@click.option("--expect-class", default="", help="heap-buffer-overflow, IndexError, exit-77 …")
@click.option("--expect-function", default="", help="Where it crashes, innermost.")
@click.option("--build-timeout", type=_SECONDS, default=300.0, show_default=True, help="Seconds.")
@click.option("--timeout", type=_SECONDS, default=10.0, show_default=True, help="Seconds a run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    source: Path,
    newest: Path | None,
    build: str,
    run: str,
    proof: Path,
    benign: tuple[Path, ...],
    expect_class: str,
    expect_function: str,
    build_timeout: float,
    timeout: float,
    as_json: bool,
) -> None:
    """Build a source and see whether a proof crashes it, three times, beside a benign control.

    Everything runs in the sandbox only. Ends with 0 reproduced, 1 not_reproduced,
    3 inconclusive, 5 environment_failed.
    """
    tree, wrong = read_or_tell(source)
    newer, newer_wrong = read_or_tell(newest) if newest else (None, "")
    request = Request(
        tree,
        build,
        run,
        read_input(proof),
        newest=newer,
        benign=tuple(read_input(path) for path in benign),
        expect_class=check_expected(expect_class),
        expect_function=expect_function,
        build_seconds=build_timeout,
        run_seconds=timeout,
    )
    if wrong:
        report = Report("environment_failed", wrong)
    else:
        judged = replace(request, newest=None) if newer_wrong else request
        report = asyncio.run(validate(judged))
        if newer_wrong:
            report = replace(report, newest=Report("environment_failed", newer_wrong))
    if as_json:
        print_json(report.to_dict(request))
    else:
        _show(report)
    click.get_current_context().exit(EXIT[report.verdict])


_LOG_LINES = 12


def read_or_tell(path: Path) -> tuple[Tree, str]:
    """A source, or an empty one and why it can't be used: it leads out, is a bomb, or is damaged.

    That is a fact about what was sent in, and so a verdict. Raises InputError where nothing is.
    """
    try:
        return read_source(path), ""
    except (RefusedError, FormatError) as error:
        return make_tree(()), f"The source {path.name} is not unpacked: {error.message}"


def read_input(path: Path) -> bytes:
    """A file that is handed to the program; InputError when there is none or it is too long."""
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    if path.stat().st_size > MOST_PROOF:
        raise InputError(f"The file {path} is longer than {MOST_PROOF >> 20} MiB.")
    return path.read_bytes()


def _show(report: Report) -> None:
    click.echo(f"{report.verdict}: {report.reason}")
    if not report.turns:
        for line in report.build_log.splitlines()[1:][-_LOG_LINES:]:
            click.echo(f"    {line}")
    for at, turn in enumerate(report.turns, 1):
        controls = ", ".join(str(seen) for seen in turn.controls)
        click.echo(f"  run {at}: {turn.proof}; control: {controls}")
    for line in _trace(report.seen):
        click.echo(f"    {line}")
    if report.newest is not None:
        click.echo(f"newest: {report.newest.verdict}: {report.newest.reason}")


def _trace(seen: Seen | None) -> tuple[str, ...]:
    return seen.trace if seen is not None else ()
