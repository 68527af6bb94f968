# SPDX-License-Identifier: Apache-2.0
"""From a filled form to a registered statement, with every signature that it needs.

    pending = propose(house, act, case_id, filled, actor)     drafted and kept in the vault
    pending = approve(house, pending.id, actor, ...)          the next of those who must sign
    entry = …                                                 registered once all have

A statement is drafted once, and every signer signs the very same bytes: two organisations of a
joint choice (R8), k of n stewards (R18), k of n bodies, two people of one organisation where a
decision takes two. Until then it lies in the vault and nowhere in the log. It falls away when the
case moves on without it, when somebody who is to sign takes it back, or when the case is erased.

Writes, in this order: the draft, each approval, the statement in vault and log, the end of the
draft. A crash before the statement leaves a draft that can be approved again; after it, one whose
``previous`` is no longer the case's newest statement, and which is swept. An approval puts the
draft that has it in the place of the one before, in one transaction of the vault.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from proofhouse.access import TWO_PERSONS
from proofhouse.desk.draft import Draft
from proofhouse.errors import ProofhouseError, RefusedError
from proofhouse.formats import predicates
from proofhouse.formats.assertion import challenge
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, pae, sign
from proofhouse.formats.fields import base64_bytes, base64_text
from proofhouse.formats.handover import Handover
from proofhouse.journey.moves import MadeInTwo
from proofhouse.portal.bell import ring_parties
from proofhouse.portal.fields import NotThereError
from proofhouse.rules.party import Party
from proofhouse.rules.registration import Case, Entry, Signer
from proofhouse.vault.vault import Body

if TYPE_CHECKING:
    from proofhouse.portal.acts import Act
    from proofhouse.portal.house import House

DRAWER = sha256_hex(b"proofhouse/portal/pending/v1")
"""The vault's drawer for statements that wait for signatures."""

TWO_PEOPLE = 2
"""Different people who must sign what bodies own together, however many bodies sign."""

_lock = threading.RLock()


@dataclass(frozen=True)
class Actor:
    """Who acts: a person, for an organisation, in a role.

    ``party`` is the keyid that the organisation signs by. ``staff`` names the person's own
    organisation if it records something for another.
    """

    person: str
    name: str
    organisation: str
    party: str
    role: str
    staff: str = ""


@dataclass(frozen=True)
class Need:
    """``count`` signatures of ``parties`` in a role; of ``people`` different people at least."""

    role: str
    parties: tuple[str, ...]
    count: int = 1
    people: int = 1


@dataclass(frozen=True)
class Approval:
    """One person's yes: for which party, when, and how it is bound to the statement.

    ``how`` is ``passkey`` if an assertion over the statement was checked, else how the person had
    signed in. ``keyid`` and ``assertion`` (base64) are that signature, as it was checked.
    """

    party: str
    role: str
    person: str
    name: str
    at: str
    how: str
    keyid: str = ""
    assertion: str = ""


@dataclass(frozen=True)
class Pending:
    """A statement that waits: what it is, whose it is, and who has signed."""

    id: str
    act: str
    case: str | None
    handover: Handover
    needs: tuple[Need, ...]
    approvals: tuple[Approval, ...]
    proposed_at: str
    notice: bool = False
    drafted_by: str = ""

    def shown_to(self, party: str) -> bool:
        """Whether ``party`` is to sign it and may see it: who drafted it shows it to the others by
        signing it first.
        """
        own = not self.drafted_by or party == self.drafted_by
        return (own or bool(self.approvals)) and any(party in need.parties for need in self.needs)

    def signed_by(self, party: str) -> bool:
        """Whether somebody has signed it for ``party``."""
        return any(one.party == party for one in self.approvals)

    def still(self) -> tuple[Need, ...]:
        """What is still wanted: in each role how many signatures, and of which parties any."""
        found = []
        for need in self.needs:
            if not self._met(need):
                given = {a.party for a in self.approvals if a.role == need.role}
                others = tuple(party for party in need.parties if party not in given)
                found.append(replace(need, parties=others, count=need.count - len(given)))
        return tuple(found)

    @property
    def name(self) -> str:
        """The name of its predicate."""
        return predicates.predicate_name(self.handover.statement.predicate_type)

    @property
    def sealed_case(self) -> bool:
        """Whether it is a statement of a case that has begun."""
        predicate: Any = self.handover.statement.predicate
        return self.name in predicates.SEALED and predicate["previous"] is not None

    @property
    def challenge(self) -> str:
        """What a passkey signs: SHA-256 of the bytes that every signer signs, in hexadecimal."""
        return sha256_hex(pae(PAYLOAD_TYPE, self.handover.payload))

    @property
    def asked(self) -> str:
        """The same as a browser is asked for it: base64url."""
        return challenge(pae(PAYLOAD_TYPE, self.handover.payload))

    def waits_for(self, party: str, role: str, person: str) -> bool:
        """Whether this person's yes for this party is still wanted."""
        if any(one.person == person and one.party == party for one in self.approvals):
            return False
        return self.shown_to(party) and any(
            need.role == role and party in need.parties and not self._met(need)
            for need in self.needs
        )

    def _met(self, need: Need) -> bool:
        given = [a for a in self.approvals if a.role == need.role and a.party in need.parties]
        enough = len({a.party for a in given}) >= need.count
        return enough and len({a.person for a in given}) >= need.people

    @property
    def complete(self) -> bool:
        """Whether everybody who must sign has."""
        return all(self._met(need) for need in self.needs)


def propose(
    house: House, act: Act, made: Draft | MadeInTwo, case: Case | None, actor: Actor
) -> Pending:
    """Keep a draft until everybody has signed who must. Nothing is signed or registered yet,
    and nobody but who drafted it sees it before they have signed.

    Raises RefusedError, as the desk will, if it could not be registered once all have signed.
    """
    if isinstance(made, MadeInTwo):
        key = house.seat.keys[house.key_of(actor.party)]
        notice = sign(made.notice.statement.to_bytes(), [key])
        draft = made.then(notice)
    else:
        notice, draft = None, made
    payload = draft.statement.to_bytes()
    pending = Pending(
        id=secrets.token_hex(32),
        act=act.name,
        case=draft.statement.subject_sha256,
        handover=Handover(payload, (), draft.openings, notice),
        needs=needs_of(house, act, draft, case, actor),
        approvals=(),
        proposed_at=house.clock(),
        drafted_by=actor.party,
    )
    check(house, pending)
    with _lock:
        for one in every(house):
            # What is drafted again, before anybody signed it, takes its place.
            same = (one.act, one.drafted_by) == (act.name, actor.party)
            if case is not None and same and one.case == case.id and not one.approvals:
                _drop(house, one.id)
        house.desk.vault.put_body(DRAWER, _body(pending))
    return pending


def check(house: House, pending: Pending) -> None:
    """Return None if the draft could be registered now, if all signed who must.

    Raises as the desk does when it is registered.
    """
    signers = [
        Signer(need.role, party) for need in pending.needs for party in need.parties[: need.count]
    ]
    handover = pending.handover
    house.desk.rehearse(handover.statement, handover.openings, signers, notice=handover.notice)


def obstacle(house: House, pending: Pending) -> ProofhouseError | None:
    """Why the draft can no longer be registered, or None if it can."""
    try:
        check(house, pending)
    except ProofhouseError as error:
        return error
    return None


def needs_of(
    house: House, act: Act, draft: Draft, case: Case | None, actor: Actor
) -> tuple[Need, ...]:
    """Who must sign: the parties of the case in each role that makes the statement."""
    found = []
    for role in act.roles:
        parties: Sequence[str] = (actor.party,) if role == actor.role else ()
        count = 1
        if role == "developer":
            inquiry: Any = draft.statement.predicate if case is None else None
            stated = inquiry["party"] if inquiry else _inquiry(case).predicate["party"]
            party = Party(stated["standing"], stated["needed"], tuple(stated["keys"]))
            parties, count = party.keys, party.needed
        elif role == "body":
            parties = tuple(one.key.keyid for one in house.bodies())
            found.append(Need(role, parties, house.policy.body_threshold, TWO_PEOPLE))
            continue
        elif role == "assessor" and case is not None and case.last("plan") is not None:
            parties = tuple(sorted(case.all("plan")[0].keyids("assessor")))
        if not parties:
            parties = tuple(one.key.keyid for one in house.policy.issuers[role])
        people = TWO_PEOPLE if act.action in TWO_PERSONS else 1
        found.append(Need(role, tuple(parties), count, people))
    return tuple(found)


def _inquiry(case: Case | None) -> Entry:
    assert case is not None
    return case.need("inquiry")


def approve(
    house: House,
    pending_id: str,
    actor: Actor,
    *,
    how: str,
    passkey: Signature | None = None,
) -> tuple[Pending, Entry | None]:
    """Add one person's yes; register the statement if it was the last that was wanted.

    Who has said yes already, and says it again, changes nothing.

    Raises RefusedError if it is not wanted, or as the desk does: then nothing is registered, and
    the draft stays.
    """
    with _lock:
        pending = get(house, pending_id)
        if any(a.person == actor.person and a.party == actor.party for a in pending.approvals):
            return pending, None
        if not pending.waits_for(actor.party, actor.role, actor.person):
            raise RefusedError(
                "Your signature is not wanted on this statement.",
                rule="signers",
                hint="It is signed for your organisation already, or by others only.",
            )
        approval = Approval(
            actor.party,
            actor.role,
            actor.person,
            actor.name,
            house.clock(),
            how,
            passkey.keyid if passkey else "",
            base64_text(passkey.sig) if passkey else "",
        )
        check(house, pending)
        pending = replace(pending, approvals=(*pending.approvals, approval))
        entry = None
        if pending.complete:
            entry = house.seat.register(_signed(house, pending))
            house.remember(pending, entry)
            _drop(house, pending.id)
        else:
            house.desk.vault.exchange(DRAWER, _body(pending))
            _tell(house, pending)
    return pending, entry


def _tell(house: House, pending: Pending) -> None:
    """Tell those whose signature is still wanted that a statement of a case waits for it."""
    signed = {one.party for one in pending.approvals}
    wanted = {one for need in pending.needs for one in need.parties} - signed
    if pending.case is not None and pending.name in predicates.SEALED:
        ring_parties(house, "draft.waits", pending.case, wanted)


def _signed(house: House, pending: Pending) -> Handover:
    parties = sorted({approval.party for approval in pending.approvals})
    keys = [house.seat.keys[house.key_of(party)] for party in parties]
    by_parties = sign(pending.handover.payload, keys)
    by_people = {
        one.keyid: Signature(one.keyid, base64_bytes(one.assertion, "the assertion"))
        for one in pending.approvals
        if one.assertion
    }
    every_one = {one.keyid: one for one in by_parties.signatures} | by_people
    whole = Envelope(by_parties.payload, tuple(every_one[keyid] for keyid in sorted(every_one)))
    return pending.handover.with_signatures(whole)


def take_back(house: House, pending_id: str, actor: Actor) -> None:
    """Drop a draft; whoever is to sign it may. It leaves no trace."""
    with _lock:
        pending = get(house, pending_id)
        if not pending.shown_to(actor.party):
            raise RefusedError("Only those who are to sign a draft can drop it.", rule="signers")
        _drop(house, pending.id)


def get(house: House, pending_id: str) -> Pending:
    """The draft of that id. Raises NotThereError if there is none (any more)."""
    body = house.desk.vault.body(DRAWER, pending_id) if len(pending_id) == 64 else None
    if body is None:
        raise NotThereError(
            "There is no such draft.", hint="It was registered, taken back, or fell away."
        )
    return _read(body)


def every(house: House) -> tuple[Pending, ...]:
    """All drafts that wait."""
    return tuple(_read(body) for body in house.desk.vault.bodies(DRAWER))


def waiting_for(house: House, actor: Actor) -> tuple[Pending, ...]:
    """The drafts that wait for this person, acting so."""
    return tuple(
        one for one in every(house) if one.waits_for(actor.party, actor.role, actor.person)
    )


def under_way(house: House, party: str) -> tuple[Pending, ...]:
    """The drafts that ``party`` is to sign, or has signed, and that somebody has signed."""
    return tuple(one for one in every(house) if one.approvals and one.shown_to(party))


def sweep(house: House) -> int:
    """Drop every draft whose case has moved on without it; how many there were."""
    count = 0
    with _lock:
        for pending in every(house):
            predicate: Any = pending.handover.statement.predicate
            if pending.name not in predicates.SEALED or pending.case is None:
                continue
            if house.desk.case(pending.case).head != predicate["previous"]:
                _drop(house, pending.id)
                count += 1
    return count


def forget(house: House, case_id: str) -> None:
    """Drop every draft and every message of a case, before the case is erased."""
    if house.outbox is not None:
        house.outbox.forget(case_id)
    with _lock:
        for pending in every(house):
            if pending.case == case_id:
                _drop(house, pending.id)


# ------------------------------------------------------------------------------------- storing


def _body(pending: Pending) -> Body:
    about = {
        "act": pending.act,
        "approvals": [vars(approval) for approval in pending.approvals],
        "case": pending.case,
        "draftedBy": pending.drafted_by,
        "needs": [{**vars(need), "parties": list(need.parties)} for need in pending.needs],
        "proposedAt": pending.proposed_at,
    }
    return Body(pending.id, json.dumps(about).encode(), b"", pending.handover.to_bytes())


def _drop(house: House, pending_id: str) -> None:
    house.desk.vault.drop(DRAWER, pending_id)


def _read(body: Body) -> Pending:
    about = json.loads(body.envelope)
    return Pending(
        id=body.sealed,
        act=about["act"],
        case=about["case"],
        handover=Handover.parse(body.openings),
        needs=tuple(Need(**{**one, "parties": tuple(one["parties"])}) for one in about["needs"]),
        approvals=tuple(Approval(**one) for one in about["approvals"]),
        proposed_at=about["proposedAt"],
        drafted_by=about.get("draftedBy", ""),
    )
