# SPDX-License-Identifier: Apache-2.0
"""The one place where statements enter the log, and where cases are read back from it.

Order of writes, and what a crash between two of them leaves:

 1. the body (envelope, salt, openings) goes to the vault, encrypted   → an orphan, swept later
 2. leaf, slots and checkpoint go to the log, together                 → registered, nobody told
 3. the caller is told

A case is found by walking its slots: the log holds, for every statement of a case, the slot
``SHA-256(case id, digest of the statement before)``. Whoever lacks the case id can't make the
slots, two statements can't take one slot, and no list of cases exists that would have to agree
with the log.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proofhouse.desk.openings import check_openings
from proofhouse.errors import DamagedError, ErasedError, RefusedError, VerificationError
from proofhouse.formats import canonical, commitment, predicates, salted
from proofhouse.formats.bundle import Opening
from proofhouse.formats.bundle import opened as opens
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.leaf import ClearLeaf, SealedLeaf, clear_leaf, parse_leaf, seal, sealed_leaf
from proofhouse.formats.policy import Policy
from proofhouse.formats.statement import Statement
from proofhouse.ledger.log import Log
from proofhouse.ledger.store import NewEntry
from proofhouse.rules.entries import entry_of, unsigned
from proofhouse.rules.keys import Keys
from proofhouse.rules.registration import Case, Entry, Record, Signer, slot_of
from proofhouse.rules.retests import check_answers, check_new_items
from proofhouse.rules.routing import register
from proofhouse.rules.runs import Ran, check_decided
from proofhouse.said import say
from proofhouse.vault.vault import Body, Vault

Clock = Callable[[], str]
"""Tells the time as ``YYYY-MM-DDTHH:MM:SSZ``."""


@dataclass(frozen=True)
class Kept:
    """A registered statement with everything the home keeps about it."""

    entry: Entry
    envelope: Envelope
    salt: bytes | None
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class Desk:
    """Log, vault, the policy that names the parties, and a clock."""

    log: Log
    vault: Vault
    policy: Policy
    clock: Clock
    _keys: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    # ------------------------------------------------------------------------------- reading

    def case(self, case_id: str) -> Case:
        """The case as it stands, folded anew. An unknown id is a case that has not begun."""
        return self._fold(case_id)[0]

    def _fold(self, case_id: str, *more: Entry) -> tuple[Case, Record]:
        """The case as it stands, and the record of whatever it and ``more`` cite."""
        entries = [kept.entry for kept in self.statements(case_id)]
        record = self.record(digest for entry in (*entries, *more) for digest in _cited(entry))
        case = Case(case_id)
        for entry in entries:
            case = register(case, entry, record)
        return case, record

    def cases(self) -> tuple[str, ...]:
        """The ids of the cases whose bodies this home keeps, in the order in which they began."""
        subjects = (
            Statement.parse(Envelope.parse(body.envelope).payload).subject_sha256
            for body in self.vault.first_bodies()
            if body.salt
        )
        return tuple(
            case for case in subjects if self.log.slot(slot("case", case, "first")) is not None
        )

    def has_begun(self, case_id: str) -> bool:
        """Whether the log has a statement of this case."""
        return self.log.slot(slot("case", case_id, "first")) is not None

    def statements(self, case_id: str) -> Iterable[Kept]:
        """The statements of a case in their order, with envelope, salt and openings.

        Raises ErasedError if the case was erased, DamagedError if the log holds a leaf whose body
        the vault lacks.
        """
        before = "first"
        while (index := self.log.slot(slot("case", case_id, before))) is not None:
            leaf = parse_leaf(self.log.leaf(index))
            if not isinstance(leaf, SealedLeaf):
                raise DamagedError(
                    say("Leaf %(index)s stands in clear where a sealed one belongs.", index=index)
                )
            body = self.vault.body(case_id, leaf.sealed)
            if body is None and self.vault.is_erased(leaf.sealed):
                raise ErasedError(
                    "This case was erased: its leaves stand in the log, and nothing else is left.",
                    hint="A bundle that somebody kept still verifies against the log.",
                )
            if body is None:
                raise DamagedError(
                    say("The body of leaf %(index)s is not in the vault.", index=index),
                    hint="It was erased, or the vault belongs to another home.",
                )
            if seal(body.envelope, body.salt) != leaf.sealed:
                raise DamagedError(
                    say(
                        "The vault's body of leaf %(index)s is not what the log sealed.",
                        index=index,
                    )
                )
            envelope = Envelope.parse(body.envelope)
            yield Kept(
                self._entry(envelope, index),
                envelope,
                body.salt,
                read_openings(body.openings),
            )
            before = envelope.digest

    def clear(self, index: int) -> Kept:
        """The clear statement at a leaf."""
        leaf = parse_leaf(self.log.leaf(index))
        if not isinstance(leaf, ClearLeaf):
            raise RefusedError(
                say("Leaf %(index)s is sealed, not a clear statement.", index=index),
                rule="ledger",
            )
        body = self.vault.body(CLEAR_OPENINGS, leaf.envelope.digest)
        return Kept(
            self._entry(leaf.envelope, index),
            leaf.envelope,
            None,
            read_openings(body.openings) if body else (),
        )

    def find_clear(self, *parts: str) -> Kept | None:
        """The clear statement that took the slot of ``parts``, as ``slot_of`` names it."""
        index = self.log.slot(slot(*parts))
        return None if index is None else self.clear(index)

    def cited(self, digests: Iterable[str]) -> tuple[Kept, ...]:
        """The clear statements with these envelope digests, as far as the log has them."""
        found = (self.find_clear("statement", digest) for digest in digests)
        return tuple(kept for kept in found if kept is not None)

    def record(self, digests: Iterable[str]) -> Record:
        """The record of just the cited clear statements, and of what these cite in turn."""
        todo, kept = list(digests), dict[str, Kept]()
        while todo:
            for found in self.cited([todo.pop()]):
                if found.entry.digest not in kept:
                    kept[found.entry.digest] = found
                    todo.extend(_cited(found.entry))
                    todo.extend(self._ends_of(found.entry.digest))
        record = Record(bodies_needed=self.policy.body_threshold)
        for found in sorted(kept.values(), key=lambda k: k.entry.index):
            record = record.with_clear(found.entry)
        return record

    def _ends_of(self, digest: str) -> tuple[str, ...]:
        """The statements that retired a bank or opened it, or a threshold, if there are any."""
        found = (self.find_clear(name, digest) for name in ("bank-retirement", "opening"))
        return tuple(kept.entry.digest for kept in found if kept is not None)

    def keys(self) -> Keys:
        """Whose key speaks, after every key change that the log records."""
        if self._keys.get("size") != self.log.size:
            found = []
            for keyid in self.policy.keys:
                while (index := self.log.slot(slot("key-changed", keyid))) is not None:
                    leaf = parse_leaf(self.log.leaf(index))
                    assert isinstance(leaf, ClearLeaf)
                    found.append((index, leaf.envelope))
                    new: Any = Statement.parse(leaf.envelope.payload).predicate["new"]
                    if new is None:
                        break
                    keyid = sha256_hex(bytes.fromhex(new))
            keys = Keys(self.policy)
            for index, envelope in sorted(found, key=lambda item: item[0]):
                keys = keys.changed(entry_of(envelope, index, keys))
            self._keys.update(size=self.log.size, keys=keys)
        known: Keys = self._keys["keys"]
        return known

    # ------------------------------------------------------------------------------- writing

    def register(
        self,
        envelope: Envelope,
        openings: Sequence[Opening] = (),
        *,
        notice: Envelope | None = None,
    ) -> Entry:
        """Check a finished envelope, keep it, and append its leaf.

        ``notice`` is the clear statement that a determination brings with it: both enter the log
        in one batch, or neither does. Its openings lie with the determination's, in the drawer
        of the case, so that they are erased with it.

        Raises RefusedError with the rule, UnknownSignerError, FormatError, InputError for openings
        that do not fit, HeadMovedError if somebody else took the place, StorageError; in each case
        nothing has changed.
        """
        batch: list[tuple[Entry, Envelope, Sequence[Opening]]] = []
        if notice is not None:
            batch.append((self._entry(notice, self.log.size), notice, ()))
        entry = self._entry(envelope, self.log.size + len(batch))
        batch.append((entry, envelope, openings))
        check_openings((entry for entry, _, _ in batch), openings)
        self._check([(entry, opened) for entry, _, opened in batch])
        leaves = [self._keep(*item) for item in batch]
        indices = self.log.append(leaves)
        return self._entry(envelope, indices[-1])

    def rehearse(
        self,
        statement: Statement,
        openings: Sequence[Opening],
        signers: Iterable[Signer],
        *,
        notice: Envelope | None = None,
    ) -> None:
        """Check a statement that nobody has signed yet, as if ``signers`` had. Nothing is kept.

        Raises as ``register`` does, but for what the signatures themselves could be wrong about.
        """
        batch: list[tuple[Entry, Sequence[Opening]]] = []
        if notice is not None:
            batch.append((self._entry(notice, self.log.size), ()))
        entry = unsigned(statement, self.log.size + len(batch), signers)
        self.keys().check(entry)
        batch.append((entry, openings))
        check_openings((each for each, _ in batch), openings)
        self._check(batch)

    def _check(self, batch: Sequence[tuple[Entry, Sequence[Opening]]]) -> None:
        entry = batch[-1][0]
        if entry.name == "key-changed":
            self.keys().changed(entry)
        if entry.name not in predicates.SEALED:
            self._with_siblings(self.record(_cited(entry)), entry)
            return
        case, record = self._fold(entry.subject, *(each for each, _ in batch))
        for earlier, _ in batch[:-1]:
            record = self._with_siblings(record, earlier)
        case = register(case, entry, record)
        held = HELD_AGAINST.get(entry.name)
        if held is not None:
            self._check_opened(case, entry, batch[-1][1], *held)

    def _check_opened(
        self,
        case: Case,
        entry: Entry,
        openings: Sequence[Opening],
        check: Held,
        rule: str,
        hint: str,
    ) -> None:
        """Hold a statement against what the vault opens: who wrote it elsewhere may have got it
        wrong, and no bundle of the case would ever verify.
        """
        kept = (opening for kept in self.statements(case.id) for opening in kept.openings)
        values = {opens(opening): opening.value for opening in (*kept, *openings)}
        try:
            check(case, entry, values)
        except VerificationError as error:
            raise RefusedError(error.message, rule=rule, hint=hint) from None

    def _with_siblings(self, record: Record, entry: Entry) -> Record:
        """Add a clear statement, judged beside those that compete with it for its slot."""
        taken = self.find_clear(*slot_of(entry))
        if taken is not None and record.get(taken.entry.digest, taken.entry.name) is None:
            record = record.with_clear(taken.entry)
        return record.with_clear(entry)

    def _keep(self, entry: Entry, envelope: Envelope, openings: Sequence[Opening]) -> NewEntry:
        """Write the body to the vault; the leaf and slots that the log is to take."""
        data = envelope.to_bytes()
        opened = canonical.dumps([opening.to_json() for opening in openings])
        slots = (slot(*slot_of(entry)), slot("statement", entry.digest))
        if entry.name in predicates.SEALED:
            salt = secrets.token_bytes(32)
            self.vault.put_body(entry.subject, Body(seal(data, salt), data, salt, opened))
            return NewEntry(sealed_leaf(data, salt), slots[:1])
        if openings:
            self.vault.put_body(CLEAR_OPENINGS, Body(entry.digest, data, b"", opened))
        return NewEntry(clear_leaf(envelope), slots)

    def _entry(self, envelope: Envelope, index: int) -> Entry:
        return entry_of(envelope, index, self.keys())


Held = Callable[[Case, Entry, Mapping[str, Any]], None]
"""Case, statement and what is opened of the case; raises VerificationError."""


def _decided(case: Case, entry: Entry, opened: Mapping[str, Any]) -> None:
    run = next(e for e in case.entries if e.digest == entry.predicate["run"])
    check_decided(Ran.of(case, run, opened))


def _planned(case: Case, _entry: Entry, opened: Mapping[str, Any]) -> None:
    check_new_items(case, opened)


HELD_AGAINST: Mapping[str, tuple[Held, str, str]] = {
    "scores-decided": (_decided, "R15", "`proofhouse held CASE` lists what can be decided."),
    "plan": (_planned, "R14", "A re-test takes items that no earlier plan of the case had."),
    "findings-answered": (check_answers, "R13", "The findings' names stand in the dossier."),
}
"""Statement → what is held of it beyond the rules, the rule that this is of, and a hint."""

CLEAR_OPENINGS = "0" * 64
"""The vault's drawer for the openings of clear statements, which belong to no case."""


def read_openings(data: bytes) -> tuple[Opening, ...]:
    """The openings that the vault keeps beside a body."""
    values = canonical.loads(data)
    assert isinstance(values, list)
    return tuple(
        commitment.Opening.from_json(value)
        if isinstance(value, dict) and "blinding" in value
        else salted.Opening.from_json(value)
        for value in values
    )


def slot(*parts: str) -> bytes:
    """The log's compare-and-swap key of ``parts``: 32 bytes that tell nothing about them."""
    return hashlib.sha256(b"proofhouse/slot/v1\n" + canonical.dumps(list(parts))).digest()


def _cited(entry: Entry) -> tuple[str, ...]:
    """The clear statements that a statement cites."""
    fields: Mapping[str, Any] = entry.predicate
    cited = (fields.get(name) for name in ("bank", "threshold", "notice", "of"))
    return tuple(d for d in cited if isinstance(d, str) and len(d) == 64)
