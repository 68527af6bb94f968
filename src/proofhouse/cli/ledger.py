# SPDX-License-Identifier: Apache-2.0
"""``proofhouse ledger``: look at the log of a home, prove a leaf, publish and serve its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofhouse.cli import print_json

if TYPE_CHECKING:
    from proofhouse.ledger.log import Log

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_HOME = click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="The home that holds the log. Default: $PROOFHOUSE_HOME.",
)


@click.group()
def command() -> None:
    """The public log: list, show and prove its leaves, export and serve its files.

    May be used while another process uses the home. Nothing here changes the log.
    """


@command.command("list")
@_HOME
@click.option("--from", "start", default=0, show_default=True, help="The first leaf to list.")
@click.option("--count", type=click.IntRange(1), help="How many; by default all.")
@_JSON
def list_(home: Path | None, start: int, count: int | None, as_json: bool) -> None:
    """List the leaves, one a line: number, what it is, when it says it was made."""
    from proofhouse.bootstrap import open_ledger

    with open_ledger(home) as log:
        stop = log.size if count is None else min(log.size, start + count)
        leaves = _leaves(log, start, stop)
        if as_json:
            print_json({"origin": log.origin, "size": log.size, "leaves": list(leaves)})
            return
        click.echo(f"{log.origin}, {log.size:,} leaves")
        for leaf in leaves:
            what = leaf.get("statement") or f"sealed  {leaf['sealed'][:16]}…"
            click.echo(f"{leaf['index']:>7}  {what:<26}  {leaf.get('madeAt', '')}".rstrip())


@command.command()
@click.argument("index", type=int)
@_HOME
@_JSON
def show(index: int, home: Path | None, as_json: bool) -> None:
    """Show the leaf INDEX as the public sees it."""
    import json

    from proofhouse.bootstrap import open_ledger

    with open_ledger(home) as log:
        (leaf,) = _leaves(log, index, index + 1)
    if as_json:
        print_json(leaf)
    else:
        click.echo(json.dumps(leaf, indent=2, ensure_ascii=False))


@command.command()
@click.argument("index", type=int)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write the proof to this file, not to the screen.",
)
@_HOME
@_JSON
def prove(index: int, out: Path | None, home: Path | None, as_json: bool) -> None:
    """Prove that the leaf INDEX is in the log: a C2SP tlog-proof, for offline use.

    The proof is against the newest checkpoint that witnesses cosigned, if it holds the leaf.
    """
    from proofhouse.bootstrap import open_ledger
    from proofhouse.durable import told, write_file

    with open_ledger(home) as log:
        proof, leaf = log.tlog_proof(index), log.leaf(index)
    if out is not None:
        with told("the proof", out):
            write_file(out, proof.encode(), 0o644)
    if as_json:
        print_json({"index": index, "leaf": leaf.decode(), "proof": proof})
    elif out is None:
        click.echo(proof, nl=False)


@command.command()
@click.argument("directory", type=click.Path(path_type=Path))
@_HOME
@_JSON
def export(directory: Path, home: Path | None, as_json: bool) -> None:
    """Write the log to DIRECTORY as static files that any C2SP tlog-tiles reader reads.

    tile/…, tile/entries/…, checkpoint, and log.vkey, the verifier key. Repeated, it writes only
    what is new; a folder that holds another log, or a longer one, is left as it is.
    """
    from proofhouse.bootstrap import open_ledger

    with open_ledger(home) as log:
        size, lines = _export(log, directory)
        verifier = str(log.verifier)
    if as_json:
        told = {"directory": str(directory), "size": size, "cosignatures": lines, "key": verifier}
        print_json(told)
        return
    click.echo(f"{size:,} leaves in {directory}, {_seen(lines)}.")
    click.echo(f"Verifier key: {verifier}")


@command.command()
@click.argument("place", required=False, type=click.Path(path_type=Path))
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535))
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address at which to listen."
)
@_JSON
def serve(place: Path | None, port: int, host: str, as_json: bool) -> None:
    """Serve PLACE, an exported log or a home, as static files over HTTP; Ctrl-C ends it.

    A home (the default: yours) is exported to its folder `log` first.
    """
    from proofhouse.bootstrap import open_ledger
    from proofhouse.home import default_path
    from proofhouse.ledger.serve import LogServer

    place = place or default_path()
    if (place / "home.json").exists():
        with open_ledger(place) as log:
            _export(log, place / "log")
        place = place / "log"
    with LogServer(place, host, port) as server:
        if as_json:
            print_json({"url": server.url, "directory": str(place)})
        else:
            click.echo(f"Serving {place} at {server.url} (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Ended.", err=True)


def _export(log: Log, directory: Path) -> tuple[int, int]:
    """Export; the size, and how many lines of witnesses its checkpoint carries."""
    from proofhouse.formats.note import Note
    from proofhouse.ledger.export import CHECKPOINT, export

    size = export(log, directory)
    note = Note.parse((directory / CHECKPOINT).read_bytes())
    return size, len(note.signatures) - 1


def _seen(lines: int) -> str:
    if not lines:
        return "seen by no witness (`proofhouse witness ask` asks them)"
    return f"cosigned by {lines} {'witness' if lines == 1 else 'witnesses'}"


def _leaves(log: Log, start: int, stop: int) -> Iterator[dict[str, Any]]:
    """Leaves as people see them. Raises InputError if there are none of these numbers."""
    from proofhouse.errors import FormatError, InputError
    from proofhouse.formats.leaf import SealedLeaf, parse_leaf
    from proofhouse.formats.merkle import leaf_hash
    from proofhouse.formats.predicates import TIMES, predicate_name
    from proofhouse.formats.statement import Statement

    if not 0 <= start < max(stop, start + 1) <= log.size:
        raise InputError(
            f"There is no leaf {start} in a log of {log.size}.",
            hint=f"Leaves are numbered from 0 to {log.size - 1}.",
        )
    for index, data in enumerate(log.leaves(start, stop), start):
        shown: dict[str, Any] = {"index": index, "hash": leaf_hash(data).hex()}
        try:
            leaf = parse_leaf(data)
            if isinstance(leaf, SealedLeaf):
                yield {**shown, "sealed": leaf.sealed}
                continue
            statement = Statement.parse(leaf.envelope.payload)
            name = predicate_name(statement.predicate_type)
        except FormatError as error:
            yield {**shown, "statement": "not readable", "why": str(error)}
            continue
        yield {
            **shown,
            "statement": name,
            "madeAt": statement.predicate.get(TIMES[name]),
            "digest": leaf.envelope.digest,
            "signers": [signature.keyid for signature in leaf.envelope.signatures],
            "predicate": dict(statement.predicate),
        }
