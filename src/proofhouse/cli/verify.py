# SPDX-License-Identifier: Apache-2.0
"""``proofhouse verify BUNDLE``: the outsider's check."""

from __future__ import annotations

from pathlib import Path

import click

from proofhouse.cli import print_json
from proofhouse.errors import InputError, StorageError
from proofhouse.formats.policy import Policy
from proofhouse.verify import Report, verify

MARKS = {"held": "✓", "failed": "✗", "not_checked": "·"}
CODES = {"verified": 0, "failed": 1, "unknown_signers": 4}


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="The trust policy: whose signatures count. Get it from somebody you trust, never with "
    "the bundle. Default: policy.json of your home.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(bundle: Path, policy: Path | None, as_json: bool) -> None:
    """Check BUNDLE offline, and say in plain sentences what was checked and what could not be.

    Exits 0 only if it is verified; 1 if a check failed; 4 if it is signed by somebody whom the
    trust policy does not name.
    """
    if policy is None:
        from proofhouse.home import default_path

        policy = default_path() / "policy.json"
    report = verify(_read(bundle, "bundle"), Policy.parse(_read(policy, "trust policy")))
    if as_json:
        print_json(as_object(report))
    else:
        for line in sentences(report):
            click.echo(line)
    raise click.exceptions.Exit(CODES[report.status])


def as_object(report: Report) -> dict[str, object]:
    """The report as ``verify --json`` prints it."""
    return {
        "status": report.status,
        "checks": [
            {"name": check.name, "result": check.result, "sentence": check.sentence}
            for check in report.checks
        ],
        "conclusion": report.conclusion,
    }


def sentences(report: Report) -> list[str]:
    """The report for a person, a line a check."""
    lines = [f"{MARKS[check.result]} {check.sentence}" for check in report.checks]
    ends = {
        "verified": f"Verified. {report.conclusion}",
        "failed": "NOT verified: a check failed. Do not rely on this file.",
        "unknown_signers": "NOT verified: somebody whom your trust policy does not name signed it.",
    }
    return [*lines, "", ends[report.status]]


MAX_BYTES = 64 * 1024 * 1024
"""No bundle and no policy is larger."""


def _read(path: Path, what: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"The {what} {path} is not a file.")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise InputError(f"The {what} {path} is larger than {MAX_BYTES:,} bytes.")
        return data
    except FileNotFoundError:
        hint = "Name it with --policy." if what == "trust policy" else ""
        raise InputError(f"There is no {what} at {path}.", hint=hint) from None
    except OSError as error:
        raise StorageError(f"The {what} {path} can't be read: {error.strerror}.") from None
