# SPDX-License-Identifier: Apache-2.0
"""Makes vectors/logs: published logs, one fault each, for any auditor. See spec/audit.md.

    python tools/forged_logs.py

Whoever made them holds every key, the log's included: signatures and proofs hold wherever the fault
is elsewhere. Deterministic: the same files come out each time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.envelope import Envelope, sign
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.leaf import clear_leaf
from proofhouse.formats.note import Note, NoteSigner
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.formats.statement import Statement
from proofhouse.ledger.export import export
from proofhouse.ledger.log import Log
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.store import NewEntry
from proofhouse.rules.keys import possession

TO = Path(__file__).parents[1] / "vectors" / "logs"
NOW, AT, BY = "2027-01-01T00:00:00Z", "2026-07-01T09:00:00Z", "2029-07-01T09:00:00Z"
LOG = NoteSigner("log.example/vectors", SigningKey(b"L" * 32))
KEYS = {name: SigningKey(sha256(name.encode()).digest()) for name in ("registrar", "assessor")}
BODIES = [SigningKey(sha256(b"body %d" % n).digest()) for n in range(3)]
WITNESS = WitnessSigner("witness.example/one", b"W" * 32)

Files = dict[str, bytes]


def hidden(what: str) -> str:
    """A digest that stands for something hidden."""
    return sha256(what.encode()).hexdigest()


def policy(**changes: Any) -> Policy:
    """The trust policy of these logs."""
    issuers = {
        "developer": (),
        "partner": (),
        "assessor": (Issuer("Institute", KEYS["assessor"].public_key),),
        "registrar": (Issuer("Registry", KEYS["registrar"].public_key),),
        "body": tuple(Issuer(f"Agency {n}", key.public_key) for n, key in enumerate(BODIES, 1)),
    }
    given = {"custody": "separate", "issuers": issuers, "body_threshold": 2, **changes}
    return Policy(LOG.verifier, **given)


class Made:
    """A log under way: statements are added as their names say, with any change."""

    def __init__(self, *, begun: bool = True) -> None:
        self.log = Log.open(MemoryStore(), LOG)
        if begun:
            self.genesis()
            self.bank = self.commit_bank()
            self.threshold = self.commit_threshold()
            self.seal(3)

    def add(self, name: str, about: str, keys: list[SigningKey], predicate: Any) -> Envelope:
        """Append a clear statement, whatever it says."""
        statement = Statement(f"urn:proofhouse:{name}:v1", name, about, predicate)
        envelope = sign(statement.to_bytes(), keys)
        self.log.append([NewEntry(clear_leaf(envelope))])
        return envelope

    def leaf(self, data: bytes) -> None:
        """Append any bytes."""
        self.log.append([NewEntry(data)])

    def seal(self, count: int) -> None:
        """Append sealed leaves."""
        for _ in range(count):
            self.leaf(b'{"sealed":"%b"}' % hidden(f"leaf {self.log.size}").encode())

    def genesis(self, **changes: Any) -> Envelope:
        """Open the log."""
        fields = {"origin": LOG.name, "verifierKey": str(LOG.verifier), "custody": "separate"}
        fields |= {"openedAt": AT, **changes}
        about = sha256(fields["origin"].encode()).hexdigest()
        return self.add("log-opened", about, [KEYS["registrar"]], fields)

    def commit_bank(self, version: int = 1, keys: list[SigningKey] | None = None) -> Envelope:
        """Commit to a bank version."""
        seed = {"sha256": hidden(f"seed {version}"), "pedersen": hidden("point")}
        fields = {"bank": "cyber", "version": version, "track": "cyber", "seed": seed}
        fields |= {"capabilities": ["finding flaws"], "families": {"memory-flaw": 8}}
        fields |= {"generatorDigest": hidden("g"), "toolchainDigest": hidden("t")}
        fields |= {"calibrationDigest": hidden("c"), "statement": "What is tested, and how."}
        fields |= {"owners": ["Agency 1", "Agency 2"], "committedAt": AT, "openBy": BY}
        return self.add("bank-commitment", seed["sha256"], keys or BODIES[:2], fields)

    def commit_threshold(
        self, keys: list[SigningKey] | None = None, bank: str = "", **changes: Any
    ) -> Envelope:
        """Commit to a threshold."""
        bank = bank or self.bank.digest
        cut = {"sha256": hidden("cut"), "pedersen": hidden("point")}
        fields = {"bank": bank, "dimensions": ["cyber"], "threshold": cut}
        fields |= {"decidedBy": ["Agency 1"], "consulted": [], "committedAt": AT, "openBy": BY}
        return self.add("threshold-commitment", bank, keys or BODIES[:2], fields | changes)

    def notice(self, key: SigningKey | None = None, **changes: Any) -> Envelope:
        """Publish that a determination was made."""
        answer = {"sha256": hidden(f"answer {self.log.size}"), "pedersen": hidden("point")}
        fields = {"bank": self.bank.digest, "threshold": self.threshold.digest}
        fields |= {"determination": answer, "issuedAt": AT, **changes}
        return self.add(
            "determination-notice", fields["threshold"], [key or KEYS["assessor"]], fields
        )

    def files(self) -> Files:
        """The log as it would be exported."""
        with tempfile.TemporaryDirectory() as place:
            export(self.log, Path(place))
            found = (path for path in sorted(Path(place).rglob("*")) if path.is_file())
            return {str(path.relative_to(place)): path.read_bytes() for path in found}


def honest() -> Made:
    """A log in which nothing is wrong."""
    made = Made()
    made.notice()
    made.seal(2)
    return made


def entries(files: Files) -> str:
    """The path of its first bundle of leaves."""
    return next(name for name in files if name.startswith("tile/entries/"))


def write(
    name: str,
    says: str,
    files: Files,
    reason: str = "",
    expect: str = "fails",
    seen: bytes | None = None,
    trust: Policy | None = None,
) -> None:
    """Write one vector."""
    given: dict[str, Any] = {
        "filesHex": {path: data.hex() for path, data in files.items()},
        "policy": (trust or policy()).to_bytes().decode(),
        "now": NOW,
        "seen": None if seen is None else seen.decode(),
    }
    vector = {"check": "logs.audit", "says": says, "input": given, "expect": expect}
    if reason:
        vector["reason"] = reason
    TO.mkdir(parents=True, exist_ok=True)
    text = json.dumps(vector, indent=2, ensure_ascii=False) + "\n"
    (TO / f"{name}.json").write_text(text, "utf-8")


def broken_rule(name: str, says: str, reason: str, bend: Callable[[Made], Any]) -> None:
    """Write an honest log to which ``bend`` did one thing."""
    made = Made()
    bend(made)
    write(name, says, made.files(), reason)


def honest_ones() -> None:
    """Honest logs, and what witnesses have to do with it."""
    made = honest()
    files = made.files()
    write("nothing-forged", "An honest log.", files, expect="accept")
    before = files["checkpoint"]
    made.seal(300)
    write(
        "nothing-forged-grown",
        "An honest log that grew since it was last seen.",
        made.files(),
        expect="accept",
        seen=before,
    )
    lines = Note.parse(before).with_signatures(
        [WITNESS.cosign(checkpoints.parse(before)[0], 1_790_000_000)]
    )
    trust = policy(witnesses=(WITNESS.verifier,), witness_threshold=1)
    seen = {**files, "checkpoint": lines.to_bytes()}
    write("nothing-forged-witnessed", "One witness of one.", seen, expect="accept", trust=trust)
    write("unwitnessed", "The policy wants a witness.", files, "1 must", trust=trust)
    other = WITNESS.cosign(Checkpoint(LOG.name, made.log.size, b"r" * 32), 1_790_000_000)
    lied = {**files, "checkpoint": Note.parse(before).with_signatures([other]).to_bytes()}
    write("witness-of-another-tree", "A line for another root.", lied, "does not hold", trust=trust)


def broken_trees() -> None:
    """Files that are not those of the signed tree, or not those of the last audit."""
    made = honest()
    files, before = made.files(), made.log.checkpoint()
    changed = bytearray(files[entries(files)])
    changed[-4] ^= 1
    write(
        "changed-leaf",
        "A digit of a sealed leaf is another.",
        {**files, entries(files): bytes(changed)},
        "lead to",
    )
    bare = {path: data for path, data in files.items() if path != entries(files)}
    write("vanished-bundle", "A bundle of leaves is gone.", bare, "is missing")
    tile = next(name for name in files if name.startswith("tile/0/"))
    bare = {path: data for path, data in files.items() if path != tile}
    write("vanished-tile", "A hash tile is gone.", bare, "is missing")
    turned = {**files, tile: files[tile][32:] + files[tile][:32]}
    write("turned-tile", "The hashes of a tile stand in another order.", turned, "lead to")
    other = {
        **files,
        "log.vkey": f"{NoteSigner(LOG.name, SigningKey(b'o' * 32)).verifier}\n".encode(),
    }
    write("another-key-beside", "The file log.vkey names another key.", other, "another key")
    twice = before + before.splitlines(keepends=True)[-1]
    write(
        "duplicate-signature-line",
        "The log's line stands twice.",
        {**files, "checkpoint": twice},
        "two signature lines",
    )
    shorter = Made()
    write(
        "rolled-back",
        "It had more leaves when it was last seen.",
        shorter.files(),
        "rolled back",
        seen=before,
    )
    fork = Made()
    fork.seal(1)
    fork.notice()
    fork.seal(1)
    write(
        "forked",
        "As long as when it was last seen, and another.",
        fork.files(),
        "forked",
        seen=before,
    )
    fork.seal(300)
    write(
        "forked-and-grown",
        "Longer, and its beginning is another.",
        fork.files(),
        "forked",
        seen=before,
    )
    stranger = NoteSigner(LOG.name, SigningKey(b"s" * 32))
    said, _ = checkpoints.parse(before)
    signed = checkpoints.sign(said, stranger)
    write(
        "strange-log-key",
        "Another key of the same name signed.",
        {**files, "checkpoint": signed},
        "None of the given keys",
        "unknown-signer",
    )


def broken_rules() -> None:
    """Leaves that no desk would have registered."""
    broken_rule(
        "second-threshold",
        "A bank version gets a second threshold.",
        "second threshold",
        lambda m: m.commit_threshold(consulted=["somebody"]),
    )
    broken_rule(
        "threshold-of-no-bank",
        "A threshold for a bank that was never committed.",
        "not committed before it",
        lambda m: m.commit_threshold(bank=hidden("no bank")),
    )
    broken_rule(
        "one-body-alone",
        "One body of the two that must signs a bank.",
        "needs 2 signature(s)",
        lambda m: m.commit_bank(2, BODIES[:1]),
    )
    broken_rule(
        "older-bank-version",
        "A bank version that is not above the last.",
        "version that is not above",
        lambda m: (m.commit_bank(3), m.commit_bank(2)),
    )
    broken_rule(
        "determined-by-nothing",
        "A determination cites a threshold that is not in the log.",
        "not in the log",
        lambda m: m.notice(threshold=hidden("nothing")),
    )
    broken_rule(
        "second-opening-of-the-log",
        "The log is opened again, in its middle.",
        "by its leaf 0",
        lambda m: m.genesis(openedAt=BY),
    )
    broken_rule(
        "withdrawal-in-clear",
        "A withdrawal is published, which would tell on its developer.",
        "never published in clear",
        lambda m: m.add(
            "withdrawal", hidden("case"), BODIES[:1], {"previous": hidden("p"), "withdrawnAt": AT}
        ),
    )
    broken_rule(
        "sealed-with-a-space",
        "A sealed leaf in a second spelling.",
        "Leaf 6",
        lambda m: m.leaf(b'{"sealed": "%b"}' % hidden("x").encode()),
    )
    broken_rule(
        "sealed-too-short",
        "A sealed leaf of 62 digits.",
        "commitment of a sealed leaf",
        lambda m: m.leaf(b'{"sealed":"%b"}' % hidden("x").encode()[:62]),
    )
    made = Made(begun=False)
    made.seal(3)
    write("opened-by-nobody", "The first leaf is sealed.", made.files(), "Leaf 0")
    made = Made()
    made.notice(SigningKey(b"x" * 32))
    files = made.files()
    write(
        "strange-assessor",
        "An assessor whom nobody named.",
        files,
        "does not name",
        "unknown-signer",
    )
    made = Made()
    old, new = KEYS["assessor"], SigningKey(b"n" * 32)
    proof = new.sign(possession(LOG.name, old.keyid, new.public)).hex()
    change = {"role": "assessor", "old": old.keyid, "new": new.public.hex(), "possession": proof}
    change |= {"reason": "rotated", "changedAt": AT}
    made.add("key-changed", old.keyid, [old], change)
    made.notice(new)
    write("nothing-forged-rotated", "A key was rotated in order.", made.files(), expect="accept")
    made.notice(old)
    write(
        "rotated-key-used-late",
        "The old key signs after its rotation.",
        made.files(),
        "was rotated at leaf 6",
        "unknown-signer",
    )


if __name__ == "__main__":
    honest_ones()
    broken_trees()
    broken_rules()
    print(f"{len(list(TO.glob('*.json')))} logs in {TO}")
