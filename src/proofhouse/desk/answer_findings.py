# SPDX-License-Identifier: Apache-2.0
"""A developer answers the findings that it has received (R13).

    draft(case, [Answer("F1", "fixed", "Refuses now.")], version=identity, at=…)

An answer is the whole of what the developer says of these findings; the newest one counts. What it
calls fixed is a version of its own, bound as a submission is (R17): docs/decisions/0010.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from proofhouse.desk.draft import Draft, Hidden, about_case
from proofhouse.desk.submit import Identity
from proofhouse.errors import InputError
from proofhouse.formats.predicates import ANSWERS
from proofhouse.rules.registration import Case, Entry
from proofhouse.said import say


@dataclass(frozen=True)
class Answer:
    """What is said of one finding: ``acknowledged``, ``disputed`` or ``fixed``, and maybe a text.

    Raises InputError for any other word.
    """

    finding: str
    answer: str
    text: str = ""

    def __post_init__(self) -> None:
        if self.answer not in ANSWERS:
            raise InputError(
                say("“%(answer)s” is no answer to a finding.", answer=self.answer[:80]),
                hint=say("One of: %(answers)s.", answers=", ".join(ANSWERS)),
            )


def answered_by(case: Case, names: Sequence[str], value: Callable[[Entry, str], Any]) -> Entry:
    """The newest findings that the developer has received and that tell of all these ``names``.

    ``value`` gives what a hidden field of a statement holds. Raises InputError.
    """
    received = {e.predicate["findings"] for e in case.all("findings-received")}
    told: list[str] = []
    for entry in reversed(case.all("findings")):
        if entry.digest in received:
            ids = [finding["id"] for finding in value(entry, "findings")["findings"]]
            if set(names) <= set(ids):
                return entry
            told += ids
    raise InputError(
        say("No findings that were received tell of %(names)s.", names=", ".join(names)[:200]),
        hint=say("There are: %(findings)s.", findings=", ".join(sorted(set(told))) or say("none")),
    )


def draft(
    case: Case,
    answers: Sequence[Answer],
    *,
    at: str,
    version: Identity | None = None,
    of: Entry | None = None,
) -> Draft:
    """The developer's answers to the findings ``of`` (None: the newest).

    ``version`` is where what is ``fixed`` is found; it is stated only with such an answer. Raises
    InputError if nothing is answered, or something is fixed and no version is named.
    """
    if not answers:
        raise InputError("Nothing is answered.", hint="Say of one finding at least what you do.")
    fixed = any(one.answer == "fixed" for one in answers)
    if fixed and version is None:
        raise InputError(
            "Something is fixed, and nothing says in which version.",
            hint="Name that version, and what it binds to: weights, or how the model answers.",
        )
    hidden = Hidden()
    said: dict[str, Any] = {
        "texts": [{"finding": a.finding, "text": a.text} for a in answers if a.text.strip()],
        "model": None,
    }
    stated = None
    if fixed and version is not None:
        said["model"] = {
            "name": version.name,
            "provider": version.provider,
            "endpoint": version.endpoint,
        }
        method = version.fingerprint
        stated = {
            "checkpoint": version.checkpoint,
            "safeguardVariant": version.safeguard_variant,
            "weightsDigest": version.weights,
            "fingerprint": {"method": method[0], "digest": method[1]} if method else None,
        }
    fields = {
        "findings": (of or case.need("findings")).digest,
        "answers": [{"finding": a.finding, "answer": a.answer} for a in answers],
        "said": hidden.salt(said),
        "version": stated,
        "answeredAt": at,
    }
    return about_case(case, "findings-answered", fields, hidden.openings)
