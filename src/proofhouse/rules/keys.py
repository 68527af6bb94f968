# SPDX-License-Identifier: Apache-2.0
"""Whose key speaks at which leaf: the trust policy, and the key changes that the log records.

    keys = Keys(policy)                    everybody the policy names, from leaf 0 on
    keys = keys.changed(entry)             after a `key-changed` statement at leaf r
    keys.speaking(index)                   keyid → Speaker, as it is at that leaf

A party whose key was **rotated** at leaf r speaks with the old key up to r, with the new one from
r + 1, and stays the same party: a case that it began goes on. A key that was **revoked** (it may
be in other hands) or **lost** (in nobody's) is silent after r; if a new one is named it speaks for
the party from then on.

A rotation is signed by the party itself, with the old key. Of a revoked or lost key nobody can ask
that: it is signed by k of n of the owning bodies. The new key proves that somebody holds it: its
signature over ``possession`` stands in the statement.

Validity goes by leaf, never by a claimed time: what a stolen key signs and dates back still stands
where it stands. A key is changed once. The log's own key does not change; a new key is a new log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from proofhouse.errors import RefusedError, UnknownSignerError, VerificationError
from proofhouse.formats.envelope import Envelope, by_parties, signers
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.policy import Policy
from proofhouse.rules.statements import Entry, Signer, refused
from proofhouse.said import say

NAME = "key-changed"
"""The predicate whose statements change keys."""

LAST_LEAF = 2**63
"""After every leaf: whoever speaks there speaks now."""


@dataclass(frozen=True)
class Speaker:
    """A key that may sign at some leaf: its ``role``, and ``party``, the keyid that the trust
    policy names for whoever holds it.
    """

    key: PublicKey
    role: str
    party: str


@dataclass(frozen=True)
class Change:
    """At leaf ``index`` the key ``old`` fell silent and ``new``, if any, took its place."""

    index: int
    old: str
    new: PublicKey | None
    reason: str
    party: str
    at: str


@dataclass(frozen=True)
class Keys:
    """The parties of ``policy`` after ``changes``, in the order of their leaves."""

    policy: Policy
    changes: tuple[Change, ...] = ()

    def speaking(self, index: int) -> Mapping[str, Speaker]:
        """Who may sign the statement at leaf ``index``, by keyid."""
        known = {
            keyid: Speaker(key, self.policy.roles[keyid], keyid)
            for keyid, key in self.policy.keys.items()
        }
        for change in self.changes:
            if change.index >= index:
                break
            old = known.pop(change.old)
            if change.new is not None:
                known[change.new.keyid] = Speaker(change.new, old.role, old.party)
        return known

    def signers(self, envelope: Envelope, index: int, what: str) -> tuple[Speaker, ...]:
        """Every party that signed ``envelope``, all of whom may speak at leaf ``index``.

        Raises VerificationError if a signature, be it a person's, does not hold, UnknownSignerError
        for one by another key, or by persons alone; ``what`` names the statement for a person.
        """
        known = self.speaking(index)
        keyids = [signature.keyid for signature in by_parties(envelope)]
        if not keyids:
            raise UnknownSignerError(
                say(
                    "The statement “%(what)s” at leaf %(index)s is signed by a person's passkey "
                    "alone.",
                    what=what,
                    index=index,
                ),
                hint="A passkey stands for no party: the organisation's own key signs, too.",
            )
        for keyid in keyids:
            if keyid not in known:
                raise self._unknown(keyid, index, what)
        signers(envelope, {keyid: known[keyid].key for keyid in keyids})
        return tuple(known[keyid] for keyid in keyids)

    def _unknown(self, keyid: str, index: int, what: str) -> UnknownSignerError:
        for change in self.changes:
            if change.old == keyid and change.index < index:
                return UnknownSignerError(
                    say(
                        "The statement “%(what)s” at leaf %(index)s is signed by a key that was "
                        "%(reason)s at leaf %(change)s.",
                        what=what,
                        index=index,
                        reason=change.reason,
                        change=change.index,
                    ),
                    hint="After that leaf the key speaks for nobody.",
                )
            if change.new is not None and change.new.keyid == keyid:
                return UnknownSignerError(
                    say(
                        "The statement “%(what)s” at leaf %(index)s is signed by a key that speaks "
                        "only after leaf %(change)s.",
                        what=what,
                        index=index,
                        change=change.index,
                    )
                )
        return UnknownSignerError(
            say(
                "The statement “%(what)s” at leaf %(index)s is signed by a key that the "
                "trust policy does not name.",
                what=what,
                index=index,
            ),
            hint="Get the policy of this log from somebody you trust and name it with --policy.",
        )

    def changed(self, entry: Entry) -> Keys:
        """These keys after the statement ``entry``, whose signers spoke at its leaf.

        That k of n bodies signed, where they must, is held by the registration rules.
        Raises RefusedError.
        """
        stated = entry.predicate
        before = self.speaking(entry.index).get(stated["old"])
        if before is None:
            raise refused(
                entry,
                "changes a key that speaks for nobody",
                "R18",
                "A key is changed once; change the one that took its place.",
            )
        if before.role != stated["role"]:
            raise refused(
                entry,
                say("calls a %(before)s's key a %(now)s's", before=before.role, now=stated["role"]),
                "R18",
            )
        itself = Signer(before.role, before.party)
        if stated["reason"] == "rotated" and entry.signers != {itself}:
            raise refused(entry, "is a rotation, and is not signed by the old key alone", "R18")
        if stated["reason"] != "rotated" and itself in entry.signers:
            raise refused(entry, "is signed by the very key that it takes away", "R18")
        return self._after(
            Change(
                index=entry.index,
                old=stated["old"],
                new=self._new_key(entry),
                reason=stated["reason"],
                party=before.party,
                at=entry.made_at,
            )
        )

    def check(self, entry: Entry) -> None:
        """Return None if ``entry`` names as developers whom the policy does, at a fit time.

        Raises RefusedError.
        """
        if entry.name == "inquiry":
            strangers = [
                key
                for key in entry.predicate["party"]["keys"]
                if self.policy.roles.get(key) != "developer"
            ]
            if strangers:
                raise refused(
                    entry,
                    say(
                        "names %(strangers)s… in its party, whom the trust policy calls no "
                        "developer",
                        strangers=strangers[0][:16],
                    ),
                    "R18",
                )
        parties = {signer.keyid for signer in entry.signers}
        for change in self.changes:
            late = change.index < entry.index and entry.made_at < change.at
            if late and change.party in parties:
                raise refused(
                    entry,
                    say(
                        "says it was made at %(made_at)s, before its signer's key was changed at "
                        "%(at)s",
                        made_at=entry.made_at,
                        at=change.at,
                    ),
                    "time",
                    "Set the clock right; the key that signed it spoke only later.",
                )

    def _new_key(self, entry: Entry) -> PublicKey | None:
        stated = entry.predicate
        if (stated["new"] is None) != (stated["possession"] is None):
            raise refused(entry, "names a new key without its signature, or the reverse", "R18")
        if stated["new"] is None:
            if stated["reason"] == "rotated":
                raise refused(entry, "rotates a key and names no new one", "R18")
            return None
        new = PublicKey(bytes.fromhex(stated["new"]))
        check_possession(self.policy.log.name, stated["old"], new, stated["possession"])
        return new

    def _after(self, change: Change) -> Keys:
        """These keys after ``change``. Raises RefusedError if it changes nothing it may change."""
        if self.changes and change.index <= self.changes[-1].index:
            raise RefusedError("Key changes are read in the order of their leaves.", rule="ledger")
        known = self.speaking(change.index)
        taken = {c.old for c in self.changes} | set(known)
        notes = {key.public for key in (self.policy.log, *self.policy.witnesses)}
        if change.new is not None and (change.new.keyid in taken or change.new.raw in notes):
            raise RefusedError(
                "The new key is, or was, somebody's already.",
                rule="R18",
                hint="Make a key that nobody has used: proofhouse key new",
            )
        return replace(self, changes=(*self.changes, change))


def possession(origin: str, old: str, new: bytes) -> bytes:
    """What the new key signs to prove that somebody holds it, for this log and this change only."""
    return f"proofhouse/key-changed/v1\n{origin}\n{old}\n{new.hex()}\n".encode()


def check_possession(origin: str, old: str, new: PublicKey, signature: str) -> None:
    """Return None if ``signature`` (128 hexadecimal digits) proves it. Raises RefusedError."""
    try:
        new.verify(bytes.fromhex(signature), possession(origin, old, new.raw))
    except VerificationError:
        raise RefusedError("Nobody has shown to hold the new key.", rule="R18") from None
