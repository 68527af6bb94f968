# SPDX-License-Identifier: Apache-2.0
"""What the vault keeps of a case's samples, for an inspector: transcripts and judged answers.

With these, an opened bank and the inspector's bundle anybody can judge every answer again. They are
the model's own words: as confidential as the bundle.
"""

from __future__ import annotations

from collections.abc import Iterator

from proofhouse.desk.desk import Desk
from proofhouse.formats.bundle import opened


def objects(desk: Desk, case_id: str) -> Iterator[tuple[str, bytes]]:
    """SHA-256 and bytes of each transcript and answer that a run of the case lists, once each."""
    values = {opened(o): o.value for kept in desk.statements(case_id) for o in kept.openings}
    seen: set[str] = set()
    for run in desk.case(case_id).all("run-ended"):
        outcomes = values.get(run.predicate["outcomes"]["salted"])
        for item in outcomes["items"] if isinstance(outcomes, dict) else ():
            for digest in (item["transcript"], item.get("answer")):
                data = desk.vault.object(case_id, digest) if digest and digest not in seen else None
                if data is not None:
                    seen.add(digest)
                    yield digest, data
