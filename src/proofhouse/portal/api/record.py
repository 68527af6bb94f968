# SPDX-License-Identifier: Apache-2.0
"""The public record for programs: checkpoint, leaves, proofs, banks, audit. Nobody needs a token.

The log as static files (tiles) has an address of its own (/log/tiles), which any auditor knows how
to read.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi.responses import PlainTextResponse, Response

from proofhouse.errors import InputError
from proofhouse.formats.leaf import SealedLeaf, parse_leaf
from proofhouse.portal import trust
from proofhouse.portal.api.cases import LIMIT, next_link, number_of
from proofhouse.portal.api.operation import Answer, Call, Operation
from proofhouse.portal.api.shapes import (
    COUNT,
    NULL_TEXT,
    digest,
    page,
    ref,
    several,
    text,
    time,
    whole,
)
from proofhouse.portal.banks import versions_of
from proofhouse.portal.fields import Field, NotThereError
from proofhouse.portal.public import audit_told, audits_of, record_of
from proofhouse.portal.record import Bank, Statement, numbers

NUMBER = {"kind": "number", "low": 0, "high": 10**12}


def _checkpoint(call: Call) -> Answer:
    return Answer(response=PlainTextResponse(call.house.desk.log.checkpoint().decode()))


def _leaves(call: Call) -> Answer:
    log = call.house.desk.log
    start, limit, size = number_of(call.query["cursor"]) or 0, call.query["limit"], log.size
    stop = min(size, start + limit)
    items = [] if start >= stop else [_leaf(i, log.leaf(i)) for i in range(start, stop)]
    following = str(stop) if items and stop < size else None
    return Answer({"items": items, "next": following}, headers=next_link(call, following))


def _leaf(index: int, data: bytes) -> dict[str, object]:
    kind = "sealed" if isinstance(parse_leaf(data), SealedLeaf) else "clear"
    return {"index": index, "kind": kind, "leaf": json.loads(data)}


def _index(call: Call) -> int:
    """The leaf that the address names. Raises NotThereError."""
    said = call.path["leaf"]
    index = int(said) if said.isascii() and said.isdigit() and len(said) < 16 else -1
    if not 0 <= index < call.house.desk.log.size:
        raise NotThereError("The log has no such leaf.")
    return index


def _one_leaf(call: Call) -> Answer:
    index = _index(call)
    return Answer(_leaf(index, call.house.desk.log.leaf(index)))


def _proof(call: Call) -> Answer:
    return Answer(response=PlainTextResponse(call.house.desk.log.tlog_proof(_index(call))))


def _consistency(call: Call) -> Answer:
    log, old = call.house.desk.log, call.query["from"]
    new = call.query["to"] or log.size
    if not 0 < old <= new <= log.size:
        raise InputError(f"The log has {log.size} leaves, and “from” comes before “to”.")
    proof = [node.hex() for node in log.consistency(old, new)]
    note = log.checkpoint().decode()
    return Answer({"from": old, "to": new, "proof": proof, "checkpoint": note})


def _banks(call: Call) -> Answer:
    items = [
        {
            "digest": one.bank.digest,
            "name": one.bank.predicate["bank"],
            "version": one.bank.predicate["version"],
            "active": one.active,
            "retired": one.retired,
            "openBy": one.bank.predicate["openBy"],
            "threshold": one.threshold.digest if one.threshold else None,
            "openings": list(one.opened),
        }
        for one in versions_of(call.house.seat)
    ]
    return Answer({"items": items})


def bank_at(call: Call) -> Bank:
    """The bank version that the address names. Raises NotThereError."""
    for one in record_of(call.request).banks():
        if one.commitment.digest == call.path["bank"]:
            return one
    raise NotThereError("There is no such bank version.")


def _bank(call: Call) -> Answer:
    one = bank_at(call)
    opened = one.threshold_opening
    return Answer(
        {
            "commitment": _statement(one.commitment),
            "threshold": _statement(one.threshold),
            "opening": _statement(one.opening),
            "thresholdOpening": _statement(opened),
            "retirement": _statement(one.retirement),
            "notices": [_statement(each) for each in one.notices],
            "sameThresholdForAll": one.alike,
        }
    )


def _statement(one: Statement | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "leaf": one.index,
        "name": one.name,
        "digest": one.digest,
        "at": one.at,
        "predicate": dict(one.predicate),
        "signers": [{"role": role, "keyid": keyid} for role, keyid in one.signers],
    }


def _news(call: Call) -> Answer:
    before, limit = number_of(call.query["cursor"]), call.query["limit"]
    every = record_of(call.request).statements()
    left = [one for one in reversed(every) if before is None or one.index < before]
    following = str(left[limit - 1].index) if len(left) > limit else None
    items = [_statement(one) for one in left[:limit]]
    return Answer({"items": items, "next": following}, headers=next_link(call, following))


def _audit(call: Call) -> Answer:
    house, now = call.house, call.house.clock()
    return Answer(audit_told(audits_of(call.request).latest(house.policy, now), now))


def _policy(call: Call) -> Answer:
    data = trust.of_house(call.house).to_bytes()
    return Answer(response=Response(data, media_type="application/json"))


def _numbers(call: Call) -> Answer:
    return Answer(numbers(record_of(call.request), call.house.clock()))


_SAID = {
    "leaf": COUNT,
    "name": text(),
    "digest": digest("Of its envelope."),
    "at": time("When its maker says that it was made."),
    "predicate": {"type": "object", "description": "As it was signed (spec/predicates)."},
    "signers": several(whole({"role": text(), "keyid": digest("Of the key.")})),
}
_MAYBE = {"oneOf": [ref("ClearStatement"), {"type": "null"}]}

SCHEMAS: dict[str, Any] = {
    "ClearStatement": whole(_SAID, "A statement that everybody reads."),
    "ClearStatementPage": page("ClearStatement"),
    "WholeBank": whole(
        {
            "commitment": ref("ClearStatement"),
            "threshold": _MAYBE,
            "opening": _MAYBE,
            "thresholdOpening": _MAYBE,
            "retirement": _MAYBE,
            "notices": several(ref("ClearStatement"), "Every determination by it."),
            "sameThresholdForAll": {"type": "boolean"},
        },
        "A bank version: what fixed it and whatever cites it.",
    ),
    "Audit": whole(
        {
            "format": text(),
            "status": text(enum=["verified", "failed", "unknown_signers"]),
            "auditedAt": time("When."),
            "size": COUNT,
            "sealed": COUNT,
            "clear": COUNT,
            "checks": several(whole({"name": text(), "result": text(), "sentence": text()})),
            "promises": several(
                whole(
                    {
                        "leaf": COUNT,
                        "name": text(),
                        "openBy": time("When it is to be opened."),
                        "state": text(),
                        "openedAtLeaf": {"type": ["integer", "null"]},
                        "late": {"type": "boolean"},
                    }
                )
            ),
            "checkpoint": text("The signed note that it is of."),
        },
        "The audit of this log by whoever publishes it.",
    ),
    "Numbers": whole(
        {
            "format": text(),
            "log": text(),
            "size": COUNT,
            "root": NULL_TEXT,
            "at": time("When this was counted."),
            "leaves": whole({"clear": COUNT, "other": COUNT}),
            "statements": {"type": "object", "additionalProperties": COUNT},
            "determinations": COUNT,
            "determinationsByMonth": several(whole({"month": text(), "determinations": COUNT})),
            "banks": several({"type": "object"}),
        },
        "Counts, timing and equal treatment (docs/public-pages.md).",
    ),
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "readCheckpoint",
        "GET",
        "/log/checkpoint",
        "",
        "The signed checkpoint of the log (C2SP tlog-checkpoint)",
        _checkpoint,
        "Public record",
        media="text/plain; charset=utf-8",
    ),
    Operation(
        "listLeaves",
        "GET",
        "/log/leaves",
        "",
        "The leaves of the log, the oldest first",
        _leaves,
        "Public record",
        gives="LeafPage",
        query=(LIMIT, Field("cursor", "The leaf to begin with", needed=False, most=15)),
    ),
    Operation(
        "readLeaf",
        "GET",
        "/log/leaves/{leaf}",
        "",
        "One leaf",
        _one_leaf,
        "Public record",
        gives="Leaf",
        problems=(404,),
    ),
    Operation(
        "readProof",
        "GET",
        "/log/leaves/{leaf}/proof",
        "",
        "The proof that a leaf is in the log (C2SP tlog-proof)",
        _proof,
        "Public record",
        media="text/plain; charset=utf-8",
        problems=(404,),
    ),
    Operation(
        "readConsistency",
        "GET",
        "/log/consistency",
        "",
        "The proof that the log only grew (RFC 9162)",
        _consistency,
        "Public record",
        gives="Consistency",
        query=(
            Field("from", "The size that you knew", **{**NUMBER, "low": 1}),  # type: ignore[arg-type]
            Field("to", "A later size; empty: as it is now", needed=False, **NUMBER),  # type: ignore[arg-type]
        ),
        problems=(400,),
    ),
    Operation(
        "listBanks",
        "GET",
        "/banks",
        "",
        "The banks and their thresholds, the newest first",
        _banks,
        "Public record",
        gives="BankList",
    ),
    Operation(
        "readBank",
        "GET",
        "/banks/{bank}",
        "",
        "One bank version: what is tested and how, its threshold, what was opened of it",
        _bank,
        "Public record",
        gives="WholeBank",
        problems=(404,),
    ),
    Operation(
        "listClearStatements",
        "GET",
        "/log/statements",
        "",
        "What everybody reads, the newest first",
        _news,
        "Public record",
        gives="ClearStatementPage",
        query=(LIMIT, Field("cursor", "The “next” of the page before", needed=False, most=15)),
    ),
    Operation(
        "readAudit",
        "GET",
        "/audit",
        "",
        "The newest audit of this log, and what is to be opened by when",
        _audit,
        "Public record",
        gives="Audit",
    ),
    Operation(
        "readPolicy",
        "GET",
        "/policy",
        "",
        "The trust policy of this house: the public keys to check by",
        _policy,
        "Public record",
        about="It comes from whom it judges: compare its keys with their owners by another way.",
    ),
    Operation(
        "readNumbers",
        "GET",
        "/numbers",
        "",
        "Counts, timing and equal treatment",
        _numbers,
        "Public record",
        gives="Numbers",
    ),
)
