# SPDX-License-Identifier: Apache-2.0
"""The bytes of a key file: PKCS #8 in PEM, with at most two lines before it (RFC 7468, section 2).

    role: developer                          only where the file's name is no role
    public: d75a980182b10ab7d54bfed3c96407…  only where the key is encrypted
    -----BEGIN ENCRYPTED PRIVATE KEY-----    or PRIVATE KEY
    …

With `public` an encrypted key is known without its passphrase; when it is opened it must fit.
Other tools skip such lines, and other tools' lines are skipped here. At most 64 KiB.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from proofhouse.errors import FormatError, PrerequisiteError, StorageError
from proofhouse.formats.fields import hex_bytes
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.formats.policy import ROLES as PARTIES

MAX_BYTES = 64 * 1024
_PEM = re.compile(
    rb"-----BEGIN ((?:ENCRYPTED )?PRIVATE KEY)-----\r?\n[A-Za-z0-9+/=\r\n]+-----END \1-----\s*\Z"
)
_LINE = re.compile(rb"^(role|public): ([!-~]{1,200})\r?$", re.MULTILINE)


def read_private(path: Path) -> bytes:
    """Read a file that nobody but its owner may read. Raises PrerequisiteError, StorageError."""
    try:
        mode = path.stat().st_mode
        data = path.read_bytes()
    except FileNotFoundError:
        raise PrerequisiteError(
            f"The key file {path.name} is not in this home.",
            hint="Put the file back from its copy; a lost key can't be made again.",
        ) from None
    except OSError as error:
        raise StorageError(f"The key file {path.name} can't be read: {error.strerror}.") from None
    if stat.S_IMODE(mode) & 0o077:
        raise PrerequisiteError(
            f"The key file {path.name} can be read by others.", hint=f"Run: chmod 600 {path}"
        )
    return data


def check_role(role: str) -> str:
    """``role``, if a trust policy knows it. Raises FormatError."""
    if role not in PARTIES:
        raise FormatError(
            f"There is no role {role[:40]!r}.", hint=f"The roles are {', '.join(PARTIES)}."
        )
    return role


@dataclass(frozen=True)
class KeyFile:
    """A key file taken apart: ``pem`` as it stands, and what the lines before it say."""

    pem: bytes
    role: str | None = None
    public: PublicKey | None = None

    @property
    def encrypted(self) -> bool:
        """Whether a passphrase opens it."""
        return self.pem.startswith(b"-----BEGIN ENCRYPTED")

    @classmethod
    def parse(cls, data: bytes) -> KeyFile:
        """The file of those bytes. Raises FormatError, never showing them."""
        found = _PEM.search(data) if len(data) <= MAX_BYTES else None
        if found is None:
            raise FormatError("It is cut off, or no private key in PEM (PKCS #8).")
        lines = _LINE.findall(data[: found.start()])
        told = dict(lines)
        if len(told) != len(lines):
            raise FormatError("It tells its role or its public key twice.")
        role, public = told.get(b"role"), told.get(b"public")
        return cls(
            data[found.start() :],
            None if role is None else check_role(role.decode()),
            None if public is None else PublicKey(hex_bytes(public.decode(), "its public key", 32)),
        )

    def to_bytes(self) -> bytes:
        """The file; parses to an equal one."""
        lines = [f"role: {self.role}\n"] if self.role else []
        lines += [f"public: {self.public.raw.hex()}\n"] if self.public else []
        return "".join(lines).encode() + self.pem

    def plain_key(self) -> SigningKey:
        """The key of a file that is not encrypted. Raises FormatError."""
        key = SigningKey.from_pem(self.pem)
        if self.public is not None and self.public != key.public_key:
            raise FormatError("Its public line is that of another key.")
        return key
