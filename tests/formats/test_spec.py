# SPDX-License-Identifier: Apache-2.0
"""The pages of spec/: their examples are real. A fence names, after its language, what it holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from proofhouse.audit import Seen
from proofhouse.formats import canonical, checkpoint, commitment, envelope, proof, quorum, salted
from proofhouse.formats.add_checkpoint import AddCheckpoint
from proofhouse.formats.assertion import Assertion
from proofhouse.formats.bundle import Bundle
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.keys import SigningKey
from proofhouse.formats.leaf import SealedLeaf, parse_leaf
from proofhouse.formats.note import VerifierKey
from proofhouse.formats.policy import Policy
from proofhouse.formats.proof import TlogProof
from proofhouse.formats.statement import Statement

SPEC = Path(__file__).parents[2] / "spec"
FENCE = re.compile(r"^```\w+ ([\w-]+)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
PAGES = (
    "assertion",
    "audit",
    "bundle",
    "canonical-json",
    "commitment",
    "leaf",
    "log",
    "policy",
    "salted-field",
    "statement-and-envelope",
    "witness",
)

PRINT: dict[str, Callable[[str], str]] = {
    "canonical-json": lambda t: canonical.dumps(canonical.loads(t.encode())).decode(),
    "statement": lambda t: Statement.parse(t.encode()).to_bytes().decode(),
    "envelope": lambda t: Envelope.parse(t.encode()).to_bytes().decode(),
    "assertion": lambda t: Assertion.parse(t.encode()).to_bytes().decode(),
    "leaf": lambda t: parse_leaf(t.encode()).to_bytes().decode(),
    "salted-field": lambda t: f'{{"salted":"{salted.parse_field(_read(t))}"}}',
    "salted-opening": lambda t: _json(salted.Opening.from_json(_read(t))),
    "commitment": lambda t: _json(commitment.Commitment.from_json(_read(t))),
    "commitment-opening": lambda t: _json(
        commitment.Opening.from_json(canonical.loads(t.encode()))
    ),
    "checkpoint": lambda t: checkpoint.parse(t.encode() + b"\n")[1].to_bytes().decode()[:-1],
    "verifier-key": lambda t: str(VerifierKey.parse(t)),
    "proof": lambda t: TlogProof.parse(t + "\n").to_text()[:-1],
    "bundle": lambda t: Bundle.parse(t.encode()).to_bytes().decode(),
    "policy": lambda t: Policy.parse(t.encode()).to_bytes().decode()[:-1],
    "audit-memory": lambda t: Seen.parse(t.encode()).to_bytes().decode()[:-1],
    "add-checkpoint": lambda t: AddCheckpoint.parse(t.encode() + b"\n").to_bytes().decode()[:-1],
    "witnesses": lambda t: _witnesses(t) or t,
}


def _witnesses(shown: str) -> None:
    """The groups and URLs of the example stand for themselves; its keys are cut short."""
    body = json.loads(shown)
    names = [key.partition("+")[0] for key in body["keys"]]
    groups = quorum.parse_groups(body["groups"])
    assert quorum.top(names, groups) == ("w3.example", "labs")
    assert quorum.to_json(groups, quorum.parse_urls(body["urls"], names)) == {
        "groups": body["groups"],
        "urls": body["urls"],
    }


def _read(text: str) -> object:
    return canonical.loads(text.encode())


def _json(value: salted.Opening | commitment.Opening | commitment.Commitment) -> str:
    return canonical.dumps(value.to_json()).decode()


def page(name: str) -> str:
    return (SPEC / f"{name}.md").read_text("utf-8")


def examples(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, body in FENCE.findall(page(name)):
        found.setdefault(kind, []).append(body)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_example_prints_back(name: str) -> None:
    """A page begins with an example, and each parses and prints to the same bytes."""
    found = examples(name)
    assert page(name).index("```") < 900
    assert found
    for kind, bodies in found.items():
        for body in bodies:
            assert PRINT[kind](body) == body


def test_the_examples_fit_together() -> None:
    """Envelope, leaf, proof, checkpoint, field and commitment of the pages are one story."""
    told = {name: examples(name) for name in PAGES}
    signing = told["statement-and-envelope"]
    statement, signed = signing["statement"][0], Envelope.parse(signing["envelope"][0].encode())
    assert signed.payload.decode() == statement
    key = SigningKey(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    assert envelope.signers(signed, {key.keyid: key.public_key}) == {key.keyid}
    assert f"`{signed.digest}`" in page("statement-and-envelope")
    assert envelope.pae(envelope.PAYLOAD_TYPE, signed.payload).decode() in page(
        "statement-and-envelope"
    )

    sealed = parse_leaf(told["leaf"]["leaf"][0].encode())
    assert isinstance(sealed, SealedLeaf)
    salt = re.search(r"under the salt `([0-9a-f]{64})`", page("leaf"))
    assert salt is not None
    sealed.verify_opening(signed.to_bytes(), bytes.fromhex(salt[1]))

    log = VerifierKey.parse(told["log"]["verifier-key"][0])
    receipt = TlogProof.parse(told["log"]["proof"][0] + "\n")
    proof.verify(receipt, sealed.to_bytes(), log)
    assert receipt.checkpoint.decode() == told["log"]["checkpoint"][0] + "\n"

    field = salted.parse_field(canonical.loads(told["salted-field"]["salted-field"][0].encode()))
    opening = told["salted-field"]["salted-opening"][0]
    salted.Opening.from_json(canonical.loads(opening.encode())).verify(field)
    assert field in statement
    made = canonical.loads(told["commitment"]["commitment"][0].encode())
    double = canonical.loads(told["commitment"]["commitment-opening"][0].encode())
    commitment.Opening.from_json(double).verify(commitment.Commitment.from_json(made))


def test_the_assertion_of_the_page_holds() -> None:
    """The passkey of the page answered to the payload of the page, under the keyid of the page."""
    found = Assertion.parse(examples("assertion")["assertion"][0].encode())
    found.verify(envelope.pae(envelope.PAYLOAD_TYPE, b'{"a statement":1}'))
    assert f"`{found.keyid}`" in page("assertion")
    assert f"`{found.origin}`" in page("assertion")


def test_the_bundle_of_the_page_holds_under_the_policy_of_the_page() -> None:
    """Steps 1 to 4 of the page, with the policy of the other page."""
    bundle = Bundle.parse(examples("bundle")["bundle"][0].encode())
    policy = Policy.parse(examples("policy")["policy"][0].encode())
    checkpoint.verify(bundle.checkpoint, policy.log)
    roles = []
    for entry in bundle.entries:
        entry.verify_inclusion()
        roles.append(sorted(policy.roles[k] for k in envelope.signers(entry.envelope, policy.keys)))
    assert roles == [["registrar"], ["body", "body"], ["developer"], ["developer"]]
    for opening in bundle.openings:
        digest = (
            opening.sha256 if isinstance(opening, salted.Opening) else opening.commitment.sha256
        )
        assert any(digest.encode() in entry.envelope.payload for entry in bundle.entries)


def test_a_verifier_written_from_the_page_agrees() -> None:
    """A leaf's path, followed with nothing but SHA-256 as the page says, ends in the root."""
    receipt = TlogProof.parse(examples("log")["proof"][0] + "\n")
    running = hashlib.sha256(b"\0" + examples("leaf")["leaf"][0].encode()).digest()
    # Leaf 2 of 5: its sibling is right of it, then comes a left one, then the fifth leaf.
    for side, item in zip("RLR", receipt.hashes, strict=True):
        pair = running + item if side == "R" else item + running
        running = hashlib.sha256(b"\1" + pair).digest()
    assert running == receipt.head.root


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """Every link of a page to a file of ours has an end."""
    links = re.findall(r"\]\((?!https://)([^)#]+)(?:#[^)]*)?\)", page(name))
    assert links
    for link in links:
        assert (SPEC / link).exists(), link
