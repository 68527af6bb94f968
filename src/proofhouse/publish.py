# SPDX-License-Identifier: Apache-2.0
"""Writes what people take away from a case: bundles for their audiences, and the dossier.

    bundle.json              for an inspector: everything opened but the bank's seed
    bundle-developer.json    for the developer: threshold, plan and evidence stay sealed
    dossier.html             the page, made from bundle.json after verifying it

A dossier shows only what ``verify`` accepted, so a page can't say more than its bundle proves.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from proofhouse.desk.desk import Desk
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.dossier import render
from proofhouse.durable import told, write_file
from proofhouse.errors import VerificationError
from proofhouse.failpoints import reach
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.policy import Policy
from proofhouse.verify import Report, verify
from proofhouse.views import CaseView, Standing, case_view
from proofhouse.views.values import CheckLine


@dataclass(frozen=True)
class Published:
    """Where the files of a case lie, and the view that the dossier shows."""

    bundle: Path
    developer_bundle: Path
    dossier: Path
    report: Report
    view: CaseView


def publish_case(desk: Desk, case_id: str, folder: Path) -> Published:
    """Write bundles and dossier of a case into ``folder``; each file appears whole or not at all.

    Raises VerificationError if what the home holds does not verify, StorageError, DamagedError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    inspector = make_bundle(desk, case_id, "inspector").to_bytes()
    developer = make_bundle(desk, case_id, "developer").to_bytes()
    report, view = read_bundle(inspector, desk.policy, name="bundle.json")
    written = Published(
        folder / "bundle.json",
        folder / "bundle-developer.json",
        folder / "dossier.html",
        report,
        view,
    )
    write_whole(written.bundle, inspector)
    write_whole(written.developer_bundle, developer)
    write_whole(written.dossier, render(view).encode())
    return written


def read_bundle(data: bytes, policy: Policy, *, name: str = "BUNDLE") -> tuple[Report, CaseView]:
    """Verify a bundle and fold its view; ``name`` is the file's, for whoever checks it again.

    Raises VerificationError with the check that failed.
    """
    report = verified(data, policy)
    assert report.case is not None
    assert report.record is not None
    bundle = Bundle.parse(data)
    standing = Standing(
        audience=bundle.audience,
        custody=policy.custody,
        witnesses=_witnesses(bundle, policy),
        names=policy.names,
        checked=report.status,
        checks=tuple(CheckLine(c.name, c.result, c.sentence) for c in report.checks),
        # The policy has no name here: whoever checks gets it from somebody they trust.
        check_command=f"proofhouse verify {shlex.quote(name)} --policy POLICY",
    )
    return report, case_view(report.case, report.record, report.opened, standing)


def verified(data: bytes, policy: Policy) -> Report:
    """The report on a bundle that verifies. Raises VerificationError with the check that failed."""
    report = verify(data, policy)
    if report.status != "verified" or report.case is None or report.record is None:
        raise VerificationError(
            f"The bundle does not verify: {report.checks[-1].sentence}",
            hint="Nothing is shown of a file that does not verify.",
        )
    return report


def _witnesses(bundle: Bundle, policy: Policy) -> int:
    """How many of the policy's witnesses cosigned the checkpoint of a bundle that verifies."""
    checkpoint, note = checkpoints.verify(bundle.checkpoint, policy.log)
    return len(policy.witnessed(policy.seen_by(checkpoint, note)))


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that the old file or the new one is there, never a part."""
    reach(f"publish.{path.name}.before")
    with told("the published file", path):
        write_file(path, data)
    reach(f"publish.{path.name}.after")
