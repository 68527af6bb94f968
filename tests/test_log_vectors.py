# SPDX-License-Identifier: Apache-2.0
"""The told forgeries of whole logs: each is refused by the audit, for the reason that it tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofhouse.audit import Seen, audit
from proofhouse.formats.policy import Policy
from proofhouse.ledger.published import Folder

FILES = sorted((Path(__file__).parents[1] / "vectors" / "logs").glob("*.json"))
STATUS = {"accept": "verified", "fails": "failed", "unknown-signer": "unknown_signers"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_log_has_its_expected_outcome(path: Path, tmp_path: Path) -> None:
    """The audit comes to what the vector expects, and its sentence has the reason."""
    vector = json.loads(path.read_text("utf-8"))
    given = vector["input"]
    for name, data in given["filesHex"].items():
        file = tmp_path / "log" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes.fromhex(data))
    policy = Policy.parse(given["policy"].encode())
    seen = given["seen"] and Seen(given["seen"].encode(), "2026-12-01T00:00:00Z")
    report = audit(Folder(tmp_path / "log"), policy.log, policy=policy, now=given["now"], seen=seen)
    said = " ".join(check.sentence for check in report.checks if check.result == "failed")
    assert (report.status, said) == (STATUS[vector["expect"]], said)
    assert (vector["reason"] in said) if "reason" in vector else not said


def test_there_are_enough() -> None:
    """Each honest log differs from a forged one in nothing but its fault."""
    expected = [json.loads(path.read_text("utf-8"))["expect"] for path in FILES]
    assert expected.count("accept") == 4
    assert len(expected) - 4 >= 22
