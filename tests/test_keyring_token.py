# SPDX-License-Identifier: Apache-2.0
"""Keys in a PKCS #11 token, tried with SoftHSM 2."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tokens
from proofhouse.errors import FormatError, PrerequisiteError, RefusedError
from proofhouse.formats.envelope import Envelope, sign, signers
from proofhouse.formats.keys import PublicKey, SigningKey
from proofhouse.formats.statement import Statement
from proofhouse.keyring import Keyring
from proofhouse.keyring.token import Place, Reference, TokenKey, find, generate

softhsm = pytest.mark.skipif(not tokens.HAVE_SOFTHSM, reason="needs softhsm2")
STATEMENT = Statement("urn:proofhouse:withdrawal:v1", "case", "ab" * 32, {"previous": None})


@pytest.fixture(scope="module")
def _token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One token for this process: its module reads where it lies once."""
    patch = pytest.MonkeyPatch()
    environment = tokens.make_token(tmp_path_factory.mktemp("hsm"), tokens.TOKEN, "twin", "twin")
    for name, value in environment.items():
        patch.setenv(name, value)
    yield
    patch.undo()


@pytest.fixture
def place(_token: None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Place:
    """Where a new key of this test lies."""
    monkeypatch.setenv("PROOFHOUSE_PIN", tokens.PIN)
    return generate(Place(str(tokens.MODULE), tokens.TOKEN, request.node.name[:60]), tokens.PIN)


@softhsm
def test_a_statement_signed_inside_verifies(place: Place, tmp_path: Path) -> None:
    """A key made inside the token signs a statement that the ordinary verifier accepts."""
    keys = Keyring(tmp_path / "keys")
    public = find(place, tokens.PIN)
    keys.refer("assessor", "assessor", Reference(place, public))
    key = Keyring(tmp_path / "keys")["assessor"]
    envelope = Envelope.parse(sign(STATEMENT.to_bytes(), [key]).to_bytes())
    assert signers(envelope, {public.keyid: public}) == {key.keyid}
    about = keys.about("assessor")
    assert (about.kind, about.role, about.public) == ("token", "assessor", public)
    file = keys.path("assessor")
    assert file.stat().st_mode & 0o777 == 0o600
    assert tokens.PIN not in file.read_text()


@softhsm
def test_the_key_never_leaves(place: Place) -> None:
    """It was made sensitive and not extractable; its value can't be read."""
    import pkcs11

    token = pkcs11.lib(place.module).get_token(token_label=place.token)
    with token.open(user_pin=tokens.PIN) as session:
        key = session.get_key(
            object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=place.label, id=place.key_id
        )
        assert key[pkcs11.Attribute.SENSITIVE]
        assert not key[pkcs11.Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.PKCS11Error):
            key[pkcs11.Attribute.VALUE]


@softhsm
def test_a_wrong_pin_is_asked_for_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said and not shown; nothing wrong is kept, so that the token isn't locked."""
    key = TokenKey(Reference(place, find(place, tokens.PIN)))
    monkeypatch.setenv("PROOFHOUSE_PIN", "planted-wrong")
    with pytest.raises(PrerequisiteError, match="PIN of the token") as refused:
        key.sign(b"x")
    assert "planted" not in str(refused.value)
    monkeypatch.setenv("PROOFHOUSE_PIN", tokens.PIN)
    key.sign(b"x")


@softhsm
def test_the_pin_is_asked_for_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first signature the process knows it."""
    key = TokenKey(Reference(place, find(place, tokens.PIN)))
    first = key.sign(b"x")
    monkeypatch.delenv("PROOFHOUSE_PIN")
    assert key.sign(b"x") == first


@softhsm
def test_another_key_of_that_name_is_noticed(place: Place) -> None:
    """What a token signs is verified under the key that the home names, before it is used."""
    other = SigningKey.generate().public_key
    with pytest.raises(PrerequisiteError, match="is not the one"):
        TokenKey(Reference(place, other)).sign(b"x")


@softhsm
def test_a_label_taken_twice(place: Place) -> None:
    """A second key of the same label is refused, unless it is told by its id."""
    with pytest.raises(PrerequisiteError, match="already"):
        generate(Place(place.module, place.token, place.label), tokens.PIN)
    assert find(Place(place.module, place.token, place.label), tokens.PIN) == find(
        place, tokens.PIN
    )


def _rsa(place: Place) -> Place:
    import pkcs11

    token = pkcs11.lib(place.module).get_token(token_label=place.token)
    with token.open(rw=True, user_pin=tokens.PIN) as session:
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="an rsa key")
    return Place(place.module, place.token, "an rsa key")


ABSENT: dict[str, tuple[Any, str]] = {
    "no such token": (lambda p: Place(p.module, "nowhere", p.label), "no token “nowhere”"),
    "two such tokens": (lambda p: Place(p.module, "twin", p.label), "Several tokens"),
    "no such key": (lambda p: Place(p.module, p.token, "nothing"), "no key “nothing”"),
    "no such id": (lambda p: Place(p.module, p.token, p.label, b"\x00"), "no key"),
    "no such module": (lambda p: Place("/nowhere/x.so", p.token, p.label), "can't be loaded"),
    "no module at all": (lambda p: Place("/etc/passwd", p.token, p.label), "can't be loaded"),
    "another algorithm": (_rsa, "not an Ed25519 key"),
}


@softhsm
@pytest.mark.parametrize("name", ABSENT)
def test_what_is_not_there_is_said(place: Place, name: str) -> None:
    """Module, token and key are each told apart, with a remedy, and the PIN is not shown."""
    elsewhere, word = ABSENT[name]
    where = elsewhere(place)
    with pytest.raises(PrerequisiteError) as refused:
        find(where, tokens.PIN)
    assert word in str(refused.value)
    assert refused.value.hint
    assert tokens.PIN not in str(refused.value)
    with pytest.raises(PrerequisiteError, match=word):
        TokenKey(Reference(where, SigningKey.generate().public_key)).sign(b"x")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without python-pkcs11 the line that installs it is said."""
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(PrerequisiteError, match=r"proofhouse\[pkcs11\]"):
        find(Place("/x.so", "t", "k"), "1234")
    with pytest.raises(PrerequisiteError, match=r"proofhouse\[pkcs11\]"):
        generate(Place("/x.so", "t", "k"), "1234")


# --------------------------------------------------------------------------------- the reference

KEY = SigningKey(b"k" * 32)
REFERENCE = {
    "format": "proofhouse-token/v1",
    "role": "developer",
    "module": "/usr/lib/m.so",
    "token": "a token",
    "label": "a key",
    "id": "01ff",
    "public": KEY.public.hex(),
}


def test_what_parses_prints_back() -> None:
    """A reference has all that is needed to know the key, and no secret."""
    found = Reference.parse(json.dumps(REFERENCE).encode())
    assert found.place == Place("/usr/lib/m.so", "a token", "a key", b"\x01\xff")
    assert (found.role, found.public) == ("developer", PublicKey(KEY.public))
    assert json.loads(found.to_bytes()) == REFERENCE
    assert Reference.parse(found.to_bytes()) == found


@pytest.mark.parametrize(
    "change",
    [
        {"format": "proofhouse-token/v2"},
        {"module": "m.so"},
        {"module": 5},
        {"token": ""},
        {"token": "t" * 33},
        {"label": None},
        {"label": "a\x1b[2J"},
        {"id": "0"},
        {"id": "FF"},
        {"id": "00" * 101},
        {"id": 7},
        {"public": "00" * 32},
        {"public": KEY.public.hex()[:-2]},
        {"role": "emperor"},
        {"role": 1},
        {"pin": "1234"},
    ],
    ids=lambda change: f"{next(iter(change))}={next(iter(change.values()))!r}"[:30],
)
def test_a_reference_that_is_none(change: dict[str, Any]) -> None:
    """Each member is read strictly, and no PIN may be written down."""
    with pytest.raises(FormatError):
        Reference.parse(json.dumps({**REFERENCE, **change}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format":1,"format":1}', b"\xff", b" " * 20_000])
def test_bytes_that_are_no_reference(data: bytes) -> None:
    """What is no JSON object, or is too large, is refused."""
    with pytest.raises(FormatError):
        Reference.parse(data)


def test_a_reference_in_a_home(tmp_path: Path) -> None:
    """A broken or readable reference is a fault of its file; its name is taken."""
    keys = Keyring(tmp_path / "keys")
    reference = Reference.parse(json.dumps(REFERENCE).encode())
    keys.refer("steward-1", "developer", reference)
    assert keys.about("steward-1").role == "developer"
    with pytest.raises(RefusedError, match="never replaced"):
        keys.new("steward-1", "developer")
    file = keys.path("steward-1")
    file.chmod(0o644)
    with pytest.raises(PrerequisiteError, match="chmod 600"):
        Keyring(keys.directory)["steward-1"]
    file.chmod(0o600)
    file.write_text("{")
    with pytest.raises(PrerequisiteError, match=r"steward-1\.token"):
        Keyring(keys.directory)["steward-1"]
