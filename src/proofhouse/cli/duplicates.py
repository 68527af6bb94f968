# SPDX-License-Identifier: Apache-2.0
"""``proofhouse duplicates``: which reports are one flaw."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import click

from proofhouse.cli import print_json
from proofhouse.validation.duplicates.cases import plain, read_cases
from proofhouse.validation.duplicates.index import Index
from proofhouse.validation.duplicates.judge import Judgement, judge_cases
from proofhouse.validation.duplicates.match import AT_LEAST, Answer
from proofhouse.validation.duplicates.match import match as find
from proofhouse.validation.duplicates.matrix import Bounds
from proofhouse.validation.duplicates.model import fitted
from proofhouse.validation.duplicates.records import read_queries, read_records

_SECONDS = click.FloatRange(0.1, 86_400)


@click.group()
def command() -> None:
    """Find reports that are one flaw, with a confidence and in words why."""


@command.command()
@click.option(
    "--corpus",
    type=click.Path(path_type=Path),
    required=True,
    help="Records, a JSON object a line (.jsonl, or gzip).",
)
@click.option(
    "--queries",
    type=click.Path(path_type=Path),
    required=True,
    help="Advisories or reports to look up, a JSON object a line (.jsonl, or gzip).",
)
@click.option(
    "--at-least",
    type=click.FloatRange(0, 1),
    default=None,
    help="State a match only from this confidence on (default 0.8); below it the answer is none.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a query, a line each.")
def match(corpus: Path, queries: Path, at_least: float | None, as_json: bool) -> None:
    """Say for each query which record of the corpus it is, how surely, and why.

    Answers come in the queries' order, each as soon as it is found. A confidence of 0.99 means
    right in 99 of 100 such answers. A line that can't be read ends the command with its number and
    exit code 2; it is never skipped. `aliases` in a query are not read.
    """
    for answer in _answers(corpus, queries, at_least):
        if as_json:
            print_json(answer.to_dict())
            continue
        found = answer.match or "no match"
        click.echo(f"{plain(answer.query)}  {found}  {answer.confidence:.4f}\n    {answer.why}")


def _answers(corpus: Path, queries: Path, at_least: float | None) -> Iterator[Answer]:
    wanted = read_queries(queries)
    first = next(wanted, None)  # a fault in line 1 shows before the index is built
    if first is None:
        return
    index = Index.build(read_records(corpus))
    threshold = AT_LEAST if at_least is None else at_least
    model = fitted()
    yield find(index, model, first, at_least=threshold)
    for query in wanted:
        yield find(index, model, query, at_least=threshold)


@command.command()
@click.option(
    "--cases",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder with a folder a case: case.json, source/, proof/, patch.diff.",
)
@click.option("--build-timeout", type=_SECONDS, default=300.0, show_default=True, help="Seconds.")
@click.option("--timeout", type=_SECONDS, default=10.0, show_default=True, help="Seconds a run.")
@click.option(
    "--seconds",
    type=_SECONDS,
    default=3600.0,
    show_default=True,
    help="For everything; what did not begin by then is inconclusive.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def judge(cases: Path, build_timeout: float, timeout: float, seconds: float, as_json: bool) -> None:
    """Run each report's patch against each other's proof, and group what is one flaw.

    Everything runs in the sandbox only. Aliases join groups; `related` never does. A case that
    can't take part is named with its reason, and the others are judged.
    """
    bounds = Bounds(seconds, build_timeout, timeout)
    found, excluded = read_cases(cases)
    judgement = asyncio.run(judge_cases(found, excluded, bounds))
    if as_json:
        print_json(judgement.to_dict())
    else:
        _show(judgement)


_MARKS = {"stops": "S", "crashes": ".", "elsewhere": "e", "partly": "p", "inconclusive": "?"}


def _show(judgement: Judgement) -> None:
    for at, group in enumerate(judgement.groups, 1):
        _say(f"{at}. {', '.join(group.members)}")
        for finding in group.evidence:
            _say(f"     {finding.first} = {finding.second} ({finding.basis}): {finding.reason}")
    for finding in judgement.related:
        _say(f"related: {finding.first} ~ {finding.second}: {finding.reason}")
    for alarm in judgement.alarms:
        _say(f"alarm: {alarm}")
    for out in judgement.excluded:
        _say(f"out ({out.part}): {out.case}: {out.reason}")
    names = [case.name for case in judgement.matrix.cases]
    if names:
        told = ", ".join(f"{mark} {word}" for word, mark in _MARKS.items())
        click.echo(f"\nRows are patches, columns proofs in the same order: {told}.")
    width = max((len(name) for name in names), default=0)
    for row in names:
        marks = " ".join(_MARKS[judgement.matrix.cell(row, name).outcome] for name in names)
        _say(f"{row:{width}}  {marks}")


def _say(line: str) -> None:
    """One line, whatever a hostile program or patch put into it."""
    click.echo("".join(c if c.isprintable() else "�" for c in line[:2000]))
