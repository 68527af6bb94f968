# SPDX-License-Identifier: Apache-2.0
"""The public record as the pages show it: a fold over the clear leaves of the log, nothing else.

    record = PublicRecord(log)
    record.statements()                 every clear statement, the oldest first
    record.banks()                      each bank version with its threshold and what it measured
    record.rows(40, 20)                 leaves 20 to 39, sealed ones too, for a page of the log
    numbers(record, now)                counts, timing and equal treatment, as JSON

A sealed leaf is a digest here and stays one: no page and no number tells what kind of statement it
seals, whose it is, or whether two belong together. So whoever never took part appears nowhere, and
whoever left without a determination can't be told from whoever is still at it.

Leaves never change, so each is read once and only what is clear is kept. What the statements say is
shown as they say it; whether their signatures and the rules hold is the audit's to find out
(``audits``).
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from proofhouse.audit import claimed
from proofhouse.errors import FormatError
from proofhouse.formats.leaf import SealedLeaf, parse_leaf
from proofhouse.formats.predicates import TIMES
from proofhouse.ledger.log import Log
from proofhouse.rules.window import parse_time

FORMAT: Final = "proofhouse-numbers/v1"
_SEALED = re.compile(rb'\{"sealed":"[0-9a-f]{64}"\}')
_DAY = 86_400


@dataclass(frozen=True)
class Statement:
    """A clear statement: its ``index`` in the log, kind, time, predicate and signers (keyids)."""

    index: int
    name: str
    at: str
    digest: str
    predicate: Mapping[str, Any]
    signers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """A leaf on a page of the log: a clear ``statement``, or the digest that is ``sealed``."""

    index: int
    sealed: str = ""
    statement: Statement | None = None


@dataclass(frozen=True)
class Bank:
    """A bank version: its commitment and whatever cites it, None or empty where nothing does."""

    commitment: Statement
    threshold: Statement | None = None
    notices: tuple[Statement, ...] = ()
    opening: Statement | None = None
    threshold_opening: Statement | None = None
    retirement: Statement | None = None

    @property
    def alike(self) -> bool:
        """Whether every determination cites this version's own threshold (R16)."""
        own = self.threshold.digest if self.threshold else ""
        return all(one.predicate["threshold"] == own for one in self.notices)


class PublicRecord:
    """The clear side of ``log``, read as far as it goes whenever it is asked. For several threads.

    Every method raises DamagedError if the log is, StorageError.
    """

    def __init__(self, log: Log) -> None:
        """Take the log; nothing is read yet."""
        self.log = log
        self._lock = threading.Lock()
        self._size = 0
        self._clear: list[Statement] = []

    def statements(self) -> tuple[Statement, ...]:
        """Every clear statement that is well-formed, the oldest first."""
        self._read_on()
        return tuple(self._clear)

    @property
    def size(self) -> int:
        """How many leaves were read so far."""
        self._read_on()
        return self._size

    def _read_on(self) -> None:
        with self._lock:
            size = self.log.size
            if size > self._size:
                for index, leaf in enumerate(self.log.leaves(self._size, size), self._size):
                    if not _SEALED.fullmatch(leaf) and (one := _statement(index, leaf)):
                        self._clear.append(one)
                self._size = size

    def rows(self, end: int, start: int) -> tuple[Row, ...]:
        """The leaves from ``start`` to ``end`` (excluded), the newest first."""
        rows = [_row(at, leaf) for at, leaf in enumerate(self.log.leaves(start, end), start)]
        return tuple(reversed(rows))

    def row(self, index: int) -> Row:
        """One leaf. Raises InputError if there is none."""
        return _row(index, self.log.leaf(index))

    def banks(self) -> tuple[Bank, ...]:
        """Every bank version, the newest first."""
        return tuple(reversed(banks_of(self.statements())))


def _statement(index: int, data: bytes) -> Statement | None:
    """The statement of a leaf; None if it is none that this version knows."""
    try:
        leaf = parse_leaf(data)
        if isinstance(leaf, SealedLeaf):
            return None
        entry = claimed(leaf, index)
    except FormatError:
        return None  # the audit tells of it
    signers = sorted((one.role, one.keyid) for one in entry.signers)
    at = str(entry.predicate[TIMES[entry.name]])
    return Statement(index, entry.name, at, entry.digest, entry.predicate, tuple(signers))


def _row(index: int, data: bytes) -> Row:
    if _SEALED.fullmatch(data):
        return Row(index, sealed=data[len(b'{"sealed":"') : -2].decode())
    return Row(index, statement=_statement(index, data))


def banks_of(statements: Sequence[Statement]) -> tuple[Bank, ...]:
    """The bank versions that ``statements`` fix, the oldest first."""

    def first(name: str, field: str, digest: str) -> Statement | None:
        found = (one for one in statements if one.name == name and one.predicate[field] == digest)
        return next(found, None)

    banks = []
    for bank in (one for one in statements if one.name == "bank-commitment"):
        threshold = first("threshold-commitment", "bank", bank.digest)
        notices = (one for one in statements if one.name == "determination-notice")
        banks.append(
            Bank(
                bank,
                threshold,
                tuple(one for one in notices if one.predicate["bank"] == bank.digest),
                first("opening", "of", bank.digest),
                first("opening", "of", threshold.digest) if threshold else None,
                first("bank-retirement", "bank", bank.digest),
            )
        )
    return tuple(banks)


def numbers(record: PublicRecord, now: str) -> dict[str, Any]:
    """Counts, timing and equal treatment at ``now``, from clear leaves alone.

    Times are whole days, rounded down; a figure is None where there is nothing to count from.
    """
    statements = record.statements()
    head = record.log.head()
    clear = Counter(one.name for one in statements)
    notices = [one for one in statements if one.name == "determination-notice"]
    months = Counter(one.at[:7] for one in notices)
    return {
        "format": FORMAT,
        "log": record.log.origin,
        "size": record.size,
        "root": head.root.hex() if head.size == record.size else None,
        "at": now,
        "leaves": {"clear": len(statements), "other": record.size - len(statements)},
        "statements": dict(sorted(clear.items())),
        "determinations": len(notices),
        "determinationsByMonth": [
            {"month": month, "determinations": count} for month, count in sorted(months.items())
        ],
        "banks": [_bank_numbers(bank, now) for bank in banks_of(statements)],
    }


def _bank_numbers(bank: Bank, now: str) -> dict[str, Any]:
    said = bank.commitment.predicate
    threshold, opening = bank.threshold, bank.opening
    ends = opening.at if opening else now
    return {
        "leaf": bank.commitment.index,
        "bank": said["bank"],
        "version": said["version"],
        "track": said["track"],
        "committedAt": bank.commitment.at,
        "openBy": said["openBy"],
        "openedAt": opening.at if opening else None,
        "overdue": ends > said["openBy"],
        "retiredAt": bank.retirement.at if bank.retirement else None,
        "thresholdLeaf": threshold.index if threshold else None,
        "thresholdCommittedAt": threshold.at if threshold else None,
        "determinations": len(bank.notices),
        "firstDeterminationAt": bank.notices[0].at if bank.notices else None,
        "lastDeterminationAt": bank.notices[-1].at if bank.notices else None,
        "daysFromThresholdToFirstDetermination": _days(threshold, bank.notices),
        "sameThresholdForAll": bank.alike,
    }


def _days(threshold: Statement | None, notices: Sequence[Statement]) -> int | None:
    if threshold is None or not notices:
        return None
    return (parse_time(notices[0].at) - parse_time(threshold.at)) // _DAY
