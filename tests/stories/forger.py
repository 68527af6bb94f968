# SPDX-License-Identifier: Apache-2.0
"""Makes the bundles that a dishonest insider would: one who holds every key, the log's included.

    forger = Forger(home, case_id)
    forger.edit("determination", lambda predicate: predicate.update(outcome="NOT_COVERED"))
    forger.drop("run-started"); forger.move("partner-access", before="findings")
    bundle = forger.bundle()

The statements of an honest case are taken apart, changed, chained and cited anew, signed again by
whoever signed them, and appended to a log of its own under the true log's key, without asking any
rule. So every signature, proof and link of the result holds: only the rules can refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from proofhouse.bootstrap import Home
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.formats import bundle as bundles
from proofhouse.formats import commitment, envelope, predicates, salted
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.leaf import clear_leaf, sealed_leaf
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.proof import TlogProof
from proofhouse.formats.statement import Statement
from proofhouse.keyring import BODIES, ROLES
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.store import NewEntry


@dataclass
class Piece:
    """One statement in the making."""

    name: str
    predicate: dict[str, Any]
    subject: tuple[str, str]
    keys: list[str]
    honest_digest: str
    salt: bytes | None


@dataclass
class Forger:
    """Everything that the forged log will say, in its order."""

    home: Home
    case_id: str
    pieces: list[Piece] = field(default_factory=list)
    openings: list[Any] = field(default_factory=list)
    audience: str = "inspector"

    def __post_init__(self) -> None:
        honest = make_bundle(self.home.desk, self.case_id, "inspector")
        owners = {self.home.keys[name].keyid: name for name in ROLES}
        for entry in honest.entries:
            statement = Statement.parse(entry.envelope.payload)
            self.pieces.append(
                Piece(
                    predicates.predicate_name(statement.predicate_type),
                    json.loads(json.dumps(statement.predicate)),
                    (statement.subject_name, statement.subject_sha256),
                    [owners[signature.keyid] for signature in entry.envelope.signatures],
                    entry.envelope.digest,
                    entry.salt,
                )
            )
        self.openings = list(honest.openings)

    def find(self, name: str, nth: int = 0) -> Piece:
        """The ``nth`` statement of that name."""
        return [piece for piece in self.pieces if piece.name == name][nth]

    def edit(self, name: str, change: Callable[[dict[str, Any]], None], nth: int = 0) -> None:
        """Change the predicate of a statement."""
        change(self.find(name, nth).predicate)

    def drop(self, name: str, nth: int = 0) -> None:
        """Leave a statement out."""
        self.pieces.remove(self.find(name, nth))

    def move(self, name: str, *, before: str) -> None:
        """Put a statement before another."""
        piece = self.find(name)
        self.pieces.remove(piece)
        self.pieces.insert(self.pieces.index(self.find(before)), piece)

    def repeat(self, name: str, *, after: str) -> None:
        """Say a statement once more, after another."""
        piece = self.find(name)
        twin = Piece(piece.name, {**piece.predicate}, piece.subject, piece.keys, "", piece.salt)
        self.pieces.insert(self.pieces.index(self.find(after, -1)) + 1, twin)

    def run_again(self) -> None:
        """Plan and run the determination once more, with the same values under other salts.

        What comes after cites the second run.
        """
        at = self.pieces.index(self.find("run-ended"))
        ended = self.find("run-ended").predicate["endedAt"]
        for name, keys in (
            ("plan", ("plan", "design")),
            ("run-started", ()),
            ("run-ended", ("outcomes",)),
        ):
            piece = self.find(name)
            predicate = json.loads(json.dumps(piece.predicate))
            predicate[predicates.TIMES[name]] = ended
            for key in keys:
                again = salted.Opening(self.opened(name, key))
                predicate[key] = again.field()
                self.openings.append(again)
            at += 1
            self.pieces.insert(at, replace(piece, predicate=predicate))

    def cut(self, after: str) -> None:
        """Leave out whatever comes after a statement, and what opened it."""
        del self.pieces[self.pieces.index(self.find(after)) + 1 :]
        self.forget()

    def forget(self) -> None:
        """Leave out the openings of what is no longer there."""
        kept = json.dumps([piece.predicate for piece in self.pieces])
        self.openings = [o for o in self.openings if bundles.opened(o) in kept]

    def seal(self, name: str, key: str, nth: int = 0) -> None:
        """Leave a hidden field sealed, as a bundle for somebody other than an inspector may."""
        self.audience = "developer"
        digest = _committed(self.find(name, nth).predicate[key])
        self.openings = [o for o in self.openings if bundles.opened(o) != digest]

    def opened(self, name: str, key: str, nth: int = 0) -> Any:
        """What a hidden field holds."""
        digest = _committed(self.find(name, nth).predicate[key])
        honest = next(o for o in self.openings if bundles.opened(o) == digest)
        return json.loads(json.dumps(honest.value))

    def resign(self, name: str, *keys: str) -> None:
        """Have a statement signed by other keys of the home."""
        self.find(name).keys = list(keys)

    def open_as(self, name: str, key: str, change: Callable[[Any], None], nth: int = 0) -> None:
        """Change what a hidden field holds, and commit to that instead."""
        digest = _committed(self.find(name, nth).predicate[key])
        honest = next(o for o in self.openings if bundles.opened(o) == digest)
        value = json.loads(json.dumps(honest.value))
        change(value)
        forged: Any
        if isinstance(honest, commitment.Opening):
            forged = commitment.Opening(value)
            self.find(name, nth).predicate[key] = forged.commitment.to_json()
        else:
            forged = salted.Opening(value)
            self.find(name, nth).predicate[key] = forged.field()
        self.openings[self.openings.index(honest)] = forged

    def bundle(self) -> bytes:
        """The forged bundle, with a log that really holds it."""
        signer = NoteSigner.parse((self.home.path / "keys" / "log.key").read_text().strip())
        log = Log.open(MemoryStore(), signer)
        renamed: dict[str, str] = {}
        previous: str | None = None
        made: list[tuple[Envelope, bytes | None]] = []
        for piece in self.pieces:
            text = json.dumps(piece.predicate)
            for old, new in renamed.items():
                text = text.replace(old, new)
            predicate = json.loads(text)
            if "previous" in predicate:
                predicate["previous"] = previous
            signed = self._signed(piece, predicate, renamed)
            if piece.honest_digest:
                renamed[piece.honest_digest] = signed.digest
            if "previous" in predicate:
                previous = signed.digest
            leaf = (
                clear_leaf(signed)
                if piece.salt is None
                else sealed_leaf(signed.to_bytes(), piece.salt)
            )
            log.append([NewEntry(leaf)])
            made.append((signed, piece.salt))
        entries = tuple(
            bundles.Entry(signed, salt, TlogProof.parse(log.tlog_proof(index)))
            for index, (signed, salt) in enumerate(made)
        )
        openings = bundles.sort_openings(self.openings)
        return Bundle(self.case_id, self.audience, entries, openings).to_bytes()

    def _signed(self, piece: Piece, predicate: dict[str, Any], renamed: dict[str, str]) -> Envelope:
        name, sha256 = piece.subject
        statement = Statement(
            predicates.predicate_type(piece.name), name, renamed.get(sha256, sha256), predicate
        )
        return envelope.sign(statement.to_bytes(), [self.home.keys[key] for key in piece.keys])


def _committed(field_: dict[str, str]) -> str:
    return field_.get("salted") or field_["sha256"]


__all__ = ["BODIES", "Forger", "Piece"]
