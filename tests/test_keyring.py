# SPDX-License-Identifier: Apache-2.0
"""Keys in files, plain and under a passphrase: one interface, and every fault in one sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from proofhouse import durable
from proofhouse.errors import InputError, PrerequisiteError, RefusedError
from proofhouse.formats.envelope import Envelope, sign, signers
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.keyring import BODIES, ROLES, Keyring, role_of
from proofhouse.keyring.files import KeyFile
from proofhouse.keyring.seal import seal, unseal

PASSPHRASE = "planted correct horse"


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSPHRASE", "PASSPHRASE_FILE", "PIN", "PIN_FILE"):
        monkeypatch.delenv(f"PROOFHOUSE_{name}", raising=False)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proofhouse.keyring.seal.COST", 16)  # the true one is tried by the command


@pytest.fixture
def keys(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "home" / "keys")


def again(keys: Keyring) -> Keyring:
    """The same folder, read anew."""
    return Keyring(keys.directory)


def bytes_of(keys: Keyring) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in keys.directory.iterdir()}


def pkcs8(key: object, passphrase: str | None = None) -> bytes:
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)  # type: ignore[attr-defined]
    return data


# --------------------------------------------------------------------------------- the interface


def test_plain_and_encrypted_keys_sign_alike(
    keys: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever signs an envelope does not see where the keys lie."""
    keys.new("developer", "developer")
    keys.new("steward-1", "developer", passphrase=PASSPHRASE)
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE", PASSPHRASE)
    ring = again(keys)
    envelope = sign(b"{}", [ring["developer"], ring["steward-1"]])
    known = {ring[name].keyid: PublicKey(ring[name].public) for name in ring.names()}
    assert signers(Envelope.parse(envelope.to_bytes()), known) == set(known)
    assert len(known) == 2


def test_an_encrypted_key_is_known_without_its_passphrase(keys: Keyring) -> None:
    """Its public half is told by the file; only signing asks."""
    keys.new("assessor", "assessor", passphrase=PASSPHRASE)
    about = again(keys).about("assessor")
    assert (about.kind, about.role) == ("encrypted", "assessor")
    with pytest.raises(PrerequisiteError, match="passphrase"):
        again(keys).check("assessor")


def test_encrypting_keeps_the_key(keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key, mode 0600, and nothing of the secret left in the folder."""
    keys.new("steward-1", "developer")
    before = keys["steward-1"]
    assert isinstance(before, SigningKey)
    keys.encrypt("steward-1", PASSPHRASE)
    after = again(keys)
    assert after["steward-1"].keyid == before.keyid
    assert after.about("steward-1").role == "developer"
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE", PASSPHRASE)
    assert after["steward-1"].sign(b"x") == before.sign(b"x")
    plain = before.to_pem().splitlines()[1]
    assert [path.name for path in keys.directory.iterdir()] == ["steward-1.key"]
    assert plain not in bytes_of(keys)["steward-1.key"]
    assert keys.path("steward-1").stat().st_mode & 0o777 == 0o600


def test_a_home_makes_only_what_it_lacks(keys: Keyring) -> None:
    """Making the keys of a home leaves an encrypted one and a token's as they are."""
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    (keys.directory / "assessor.token").write_text("{}")
    (keys.directory / "assessor.token").chmod(0o600)
    before = bytes_of(keys)
    keys.make()
    assert before.items() <= bytes_of(keys).items()
    assert set(keys.names()) == set(ROLES)
    assert not (keys.directory / "assessor.key").exists()


def test_names_tell_roles() -> None:
    """A body's number is its own; a free name tells no role."""
    assert [role_of(name) for name in BODIES] == ["body"] * 3
    assert [role_of(name) for name in ("developer", "body-17", "steward-1", "body-0", "log")] == [
        "developer",
        "body",
        None,
        None,
        None,
    ]


# -------------------------------------------------------------------------------------- the bytes


@pytest.mark.parametrize("role", [None, "developer"])
@pytest.mark.parametrize("told", [True, False])
def test_what_parses_prints_back(role: str | None, told: bool) -> None:
    """A key file has one spelling for each meaning."""
    key = SigningKey.generate()
    file = KeyFile(key.to_pem(), role, key.public_key if told else None)
    assert KeyFile.parse(file.to_bytes()) == file
    assert file.plain_key() == key


def test_sealed_twice_differs_and_opens() -> None:
    """Salt and vector are fresh each time; both files open to the one key."""
    key = SigningKey.generate()
    first, second = seal(key, "pässwörter hier"), seal(key, "pässwörter hier")
    assert first != second
    assert unseal(first, "pässwörter hier") == unseal(second, "pässwörter hier") == key
    assert max(len(line) for line in first.splitlines()) == 64


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_opens_what_is_sealed(keys: Keyring) -> None:
    """The file is PKCS #8 under scrypt for others too."""
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    path = str(keys.path("developer"))
    done = subprocess.run(
        ["openssl", "pkey", "-in", path, "-passin", "env:P", "-pubout", "-outform", "DER"],
        env={**os.environ, "P": PASSPHRASE},
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout[-32:] == keys["developer"].public
    shown = subprocess.run(
        ["openssl", "asn1parse", "-in", path], capture_output=True, check=True, text=True
    )
    assert "scrypt" in shown.stdout
    assert "aes-256-cbc" in shown.stdout


def test_a_key_that_others_encrypted_opens(keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of `cryptography`'s own, without our line, is known once it is opened."""
    keys.make(())
    foreign = Ed25519PrivateKey.generate()
    durable.write_file(keys.path("developer"), b"Bag: x\n" + pkcs8(foreign, PASSPHRASE))
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE", PASSPHRASE)
    assert keys["developer"].public == foreign.public_key().public_bytes_raw()
    keys.check("developer")


# --------------------------------------------------------------------------------------- the faults


def _truncated(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _hollow(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([*lines[:-2], lines[-1]])


def _another(_data: bytes) -> bytes:
    return KeyFile(
        SigningKey.generate().to_pem(), None, SigningKey.generate().public_key
    ).to_bytes()


def _swapped_seal(_data: bytes) -> bytes:
    other = SigningKey.generate().public_key
    return KeyFile(seal(SigningKey.generate(), PASSPHRASE), None, other).to_bytes()


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "cut off": _truncated,
    "without its last line of base64": _hollow,
    "empty": lambda _data: b"",
    "large": lambda data: b"#" * 70_000 + b"\n" + data,
    "not PEM": lambda _data: os.urandom(200),
    "RSA": lambda _data: pkcs8(rsa.generate_private_key(65537, 2048)),
    "P-256": lambda _data: pkcs8(ec.generate_private_key(ec.SECP256R1())),
    "P-256, encrypted": lambda _data: pkcs8(ec.generate_private_key(ec.SECP256R1()), PASSPHRASE),
    "a public line of another key": _another,
    "an encrypted key with another's public line": _swapped_seal,
    "an unknown role": lambda data: b"role: emperor\n" + data,
    "two roles": lambda data: b"role: developer\nrole: assessor\n" + data,
    "a public line that is none": lambda data: b"public: 00\n" + data,
    "a public key of low order": lambda data: b"public: " + b"0" * 64 + b"\n" + data,
    "a public key alone": lambda _data: (
        b"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----"
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_and_never_shown(
    keys: Keyring, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One sentence with the file's name and a remedy; nothing of its content; nothing changed."""
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE", PASSPHRASE)
    keys.new("developer", "developer")
    durable.write_file(keys.path("developer"), BROKEN[name](keys.path("developer").read_bytes()))
    before = bytes_of(keys)
    with pytest.raises(PrerequisiteError) as refused:
        again(keys).check("developer")
    said = str(refused.value)
    assert "developer.key" in said
    assert refused.value.hint
    inside = re.findall(rb"[A-Za-z0-9+/]{16,}", before["developer.key"])
    assert not [word for word in inside if word.decode() in said]
    assert PASSPHRASE not in said
    assert bytes_of(keys) == before


def test_a_wrong_passphrase(keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, it is not shown, and the right one still opens the key."""
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    ring = again(keys)
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE", "planted wrong one")
    with pytest.raises(PrerequisiteError, match="does not open with this passphrase") as refused:
        ring.check("developer")
    assert "planted" not in str(refused.value)
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE", PASSPHRASE)
    ring.check("developer")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_open_to_others(keys: Keyring, mode: int) -> None:
    """Whoever else may read or write it could sign; the remedy is said."""
    keys.new("developer", "developer")
    keys.path("developer").chmod(mode)
    with pytest.raises(PrerequisiteError, match="chmod 600"):
        again(keys)["developer"]


def test_a_key_is_never_replaced(keys: Keyring) -> None:
    """Neither a new key nor a second encryption touches what is there."""
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    before = bytes_of(keys)
    with pytest.raises(RefusedError, match="never replaced"):
        keys.new("developer", "developer")
    with pytest.raises(RefusedError, match="encrypted"):
        keys.encrypt("developer", PASSPHRASE)
    assert bytes_of(keys) == before


@pytest.mark.parametrize(
    "name", ["", "../evil", "A", "a.b", "1a", "a" * 64, "log", "vault", "nobody"]
)
def test_names_that_are_none(keys: Keyring, name: str) -> None:
    """A name is no path, and none of those that are taken."""
    with pytest.raises(InputError):
        keys.new(name, "developer")
    assert not keys.directory.exists()


def test_a_name_of_another_role(keys: Keyring) -> None:
    """`assessor` can't be a developer's key: the name would tell a lie."""
    with pytest.raises(InputError, match="assessor's"):
        keys.new("assessor", "developer")


def test_two_keys_of_one_name(keys: Keyring) -> None:
    """A file beside a reference is ambiguous, and refused."""
    keys.new("developer", "developer")
    (keys.directory / "developer.token").write_text("{}")
    with pytest.raises(PrerequisiteError, match="two keys"):
        again(keys)["developer"]


def test_a_failed_write_changes_nothing(keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk fails while a key is encrypted, the plain key is still there, and alone."""
    keys.new("developer", "developer")
    before = bytes_of(keys)

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable.os, "fsync", fail)
    with pytest.raises(Exception, match="full"):
        keys.encrypt("developer", PASSPHRASE)
    with pytest.raises(Exception, match="full"):
        keys.new("assessor", "assessor")
    monkeypatch.undo()
    assert bytes_of(keys) == before
    again(keys).check("developer")


# -------------------------------------------------------------------------- where secrets come from


def test_a_passphrase_from_a_file_or_a_descriptor(
    keys: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take the one line without its end; a descriptor serves every key of the process."""
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    keys.new("assessor", "assessor", passphrase=PASSPHRASE)
    file = tmp_path / "secret"
    file.touch(0o600)
    file.write_text(PASSPHRASE + "\r\n")
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE_FILE", str(file))
    again(keys).check("developer")
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode() + b"\n")
    os.close(writing)
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE_FILE", str(reading))
    again(keys).check("developer")
    again(keys).check("assessor")


SECRETS = {
    "absent": (None, 0o600, "can't be read"),
    "open to others": (b"planted secret\n", 0o644, "chmod 600"),
    "empty": (b"\n", 0o600, "no passphrase"),
    "two lines": (b"planted\nsecret\n", 0o600, "no passphrase"),
    "not UTF-8": (b"planted\xff\n", 0o600, "no passphrase"),
    "too long": (b"planted" * 200, 0o600, "no passphrase"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_passphrase_file_that_is_none(
    keys: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each fault is told by the variable or the file, never by what is in it."""
    content, mode, word = SECRETS[name]
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
        (tmp_path / "secret").chmod(mode)
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE_FILE", str(tmp_path / "secret"))
    with pytest.raises(PrerequisiteError) as refused:
        again(keys).check("developer")
    assert word in str(refused.value)
    assert "planted" not in str(refused.value)


def test_a_closed_descriptor(keys: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that is no open descriptor is refused."""
    keys.new("developer", "developer", passphrase=PASSPHRASE)
    monkeypatch.setenv("PROOFHOUSE_PASSPHRASE_FILE", "987654")
    with pytest.raises(PrerequisiteError, match="PASSPHRASE_FILE"):
        keys.check("developer")
