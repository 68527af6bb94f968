# SPDX-License-Identifier: Apache-2.0
"""The private keys of a home: one file a party, mode 0600, made on first use, never printed.

    keys/developer.key   keys/assessor.key   keys/partner.key   keys/registrar.key
    keys/body-1.key … keys/body-3.key        the bodies that own bank and threshold
    keys/log.key                             signs checkpoints (C2SP note key)

A home of the embedded default holds all of them; a party's own home only its own.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from proofhouse.durable import write_file
from proofhouse.errors import PrerequisiteError, StorageError
from proofhouse.formats.keys import SigningKey

BODIES = ("body-1", "body-2", "body-3")
ROLES = ("developer", "assessor", "partner", "registrar", *BODIES)


class Keyring:
    """The keys under ``directory``; a key is read when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._keys: dict[str, SigningKey] = {}

    def make(self, names: Iterable[str] = ROLES) -> None:
        """Make every key of ``names`` that is not there yet."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            if not self.path(name).exists():
                write_file(self.path(name), SigningKey.generate().to_pem())

    def path(self, name: str) -> Path:
        """Where the key of ``name`` lies."""
        return self.directory / f"{name}.key"

    def __getitem__(self, name: str) -> SigningKey:
        """The key of ``name``. Raises PrerequisiteError or FormatError, never showing the key."""
        if name not in self._keys:
            self._keys[name] = SigningKey.from_pem(read_private(self.path(name)))
        return self._keys[name]


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
