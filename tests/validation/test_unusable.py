# SPDX-License-Identifier: Apache-2.0
"""A source that can't be unpacked is a finding about what was sent in, with a verdict."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofhouse.cli.gate import command as gate
from proofhouse.cli.validate import command as validate
from proofhouse.validation import sources


def archive(path: Path, name: str, data: bytes) -> Path:
    with tarfile.open(path, "w") as out:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        out.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("kind", ["leads out", "bomb", "damaged"])
def test_a_hostile_source_has_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Traversal, bombs and damage end with a word and its reason, in text and in JSON."""
    source = archive(tmp_path / "s.tar", "../x" if kind == "leads out" else "x", b"x" * 100)
    if kind == "bomb":
        monkeypatch.setattr(sources, "MOST_BYTES", 50)
    if kind == "damaged":
        source.write_bytes(b"\x1f\x8bno archive")
    (tmp_path / "given").write_bytes(b"x")
    given = str(tmp_path / "given")
    common = ["--source", str(source), "--run", "./x {proof}", "--proof", given, "--json"]
    made = CliRunner().invoke(validate, common)
    told = json.loads(made.output)
    assert (made.exit_code, told["verdict"]) == (5, "environment_failed")
    assert "s.tar is not unpacked" in told["reason"]
    made = CliRunner().invoke(gate, [*common, "--patch", given])
    told = json.loads(made.output)
    assert (made.exit_code, told["verdict"]) == (3, "inconclusive")
    assert told["checks"][0]["name"] == "source"


def test_a_hostile_newest_source_leaves_the_other_judged(tmp_path: Path) -> None:
    """What is wrong with the newest source says nothing about the one that was reported."""
    bad = archive(tmp_path / "new.tar", "../x", b"x")
    worse = archive(tmp_path / "old.tar", "/x", b"x")
    (tmp_path / "given").write_bytes(b"x")
    common = ["--run", "./x {proof}", "--proof", str(tmp_path / "given"), "--newest", str(bad)]
    made = CliRunner().invoke(validate, ["--source", str(worse), *common])
    assert made.exit_code == 5
    assert made.output.startswith("environment_failed: The source old.tar is not unpacked")
