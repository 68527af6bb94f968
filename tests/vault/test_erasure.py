# SPDX-License-Identifier: Apache-2.0
"""Erasure leaves nothing of a case in any file, and every write is broken at either side."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from proofhouse.errors import StorageError
from proofhouse.vault.vault import Vault

from .parts import ANNA, BERT, body, digest, raw, traces

OpenVault = Callable[..., Vault]


def fill(vault: Vault, case: str, text: str) -> None:
    """One of each thing a case may have."""
    vault.put_body(case, body(f"{text} body", 3000))
    vault.put_body(case, body(f"{text} long", 50_000))
    vault.put_outcome(case, "run", "item", f"{text} outcome".encode())
    vault.put_object(case, f"{text} object".encode() * 100)


def rows(home: Path, query: str) -> list[tuple[bytes, ...]]:
    """What a thief of the file reads."""
    with closing(sqlite3.connect(home / "vault.sqlite")) as db:
        return db.execute(query).fetchall()


def boxes(home: Path) -> dict[str, list[bytes]]:
    """Every ciphertext and keyed name in the file, by table."""
    kept = rows(home, "SELECT owner, drawer, name, box FROM kept ORDER BY number")
    casekeys = rows(home, "SELECT owner, box FROM casekey")
    return {
        "casekey": [v for row in casekeys for v in row],
        "kept": [v for row in kept for v in row],
    }


def test_an_erased_case_leaves_no_trace(vault: Vault, home: Path, open_vault: OpenVault) -> None:
    """Neither what was kept, nor the case's wrapped key, nor any ciphertext or name, is left."""
    fill(vault, ANNA, "anna")
    objects = [path.read_bytes() for path in home.rglob("*.age")]
    before = boxes(home)
    needles = [*before["casekey"], *before["kept"], *objects, b"anna " * 8, ANNA.encode()]
    assert all(traces(needle, raw(home)) for needle in needles[:-2])
    fill(vault, BERT, "bert")

    vault.erase(ANNA)

    left = raw(home)
    assert [traces(needle, left) for needle in needles] == [[]] * len(needles)
    assert (home / "vault.sqlite-wal").stat().st_size == 0
    for reader in (vault, open_vault()):
        assert reader.bodies(ANNA) == ()
        assert reader.body(ANNA, digest("anna body")) is None
        assert reader.outcomes(ANNA, "run") == {}
        assert reader.object(ANNA, digest("anna object" * 100)) is None
        assert len(reader.bodies(BERT)) == 2
        assert reader.outcomes(BERT, "run") == {"item": b"bert outcome"}
        assert reader.object(BERT, digest("bert object" * 100)) == b"bert object" * 100


def test_an_erasure_writes_the_file_anew(vault: Vault, home: Path) -> None:
    """Copies that SQLite left in free space go, too: after an erasure there is none."""
    cases = [digest(f"case {number}") for number in range(12)]
    for turn in range(3):
        for number, case in enumerate(cases):
            vault.put_body(case, body(f"{case} {turn}", 300 * number * turn))
    needles = boxes(home)
    ((pages,),) = rows(home, "PRAGMA page_count")
    for case in cases[1:]:
        vault.erase(case)
    assert rows(home, "PRAGMA freelist_count") == [(0,)]
    assert rows(home, "PRAGMA page_count")[0][0] < pages / 2
    kept = {value for values in boxes(home).values() for value in values}
    erased = [v for values in needles.values() for v in values if v not in kept]
    assert len(erased) == 2 * 11 + 4 * 33
    assert [traces(value, raw(home)) for value in erased] == [[]] * len(erased)
    assert len(vault.bodies(cases[0])) == 3


def test_a_dropped_body_is_overwritten(vault: Vault, home: Path) -> None:
    """A body that never reached the log is overwritten where it stood."""
    vault.put_body(ANNA, body("one", 50_000))
    vault.put_body(ANNA, body("two", 50_000))
    dropped = boxes(home)["kept"][7]
    vault.drop(ANNA, digest("two"))
    vault.close()
    assert traces(dropped, raw(home)) == []


def test_erasing_is_repeatable_and_ends_nothing(vault: Vault) -> None:
    """Erasing an unknown case is nothing; after an erasure the case can begin anew."""
    vault.erase(BERT)
    fill(vault, ANNA, "anna")
    vault.erase(ANNA)
    vault.erase(ANNA)
    vault.put_body(ANNA, body("anna body", 3000))
    assert vault.bodies(ANNA) == (body("anna body", 3000),)


def test_a_reader_in_the_way(
    vault: Vault, home: Path, open_vault: OpenVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another reads, nothing opens any more, but the erasure says it is not finished."""
    fill(vault, ANNA, "anna")
    needles = boxes(home)["casekey"]
    monkeypatch.setattr("proofhouse.durable.BUSY_SECONDS", 0)
    eraser = open_vault()
    with closing(sqlite3.connect(home / "vault.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM kept").fetchone()
        with pytest.raises(StorageError, match="traces of it are left"):
            eraser.erase(ANNA)
        assert eraser.bodies(ANNA) == ()
        with pytest.raises(StorageError, match="is being erased"):
            eraser.put_body(ANNA, body("late"))
        reader.execute("ROLLBACK")
    eraser.erase(ANNA)
    assert [traces(needle, raw(home)) for needle in needles] == [[], []]
    eraser.put_body(ANNA, body("late"))


# --------------------------------------------------------------------------------- broken writes

PUTS: dict[str, Callable[[Vault], object]] = {
    "vault.put": lambda vault: vault.put_body(ANNA, body("one")),
    "vault.object": lambda vault: vault.put_object(ANNA, b"object"),
    "vault.secret": lambda vault: vault.put_secret("seed", b"seed"),
}


def kept(vault: Vault, point: str) -> object:
    return {
        "vault.put": vault.body(ANNA, digest("one")),
        "vault.object": vault.object(ANNA, digest("object")),
        "vault.secret": vault.secret("seed"),
    }[point]


@pytest.mark.parametrize("fault", ["lost", "kept", None])
def test_an_exchange_leaves_one_of_the_two(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, fault: str | None
) -> None:
    """Whatever becomes of the write, the body before or the one after is there, whole, once."""
    before, after = body("one"), replace(body("one"), envelope=b"with a signature")
    vault.put_body(ANNA, before)
    vault.put_body(ANNA, body("two"))
    at = {"lost": "vault.exchange.before", "kept": "vault.exchange.after"}.get(fault or "")

    def fail(name: str) -> None:
        if name == at:
            raise StorageError("The disk failed.")

    monkeypatch.setattr("proofhouse.vault.vault.reach", fail)
    with pytest.raises(StorageError) if at else nullcontext():
        vault.exchange(ANNA, after)
    found = before if fault == "lost" else after
    assert vault.body(ANNA, digest("one")) == found
    assert {one.sealed for one in vault.bodies(ANNA)} == {digest("one"), digest("two")}


@pytest.mark.parametrize("point", PUTS)
@pytest.mark.parametrize("fault", ["lost", "kept"])
def test_a_write_that_fails_is_repeated(
    vault: Vault, monkeypatch: pytest.MonkeyPatch, point: str, fault: str
) -> None:
    """Failed and lost, or failed but kept: what is there is whole, and repeating it ends well."""
    at = f"{point}.before" if fault == "lost" else f"{point}.after"

    def fail(name: str) -> None:
        if name == at:
            raise StorageError("The disk failed.")

    with monkeypatch.context() as patched:
        patched.setattr("proofhouse.vault.vault.reach", fail)
        with pytest.raises(StorageError, match="The disk failed"):
            PUTS[point](vault)
    assert (kept(vault, point) is None) == (fault == "lost")
    PUTS[point](vault)
    assert kept(vault, point) is not None


WRITER = """
import sys
from pathlib import Path
from proofhouse.vault.vault import Body, Vault

home, case = Path(sys.argv[1]), "a1" * 32
vault = Vault.open(home / "vault.sqlite", home / "vault.key", create=True)
vault.put_secret("seed", b"seed")
vault.put_body(case, Body("0" * 64, b"envelope", bytes(32), b"[]"))
vault.put_body(case, Body("1" * 64, b"envelope", bytes(32), b"[]"))
vault.put_object(case, b"object")
vault.drop(case, "1" * 64)
vault.erase(case)
"""

KILLS = [
    # point, then: the secret, bodies, objects that are there when the vault is opened again
    ("vault.create.before", False, 0, False),
    ("vault.create.after", False, 0, False),
    ("vault.secret.before", False, 0, False),
    ("vault.secret.after", True, 0, False),
    ("vault.put.before", True, 0, False),
    ("vault.put.after", True, 1, False),
    ("vault.put.before:2", True, 1, False),
    ("vault.object.before", True, 2, True),
    ("vault.object.after", True, 2, True),
    ("vault.drop.before", True, 2, True),
    ("vault.drop.after", True, 1, True),
    ("vault.erase.before", True, 1, True),
    ("vault.erase.after", True, 0, False),
    ("vault.scrub.before", True, 0, False),
    ("vault.scrub.after", True, 0, False),
]


@pytest.mark.parametrize(("point", "secret", "bodies", "there"), KILLS, ids=[k[0] for k in KILLS])
def test_a_process_killed_at_a_write(
    home: Path, open_vault: OpenVault, point: str, secret: bool, bodies: int, there: bool
) -> None:
    """kill -9 at any write leaves it done or undone, and an erasure that began is finished."""
    home.mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(home)],
        env={**os.environ, "PROOFHOUSE_FAILPOINT": point},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    needles = boxes(home)["casekey"] if point == "vault.erase.before" else []
    vault = open_vault(create=True)
    assert (vault.secret("seed") == b"seed") == secret
    assert len(vault.bodies(ANNA)) == bodies
    assert (vault.object(ANNA, digest("object")) == b"object") == there
    assert vault._db.execute("SELECT count(*) FROM erasing").fetchone() == (0,)
    vault.erase(ANNA)
    assert not list(home.rglob("*.age"))
    assert [traces(needle, raw(home)) for needle in needles] == [[]] * len(needles)


def test_an_erasure_cut_short_leaves_no_trace_either(home: Path, open_vault: OpenVault) -> None:
    """Killed right after the rows went, the next opening wipes what the file still shows."""
    home.mkdir(mode=0o700)
    vault = open_vault(create=True)
    fill(vault, ANNA, "anna")
    needles = [*boxes(home)["casekey"], *boxes(home)["kept"]]
    vault.close()
    script = (
        "import sys; from pathlib import Path; from proofhouse.vault.vault import Vault\n"
        "home = Path(sys.argv[1])\n"
        "Vault.open(home / 'vault.sqlite', home / 'vault.key').erase('a1' * 32)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home)],
        env={**os.environ, "PROOFHOUSE_FAILPOINT": "vault.erase.after"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert any(traces(needle, raw(home)) for needle in needles)
    open_vault()
    assert [traces(needle, raw(home)) for needle in needles] == [[]] * len(needles)
    assert not list(home.rglob("*.age"))
