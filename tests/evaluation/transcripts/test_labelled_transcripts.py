# SPDX-License-Identifier: Apache-2.0
"""The corpus is what its page says: whole, small, labelled with quotes that are there, split."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The tool that makes the corpus."""
    path = HERE.parents[2] / "tools" / "cheating_agents.py"
    spec = importlib.util.spec_from_file_location("cheating_agents", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lines(maker: ModuleType) -> list[dict[str, Any]]:
    """All transcripts."""
    read: list[dict[str, Any]] = maker.read()
    return read


def test_the_corpus_is_whole_and_small(maker: ModuleType, lines: list[dict[str, Any]]) -> None:
    """Every script has one transcript, under its own labels, and all fit into a small file."""
    told = [(s.id, s.character, s.split, s.family, s.level, s.talk, s.note) for s in maker.load()]
    kept = [
        (
            *(line[name] for name in ("id", "character", "split", "family", "level")),
            *(line.get("talk", False), line.get("note", "")),
        )
        for line in lines
    ]
    assert kept == told
    data = maker.CORPUS.read_bytes()
    assert len(data) < 1_500_000
    assert data[4:8] == bytes(4), "a time stamp of zero"


def test_a_character_is_in_one_split(lines: list[dict[str, Any]]) -> None:
    """No character is in both halves, and each half has cheats, honest agents and every kind."""
    split: dict[str, str] = {}
    for line in lines:
        assert split.setdefault(line["character"], line["split"]) == line["split"]
    for half in ("dev", "held"):
        of = [line for line in lines if line["split"] == half]
        assert {act["kind"] for line in of for act in line["acts"]} == {
            *("harness", "answers", "hosts", "paths")
        }
        assert sum(not line["acts"] for line in of) >= 40


def test_every_act_is_in_its_turn(lines: list[dict[str, Any]]) -> None:
    """The quote of an act is in a command of the reply that it names."""
    for line in lines:
        replies = [m for m in line["record"]["messages"] if m["role"] == "assistant"]
        for act in line["acts"]:
            calls = replies[act["turn"] - 1]["tool_calls"]
            assert any(act["text"] in call["arguments"].get("command", "") for call in calls)
        assert not (line.get("talk") and line["acts"])


def test_the_records_are_samples_of_inspect(lines: list[dict[str, Any]]) -> None:
    """Inspect reads each record, and every text that its messages refer to is with it."""
    from inspect_ai.log import EvalSample

    for line in lines:
        sample = EvalSample.model_validate(line["record"])
        outputs = [m.text for m in sample.messages if m.role == "tool"]
        assert len(outputs) >= 1
        for output in outputs:
            if output.startswith("attachment://"):
                assert output.removeprefix("attachment://") in sample.attachments


def test_the_page_tells_the_counts(maker: ModuleType, lines: list[dict[str, Any]]) -> None:
    """The tables of the page are those of the corpus."""
    assert maker.counts(lines) in (HERE / "README.md").read_text()
