# SPDX-License-Identifier: Apache-2.0
"""Whether what is handed in beside a statement opens all that the statement hides.

A party that writes its statement elsewhere hands in the openings with it. A field that nobody can
open would make the case unreadable for ever, so it is refused before anything is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from proofhouse.errors import InputError
from proofhouse.formats import commitment, predicates
from proofhouse.formats.bundle import Opening, opened
from proofhouse.rules.registration import Entry
from proofhouse.said import say


def check_openings(entries: Iterable[Entry], openings: Sequence[Opening]) -> None:
    """Return None if ``openings`` open every hidden field of ``entries``, each once, and no more.

    Raises InputError for a field that stays closed or an opening of nothing, FormatError for a
    value of the wrong kind, VerificationError for an opening that does not fit.
    """
    left = {opened(opening): opening for opening in openings}
    for entry in entries:
        for (name, field), kind in predicates.VALUES.items():
            hidden = entry.predicate.get(field) if name == entry.name else None
            if hidden is None:
                continue
            opening = left.pop(hidden.get("salted") or hidden.get("sha256"), None)
            if opening is None:
                raise InputError(
                    say(
                        "The %(field)s of the statement “%(name)s” comes without what opens it.",
                        field=field,
                        name=name,
                    ),
                    hint="Hand in its value and salt too; the vault keeps them.",
                )
            _check_fits(opening, hidden)
            kind(f"{name}.{field}", opening.value)
    if left:
        raise InputError("Something is opened that the statement does not hide.")


def _check_fits(opening: Opening, hidden: dict[str, str]) -> None:
    if isinstance(opening, commitment.Opening):
        opening.verify(commitment.Commitment.from_json(hidden))
    else:
        opening.verify(hidden["salted"])
