# SPDX-License-Identifier: Apache-2.0
"""The vault keeps what it is given, once, encrypted, and knows its key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import (
    DamagedError,
    InputError,
    PrerequisiteError,
    RefusedError,
    StorageError,
)
from proofhouse.vault.key import Box, VaultKey, pack, unpack
from proofhouse.vault.vault import Body, Vault

from .parts import ANNA, BERT, body, digest, edited, raw

OpenVault = Callable[..., Vault]


# -------------------------------------------------------------------------------------- keeping


def test_bodies_come_back_in_order(vault: Vault, open_vault: OpenVault) -> None:
    """Bodies are found by case and digest, and listed in the order in which they were kept."""
    kept = [body(text, length) for text, length in (("z", 0), ("a", 9000), ("m", 100))]
    for one in kept:
        vault.put_body(ANNA, one)
    vault.put_body(BERT, body("other"))
    for reader in (vault, open_vault()):
        assert reader.bodies(ANNA) == tuple(kept)
        assert reader.body(ANNA, digest("a")) == kept[1]
        assert reader.bodies(BERT) == (body("other"),)


def test_what_was_never_kept_is_none(vault: Vault) -> None:
    """Another case's digest, an unknown case, an unknown name: nothing, and no difference."""
    vault.put_body(ANNA, body("one"))
    vault.put_object(ANNA, b"object")
    vault.put_outcome(ANNA, "run", "item", b"solved")
    assert vault.body(BERT, digest("one")) is None
    assert vault.body(ANNA, digest("two")) is None
    assert vault.bodies(BERT) == ()
    assert vault.object(BERT, digest("object")) is None
    assert vault.object(ANNA, digest("another")) is None
    assert vault.secret("seed") is None
    assert (vault.outcomes(BERT, "run"), vault.outcomes(ANNA, "run 2")) == ({}, {})


def test_a_body_is_kept_once(vault: Vault) -> None:
    """The same body again changes nothing; another under its digest is refused."""
    vault.put_body(ANNA, body("one"))
    vault.put_body(ANNA, body("one"))
    for other in (
        replace(body("one"), envelope=b"another"),
        replace(body("one"), salt=bytes(32)),
        replace(body("one"), openings=b"[]"),
    ):
        with pytest.raises(RefusedError, match="something else"):
            vault.put_body(ANNA, other)
    assert vault.bodies(ANNA) == (body("one"),)


def test_outcomes_are_kept_once_by_sample(vault: Vault, open_vault: OpenVault) -> None:
    """An outcome is told again without harm, and never changed; runs do not mix."""
    vault.put_outcome(ANNA, "run", "memory-flaw/3/07", b"solved")
    vault.put_outcome(ANNA, "run", "memory-flaw/3/08", b"")
    vault.put_outcome(ANNA, "run", "memory-flaw/3/07", b"solved")
    vault.put_outcome(ANNA, "run 2", "memory-flaw/3/07", b"failed")
    with pytest.raises(RefusedError, match="memory-flaw/3/07"):
        vault.put_outcome(ANNA, "run", "memory-flaw/3/07", b"failed")
    kept = {"memory-flaw/3/07": b"solved", "memory-flaw/3/08": b""}
    assert open_vault().outcomes(ANNA, "run") == kept
    assert list(vault.outcomes(ANNA, "run")) == list(kept)
    assert vault.outcomes(ANNA, "run 2") == {"memory-flaw/3/07": b"failed"}


@pytest.mark.parametrize("name", ["", "ü/π", "a\0b", "\ud800", "x" * 10_000])
def test_samples_and_secrets_may_have_any_name(vault: Vault, name: str) -> None:
    """Names come from foreign harnesses: whatever text they are, they come back."""
    vault.put_outcome(ANNA, name, name, b"1")
    vault.put_secret(name, b"2")
    assert vault.outcomes(ANNA, name) == {name: b"1"}
    assert vault.secret(name) == b"2"


def test_names_do_not_run_together(vault: Vault) -> None:
    """Run ``a`` with sample ``bc`` is not run ``ab`` with sample ``c``."""
    vault.put_outcome(ANNA, "a", "bc", b"1")
    vault.put_outcome(ANNA, "ab", "c", b"2")
    assert (vault.outcomes(ANNA, "a"), vault.outcomes(ANNA, "ab")) == ({"bc": b"1"}, {"c": b"2"})


def test_secrets_are_kept_once(vault: Vault, open_vault: OpenVault) -> None:
    """A bank's seed is never replaced."""
    vault.put_secret("bank/cyber/1/seed", b"s" * 32)
    vault.put_secret("bank/cyber/1/seed", b"s" * 32)
    with pytest.raises(RefusedError, match="something else"):
        vault.put_secret("bank/cyber/1/seed", b"t" * 32)
    assert open_vault().secret("bank/cyber/1/seed") == b"s" * 32


@pytest.mark.parametrize("data", [b"", b"x", bytes(1_000_000)], ids=len)
def test_objects_are_named_by_their_content(vault: Vault, home: Path, data: bytes) -> None:
    """An object's name is the SHA-256 of what it holds; the same again is one file."""
    name = vault.put_object(ANNA, data)
    assert name == vault.put_object(ANNA, data)
    assert vault.object(ANNA, name) == data
    assert vault.put_object(BERT, data) == name
    assert len(list(home.rglob("*.age"))) == 2  # one a case: each its own key


def test_cases_and_digests_are_hexadecimal(vault: Vault) -> None:
    """A case or a body under any other name is the caller's mistake, not a row."""
    for name in ("", "case 1", "A1" * 32, "a1" * 31, "../../etc"):
        with pytest.raises(InputError):
            vault.put_body(name, body("one"))
        with pytest.raises(InputError):
            vault.put_object(name, b"")
        with pytest.raises(InputError):
            vault.erase(name)
        with pytest.raises(InputError):
            Body(name, b"", b"", b"")


# -------------------------------------------------------------------------------------- orphans


def test_orphans_are_what_the_log_never_got(vault: Vault) -> None:
    """Of the bodies of a case, those whose digests did not reach the log are named, and go."""
    for text in ("one", "two", "three"):
        vault.put_body(ANNA, body(text))
    reached = {digest("one"), digest("three"), digest("elsewhere")}
    assert vault.orphans(ANNA, reached) == (digest("two"),)
    vault.drop(ANNA, digest("two"))
    vault.drop(ANNA, digest("two"))
    vault.drop(BERT, digest("one"))
    assert vault.orphans(ANNA, reached) == ()
    assert vault.bodies(ANNA) == (body("one"), body("three"))
    vault.put_body(ANNA, body("two"))  # a writer who was merely late keeps it again
    assert vault.orphans(ANNA, reached) == (digest("two"),)


# ----------------------------------------------------------------------------------- encryption


def test_nothing_stands_in_the_clear(vault: Vault, home: Path) -> None:
    """No file of a home, its write-ahead log included, shows content or names of what is kept."""
    vault.put_body(ANNA, body("one", 20_000))
    vault.put_outcome(ANNA, "run of anna", "memory-flaw/3/07", b"solved with a long answer")
    name = vault.put_object(ANNA, b"an object of the case " * 500)
    vault.put_secret("bank/cyber/1/seed", b"the seed of the bank")
    seen = raw(home)
    assert (home / "vault.sqlite-wal").stat().st_size > 0
    for text in (
        *(b"envelope of one", b"openings of one", body("one").salt),
        *(b"run of anna", b"memory-flaw", b"solved with", b"an object", b"bank/cyber", b"the seed"),
        b"AGE-SECRET-KEY",
    ):
        assert text not in seen
    for hexadecimal in (ANNA, digest("one"), name):
        assert hexadecimal.encode() not in seen
        assert bytes.fromhex(hexadecimal) not in seen


def test_files_are_their_owners(vault: Vault, home: Path) -> None:
    """Files have mode 0600 and folders 0700, whatever the umask."""
    vault.put_object(ANNA, b"object")
    vault.put_secret("seed", b"seed")
    paths = list(home.rglob("*"))
    assert {path.name for path in home.iterdir()} >= {"vault.key", "vault.sqlite", "objects"}
    assert {p.stat().st_mode & 0o777 for p in paths if p.is_file()} == {0o600}
    assert {p.stat().st_mode & 0o777 for p in paths if p.is_dir()} == {0o700}


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=5))
def test_packing_is_undone(parts: list[bytes]) -> None:
    """What was packed comes apart again where it was put together."""
    assert unpack(pack(*parts)) == tuple(parts)


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_unpacking_is_strict(data: bytes) -> None:
    """Any bytes are either what ``pack`` makes, or refused."""
    try:
        parts = unpack(data)
    except DamagedError:
        return
    assert pack(*parts) == data


# -------------------------------------------------------------------------------------- the key


def test_a_lost_key_is_never_made_anew(vault: Vault, home: Path, open_vault: OpenVault) -> None:
    """Without its key a vault does not open, ``create`` or not; the sentence says what to do."""
    vault.close()
    (home / "vault.key").unlink()
    for create in (False, True):
        with pytest.raises(PrerequisiteError, match=r"key file .* is missing") as caught:
            open_vault(create=create)
        assert "Put it back from its copy" in caught.value.hint
    assert not (home / "vault.key").exists()


def test_another_vaults_key(vault: Vault, home: Path, open_vault: OpenVault) -> None:
    """A key that opens another vault is named as the wrong one."""
    vault.close()
    VaultKey.generate().write(home / "vault.key")
    with pytest.raises(StorageError, match="does not open the vault"):
        open_vault()


@pytest.mark.parametrize("text", [b"", b"AGE-SECRET-KEY-1", b"\xff\xfe", b"ssh-ed25519 AAAA"])
def test_a_file_that_is_no_key(
    vault: Vault, home: Path, open_vault: OpenVault, text: bytes
) -> None:
    """A key file that holds something else is refused without showing what it holds."""
    (home / "vault.key").write_bytes(text)
    with pytest.raises(PrerequisiteError, match="holds no key of a vault"):
        open_vault()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_open_to_others(vault: Vault, home: Path, open_vault: OpenVault, mode: int) -> None:
    """A key that others may read is not used, and the remedy is one command."""
    (home / "vault.key").chmod(mode)
    with pytest.raises(PrerequisiteError) as caught:
        open_vault()
    assert caught.value.hint == f"Run: chmod 600 {home / 'vault.key'}"
    (home / "vault.key").chmod(0o600)
    open_vault()


def test_keys_do_not_print_themselves() -> None:
    """Neither a key nor a box shows its secret in a traceback or a log."""
    for box in (VaultKey.generate(), Box.generate()):
        assert "SECRET" not in repr(box) + str(box)


# -------------------------------------------------------------------------------- which files


def test_a_missing_vault_is_not_replaced(home: Path, open_vault: OpenVault) -> None:
    """Opening makes nothing."""
    home.mkdir()
    with pytest.raises(StorageError, match="There is no vault at"):
        open_vault()
    assert list(home.iterdir()) == []


def test_a_newer_vault_is_left_alone(vault: Vault, home: Path, open_vault: OpenVault) -> None:
    """A vault of a later version is refused, and both versions are named."""
    vault.close()
    with edited(home) as db:
        db.execute("PRAGMA user_version = 7")
    with pytest.raises(StorageError, match="has version 7; this program knows version 1"):
        open_vault()


def test_a_full_disk(vault: Vault) -> None:
    """No room for a body: a clear sentence, and what was kept before still is."""
    vault.put_body(ANNA, body("one"))
    (pages,) = vault._db.execute("PRAGMA page_count").fetchone()
    vault._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="The disk is full: the vault at"):
        vault.put_body(BERT, body("two", 100_000))
    assert vault.bodies(ANNA) == (body("one"),)
    assert vault.bodies(BERT) == ()
    vault._db.execute("PRAGMA max_page_count = 1000000")
    vault.put_body(BERT, body("two", 100_000))
    assert vault.bodies(BERT) == (body("two", 100_000),)


# ------------------------------------------------------------------------------ what is noticed


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE kept SET box = x'00' WHERE number = 1",
        "UPDATE kept SET box = substr(box, 1, length(box) - 1)",
        "UPDATE kept SET box = (SELECT box FROM kept WHERE number = 2) WHERE number = 1",
        "UPDATE kept SET box = (SELECT box FROM secret) WHERE number = 1",
        "UPDATE casekey SET box = (SELECT box FROM secret)",
        "UPDATE casekey SET box = (SELECT box FROM opens)",
        "UPDATE casekey SET box = x''",
    ],
)
def test_edited_rows_do_not_open(
    vault: Vault, home: Path, open_vault: OpenVault, edit: str
) -> None:
    """A box that was changed, cut, or put in another's place is damage, never an answer."""
    vault.put_body(ANNA, body("one"))
    vault.put_body(ANNA, body("two"))
    vault.put_secret("seed", b"seed")
    with edited(home) as db:
        db.execute(edit)
    with pytest.raises(DamagedError):
        open_vault().body(ANNA, digest("one"))


def test_secrets_cannot_be_swapped(vault: Vault, home: Path) -> None:
    """The opening of one threshold does not pass for another's."""
    vault.put_secret("one", b"1")
    vault.put_secret("two", b"2")
    with edited(home) as db:
        db.execute("UPDATE secret SET box = (SELECT max(box) FROM secret)")
    read = []
    for name in ("one", "two"):
        try:
            read.append((name, vault.secret(name)))
        except DamagedError:
            read.append((name, None))
    assert sorted(read) in ([("one", b"1"), ("two", None)], [("one", None), ("two", b"2")])


def test_edited_objects_do_not_open(vault: Vault, home: Path) -> None:
    """A file that was changed, or put in another's place, is damage; keeping it again mends it."""
    one, two = vault.put_object(ANNA, b"one" * 99), vault.put_object(ANNA, b"two" * 99)
    first, second = sorted(home.rglob("*.age"))
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(DamagedError, match="something else"):
        vault.object(ANNA, one), vault.object(ANNA, two)
    first.write_bytes(content[:-1])
    with pytest.raises(DamagedError):
        vault.object(ANNA, one), vault.object(ANNA, two)
    vault.put_object(ANNA, b"one" * 99)
    vault.put_object(ANNA, b"two" * 99)
    assert (vault.object(ANNA, one), vault.object(ANNA, two)) == (b"one" * 99, b"two" * 99)


def test_a_vault_without_its_mark(vault: Vault, home: Path, open_vault: OpenVault) -> None:
    """A vault that has content but no mark of its key is not bound to whatever key comes along."""
    vault.put_secret("seed", b"seed")
    with edited(home) as db:
        db.execute("DELETE FROM opens")
    with pytest.raises(DamagedError, match="lacks the mark of its key"):
        open_vault()


# ------------------------------------------------------------------------------------- together


def test_several_write_and_read_at_once(vault: Vault, open_vault: OpenVault) -> None:
    """Four openings of one vault begin the same case at once: one identity, and all is readable."""
    vaults = [vault, *(open_vault() for _ in range(3))]
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for item in range(15):
                vaults[number].put_outcome(ANNA, "run", f"{number}/{item}", b"%d" % item)
                vaults[number].put_outcome(ANNA, "run", f"common/{item}", b"%d" % item)
                assert vaults[number - 1].outcomes(ANNA, "run")[f"{number}/{item}"] == b"%d" % item
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(vault.outcomes(ANNA, "run")) == 4 * 15 + 15
