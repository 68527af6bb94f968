# SPDX-License-Identifier: Apache-2.0
"""The log's side of witnessing: show each witness the present checkpoint, keep what it signs.

    asked = ask(log, policy)         one ``Asked`` a witness, in the policy's order
    keep(log, policy, asked)         the checkpoint with all lines that held, if they are enough

Each witness is told the size that it signed last, as far as the cosigned checkpoint tells; if it
answers that it was another (409), it is asked once more, with the proof from there. What it signs
is verified against the policy's keys before it is kept. A witness that is down, refuses, or signs
something else, is told as such and counts for nothing; one that has seen more leaves than the log
has is evidence that the log was put back from an old copy.

All are asked at once; each has 10 seconds to say something, in 64 KiB.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from proofhouse.errors import InputError, ProofhouseError, VerificationError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import cosignature
from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.fields import decimal
from proofhouse.formats.merkle import MAX_SIZE
from proofhouse.formats.note import Note, NoteSignature, VerifierKey
from proofhouse.formats.policy import Policy
from proofhouse.ledger.log import Log
from proofhouse.ledger.published import connect

SILENCE_SECONDS = 10
_MAX_ANSWER = 65_536


@dataclass(frozen=True)
class Asked:
    """What came of asking the witness ``name``: its ``lines`` if it cosigned, and a sentence."""

    name: str
    result: Literal["cosigned", "refused", "unreachable"]
    sentence: str
    lines: tuple[NoteSignature, ...] = ()


def ask(
    log: Log, policy: Policy, urls: Mapping[str, str] | None = None
) -> tuple[bytes, tuple[Asked, ...]]:
    """Ask every witness of the policy; the checkpoint that was shown, and what they said.

    ``urls`` go before those of the policy. Raises InputError if the policy names no witness.
    """
    names = list(dict.fromkeys(key.name for key in policy.witnesses))
    if not names:
        raise InputError(
            "The trust policy names no witness.",
            hint="Name one: proofhouse witness trust VKEY --url URL",
        )
    places = {**policy.witness_urls, **(urls or {})}
    note = log.checkpoint()
    seen = log.cosigned()
    last = (seen[0].size, Note.parse(seen[1])) if seen else (0, None)

    def one(name: str) -> Asked:
        keys = [key for key in policy.witnesses if key.name == name]
        if name not in places:
            return Asked(name, "unreachable", "It has no address: give one with --at NAME=URL.")
        old = last[0] if last[1] and any(last[1].find(key) for key in keys) else 0
        try:
            lines = _ask(log, note, keys, places[name], old)
        except (OSError, UnicodeError, http.client.HTTPException):
            return Asked(name, "unreachable", f"It can't be reached at {places[name]}.")
        except ProofhouseError as error:
            return Asked(name, "refused", str(error))
        return Asked(name, "cosigned", f"It cosigned, with {_count(len(lines))}.", lines)

    with ThreadPoolExecutor(max_workers=min(16, len(names))) as pool:
        return note, tuple(pool.map(one, names))


def keep(log: Log, policy: Policy, note: bytes, asked: Sequence[Asked]) -> frozenset[str]:
    """Keep the lines below ``note``; the witnesses and groups of the policy that now stand by it.

    A checkpoint with too few of them does not replace one with enough. Raises StorageError.
    """
    signed = Note.parse(note)
    said, _ = checkpoints.parse(note)
    fresh = {(line.name, line.key_id): line for one in asked for line in one.lines}
    log_line, *before = signed.signatures
    older = [line for line in before if (line.name, line.key_id) not in fresh]
    made = Note(signed.text, (log_line, *older, *fresh.values()))
    have = policy.witnessed(cosignature.verify(said, made, policy.witnesses, 0))
    stored = log.cosigned()
    enough = max(policy.witness_threshold, 1)
    if fresh and (len(have) >= enough or stored is None or not _enough(policy, stored[1], enough)):
        log.keep_cosigned(made)
    return have


def _enough(policy: Policy, note: bytes, needed: int) -> bool:
    said, signed = checkpoints.parse(note)
    try:
        seen = cosignature.verify(said, signed, policy.witnesses, 0)
    except VerificationError:
        return False
    return len(policy.witnessed(seen)) >= needed


def _ask(
    log: Log, note: bytes, keys: Sequence[VerifierKey], url: str, old: int
) -> tuple[NoteSignature, ...]:
    """The lines of one witness, verified. Raises VerificationError, and what sockets raise."""
    said, _ = checkpoints.parse(note)
    status, answer = _post(url, _request(log, note, old, said.size))
    if status == 409:
        old = decimal(answer.decode("ascii", "replace").removesuffix("\n"), "its size", MAX_SIZE)
        if old > said.size:
            raise VerificationError(
                f"It has signed a tree of {old:,} leaves, and the log has {said.size:,}.",
                hint="The log was put back from an older copy: put the newest one back.",
            )
        status, answer = _post(url, _request(log, note, old, said.size))
    if status != 200:
        raise VerificationError(f"It refuses the checkpoint{_REASONS.get(status, '')} ({status}).")
    return _lines(note, answer, keys)


_REASONS = {
    400: ": the request is malformed",
    403: ": it does not know the key that signed it",
    404: ": it does not watch this log",
    409: ": another request came between",
    422: ": it does not extend the tree that it signed last",
    503: ": its clock is wrong",
}


def _request(log: Log, note: bytes, old: int, size: int) -> bytes:
    proof = log.consistency(old, size) if old else ()
    return AddCheckpoint(old, proof, note).to_bytes()


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    connection, prefix = connect(url, SILENCE_SECONDS)
    try:
        connection.request("POST", f"{prefix}/add-checkpoint", body=body)
        response = connection.getresponse()
        return response.status, response.read(_MAX_ANSWER)
    finally:
        connection.close()


def _lines(note: bytes, answer: bytes, keys: Sequence[VerifierKey]) -> tuple[NoteSignature, ...]:
    """The lines of ``answer`` by ``keys``, each held to the checkpoint that was shown.

    Lines by others are passed over, as the protocol says.
    """
    said, shown = checkpoints.parse(note)
    text = shown.text.encode()
    given = Note.parse(text + b"\n" + answer)
    found = []
    for key in keys:
        signature = given.find(key)
        if signature is None:
            continue
        if cosignature.verify_one(key, signature, said) == 0:
            raise VerificationError("It signed without a time.")
        found.append(NoteSignature(key.name, key.key_id, signature))
    if not found:
        raise VerificationError("It answered, but not with a signature by a key that is trusted.")
    return tuple(found)


def _count(lines: int) -> str:
    return f"{lines} {'key' if lines == 1 else 'keys'}"
