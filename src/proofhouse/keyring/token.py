# SPDX-License-Identifier: Apache-2.0
"""Keys that stay in a PKCS #11 token (OASIS, version 3): Ed25519 by CKM_EDDSA.

A file beside the other keys, mode 0600, says where the key is; it holds no secret:

    {"format": "proofhouse-token/v1",
     "role": "assessor",                              only where the file's name is no role
     "module": "/usr/lib/softhsm/libsofthsm2.so",     the token maker's library; it is executed
     "token": "proofhouse", "label": "assessor",      CKA_LABEL of the private key
     "id": "6ac1…",                                   CKA_ID, if the label is not enough
     "public": "d75a…"}

A session lasts for one signature, so a token may be taken out in between. Every signature is
verified under ``public`` before it is handed on: a token that holds another key of that name is
noticed. The PIN is asked for at the first signature and kept in memory; a wrong one is never
tried twice, because tokens lock.

Needs python-pkcs11 (the extra ``pkcs11``). Tokens with a PIN pad of their own are not supported.
Pure Ed25519 only: no context, no pre-hash.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofhouse.errors import FormatError, PrerequisiteError, ProofhouseError, VerificationError
from proofhouse.formats.fields import hex_bytes, members, refuse, text
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.plain import read_json
from proofhouse.keyring.ask import PIN, ask
from proofhouse.keyring.files import check_role

FORMAT = "proofhouse-token/v1"
MAX_BYTES = 10_000
_ED25519 = bytes.fromhex("06032b6570")
"""The curve's object identifier in DER (RFC 8410)."""


@dataclass(frozen=True)
class Place:
    """Where a key lies: the path of the ``module``, labels of ``token`` and key, ``key_id`` or b"".

    Raises FormatError.
    """

    module: str
    token: str
    label: str
    key_id: bytes = b""

    def __post_init__(self) -> None:
        text(self.module, "the path of the module")
        text(self.token, "the token's label", 32)
        text(self.label, "the key's label", 200)
        if not Path(self.module).is_absolute():
            refuse("the path of the module", "must be absolute")
        if len(self.key_id) > 100:
            refuse("the key's id", "must have at most 100 bytes")


@dataclass(frozen=True)
class Reference:
    """The file of a key in a token: its ``place``, its ``public`` half, and whose ``role``."""

    place: Place
    public: PublicKey
    role: str | None = None

    @classmethod
    def parse(cls, data: bytes) -> Reference:
        """The reference that ``data``, ordinary JSON, spells. Raises FormatError."""
        where = "the reference to a token"
        names = ("format", "module", "token", "label", "public")
        body = members(read_json(data, where, MAX_BYTES), where, names, ("id", "role"))
        if body["format"] != FORMAT:
            raise FormatError("This is no reference to a token.", hint=f"It must be {FORMAT}.")
        key_id, role = body.get("id", ""), body.get("role")
        length = len(key_id) // 2 if isinstance(key_id, str) else 0
        place = Place(
            body["module"],
            body["token"],
            body["label"],
            hex_bytes(key_id, "the key's id", length),
        )
        public = PublicKey(hex_bytes(body["public"], "the public key", 32))
        return cls(place, public, None if role is None else check_role(text(role, "the role")))

    def to_bytes(self) -> bytes:
        """The reference as JSON for people; parses to an equal one."""
        body = {
            "format": FORMAT,
            "role": self.role,
            "module": self.place.module,
            "token": self.place.token,
            "label": self.place.label,
            "id": self.place.key_id.hex(),
            "public": self.public.raw.hex(),
        }
        given = {name: value for name, value in body.items() if value}
        return json.dumps(given, indent=2, ensure_ascii=False).encode() + b"\n"


class TokenKey:
    """A private key in a token; signs as ``SigningKey`` does."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self._pin: str | None = None

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.reference.public.raw

    @property
    def keyid(self) -> str:
        """The identifier of the public key."""
        return self.reference.public.keyid

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature over ``data``. Raises PrerequisiteError."""
        place = self.reference.place
        pin, self._pin = self._pin or ask_pin(place), None
        with _session(place, pin) as session:
            signature = _sign(_private(session, place), data)
        try:
            self.reference.public.verify(signature, data)
        except VerificationError:
            raise PrerequisiteError(
                f"The key “{place.label}” in the token “{place.token}” is not the one that this "
                "home names.",
                hint="Insert the right token, or name this key anew: proofhouse key token",
            ) from None
        self._pin = pin
        return signature


def ask_pin(place: Place) -> str:
    """The PIN of the token. Raises as ``ask`` does."""
    return ask(PIN, f"the token “{place.token}”")


def find(place: Place, pin: str) -> PublicKey:
    """The public half of the key at ``place``, proven by a signature. Raises PrerequisiteError."""
    pkcs11 = _package()
    with _session(place, pin) as session:
        private = _private(session, place)
        publics = _objects(session, place, pkcs11.ObjectClass.PUBLIC_KEY)
        if len(publics) != 1:
            raise PrerequisiteError(
                f"The token “{place.token}” has no public half to the key “{place.label}”.",
                hint="Store it beside the private key, under the same label and id.",
            )
        public = _point(publics[0][pkcs11.Attribute.EC_POINT])
        probe = secrets.token_bytes(32)
        signature = _sign(private, probe)
    try:
        public.verify(signature, probe)
    except VerificationError:
        raise PrerequisiteError(
            f"The two halves of the key “{place.label}” in the token “{place.token}” don't fit."
        ) from None
    return public


def generate(place: Place, pin: str) -> Place:
    """Make a key inside the token that can't be taken out of it; its place, with its id.

    Raises PrerequisiteError, also if there is a key of that label already.
    """
    pkcs11 = _package()
    made = Place(place.module, place.token, place.label, place.key_id or secrets.token_bytes(8))
    with _session(place, pin, write=True) as session:
        if _objects(session, place, pkcs11.ObjectClass.PRIVATE_KEY):
            raise PrerequisiteError(
                f"The token “{place.token}” holds a key “{place.label}” already.",
                hint="Name it without --generate, or choose another label.",
            )
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: _ED25519}, local=True
        )
        secret = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
        curve.generate_keypair(
            mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            store=True,
            label=made.label,
            id=made.key_id,
            private_template=secret,
        )
    return made


def _package() -> Any:
    """The package pkcs11, which is imported by those alone who have a token."""
    try:
        import pkcs11
    except ImportError:
        raise PrerequisiteError(
            "Keys in a token need the Python package python-pkcs11.",
            hint="Run: pip install 'proofhouse[pkcs11]'",
        ) from None
    return pkcs11


@contextmanager
def _session(place: Place, pin: str, *, write: bool = False) -> Iterator[Any]:
    """A session with the token, logged in; foreign errors become ours."""
    pkcs11 = _package()
    try:
        library = pkcs11.lib(place.module)
    except pkcs11.PKCS11Error:
        raise PrerequisiteError(
            f"The PKCS #11 module {place.module} can't be loaded.",
            hint="Install the token maker's library, or name it anew: proofhouse key token",
        ) from None
    try:
        token = library.get_token(token_label=place.token)
        with token.open(rw=write, user_pin=pin) as session:
            yield session
    except pkcs11.PKCS11Error as error:
        raise _from_token(place, error) from None


_SAID = {
    "NoSuchToken": ("There is no token “{token}”.", "Insert it; its label must be as written."),
    "MultipleTokensReturned": ("Several tokens are called “{token}”.", "Leave one inserted."),
    "PinIncorrect": (
        "The PIN of the token “{token}” is wrong.",
        "Try again with care: most tokens lock after a few wrong ones.",
    ),
    "PinInvalid": ("The PIN of the token “{token}” is wrong.", "It has characters a PIN can't."),
    "PinLenRange": ("The PIN of the token “{token}” is wrong.", "It is too short or too long."),
    "PinLocked": (
        "The token “{token}” is locked after too many wrong PINs.",
        "Whoever holds its security officer's PIN can unlock it.",
    ),
    "UserPinNotInitialized": ("The token “{token}” has no PIN yet.", "Set one with its tool."),
    "MechanismInvalid": ("The token “{token}” does not sign with Ed25519.", "Use another token."),
    "DeviceRemoved": ("The token “{token}” was taken out.", "Insert it and repeat."),
    "TokenNotPresent": ("The token “{token}” was taken out.", "Insert it and repeat."),
    "TokenWriteProtected": ("The token “{token}” can't be written to.", ""),
}


def _from_token(place: Place, error: Exception) -> ProofhouseError:
    name = type(error).__name__
    message, hint = _SAID.get(name, (f"The token “{{token}}” refused ({name}).", ""))
    return PrerequisiteError(message.format(token=place.token), hint=hint)


def _objects(session: Any, place: Place, kind: Any) -> list[Any]:
    pkcs11 = _package()
    wanted = {pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.LABEL: place.label}
    if place.key_id:
        wanted[pkcs11.Attribute.ID] = place.key_id
    return list(session.get_objects(wanted))


def _private(session: Any, place: Place) -> Any:
    """The one private key at ``place``. Raises PrerequisiteError."""
    pkcs11 = _package()
    found = _objects(session, place, pkcs11.ObjectClass.PRIVATE_KEY)
    if len(found) != 1:
        several = f"Several keys in the token “{place.token}” are called “{place.label}”."
        none = f"There is no key “{place.label}” in the token “{place.token}”."
        raise PrerequisiteError(
            several if found else none,
            hint="Tell it by its --id."
            if found
            else "Make it there: proofhouse key token … --generate",
        )
    if found[0].key_type != pkcs11.KeyType.EC_EDWARDS:
        raise PrerequisiteError(
            f"The key “{place.label}” in the token “{place.token}” is not an Ed25519 key.",
            hint="Statements are signed with Ed25519 alone.",
        )
    return found[0]


def _sign(private: Any, data: bytes) -> bytes:
    pkcs11 = _package()
    return bytes(private.sign(data, mechanism=pkcs11.Mechanism.EDDSA))


def _point(value: bytes) -> PublicKey:
    """The key of a CKA_EC_POINT: an OCTET STRING, or as some tokens have it the bare 32 bytes."""
    try:
        return PublicKey(value[2:] if value[:2] == b"\x04\x20" and len(value) == 34 else value)
    except FormatError:
        raise PrerequisiteError(
            "The key in the token is not an Ed25519 key.",
            hint="Statements are signed with Ed25519 alone.",
        ) from None
