# SPDX-License-Identifier: Apache-2.0
"""What the log asks of every store: one suite, run over memory and SQLite."""

from __future__ import annotations

import threading

import pytest

from proofhouse.errors import HeadMovedError
from proofhouse.ledger.store import Batch, FullTile, NewEntry, Store, SupersededError

from .parts import entries, slot

FOUNDING = Batch(None, (), (), b"founding note")


def contents(store: Store) -> tuple[object, ...]:
    """Everything a store can be asked for, for as much as these tests put in."""
    return (
        store.head(),
        list(store.checkpoints(-1, 100)),
        list(store.leaves(0, 100)),
        [store.slot(slot(i)) for i in range(20)],
        [store.tile(level, index) for level in range(2) for index in range(2)],
    )


def test_an_untouched_store_is_empty(store: Store) -> None:
    """A store that was never written has no head, no leaf, no slot and no tile."""
    assert contents(store) == (None, [], [], [None] * 20, [None] * 4)
    assert store.leaf(0) is None
    store.check()


def test_a_batch_is_kept_whole(store: Store) -> None:
    """After a commit all of a batch is there: leaves, slots, tiles and checkpoint."""
    store.commit(FOUNDING)
    tile = FullTile(0, 0, bytes(8192))
    store.commit(Batch(0, tuple(entries(3)), (tile,), b"note of 3"))
    assert store.head() == b"note of 3"
    assert [store.leaf(i) for i in range(4)] == [b"leaf 0", b"leaf 1", b"leaf 2", None]
    assert [store.slot(slot(i)) for i in range(4)] == [0, 1, 2, None]
    assert store.tile(0, 0) == bytes(8192)
    assert store.tile(0, 1) is None
    assert store.tile(1, 0) is None


def test_an_entry_may_take_several_slots_or_none(store: Store) -> None:
    """Slots are an entry's own affair: all of them lead to its leaf."""
    store.commit(FOUNDING)
    batch = (NewEntry(b"a"), NewEntry(b"b", (slot(1), slot(2))))
    store.commit(Batch(0, batch, (), b"note"))
    assert (store.slot(slot(1)), store.slot(slot(2))) == (1, 1)


@pytest.mark.parametrize("base", [None, 0, 1, 3], ids=str)
def test_the_base_decides(store: Store, base: int | None) -> None:
    """A batch that was computed on anything but the head is refused, and changes nothing."""
    store.commit(FOUNDING)
    store.commit(Batch(0, tuple(entries(2)), (), b"note of 2"))
    before = contents(store)
    tile = FullTile(0, 0, bytes(8192))
    with pytest.raises(SupersededError):
        store.commit(Batch(base, tuple(entries(5, 10)), (tile,), b"another note"))
    assert contents(store) == before


def test_a_store_is_not_founded_over_a_batch(store: Store) -> None:
    """A batch on a size needs a head of that size: an empty store takes a founding only."""
    with pytest.raises(SupersededError):
        store.commit(Batch(0, tuple(entries(1)), (), b"note of 1"))
    assert store.head() is None


def test_a_taken_slot_refuses_the_whole_batch(store: Store) -> None:
    """One taken slot among many: the batch is refused by name, and nothing of it is kept."""
    store.commit(FOUNDING)
    store.commit(Batch(0, tuple(entries(3)), (), b"note of 3"))
    before = contents(store)
    wanted = (*entries(4, 10), NewEntry(b"late", (slot(1),)))
    tile = FullTile(0, 0, bytes(8192))
    with pytest.raises(HeadMovedError, match=rf"{slot(1).hex()[:16]}.* taken by leaf 1;") as caught:
        store.commit(Batch(3, wanted, (tile,), b"note of 8"))
    assert not isinstance(caught.value, SupersededError)
    assert contents(store) == before
    store.check()


def test_two_entries_of_a_batch_cannot_share_a_slot() -> None:
    """A batch that wants one slot twice can't be made."""
    with pytest.raises(HeadMovedError, match="same slot"):
        Batch(0, (NewEntry(b"a", (slot(1),)), NewEntry(b"b", (slot(1),))), (), b"note")


def test_leaves_come_in_order_and_without_what_is_not_there(store: Store) -> None:
    """A range of leaves is cut where the log ends, and empty ranges are empty."""
    store.commit(FOUNDING)
    store.commit(Batch(0, tuple(entries(12)), (), b"note of 12"))
    assert list(store.leaves(9, 99)) == [b"leaf 9", b"leaf 10", b"leaf 11"]
    assert list(store.leaves(5, 5)) == []
    assert list(store.leaves(12, 20)) == []


def test_checkpoints_are_read_in_pages(store: Store) -> None:
    """The history of checkpoints is read by size, at most so many at once."""
    store.commit(FOUNDING)
    for i in range(4):
        store.commit(Batch(i, tuple(entries(1, i)), (), b"note %d" % (i + 1)))
    assert list(store.checkpoints(-1, 2)) == [(0, b"founding note"), (1, b"note 1")]
    assert list(store.checkpoints(1, 2)) == [(2, b"note 2"), (3, b"note 3")]
    assert list(store.checkpoints(4, 2)) == []


def test_of_many_threads_one_wins_each_place(store: Store) -> None:
    """Eight threads commit on the same base: one succeeds, seven are superseded."""
    store.commit(FOUNDING)
    results: list[str] = []

    def commit(number: int) -> None:
        try:
            store.commit(Batch(0, tuple(entries(1, number)), (), b"note by %d" % number))
            results.append("won")
        except SupersededError:
            results.append("superseded")

    threads = [threading.Thread(target=commit, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["superseded"] * 7 + ["won"]
    assert len(store.leaves(0, 9)) == 1
    store.check()
