# SPDX-License-Identifier: Apache-2.0
"""Bundles and dossier of a case: what a page rests on besides its statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from proofhouse.desk.make_bundle import make_bundle
from proofhouse.errors import VerificationError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.policy import Policy
from proofhouse.publish import publish_case, read_bundle
from proofhouse.views import summary_lines
from stories import rehearsal

CASE = "f1" * 32


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A home with one finished review."""
    with rehearsal.opened(tmp_path_factory.mktemp("publish") / "home") as rehearsed:
        rehearsed.play(CASE)
        yield rehearsed


def witnessed(bundle: Bundle, policy: Policy, names: tuple[str, ...]) -> tuple[bytes, Policy]:
    """The bundle with its checkpoint cosigned by ``names``, and a policy that wants them all."""
    checkpoint, note = checkpoints.verify(bundle.checkpoint, policy.log)
    signers = [WitnessSigner(name, bytes([n + 1] * 32)) for n, name in enumerate(names)]
    lines = tuple(signer.cosign(checkpoint, 1_790_000_000) for signer in signers)
    signed = replace(note, signatures=(*note.signatures, *lines)).to_bytes()
    entries = tuple(
        replace(entry, proof=replace(entry.proof, checkpoint=signed)) for entry in bundle.entries
    )
    wanted = replace(
        policy,
        witnesses=tuple(signer.verifier for signer in signers),
        witness_threshold=len(names),
    )
    return replace(bundle, entries=entries).to_bytes(), wanted


@pytest.mark.parametrize("names", [(), ("w1.example",), ("w1.example", "w2.example")])
def test_a_page_tells_the_witnesses_that_verify_counted(
    played: Any, names: tuple[str, ...]
) -> None:
    """The view says of as many witnesses as cosigned, and of none where there is none."""
    bundle = make_bundle(played.desk, CASE, "inspector")
    report, view = read_bundle(*witnessed(bundle, played.desk.policy, names))
    assert view.standing.witnesses == len(names)
    claimed = any(check.name == "times" for check in report.checks)
    assert claimed == (not names)
    assert any("no witness saw" in line for line in summary_lines(view)) == (not names)


def test_a_bundle_that_lacks_its_witness_makes_no_page(played: Any) -> None:
    """Nothing is shown of a bundle that does not verify."""
    bundle = make_bundle(played.desk, CASE, "inspector")
    _, wanted = witnessed(bundle, played.desk.policy, ("w1.example",))
    with pytest.raises(VerificationError, match="does not verify"):
        read_bundle(bundle.to_bytes(), wanted)


def test_a_page_says_how_its_own_bundle_is_checked(played: Any) -> None:
    """The command names the file beside the page, and no policy that came with it."""
    written = publish_case(played.desk, CASE, played.home.review_folder(CASE))
    assert "proofhouse verify bundle.json --policy POLICY" in written.dossier.read_text()
    assert written.bundle.name == "bundle.json"


def test_a_page_names_the_parties_as_the_policy_does(played: Any) -> None:
    """Owners, who decided and who was consulted are told by their names in the trust policy."""
    written = publish_case(played.desk, CASE, played.home.review_folder(CASE))
    view = written.view
    bodies = tuple(issuer.name for issuer in played.desk.policy.issuers["body"])
    assert view.bank is not None
    assert view.threshold is not None
    assert view.determination is not None
    assert view.bank.owners == view.threshold.decided_by == view.determination.consulted == bodies
    assert view.determination.decided_by == view.threshold.consulted == ("Assessor of this home",)
    page = written.dossier.read_text()
    assert "body-1" not in page
    assert all(name in page for name in bodies)
