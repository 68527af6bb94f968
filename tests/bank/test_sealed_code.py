# SPDX-License-Identifier: Apache-2.0
"""A sealed generator is loaded from its bytes, if they have the committed digest, and only so."""

from __future__ import annotations

import asyncio
import json
import sys
import zipfile
from pathlib import Path

import pytest

from proofhouse.bank.sealed_code import MAX_BYTES, Pack, load, read_pack
from proofhouse.errors import FormatError, InputError, VerificationError
from proofhouse.formats.digest import sha256_hex
from proofhouse.judges import grade, prove

SOURCES = Path(__file__).with_name("sealed_logic")
SALT = bytes(range(32))


def packed(**files: str) -> bytes:
    return Pack("odd", {f"{name}.py": text for name, text in files.items()}, SALT).to_bytes()


def test_a_folder_becomes_a_family() -> None:
    """Same sources, same salt: same pack; its items are the same whenever they are derived."""
    data = read_pack(SOURCES, SALT).to_bytes()
    assert read_pack(SOURCES, SALT).to_bytes() == data
    family = load(data, sha256_hex(data))
    assert (family.name, family.levels) == ("sealed-logic", (1, 2, 3))
    key = bytes(32)
    assert family.derive(key, 2, 5) == load(data, sha256_hex(data)).derive(key, 2, 5)
    assert family.derive(key, 2, 5).id == "sealed-logic/2/05"


@pytest.mark.parametrize("top", ["", "sealed-logic/"])
def test_a_zip_file_is_the_same_as_its_folder(tmp_path: Path, top: str) -> None:
    """With the package at its top, or in a folder of it."""
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        for path in sorted(SOURCES.rglob("*.py")):
            archive.write(path, top + path.relative_to(SOURCES).as_posix())
    assert read_pack(tmp_path / "code.zip", SALT) == read_pack(SOURCES, SALT)


def test_the_salt_hides_the_code() -> None:
    """The same code under another salt has another digest."""
    one, other = (read_pack(SOURCES, salt).to_bytes() for salt in (SALT, bytes(32)))
    assert sha256_hex(one) != sha256_hex(other)


@pytest.mark.sandbox
def test_its_items_are_proven_and_graded() -> None:
    """What comes out of the vault's code goes through the same judge as any other item."""
    data = read_pack(SOURCES, SALT).to_bytes()
    family = load(data, sha256_hex(data))

    async def judge() -> None:
        for level in family.levels:
            item = family.derive(bytes([level]) * 32, level, 0)
            proven = await prove(item)
            assert (await grade(proven, item.solution)).solved
            assert not (await grade(proven, item.benign[1])).solved

    asyncio.run(judge())


def test_other_code_is_not_imported() -> None:
    """One changed byte has another digest: it is refused, and nothing of it has run."""
    data = packed(__init__="import sys\nsys.proofhouse_ran = True\n")
    with pytest.raises(VerificationError, match="not the one that the bank is committed to"):
        load(data, sha256_hex(data + b" "))
    assert not hasattr(sys, "proofhouse_ran")


def test_nothing_comes_from_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the pack is the pack's, though one of its name lies on the path."""
    (tmp_path / "program.py").write_text("raise SystemExit('from the path')")
    monkeypatch.syspath_prepend(tmp_path)
    data = read_pack(SOURCES, bytes([7]) * 32).to_bytes()
    assert load(data, sha256_hex(data)).derive(bytes(32), 1, 0).files
    absent = packed(__init__="from . import missing\nNAME, LEVELS = 'odd', (1,)\n")
    with pytest.raises(InputError, match="can't be imported"):
        load(absent, sha256_hex(absent))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("NAME = 'other'\nLEVELS = (1,)\ndef derive(k, l, i): ...", "NAME or derive"),
        ("NAME = 'odd'\nLEVELS = (1,)", "NAME or derive"),
        ("NAME = 'odd'\nLEVELS = (2, 1)\ndef derive(k, l, i): ...", "not 1, 2, 3"),
        ("NAME = 'odd'\nLEVELS = ()\ndef derive(k, l, i): ...", "not 1, 2, 3"),
        ("NAME = 'odd'\nLEVELS = tuple(range(1, 200))\ndef derive(k, l, i): ...", "more than 100"),
        (
            "from proofhouse.bank.families import Family\nNAME = 'odd'\nLEVELS = (1,)\n"
            "def derive(k, l, i): ...\nFAMILY = Family('other', (1,), derive)",
            "another name or other levels",
        ),
        ("this is no Python", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_is_no_family_is_refused(code: str, said: str) -> None:
    """With what it lacks, and no traceback of it."""
    data = packed(__init__=code)
    with pytest.raises(InputError, match=said):
        load(data, sha256_hex(data))


def test_a_public_family_is_not_replaced() -> None:
    """No sealed code takes the name of a family that everybody knows."""
    code = "NAME = 'memory-flaw'\nLEVELS = (1,)\ndef derive(k, l, i): ..."
    data = Pack("memory-flaw", {"__init__.py": code}, SALT).to_bytes()
    with pytest.raises(InputError, match="public family"):
        load(data, sha256_hex(data))


@pytest.mark.parametrize("kind", ["absent", "empty", "no NAME", "not a zip", "not UTF-8"])
def test_what_is_no_package_is_refused(tmp_path: Path, kind: str) -> None:
    """A path that holds no generator is named."""
    path = tmp_path / "code"
    if kind == "not a zip":
        path.write_bytes(b"PK no")
    elif kind != "absent":
        path.mkdir()
    if kind == "no NAME":
        (path / "__init__.py").write_text("x = 1")
    if kind == "not UTF-8":
        (path / "__init__.py").write_bytes(b"\xff")
    with pytest.raises(InputError, match="generator"):
        read_pack(path, SALT)


@pytest.mark.parametrize("path", ["../up.py", "/etc/x.py", "a b.py", "x.txt", "a/../b.py"])
def test_names_that_lead_elsewhere_are_refused(path: str) -> None:
    """A pack has no names but those of modules."""
    with pytest.raises(FormatError, match=r"\.py files"):
        Pack("odd", {"__init__.py": "", path: ""}, SALT)


def test_a_pack_is_its_bytes() -> None:
    """It parses to itself; other formats, other fields and too much are refused."""
    data = read_pack(SOURCES, SALT).to_bytes()
    assert Pack.parse(data).to_bytes() == data
    body = json.loads(data)
    for changed in (
        {**body, "format": "proofhouse-generator/v2"},
        {**body, "more": "1"},
        {**body, "files": {"__init__.py": 1}},
        {**body, "family": "Caps"},
    ):
        text = json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        with pytest.raises(FormatError):
            Pack.parse(text.encode())
    with pytest.raises(FormatError):
        Pack("odd", {"__init__.py": "#" * MAX_BYTES}, SALT).to_bytes()
