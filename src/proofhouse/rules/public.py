# SPDX-License-Identifier: Apache-2.0
"""The public rules: what the clear statements of a log must keep among themselves (R5, R16).

    public = Public(origin, verifier_key)              an empty log
    public = public.after(entry)                       RefusedError, or the log after it
    public.promises("2027-01-01T00:00:00Z")            what is to be opened by when, and was it

Anybody can hold a log to these, for they need nothing that is sealed:

 1. leaf 0, and no other, opens the log under the origin and key of its checkpoints, and the custody
    that the policy names; no clear statement is dated before it
 2. a bank's versions only go up                                              (R5)
 3. a threshold follows the bank version that it is for, and is its only one   (R16)
 4. a determination notice cites a bank and its threshold, both standing before it   (R16)
 5. banks and thresholds are signed by k of the n bodies that own them
 6. no statement of a case stands in clear
 7. an opening opens, and a retirement retires, a commitment that stands before it, once

2 to 7 are those of ``registration``, which the desk applies before it registers. Of notices only
their number is kept, so that a log of a million folds in the memory of its banks.
Whether a signature holds is looked at before (``entries``); that a leaf is in the log, elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from proofhouse.errors import RefusedError
from proofhouse.rules.registration import Entry, Record
from proofhouse.said import say

OPENING = "opening"
NOTICE = "determination-notice"


@dataclass(frozen=True)
class Promise:
    """A commitment with its ``openBy`` date, and what became of it.

    ``state`` is ``kept`` (opened, be it ``late``), ``pending`` or ``overdue``; ``opened`` is the
    leaf that opened it, or None.
    """

    index: int
    name: str
    open_by: str
    state: Literal["kept", "pending", "overdue"]
    opened: int | None = None
    late: bool = False


@dataclass(frozen=True)
class Public:
    """The clear side of the log ``origin`` with the vkey ``verifier_key``, as far as it was read.

    ``record`` holds every clear statement but determination notices; ``notices`` counts those, by
    the digest of the threshold that they cite. ``custody`` is the policy's, or None without one.
    """

    origin: str
    verifier_key: str
    record: Record = field(default_factory=Record)
    notices: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    custody: str | None = None

    def after(self, entry: Entry) -> Public:
        """The log after a clear statement. Raises RefusedError or FormatError."""
        self._check_genesis(entry)  # 1
        record = self.record.with_clear(entry)  # 2 to 7
        self._check_opened(entry)  # 1, with its fields known to be sound
        if entry.name == NOTICE:
            threshold = entry.predicate["threshold"]
            counts = {**self.notices, threshold: self.notices.get(threshold, 0) + 1}
            return replace(self, notices=MappingProxyType(counts))
        return replace(self, record=record)

    def promises(self, now: str) -> tuple[Promise, ...]:
        """Every commitment with an ``openBy`` date, as it stands at ``now``, oldest first."""
        openings = {entry.predicate["of"]: entry for entry in self.record.named(OPENING)}
        found = []
        for name in ("bank-commitment", "threshold-commitment"):
            for entry in self.record.named(name):
                by, opening = entry.predicate["openBy"], openings.get(entry.digest)
                if opening is None:
                    state: Literal["overdue", "pending"] = "overdue" if by < now else "pending"
                    found.append(Promise(entry.index, name, by, state))
                    continue
                late = opening.made_at > by
                found.append(Promise(entry.index, name, by, "kept", opening.index, late))
        return tuple(sorted(found, key=lambda promise: promise.index))

    def _check_genesis(self, entry: Entry) -> None:
        if (entry.index == 0) != (entry.name == "log-opened"):
            raise RefusedError(
                say(
                    "The log is opened by its leaf 0 and by no other; leaf %(index)s is "
                    "“%(name)s”.",
                    index=entry.index,
                    name=entry.name,
                ),
                rule="ledger",
            )
        if entry.index == 0 and (
            entry.predicate["origin"] != self.origin
            or entry.predicate["verifierKey"] != self.verifier_key
        ):
            raise RefusedError(
                "The log was opened under another origin or key than its checkpoint's.",
                rule="ledger",
            )

    def _check_opened(self, entry: Entry) -> None:
        if entry.index == 0:
            stated = entry.predicate["custody"]
            if self.custody not in (None, stated):
                raise RefusedError(
                    say(
                        "The log was opened under %(stated)s custody, and the policy says that it "
                        "is under %(custody)s custody.",
                        stated=stated,
                        custody=self.custody,
                    ),
                    rule="ledger",
                )
            return
        for genesis in self.record.named("log-opened"):
            if entry.made_at < genesis.made_at:
                raise RefusedError(
                    say(
                        "The statement “%(name)s” says it was made at %(made_at)s, before the log "
                        "was opened (%(made_at_b)s).",
                        name=entry.name,
                        made_at=entry.made_at,
                        made_at_b=genesis.made_at,
                    ),
                    rule="ledger",
                )
