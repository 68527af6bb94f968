# SPDX-License-Identifier: Apache-2.0
"""Picks stores, keys and clock, and makes a home on first use.

A home is one folder; it needs no service and no configuration:

    home.json        format version and origin of the log; written last: it marks a whole home
    keys/            private keys (``keyring``)
    policy.json      the trust policy of this log: what an outsider needs from elsewhere
    ledger.sqlite    the log
    cosigned         its newest checkpoint that witnesses cosigned
    vault.sqlite     what is confidential, encrypted under vault.key
    objects/         larger confidential bodies, encrypted
    scratch/         what a run under way needs; swept at its end, or at the next start
    reviews/         bundles and dossiers, one folder a case
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofhouse.desk import open_log
from proofhouse.desk.desk import Desk
from proofhouse.durable import sweep, told, write_file
from proofhouse.errors import DamagedError, InputError, PrerequisiteError, StorageError
from proofhouse.failpoints import reach
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.home import default_path, state_path
from proofhouse.keyring import BODIES, ROLES, Keyring, read_private, role_of
from proofhouse.ledger.log import Log
from proofhouse.ledger.memories import Cosigned, HeadMemory
from proofhouse.ledger.sqlite import SqliteStore
from proofhouse.rules.keys import LAST_LEAF, Keys
from proofhouse.vault.vault import Vault

FORMAT_VERSION = 1
BODIES_NEEDED = 2
_NAMES = {
    "developer": "Developer of this home",
    "assessor": "Assessor of this home",
    "partner": "Trusted partner of this home",
    "registrar": "Registrar of this home",
    "body-1": "First owning body",
    "body-2": "Second owning body",
    "body-3": "Third owning body",
}


def utc_now() -> str:
    """The system's time as ``YYYY-MM-DDTHH:MM:SSZ``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@dataclass(frozen=True)
class Home:
    """An open home: where it lies, the keys of its parties, and its desk."""

    path: Path
    keys: Keyring
    desk: Desk

    @property
    def policy_path(self) -> Path:
        """The trust policy file of this home's log."""
        return self.path / "policy.json"

    def review_folder(self, case_id: str) -> Path:
        """Where bundle and dossier of a case are written."""
        return self.path / "reviews" / case_id[:16]

    def scratch(self, name: str) -> Path:
        """A folder of mode 0700 for a run under way; swept when the home is closed or opened."""
        folder = self.path / "scratch" / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


@contextmanager
def open_home(path: Path | None = None) -> Iterator[Home]:
    """Open the home at ``path``, making it on first use; one process at a time.

    Raises StorageError (a newer version, rights, a full disk, another process), DamagedError (a
    ledger that was edited or truncated), PrerequisiteError (a key that is gone or readable).
    """
    path = path or default_path()
    with contextlib.ExitStack() as stack:
        with told("the home", path):
            home = _open(path, stack)
        yield home
        _clear_scratch(path)  # after an error it stays for whoever looks into it


def _open(path: Path, stack: contextlib.ExitStack) -> Home:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    stack.enter_context(_alone(path))
    _clear_scratch(path)  # first of all: it makes room
    sweep(path)
    if is_party_home(path):
        raise InputError(
            f"The home {path} holds no log.",
            hint="It is a party's own. Choose the home of the log with PROOFHOUSE_HOME.",
        )
    whole = _is_whole(path)
    keys = Keyring(path / "keys")
    if not (path / "policy.json").exists():
        _make_keys(path, keys)  # a home that plays every party; others are begun by `founding`
    signer = NoteSigner.parse(read_private(path / "keys" / "log.key").decode().strip())
    store = SqliteStore(path / "ledger.sqlite", create=not whole)
    stack.callback(store.close)
    vault = Vault.open(path / "vault.sqlite", path / "keys" / "vault.key", create=not whole)
    stack.callback(vault.close)
    log = _open_ledger(path, store, signer)
    home = Home(path, keys, Desk(log, vault, _keep_policy(path, keys, signer), utc_now))
    _check_keys(keys, home.desk.keys())
    if log.size == 0 and whole:
        raise DamagedError("The ledger of this home is empty, and it was not.")
    if log.size == 0:
        _open_log(home, signer)
    if not whole:
        _mark_whole(path, log.origin)
    return home


@contextmanager
def open_ledger(path: Path | None = None) -> Iterator[Log]:
    """The log of the home at ``path``, to be read while another process may be using the home.

    Raises InputError if there is no home with a log, and as ``open_home`` does.
    """
    path = path or default_path()
    with told("the home", path):
        if not _is_whole(path) or is_party_home(path):
            raise InputError(
                f"There is no home with a log at {path}.",
                hint="Choose one with PROOFHOUSE_HOME.",
            )
        signer = NoteSigner.parse(read_private(path / "keys" / "log.key").decode().strip())
        store = SqliteStore(path / "ledger.sqlite")
    with contextlib.closing(store):
        yield _open_ledger(path, store, signer)


@contextmanager
def read_home(path: Path | None = None) -> Iterator[Home]:
    """The home at ``path``, to be read while another process may be using it: nothing is written.

    Raises InputError if there is no home with a log, and as ``open_home`` does.
    """
    path = path or default_path()
    with open_ledger(path) as log, contextlib.ExitStack() as stack:
        with told("the home", path):
            keys = Keyring(path / "keys")
            vault = Vault.open(path / "vault.sqlite", path / "keys" / "vault.key", create=False)
            stack.callback(vault.close)
            policy = Policy.parse((path / "policy.json").read_bytes())
        yield Home(path, keys, Desk(log, vault, policy, utc_now))


def _open_ledger(path: Path, store: SqliteStore, signer: NoteSigner) -> Log:
    return Log.open(
        store,
        signer,
        memory=HeadMemory(state_path() / "logs", signer.verifier),
        cosigned=Cosigned(path / "cosigned"),
    )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the home; the lock ends with the process, however that ends."""
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StorageError(
                f"Another proofhouse process is using the home {path}.",
                hint="Wait for it, or choose another home with PROOFHOUSE_HOME.",
            ) from None
        yield
    finally:
        os.close(descriptor)


def is_party_home(path: Path) -> bool:
    """Whether the home is a party's own, without a log. Raises as opening it would."""
    return _about(path).get("kind") == "party"


def _is_whole(path: Path) -> bool:
    """Whether the home was made to its end. Raises StorageError for a newer version."""
    return bool(_about(path))


def _about(path: Path) -> dict[str, Any]:
    """What ``home.json`` says; nothing if it is not there yet."""
    try:
        about = json.loads((path / "home.json").read_text())
        version = about["formatVersion"]
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"The file {path / 'home.json'} is not what was written.") from None
    if version != FORMAT_VERSION:
        raise StorageError(
            f"The home {path} has format version {version}; this program knows {FORMAT_VERSION}.",
            hint="Use the newer program, or choose another home with PROOFHOUSE_HOME.",
        )
    return dict(about)


def _make_keys(path: Path, keys: Keyring) -> None:
    keys.make(ROLES)
    if not keys.path("log").exists():
        key = NoteSigner.generate(f"proofhouse.local/{secrets.token_hex(8)}")
        write_file(keys.path("log"), key.to_text().encode() + b"\n")


def _policy(keys: Keyring, signer: NoteSigner) -> Policy:
    """The policy of a home that holds every key: custody is single, and it says so."""

    def issuer(name: str) -> Issuer:
        return Issuer(_NAMES[name], PublicKey(keys[name].public))

    people = {role: (issuer(role),) for role in ("developer", "assessor", "partner", "registrar")}
    return Policy(
        log=signer.verifier,
        custody="single",
        issuers={**people, "body": tuple(issuer(name) for name in BODIES)},
        body_threshold=BODIES_NEEDED,
    )


def _keep_policy(path: Path, keys: Keyring, signer: NoteSigner) -> Policy:
    """The home's policy file, written once; another log's key is noticed."""
    file = path / "policy.json"
    if not file.exists():
        write_file(file, _policy(keys, signer).to_bytes(), 0o644)
    policy = Policy.parse(file.read_bytes())
    if str(policy.log) != str(signer.verifier):
        raise _wrong_key("log.key")
    return policy


def _check_keys(keys: Keyring, known: Keys) -> None:
    """A key that is named by its role is the one that speaks in that role, or the home is not used.

    Keys of other names may be anybody's: a steward's, or one that is yet to take another's place.
    """
    speaking = known.speaking(LAST_LEAF)
    for name in keys.names():
        role, about = role_of(name), keys.about(name)
        found = speaking.get(about.public.keyid)
        if role is None or (found is not None and found.role == role):
            continue
        if any(change.old == about.public.keyid for change in known.changes):
            raise PrerequisiteError(
                f"The key {keys.path(name).name} speaks for nobody any more: it was changed.",
                hint=f"Put the new one in its place: proofhouse key rotate {name} --finish",
            )
        raise _wrong_key(keys.path(name).name)


def _wrong_key(file: str) -> PrerequisiteError:
    return PrerequisiteError(
        f"The key {file} is not the one that this home's policy names.",
        hint="Put the right file back under keys/; a log does not change hands unseen.",
    )


def _open_log(home: Home, signer: NoteSigner) -> None:
    draft = open_log.draft(
        origin=signer.name,
        verifier_key=str(signer.verifier),
        custody=home.desk.policy.custody,
        at=home.desk.clock(),
    )
    home.desk.register(draft.signed(home.keys["registrar"]))


def _clear_scratch(path: Path) -> None:
    """Remove what runs wrote in the clear: logs, and with them prompts and transcripts."""
    shutil.rmtree(path / "scratch", ignore_errors=True)


def _mark_whole(path: Path, origin: str) -> None:
    reach("home.whole.before")
    about = {"formatVersion": FORMAT_VERSION, "origin": origin}
    write_file(path / "home.json", json.dumps(about).encode() + b"\n")
    reach("home.whole.after")
