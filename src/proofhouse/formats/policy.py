# SPDX-License-Identifier: Apache-2.0
"""A trust policy: whose word a relying party takes. It never travels with what it judges.

    {"format": "proofhouse-policy/v1",
     "log": "example.com/log+33d7b496+AeHT…",
     "custody": "separate",
     "issuers": {"developer": [{"name": "Lab A", "key": "d75a…"}],
                 "assessor": [], "partner": [], "registrar": [{"name": "Registry", "key": "…"}],
                 "body": {"threshold": 2, "keys": [{"name": "Agency 1", "key": "…"}, …]}},
     "witnesses": {"threshold": 0, "keys": ["w1.example+…"]}}

A person writes it, so spaces and order are free; all else is read strictly: no member missing,
unknown or twice, no key in two places, because a key speaks in one role. ``body`` are the owners of
banks and thresholds: ``threshold`` of ``keys`` must sign. ``custody`` is ``single`` if one home
holds all keys: then everything proves integrity and nothing proves independence.
Keys of issuers are 32 bytes in hexadecimal, of the log and the witnesses vkeys (``note``).
``witnesses`` may have groups, and addresses (``quorum``).

What a role may sign is in the registration rules. At most 1 MB.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from proofhouse.errors import FormatError, VerificationError
from proofhouse.formats import cosignature, quorum
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.fields import hex_bytes, integer, items, members, refuse, text
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.note import (
    COSIGNATURE_ED25519,
    COSIGNATURE_ML_DSA_44,
    ED25519,
    Note,
    VerifierKey,
)
from proofhouse.formats.plain import read_json
from proofhouse.formats.quorum import WitnessGroup

FORMAT = "proofhouse-policy/v1"
CUSTODIES = ("single", "separate")
ROLES = ("developer", "assessor", "partner", "registrar", "body")
MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Issuer:
    """Somebody who signs statements: a ``name`` for people and the Ed25519 ``key``."""

    name: str
    key: PublicKey

    def __post_init__(self) -> None:
        text(self.name, "the name of an issuer", 200)


@dataclass(frozen=True)
class Policy:
    """Whom a relying party trusts.

    ``issuers`` maps each of ROLES to its issuers; ``body_threshold`` of the body's must sign
    (1 to their number); ``witness_threshold`` of ``witnesses``, or of the groups that they form,
    must cosign (0 to their number); ``witness_urls`` is where to ask them, by name.
    Raises FormatError.
    """

    log: VerifierKey
    custody: str
    issuers: Mapping[str, tuple[Issuer, ...]]
    body_threshold: int
    witnesses: tuple[VerifierKey, ...] = ()
    witness_threshold: int = 0
    witness_groups: tuple[WitnessGroup, ...] = ()
    witness_urls: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "issuers", MappingProxyType(dict(self.issuers)))
        if self.custody not in CUSTODIES:
            refuse("the custody of a policy", f"must be one of {', '.join(CUSTODIES)}")
        if set(self.issuers) != set(ROLES):
            refuse("the issuers of a policy", f"must name the roles {', '.join(ROLES)}")
        if self.log.algorithm != ED25519:
            refuse("the log's key", "must be an Ed25519 note key (algorithm 0x01)")
        for witness in self.witnesses:
            if witness.algorithm not in (COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44):
                refuse("the key of a witness", "must cosign checkpoints (algorithm 0x04 or 0x06)")
        names = quorum.top([key.name for key in self.witnesses], self.witness_groups)
        object.__setattr__(self, "witness_urls", MappingProxyType(dict(self.witness_urls)))
        integer(self.body_threshold, "the body's threshold", 1, len(self.issuers["body"]))
        integer(self.witness_threshold, "the witnesses' threshold", 0, len(names))
        keys = [issuer.key.raw for role in ROLES for issuer in self.issuers[role]]
        keys += [key.public for key in (self.log, *self.witnesses)]
        if len(set(keys)) != len(keys):
            refuse("the policy", "names a key twice, where each key speaks in one role")

    @cached_property
    def keys(self) -> Mapping[str, PublicKey]:
        """Every issuer's key by keyid, in whatever role: what ``envelope.signers`` wants."""
        return MappingProxyType({i.key.keyid: i.key for role in ROLES for i in self.issuers[role]})

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The role of each issuer's keyid."""
        return MappingProxyType({i.key.keyid: role for role in ROLES for i in self.issuers[role]})

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of each issuer's keyid."""
        return MappingProxyType({i.key.keyid: i.name for role in ROLES for i in self.issuers[role]})

    def seen_by(self, checkpoint: Checkpoint, note: Note) -> dict[str, int]:
        """The times at which each trusted witness cosigned, by name, once enough of them have.

        Raises VerificationError if too few did, or if a line that claims one does not hold.
        """
        seen = cosignature.verify(checkpoint, note, self.witnesses, 0)
        found = self.witnessed(seen)
        if len(found) < self.witness_threshold:
            raise VerificationError(
                f"{len(found)} of the trusted witnesses cosigned the checkpoint, "
                f"{self.witness_threshold} must."
            )
        return seen

    def witnessed(self, seen: Collection[str]) -> frozenset[str]:
        """Of the witnesses and groups that count, those that have witnessed if ``seen`` have."""
        names = [key.name for key in self.witnesses]
        return quorum.witnessed(names, self.witness_groups, seen)

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """The policy that ``data``, ordinary JSON in UTF-8, spells. Raises FormatError."""
        body = members(
            read_json(data, "the policy", MAX_BYTES),
            "the policy",
            ("format", "log", "custody", "issuers", "witnesses"),
        )
        if body["format"] != FORMAT:
            raise FormatError(
                "This is not a policy that this version can read.", hint=f"It reads {FORMAT}."
            )
        roles = members(body["issuers"], "the issuers", ROLES)
        owners = members(roles["body"], "the body", ("threshold", "keys"))
        witnesses = members(
            body["witnesses"], "the witnesses", ("threshold", "keys"), ("groups", "urls")
        )
        issuers = {role: _issuers(roles[role], f"the {role} list") for role in ROLES[:-1]}
        issuers["body"] = _issuers(owners["keys"], "the body's keys")
        keys = tuple(_vkey(key, "the witness") for key in items(witnesses["keys"], "the witnesses"))
        return cls(
            _vkey(body["log"], "the log"),
            body["custody"],
            issuers,
            owners["threshold"],
            keys,
            witnesses["threshold"],
            quorum.parse_groups(witnesses.get("groups", [])),
            quorum.parse_urls(witnesses.get("urls", {}), [key.name for key in keys]),
        )

    def to_bytes(self) -> bytes:
        """The policy as JSON for people; parses to an equal policy."""
        people = {
            role: [{"name": i.name, "key": i.key.raw.hex()} for i in self.issuers[role]]
            for role in ROLES
        }
        owners = people.pop("body")
        body = {
            "format": FORMAT,
            "log": str(self.log),
            "custody": self.custody,
            "issuers": {**people, "body": {"threshold": self.body_threshold, "keys": owners}},
            "witnesses": {
                "threshold": self.witness_threshold,
                "keys": [str(key) for key in self.witnesses],
                **quorum.to_json(self.witness_groups, self.witness_urls),
            },
        }
        return json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n"


def _issuers(value: object, where: str) -> tuple[Issuer, ...]:
    found = []
    for item in items(value, where):
        entry = members(item, "the issuer", ("name", "key"))
        key = hex_bytes(entry["key"], "the key of an issuer", 32)
        found.append(Issuer(entry["name"], PublicKey(key)))
    return tuple(found)


def _vkey(value: object, where: str) -> VerifierKey:
    if not isinstance(value, str):
        refuse(where, "must be a verifier key in text")
    return VerifierKey.parse(value)
