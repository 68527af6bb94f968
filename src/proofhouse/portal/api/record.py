# SPDX-License-Identifier: Apache-2.0
"""The public record for programs: checkpoint, leaves, proofs, banks. Nobody needs a token.

The log as static files (tiles), the audit and the numbers have addresses of their own, which the
pages use as well; they are described here and served there.
"""

from __future__ import annotations

import json

from fastapi.responses import PlainTextResponse

from proofhouse.errors import InputError
from proofhouse.formats.leaf import SealedLeaf, parse_leaf
from proofhouse.portal.api.cases import LIMIT, next_link, number_of
from proofhouse.portal.api.operation import Answer, Call, Operation
from proofhouse.portal.banks import versions_of
from proofhouse.portal.fields import Field, NotThereError

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
)
