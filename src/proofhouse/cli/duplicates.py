# SPDX-License-Identifier: Apache-2.0
"""``proofhouse duplicates``: which reports are one flaw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from proofhouse.cli import print_json
from proofhouse.validation.duplicates.index import Index
from proofhouse.validation.duplicates.match import AT_LEAST, Answer
from proofhouse.validation.duplicates.match import match as find
from proofhouse.validation.duplicates.model import fitted
from proofhouse.validation.duplicates.records import read_queries, read_records


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
        click.echo(f"{_plain(answer.query)}  {found}  {answer.confidence:.4f}\n    {answer.why}")


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


def _plain(name: str) -> str:
    return "".join(c if c.isprintable() else "�" for c in name[:80])
