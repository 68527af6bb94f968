# SPDX-License-Identifier: Apache-2.0
"""The public's audit: a whole log from its published files alone, against a key from elsewhere.

    report = audit(published("export/"), key, policy=policy, now="2026-11-21T12:00:00Z", seen=None)
    report.status     "verified" | "failed" | "unknown_signers"
    report.seen       what to remember for the next audit

Steps, numbered in the code; the first of 1 to 3 that fails ends the audit:
 1. checkpoint    signed by the log, and cosigned by as many witnesses as the policy wants
 2. memory        not behind, and not beside, the checkpoint of the last audit
 3. tree          every entry bundle, hashed anew, leads to every hash tile and to the signed root,
                  and the tree of the last audit was its beginning: nothing published vanished
 4. leaves        each is a sealed digest or a clear statement, spelt in the one way; no sealed
                  digest stands twice, for a leaf's salt is used once
 5. signatures    of clear statements, by the parties that the policy names, k of n where it says so
 6. rules         the public rules (rules.public): one threshold a bank version, notices cite what
                  stands before them
 7. promises      what was to be opened by a date: opened, pending, or overdue (said, no failure)
 8. what it can't show

With a key but no policy, 5 is left out and said to be. Leaves are read in bundles of 256 and let
go: what is kept of a log is one digest a sealed leaf and a notice, and its banks. What sealed
leaves hold is the inspector's to see (``inspection``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from proofhouse.errors import (
    FormatError,
    InputError,
    ProofhouseError,
    UnknownSignerError,
    VerificationError,
)
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import predicates
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.envelope import Envelope, by_parties
from proofhouse.formats.fields import members
from proofhouse.formats.leaf import ClearLeaf, SealedLeaf, parse_leaf
from proofhouse.formats.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash
from proofhouse.formats.note import MAX_BYTES as NOTE_BYTES
from proofhouse.formats.note import VerifierKey
from proofhouse.formats.plain import read_json
from proofhouse.formats.policy import Policy
from proofhouse.formats.statement import Statement
from proofhouse.formats.tiles import MAX_ENTRY, WIDTH, Edge, Tile, partial_tiles, split_entries
from proofhouse.ledger.export import CHECKPOINT, VERIFIER_KEY
from proofhouse.ledger.published import Published
from proofhouse.rules.checks import Check, Result
from proofhouse.rules.entries import entry_of
from proofhouse.rules.keys import NAME as KEY_CHANGED
from proofhouse.rules.keys import Keys
from proofhouse.rules.public import NOTICE, Promise, Public
from proofhouse.rules.registration import SIGNERS, Entry, Record, Signer

Status = Literal["verified", "failed", "unknown_signers"]

FORMAT = "proofhouse-audit/v1"
MAX_TOLD = 20
"""How many broken rules are told one by one."""

_SEALED = re.compile(rb'\{"sealed":"[0-9a-f]{64}"\}')
_VKEY_BYTES = 10_000
_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY)


@dataclass(frozen=True)
class Seen:
    """What an audit remembers: the signed ``checkpoint`` it saw, and when (``audited_at``)."""

    checkpoint: bytes
    audited_at: str

    @classmethod
    def parse(cls, data: bytes) -> Seen:
        """What ``to_bytes`` wrote. Raises FormatError."""
        body = members(
            read_json(data, "the audit's memory", 2 * NOTE_BYTES),
            "the audit's memory",
            ("format", "checkpoint", "auditedAt"),
        )
        if body["format"] != FORMAT or not isinstance(body["checkpoint"], str):
            raise FormatError("This is no memory of an audit.", hint=f"It reads {FORMAT}.")
        predicates.time("auditedAt", body["auditedAt"])
        try:
            return cls(body["checkpoint"].encode(), body["auditedAt"])
        except UnicodeEncodeError:
            raise FormatError("The audit's memory holds half of a surrogate pair.") from None

    def to_bytes(self) -> bytes:
        """The memory as JSON for people."""
        body = {
            "format": FORMAT,
            "auditedAt": self.audited_at,
            "checkpoint": self.checkpoint.decode(),
        }
        return json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Report:
    """What an audit found. Only ``verified`` is success.

    ``seen`` is there once the tree held, whatever became of the rules. ``public`` is the clear side
    of the log, ``promises`` what is to be opened; ``sealed`` and ``clear`` count leaves.
    ``conflict`` holds both checkpoints of a log that was rolled back or forked.
    """

    status: Status
    checks: tuple[Check, ...]
    seen: Seen | None = None
    size: int = 0
    sealed: int = 0
    clear: int = 0
    public: Public | None = None
    promises: tuple[Promise, ...] = ()
    conflict: tuple[str, ...] = ()


@dataclass
class _Audit:
    """An audit under way: what it goes by, and what it found so far."""

    files: Published
    key: VerifierKey
    policy: Policy | None
    now: str
    memory: Seen | None
    public: Public
    checks: list[Check] = field(default_factory=list)
    note: bytes = b""
    size: int = 0
    tiles: int = 0
    sealed: int = 0
    clear: int = 0
    signatures: int = 0
    broken: list[tuple[int, ProofhouseError]] = field(default_factory=list)
    conflict: tuple[str, ...] = ()
    keys: Keys | None = None
    digests: set[bytes] = field(default_factory=set)
    noticed: set[str] = field(default_factory=set)
    ahead: list[Entry] = field(default_factory=list)

    def say(self, name: str, result: Result, sentence: str) -> None:
        self.checks.append(Check(name, result, sentence))


def audit(
    files: Published, key: VerifierKey, *, policy: Policy | None, now: str, seen: Seen | None
) -> Report:
    """Audit the log whose checkpoints ``key`` signs. Never raises on a bad log.

    ``now`` tells what is overdue; ``seen`` is what the last audit remembered, or None. Raises
    InputError if files can't be read, if ``seen`` is of another log, or if it is from after
    ``now``.
    """
    record = Record(bodies_needed=policy.body_threshold if policy else 1)
    state = _Audit(
        files,
        key,
        policy,
        now,
        seen,
        Public(key.name, str(key), record, custody=policy.custody if policy else None),
    )
    before = _remembered(seen, key, now)
    name = "checkpoint"
    try:
        said = _checkpoint(state)  # 1
        name = "memory"
        _memory(state, said, before)  # 2
        name = "tree"
        _tree(state, said, before)  # 3 to 6, leaf by leaf
    except ProofhouseError as error:
        if isinstance(error, InputError) and not isinstance(error, FormatError):
            raise  # a server that is down has not proven anything
        state.say(name, "failed", str(error))
        return _report(state, _status([error]), None)
    _tell_leaves(state)
    promises = state.public.promises(now)
    _tell_rules(state, promises)
    _limits(state)  # 8
    status = _status([error for _, error in state.broken])
    return _report(state, status, Seen(state.note, now), promises)


def _report(
    state: _Audit, status: Status, seen: Seen | None, promises: tuple[Promise, ...] = ()
) -> Report:
    return Report(
        status,
        tuple(state.checks),
        seen,
        state.size,
        state.sealed,
        state.clear,
        state.public,
        promises,
        state.conflict,
    )


def _status(errors: Sequence[ProofhouseError]) -> Status:
    if not errors:
        return "verified"
    unknown = all(isinstance(error, UnknownSignerError) for error in errors)
    return "unknown_signers" if unknown else "failed"


def _remembered(seen: Seen | None, key: VerifierKey, now: str) -> Checkpoint | None:
    """The checkpoint of the last audit, verified."""
    if seen is None:
        return None
    try:
        said, _ = checkpoints.verify(seen.checkpoint, key)
    except ProofhouseError as error:
        raise InputError(
            f"The audit's memory is not of the log {key.name!r}. {error.message}",
            hint="Name this log's own with --state.",
        ) from None
    if now < seen.audited_at:
        raise InputError(
            f"The clock of this machine says {now}, and the last audit was at {seen.audited_at}.",
            hint="Set the clock right: what is overdue is judged by it.",
        )
    return said


# ------------------------------------------------------------------------ checkpoint and memory


def _checkpoint(state: _Audit) -> Checkpoint:  # 1
    data = state.files.read(CHECKPOINT, NOTE_BYTES)
    if data is None:
        raise InputError(
            f"There is no checkpoint at {state.files.name}: it is no published log.",
            hint="Name the folder or address that holds the files checkpoint and tile/.",
        )
    said, note = checkpoints.verify(data, state.key)
    state.note, state.size = data, said.size
    vkey = state.files.read(VERIFIER_KEY, _VKEY_BYTES)
    if vkey is not None and vkey != f"{state.key}\n".encode():
        raise VerificationError(f"The file {VERIFIER_KEY} names another key than the log's.")
    state.say(
        "checkpoint",
        "held",
        f"The checkpoint of {said.origin} at {said.size:,} leaves is signed by the log's key.",
    )
    if state.policy and state.policy.witnesses:
        policy = state.policy
        seen = policy.seen_by(said, note)
        told = f": {', '.join(sorted(seen))}" if seen else ""
        state.say(
            "witnesses",
            "held",
            f"{len(seen)} of the {len({w.name for w in policy.witnesses})} witnesses that the "
            f"policy names saw this tree ({policy.witness_threshold} must){told}.",
        )
    return said


def _memory(state: _Audit, said: Checkpoint, before: Checkpoint | None) -> None:  # 2
    if before is None or state.memory is None:
        state.say(
            "memory",
            "not_checked",
            "No earlier audit is remembered here: whether anything vanished before today can't be "
            "told.",
        )
    elif said.size < before.size:
        state.conflict = (state.memory.checkpoint.decode(), state.note.decode())
        raise VerificationError(
            f"The log was rolled back: it had {before.size:,} leaves when it was audited at "
            f"{state.memory.audited_at}, and now it has {said.size:,}.",
            hint="Keep both checkpoints: they are evidence against the log.",
        )
    elif said.size == before.size and said.root != before.root:
        raise _forked(state, before)


def _forked(state: _Audit, before: Checkpoint) -> VerificationError:
    assert state.memory is not None
    state.conflict = (state.memory.checkpoint.decode(), state.note.decode())
    return VerificationError(
        f"The log was forked: its first {before.size:,} leaves are not those that it had when it "
        f"was audited at {state.memory.audited_at}.",
        hint="Keep both checkpoints: they are evidence against the log.",
    )


# --------------------------------------------------------------------------------------- tree


def _tree(state: _Audit, said: Checkpoint, before: Checkpoint | None) -> None:  # 3
    edge = Edge()
    for start, entries in _bundles(state.files, said.size):
        hashes = list(map(leaf_hash, entries))
        if before is not None and start < before.size <= start + len(entries):
            cut = before.size - start
            if edge.append(hashes[:cut])[0].frontier.root() != before.root:
                raise _forked(state, before)
        edge, tiles = edge.append(hashes)
        for tile, grown in tiles:
            if tile.width == WIDTH:
                _check_tile(state, tile, grown)
        for index, leaf in enumerate(entries, start):
            if _SEALED.fullmatch(leaf):
                _sealed(state, index, leaf)
            else:
                _clear(state, index, leaf)
    for tile in partial_tiles(said.size):
        _check_tile(state, tile, b"".join(edge.partials[tile.level or 0]))
    if edge.frontier.root() != said.root:
        raise VerificationError(
            f"The {said.size:,} published leaves do not lead to the root of the signed checkpoint."
        )
    if before is not None and before.size == 0 and before.root != EMPTY_ROOT:
        raise _forked(state, before)
    if said.size and not state.public.record.named("log-opened") and not state.broken:
        error = VerificationError("It is sealed, where a log begins with the statement opening it.")
        state.broken.append((0, error))


def _bundles(files: Published, size: int) -> Iterator[tuple[int, Sequence[bytes]]]:
    """The leaves in bundles of at most 256, each with the index of its first."""
    for start in range(0, size, WIDTH):
        tile = Tile(None, start // WIDTH, min(WIDTH, size - start))
        data = files.read(tile.path, _BUNDLE_BYTES)
        if data is not None:
            yield start, _entries(data, tile.width, tile)
            continue
        # The log has grown since its checkpoint was read, and may have dropped the partial bundle.
        full = Tile(None, tile.index)
        data = files.read(full.path, _BUNDLE_BYTES) if tile.width < WIDTH else None
        if data is None:
            raise VerificationError(
                f"{tile.path} is missing: what the checkpoint stands for is not published."
            )
        yield start, _entries(data, WIDTH, full)[: tile.width]


def _entries(data: bytes, width: int, tile: Tile) -> Sequence[bytes]:
    try:
        return split_entries(data, width)
    except FormatError as error:
        raise FormatError(f"{tile.path} is no bundle of {width} leaves. {error.message}") from None


def _check_tile(state: _Audit, tile: Tile, grown: bytes) -> None:
    stored = state.files.read(tile.path, WIDTH * HASH_BYTES)
    if stored is None and tile.width < WIDTH:
        full = state.files.read(Tile(tile.level, tile.index).path, WIDTH * HASH_BYTES)
        stored = None if full is None else full[: len(grown)]
    if stored is None:
        raise VerificationError(f"{tile.path} is missing: proofs can't be made from what is there.")
    if stored != grown:
        raise VerificationError(f"{tile.path} is not what the published leaves lead to.")
    state.tiles += 1


# -------------------------------------------------------------------------------------- leaves


def _sealed(state: _Audit, index: int, leaf: bytes) -> None:  # 4
    """Count a sealed leaf, whose digest no other may have: its salt is used once."""
    state.sealed += 1
    digest = bytes.fromhex(leaf[len(b'{"sealed":"') : -len(b'"}')].decode())
    if digest in state.digests:
        error = VerificationError("It is sealed with a digest that stands in an earlier leaf.")
        state.broken.append((index, error))
    state.digests.add(digest)


def _clear(state: _Audit, index: int, data: bytes) -> None:  # 4 to 6
    """Judge a leaf that is not plainly sealed; what is wrong is kept, and the audit goes on.

    A statement that breaks a rule is left out of the record, as if the log had refused it.
    """
    state.clear += 1
    try:
        leaf = parse_leaf(data)  # 4
        assert not isinstance(leaf, SealedLeaf)  # each of those has the one spelling
        if state.policy is not None:
            state.keys = state.keys or Keys(state.policy)
            entry = entry_of(leaf.envelope, index, state.keys)  # 5
            state.signatures += len(by_parties(leaf.envelope))
        else:
            entry = claimed(leaf, index)
        public = state.public.after(entry)  # 6
        _check_notice(state, entry)
        if entry.made_at > state.now:
            state.ahead.append(entry)
        if state.keys is not None and entry.name == KEY_CHANGED:
            state.keys = state.keys.changed(entry)
        state.public = public
    except ProofhouseError as error:
        state.broken.append((index, error))


def _check_notice(state: _Audit, entry: Entry) -> None:  # 6
    """A notice is of a determination of its own. Raises VerificationError."""
    if entry.name != NOTICE:
        return
    committed: str = entry.predicate["determination"]["sha256"]
    if committed in state.noticed:
        raise VerificationError(
            "The determination notice carries the commitment of an earlier notice."
        )
    state.noticed.add(committed)


def claimed(leaf: ClearLeaf, index: int) -> Entry:
    """The statement of a leaf as it claims to be signed; no signature is looked at.

    Raises FormatError.
    """
    envelope: Envelope = leaf.envelope
    statement = Statement.parse(envelope.payload)
    name = predicates.predicate_name(statement.predicate_type)
    predicates.check(name, statement.predicate)
    roles = SIGNERS[name]
    if name == KEY_CHANGED and statement.predicate["reason"] == "rotated":
        roles = (str(statement.predicate["role"]),)
    signers = frozenset(
        Signer(role, signature.keyid) for role in roles for signature in by_parties(envelope)
    )
    return Entry(
        index, envelope.digest, name, statement.subject_sha256, statement.predicate, signers
    )


# ------------------------------------------------------------------------------------- telling


def _tell_leaves(state: _Audit) -> None:
    bundles = -(-state.size // WIDTH)
    agree = "agrees" if state.tiles == 1 else "agree"
    state.say(
        "tree",
        "held",
        f"All {state.size:,} leaves, in {_count(bundles, 'bundle')}, lead to the signed root; "
        f"{_count(state.tiles, 'hash tile')} {agree} with them.",
    )
    if state.memory is not None:
        before, _ = checkpoints.parse(state.memory.checkpoint)
        state.say(
            "memory",
            "held",
            f"The {before.size:,} leaves of the last audit, at {state.memory.audited_at}, are "
            "still there, in their places: nothing vanished.",
        )
    for index, error in state.broken[:MAX_TOLD]:
        state.say("rules", "failed", f"Leaf {index}: {error}")
    if len(state.broken) > MAX_TOLD:
        more = len(state.broken) - MAX_TOLD
        state.say("rules", "failed", f"{_count(more, 'further leaf', 'further leaves')} as well.")


def _tell_rules(state: _Audit, promises: Sequence[Promise]) -> None:
    public, record = state.public, state.public.record
    bad = {index for index, _ in state.broken}
    if not bad:
        state.say(
            "leaves",
            "held",
            f"{state.sealed:,} sealed and {state.clear:,} clear leaves, all well-formed.",
        )
        if state.policy is not None:
            state.say(
                "signatures",
                "held",
                f"All {state.signatures:,} signatures on clear statements hold, by parties that "
                f"the policy names; {state.policy.body_threshold} of "
                f"{len(state.policy.issuers['body'])} owning bodies signed each bank and "
                "threshold.",
            )
        banks, thresholds = record.named("bank-commitment"), record.named("threshold-commitment")
        notices = sum(public.notices.values())
        state.say(
            "thresholds",
            "held",
            f"{_count(len(banks), 'bank version')} and {_count(len(thresholds), 'threshold')}: no "
            "bank version has more than one.",
        )
        state.say(
            "determinations",
            "held",
            f"{_count(notices, 'determination notice')}: {'it' if notices == 1 else 'each'} cites "
            "a bank and a threshold that stand before it."
            if notices
            else "No determination has been published.",
        )
    if state.policy is None:
        state.say(
            "signatures",
            "not_checked",
            "Only the log's key was given, no trust policy: who signed the statements was not "
            "looked at.",
        )
    if state.ahead:
        first, dated = (
            state.ahead[0],
            _count(len(state.ahead), "clear statement is", "clear statements are"),
        )
        state.say(
            "times",
            "not_checked",
            f"{dated} dated after this audit, the first at leaf {first.index}: a {first.name} "
            f"of {first.made_at}.",
        )
    for promise in promises:  # 7
        _tell_promise(state, promise)


def _tell_promise(state: _Audit, promise: Promise) -> None:
    what = f"The {promise.name.replace('-', ' ')} at leaf {promise.index}"
    if promise.state == "kept":
        late = f", after the day ({promise.open_by})" if promise.late else ""
        state.say("promises", "held", f"{what} was opened, at leaf {promise.opened}{late}.")
    elif promise.state == "overdue":
        state.say(
            "promises", "overdue", f"{what} was to be opened by {promise.open_by}, and is not."
        )
    else:
        state.say("promises", "held", f"{what} is to be opened by {promise.open_by}.")


def _limits(state: _Audit) -> None:  # 8
    genesis = state.public.record.named("log-opened")
    custody = [entry.predicate["custody"] for entry in genesis]
    if "single" in custody or (state.policy is not None and state.policy.custody == "single"):
        state.say(
            "custody",
            "not_checked",
            "One home holds every key: this shows integrity, not independence.",
        )
    if not any(check.name == "witnesses" for check in state.checks):
        state.say(
            "times",
            "not_checked",
            "No trusted witness is named: order proven, times claimed; others may have been shown "
            "another log.",
        )
    state.say(
        "sealed",
        "not_checked",
        f"What the {state.sealed:,} sealed leaves hold is for an inspector to open.",
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
