# SPDX-License-Identifier: Apache-2.0
"""``proofhouse witness``: be a witness of logs, or ask those that one's own policy names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from proofhouse.cli import print_json
from proofhouse.errors import InputError, VerificationError

MARKS = {"cosigned": "✓", "refused": "✗", "unreachable": "·"}
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_HOME = click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="The home that holds the log. Default: $PROOFHOUSE_HOME.",
)
_DIRECTORY = click.argument("directory", type=click.Path(path_type=Path))


@click.group()
def command() -> None:
    """Witness logs (init, watch, serve), or have one's own log witnessed (trust, ask).

    A witness signs that it saw a log grow and never shrink or fork: C2SP tlog-witness.
    """


@command.command()
@_DIRECTORY
@click.option("--name", required=True, help="The witness's name, like witness.example/one.")
@click.option(
    "--algorithm",
    "algorithms",
    multiple=True,
    default=("ed25519",),
    show_default=True,
    type=click.Choice(["ed25519", "ml-dsa-44"]),
    help="What it signs with; may be repeated for both.",
)
@_JSON
def init(directory: Path, name: str, algorithms: tuple[str, ...], as_json: bool) -> None:
    """Make a witness in DIRECTORY and print its verifier keys, one a line."""
    from proofhouse.witness.witness import Witness

    witness = Witness.create(directory, name, algorithms)
    keys = [str(signer.verifier) for signer in witness.signers]
    witness.close()
    if as_json:
        print_json({"directory": str(directory), "name": name, "keys": keys})
    else:
        click.echo("\n".join(keys))


@command.command()
@_DIRECTORY
@click.argument("vkey")
@_JSON
def watch(directory: Path, vkey: str, as_json: bool) -> None:
    """Have the witness in DIRECTORY cosign checkpoints of the log with the key VKEY."""
    from proofhouse.formats.note import VerifierKey
    from proofhouse.witness.witness import Witness

    witness = Witness.open(directory)
    try:
        witness.watch(VerifierKey.parse(vkey))
        watched = witness.watched()
    finally:
        witness.close()
    if as_json:
        print_json({"watched": [{"origin": origin, "size": size} for origin, size in watched]})
    else:
        for origin, size in watched:
            click.echo(f"{origin}, signed at {size:,} leaves" if size else f"{origin}, not signed")


@command.command()
@_DIRECTORY
@click.option("--port", default=8081, show_default=True, type=click.IntRange(0, 65_535))
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address at which to listen."
)
@_JSON
def serve(directory: Path, port: int, host: str, as_json: bool) -> None:
    """Answer logs that ask the witness in DIRECTORY; Ctrl-C ends it."""
    from proofhouse.witness.server import WitnessServer
    from proofhouse.witness.witness import Witness

    witness = Witness.open(directory)
    try:
        with WitnessServer(witness, host, port) as server:
            if as_json:
                print_json({"url": server.url, "name": witness.name})
            else:
                click.echo(f"The witness {witness.name} listens at {server.url} (Ctrl-C ends it)")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                click.echo("Ended.", err=True)
    finally:
        witness.close()


@command.command()
@click.argument("vkey")
@click.option("--url", help="Where to ask it.")
@click.option(
    "--threshold", type=click.IntRange(0), help="How many of the trusted witnesses must cosign."
)
@_HOME
@_JSON
def trust(
    vkey: str, url: str | None, threshold: int | None, home: Path | None, as_json: bool
) -> None:
    """Add the witness with the key VKEY to the trust policy of the home.

    Others who verify this log have policies of their own: tell them.
    """
    from dataclasses import replace

    from proofhouse.durable import told, write_file
    from proofhouse.formats.note import VerifierKey
    from proofhouse.formats.policy import Policy
    from proofhouse.ledger.published import connect

    path = _policy_path(home)
    policy = Policy.parse(path.read_bytes())
    key = VerifierKey.parse(vkey)
    urls = dict(policy.witness_urls)
    if url is not None:
        connect(url, 1)  # not opened: refuses what is no address
        urls[key.name] = url
    keys = policy.witnesses
    if str(key) not in {str(known) for known in keys}:
        keys = (*keys, key)
    needed = policy.witness_threshold if threshold is None else threshold
    made = replace(policy, witnesses=keys, witness_threshold=needed, witness_urls=urls)
    with told("the trust policy", path):
        write_file(path, made.to_bytes(), 0o644)
    names = list(dict.fromkeys(known.name for known in keys))
    if as_json:
        print_json({"policy": str(path), "witnesses": names, "threshold": needed})
    else:
        click.echo(f"{needed} of {len(names)} must cosign: {', '.join(names)}")


@command.command()
@click.option(
    "--at", multiple=True, metavar="NAME=URL", help="Where to ask a witness; may be repeated."
)
@_HOME
@_JSON
def ask(at: tuple[str, ...], home: Path | None, as_json: bool) -> None:
    """Ask each witness of the trust policy to cosign the log's present checkpoint.

    What holds is kept: exports and new bundles carry it. Exits 0 if as many witnesses as the
    policy wants (at least one) stand by the checkpoint, 1 if fewer do.
    """
    from proofhouse.bootstrap import open_ledger
    from proofhouse.formats import checkpoint as checkpoints
    from proofhouse.formats.policy import Policy
    from proofhouse.witness import ask as asking

    urls = dict(_place(text) for text in at)
    policy = Policy.parse(_policy_path(home).read_bytes())
    with open_ledger(home) as log:
        note, asked = asking.ask(log, policy, urls)
        have = asking.keep(log, policy, note, asked)
    size = checkpoints.parse(note)[0].size
    enough = len(have) >= max(policy.witness_threshold, 1)
    if as_json:
        print_json(_as_object(size, policy.witness_threshold, have, asked))
    else:
        for one in asked:
            click.echo(f"{MARKS[one.result]} {one.name}: {one.sentence}")
    if not enough:
        raise VerificationError(
            f"{len(have)} of the trusted witnesses stand by the checkpoint of {size:,} leaves, "
            f"{max(policy.witness_threshold, 1)} must.",
            hint="Ask again when the others can be reached.",
        )
    if not as_json:
        click.echo(f"{len(have)} stand by the checkpoint of {size:,} leaves.")


def _policy_path(home: Path | None) -> Path:
    from proofhouse.home import default_path

    path = (home or default_path()) / "policy.json"
    if not path.exists():
        raise InputError(f"There is no trust policy at {path}.", hint="Choose a home with --home.")
    return path


def _place(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not NAME=URL.")
    return name, url


def _as_object(
    size: int, threshold: int, have: frozenset[str], asked: tuple[Any, ...]
) -> dict[str, object]:
    return {
        "size": size,
        "threshold": threshold,
        "standing": sorted(have),
        "asked": [
            {"name": one.name, "result": one.result, "sentence": one.sentence} for one in asked
        ],
    }
