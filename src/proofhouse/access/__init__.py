# SPDX-License-Identifier: Apache-2.0
"""Who may come in, as whom, and what they may do: operation, not record.

    access = Access.open(home / "access.sqlite")
    lab = access.add_organisation("Example Lab", roles=("developer",), party=keyid)
    mira = access.add_person("Mira Okafor", "mira@lab.example")
    access.join(mira.id, lab.id, "developer")
    secret = access.new_link(mira.id, "invitation", at, 86_400)        shown once, kept as a hash

Rule 1: no secret is kept, only its SHA-256. Every secret is 256 random bits, so there is nothing to
guess and no need of a slow hash; nobody chooses a password, so there is none to lose.
Rule 2: no clock. Every time is handed in, ``YYYY-MM-DDTHH:MM:SSZ``.
Rule 3: what ends somebody's access ends it at once: sessions, tokens and links are rows here, and
each use looks them up.
Rule 4: who looked at what is confidential is appended and never changed.

Arguments are identifiers, results are values.

    access.py     the one class                                    start here
    people.py     organisations, people, who acts for whom in which role
    ways_in.py    passkeys, one-time links, identities at a provider, steps under way
    sessions.py   sessions and tokens
    watch.py      recusals, who looked at what, limits
    table.py      the one table: which role may do what, which scope of a token covers what
    passkeys.py   WebAuthn, with ``webauthn``; oidc.py OpenID Connect, with ``authlib``
                  (extra ``portal``; nothing else here imports them)

People, organisations and their links are kept until somebody removes the file; nothing here is
evidence, and ledger and vault don't cite it.
"""

from proofhouse.access.access import Access
from proofhouse.access.table import ACTIONS, ROLES, SCOPES, TWO_PERSONS, covers, may
from proofhouse.access.values import (
    DeadLinkError,
    LetIn,
    Membership,
    Organisation,
    Passkey,
    Person,
    Recusal,
    Session,
    Token,
    View,
)

__all__ = [
    "ACTIONS",
    "ROLES",
    "SCOPES",
    "TWO_PERSONS",
    "Access",
    "DeadLinkError",
    "LetIn",
    "Membership",
    "Organisation",
    "Passkey",
    "Person",
    "Recusal",
    "Session",
    "Token",
    "View",
    "covers",
    "may",
]
