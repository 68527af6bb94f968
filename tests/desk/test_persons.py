# SPDX-License-Identifier: Apache-2.0
"""A person's passkey beside a party's key, and what staff record for somebody, all the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from proofhouse.desk import change_key, inquire, withdraw
from proofhouse.desk.draft import Draft
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.errors import FormatError, UnknownSignerError, VerificationError
from proofhouse.formats import envelope
from proofhouse.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, pae
from proofhouse.formats.keys import SigningKey
from proofhouse.rules.party import Party
from proofhouse.rules.registration import Case
from proofhouse.verify import Report, verify
from proofhouse.views import case_view
from stories import rehearsal
from stories.authenticator import Authenticator

CASE = "c7" * 32
ORIGIN = "http://localhost:8080"
STAFF = "Noor Haddad, Institute for Model Testing"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rehearsal.Rehearsal]:
    with rehearsal.opened(tmp_path_factory.mktemp("persons") / "home") as played:
        yield played


def inquiry(house: rehearsal.Rehearsal, case: str) -> Draft:
    party = Party("developer", 1, (house.developer_key,))
    at = house.desk.clock()
    return inquire.draft(
        Case(case), house.bank.entry, party, developer="Lab A", contact="a@lab.example", at=at
    )


def by_a_person(signed: Envelope, **faults: Any) -> Envelope:
    """``signed`` with a person's signature, looked at by nobody."""
    said = Authenticator().assertion(pae(PAYLOAD_TYPE, signed.payload), ORIGIN, **faults)
    more = Signature(said.keyid, said.to_bytes())
    return Envelope(
        signed.payload, tuple(sorted((*signed.signatures, more), key=lambda s: s.keyid))
    )


def check(name: str, report: Report) -> list[str]:
    return [c.sentence for c in report.checks if c.name == name]


def test_a_persons_signature_goes_all_the_way(house: rehearsal.Rehearsal) -> None:
    """A statement with a passkey's answer is registered, bundled, verified and told."""
    desk, key = house.desk, house.home.keys["developer"]
    draft = inquiry(house, CASE).recorded(STAFF)
    entry = desk.register(by_a_person(draft.signed(key)), draft.openings)
    assert {signer.role for signer in entry.signers} == {"developer"}
    left = withdraw.draft(desk.case(CASE), at=desk.clock())
    desk.register(left.signed(key))
    report = verify(make_bundle(desk, CASE, "inspector").to_bytes(), desk.policy)
    assert report.status == "verified"
    (said,) = check("persons", report)
    assert said.startswith("1 statement also signed by a person's passkey, which answered")
    assert ORIGIN in said
    assert report.case is not None
    assert report.record is not None
    view = case_view(report.case, report.record, report.opened)
    (told,) = (link.detail for link in view.chain if link.name == "inquiry")
    assert told.endswith(f"(recorded by {STAFF})")


def test_without_persons_nothing_is_said_of_them(house: rehearsal.Rehearsal) -> None:
    """A bundle in which no person signed says nothing of persons."""
    desk, case = house.desk, "c8" * 32
    draft = inquiry(house, case)
    desk.register(draft.signed(house.home.keys["developer"]), draft.openings)
    report = verify(make_bundle(desk, case, "inspector").to_bytes(), desk.policy)
    assert report.status == "verified"
    assert check("persons", report) == []


def test_the_desk_refuses_a_persons_signature_that_does_not_hold(
    house: rehearsal.Rehearsal,
) -> None:
    """What was not seen and known by the authenticator, or is over something else, is refused."""
    desk, key, case = house.desk, house.home.keys["developer"], "c9" * 32
    draft = inquiry(house, case)
    for faults in ({"flags": 1}, {"challenge": "AAAA"}, {"rp_id": "other.example"}):
        with pytest.raises(VerificationError):
            desk.register(by_a_person(draft.signed(key), **faults), draft.openings)
    assert not desk.case(case).entries


def test_a_person_alone_is_no_party(house: rehearsal.Rehearsal) -> None:
    """A statement that only a passkey signed has unknown signers."""
    desk, draft = house.desk, inquiry(house, "ca" * 32)
    signed = draft.signed(house.home.keys["developer"])
    (alone,) = (s for s in by_a_person(signed).signatures if s.assertion is not None)
    with pytest.raises(UnknownSignerError, match="passkey alone"):
        desk.register(Envelope(signed.payload, (alone,)), draft.openings)


def test_verify_fails_a_bundle_with_such_a_signature(house: rehearsal.Rehearsal) -> None:
    """A bundle whose log took a person's signature that does not hold fails, at the signatures."""
    desk, case = house.desk, "cb" * 32
    draft = inquiry(house, case)
    entry = desk.register(by_a_person(draft.signed(house.home.keys["developer"])), draft.openings)
    made = make_bundle(desk, case, "inspector")
    (place,) = (n for n, e in enumerate(made.entries) if e.proof.index == entry.index)
    spoilt = by_a_person(draft.signed(house.home.keys["developer"]), flags=1)
    forged = replace(made.entries[place], envelope=spoilt)
    entries = (*made.entries[:place], forged, *made.entries[place + 1 :])
    report = verify(replace(made, entries=entries).to_bytes(), desk.policy)
    assert report.status == "failed"
    assert report.checks[-1].name in ("inclusion", "signatures")


def test_a_clear_statement_may_have_one(house: rehearsal.Rehearsal) -> None:
    """A public statement with a person's signature is a leaf like any other, and is audited."""
    desk, old, new = house.desk, house.home.keys["partner"], SigningKey(bytes([7]) * 32)
    draft = change_key.draft(
        role="partner",
        old=old.keyid,
        reason="rotated",
        new=new.public.hex(),
        possessed=change_key.prove(new, origin=desk.policy.log.name, old=old.keyid),
        at=desk.clock(),
    )
    with pytest.raises(FormatError, match="recordedBy"):
        draft.recorded(STAFF)
    entry = desk.register(by_a_person(draft.signed(old)))
    kept = desk.clear(entry.index).envelope
    assert len(envelope.by_persons(kept)) == 1
    assert {signer.role for signer in entry.signers} == {"partner"}
