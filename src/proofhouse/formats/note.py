# SPDX-License-Identifier: Apache-2.0
"""Signed notes and their keys: c2sp.org/signed-note.

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

    verifier key   example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
    signing key    PRIVATE+KEY+example.com/foo+530d903a+… base64(algorithm ‖ 32 secret bytes)

A note is a text that ends in a newline, an empty line, and signature lines: name, then base64 of
4 bytes of key id and the signature. The name and the key id together name a key. At most 1 MB and
100 signatures; two lines of one name and key id are refused, though the specification lets them
pass, because nobody honest writes them. A note by nobody we know is not a note.

Here only plain Ed25519 signatures (algorithm 1) are made and verified; what witnesses add (4 and 6)
is in ``cosignature``. What the text says is in ``checkpoint``.
"""  # noqa: E501  (a signature line can't be broken)

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from proofhouse.errors import FormatError, InputError, UnknownSignerError, VerificationError
from proofhouse.formats.digest import sha256
from proofhouse.formats.fields import base64_bytes, base64_text, refuse
from proofhouse.formats.keys import PublicKey, SigningKey

MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100

ED25519 = 0x01
COSIGNATURE_ED25519 = 0x04
COSIGNATURE_ML_DSA_44 = 0x06
PUBLIC_BYTES = {ED25519: 32, COSIGNATURE_ED25519: 32, COSIGNATURE_ML_DSA_44: 1312}
"""Length of the public key by algorithm; other algorithms are not read."""

_PREFIX = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE = re.compile(r"— ([^ ]+) ([A-Za-z0-9+/=]+)")


def check_name(name: str) -> None:
    """Raise FormatError unless ``name`` has 1 to 255 bytes and no space, plus or control sign."""
    if (
        not 1 <= len(name.encode(errors="replace")) <= 255
        or "+" in name
        or " " in name
        or not name.isprintable()  # no other space is
    ):
        refuse("the name of a key", "must have 1 to 255 bytes and no space, plus or control sign")


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The 4 bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key) that tell keys apart."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public)[:4]


@dataclass(frozen=True)
class VerifierKey:
    """A note's verifier key: ``name``, ``algorithm`` (1, 4 or 6) and the ``public`` bytes.

    Raises FormatError if the algorithm is another or the key malformed.
    """

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        length = PUBLIC_BYTES.get(self.algorithm)
        if length is None:
            raise FormatError(
                f"Note keys of algorithm {self.algorithm:#04x} are not read.",
                hint="Allowed are 0x01 (Ed25519), 0x04 (cosignature/v1) and 0x06 (ML-DSA-44).",
            )
        if len(self.public) != length:
            raise FormatError(f"The public key must have {length} bytes, not {len(self.public)}.")
        if length == 32:
            _ = self.ed25519  # raises if it is no point, or of low order

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key that the vkey ``text`` spells; ``str`` gives it again. Raises FormatError."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            refuse(
                "the verifier key", "must be a name, a key id and base64 with plus signs between"
            )
        material = base64_bytes(parts[2], "the verifier key")
        key = cls(parts[0], material[0] if material else 0, material[1:])
        if key.key_id.hex() != parts[1]:
            refuse("the verifier key", "has a key id that is not its own")
        return key

    @cached_property
    def ed25519(self) -> PublicKey:
        """The key of algorithms 1 and 4, ready to verify. Raises FormatError for ML-DSA-44."""
        return PublicKey(self.public)

    @cached_property
    def key_id(self) -> bytes:
        """The 4 bytes that stand before this key's signatures."""
        return key_id(self.name, self.algorithm, self.public)

    def __str__(self) -> str:
        material = base64_text(bytes([self.algorithm]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{material}"


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: the key's ``name``, its ``key_id`` (4 bytes) and the ``signature``."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != 4 or not self.signature:
            refuse("the signature line", "must hold 4 bytes of key id and a signature")

    def __str__(self) -> str:
        return f"— {self.name} {base64_text(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A ``text``, which ends in a newline, and its signature lines in their order.

    Raises FormatError if the text or the signatures could not be printed as a note.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        check_text(self.text)
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            refuse("the note", f"must have 1 to {MAX_SIGNATURES} signatures")
        if len({(s.name, s.key_id) for s in self.signatures}) != len(self.signatures):
            refuse("the note", "has two signature lines by the same key")

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """The note that ``data`` spells; ``to_bytes`` gives ``data`` again. Raises FormatError.

        No signature is verified here.
        """
        if len(data) > MAX_BYTES:
            refuse("the note", f"has {len(data):,} bytes where {MAX_BYTES:,} are allowed")
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            refuse("the note", "is not UTF-8")
        text, gap, lines = whole.rpartition("\n\n")
        if not gap or not lines.endswith("\n"):
            refuse("the note", "must end in an empty line and whole signature lines")
        signatures = []
        for line in lines[:-1].split("\n"):
            match = _LINE.fullmatch(line)
            if match is None:
                refuse("the signature line", "must be a dash, a name and base64")
            raw = base64_bytes(match[2], "the signature line")
            signatures.append(NoteSignature(match[1], raw[:4], raw[4:]))
        return cls(text + "\n", tuple(signatures))

    def to_bytes(self) -> bytes:
        """The note as UTF-8."""
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()

    def with_signatures(self, signatures: Sequence[NoteSignature]) -> Note:
        """The note with further signature lines at its end. Raises FormatError for a duplicate."""
        return Note(self.text, (*self.signatures, *signatures))

    def find(self, key: VerifierKey) -> bytes | None:
        """The signature that claims to be by ``key``, not verified, or None."""
        for line in self.signatures:
            if line.name == key.name and line.key_id == key.key_id:
                return line.signature
        return None


def check_text(text: str) -> None:
    """Raise FormatError unless ``text`` may be signed: UTF-8 ending in a newline, no controls."""
    if not text.endswith("\n"):
        refuse("the text of a note", "must end in a newline")
    if _CONTROL.search(text):
        refuse("the text of a note", "must not hold control characters but newlines")
    try:
        text.encode()
    except UnicodeEncodeError:
        refuse("the text of a note", "holds half of a surrogate pair")


class NoteSigner:
    """A named Ed25519 key that signs notes, such as the log's."""

    def __init__(self, name: str, key: SigningKey) -> None:
        """Name the ``key``. Raises FormatError if the name can't name a key."""
        self.verifier = VerifierKey(name, ED25519, key.public)
        self._key = key

    @classmethod
    def generate(cls, name: str) -> NoteSigner:
        """A new key of that name."""
        return cls(name, SigningKey.generate())

    @classmethod
    def parse(cls, text: str) -> NoteSigner:
        """The key that ``PRIVATE+KEY+name+id+base64`` spells. Raises FormatError.

        ``to_text`` gives ``text`` again.
        """
        parts = text.split("+", 4)
        if len(parts) != 5 or not text.startswith(_PREFIX):
            refuse("the signing key", "must begin with PRIVATE+KEY+ and a name")
        material = base64_bytes(parts[4], "the signing key")
        if material[:1] != bytes([ED25519]):
            refuse("the signing key", "must be an Ed25519 note key")
        key = cls(parts[2], SigningKey(material[1:]))
        if key.verifier.key_id.hex() != parts[3]:
            refuse("the signing key", "has a key id that is not its own")
        return key

    def to_text(self) -> str:
        """The key as ``PRIVATE+KEY+…``; whoever reads it can sign."""
        material = base64_text(bytes([ED25519]) + self._key.seed)
        return f"{_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{material}"

    @property
    def name(self) -> str:
        """The key's name."""
        return self.verifier.name

    def sign(self, text: str) -> NoteSignature:
        """The signature line over ``text``. Raises FormatError if it may not be signed."""
        check_text(text)
        return NoteSignature(self.name, self.verifier.key_id, self._key.sign(text.encode()))

    def __repr__(self) -> str:
        return f"NoteSigner({str(self.verifier)!r})"


def sign(text: str, keys: Sequence[NoteSigner]) -> Note:
    """The note of ``text`` with a line by each key. Raises FormatError."""
    return Note(text, tuple(key.sign(text) for key in keys))


def verify(note: Note, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys among ``keys`` that signed the note; at least one.

    Lines by other keys are passed over. Raises VerificationError if a line that claims a given key
    does not hold, UnknownSignerError if none of the keys signed, InputError for a key that is not
    plain Ed25519.
    """
    found = []
    for key in keys:
        if key.algorithm != ED25519:
            raise InputError(f"The key {key.name} does not sign notes, it cosigns checkpoints.")
        signature = note.find(key)
        if signature is None:
            continue
        try:
            key.ed25519.verify(signature, note.text.encode())
        except VerificationError:
            raise VerificationError(f"The note's signature by {key.name} does not hold.") from None
        found.append(key)
    if not found:
        raise UnknownSignerError(
            "None of the given keys signed the note.",
            hint="It is signed by: " + ", ".join(line.name for line in note.signatures) + ".",
        )
    return tuple(found)
