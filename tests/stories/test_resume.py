# SPDX-License-Identifier: Apache-2.0
"""A review that is broken off goes on: nothing lost, doubled or repeated, and nothing left over.

The real program with a real model in real sandboxes. Each start costs some seconds, so one story
breaks one review off several times over.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from proofhouse.bootstrap import open_home
from proofhouse.desk import measure, plan_evaluation
from proofhouse.errors import RefusedError
from proofhouse.journey import Broken, Journal, Journey, Wishes, moves
from stories import attended, rehearsal
from stories.attended import Ended, Program, check_tidy, check_whole, groups_of, look

REVIEW = ("review", "--model", "reference/weak", "--no-review", "--json")
CASE = "5e" * 32


@pytest.fixture(autouse=True)
def _attended() -> Iterator[None]:
    with attended.attended():
        yield


def check_end(home: Path, starts: list[Ended]) -> None:
    """AssertionError unless the last of ``starts`` ended a review as if it were the only one."""
    ended = starts[-1]
    assert ended.code == 0, ended.said
    assert ended.result is not None
    with open_home(home) as opened:
        case = check_whole(opened, ended.case)
        assert opened.desk.log.size == 4 + len(case.entries)  # genesis, bank, threshold, notice
        opened.desk.log.check()
        assert ended.result["determination"] == case.need("determination").predicate["outcome"]
    check_tidy(home)
    owners = frozenset(pid for start in starts for pid in start.owners)
    assert groups_of(owners) == set(), "a later start sweeps the control groups of a dead one"


@pytest.mark.soak
@pytest.mark.sandbox
@pytest.mark.timeout(900)
def test_a_review_that_is_broken_off_goes_on(tmp_path: Path) -> None:
    """Killed around each write of a finished sample and of the run's end, bereft of its child, and
    interrupted: each start goes on behind what is kept.

    Of all the samples that ran to their end only those two ran again whose record a kill kept from
    the vault.
    """
    story = Story(attended.with_bank_of(tmp_path / "home", "memory-flaw"))
    story.killed_at("vault.object.before:2", finished=1)
    story.killed_at("vault.object.after:1", finished=1)  # a transcript without a record

    program = story.start("vault.put.after:4")  # the attempt, a sample, the attempt, a sample
    program.reaches("vault.put.after:2")
    os.kill(program.child("proofhouse.evaluation.child"), signal.SIGKILL)
    assert story.ended(program).code == -signal.SIGKILL
    assert len(story.held.samples) == 3  # the last was kept, and the child was not told

    program = story.start()
    program.reaches("vault.put.after:2")
    program.process.send_signal(signal.SIGINT)
    interrupted = story.ended(program)
    assert interrupted.code == 130
    assert interrupted.said.strip() == (
        "proofhouse: Interrupted. What was registered stands; run the same command to go on."
    )
    assert interrupted.result is not None
    assert set(interrupted.result) == {"error"}

    story.killed_at("ledger.append.before:1")  # the end of the run: a body without a leaf
    last = story.ended(story.start())
    assert last.count("vault.object.after") == 0, "no sample was left to run"
    check_end(tmp_path / "home", story.starts)
    assert story.held.attempts == 6
    ran = sum(start.count("vault.object.before") for start in story.starts)
    assert ran == len(story.held.samples) + story.held.reruns + 2


class Story:
    """One review in several starts; each finds what is held and adds to it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.starts: list[Ended] = []
        self.held = attended.Held()

    def start(self, failpoint: str = "") -> Program:
        """Start it, to die at ``failpoint``."""
        return Program(self.home, *REVIEW, PROOFHOUSE_FAILPOINT=failpoint)

    def ended(self, program: Program) -> Ended:
        """Wait for its end and look at what is held then."""
        ended = program.end()
        self.starts.append(ended)
        now = look(self.home, ended.result.get("case", "") if ended.result else "")
        now.goes_on_from(self.held)
        self.held = now
        return ended

    def killed_at(self, failpoint: str, finished: int | None = None) -> None:
        """A start that dies there, and how many samples are finished by then."""
        ended = self.ended(self.start(failpoint))
        assert ended.code == -signal.SIGKILL, ended.said
        assert ended.reached[-1] == failpoint
        assert finished in (None, len(self.held.samples))


def test_a_case_keeps_its_bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that makes other items of the same seed refuses to go on with a case (R16)."""
    with rehearsal.opened(tmp_path / "home") as played:
        Journal(played.home.path).begin(Broken(CASE, Wishes(), played.desk.clock()))
        played.play(CASE, until="run_under_way")
        journey = Journey(played.home, Wishes(), played.told.append)
        journey._look_back()
        monkeypatch.setattr(measure, "generator_digest", lambda: "0" * 64)
        with pytest.raises(RefusedError, match="a bank that this program does not make") as refused:
            journey._look_back()
        assert refused.value.rule == "R16"


def test_a_case_keeps_its_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose weights have changed since it was submitted is not run in its stead (R17), nor
    one behind an endpoint that was not submitted.
    """
    with rehearsal.opened(tmp_path / "home") as played:
        case = played.play(CASE, until="run_under_way")
        played.model = replace(played.model, weights="0" * 64)
        with pytest.raises(RefusedError, match="its weights are others") as refused:
            moves.MOVES[case.state](played, case)
        assert refused.value.rule == "R17"
        endpoint = "https://models.lab.example/v1"
        played.model = replace(played.model, weights=None, endpoint=endpoint)
        with pytest.raises(RefusedError, match="its weights are others"):
            moves._check_same_model(played, case)
        submitted, bound = plan_evaluation.under_test(played.desk, case)
        monkeypatch.setattr(
            plan_evaluation, "under_test", lambda *_: ({**submitted, "endpoint": endpoint}, bound)
        )
        moves._check_same_model(played, case)  # nobody sees weights there


# ------------------------------------------------------------------------------------- a full disk


@dataclass(frozen=True)
class Small:
    """A file system of some megabytes, in a mount namespace of its own."""

    folder: Path
    holder: int

    @property
    def enter(self) -> tuple[str, ...]:
        """The command that runs another where the file system is mounted."""
        return ("nsenter", "-t", str(self.holder), "-m", "--")

    @property
    def seen(self) -> Path:
        """The folder as this process can reach it, though SQLite can't."""
        return Path(f"/proc/{self.holder}/root") / self.folder.relative_to("/")

    def copied_to(self, folder: Path) -> Path:
        """A copy of the home that lies there."""
        return Path(shutil.copytree(self.seen / "home", folder))

    def fill(self) -> None:
        """Leave no byte of room."""
        with (self.seen / "ballast").open("wb", buffering=0) as file:
            for size in (1 << 16, 1 << 9):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Take the ballast out."""
        (self.seen / "ballast").unlink()


def _may_mount() -> bool:
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and tried.returncode == 0


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    folder = tmp_path / "small"
    folder.mkdir()
    script = 'mount -t tmpfs -o size=16m,mode=700 tmpfs "$0" && echo mounted && cat'
    command = ["unshare", "-m", "sh", "-c", script, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mounted\n"
        yield Small(folder, holder.pid)
        assert holder.stdin is not None
        holder.stdin.close()


@pytest.mark.soak
@pytest.mark.sandbox
@pytest.mark.timeout(900)
@pytest.mark.skipif(not _may_mount(), reason="only root may mount a small file system")
def test_a_full_disk(small: Small, tmp_path: Path) -> None:
    """A full disk is one sentence and exit 7, at the start and in a run; with room it goes on."""

    def start() -> Program:
        return Program(small.folder / "home", *REVIEW, beside=tmp_path, prefix=small.enter)

    small.fill()
    check_full(start().end())
    small.make_room()
    shutil.rmtree(small.seen / "home", ignore_errors=True)
    shutil.copytree(attended.with_bank_of(tmp_path / "made", "memory-flaw"), small.seen / "home")
    program = start()
    program.reaches("vault.put.after:9")  # two samples are finished
    small.fill()
    broken = program.end()
    check_full(broken)
    held = look(small.copied_to(tmp_path / "broken"))
    assert len(held.samples) >= 2
    small.make_room()
    ended = start().end()
    home = small.copied_to(tmp_path / "whole")
    check_end(home, [broken, ended])
    look(home, ended.case).goes_on_from(held)


def check_full(ended: Ended) -> None:
    """AssertionError unless a program said that the disk is full, and no more."""
    assert ended.code == 7
    (sentence,) = ended.said.splitlines()
    assert "The disk is full" in sentence
    assert "Free some room" in sentence
    assert ended.result is not None
    assert set(ended.result) == {"error"}
