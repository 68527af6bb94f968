# SPDX-License-Identifier: Apache-2.0
"""``proofhouse verify BUNDLE``: the outsider's check."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from proofhouse.cli import print_json
from proofhouse.errors import FormatError, InputError, StorageError
from proofhouse.formats import canonical
from proofhouse.formats.bundle import FORMAT as BUNDLE
from proofhouse.formats.policy import FORMAT as POLICY
from proofhouse.formats.policy import Policy
from proofhouse.verify import Check, Report, verify

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
    trusted = _policy(_read(policy, "trust policy"), policy)
    data = _read(bundle, "bundle")
    report = recognised(verify(data, trusted), data)
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


def recognised(report: Report, data: bytes) -> Report:
    """The report of a file that is no bundle, with a sentence that says what it seems to be.

    A guess for people, from the file's first bytes: nothing is decided by it.
    """
    if report.status != "failed" or [check.name for check in report.checks] != ["bytes"]:
        return report
    guess = _seems(data)
    if guess is None:
        return report
    return replace(report, checks=(Check("bytes", "failed", guess),))


def _seems(data: bytes) -> str | None:
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not data.strip():
        return "The file is empty, where a bundle is some ten thousand bytes of JSON."
    if start[:1] == b"<":
        return (
            "This is a page (HTML), not a bundle. A dossier is made from a bundle and proves "
            "nothing; ask for the bundle.json it was made from."
        )
    if b"\0" in start or not _is_text(data):
        return "This is a binary file, not a bundle, which is JSON in UTF-8."
    if start[:1] != b"{":
        return "This is no bundle: a bundle is JSON and begins with {."
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return "The file is cut off or broken: its JSON does not come to an end. Fetch it anew."
    stated = value.get("format") if isinstance(value, dict) else None
    if stated == BUNDLE:
        if _is_canonical(data):
            return None  # what the check itself says is nearer
        return (
            "The file holds a bundle, but not byte for byte as it was written: something laid it "
            "out anew, or changed it. Fetch the original."
        )
    if stated == POLICY:
        return "This is a trust policy, not a bundle; it is given with --policy, beside a bundle."
    return f"This is JSON but no bundle: it does not say that its format is {BUNDLE}."


def _is_canonical(data: bytes) -> bool:
    try:
        canonical.loads(data, limit=MAX_BYTES)
    except FormatError:
        return False
    return True


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _policy(data: bytes, path: Path) -> Policy:
    """The trust policy in ``data``. Raises FormatError that names the file, and what it may be."""
    try:
        return Policy.parse(data)
    except FormatError as error:
        hint = error.hint
        if not data.strip():
            hint = "It is empty."
        elif data.startswith(b'{"audience":'):
            hint = "It looks like a bundle; a policy never comes with what it judges."
        raise FormatError(
            f"The file {path} can't be used as a trust policy. {error.message}", hint=hint
        ) from None


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
