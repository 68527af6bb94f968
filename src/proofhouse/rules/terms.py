# SPDX-License-Identifier: Apache-2.0
"""Six clauses, each accepted or struck on its own; what is struck limits what may be done (R4).

    limits({"use": "struck", …})  →  {"run_for_findings": "use"}

Striking a clause ends nothing: the review goes on within what is left.
"""

from __future__ import annotations

from collections.abc import Mapping

from proofhouse.errors import RefusedError
from proofhouse.formats.predicates import CLAUSES
from proofhouse.said import say

NEEDS: dict[str, tuple[str, ...]] = {
    "run_for_findings": ("use",),
    "partner_access": ("confidentiality", "insiderRisk", "nondisclosure"),
    "disclosure_to_others": ("nondisclosure",),
    "access_to_weights": ("cybersecurity", "intellectualProperty"),
}
"""What the system lets people do → the clauses that must be accepted for it."""

OFFER: dict[str, tuple[str, str]] = {
    "confidentiality": (
        "The assessor keeps the model, its outputs and every result confidential, save what is "
        "disclosed by a decision recorded for each recipient.",
        "Bodies lie encrypted under a key of the case; the public log holds salted digests only.",
    ),
    "cybersecurity": (
        "The assessor protects what it is given at least as the developer does, and says so "
        "within one day if that fails.",
        "Models run behind the developer's endpoint; the sandbox has no network.",
    ),
    "insiderRisk": (
        "Only named people with a recorded need touch the model or its results.",
        "Every statement carries the key of whoever made it.",
    ),
    "intellectualProperty": (
        "Nothing given or found passes any right to the model or its weights, and nothing is "
        "used to train another model.",
        "Transcripts are kept under the case's key and erased by its terms.",
    ),
    "use": (
        "Access serves the evaluations of the registered plan and nothing else.",
        "A run is refused unless its plan was registered first.",
    ),
    "nondisclosure": (
        "Findings go to the developer first; to a trusted partner only after that, and only "
        "for the defence of critical infrastructure.",
        "Partner access is refused before the developer has received the findings.",
    ),
}
"""The standard offer: a clause → its text, and how a reader can check that it is kept."""


def limits(answers: Mapping[str, str]) -> dict[str, str]:
    """What the struck clauses rule out: action → the first struck clause that it needs."""
    return {
        action: struck[0]
        for action, needed in NEEDS.items()
        if (struck := [clause for clause in needed if answers.get(clause) != "accepted"])
    }


def require(answers: Mapping[str, str], action: str, *, offer: bool = False) -> None:
    """Raise RefusedError if a struck clause rules ``action`` out.

    ``offer``: new terms can still be offered, which is so until the window is open.
    """
    clause = limits(answers).get(action)
    if clause is not None:
        kept = [name for name in CLAUSES if answers.get(name) == "accepted"]
        raise RefusedError(
            say(
                "The developer struck the clause “%(clause)s”, which “%(action)s” needs.",
                clause=clause,
                action=action.replace("_", " "),
            ),
            rule="R4",
            hint=say(
                "Accepted are: %(kept)s. A new offer may be made before the window opens."
                if offer
                else "Accepted are: %(kept)s. The terms stand as they were when the window opened.",
                kept=", ".join(kept) or say("none"),
            ),
        )
