# SPDX-License-Identifier: Apache-2.0
"""Keys of the vault: age X25519 identities (c2sp.org/age), the home's and one for each case.

    vault.key    AGE-SECRET-KEY-1QQQ…      one line, mode 0600; opens everything
    a case       an identity of its own, kept in the vault, encrypted to vault.key

A ``Box`` encrypts to one identity. A row's name is HMAC-SHA256 under a key derived from vault.key,
so that the file shows neither case ids nor names, nor which rows belong together with what public
leaf; equal parts give equal names, and how they were cut counts.

The key file is never rewritten; a copy of it is the only way back if it is lost.
"""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Self

from pyrage import (  # it ships no types
    DecryptError,
    IdentityError,
    decrypt,
    encrypt,
)
from pyrage.x25519 import Identity  # likewise

from proofhouse.durable import told, write_file
from proofhouse.errors import DamagedError, PrerequisiteError
from proofhouse.said import say


def pack(*parts: bytes) -> bytes:
    """``parts`` in one, each after its length in 8 bytes; ``unpack`` cuts them again."""
    return b"".join(len(part).to_bytes(8) + part for part in parts)


def unpack(data: bytes) -> tuple[bytes, ...]:
    """The parts that ``pack`` put together. Raises DamagedError for anything else."""
    parts = []
    at = 0
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at : at + 8])
        parts.append(data[at + 8 : end])
        at = end
    if pack(*parts) != data:
        raise DamagedError("An entry of the vault opens, but does not hold what was put in it.")
    return tuple(parts)


class Box:
    """Encrypts to one identity, and opens what was encrypted to it."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._recipient = identity.to_public()

    @classmethod
    def generate(cls) -> Self:
        """A box with a new identity from the system's random source."""
        return cls(Identity.generate())

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """The box of the identity that ``text`` spells. Raises DamagedError."""
        try:
            return cls(Identity.from_str(text.decode("ascii").strip()))
        except (IdentityError, UnicodeDecodeError):
            raise DamagedError("A key of the vault is not an age identity.") from None

    def secret(self) -> bytes:
        """The identity's text; whoever reads it opens the box."""
        return str(self._identity).encode("ascii")

    def close(self, data: bytes) -> bytes:
        """``data`` encrypted; about 200 bytes longer, and different each time."""
        closed: bytes = encrypt(data, [self._recipient])
        return closed

    def open(self, closed: bytes) -> bytes:
        """What was closed in it. Raises DamagedError if it was not, or was changed since."""
        try:
            data: bytes = decrypt(closed, [self._identity])
        except DecryptError:
            raise DamagedError("An entry of the vault does not open under its key.") from None
        return data

    def __repr__(self) -> str:
        return f"Box({str(self._recipient)!r})"


class VaultKey(Box):
    """The home's vault key: a box, and the names of rows."""

    def __init__(self, identity: Identity) -> None:
        super().__init__(identity)
        self._names = hmac.digest(self.secret(), b"proofhouse/vault/names/v1", "sha256")

    def name(self, *parts: str) -> bytes:
        """The 32 bytes under which a row about ``parts`` is found."""
        packed = pack(*(part.encode("utf-8", "surrogatepass") for part in parts))
        return hmac.digest(self._names, packed, "sha256")

    @classmethod
    def read(cls, path: Path) -> Self:
        """The key in the file ``path``.

        Raises PrerequisiteError if it is missing, readable by others or no key; StorageError.
        """
        with told("the vault's key", path):
            if not path.is_file():
                raise PrerequisiteError(
                    say("The vault's key file %(path)s is missing.", path=path),
                    hint="Put it back from its copy: nothing else opens the vault.",
                )
            if path.stat().st_mode & 0o077:
                raise PrerequisiteError(
                    say("The vault's key file %(path)s is open to others.", path=path),
                    hint=say("Run: chmod 600 %(path)s", path=path),
                )
            text = path.read_bytes()
        try:
            return cls.parse(text)
        except DamagedError:
            raise PrerequisiteError(
                say("The file %(path)s holds no key of a vault.", path=path),
                hint="It must be one line, AGE-SECRET-KEY-1…: put it back from its copy.",
            ) from None

    def write(self, path: Path) -> None:
        """Write the key to ``path``, mode 0600. Raises StorageError."""
        with told("the vault's key", path):
            write_file(path, self.secret() + b"\n")
