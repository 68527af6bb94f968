# SPDX-License-Identifier: Apache-2.0
r"""A bundle: the statements of one case and the proofs that they are in the log, in one file.

    {"audience":"inspector","case":"9f86…",
     "entries":[{"envelope":{…},"proof":"c2sp.org/tlog-proof@v1\nindex 5\n…","salt":"00…"}, …],
     "format":"proofhouse-bundle/v1",
     "openings":[{"salt":"…","salted":"2cf2…","value":…},
                 {"blinding":"…","commitment":"1d5c…","salt":"…","value":…}]}

What an outsider needs, and never whom to trust: keys come from a trust policy got elsewhere. A
sealed statement comes with the salt that opens its leaf, a clear one with null. Entries are in the
order of the log, and all proofs are against one checkpoint. Openings are sorted by the digest they
open and no two open the same. A bundle is canonical JSON (so without the breaks above), at most
64 MiB.

That the statements are one chain, and who signed them, is checked by ``verify``, above this room.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from proofhouse.errors import FormatError
from proofhouse.formats import canonical, commitment, leaf, salted
from proofhouse.formats.digest import SALT_BYTES, is_digest
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.fields import hex_bytes, items, members, refuse
from proofhouse.formats.proof import TlogProof

FORMAT = "proofhouse-bundle/v1"
AUDIENCES = ("inspector", "developer", "public")
MAX_BYTES = canonical.MAX_BYTES

Opening: TypeAlias = salted.Opening | commitment.Opening


@dataclass(frozen=True)
class Entry:
    """A statement's ``envelope``, its leaf's ``salt`` (32 bytes, or None), and its ``proof``."""

    envelope: Envelope
    salt: bytes | None
    proof: TlogProof

    @classmethod
    def from_json(cls, value: object) -> Entry:
        """The entry that ``to_json`` gave. Raises FormatError; nothing is verified."""
        body = members(value, "the entry", ("envelope", "proof", "salt"))
        salt = body["salt"]
        if salt is not None:
            salt = hex_bytes(salt, "the entry's salt", SALT_BYTES)
        if not isinstance(body["proof"], str):
            refuse("the entry's proof", "must be a text")
        return cls(Envelope.from_json(body["envelope"]), salt, TlogProof.parse(body["proof"]))

    def to_json(self) -> dict[str, canonical.JsonValue]:
        """``{"envelope":…,"proof":…,"salt":…}``."""
        return {
            "envelope": canonical.loads(self.envelope.to_bytes()),
            "proof": self.proof.to_text(),
            "salt": None if self.salt is None else self.salt.hex(),
        }

    def leaf(self) -> bytes:
        """The bytes of the leaf in the log. Raises FormatError if it would be too large."""
        if self.salt is None:
            return leaf.clear_leaf(self.envelope)
        return leaf.sealed_leaf(self.envelope.to_bytes(), self.salt)

    def verify_inclusion(self) -> None:
        """Return None if the proof holds for the leaf; the checkpoint's signature is not looked at.

        Raises VerificationError.
        """
        self.proof.verify_inclusion(self.leaf())


def opened(opening: Opening) -> str:
    """The SHA-256 that ``opening`` opens: of a salted field or of a double commitment."""
    if isinstance(opening, commitment.Opening):
        return opening.commitment.sha256
    return opening.sha256


@dataclass(frozen=True)
class Bundle:
    """The ``entries`` of the ``case`` (64 hexadecimal digits) and what is opened to ``audience``.

    Raises FormatError unless entries are in the order of their leaves with proofs against one
    checkpoint, and openings are sorted by digest, each once (``sort_openings``).
    """

    case: str
    audience: str
    entries: tuple[Entry, ...]
    openings: tuple[Opening, ...] = ()

    def __post_init__(self) -> None:
        if not is_digest(self.case):
            refuse("the case of a bundle", "must be 64 lowercase hexadecimal digits")
        if self.audience not in AUDIENCES:
            refuse("the audience of a bundle", f"must be one of {', '.join(AUDIENCES)}")
        if not self.entries:
            refuse("the bundle", "must have an entry")
        for one, next_ in pairwise(self.entries):
            if one.proof.index >= next_.proof.index:
                refuse("the entries of a bundle", "must be in the order of their leaves, each once")
            if one.proof.checkpoint != next_.proof.checkpoint:
                refuse("the proofs of a bundle", "must all be against the same checkpoint")
        for entry in self.entries:
            entry.leaf()
        if any(opened(one) >= opened(next_) for one, next_ in pairwise(self.openings)):
            refuse("the openings of a bundle", "must be sorted by what they open, each once")

    @property
    def checkpoint(self) -> bytes:
        """The one checkpoint that all proofs are against, a signed note, not verified."""
        return self.entries[0].proof.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Bundle:
        """The bundle that ``data`` spells; ``to_bytes`` gives ``data`` again. Raises FormatError.

        No signature or proof is verified here; that each opening opens the digest it names, is.
        """
        value = canonical.loads(data, limit=MAX_BYTES)
        body = members(value, "the bundle", ("audience", "case", "entries", "format", "openings"))
        if body["format"] != FORMAT:
            raise FormatError(
                "This is not a bundle that this version can read.", hint=f"It reads {FORMAT}."
            )
        entries = tuple(map(Entry.from_json, items(body["entries"], "the entries")))
        openings = tuple(map(_parse_opening, items(body["openings"], "the openings")))
        return cls(body["case"], body["audience"], entries, openings)

    def to_bytes(self) -> bytes:
        """The bundle in canonical JSON. Raises FormatError if it is larger than 64 MiB."""
        data = canonical.dumps(
            {
                "audience": self.audience,
                "case": self.case,
                "entries": [entry.to_json() for entry in self.entries],
                "format": FORMAT,
                "openings": [_opening_json(opening) for opening in self.openings],
            }
        )
        if len(data) > MAX_BYTES:
            refuse("the bundle", f"would have {len(data):,} bytes where {MAX_BYTES:,} are allowed")
        return data


def sort_openings(openings: Iterable[Opening]) -> tuple[Opening, ...]:
    """``openings`` in the order a bundle wants."""
    return tuple(sorted(openings, key=opened))


def _opening_json(opening: Opening) -> dict[str, Any]:
    kind = "commitment" if isinstance(opening, commitment.Opening) else "salted"
    return {kind: opened(opening), **opening.to_json()}


def _parse_opening(value: object) -> Opening:
    if not isinstance(value, dict):
        refuse("the opening", "must be an object")
    body = dict(value)
    opening: Opening
    if "commitment" in body:
        claimed = body.pop("commitment")
        opening = commitment.Opening.from_json(body)
    else:
        claimed = body.pop("salted", None)
        opening = salted.Opening.from_json(body)
    if claimed != opened(opening):
        refuse("the opening", "does not open the digest that it names")
    return opening
