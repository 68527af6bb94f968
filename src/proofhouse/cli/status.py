# SPDX-License-Identifier: Apache-2.0
"""``proofhouse status``: where cases stand and whose move it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from proofhouse.cli.errand import show


@click.command()
@click.option("--case", "case_id", metavar="ID", help="One case, in full.")
@click.option(
    "--case-file",
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="The bundle of a case, in a home without the log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(case_id: str | None, case_file: Path | None, as_json: bool) -> None:
    """Say where the cases of this home stand, or everything that was stated in one of them.

    Silence means “no finding”: a case that nobody moves is neither approved nor refused (R1).
    """
    from proofhouse.seat import open_seat

    with open_seat(reading=True) as seat:
        if case_id is None and case_file is None:
            cases = [_about(seat.case(case, None).case) for case in seat.desk.cases()]
            lines = [f"{about['case'][:16]}  {about['now']}" for about in cases]
            show({"cases": cases}, lines or ["There is no case in this home."], as_json=as_json)
            return
        case = seat.case(case_id, case_file).case
        about = _about(case) | {"statements": [_line(entry) for entry in case.entries]}
        lines = [f"case {case.id}", str(about["now"])]
        lines += [
            f"  leaf {line['leaf']:<6} {line['statement']:<18} {line['madeAt']}"
            for line in about["statements"]
        ]
        show(about, lines, as_json=as_json)


def _about(case: Any) -> dict[str, Any]:
    from proofhouse.rules.registration import waiting_scores
    from proofhouse.verify import finding_of
    from proofhouse.views.words import stands

    last = case.entries[-1]
    window = case.last("window-opened")
    return {
        "case": case.id,
        "state": case.state,
        "now": stands(case),
        "finding": finding_of(case),
        "lastStatement": last.name,
        "lastLeaf": last.index,
        "lastMadeAt": last.made_at,
        "windowEndsAt": window.predicate["endsAt"] if window else None,
        **({"held": held} if (held := waiting_scores(case)) else {}),
    }


def _line(entry: Any) -> dict[str, Any]:
    return {
        "leaf": entry.index,
        "statement": entry.name,
        "madeAt": entry.made_at,
        "digest": entry.digest,
        "signedBy": sorted(f"{signer.role}:{signer.keyid}" for signer in entry.signers),
    }
