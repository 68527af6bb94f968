# SPDX-License-Identifier: Apache-2.0
"""A statement before it is signed, with the openings of what it hides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from proofhouse.formats import commitment, envelope, predicates, salted
from proofhouse.formats.bundle import Opening
from proofhouse.formats.canonical import JsonValue
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.keys import Signer
from proofhouse.formats.statement import Statement
from proofhouse.rules.registration import Case


@dataclass(frozen=True)
class Draft:
    """A statement that its maker has yet to sign, and what opens its salted fields."""

    statement: Statement
    openings: tuple[Opening, ...] = ()

    def signed(self, *keys: Signer) -> Envelope:
        """The finished envelope; every key signs the same bytes."""
        return envelope.sign(self.statement.to_bytes(), keys)

    def recorded(self, by: str) -> Draft:
        """This draft, saying that ``by``, of the house's staff, recorded it for its maker.

        Raises FormatError for a statement that is public: it would name a person for ever.
        """
        predicate = {**self.statement.predicate, "recordedBy": by}
        predicates.check(predicates.predicate_name(self.statement.predicate_type), predicate)
        return replace(self, statement=replace(self.statement, predicate=predicate))


class Hidden:
    """Collects openings while a draft is written.

    hidden = Hidden()
    {"developer": hidden.salt({"name": "Example Lab", …})}      →  {"salted": "9f…"}
    {"threshold": hidden.commit({"dimensions": …})}             →  {"sha256": …, "pedersen": …}
    """

    def __init__(self) -> None:
        self._openings: list[Opening] = []

    def salt(self, value: JsonValue) -> dict[str, JsonValue]:
        """A salted field that hides ``value``."""
        opening = salted.Opening(value)
        self._openings.append(opening)
        return opening.field()

    def commit(self, value: JsonValue) -> dict[str, JsonValue]:
        """A double commitment to ``value``."""
        opening = commitment.Opening(value)
        self._openings.append(opening)
        return opening.commitment.to_json()

    @property
    def openings(self) -> tuple[Opening, ...]:
        """What was hidden so far, in order."""
        return tuple(self._openings)


def about_case(
    case: Case, name: str, fields: Mapping[str, Any], openings: Sequence[Opening] = ()
) -> Draft:
    """A draft of a statement that follows the newest one of ``case``."""
    predicate = {"previous": case.head, **fields}
    return _draft(name, "case", case.id, predicate, openings)


def in_clear(
    name: str,
    subject: str,
    subject_sha256: str,
    fields: Mapping[str, Any],
    openings: Sequence[Opening] = (),
) -> Draft:
    """A draft of a statement that is published as it stands."""
    return _draft(name, subject, subject_sha256, fields, openings)


def _draft(
    name: str,
    subject: str,
    subject_sha256: str,
    predicate: Mapping[str, Any],
    openings: Sequence[Opening],
) -> Draft:
    predicates.check(name, predicate)
    statement = Statement(predicates.predicate_type(name), subject, subject_sha256, predicate)
    return Draft(statement, tuple(openings))
