# SPDX-License-Identifier: Apache-2.0
"""The log over every store: appends, proofs and what it refuses, held to RFC 6962 word for word."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import (
    DamagedError,
    HeadMovedError,
    InputError,
    UnknownSignerError,
    VerificationError,
)
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import proof as proofs
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from proofhouse.formats.note import NoteSigner
from proofhouse.formats.tiles import Tile, split_entries
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.store import NewEntry, Store

from .parts import ORIGIN, entries, slot, tree_hash

SIZES = (1, 2, 3, 255, 256, 257, 511, 512, 513, 1000)


def leaves_of(batch: Sequence[NewEntry]) -> list[bytes]:
    return [entry.leaf for entry in batch]


def test_a_new_log_is_empty_and_signed(store: Store, key: NoteSigner) -> None:
    """Founding writes the signed checkpoint of the empty tree."""
    log = Log.open(store, key)
    said, _ = checkpoints.verify(log.checkpoint(), key.verifier)
    assert said == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert (log.size, list(log.leaves())) == (0, [])
    log.check()


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_the_rfcs(store: Store, key: NoteSigner, size: int) -> None:
    """Whatever the size, the signed root is that of RFC 6962 over the leaves in order."""
    log = Log.open(store, key)
    assert log.append(entries(size)) == tuple(range(size))
    said, _ = checkpoints.verify(log.checkpoint(), key.verifier)
    assert said == log.head() == Checkpoint(ORIGIN, size, tree_hash(leaves_of(entries(size))))
    assert list(log.leaves()) == leaves_of(entries(size))
    log.check()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=12), st.data())
def test_cutting_and_reopening_change_nothing(cuts: list[int], data: st.DataObject) -> None:
    """However appends are cut into batches, and whenever the log is reopened, it is one tree."""
    key = NoteSigner(ORIGIN, SigningKey(b"k" * 32))
    store = MemoryStore()
    log = Log.open(store, key)
    for count in cuts:
        log.append(entries(count, log.size))
        if data.draw(st.booleans()):
            log = Log.open(store, key, remembered=(log.size, log.head().root))
    assert log.head().root == tree_hash(leaves_of(entries(sum(cuts))))
    log.check()


def test_a_large_log_has_three_levels_of_tiles(key: NoteSigner) -> None:
    """At 70,000 leaves (C2SP's example) proofs cross three levels of tiles, and hold."""
    store = MemoryStore()
    log = Log.open(store, key)
    batch = [NewEntry(b"%d" % i) for i in range(70_000)]
    log.append(batch[:40_000])
    log.append(batch[40_000:])
    root = tree_hash(leaves_of(batch))
    again = Log.open(store, key)
    assert again.head() == Checkpoint(ORIGIN, 70_000, root)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        proof = again.inclusion(index, 70_000)
        verify_inclusion(leaf_hash(b"%d" % index), index, 70_000, proof, root)
    assert store.tile(1, 0) is not None
    assert store.tile(1, 1) is None
    assert [store.tile(0, i) is not None for i in (272, 273)] == [True, False]
    again.check()


@pytest.mark.parametrize("size", [1, 2, 7, 256, 300, 600])
def test_every_leaf_is_proven_at_every_size(store: Store, key: NoteSigner, size: int) -> None:
    """Inclusion proofs against the present and any past tree verify by the RFC's own root."""
    log = Log.open(store, key)
    all_leaves = leaves_of(entries(600))
    log.append(entries(600))
    root = tree_hash(all_leaves[:size])
    for index in {0, size // 3, size - 1}:
        proof = log.inclusion(index, size)
        verify_inclusion(leaf_hash(all_leaves[index]), index, size, proof, root)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (1, 600), (255, 257), (256, 512), (599, 600)])
def test_every_tree_extends_those_before(store: Store, key: NoteSigner, old: int, new: int) -> None:
    """Consistency proofs between any two sizes verify by the RFC's own roots."""
    log = Log.open(store, key)
    log.append(entries(600))
    leaves = leaves_of(entries(600))
    proof = log.consistency(old, new)
    verify_consistency(old, new, tree_hash(leaves[:old]), tree_hash(leaves[:new]), proof)
    assert log.consistency(new, new) == ()


def test_a_proof_in_text_verifies_offline(store: Store, key: NoteSigner) -> None:
    """``tlog_proof`` is what a relying party needs: it verifies with the log's public key alone."""
    log = Log.open(store, key)
    log.append(entries(300))
    proof = proofs.TlogProof.parse(log.tlog_proof(123))
    assert proofs.verify(proof, b"leaf 123", key.verifier) == {}
    with pytest.raises(VerificationError):
        proofs.verify(proof, b"leaf 124", key.verifier)


def test_proofs_against_one_checkpoint(store: Store, key: NoteSigner) -> None:
    """All proofs of a bundle can be held to one checkpoint, though the log has grown since."""
    log = Log.open(store, key)
    log.append(entries(300))
    then = log.checkpoint()
    log.append(entries(300, 300))
    texts = [*log.tlog_proofs([0, 256, 299], then), log.tlog_proof(7, then)]
    for text, index in zip(texts, (0, 256, 299, 7), strict=True):
        proof = proofs.TlogProof.parse(text)
        assert proof.checkpoint == then
        proofs.verify(proof, b"leaf %d" % index, key.verifier)
    with pytest.raises(InputError, match="no leaf 300"):
        log.tlog_proof(300, then)


def test_foreign_checkpoints_are_refused(store: Store, key: NoteSigner) -> None:
    """A checkpoint by another key, of another tree or beyond the log is no base for a proof."""
    log = Log.open(store, key)
    log.append(entries(5))
    other = NoteSigner(ORIGIN, SigningKey(b"o" * 32))
    root = log.head().root
    with pytest.raises(UnknownSignerError):
        log.tlog_proof(0, checkpoints.sign(Checkpoint(ORIGIN, 5, root), other))
    with pytest.raises(VerificationError, match="evidence that the log was forked"):
        log.tlog_proof(0, checkpoints.sign(Checkpoint(ORIGIN, 4, root), key))
    with pytest.raises(InputError, match="never had 6 leaves"):
        log.tlog_proof(0, checkpoints.sign(Checkpoint(ORIGIN, 6, root), key))


def test_what_is_not_there_is_refused(store: Store, key: NoteSigner) -> None:
    """Indices, ranges, sizes and tiles beyond the log are the caller's error, never an answer."""
    log = Log.open(store, key)
    log.append(entries(10))
    for index in (-1, 10, 2**70):
        with pytest.raises(InputError, match="no leaf"):
            log.leaf(index)
        with pytest.raises(InputError):
            log.inclusion(index, 10)
        with pytest.raises(InputError):
            log.tlog_proof(index)
    for size in (-1, 0, 11):
        with pytest.raises(InputError):
            log.inclusion(0, size)
        with pytest.raises(InputError):
            log.consistency(5, size)
    with pytest.raises(InputError):
        log.consistency(0, 5)
    with pytest.raises(InputError):
        list(log.leaves(3, 11))
    with pytest.raises(InputError, match=r"has no tile/0/000\.p/11"):
        log.tile(Tile(0, 0, 11))
    with pytest.raises(InputError):
        log.tile(Tile(1, 0, 1))
    with pytest.raises(InputError):
        log.tile(Tile(None, 0, 11))


def test_tiles_are_given_at_any_width_there_was(store: Store, key: NoteSigner) -> None:
    """A reader with an older checkpoint finds its partial tiles and bundles, cut from today's."""
    log = Log.open(store, key)
    log.append(entries(600))
    hashes = [leaf_hash(leaf) for leaf in leaves_of(entries(600))]
    assert log.tile(Tile(0, 1)) == b"".join(hashes[256:512])
    assert log.tile(Tile(0, 1, 9)) == b"".join(hashes[256:265])
    assert log.tile(Tile(0, 2, 88)) == b"".join(hashes[512:])
    assert log.tile(Tile(1, 0, 1)) == tree_hash(leaves_of(entries(256)))
    assert split_entries(log.tile(Tile(None, 2, 3)), 3) == (b"leaf 512", b"leaf 513", b"leaf 514")


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 600), (250, 260), (256, 512), (599, 600)])
def test_a_range_of_leaves(store: Store, key: NoteSigner, start: int, stop: int) -> None:
    """Leaves are read in ranges that need not end where tiles do."""
    log = Log.open(store, key)
    log.append(entries(600))
    assert list(log.leaves(start, stop)) == leaves_of(entries(600))[start:stop]
    assert list(log.leaves(start)) == leaves_of(entries(600))[start:]


def test_an_append_of_nothing_signs_nothing(store: Store, key: NoteSigner) -> None:
    """No entries, no checkpoint."""
    log = Log.open(store, key)
    assert log.append([]) == ()
    assert len(store.checkpoints(-1, 10)) == 1


def test_leaves_and_slots_have_lengths(store: Store, key: NoteSigner) -> None:
    """A leaf has at most 65,535 bytes and a slot exactly 32; nothing else is written."""
    log = Log.open(store, key)
    assert log.append([NewEntry(bytes(65_535)), NewEntry(b"")]) == (0, 1)
    with pytest.raises(InputError, match="65,536 bytes is too long"):
        log.append([NewEntry(b"fine"), NewEntry(bytes(65_536))])
    for length in (0, 31, 33):
        with pytest.raises(InputError, match="exactly 32 bytes"):
            log.append([NewEntry(b"fine", (bytes(length),))])
    assert log.size == 2


def test_a_slot_is_taken_once(store: Store, key: NoteSigner) -> None:
    """The second statement that wants a slot is refused, and nothing of its batch is written."""
    log = Log.open(store, key)
    log.append(entries(3))
    before = log.checkpoint()
    with pytest.raises(HeadMovedError, match="taken by leaf 1;"):
        log.append([NewEntry(b"fine", (slot(9),)), NewEntry(b"late", (slot(1),))])
    with pytest.raises(HeadMovedError, match="same slot"):
        log.append([NewEntry(b"one", (slot(8),)), NewEntry(b"two", (slot(8),))])
    assert (log.checkpoint(), log.slot(slot(9)), log.slot(slot(8))) == (before, None, None)
    assert log.append([NewEntry(b"fine", (slot(9),))]) == (3,)
    assert log.slot(slot(9)) == 3
    log.check()


def test_two_logs_on_one_store_see_each_other(store: Store, key: NoteSigner) -> None:
    """Appends through two instances interleave into one tree; neither needs to be opened again."""
    one, two = Log.open(store, key), Log.open(store, key)
    one.append(entries(240))
    for i in range(240, 280, 2):
        assert one.append(entries(1, i)) == (i,)
        assert two.append(entries(1, i + 1)) == (i + 1,)
    assert one.head() == two.head()
    assert one.head().root == tree_hash(leaves_of(entries(280)))
    assert one.leaf(279) == two.leaf(279) == b"leaf 279"
    with pytest.raises(HeadMovedError):
        two.append([NewEntry(b"late", (slot(278),))])
    one.check()


def test_threads_race_for_slots(store: Store, key: NoteSigner) -> None:
    """Six threads want the same 20 slots: each slot has one winner, told the right index."""
    log = Log.open(store, key)
    won: list[tuple[int, int, bytes]] = []

    def race(me: int) -> None:
        for number in range(20):
            leaf = b"%d by %d" % (number, me)
            try:
                (index,) = log.append([NewEntry(leaf, (slot(number),))])
            except HeadMovedError:
                continue
            won.append((number, index, leaf))

    threads = [threading.Thread(target=race, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _, _ in won) == list(range(20))
    assert all(log.leaf(index) == leaf for _, index, leaf in won)
    assert all(log.slot(slot(number)) == index for number, index, _ in won)
    log.check()


def test_another_key_does_not_open_the_log(store: Store, key: NoteSigner) -> None:
    """A log opens with its own key: neither another key of its name nor another name will do."""
    Log.open(store, key).append(entries(2))
    for other in (
        NoteSigner(ORIGIN, SigningKey(b"o" * 32)),
        NoteSigner("log.example/two", SigningKey(b"k" * 32)),
    ):
        with pytest.raises(DamagedError, match="not one that the key"):
            Log.open(store, other)


def test_a_log_is_held_to_what_is_remembered(store: Store, key: NoteSigner) -> None:
    """A log that is shorter than remembered, or another, is an older copy or a fork."""
    log = Log.open(store, key)
    log.append(entries(300))
    root = log.head().root
    log.append(entries(300, 300))
    Log.open(store, key, remembered=(0, EMPTY_ROOT))
    Log.open(store, key, remembered=(300, root))
    Log.open(store, key, remembered=(600, log.head().root))
    with pytest.raises(DamagedError, match="had 601 leaves before, and now it has 600"):
        Log.open(store, key, remembered=(601, root))
    for size, wrong in ((300, log.head().root), (600, root), (299, root), (0, root)):
        with pytest.raises(DamagedError, match="not the log that had"):
            Log.open(store, key, remembered=(size, wrong))


def test_an_empty_store_does_not_pass_for_a_remembered_log(store: Store, key: NoteSigner) -> None:
    """A ledger that vanished is noticed, and no new one is founded in its place."""
    with pytest.raises(DamagedError, match="had 300 leaves before"):
        Log.open(store, key, remembered=(300, bytes(32)))
    assert store.head() is None
