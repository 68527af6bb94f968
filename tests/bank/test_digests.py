# SPDX-License-Identifier: Apache-2.0
"""What a bank is committed to: every source of the generator, and the toolchain's own words."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

import proofhouse.bank
from proofhouse.bank import digests

ROOM = Path(proofhouse.bank.__file__).parent


def test_the_generator_digest_is_over_every_source_but_the_calibration():
    wanted = {
        path.relative_to(ROOM).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in ROOM.rglob("*.py")
        if path.name != "calibration.py"
    }
    assert "memory_flaw/draft.py" in wanted
    text = json.dumps(wanted, sort_keys=True, separators=(",", ":"))
    assert digests.generator_digest() == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("changed", ["stream.py", "memory_flaw/flaw.py", "memory_flaw/new.py"])
def test_a_changed_or_added_source_changes_the_digest(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = tmp_path / "bank"
    shutil.copytree(ROOM, copy)
    before = digests.generator_digest()
    monkeypatch.setattr(digests, "files", lambda _: copy)
    assert digests.generator_digest() == before
    with (copy / changed).open("a") as file:
        file.write("\n")
    assert digests.generator_digest() != before


def test_two_compilers_have_two_digests():
    one = digests.toolchain_digest("gcc (Debian 12.2.0-14+deb12u1) 12.2.0\n")
    assert one != digests.toolchain_digest("gcc (Debian 12.2.0-14) 12.2.0\n")
    assert len(one) == 64
