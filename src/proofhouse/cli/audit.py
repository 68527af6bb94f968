# SPDX-License-Identifier: Apache-2.0
"""``proofhouse audit PLACE``: the public's check of a whole log, and the inspector's of a home."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from proofhouse.cli import print_json
from proofhouse.errors import InputError, PrerequisiteError

MARKS = {"held": "✓", "failed": "✗", "not_checked": "·", "overdue": "!"}
CODES = {"verified": 0, "failed": 1, "unknown_signers": 4}
MAX_BYTES = 2_000_000
"""No key, policy or memory is larger."""


@click.command()
@click.argument("place", required=False)
@click.option("--key", metavar="VKEY", help="The log's verifier key, or a file that holds it.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="The trust policy: the log's key and whose signatures count. Get it, or the key, from "
    "somebody you trust, never with the log. Default: policy.json of your home.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="Where the audit remembers what it saw. Default: a file of its own for each log, under "
    "$XDG_STATE_HOME/proofhouse/audits.",
)
@click.option(
    "--inspector",
    is_flag=True,
    help="Open every sealed leaf from the vault of your home and check every case.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path),
    help="The home whose vault the inspector opens. Default: $PROOFHOUSE_HOME.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(place: str | None, as_json: bool, **options: Any) -> None:
    """Audit a whole log from its public files at PLACE, a folder or an http(s) URL.

    Builds the tree anew from every leaf, holds it to the signed checkpoint, to every tile and to
    what the last audit saw, and says which public rules held: one threshold a bank version, every
    determination measured by what was committed before it, what is overdue to be opened.

    Exits 0 only if everything holds; 1 if a check failed; 4 if somebody whom you did not name
    signed. What is overdue is told, and is no failure. Without PLACE, --inspector audits the log
    of the home itself.
    """
    from proofhouse.audit import audit
    from proofhouse.bootstrap import utc_now
    from proofhouse.ledger.published import published

    if options["inspector"]:
        from proofhouse.cli.inspect import inspect

        report, found = inspect(place, options)
    elif place is None:
        raise InputError(
            "Which log?", hint="Name its folder or URL: proofhouse audit https://log.example/one"
        )
    else:
        key, policy = trusted(options["key"], options["policy"], options["home"])
        state = options["state"] or default_state(str(key))
        files = published(place)
        try:
            report = audit(files, key, policy=policy, now=utc_now(), seen=remembered(state))
        finally:
            files.close()
        if report.seen is not None:
            remember(state, report.seen.to_bytes())
        found = None
    tell(report, found, as_json)
    codes = [CODES[part.status] for part in (report, found) if part is not None]
    raise click.exceptions.Exit(1 if 1 in codes else max(codes))


def trusted(key: str | None, policy: Path | None, home: Path | None) -> tuple[Any, Any]:
    """The log's key, and the trust policy if there is one."""
    from proofhouse.formats.note import VerifierKey
    from proofhouse.formats.policy import Policy
    from proofhouse.home import default_path

    if key is not None and policy is not None:
        raise InputError("Give --key or --policy, not both: a policy names the log's key.")
    if key is not None:
        text = key if "+" in key else read(Path(key), "verifier key").decode("utf-8", "replace")
        return VerifierKey.parse(text.strip()), None
    path = policy or (home or default_path()) / "policy.json"
    if policy is None and not path.exists():
        raise InputError(
            "Nothing is trusted yet: neither a key nor a policy is given.",
            hint="Get the log's verifier key from somebody you trust and name it with --key, or a "
            "trust policy with --policy.",
        )
    found = Policy.parse(read(path, "trust policy"))
    return found.log, found


def default_state(key: str) -> Path:
    """Where audits of the log with this verifier key remember."""
    from proofhouse.formats.digest import sha256_hex
    from proofhouse.home import state_path

    return state_path() / "audits" / f"{sha256_hex(key.encode())[:32]}.json"


def remembered(path: Path) -> Any:
    """What the last audit wrote there, or None."""
    from proofhouse.audit import Seen

    return Seen.parse(read(path, "memory of the last audit")) if path.exists() else None


def remember(path: Path, data: bytes) -> None:
    """Keep what this audit saw."""
    from proofhouse.durable import make_folders, told, write_file

    with told("the audit's memory", path):
        make_folders(path.absolute().parent)
        write_file(path, data, 0o644)


def read(path: Path, what: str) -> bytes:
    """A small file that was named. Raises InputError, PrerequisiteError."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"The {what} {path} is not a file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"There is no {what} at {path}.") from None
    except OSError as error:
        raise PrerequisiteError(
            f"The {what} {path} can't be read: {os.strerror(error.errno or 0)}."
        ) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"The {what} {path} is larger than {MAX_BYTES:,} bytes.")
    return data


def tell(report: Any, found: Any, as_json: bool) -> None:
    """Print what the public audit and, if there was one, the inspection found."""
    if as_json:
        print_json(as_object(report, found))
        return
    for check in report.checks:
        click.echo(f"{MARKS[check.result]} {check.sentence}")
    if report.conflict:
        for name, note in zip(("remembered", "published"), report.conflict, strict=True):
            click.echo(f"\nThe checkpoint {name}:\n\n{note}", nl=False)
    if found is not None:
        click.echo("\nInspected, with what the vault opens:\n")
        for check in found.checks:
            click.echo(f"{MARKS[check.result]} {check.sentence}")
    click.echo("")
    click.echo(_ending(report, found))


def _ending(report: Any, found: Any) -> str:
    states = {part.status for part in (report, found) if part is not None}
    checks = report.checks + (found.checks if found is not None else ())
    if "failed" in states:
        return "NOT verified: a check failed. Keep the files: they are evidence."
    if "unknown_signers" in states:
        return "NOT verified: somebody whom you did not name signed it."
    overdue = sum(check.result == "overdue" for check in checks)
    late = f" {overdue} overdue." if overdue else ""
    return f"Verified: {report.size:,} leaves.{late}"


def as_object(report: Any, found: Any) -> dict[str, object]:
    """The audit as ``--json`` prints it."""
    shown: dict[str, object] = {
        "status": report.status,
        "size": report.size,
        "sealed": report.sealed,
        "clear": report.clear,
        "checks": _checks(report),
        "promises": [
            {
                "leaf": promise.index,
                "name": promise.name,
                "openBy": promise.open_by,
                "state": promise.state,
                "openedAtLeaf": promise.opened,
            }
            for promise in report.promises
        ],
        "conflict": list(report.conflict),
    }
    if found is not None:
        shown["inspection"] = {"status": found.status, "checks": _checks(found), **found.counts}
    return shown


def _checks(report: Any) -> list[dict[str, str]]:
    return [
        {"name": check.name, "result": check.result, "sentence": check.sentence}
        for check in report.checks
    ]
