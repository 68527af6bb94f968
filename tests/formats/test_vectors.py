# SPDX-License-Identifier: Apache-2.0
"""Our own vectors: one file, one case, one expected outcome. Their layout is in vectors/README.md.

Each check is a function from the file's ``input`` to its ``output``; what it raises is the outcome.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import FormatError, UnknownSignerError, VerificationError
from proofhouse.formats import (
    assertion,
    bundle,
    canonical,
    checkpoint,
    commitment,
    cosignature,
    envelope,
    leaf,
    merkle,
    note,
    policy,
    proof,
    quorum,
    salted,
    statement,
    tiles,
)
from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.keys import PublicKey, SigningKey

VECTORS = Path(__file__).parents[2] / "vectors"
NOT_HERE = {"third_party", "forgeries", "logs"}
"""Vectors of others, and those that need more than formats (tests/test_*_vectors.py)."""

FILES = sorted(p for p in VECTORS.glob("*/*.json") if p.parent.name not in NOT_HERE)

Input = dict[str, Any]


def raw(given: Input) -> bytes:
    if "repeatHex" in given:
        return bytes.fromhex(given["repeatHex"]) * given["times"]
    return bytes.fromhex(given["hex"]) if "hex" in given else given["text"].encode()


def canonical_parse(given: Input) -> object:
    value = canonical.loads(raw(given))
    assert canonical.dumps(value) == raw(given)
    return {"json": value}


def canonical_print(given: Input) -> object:
    return {"hex": canonical.dumps(json.loads(given["json"])).hex()}


def public_key(given: Input) -> object:
    return {"keyid": PublicKey(raw(given)).keyid}


def statement_parse(given: Input) -> object:
    it = statement.Statement.parse(raw(given))
    assert it.to_bytes() == raw(given)
    return {
        "predicateType": it.predicate_type,
        "subjectName": it.subject_name,
        "subjectSha256": it.subject_sha256,
        "predicate": it.predicate,
    }


def envelope_sign(given: Input) -> object:
    payload = given["payload"].encode()
    it = envelope.sign(payload, [SigningKey(bytes.fromhex(seed)) for seed in given["seeds"]])
    return {
        "envelope": it.to_bytes().decode(),
        "digest": it.digest,
        "pae": envelope.pae(envelope.PAYLOAD_TYPE, payload).decode(),
    }


def envelope_verify(given: Input) -> object:
    known = {key.keyid: key for key in (PublicKey(bytes.fromhex(k)) for k in given["known"])}
    it = envelope.Envelope.parse(given["envelope"].encode())
    assert it.to_bytes() == given["envelope"].encode()
    return {"signers": sorted(envelope.signers(it, known))}


def assertion_check(given: Input) -> object:
    sig = given["sig"].encode()
    pretended = envelope.Signature(given["keyid"], sig)
    found = assertion.check(
        pretended,
        given["payloadType"],
        given["payload"].encode(),
        origin=given["origin"],
        rp_id=given["rpId"],
    )
    assert found.to_bytes() == sig
    return {"keyid": found.keyid, "origin": found.origin}


def leaf_seal(given: Input) -> object:
    made = leaf.sealed_leaf(given["envelope"].encode(), bytes.fromhex(given["saltHex"]))
    return {"leaf": made.decode(), "leafHash": merkle.leaf_hash(made).hex()}


def leaf_parse(given: Input) -> object:
    it = leaf.parse_leaf(raw(given))
    assert it.to_bytes() == raw(given)
    if isinstance(it, leaf.SealedLeaf):
        return {"kind": "sealed", "sealed": it.sealed}
    return {"kind": "clear", "digest": it.envelope.digest}


def leaf_open(given: Input) -> None:
    it = leaf.parse_leaf(given["leaf"].encode())
    assert isinstance(it, leaf.SealedLeaf)
    it.verify_opening(given["envelope"].encode(), bytes.fromhex(given["saltHex"]))


def salted_open(given: Input) -> None:
    salted.Opening.from_json(given["opening"]).verify(salted.parse_field(given["field"]))


def commitment_commit(given: Input) -> object:
    salt, blinding = bytes.fromhex(given["saltHex"]), bytes.fromhex(given["blindingHex"])
    return commitment.Opening(given["value"], salt, blinding).commitment.to_json()


def commitment_open(given: Input) -> None:
    made = commitment.Commitment.from_json(given["commitment"])
    commitment.Opening.from_json(given["opening"]).verify(made)


def note_key(given: Input) -> object:
    key = note.VerifierKey.parse(given["text"])
    assert str(key) == given["text"]
    return {
        "name": key.name,
        "keyIdHex": key.key_id.hex(),
        "algorithm": key.algorithm,
        "publicHex": key.public.hex(),
    }


def note_verify(given: Input) -> object:
    it = note.Note.parse(given["note"].encode())
    assert it.to_bytes() == given["note"].encode()
    signed = note.verify(it, [note.VerifierKey.parse(key) for key in given["keys"]])
    return {"text": it.text, "signedBy": [str(key) for key in signed]}


def checkpoint_verify(given: Input) -> object:
    data = given["checkpoint"].encode()
    it, _ = checkpoint.verify(data, note.VerifierKey.parse(given["log"]))
    return {
        "origin": it.origin,
        "size": it.size,
        "rootHex": it.root.hex(),
        "extensions": list(it.extensions),
    }


def cosignature_verify(given: Input) -> object:
    it, signed = checkpoint.parse(given["checkpoint"].encode())
    witnesses = [note.VerifierKey.parse(key) for key in given["witnesses"]]
    return {"times": cosignature.verify(it, signed, witnesses, given["threshold"])}


def tile_path(given: Input) -> object:
    it = tiles.Tile.parse(given["path"])
    assert it.path == given["path"]
    level = "entries" if it.level is None else it.level
    return {"level": level, "index": it.index, "width": it.width}


def entries_parse(given: Input) -> object:
    found = tiles.split_entries(raw(given), given["width"])
    assert tiles.pack_entries(found) == raw(given)
    return {"entriesHex": [entry.hex() for entry in found]}


def proof_verify(given: Input) -> object:
    it = proof.TlogProof.parse(given["proof"])
    assert it.to_text() == given["proof"]
    log = note.VerifierKey.parse(given["log"])
    witnesses = [note.VerifierKey.parse(key) for key in given["witnesses"]]
    times = proof.verify(it, given["leaf"].encode(), log, witnesses, given["threshold"])
    return {"index": it.index, "times": times}


def bundle_verify(given: Input) -> object:
    it = bundle.Bundle.parse(given["bundle"].encode())
    assert it.to_bytes() == given["bundle"].encode()
    checkpoint.verify(it.checkpoint, note.VerifierKey.parse(given["log"]))
    for entry in it.entries:
        entry.verify_inclusion()
    return {
        "case": it.case,
        "audience": it.audience,
        "entries": [
            {
                "index": entry.proof.index,
                "digest": entry.envelope.digest,
                "leafHash": merkle.leaf_hash(entry.leaf()).hex(),
            }
            for entry in it.entries
        ],
        "opened": [bundle.opened(opening) for opening in it.openings],
    }


def policy_parse(given: Input) -> object:
    it = policy.Policy.parse(raw(given))
    assert policy.Policy.parse(it.to_bytes()) == it
    return {
        "log": str(it.log),
        "custody": it.custody,
        "roles": dict(it.roles),
        "bodyThreshold": it.body_threshold,
        "witnesses": [str(key) for key in it.witnesses],
        "witnessThreshold": it.witness_threshold,
    }


def add_checkpoint_parse(given: Input) -> object:
    it = AddCheckpoint.parse(raw(given))
    assert it.to_bytes() == raw(given)
    return {"old": it.old, "proof": [item.hex() for item in it.proof], "size": it.head.size}


def quorum_witnessed(given: Input) -> object:
    groups = quorum.parse_groups(given["groups"])
    standing = quorum.witnessed(given["names"], groups, given["seen"])
    if len(standing) < given["threshold"]:
        raise VerificationError("Too few have witnessed.")
    return sorted(standing)


CHECKS: dict[str, Callable[[Input], object]] = {
    "canonical-json.parse": canonical_parse,
    "canonical-json.print": canonical_print,
    "public-key.parse": public_key,
    "statement.parse": statement_parse,
    "envelope.sign": envelope_sign,
    "envelope.verify": envelope_verify,
    "assertion.check": assertion_check,
    "leaf.seal": leaf_seal,
    "leaf.parse": leaf_parse,
    "leaf.open": leaf_open,
    "salted-field.open": salted_open,
    "commitment.commit": commitment_commit,
    "commitment.open": commitment_open,
    "note-key.parse": note_key,
    "note.verify": note_verify,
    "checkpoint.verify": checkpoint_verify,
    "cosignature.verify": cosignature_verify,
    "tile.path": tile_path,
    "entries.parse": entries_parse,
    "proof.verify": proof_verify,
    "bundle.verify": bundle_verify,
    "policy.parse": policy_parse,
    "add-checkpoint.parse": add_checkpoint_parse,
    "quorum.witnessed": quorum_witnessed,
}


def outcome(check: Callable[[Input], object], given: Input) -> tuple[str, object]:
    try:
        return "accept", check(given)
    except FormatError:
        return "malformed", None
    except UnknownSignerError:
        return "unknown-signer", None
    except VerificationError:
        return "fails", None


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_vector_has_its_expected_outcome(path: Path) -> None:
    """The code does with the input what the file says, and says why for a person."""
    vector = json.loads(path.read_text("utf-8"))
    assert vector.keys() <= {"check", "says", "input", "expect", "output"}
    assert vector["check"].split(".")[0] == path.parent.name
    assert outcome(CHECKS[vector["check"]], vector["input"]) == (
        vector["expect"],
        vector.get("output"),
    )


def test_every_check_is_held_to_good_and_bad_vectors() -> None:
    """No check is left without a vector that it accepts, nor a parser without one it refuses."""
    seen: dict[str, set[str]] = {}
    for path in FILES:
        vector = json.loads(path.read_text("utf-8"))
        seen.setdefault(vector["check"], set()).add(vector["expect"])
    assert seen.keys() == CHECKS.keys()
    for check, outcomes in seen.items():
        assert "accept" in outcomes, check
        assert outcomes & {"malformed", "fails"} or check == "canonical-json.print", check
