# SPDX-License-Identifier: Apache-2.0
"""The keys of a home behind one interface: ``keyid``, ``public``, ``sign``.

    keys = Keyring(home / "keys")
    keys.new("developer", "developer", passphrase="…")
    keys["developer"].keyid            asks for nothing
    keys["developer"].sign(data)       asks for the passphrase or PIN, the first time

Rule 1: a key that is there is never replaced by another. Rule 2: a key file appears, or changes its
kind, whole or not at all. Rule 3: a fault of a key names its file and never shows its content.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proofhouse.durable import make_folders, sync, told, write_file
from proofhouse.errors import (
    FormatError,
    InputError,
    PrerequisiteError,
    RefusedError,
    VerificationError,
)
from proofhouse.formats.keys import PublicKey, Signer, SigningKey
from proofhouse.formats.policy import ROLES as PARTIES
from proofhouse.keyring.ask import PASSPHRASE, ask
from proofhouse.keyring.files import KeyFile, check_role, read_private
from proofhouse.keyring.seal import seal, unseal
from proofhouse.keyring.token import Reference, TokenKey

BODIES = ("body-1", "body-2", "body-3")
ROLES = ("developer", "assessor", "partner", "registrar", *BODIES)
NOT_OF_A_PARTY = ("log", "vault", "nobody")
"""Names that no key that signs statements may have."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_BODY = re.compile(r"body-[1-9][0-9]{0,2}")
_PUT_BACK = "Put the file back from its copy; a lost key can't be made again."


def role_of(name: str) -> str | None:
    """The role that the name of a key tells: ``body-2`` is a body's, ``steward-1`` tells none."""
    if _BODY.fullmatch(name):
        return "body"
    return name if name in PARTIES else None


class EncryptedKey:
    """A key whose file a passphrase opens, when it first signs; signs as ``SigningKey`` does."""

    def __init__(self, name: str, file: KeyFile) -> None:
        self._file_name = f"{name}.key"
        self._file = file
        self._opened: SigningKey | None = None

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key; asks for the passphrase if the file doesn't tell."""
        return self._file.public.raw if self._file.public else self.opened().public

    @property
    def keyid(self) -> str:
        """The identifier of the public key."""
        return PublicKey(self.public).keyid

    def sign(self, data: bytes) -> bytes:
        """The 64 bytes of the signature over ``data``. Raises as ``opened`` does."""
        return self.opened().sign(data)

    def opened(self) -> SigningKey:
        """The key itself. Raises PrerequisiteError if the passphrase is wrong or not to be had."""
        if self._opened is None:
            passphrase = ask(PASSPHRASE, f"the key {self._file_name}")
            with _fault(self._file_name):
                try:
                    self._opened = unseal(self._file.pem, passphrase)
                except VerificationError:
                    raise PrerequisiteError(
                        f"The key file {self._file_name} does not open with this passphrase.",
                        hint="The passphrase is wrong, or the file was damaged.",
                    ) from None
                if self._file.public not in (None, self._opened.public_key):
                    self._opened = None
                    raise FormatError("Its public line is that of another key.")
        return self._opened


@dataclass(frozen=True)
class About:
    """What may be told of a key: ``kind`` is ``plain``, ``encrypted`` or ``token``."""

    name: str
    role: str | None
    kind: str
    public: PublicKey


class Keyring:
    """The keys under ``directory``; a key is read when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._keys: dict[str, Signer] = {}

    def make(self, names: Iterable[str] = ROLES) -> None:
        """Make every key of ``names`` that is not there yet. Raises OSError, InputError."""
        make_folders(self.directory)
        with self._alone():
            for name in names:
                if not self.path(name).exists():
                    write_file(self.path(name), SigningKey.generate().to_pem())

    def path(self, name: str) -> Path:
        """Where the key of ``name`` lies, or would lie.

        Raises InputError for a name that is none, PrerequisiteError if there are two.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                f"A key can't be called {name[:80]!r}.",
                hint="A name has small letters, digits and hyphens, and begins with a letter.",
            )
        key, token = (self.directory / f"{name}.{end}" for end in ("key", "token"))
        if token.exists() and key.exists():
            raise PrerequisiteError(
                f"There are two keys called {name}: {key.name} and {token.name}.",
                hint="Move one of them out of keys/.",
            )
        return token if token.exists() else key

    def names(self) -> tuple[str, ...]:
        """The names of the keys that sign statements, sorted."""
        files = (path for path in self.directory.glob("*.*") if path.suffix in (".key", ".token"))
        found = {path.stem for path in files if _NAME.fullmatch(path.stem)}
        return tuple(sorted(found - set(NOT_OF_A_PARTY)))

    def __getitem__(self, name: str) -> Signer:
        """The key of ``name``. Raises PrerequisiteError, StorageError, never showing the key."""
        if name not in self._keys:
            path = self.path(name)
            with _fault(path.name):
                if path.suffix == ".token":
                    self._keys[name] = TokenKey(Reference.parse(read_private(path)))
                else:
                    file = KeyFile.parse(read_private(path))
                    closed = file.encrypted
                    self._keys[name] = EncryptedKey(name, file) if closed else file.plain_key()
        return self._keys[name]

    def about(self, name: str) -> About:
        """What may be told of the key ``name``. Raises as reading it does."""
        key, path = self[name], self.path(name)
        kinds = {TokenKey: "token", EncryptedKey: "encrypted"}
        with _fault(path.name):
            data = read_private(path)
            told_role = (Reference if path.suffix == ".token" else KeyFile).parse(data).role
        public = PublicKey(key.public)
        return About(name, told_role or role_of(name), kinds.get(type(key), "plain"), public)

    def check(self, name: str) -> None:
        """Sign a probe with the key ``name`` and verify it. Raises as signing does."""
        probe = b"proofhouse/key-check/v1\n" + secrets.token_bytes(32)
        key = self[name]
        PublicKey(key.public).verify(key.sign(probe), probe)

    # ---------------------------------------------------------------------------------- changing

    def new(self, name: str, role: str, *, passphrase: str | None = None) -> None:
        """Make a key, encrypted under ``passphrase`` if there is one.

        Raises RefusedError if there is a key of that name, InputError, StorageError.
        """
        with self._placing(name, role):
            self._write(name, SigningKey.generate(), self._told_role(name, role), passphrase)

    def encrypt(self, name: str, passphrase: str) -> None:
        """Put a plain key under ``passphrase``; the key stays the same.

        Raises RefusedError if it is not plain, and as reading it does.
        """
        self.check_plain(name)
        with told("the key folder", self.directory), self._alone():
            self._keys.pop(name)  # what is there now counts
            key = self.check_plain(name)
            role = KeyFile.parse(read_private(self.path(name))).role
            self._write(name, key, role, passphrase)

    def check_plain(self, name: str) -> SigningKey:
        """The key ``name``, if it is a plain file. Raises RefusedError, and as reading it does."""
        key = self[name]
        if not isinstance(key, SigningKey):
            raise RefusedError(
                f"The key {self.path(name).name} is encrypted or in a token already.", rule="key"
            )
        return key

    def refer(self, name: str, role: str, reference: Reference) -> None:
        """Write down that the key ``name`` lies in a token.

        Raises RefusedError if there is a key of that name, InputError, StorageError.
        """
        with self._placing(name, role):
            placed = Reference(reference.place, reference.public, self._told_role(name, role))
            write_file(self.directory / f"{name}.token", placed.to_bytes())

    def take_over(self, name: str, successor: str) -> Path:
        """The key ``successor`` becomes ``name``; where the old one was put away.

        Either both names have changed hands or neither has, but for a copy of the old key under
        retired/. Raises PrerequisiteError if one of them is missing.
        """
        with self._alone():
            old, new = self.path(name), self.path(successor)
            retired = self.directory / "retired"
            make_folders(retired)
            away = retired / f"{name}-{self[name].keyid[:16]}{old.suffix}"
            write_file(away, read_private(old))
            read_private(new)
            os.replace(new, self.directory / f"{name}{new.suffix}")
            if new.suffix != old.suffix:
                old.unlink()
            sync(self.directory)
            self._keys.pop(name, None)
            self._keys.pop(successor, None)
        return away

    def check_free(self, name: str, role: str) -> None:
        """Raise as ``new`` would if the name is taken or does not fit the role."""
        check_role(role)
        if name in NOT_OF_A_PARTY:
            raise InputError(f"No key that signs statements can be called {name}.")
        if role_of(name) not in (None, role):
            raise InputError(
                f"A key called {name} would be a {role_of(name)}'s, not a {role}'s.",
                hint="Choose another --name.",
            )
        if self.path(name).exists():
            raise RefusedError(
                f"There is a key {self.path(name).name} already; a key is never replaced.",
                rule="key",
                hint="Choose another --name.",
            )

    def _write(self, name: str, key: SigningKey, role: str | None, passphrase: str | None) -> None:
        file = KeyFile(key.to_pem(), role)
        if passphrase is not None:
            file = KeyFile(seal(key, passphrase), role, key.public_key)
            if unseal(file.pem, passphrase) != key:  # before the only copy is replaced
                raise PrerequisiteError("This machine's cryptography does not open what it sealed.")
        self._keys.pop(name, None)
        write_file(self.path(name), file.to_bytes())

    def _told_role(self, name: str, role: str) -> str | None:
        return None if role_of(name) == role else role

    @contextmanager
    def _placing(self, name: str, role: str) -> Iterator[None]:
        with told("the key folder", self.directory):
            self.check_free(name, role)
            make_folders(self.directory)
            with self._alone():
                self.check_free(name, role)
                yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the folder, so that no two processes make one key."""
        folder = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


@contextmanager
def _fault(file_name: str) -> Iterator[None]:
    """Say which key file is not in its format; for the home that is a missing key."""
    try:
        yield
    except FormatError as error:
        raise PrerequisiteError(
            f"The key file {file_name} can't be used. {error.message}", hint=error.hint or _PUT_BACK
        ) from None
