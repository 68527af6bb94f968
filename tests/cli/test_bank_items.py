# SPDX-License-Identifier: Apache-2.0
"""``bank prove`` and ``bank generate``: the public twin, proven and written out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import called
from proofhouse.bank import families
from proofhouse.bank.families import FAMILIES, Family
from proofhouse.bank.item import Item
from proofhouse.bank.twins import Place, derive_at, public_seed
from proofhouse.cli import main

PROGRAM = Path(sys.executable).with_name("proofhouse")
MEMORY = FAMILIES["memory-flaw"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return called.proofhouse(None, "bank", *arguments)


def here(capsys: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """The exit code and what was printed, with the families that the test has put in place."""
    monkeypatch.setattr(sys, "argv", ["proofhouse", "bank", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().out


def only(monkeypatch: pytest.MonkeyPatch, derive: Any) -> None:
    """Have one family, which derives so."""
    put = Family("memory-flaw", MEMORY.levels, derive)
    monkeypatch.setattr(families, "FAMILIES", MappingProxyType({"memory-flaw": put}))


@pytest.mark.sandbox
def test_items_are_proven_and_counted() -> None:
    """Every item is proven; families and levels are counted; the same seed gives the same items."""
    line = ("prove", "--seed", "a", "--family", "memory-flaw", "--json", "--count")
    first = run(*line, "6")
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert (told["status"], told["items"], told["proven"], told["failures"]) == ("proven", 6, 6, [])
    levels = told["families"]["memory-flaw"]["levels"]
    assert levels == {str(level): {"items": 1, "proven": 1} for level in MEMORY.levels}
    assert first.stderr.splitlines()[-1] == "6 of 6 items"
    one, again, other = (
        json.loads(run(*line, "1", *more).stdout)["itemsDigest"]
        for more in ((), (), ("--submission", "5e" * 32))
    )
    assert one == again != other


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "named",
    [pytest.param((), marks=pytest.mark.soak), ("memory-flaw", "logic-flaw")],
    ids=["none", "two"],
)
def test_all_families_are_proven_unless_some_are_named(named: tuple[str, ...]) -> None:
    """One item of each, whoever is registered."""
    words = [word for name in named for word in ("--family", name)]
    families = set(named or FAMILIES)
    done = run("prove", "--seed", "b", "--count", str(len(families)), "--json", *words)
    assert done.returncode == 0, done.stdout
    assert set(json.loads(done.stdout)["families"]) == families


def wrong_solution(key: bytes, level: int, index: int) -> Item:
    item = MEMORY.derive(key, level, index)
    return replace(item, solution=b"x" * 40) if level == 2 else item


def shown_solution(key: bytes, level: int, index: int) -> Item:
    item = MEMORY.derive(key, level, index)
    return replace(item, prompt=f"{item.prompt}\nHint: {item.solution.hex()}")


def never_the_same(key: bytes, level: int, index: int) -> Item:
    never_the_same.times += 1  # type: ignore[attr-defined]
    item = MEMORY.derive(key, level, index)
    return replace(item, prompt=f"{item.prompt} {never_the_same.times}")  # type: ignore[attr-defined]


never_the_same.times = 0  # type: ignore[attr-defined]


def of_the_machine(key: bytes, level: int, index: int) -> Item:
    return replace(MEMORY.derive(key, level, index), solution=b"PATH=/usr/local/bin")


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("derive", "check", "failed"),
    [
        (wrong_solution, "reference", ["memory-flaw/2/00"]),
        (shown_solution, "hidden", ["memory-flaw/1/00", "memory-flaw/2/00"]),
        (never_the_same, "derive", ["memory-flaw/1/00", "memory-flaw/2/00"]),
        (of_the_machine, "surroundings", ["memory-flaw/1/00", "memory-flaw/2/00"]),
    ],
)
def test_an_item_that_fails_is_reported(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, derive: Any, check: str, failed: list[str]
) -> None:
    """Exit 1, with the check and the reason; the others are proven all the same."""
    only(monkeypatch, derive)
    code, printed = here(capsys, monkeypatch, "prove", "--seed", "c", "--count", "2", "--json")
    told = json.loads(printed)
    assert code == 1
    assert told["status"] == "failed"
    assert [one["item"] for one in told["failures"]] == failed
    assert all(one["check"] == check and one["reason"] for one in told["failures"])
    assert told["proven"] == 2 - len(failed)
    _, text = here(capsys, monkeypatch, "prove", "--seed", "c", "--count", "2")
    assert f"NOT proven: {len(failed)} of 2 items." in text


AT_MINUS_ONE = ("--index", "-1", "--out", "OUT")
REFUSED: dict[str, tuple[list[str], int, str]] = {
    "no seed": (["prove"], 2, "--seed"),
    "an empty seed": (["prove", "--seed", ""], 2, "public seed"),
    "no items": (["prove", "--seed", "a", "--count", "0"], 2, "--count"),
    "a family that is none": (["prove", "--seed", "a", "--family", "x"], 2, "memory-flaw"),
    "a leaf hash that is none": (["prove", "--seed", "a", "--submission", "5e"], 2, "64"),
    "a tier that is none": (["prove", "--seed", "a", "--tier", "moon"], 2, "tiers are: bwrap"),
    "a level that is none": (
        ["generate", "--seed", "a", "--family", "memory-flaw", "--level", "9", "--out", "OUT"],
        2,
        "no level 9",
    ),
    "an index that is none": (
        [*("generate", "--seed", "a", "--family", "memory-flaw", "--level", "1"), *AT_MINUS_ONE],
        2,
        "index",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused(tmp_path: Path, name: str) -> None:
    """One sentence, its exit code, and nothing written."""
    words, code, said = REFUSED[name]
    out = tmp_path / "out"
    done = run(*[str(out) if word == "OUT" else word for word in words])
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def test_a_missing_tier_is_refused(tmp_path: Path) -> None:
    """Without bubblewrap nothing is proven, and the line that installs it is said."""
    done = subprocess.run(
        [PROGRAM, "bank", "prove", "--seed", "a", "--count", "1"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 5, done.stderr
    assert "bubblewrap" in done.stderr
    assert done.stdout == ""


def test_an_item_is_written_without_its_secrets(tmp_path: Path) -> None:
    """Prompt and files are those of the item, and its hidden inputs are in none of the files."""
    out = tmp_path / "new" / "item"
    line = ("generate", "--family", "memory-flaw", "--seed", "a", "--level", "3", "--index", "7")
    done = run(*line, "--out", str(out))
    assert done.returncode == 0, done.stderr
    item = derive_at(FAMILIES, public_seed("a"), Place("memory-flaw", 3, 7))
    assert (out / "prompt.txt").read_text() == item.prompt
    for file in item.files:
        assert (out / "files" / file.path).read_bytes() == file.data
    about = json.loads((out / "item.json").read_text())
    assert (about["id"], about["itemDigest"]) == (item.id, item.digest)
    written = [path for path in out.rglob("*") if path.is_file()]
    assert len(written) == len(item.files) + 2
    for path in written:
        data = path.read_bytes()
        assert item.solution not in data
        assert item.solution.hex().encode() not in data
        assert item.oracle.to_value()["function"].encode() not in (  # type: ignore[index, call-overload, union-attr]
            (out / "item.json").read_bytes()
        )


def test_an_item_is_written_with_its_solution(tmp_path: Path) -> None:
    """Solution, benign answers and oracle lie apart from what a model is given."""
    line = ("generate", "--family", "memory-flaw", "--seed", "a", "--level", "1")
    done = run(*line, "--out", str(tmp_path / "item"), "--with-solution", "--json")
    assert json.loads(done.stdout)["solution"] is True
    item = derive_at(FAMILIES, public_seed("a"), Place("memory-flaw", 1, 0))
    secret = tmp_path / "item" / "solution"
    assert (secret / "answer").read_bytes() == item.solution
    assert [(secret / f"benign-{at}").read_bytes() for at in range(len(item.benign))] == list(
        item.benign
    )
    assert json.loads((secret / "oracle.json").read_text())["kind"] == "sanitizer"


@pytest.mark.parametrize("kind", ["a folder with a file", "a file"])
def test_nothing_is_written_over(tmp_path: Path, kind: str) -> None:
    """What stands at --out stays as it is."""
    out = tmp_path / "taken"
    kept = out / "mine" if kind == "a folder with a file" else out
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine")
    line = ("generate", "--family", "memory-flaw", "--seed", "a", "--level", "1")
    done = run(*line, "--out", str(out))
    assert done.returncode == 2
    assert str(out) in done.stderr
    assert kept.read_text() == "mine"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [kept.name]
