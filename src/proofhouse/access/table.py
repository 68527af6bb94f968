# SPDX-License-Identifier: Apache-2.0
"""The one table: which role may do what, and what each scope of a token covers.

    may("assessor", "plan")                      True
    may("assessor", "pln")                       False: what the table does not name, nobody may
    covers({"read"}, "determine")                False, whatever the role
    drafts({"draft"}, "determine")               True: drafted by a program, signed by a person

An action is a verb of the desk, under the name that the portal's table of acts gives it, or the
sight of something (``see-…``). The table says what a role may do at all. Whether it may be done in
this case is asked beside it: is the case theirs (``SEES_EVERY_CASE``), are they recused, and do the
rules allow it where the case stands.

R1: there is no action that approves or denies a model. R8: a partner is chosen by developer and
assessor, so both may ``grant-partner``, and each signs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

ROLES = (
    "administrator",
    "developer",
    "steward",
    "assessor",
    "partner",
    "body",
    "registrar",
    "inspector",
)
"""The roles of a membership. A steward signs as a developer, for a project without an owner."""

SIGNS_AS: Mapping[str, str] = {
    "developer": "developer",
    "steward": "developer",
    "assessor": "assessor",
    "partner": "partner",
    "body": "body",
    "registrar": "registrar",
}
"""Role of a membership → role of the trust policy. Administrators and inspectors sign nothing."""

SEES_EVERY_CASE = frozenset({"assessor", "registrar", "inspector"})
"""All others see the cases of their own organisation, a partner those that it was given."""

_EVERYBODY = frozenset(ROLES)
_DEVELOPERS = frozenset({"developer", "steward"})
_ASSESSORS = frozenset({"assessor"})
_BODIES = frozenset({"body"})

ACTIONS: Mapping[str, frozenset[str]] = {
    # a developer's
    "inquire": _DEVELOPERS,
    "answer-invitation": _DEVELOPERS,
    "submit": _DEVELOPERS,
    "request-review": _DEVELOPERS,
    "answer-terms": _DEVELOPERS,
    "open-window": _DEVELOPERS,
    "receive-findings": _DEVELOPERS,
    "answer-findings": _DEVELOPERS,
    "withdraw": _DEVELOPERS,
    # an assessor's
    "invite": _ASSESSORS,
    "plan": _ASSESSORS,
    "evaluate": _ASSESSORS,
    "decide-held": _ASSESSORS,
    "determine": _ASSESSORS,
    "disclose": _ASSESSORS,
    "offer-terms": _ASSESSORS,
    "deliver-findings": _ASSESSORS,
    # both choose a partner, who accepts
    "choose-partner": _DEVELOPERS | _ASSESSORS,
    "decide-application": _ASSESSORS,
    "grant-partner": _DEVELOPERS | _ASSESSORS,
    "accept-partner": frozenset({"partner"}),
    # the bodies that own bank and threshold
    "threshold": _BODIES,
    "open-commitment": _BODIES,
    # the house's
    "close-window": frozenset({"registrar"}),
    "erase": frozenset({"registrar"}),
    "record-for": frozenset({"assessor", "registrar"}),
    "answer-docket": frozenset({"assessor", "body", "registrar"}),
    "bundle": _DEVELOPERS | {"assessor", "registrar", "inspector"},
    # sight
    "see-log": _EVERYBODY,
    "see-case": _DEVELOPERS | {"assessor", "partner", "registrar", "inspector"},
    "see-confidential": _DEVELOPERS | {"assessor", "partner", "inspector"},
    "see-queue": frozenset({"assessor", "registrar", "inspector"}),
    "inspect-all": frozenset({"inspector"}),
    "see-views": _DEVELOPERS | {"assessor", "inspector"},
    "see-recusals": frozenset({"administrator", "assessor", "inspector"}),
    # people
    "manage-people": frozenset({"administrator"}),
    "own-account": _EVERYBODY,  # and whoever has no role yet
    "recuse": _EVERYBODY,
}
"""Action → the roles that may do it."""

TWO_PERSONS = frozenset({"threshold", "decide-held", "open-commitment"})
"""What takes a second person of the same role, who sees what the first one wrote."""

TAKES_A_PERSON = frozenset(
    {
        "determine",
        "decide-held",
        "disclose",
        "grant-partner",
        "close-window",
        "threshold",
        "open-commitment",
    }
)
"""What only a person signs. A token of the scope ``draft`` may write it down for them to read."""

READING = frozenset({"see-log", "see-case", "see-confidential", "see-queue", "bundle"})

DRAFT = "draft"

SCOPES: Mapping[str, frozenset[str]] = {
    "read": READING - {"see-confidential", "bundle"},
    "read-confidential": READING | {"see-views"},
    "inquire": frozenset({"inquire", "submit", "request-review", "withdraw", "answer-invitation"}),
    "review": frozenset({"answer-terms", "open-window", "receive-findings", "answer-findings"}),
    "assess": frozenset({"plan", "evaluate", "offer-terms", "deliver-findings", "invite"}),
    "partner": frozenset({"accept-partner"}),
    "applications": frozenset({"choose-partner", "decide-application"}),
    "record": frozenset({"record-for"}),
    "docket": frozenset({"answer-docket"}),
    DRAFT: frozenset(),
    "account": frozenset({"own-account", "recuse"}),
    "people": frozenset({"manage-people"}),
    "inspect": frozenset({"inspect-all"}),
    "erase": frozenset({"erase"}),
}
"""Scope of a token → the actions that it covers, if the token's role may do them.

No scope covers what takes a person (``TAKES_A_PERSON``): a determination, a held score, a
threshold, an opening, a disclosure, the choice of a partner. What can't be undone or opens the
house to others (an erasure, its people) has a scope of its own, which nothing else implies.
"""


def may(role: str | None, action: str) -> bool:
    """Whether ``role`` may do ``action``; False for an action or a role that nobody has named."""
    return role in ACTIONS.get(action, frozenset())


def covers(scopes: Collection[str], action: str) -> bool:
    """Whether a token of ``scopes`` covers ``action``; unknown scopes cover nothing."""
    return any(action in SCOPES.get(scope, frozenset()) for scope in scopes)


def drafts(scopes: Collection[str], action: str) -> bool:
    """Whether a token of ``scopes`` may write down what a statement of ``action`` would say."""
    return covers(scopes, action) or (DRAFT in scopes and action in TAKES_A_PERSON)
