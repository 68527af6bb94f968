# SPDX-License-Identifier: Apache-2.0
"""The real program in a process of its own, attended so that nothing it started goes unseen.

    with attended():
        program = Program(home, "review", "--model", "reference/weak")
        program.reaches("vault.object.after:2")
        program.process.kill()
        ended = program.end()            it and its orphans have ended; these in good time

Who attends is a subreaper (prctl(2)): the kernel gives it every orphan below it, of whatever
session and namespace. So "nothing is left" is "no child is left", and no list of processes has to
be made before they die. What the program has come to is heard from a named pipe, to which it says
each failpoint that it reaches.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from called import proofhouse
from proofhouse.bootstrap import Home, open_home
from proofhouse.formats import canonical
from proofhouse.formats.leaf import seal
from proofhouse.formats.policy import Policy
from proofhouse.journey import Journal
from proofhouse.rules.registration import Case
from proofhouse.sandbox.cgroup import controllers
from proofhouse.verify import verify

PROGRAM = Path(sys.executable).with_name("proofhouse")
WITHIN_SECONDS = 20.0
"""How long what a killed program started may outlive it on a busy machine (see `test_soak`)."""

_PR_SET_CHILD_SUBREAPER = 36

MEASURED = (
    *("inquiry", "submission", "plan", "run-started", "run-ended", "determination", "disclosure"),
)
REVIEWED = (
    *("review-requested", "terms-offered", "terms-answered", "window-opened"),
    *("plan", "run-started", "run-ended", "findings", "findings-received"),
    *("partner-access", "partner-accepted", "window-closed"),
)
"""The statements of an unbroken case, and those that follow in a review of a covered model."""


@contextlib.contextmanager
def attended() -> Iterator[None]:
    """Every orphan below this process becomes its child, for as long as this lasts."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    assert prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit code or minus a signal, the last line it printed as an object
    (None without one), what it said, itself and which orphans it left (by now they have ended),
    how many seconds the last of them took, and every failpoint it reached.
    """

    code: int
    result: dict[str, Any] | None
    said: str
    owners: frozenset[int]
    seconds: float
    reached: tuple[str, ...]

    @property
    def case(self) -> str:
        """The case that it printed."""
        assert self.result is not None
        return str(self.result["case"])

    def count(self, point: str) -> int:
        """How often it came to a failpoint."""
        return sum(line.rpartition(":")[0] == point for line in self.reached)


class Program:
    """``proofhouse`` under way in a home.

    ``beside`` is the folder for its pipe and what it prints, ``prefix`` a command to start it by.
    """

    def __init__(
        self,
        home: Path,
        *arguments: str,
        beside: Path | None = None,
        prefix: tuple[str, ...] = (),
        **environment: str,
    ) -> None:
        base = (beside or home.parent) / f"{home.name}.{time.monotonic_ns()}"
        pipe, self._out, self._err = (Path(f"{base}.{end}") for end in ("pipe", "out", "err"))
        os.mkfifo(pipe)
        self._heard: list[str] = []
        self._half = b""
        self._named: set[int] = set()
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._others = _children()
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*prefix, str(PROGRAM), *arguments],
                env={
                    **os.environ,
                    "PROOFHOUSE_HOME": str(home),
                    "PROOFHOUSE_FAILPOINTS_SEEN": str(pipe),
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def reaches(self, point: str, seconds: float = 300) -> None:
        """Wait until the program has come to ``name:count``. AssertionError if it does not."""
        deadline = time.monotonic() + seconds
        while point not in self._heard:
            assert self.process.poll() is None, f"ended before {point}: {self._err.read_text()}"
            left = deadline - time.monotonic()
            assert left > 0, f"did not come to {point} in {seconds} seconds"
            if select.select([self._pipe], [], [], min(left, 1))[0]:
                self._hear()

    def child(self, name: str) -> int:
        """The one process that it started itself and whose command line holds ``name``."""
        (found,) = (
            pid
            for pid in _children(self.process.pid)
            if name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        self._named.add(found)
        return found

    def end(self, seconds: float = 480) -> Ended:
        """Wait for its end, and that of all it started. AssertionError if something lives on."""
        try:
            code = self.process.wait(seconds)
        finally:
            self.process.kill()
        began = time.monotonic()
        orphans = self._bury(began + WITHIN_SECONDS)
        took = time.monotonic() - began
        while select.select([self._pipe], [], [], 0)[0]:
            self._hear()
        os.close(self._pipe)
        lines = self._out.read_text().splitlines()
        result = json.loads(lines[-1]) if lines else None
        said = self._err.read_text()
        owners = frozenset(orphans | self._named | {self.process.pid})
        return Ended(code, result, said, owners, took, tuple(self._heard))

    def _bury(self, deadline: float) -> set[int]:
        """Take leave of every orphan; one may leave others behind in turn."""
        buried = set()
        while orphans := _children() - self._others:
            for pid in orphans:
                descriptor = os.pidfd_open(pid)
                left = max(0.0, deadline - time.monotonic())
                ended = select.select([descriptor], [], [], left)[0]
                os.close(descriptor)
                what = Path(f"/proc/{pid}/cmdline").read_bytes()
                if not ended:
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                assert ended, f"left over: {what!r}"
                buried.add(pid)
        return buried

    def _hear(self) -> None:
        *whole, self._half = (self._half + os.read(self._pipe, 1 << 16)).split(b"\n")
        self._heard += [line.decode() for line in whole]


def _children(parent: int | None = None) -> set[int]:
    """The children of a process, dead ones that nobody has waited for among them."""
    found = set()
    for listed in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            status = listed.read_text().rpartition(")")[2].split()  # proc(5): 3 state, 4 ppid
            if int(status[1]) == (parent or os.getpid()):
                found.add(int(listed.parent.name))
    return found


def groups_of(owners: frozenset[int]) -> set[str]:
    """The control groups that these processes, which may be gone, made for sandboxes."""
    return {
        group.name
        for directory in controllers().directories
        for group in directory.iterdir()
        if group.is_dir() and int(group.name.split(".")[1]) in owners
    }


# ------------------------------------------------------------------------------ what a home holds


def with_bank_of(home: Path, *families: str) -> Path:
    """Make a home whose bank is committed and consists of these families alone.

    Other families' items take longer to make and to judge, and how a review is broken off, or a
    model named, does not hang on them.
    """
    chosen = [word for family in families for word in ("--family", family)]
    with open_home(home):
        pass
    for words in (("new", *chosen), ("commit", "--as", "body-1", "--as", "body-2")):
        done = proofhouse(home, "bank", *words)
        assert done.returncode == 0, done.stderr
    return home


@dataclass(frozen=True)
class Held:
    """What a home holds of a case: its statements' digests by leaf, and by item id the record and
    the transcript of each finished sample (of all runs), beside the attempts and reruns noted.
    """

    statements: dict[int, str] = field(default_factory=dict)
    samples: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    attempts: int = 0
    reruns: int = 0

    def goes_on_from(self, before: Held) -> None:
        """AssertionError if anything that was there is gone or is another."""
        assert before.statements.items() <= self.statements.items()
        assert before.samples.items() <= self.samples.items()
        assert before.attempts <= self.attempts


def look(home: Path, case_id: str = "") -> Held:
    """What a home holds of a case, or of the one that is under way; looked up in a copy of it."""
    copy = home.with_name(f"{home.name}.look")
    shutil.copytree(home, copy)
    try:
        if not (copy / "home.json").exists():
            return Held()
        with open_home(copy) as opened:
            broken = Journal(copy).read()
            case_id = case_id or (broken.case if broken else "")
            return _held(opened, opened.desk.case(case_id)) if case_id else Held()
    finally:
        shutil.rmtree(copy)


def _held(home: Home, case: Case) -> Held:
    samples: dict[str, tuple[bytes, bytes]] = {}
    notes: list[str] = []
    for run in case.all("run-started"):
        kept = home.desk.vault.outcomes(case.id, run.digest)
        notes += [name.partition("/")[0] for name in kept]
        for name, record in kept.items():
            if name.startswith("sample/"):
                transcript = home.desk.vault.object(case.id, transcript_of(record))
                assert transcript is not None
                assert name not in samples
                samples[name] = (record, transcript)
    statements = {entry.index: entry.digest for entry in case.entries}
    return Held(statements, samples, notes.count("attempt"), notes.count("rerun"))


def transcript_of(record: bytes) -> str:
    """The digest of the transcript that a kept record names."""
    return str(canonical.loads(record)["transcript"])  # type: ignore[index, call-overload]


def check_whole(home: Home, case_id: str) -> Case:
    """AssertionError unless a finished case is as if it had never been broken off."""
    desk = home.desk
    case = desk.case(case_id)
    names = tuple(entry.name for entry in case.entries)
    assert names == (MEASURED + REVIEWED if "review-requested" in names else MEASURED)
    ended = {entry.predicate["run"]: entry.predicate for entry in case.all("run-ended")}
    for run in case.all("run-started"):
        kept = desk.vault.outcomes(case_id, run.digest)
        records = {name: data for name, data in kept.items() if name.startswith("sample/")}
        stated = ended[run.digest]
        assert stated["solved"] + stated["failed"] + stated["missing"] == len(records)
        assert sorted(stated["transcripts"]) == sorted(map(transcript_of, records.values()))
        assert stated["attempts"] == sum(name.startswith("attempt/") for name in kept)
        assert stated["reruns"] == sum(name.startswith("rerun/") for name in kept)
    reached = {
        seal(kept.envelope.to_bytes(), kept.salt)
        for kept in desk.statements(case_id)
        if kept.salt is not None
    }
    assert desk.vault.orphans(case_id, reached) == (), "no body without a leaf"
    bundle = (home.review_folder(case_id) / "bundle.json").read_bytes()
    assert verify(bundle, Policy.parse(home.policy_path.read_bytes())).status == "verified"
    return case


def check_tidy(home: Path) -> None:
    """AssertionError if a finished home holds more than what was registered and published."""
    kept = {"home.json", "keys", "policy.json", "ledger.sqlite", "vault.sqlite", "objects"}
    assert {path.name for path in home.iterdir()} == kept | {"reviews", "lock"}
    assert not list(home.rglob("*.new*"))
