# SPDX-License-Identifier: Apache-2.0
"""The log: appends leaves, signs checkpoints, proves. RFC 6962 trees, C2SP checkpoints and tiles.

    log = Log.open(SqliteStore(path, create=True), key)        the key is named as the log's origin
    (7,) = log.append([NewEntry(leaf, (slot,))])               durable, or an exception
    log.tlog_proof(7)                                          text, for offline use

Rule 1: nothing is answered before it is durable, and what was answered is never taken back.
Rule 2: one compare-and-swap decides. A batch is computed on the head that the log knows; if another
process moved the head meanwhile, the store refuses the batch and it is computed again on the new
one. A checkpoint that lost is dropped unseen: its signature never leaves the process.
Rule 3: the head is believed only as far as it is proven. When the log is opened, signature, origin,
size and the tree's right edge must agree; when the head has moved, the leaves that came since must
lead from the root known before to the new one, so that a file swapped under a running process, or
for an older copy, is noticed. Across processes the same is done with what is ``remembered``, and
with the ``memory`` that lies apart from the store.
Rule 4: no leaf is handed out that its tile does not hold, and no proof that does not lead to the
signed root.

Leaves and slots are opaque bytes here. Limits: 65,535 bytes a leaf, all of a batch in memory. What
an unopened part of the file holds is not looked at before it is asked for, or audited (``check``).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proofhouse.errors import DamagedError, FormatError, InputError, VerificationError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import merkle
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.merkle import leaf_hash
from proofhouse.formats.note import Note, NoteSigner, VerifierKey
from proofhouse.formats.proof import TlogProof
from proofhouse.formats.tiles import (
    HEIGHT,
    MAX_ENTRY,
    WIDTH,
    Edge,
    Tile,
    TileHashes,
    pack_entries,
    split_hashes,
)
from proofhouse.ledger.audit import audit
from proofhouse.ledger.memories import Cosigned, HeadMemory
from proofhouse.ledger.store import (
    SLOT_BYTES,
    Batch,
    FullTile,
    NewEntry,
    Store,
    SupersededError,
)

_AT_ONCE = 16 * WIDTH
"""How many leaves are read at a time: a few MiB at most in practice."""


@dataclass(frozen=True)
class _Head:
    """A checkpoint that was verified: its ``note`` and ``root``, and the right ``edge``."""

    note: bytes
    root: bytes
    edge: Edge

    @property
    def size(self) -> int:
        return self.edge.frontier.size


class Log:
    """An append-only log over a store. Safe for several threads; several may share one file."""

    def __init__(
        self,
        store: Store,
        key: NoteSigner,
        memory: HeadMemory | None = None,
        cosigned: Cosigned | None = None,
    ) -> None:
        """Use ``open``, which also looks at what the store holds."""
        self._store = store
        self._key = key
        self._memory = memory
        self._cosigned = cosigned
        self._lock = threading.RLock()
        self._known: _Head | None = None

    @classmethod
    def open(
        cls,
        store: Store,
        key: NoteSigner,
        *,
        remembered: tuple[int, bytes] | None = None,
        memory: HeadMemory | None = None,
        cosigned: Cosigned | None = None,
    ) -> Log:
        """The log in ``store``, whose checkpoints ``key`` signs; an empty store is founded.

        ``remembered`` is a size and root (32 bytes) that the caller knows this log to have had;
        ``memory`` knows one too, and is told of each append; ``cosigned`` is where the lines of
        witnesses are kept.

        Raises DamagedError if checkpoint, key, tiles and leaves do not agree, or if the log does
        not extend what is remembered; StorageError.
        """
        known = [remembered] if remembered is not None else []
        recalled = memory.recall() if memory is not None else None
        if recalled is not None:
            known.append((recalled.size, recalled.root))
        most = max((size for size, _ in known), default=0)
        if most > 0 and store.head() is None:
            raise _rolled_back(most, 0)  # before a new log is founded in its place
        log = cls(store, key, memory, cosigned)
        head = log._now()
        for size, root in known:
            log.check_remembered(size, root)
        if memory is not None:
            memory.keep(head.note, head.size)
        return log

    # ------------------------------------------------------------------------------- reading

    @property
    def origin(self) -> str:
        """The name of the log, and of its key."""
        return self._key.name

    @property
    def verifier(self) -> VerifierKey:
        """The public half of the log's key."""
        return self._key.verifier

    @property
    def size(self) -> int:
        """How many leaves the log has."""
        return self._now().size

    def checkpoint(self) -> bytes:
        """The signed note of the log as it stands, with the lines of witnesses who saw it so."""
        head = self._now()
        note = self._cosigned.read() if self._cosigned is not None else None
        plain = head.note
        # A cosigned note of this very tree begins with ours, line by line; others are older.
        return note if note is not None and note.startswith(plain) else plain

    def cosigned(self) -> tuple[Checkpoint, bytes] | None:
        """The newest checkpoint that witnesses cosigned, and its note; None if there is none.

        Raises DamagedError if it is not of this log.
        """
        note = self._cosigned.read() if self._cosigned is not None else None
        if note is None:
            return None
        try:
            return self._own(self._now(), note), note
        except (InputError, VerificationError) as error:
            raise _damaged(f"its cosigned checkpoint is not its own. {error.message}") from None

    def keep_cosigned(self, note: Note) -> None:
        """Keep ``note``, a checkpoint of this log whose further lines the caller has verified.

        Proofs are made against it from now on, as far as it reaches, and exports carry its lines.
        Raises FormatError or VerificationError if it is not of this tree, InputError where nothing
        can be kept, StorageError.
        """
        if self._cosigned is None:
            raise InputError("This log keeps no cosignatures.")
        data = note.to_bytes()
        self._own(self._now(), data)
        self._cosigned.write(data)

    def head(self) -> Checkpoint:
        """What the checkpoint says: origin, size and root."""
        head = self._now()
        return Checkpoint(self.origin, head.size, head.root)

    def leaf(self, index: int) -> bytes:
        """The leaf at ``index``. Raises InputError if there is none, DamagedError."""
        head = self._now()
        self._check_index(index, head.size)
        leaf = self._store.leaf(index)
        if leaf is None:
            raise _damaged(f"leaf {index} is missing")
        number, offset = divmod(index, WIDTH)
        width = min(WIDTH, head.size - number * WIDTH)
        at = offset * merkle.HASH_BYTES
        tile = self._hash_tile(head, Tile(0, number, width))
        if tile[at : at + merkle.HASH_BYTES] != leaf_hash(leaf):
            raise _damaged(f"leaf {index} is not the one that its tile counts")
        return leaf

    def leaves(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The leaves from ``start`` to ``stop`` (excluded; by default all), each as by ``leaf``.

        Raises InputError if there are not so many, DamagedError.
        """
        size = self.size
        stop = size if stop is None else stop
        if not 0 <= start <= stop <= size:
            raise InputError(f"There are no leaves {start} to {stop} in a log of {size}.")
        for first in range(start - start % WIDTH, stop, WIDTH):
            bundle = self._bundle(Tile(None, first // WIDTH, min(WIDTH, size - first)))
            yield from bundle[max(start - first, 0) : stop - first]

    def slot(self, key: bytes) -> int | None:
        """The index of the leaf that took the slot ``key``; None if it is free."""
        return self._store.slot(key)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a hash tile or entry bundle, as C2SP tlog-tiles serves them.

        Any width up to what the log has. Raises InputError if it has less, DamagedError.
        """
        if tile.level is None:
            return pack_entries(self._bundle(tile))
        return self._hash_tile(self._now(), tile)

    # ------------------------------------------------------------------------------- proving

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """The proof (hashes, the leaf's sibling first) that leaf ``index`` is among ``size``.

        Raises InputError unless 0 ≤ index < size ≤ the log's size, DamagedError.
        """
        head = self._now()
        self._check_size(size, head.size)
        self._check_index(index, size)
        root = self._root(head, size)
        return self._inclusion(self._hashes(head, size), index, size, root)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof (hashes) that the tree of ``new`` leaves extends the one of ``old``.

        Raises InputError unless 0 < old ≤ new ≤ the log's size, DamagedError.
        """
        head = self._now()
        self._check_size(new, head.size)
        proof = merkle.consistency_proof(self._hashes(head, new), old, new)
        roots = self._root(head, old), self._root(head, new)
        try:
            merkle.verify_consistency(old, new, *roots, proof)
        except VerificationError as error:
            raise _damaged(error.message) from None
        return proof

    def tlog_proof(self, index: int, checkpoint: bytes | None = None) -> str:
        """The proof that leaf ``index`` is in the log, in the text of C2SP tlog-proof.

        Against ``checkpoint`` where one is given: a signed note of this log, as it stands or as it
        stood, with or without cosignatures. See ``tlog_proofs``.
        """
        return self.tlog_proofs([index], checkpoint)[0]

    def tlog_proofs(self, indices: Sequence[int], checkpoint: bytes | None = None) -> list[str]:
        """The proofs of several leaves, all against one checkpoint.

        By default that is the newest one that witnesses cosigned, if it holds all of the leaves,
        and else the head. Raises InputError if it has no such leaf, FormatError or
        VerificationError if the given checkpoint is not this log's, DamagedError.
        """
        head = self._now()
        note, said = head.note, Checkpoint(self.origin, head.size, head.root)
        seen = self.cosigned() if checkpoint is None else None
        if checkpoint is not None:
            note, said = checkpoint, self._own(head, checkpoint)
        elif seen is not None and seen[0].size > max(indices, default=0):
            said, note = seen
        hashes = self._hashes(head, said.size)
        proofs = []
        for index in indices:
            self._check_index(index, said.size)
            path = self._inclusion(hashes, index, said.size, said.root)
            proofs.append(TlogProof(index, path, note).to_text())
        return proofs

    def _own(self, head: _Head, note: bytes) -> Checkpoint:
        """What a checkpoint says that this log signed, of this tree."""
        said, _ = checkpoints.verify(note, self.verifier)
        self._check_size(said.size, head.size)
        if self._root(head, said.size) != said.root:
            raise VerificationError(
                f"The checkpoint of {said.size} leaves is signed by the log, but is not of this "
                "tree.",
                hint="Keep it: it is evidence that the log was forked.",
            )
        return said

    def check(self) -> None:
        """Audit the whole store: every leaf against the tiles, every tile and root (``audit``).

        Raises DamagedError at the first thing that is wrong, saying what and where.
        """
        head = self._now()
        self._store.check()
        audit(self._store, Checkpoint(self.origin, head.size, head.root))

    def check_remembered(self, size: int, root: bytes) -> None:
        """Return None if the log extends the tree of ``size`` leaves and ``root`` (32 bytes).

        Raises DamagedError if it is shorter or another.
        """
        head = self._now()
        if size > head.size:
            raise _rolled_back(size, head.size)
        if self._root(head, size) != root:
            raise _damaged(f"it is not the log that had {size} leaves when it was last seen")

    # ------------------------------------------------------------------------------- writing

    def append(self, entries: Sequence[NewEntry]) -> tuple[int, ...]:
        """Append ``entries`` as one batch; their indices, once leaves and checkpoint are durable.

        Raises HeadMovedError if a slot is taken, or wanted twice (nothing is written), InputError
        for a leaf or slot of a wrong length, StorageError. After a StorageError the batch may have
        been kept, as after a crash: whoever repeats it finds his slot taken, and in
        ``leaf(slot(key))`` he sees whether by himself.
        """
        entries = tuple(entries)
        _check_entries(entries)
        if not entries:
            return ()
        hashes = [leaf_hash(entry.leaf) for entry in entries]
        with self._lock:
            head = self._known or self._now()  # if it has moved, the store says so
            while True:
                after, tiles = self._grow(head.edge, hashes)
                try:
                    self._store.commit(Batch(head.size, entries, tiles, after.note))
                except SupersededError:
                    moved = self._now()
                    if moved.size <= head.size:
                        raise _damaged("it refuses a batch computed on its own head") from None
                    head = moved
                    continue
                self._known = after
                if self._memory is not None:
                    self._memory.keep(after.note, after.size)
                return tuple(range(head.size, after.size))

    def _grow(self, edge: Edge, hashes: Sequence[bytes]) -> tuple[_Head, tuple[FullTile, ...]]:
        """The head after ``hashes``, signed, and the tiles that became full."""
        grown, tiles = edge.append(hashes)
        root = grown.frontier.root()
        note = checkpoints.sign(Checkpoint(self.origin, grown.frontier.size, root), self._key)
        full = tuple(
            FullTile(tile.level or 0, tile.index, data)
            for tile, data in tiles
            if tile.width == WIDTH
        )
        return _Head(note, root, grown), full

    def _found(self) -> None:
        """Write the checkpoint of the empty log, unless somebody else just did."""
        if self._store.leaf(0) is not None and self._store.head() is None:
            raise _damaged("it holds leaves, but no checkpoint")
        head, _ = self._grow(Edge(), ())
        try:
            self._store.commit(Batch(None, (), (), head.note))
        except SupersededError:
            return

    # ------------------------------------------------------------------------------ believing

    def _now(self) -> _Head:
        """The head as the store has it now, verified once each time it moves."""
        with self._lock:
            note = self._store.head()
            known = self._known
            if note is None:
                if known is not None:
                    raise _rolled_back(known.size, 0)
                self._found()
                return self._now()
            if known is None or note != known.note:
                self._known = known = self._believe(note, known)
            return known

    def _believe(self, note: bytes, known: _Head | None) -> _Head:
        """The head that ``note`` describes, if it is signed and extends ``known``."""
        try:
            said, _ = checkpoints.verify(note, self.verifier)
        except (FormatError, VerificationError) as error:
            raise _damaged(
                f"its checkpoint is not one that the key {self.origin!r} signed. {error.message}"
            ) from None
        if known is None:
            edge = self._read_edge(said.size)
        elif said.size <= known.size:
            raise _rolled_back(known.size, said.size)
        else:
            edge = known.edge
            for start in range(known.size, said.size, _AT_ONCE):
                stop = min(start + _AT_ONCE, said.size)
                edge, _ = edge.append(self._stored_hashes(start, stop))
        if edge.frontier.root() != said.root:
            raise _damaged(
                f"its leaves and tiles do not lead to the root of its checkpoint of {said.size}"
                + ("" if known is None else f", from the one of {known.size} known before")
            )
        return _Head(note, said.root, edge)

    def _read_edge(self, size: int) -> Edge:
        """The right edge of the stored tree, from its last leaves and full tiles."""

        def read(tile: Tile) -> bytes:
            first = tile.index * WIDTH
            if not tile.level:
                return b"".join(self._stored_hashes(first, first + tile.width))
            below = tile.level - 1
            roots = (self._tile_root(below, first + i) for i in range(tile.width))
            return b"".join(roots)

        return Edge.read(size, read)

    def _tile_root(self, level: int, index: int) -> bytes:
        return merkle.root_from_leaf_hashes(split_hashes(self._full_tile(level, index), WIDTH))

    def _stored_hashes(self, start: int, stop: int) -> list[bytes]:
        leaves = self._store.leaves(start, stop)
        if len(leaves) != stop - start:
            raise _damaged(f"of the leaves {start} to {stop - 1} some are missing")
        return [leaf_hash(leaf) for leaf in leaves]

    # --------------------------------------------------------------------------------- tiles

    def _full_tile(self, level: int, index: int) -> bytes:
        data = self._store.tile(level, index)
        if data is None or len(data) != WIDTH * merkle.HASH_BYTES:
            raise _damaged(f"{Tile(level, index).path} is missing or of a wrong length")
        return data

    def _hash_tile(self, head: _Head, tile: Tile) -> bytes:
        """The hashes of a tile, from the store or the edge."""
        level, length = tile.level or 0, tile.width * merkle.HASH_BYTES
        hashes_there = (head.size >> HEIGHT * level) - tile.index * WIDTH
        if hashes_there < tile.width:
            raise InputError(f"A log of {head.size} leaves has no {tile.path}.")
        if hashes_there >= WIDTH:
            return self._full_tile(level, tile.index)[:length]
        return b"".join(head.edge.partials[level][: tile.width])

    def _bundle(self, tile: Tile) -> Sequence[bytes]:
        """The leaves of an entry bundle, each held to its hash."""
        hashes = self._hash_tile(self._now(), Tile(0, tile.index, tile.width))
        first = tile.index * WIDTH
        leaves = self._store.leaves(first, first + tile.width)
        if b"".join(map(leaf_hash, leaves)) != hashes:
            raise _damaged(f"{tile.path} does not hold the leaves that its tile counts")
        return leaves

    def _hashes(self, head: _Head, size: int) -> TileHashes:
        return TileHashes(size, lambda tile: self._hash_tile(head, tile))

    def _root(self, head: _Head, size: int) -> bytes:
        """The root that the tree had at ``size``, proven to lead to the head's."""
        if size == head.size:
            return head.root
        if size == 0:
            return merkle.EMPTY_ROOT
        hashes = self._hashes(head, head.size)
        root = merkle.range_root(hashes, 0, size)
        proof = merkle.consistency_proof(hashes, size, head.size)
        try:
            merkle.verify_consistency(size, head.size, root, head.root, proof)
        except VerificationError:
            raise _damaged(
                f"its tiles do not lead from the root of {size} leaves to that of {head.size}"
            ) from None
        return root

    def _inclusion(
        self, hashes: TileHashes, index: int, size: int, root: bytes
    ) -> tuple[bytes, ...]:
        proof = merkle.inclusion_proof(hashes, index, size)
        try:
            merkle.verify_inclusion(hashes(0, index), index, size, proof, root)
        except VerificationError:
            raise _damaged(
                f"its tiles do not lead from leaf {index} to the root of {size}"
            ) from None
        return proof

    @staticmethod
    def _check_index(index: int, size: int) -> None:
        if not 0 <= index < size:
            raise InputError(f"There is no leaf {index} in a log of {size}.")

    @staticmethod
    def _check_size(size: int, most: int) -> None:
        if not 0 < size <= most:
            raise InputError(f"The log never had {size} leaves; it has {most}.")


def _check_entries(entries: Sequence[NewEntry]) -> None:
    for entry in entries:
        if len(entry.leaf) > MAX_ENTRY:
            raise InputError(
                f"A leaf of {len(entry.leaf):,} bytes is too long; {MAX_ENTRY:,} are allowed.",
                hint="State the digest of what is large.",
            )
        if any(len(key) != SLOT_BYTES for key in entry.slots):
            raise InputError(f"A slot is a key of exactly {SLOT_BYTES} bytes.")


def _damaged(what: str) -> DamagedError:
    return DamagedError(f"The log is damaged: {what}.", hint="Put it back from its copy.")


def _rolled_back(known: int, now: int) -> DamagedError:
    return DamagedError(
        f"The log had {known} leaves before, and now it has {now}: it is an older copy.",
        hint="Put the newest copy back. Appending to an older one would fork the log.",
    )
