# SPDX-License-Identifier: Apache-2.0
"""A witness signs what grows and nothing else; a log keeps what its witnesses signed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from proofhouse.errors import DamagedError, InputError
from proofhouse.formats import checkpoint as checkpoints
from proofhouse.formats import cosignature, merkle
from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.checkpoint import Checkpoint
from proofhouse.formats.cosignature import WitnessSigner
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.note import Note, NoteSigner, VerifierKey
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.formats.quorum import WitnessGroup
from proofhouse.ledger.log import Log
from proofhouse.ledger.memories import Cosigned
from proofhouse.ledger.memory import MemoryStore
from proofhouse.ledger.store import NewEntry
from proofhouse.witness.ask import Asked, ask, keep
from proofhouse.witness.server import WitnessServer
from proofhouse.witness.witness import SIZE, Answer, Witness

KEY = NoteSigner("log.example/one", SigningKey(b"k" * 32))
BOTH = ("ed25519", "ml-dsa-44")


def leaves(count: int, start: int = 0) -> list[NewEntry]:
    return [NewEntry(b"leaf %d" % i) for i in range(start, start + count)]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    log = Log.open(MemoryStore(), KEY, cosigned=Cosigned(tmp_path / "cosigned"))
    log.append(leaves(5))
    return log


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Witness]]:
    """Makes witnesses that watch the log, by number."""
    made: list[Witness] = []

    def maker(number: int = 0, algorithms: tuple[str, ...] = ("ed25519",)) -> Witness:
        name = f"witness.example/{number}"
        made.append(Witness.create(tmp_path / f"witness-{number}", name, algorithms))
        made[-1].watch(KEY.verifier)
        return made[-1]

    yield maker
    for witness in made:
        witness.close()


def request(log: Log, old: int = 0, size: int | None = None) -> bytes:
    note = log.checkpoint() if size is None else checkpoint_at(log, size)
    new = checkpoints.parse(note)[0].size
    return AddCheckpoint(old, log.consistency(old, new) if old else (), note).to_bytes()


def checkpoint_at(log: Log, size: int, key: NoteSigner = KEY) -> bytes:
    hashes = [merkle.leaf_hash(log.leaf(i)) for i in range(size)]
    root = merkle.root_from_leaf_hashes(hashes)
    return checkpoints.sign(Checkpoint(key.name, size, root), key)


def lines(answer: Answer, log: Log, *keys: VerifierKey) -> dict[str, int]:
    """Who cosigned the log's checkpoint in an answer; every line is held to it."""
    said, shown = checkpoints.parse(log.checkpoint())
    note = Note.parse(shown.text.encode() + b"\n" + answer.body)
    return cosignature.verify(said, note, keys, len({key.name for key in keys}))


# ------------------------------------------------------------------------------- the protocol


@pytest.mark.parametrize("algorithms", [("ed25519",), ("ml-dsa-44",), BOTH])
def test_it_signs_a_log_that_grows(
    log: Log, make: Callable[..., Witness], algorithms: tuple[str, ...]
) -> None:
    """From nothing, further, and the same again: each time with a line by every key it has."""
    witness = make(0, algorithms)
    keys = [signer.verifier for signer in witness.signers]
    first = witness.add_checkpoint(request(log))
    assert first.status == 200
    assert first.body.count(b"\n") == len(algorithms)
    assert lines(first, log, *keys)["witness.example/0"] > 1_600_000_000
    log.append(leaves(300, 5))
    assert lines(witness.add_checkpoint(request(log, 5)), log, *keys)
    assert lines(witness.add_checkpoint(request(log, 305)), log, *keys)
    assert witness.watched() == ((KEY.name, 305),)
    kept = witness.checkpoint(sha256_hex(KEY.name.encode()))
    assert kept.status == 200
    said, note = checkpoints.verify(kept.body, KEY.verifier)
    assert len(cosignature.verify(said, note, keys, 1)) == 1


def test_it_remembers_when_it_was_closed(
    log: Log, make: Callable[..., Witness], tmp_path: Path
) -> None:
    """What was signed before a restart is what the next checkpoint must extend."""
    witness = make()
    witness.add_checkpoint(request(log))
    again = Witness.open(tmp_path / "witness-0")
    assert again.add_checkpoint(request(log)).status == 409
    assert again.add_checkpoint(request(log, 5)).status == 200
    again.close()


def test_statuses(log: Log, make: Callable[..., Witness]) -> None:
    """Each refusal has the status that the specification gives it, and changes nothing."""
    witness = make()
    assert witness.checkpoint(sha256_hex(KEY.name.encode())).status == 404
    assert witness.add_checkpoint(request(log, 0, 3)).status == 200
    note = log.checkpoint()
    fork = Log.open(MemoryStore(), KEY)
    fork.append(leaves(9, 100))
    stranger = Log.open(MemoryStore(), NoteSigner.generate("log.example/two"))
    stranger.append(leaves(5))
    impostor = NoteSigner(KEY.name, SigningKey(b"i" * 32))
    forged = note.replace(b"\n5\n", b"\n4\n")
    proof = log.consistency(3, 5)
    for status, body in (
        (400, b""),
        (400, b"old 3\n" + note),
        (400, b"old 03\n\n" + note),
        (400, b"old 3\n" + b"A" * 43 + b"=\n" * 70 + b"\n" + note),
        (404, request(stranger)),
        (403, AddCheckpoint(3, (), checkpoint_at(log, 5, impostor)).to_bytes()),
        (403, AddCheckpoint(3, (), forged).to_bytes()),
        (400, AddCheckpoint(6, (), note).to_bytes()),
        (409, request(log)),
        (409, request(log, 4)),
        (422, AddCheckpoint(3, (), note).to_bytes()),
        (422, AddCheckpoint(3, proof[:-1], note).to_bytes()),
        (422, AddCheckpoint(3, (*proof, proof[0]), note).to_bytes()),
        (422, request(fork, 3)),
        (422, AddCheckpoint(3, (), checkpoint_at(fork, 3)).to_bytes()),
    ):
        answer = witness.add_checkpoint(body)
        assert answer.status == status, (answer, body[:60])
        if status == 409:
            assert (answer.kind, answer.body) == (SIZE, b"3\n")
        assert witness.watched() == ((KEY.name, 3),)
    assert witness.add_checkpoint(request(log, 3)).status == 200


def test_the_empty_tree(make: Callable[..., Witness]) -> None:
    """A checkpoint of nothing has the one root; a proof from nothing is refused."""
    witness = make()
    empty = Log.open(MemoryStore(), KEY)
    wrong = checkpoints.sign(Checkpoint(KEY.name, 0, b"x" * 32), KEY)
    assert witness.add_checkpoint(AddCheckpoint(0, (), wrong).to_bytes()).status == 422
    assert witness.add_checkpoint(AddCheckpoint(0, (), empty.checkpoint()).to_bytes()).status == 200
    empty.append(leaves(3))
    proof = AddCheckpoint(0, (b"x" * 32,), empty.checkpoint()).to_bytes()
    assert witness.add_checkpoint(proof).status == 422
    assert witness.add_checkpoint(request(empty)).status == 200


def test_a_clock_that_goes_back(log: Log, make: Callable[..., Witness], tmp_path: Path) -> None:
    """A witness whose clock is behind its last signature signs nothing."""
    make().close()
    clock = [2_000_000_000]
    witness = Witness.open(tmp_path / "witness-0", lambda: clock[0])
    assert witness.add_checkpoint(request(log, 0, 3)).status == 200
    clock[0] -= 1
    assert witness.add_checkpoint(request(log, 3)).status == 503
    clock[0] += 1
    assert witness.add_checkpoint(request(log, 3)).status == 200
    witness.close()


def test_two_at_once(log: Log, make: Callable[..., Witness], tmp_path: Path) -> None:
    """Of many requests from one size exactly one is signed, in two processes' connections."""
    make()
    log.append(leaves(20, 5))
    doors = [Witness.open(tmp_path / "witness-0") for _ in range(2)]
    bodies = [request(log, 0, size) for size in range(5, 25)]
    found: list[int] = []
    gate = threading.Barrier(len(bodies))

    def knock(number: int) -> None:
        gate.wait()
        found.append(doors[number % 2].add_checkpoint(bodies[number]).status)

    threads = [threading.Thread(target=knock, args=(n,)) for n in range(len(bodies))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [200] + [409] * (len(bodies) - 1)
    for door in doors:
        door.close()


def test_making_and_watching(tmp_path: Path, make: Callable[..., Witness]) -> None:
    """A witness is made once; a log keeps its key; keys and memory that were edited are damage."""
    witness = make()
    with pytest.raises(InputError, match="a witness in"):
        Witness.create(tmp_path / "witness-0", "another.example", ("ed25519",))
    witness.watch(KEY.verifier)
    with pytest.raises(InputError, match="under another key"):
        witness.watch(NoteSigner(KEY.name, SigningKey(b"o" * 32)).verifier)
    with pytest.raises(InputError, match="Ed25519 note key"):
        witness.watch(WitnessSigner("w", b"w" * 32).verifier)
    with pytest.raises(InputError, match="no witness in"):
        Witness.open(tmp_path)
    (tmp_path / "witness-0" / "witness.key").write_bytes(b'{"name":"a","keys":[]}')
    with pytest.raises(DamagedError, match="no key"):
        Witness.open(tmp_path / "witness-0")


# ---------------------------------------------------------------------------------- over HTTP


class Liar(Witness):
    """Signs another root than the one it was shown, or nonsense."""

    vice = "another root"

    def add_checkpoint(self, body: bytes) -> Answer:
        head = AddCheckpoint.parse(body).head
        other = Checkpoint(head.origin, head.size, b"\x01" * 32)
        line = self.signers[0].cosign(other, 1_700_000_000)
        return {
            "another root": Answer(200, str(line).encode()),
            "no signature": Answer(200, b"I saw it.\n"),
            "nothing": Answer(200, b""),
            "somebody else": Answer(
                200, str(WitnessSigner("else", b"e" * 32).cosign(head, 5)).encode()
            ),
            "no time": Answer(200, str(self.signers[0].cosign(head, 0)).encode()),
            "a conflict for ever": Answer(409, b"3\n", SIZE),
            "a conflict beyond": Answer(409, b"99\n", SIZE),
            "a conflict in words": Answer(409, b"many\n", SIZE),
            "an error": Answer(500, b"\xff" * 100_000),
        }[self.vice]


@contextmanager
def listening(witness: Witness) -> Iterator[str]:
    with WitnessServer(witness, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def policy_of(
    witnesses: list[Witness], urls: dict[str, str], threshold: int, *groups: WitnessGroup
) -> Policy:
    issuers = dict.fromkeys(("developer", "assessor", "partner", "registrar"), ()) | {
        "body": (Issuer("Body", SigningKey(b"b" * 32).public_key),)
    }
    keys = tuple(signer.verifier for witness in witnesses for signer in witness.signers)
    return Policy(KEY.verifier, "separate", issuers, 1, keys, threshold, groups, urls)


def results(asked: tuple[Asked, ...]) -> list[str]:
    return [one.result for one in asked]


def test_three_witnesses_one_lies_one_is_down(
    log: Log, make: Callable[..., Witness], tmp_path: Path
) -> None:
    """The honest one's lines are kept and proven with; liar and silent count for nothing."""
    honest, crooked, down = make(0, BOTH), make(1), make(2)
    liar = Liar(crooked.path, crooked.signers, crooked._db)
    with ExitStack() as stack:
        urls = {
            "witness.example/0": stack.enter_context(listening(honest)),
            "witness.example/1": stack.enter_context(listening(liar)),
            "witness.example/2": "http://127.0.0.1:9",
        }
        policy = policy_of([honest, crooked, down], urls, 1)
        note, asked = ask(log, policy)
        assert results(asked) == ["cosigned", "refused", "unreachable"]
        assert "does not hold" in asked[1].sentence
        assert keep(log, policy, note, asked) == {"witness.example/0"}
        said, signed = checkpoints.parse(log.checkpoint())
        assert policy.seen_by(said, signed).keys() == {"witness.example/0"}
        assert len(signed.signatures) == 3

        # The log grows; the one that was down comes up, and is told the size by its own answer.
        log.append(leaves(40, 5))
        urls["witness.example/2"] = stack.enter_context(listening(down))
        note, asked = ask(log, policy_of([honest, crooked, down], urls, 2))
        assert results(asked) == ["cosigned", "refused", "cosigned"]
        assert keep(log, policy, note, asked) == {"witness.example/0", "witness.example/2"}


@pytest.mark.parametrize(
    ("vice", "said"),
    [
        ("another root", "does not hold"),
        ("no signature", "signature line"),
        ("nothing", "signature line"),
        ("somebody else", "not with a signature by a key that is trusted"),
        ("no time", "without a time"),
        ("a conflict for ever", "another request came between"),
        ("a conflict beyond", "signed a tree of 99 leaves"),
        ("a conflict in words", "its size"),
        ("an error", "(500)"),
    ],
)
def test_every_lie_is_told(log: Log, make: Callable[..., Witness], vice: str, said: str) -> None:
    """Whatever a witness says instead of a signature, nothing of it is kept, and it is told."""
    crooked = make()
    liar = Liar(crooked.path, crooked.signers, crooked._db)
    liar.vice = vice
    with listening(liar) as url:
        policy = policy_of([crooked], {"witness.example/0": url}, 1)
        note, asked = ask(log, policy)
    assert results(asked) == ["refused"]
    assert said.lower() in asked[0].sentence.lower()
    assert keep(log, policy, note, asked) == frozenset()
    assert log.cosigned() is None


def test_what_is_enough_is_not_replaced_by_less(log: Log, make: Callable[..., Witness]) -> None:
    """A newer checkpoint with too few witnesses leaves the older one that had enough."""
    one, two = make(0), make(1)
    with listening(one) as first:
        with listening(two) as second:
            urls = {"witness.example/0": first, "witness.example/1": second}
            policy = policy_of([one, two], urls, 2)
            assert len(keep(log, policy, *ask(log, policy))) == 2
        log.append(leaves(1, 5))
        assert len(keep(log, policy, *ask(log, policy))) == 1
        seen = log.cosigned()
        assert seen is not None
        assert seen[0].size == 5
        # The same size again, in two goes: the lines come together.
        with listening(two) as second:
            policy = policy_of([one, two], {"witness.example/1": second}, 2)
            asked = ask(log, policy)
            assert results(asked[1]) == ["unreachable", "cosigned"]


def test_groups_count_once(log: Log, make: Callable[..., Witness]) -> None:
    """Two witnesses of one group are one voice; the policy wants two."""
    three = [make(n) for n in range(3)]
    pair = WitnessGroup("pair", 1, ("witness.example/0", "witness.example/1"))
    with ExitStack() as stack:
        urls = {w.name: stack.enter_context(listening(w)) for w in three[:2]}
        policy = policy_of(three, urls, 2, pair)
        note, asked = ask(log, policy)
        assert results(asked) == ["cosigned", "cosigned", "unreachable"]
        assert keep(log, policy, note, asked) == {"pair"}
        urls["witness.example/2"] = stack.enter_context(listening(three[2]))
        policy = policy_of(three, urls, 2, pair)
        assert Policy.parse(policy.to_bytes()) == policy
        assert keep(log, policy, *ask(log, policy)) == {"pair", "witness.example/2"}


def test_the_server_is_careful(log: Log, make: Callable[..., Witness]) -> None:
    """Other paths, no length and too much of it are refused; the newest checkpoint is shown."""
    import http.client

    witness = make()
    with listening(witness) as url:
        host = url.removeprefix("http://")

        def say(method: str, path: str, body: bytes | None, **headers: str) -> tuple[int, bytes]:
            connection = http.client.HTTPConnection(host, timeout=60)
            connection.putrequest(method, path)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(body)
            response = connection.getresponse()
            answer = response.status, response.read()
            connection.close()
            return answer

        body = request(log)
        length = str(len(body))
        assert say("POST", "/add-checkpoint", None)[0] == 411
        assert say("POST", "/add-checkpoint", None, Content_Length="9" * 8)[0] == 413
        assert say("POST", "/elsewhere", body, Content_Length=length)[0] == 404
        assert say("POST", "/add-checkpoint", body, Content_Length=length)[0] == 200
        hash_ = sha256_hex(KEY.name.encode())
        status, note = say("GET", f"/{hash_}/checkpoint", None)
        assert (status, checkpoints.verify(note, KEY.verifier)[0].size) == (200, 5)
        for path in ("/", f"/{'0' * 64}/checkpoint", f"/{hash_}/../checkpoint"):
            assert say("GET", path, None)[0] == 404
