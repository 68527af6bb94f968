# SPDX-License-Identifier: Apache-2.0
"""The vault: bodies behind sealed leaves, outcomes, objects, secrets; all encrypted, all erasable.

    vault.sqlite     casekey   a case's age identity, encrypted to the vault key
                     kept      a body or an outcome, encrypted to its case
                     secret    encrypted to the vault key
                     erased    a keyed hash of the digest in each leaf whose body was erased
    objects/CASE/    one file an object, encrypted to its case


    vault = Vault.open(home / "vault.sqlite", home / "keys" / "vault.key", create=True)
    vault.put_body(case, Body(sealed, envelope, salt, openings))      durable when it returns
    vault.erase(case)                                                 gone when it returns

Rule 1: nothing is written in the clear, not even for a moment: no case id, no sealed digest, no
sample id, no digest of an object. A thief of the files without the key learns how many cases and
rows there are, how long, and which rows belong to one case.
Rule 2: what is kept is never replaced. The same again is nothing new, something else is refused.
Only what never reached the log (a draft that gathers signatures) is dropped or exchanged, by name.
Rule 3: what comes back is what was put, or DamagedError. Each row carries its own name inside the
encryption, so rows can't be swapped; objects are held to their SHA-256.
Rule 4: erasure takes the case's identity, its rows and its objects, in this order of writes:

 1. identity and rows deleted, the case marked, in one transaction       → none of it opens again
 2. its folder of objects removed
 3. the file vacuumed, the write-ahead log copied back and cut to zero    → no byte is left of it
 4. the mark removed

 A crash in between leaves the mark, and the next to open the vault goes on from there. The vacuum
 is needed: ``secure_delete`` overwrites the row, but not the copies that SQLite left in free space
 when it merged pages before (2 of 600 rows in a trial). It rewrites the whole file.

What a file system or disk keeps of deleted blocks is beyond us, and so are the owner's backups of
vault *and* key. Objects are held in memory whole. Safe for several threads and processes.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proofhouse.durable import (
    Kind,
    create_database,
    make_folders,
    open_database,
    sync,
    told,
    write_file,
    writing,
)
from proofhouse.errors import DamagedError, InputError, RefusedError, StorageError
from proofhouse.failpoints import reach
from proofhouse.formats.digest import is_digest, sha256_hex
from proofhouse.said import say
from proofhouse.vault.key import Box, VaultKey, pack, unpack

VERSION = 1

VAULT = Kind(
    name="vault",
    application_id=0x50485654,  # "PHVT"
    version=VERSION,
    schema=(
        "CREATE TABLE opens (id INTEGER PRIMARY KEY CHECK (id = 1), box BLOB NOT NULL) STRICT",
        "CREATE TABLE casekey (owner BLOB PRIMARY KEY, box BLOB NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE kept (number INTEGER PRIMARY KEY, owner BLOB NOT NULL, "
        "drawer BLOB NOT NULL, name BLOB NOT NULL UNIQUE, box BLOB NOT NULL) STRICT",
        "CREATE INDEX kept_owner ON kept (owner)",
        "CREATE INDEX kept_drawer ON kept (drawer)",
        "CREATE TABLE secret (name BLOB PRIMARY KEY, box BLOB NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE erasing (owner BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
        "CREATE TABLE erased (name BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
    ),
    pragmas=("secure_delete = ON",),
)


@dataclass(frozen=True)
class Body:
    """What lies behind a leaf: ``sealed`` (the digest in the leaf), the ``envelope``'s bytes, the
    ``salt``, and ``openings``, opaque bytes here.
    """

    sealed: str
    envelope: bytes
    salt: bytes
    openings: bytes

    def __post_init__(self) -> None:
        if not is_digest(self.sealed):
            raise InputError("A body is kept by the digest in its leaf: 64 hexadecimal digits.")


class Vault:
    """The vault of a home. Cases are named by 64 hexadecimal digits, runs and samples by any text.

    Every method raises StorageError if the disk fails it, DamagedError if the files hold something
    that was not put there.
    """

    def __init__(self, path: Path, key: VaultKey, db: sqlite3.Connection) -> None:
        """Use ``open``, which also sees that the key fits."""
        self.path = path
        self._objects = path.parent / "objects"
        self._key = key
        self._db = db
        self._lock = threading.RLock()
        self._boxes: dict[bytes, Box] = {}

    @classmethod
    def open(cls, path: Path, key: Path, *, create: bool = False) -> Vault:
        """Open the vault at ``path`` with the key file ``key``.

        ``create`` makes both if there is no vault yet; a key that is there already is used, and a
        missing key of an existing vault is never made anew. Raises StorageError if there is no
        vault, if it is of a newer version or if the key is another's; PrerequisiteError if the key
        file is missing, open to others or no key.
        """
        with told("the vault", path):
            if create and not path.exists():
                reach("vault.create.before")
                if not key.exists():
                    make_folders(key.parent)
                    VaultKey.generate().write(key)
                create_database(path, VAULT)
                reach("vault.create.after")
            db = open_database(path, VAULT)
            try:
                vault = cls(path, VaultKey.read(key), db)
                vault._bind(key)
                vault._scrub()
            except BaseException:
                db.close()
                raise
        return vault

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        with self._lock:
            self._db.close()
            self._boxes.clear()

    # -------------------------------------------------------------------------------- bodies

    def put_body(self, case: str, body: Body) -> None:
        """Keep what lies behind a leaf. The same again changes nothing.

        Raises RefusedError if something else is kept under this digest.
        """
        parts = (body.sealed.encode(), body.envelope, body.salt, body.openings)
        self._keep(case, self._drawer(case), self._body_name(case, body.sealed), parts)

    def body(self, case: str, sealed: str) -> Body | None:
        """The body behind the leaf ``sealed``; None if it was erased, or is of another case."""
        name = self._body_name(case, sealed)
        found = self._read(_BY_NAME, name)
        return _body(found[0][1:]) if found else None

    def bodies(self, case: str) -> tuple[Body, ...]:
        """The bodies of a case, in the order in which they were kept."""
        return tuple(_body(parts[1:]) for parts in self._read(_BY_DRAWER, self._drawer(case)))

    def orphans(self, case: str, reached: Collection[str]) -> tuple[str, ...]:
        """The digests of bodies kept for a case that are not among those that ``reached`` the log.

        A crash between vault and ledger leaves them; a writer under way has them, too.
        """
        return tuple(body.sealed for body in self.bodies(case) if body.sealed not in reached)

    def drop(self, case: str, sealed: str) -> None:
        """Take back a body that never reached the log. Not an erasure: see Rule 4."""
        name = self._body_name(case, sealed)
        with self._writing("vault.drop") as db:
            db.execute("DELETE FROM kept WHERE name = ?", (name,))

    def exchange(self, case: str, body: Body) -> None:
        """Put a body in the place of one that never reached the log, in one transaction.

        After a crash one of the two is there, whole.
        """
        name = self._body_name(case, body.sealed)
        parts = (body.sealed.encode(), body.envelope, body.salt, body.openings)
        with self._writing("vault.exchange") as db:
            db.execute("DELETE FROM kept WHERE name = ?", (name,))
            self._insert(db, self._name("case", case), self._drawer(case), name, parts)

    def first_bodies(self) -> tuple[Body, ...]:
        """The body that was kept first of each case that has any: what tells which cases there are.

        Reads one row a case; erased cases are not among them.
        """
        with self._reading() as db:
            rows = db.execute(_FIRST_OF_EACH).fetchall()
        found = []
        for name, closed, wrapped in rows:
            parts = unpack(self._unwrap(wrapped).open(closed))
            if parts[:1] != (name,):
                raise DamagedError("A row of the vault was put in the place of another.")
            if len(parts) == _BODY_PARTS:
                found.append(_body(parts[1:]))
        return tuple(found)

    # ------------------------------------------------------------------------------ outcomes

    def put_outcome(self, case: str, run: str, sample: str, data: bytes) -> None:
        """Keep the outcome of a finished sample. The same again changes nothing.

        Raises RefusedError if another outcome is kept for this sample of this run.
        """
        name = self._name("outcome", case, run, sample)
        drawer = self._name("outcomes", case, run)
        self._keep(case, drawer, name, (sample.encode("utf-8", "surrogatepass"), data))

    def outcomes(self, case: str, run: str) -> dict[str, bytes]:
        """The outcomes kept of a run, by sample, in the order in which they were kept."""
        found = self._read(_BY_DRAWER, self._name("outcomes", case, run))
        return {sample.decode("utf-8", "surrogatepass"): data for _, sample, data in found}

    # ------------------------------------------------------------------------------- objects

    def put_object(self, case: str, data: bytes, *, point: str = "vault.object") -> str:
        """Keep ``data`` as a file of the case; its SHA-256. The same again changes nothing.

        ``point`` names the write's failpoints.
        """
        digest = sha256_hex(data)
        owner = self._name("case", case)
        path = self._object_path(owner, case, digest)
        with self._writing(point) as db:
            box = self._box(db, owner)
            if not _holds(path, box, digest):
                make_folders(path.parent)
                write_file(path, box.close(data))
        return digest

    def object(self, case: str, digest: str) -> bytes | None:
        """The object of a case with this SHA-256; None if it was erased, or never kept."""
        owner = self._name("case", case)
        path = self._object_path(owner, case, digest)
        with self._reading() as db:
            row = db.execute("SELECT box FROM casekey WHERE owner = ?", (owner,)).fetchone()
            if row is None or not path.exists():
                return None
            closed = path.read_bytes()
        data = self._unwrap(row[0]).open(closed)
        if sha256_hex(data) != digest:
            raise DamagedError(
                say("The object %(digest)s… of the vault holds something else.", digest=digest[:16])
            )
        return data

    # ------------------------------------------------------------------------------- secrets

    def put_secret(self, name: str, data: bytes) -> None:
        """Keep a secret of the home (a bank's seed, a threshold's opening).

        The same again changes nothing. Raises RefusedError if another secret has the name.
        """
        row_name = self._name("secret", name)
        with self._writing("vault.secret") as db:
            row = db.execute("SELECT box FROM secret WHERE name = ?", (row_name,)).fetchone()
            if row is None:
                closed = self._key.close(pack(row_name, data))
                db.execute("INSERT INTO secret VALUES (?, ?)", (row_name, closed))
            elif unpack(self._key.open(row[0])) != (row_name, data):
                raise _other_kept("the secret", name)

    def secret(self, name: str) -> bytes | None:
        """The secret ``name``; None if there is none."""
        row_name = self._name("secret", name)
        with self._reading() as db:
            row = db.execute("SELECT box FROM secret WHERE name = ?", (row_name,)).fetchone()
        if row is None:
            return None
        kept_name, data = unpack(self._key.open(row[0]))
        if kept_name != row_name:
            raise DamagedError("A secret of the vault was put in the place of another.")
        return data

    # ------------------------------------------------------------------------------- erasure

    def erase(self, case: str) -> None:
        """Leave nothing of a case in any file of the vault; of an unknown case, nothing happens.

        That the bodies of its leaves were erased, and not lost, is remembered (``is_erased``): the
        leaves stand in the log for ever.

        Raises StorageError if another process kept reading: then nothing opens any more, but traces
        are left until ``erase`` is repeated or the vault opened again.
        """
        owner = self._name("case", case)
        marks = [(self._name("erased", body.sealed),) for body in self.bodies(case)]
        with self._writing("vault.erase") as db:
            db.executemany("INSERT OR IGNORE INTO erased VALUES (?)", marks)
            db.execute("DELETE FROM casekey WHERE owner = ?", (owner,))
            db.execute("DELETE FROM kept WHERE owner = ?", (owner,))
            db.execute("INSERT OR IGNORE INTO erasing VALUES (?)", (owner,))
        self._boxes.clear()
        if not self._scrub():
            raise StorageError(
                "The case no longer opens, but traces of it are left in the vault's file, which "
                "another process is reading.",
                hint="End that process and erase the case again.",
            )

    def is_erased(self, sealed: str) -> bool:
        """Whether the body of the leaf ``sealed`` was kept here and erased."""
        with self._reading() as db:
            name = (self._name("erased", sealed),)
            return db.execute("SELECT 1 FROM erased WHERE name = ?", name).fetchone() is not None

    def _scrub(self) -> bool:
        """Finish every erasure that was begun; False if a reader is in the way."""
        with self._reading() as db:
            marked = db.execute("SELECT owner FROM erasing").fetchall()
            if not marked:
                return True
            reach("vault.scrub.before")
            with writing(db):  # so that nobody puts an object meanwhile
                for (owner,) in marked:
                    folder = self._objects / owner.hex()
                    if folder.exists():
                        shutil.rmtree(folder)
                        sync(self._objects)
            db.execute("VACUUM")
            if not _truncate(db):
                return False
            with writing(db):
                db.executemany("DELETE FROM erasing WHERE owner = ?", marked)
            _truncate(db)  # only the mark itself is left in there
            reach("vault.scrub.after")
            return True

    # ---------------------------------------------------------------------------------- rows

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, told("the vault", self.path):
            yield self._db

    @contextmanager
    def _writing(self, point: str) -> Iterator[sqlite3.Connection]:
        """A transaction, framed by the failpoints ``point``.before and ``point``.after."""
        with self._reading() as db:
            with writing(db):
                yield db
                reach(f"{point}.before")
            reach(f"{point}.after")

    def _keep(self, case: str, drawer: bytes, name: bytes, parts: tuple[bytes, ...]) -> None:
        """Put a row, unless the very same is there."""
        owner = self._name("case", case)
        with self._writing("vault.put") as db:
            row = db.execute("SELECT box FROM kept WHERE name = ?", (name,)).fetchone()
            if row is None:
                self._insert(db, owner, drawer, name, parts)
            elif unpack(self._box(db, owner).open(row[0])) != (name, *parts):
                raise _other_kept("the entry", parts[0].decode("utf-8", "replace"))

    def _insert(
        self,
        db: sqlite3.Connection,
        owner: bytes,
        drawer: bytes,
        name: bytes,
        parts: tuple[bytes, ...],
    ) -> None:
        closed = self._box(db, owner).close(pack(name, *parts))
        query = "INSERT INTO kept (owner, drawer, name, box) VALUES (?, ?, ?, ?)"
        db.execute(query, (owner, drawer, name, closed))

    def _read(self, query: str, value: bytes) -> list[tuple[bytes, ...]]:
        """The rows that ``query`` finds, opened: each its name and the parts that were put."""
        with self._reading() as db:
            rows = db.execute(query, (value,)).fetchall()
        opened = []
        for name, closed, wrapped in rows:
            parts = unpack(self._unwrap(wrapped).open(closed))
            if parts[:1] != (name,):
                raise DamagedError("A row of the vault was put in the place of another.")
            opened.append(parts)
        return opened

    def _box(self, db: sqlite3.Connection, owner: bytes) -> Box:
        """The box of a case, made on first use; within a transaction."""
        if db.execute("SELECT 1 FROM erasing WHERE owner = ?", (owner,)).fetchone():
            raise StorageError(
                "This case is being erased.", hint="Repeat when that is done, if you must."
            )
        row = db.execute("SELECT box FROM casekey WHERE owner = ?", (owner,)).fetchone()
        if row is not None:
            return self._unwrap(row[0])
        box = Box.generate()
        wrapped = self._key.close(pack(owner, box.secret()))
        db.execute("INSERT INTO casekey VALUES (?, ?)", (owner, wrapped))
        return box

    def _unwrap(self, wrapped: bytes) -> Box:
        box = self._boxes.get(wrapped)
        if box is None:
            _, secret = unpack(self._key.open(wrapped))
            if len(self._boxes) >= _BOXES:
                self._boxes.clear()
            self._boxes[wrapped] = box = Box.parse(secret)
        return box

    def _bind(self, key: Path) -> None:
        """See that the vault opens with this key; the first key to come is the vault's."""
        with self._reading() as db, writing(db):
            row = db.execute("SELECT box FROM opens").fetchone()
            if row is None:
                if db.execute("SELECT 1 FROM casekey UNION SELECT 1 FROM secret").fetchone():
                    raise DamagedError(
                        say("The vault %(path)s lacks the mark of its key.", path=self.path)
                    )
                db.execute("INSERT INTO opens VALUES (1, ?)", (self._key.close(_OPENS),))
                return
        try:
            self._key.open(row[0])
        except DamagedError:
            raise StorageError(
                say("The key %(key)s does not open the vault %(path)s.", key=key, path=self.path),
                hint="It is another vault's key: put the right one in its place.",
            ) from None

    def _name(self, kind: str, *parts: str) -> bytes:
        if not is_digest(parts[0]) and kind != "secret":
            raise InputError("A case is named by 64 hexadecimal digits.")
        return self._key.name(kind, *parts)

    def _drawer(self, case: str) -> bytes:
        return self._name("bodies", case)

    def _body_name(self, case: str, sealed: str) -> bytes:
        return self._name("body", case, sealed)

    def _object_path(self, owner: bytes, case: str, digest: str) -> Path:
        name = self._name("object", case, digest)
        return self._objects / owner.hex() / f"{name.hex()}.age"


_BY_NAME = (
    "SELECT k.name, k.box, c.box FROM kept k JOIN casekey c ON c.owner = k.owner WHERE k.name = ?"
)
_BY_DRAWER = (
    "SELECT k.name, k.box, c.box FROM kept k JOIN casekey c ON c.owner = k.owner "
    "WHERE k.drawer = ? ORDER BY k.number"
)
_FIRST_OF_EACH = (
    "SELECT k.name, k.box, c.box FROM kept k JOIN casekey c ON c.owner = k.owner "
    "WHERE k.number IN (SELECT min(number) FROM kept GROUP BY owner) ORDER BY k.number"
)
_BODY_PARTS = 5
_OPENS = b"proofhouse vault"
_BOXES = 1024
"""How many cases' boxes are kept open in memory."""


def _body(parts: tuple[bytes, ...]) -> Body:
    sealed, envelope, salt, openings = parts
    return Body(sealed.decode(), envelope, salt, openings)


def _holds(path: Path, box: Box, digest: str) -> bool:
    """Whether the file is there and whole: a crash may have left one under a lost identity."""
    if not path.exists():
        return False
    try:
        return sha256_hex(box.open(path.read_bytes())) == digest
    except DamagedError:
        return False


def _truncate(db: sqlite3.Connection) -> bool:
    """Copy the write-ahead log back and cut it to zero; False if a reader is in the way."""
    busy: int = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def _other_kept(what: str, name: str) -> RefusedError:
    return RefusedError(
        f"The vault holds something else for {what} {name[:80]}.",
        rule="vault: kept is kept",
        hint="What is kept is never replaced; keep the new one under a name of its own.",
    )
