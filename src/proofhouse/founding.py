# SPDX-License-Identifier: Apache-2.0
"""Makes homes for parties on machines of their own, and the home of a log that they share.

    found_party(path, hold=("developer",), policy=None)      keys, and later the trust policy
    found_log(path, origin="registry.example/log", hold=("assessor", "registrar", "body-1"),
              trust=(("developer", "Lab A", "d75a…"), …), bodies_needed=2, name="Institute")

A party makes its keys, tells the log's home their public halves (``proofhouse key show``), and
gets back the trust policy that names everybody. Both may be repeated: what is there stays, so a
party home is made first and given its policy afterwards. A home that plays every party is made by
``bootstrap.open_home`` on first use.

Writes, in this order: keys; policy.json; home.json (a log's home: when the log is open). A crash
leaves keys without a home; the same command goes on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from proofhouse.bootstrap import FORMAT_VERSION, open_home
from proofhouse.durable import told, write_file
from proofhouse.errors import InputError, RefusedError
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.policy import ROLES as PARTIES
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.keyring import Keyring, read_private, role_of

Trusted = tuple[str, str, str]
"""Role, name and public key (64 hexadecimal digits) of a party elsewhere."""


def found_party(path: Path, *, hold: Sequence[str], policy: bytes | None) -> tuple[str, ...]:
    """Make or go on making a party's own home; the names of the keys that were made.

    Raises InputError if it is the home of a log or ``policy`` names none of its keys, FormatError.
    """
    if (path / "ledger.sqlite").exists() or (path / "keys" / "log.key").exists():
        raise InputError(
            f"The home {path} holds a log.", hint="Choose another with PROOFHOUSE_HOME."
        )
    _check_roles(hold)
    trusted = Policy.parse(policy) if policy is not None else None
    keys = Keyring(path / "keys")
    with told("the home", path):
        if trusted is not None:
            _check_same_log(path / "policy.json", trusted)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = tuple(name for name in hold if not keys.path(name).exists())
        keys.make(hold)
        if trusted is not None:
            _keep(path / "policy.json", trusted.to_bytes())
        about = {"formatVersion": FORMAT_VERSION, "kind": "party"}
        _keep(path / "home.json", json.dumps(about).encode() + b"\n")
    return made


def found_log(
    path: Path,
    *,
    origin: str,
    hold: Sequence[str],
    trust: Collection[Trusted],
    bodies_needed: int,
    names: Mapping[str, str],
) -> Policy:
    """Make the home of a new log; its trust policy, which every party is to be given.

    ``names`` tells what people call the holders of this home's keys. Raises InputError if the home
    is there already or a role is held or trusted by nobody who must act, FormatError.
    """
    if (path / "home.json").exists() or (path / "policy.json").exists():
        raise RefusedError(
            f"There is a home at {path} already; a log is opened once.",
            rule="ledger",
            hint="Choose another with PROOFHOUSE_HOME.",
        )
    _check_held(hold, trust, bodies_needed)
    keys = Keyring(path / "keys")
    with told("the home", path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        keys.make(hold)
        if not keys.path("log").exists():
            write_file(keys.path("log"), NoteSigner.generate(origin).to_text().encode() + b"\n")
    signer = NoteSigner.parse(read_private(keys.path("log")).decode().strip())
    if signer.name != origin:
        raise InputError(f"This home began a log of the origin {signer.name}, not {origin}.")
    issuers: dict[str, list[Issuer]] = {role: [] for role in PARTIES}
    for name in hold:
        told_name = names.get(name, name)
        issuers[role_of(name) or ""].append(Issuer(told_name, PublicKey(keys[name].public)))
    for role_name, told_name, key in trust:
        issuers[role_name].append(Issuer(told_name, _public(key)))
    policy = Policy(
        log=signer.verifier,
        custody="separate" if trust else "single",
        issuers={role: tuple(found) for role, found in issuers.items()},
        body_threshold=bodies_needed,
    )
    _keep(path / "policy.json", policy.to_bytes())
    with open_home(path):
        return policy


def _check_roles(hold: Sequence[str]) -> None:
    for name in hold:
        if role_of(name) is None or name == "body":
            raise InputError(
                f"The key “{name[:80]}” has no role by its name.",
                hint="A home holds any of: developer, assessor, partner, registrar, body-1, "
                "body-2 … Further keys of a role: proofhouse key new ROLE --name NAME",
            )


def _check_same_log(path: Path, policy: Policy) -> None:
    """A home trusts one log: a newer policy of it may come, never that of another."""
    if not path.exists():
        return
    before = Policy.parse(path.read_bytes())
    if before.log != policy.log:
        raise RefusedError(
            f"This home trusts the log {before.log.name}, and the policy is of {policy.log.name}.",
            rule="ledger",
            hint="Use another home (PROOFHOUSE_HOME) for another log.",
        )


def _check_held(hold: Sequence[str], trust: Collection[Trusted], bodies_needed: int) -> None:
    """Before anything is made: every role that a log needs is held here or trusted elsewhere."""
    _check_roles(hold)
    for role, _, key in trust:
        if role not in PARTIES:
            raise InputError(f"There is no role “{role[:80]}”.")
        _public(key)
    bodies = sum(role_of(name) == "body" for name in hold)
    bodies += sum(role == "body" for role, _, _ in trust)
    if not bodies:
        raise InputError(
            "Nobody owns this log's banks and thresholds.",
            hint="Add --hold body-1, or --trust the key of a body elsewhere.",
        )
    if not 1 <= bodies_needed <= bodies:
        raise InputError(
            f"{bodies_needed} of the owning bodies are to sign, and there are {bodies}.",
            hint=f"--bodies-needed is from 1 to {bodies}.",
        )
    if "registrar" not in hold:
        raise InputError(
            "The home of a log opens it and closes windows, so it holds the registrar's key.",
            hint="Add --hold registrar.",
        )


def trust_more(path: Path, more: Collection[Trusted]) -> Policy:
    """Add parties to the policy of a log's home. Raises InputError, FormatError.

    Who relies on the log is to be given the new policy; statements that were made stay as they are.
    """
    with told("the home", path):
        policy = Policy.parse((path / "policy.json").read_bytes())
    issuers = {role: list(found) for role, found in policy.issuers.items()}
    for role, name, key in more:
        if role not in issuers:
            raise InputError(f"There is no role “{role}”.")
        issuers[role].append(Issuer(name, _public(key)))
    wider = replace(policy, issuers={role: tuple(found) for role, found in issuers.items()})
    _keep(path / "policy.json", wider.to_bytes())
    return wider


def rename(path: Path, keyid: str, name: str) -> Policy:
    """Call the party of ``keyid`` so in the policy of a log's home; its key stays as it is.

    Raises InputError if no party has that keyid, FormatError.
    """
    with told("the home", path):
        policy = Policy.parse((path / "policy.json").read_bytes())
    if keyid not in policy.keys:
        raise InputError(f"The trust policy names no party by the key {keyid[:16]}.")
    renamed = {
        role: tuple(replace(one, name=name) if one.key.keyid == keyid else one for one in found)
        for role, found in policy.issuers.items()
    }
    policy = replace(policy, issuers=renamed)
    _keep(path / "policy.json", policy.to_bytes())
    return policy


def _public(key: str) -> PublicKey:
    try:
        return PublicKey(bytes.fromhex(key))
    except ValueError:
        raise InputError("A public key is 64 hexadecimal digits.") from None


def _keep(path: Path, data: bytes) -> None:
    with told("the home", path):
        write_file(path, data, 0o644)
