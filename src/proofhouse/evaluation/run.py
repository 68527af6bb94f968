# SPDX-License-Identifier: Apache-2.0
"""The parent's side of an evaluation: start the child, feed it, keep what it finishes.

    summary = await run(job, next_batch=…, grade=…, finished=…, progress=…)
    report = await probe(job)

    next_batch()          → the items to run now, or None (or none) at the end. Called when nothing
                            is in flight, It may be a coroutine.
                            Items that are finished must not come again: the caller knows which.
    grade(id, answer, completion)
                          → "solved" | "failed". ``answer`` is what /work/answer held (b"" without
                            one), ``completion`` what the agent submitted. Raising makes the sample
                            missing (infrastructure), never failed.
    finished(sample)      must make the sample durable before it returns; only then is the child
                          told, and only then is the sample finished. An error here ends the run.
    progress(event)       for people; must be quick.

The outcome is the parent's own: the child, which handles whatever a model says, reports how a
sample ended but cannot claim that it was solved. An item is run once; an item that ended with kind
`infrastructure` may be offered a second time in the same run, and a third time is refused.

The child has its own session (a Ctrl-C in the terminal reaches the parent alone, which then ends
the child), an environment made from nothing, and a working directory in which an empty `.env` stops
Inspect from reading the user's. PR_SET_PDEATHSIG belongs to the thread that starts it: call `run`
from a thread that lives as long as the run does.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from proofhouse import errors
from proofhouse.durable import told
from proofhouse.errors import (
    InputError,
    LostError,
    ModelError,
    ProofhouseError,
    RefusedError,
    StorageError,
)
from proofhouse.evaluation import scan, second_reader, tiers
from proofhouse.evaluation.messages import Mode, batch_frame, job_head, read_harness
from proofhouse.evaluation.types import (
    Event,
    FinishedSample,
    Flag,
    Harness,
    Job,
    Kind,
    ModelSpec,
    ProbeReport,
    RunSummary,
    Score,
    TaskItem,
)
from proofhouse.evaluation.wire import Channel, Frame, Head
from proofhouse.formats import canonical
from proofhouse.formats.digest import sha256_hex
from proofhouse.rules.determination import Outcome
from proofhouse.sandbox import strength

Batch = Sequence[TaskItem] | None
NextBatch = Callable[[], Batch | Awaitable[Batch]]
Grader = Callable[[str, bytes, str], Awaitable[Score]]
Keeper = Callable[[FinishedSample], None]
Listener = Callable[[Event], None]

SILENCE_SECONDS: Final = 120.0
"""A child that says nothing for so long, not even that it is alive, hangs and is killed."""

FAREWELL_SECONDS: Final = 10.0
"""How long a cancelled child may take to close its sandboxes and its log."""

PROBE_SECONDS: Final = 180.0
"""A preflight that takes longer is given up; its calls have shorter limits of their own."""

LOG_ROOM: Final = 1 << 20
"""With fewer free bytes than that, a child that failed has failed of a full disk."""

_PASSED_ON: Final = (
    *("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy"),
    # what the sandbox needs: a session bus for its cgroup, its user and users, its
    # compiled first process
    *("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    *("PROOFHOUSE_SANDBOX_UID", "PROOFHOUSE_SANDBOX_IDS"),
    "PROOFHOUSE_TASKS",  # an environment with packages of others' tasks
)


async def run(
    job: Job,
    *,
    next_batch: NextBatch,
    grade: Grader,
    finished: Keeper,
    progress: Listener = lambda event: None,
) -> RunSummary:
    """Run what ``next_batch`` offers until it offers None, and count what became of it.

    Raises:
        InputError: the job names no provider that Inspect knows, or an address that is none.
        PrerequisiteError: the provider's package, or what the sandbox needs, is missing.
        LostError: the child ended before its time. What is finished is finished; call again.
        RefusedError: an item was offered that has already run.
        StorageError: the log directory can't be used, or the disk it is on is full.
    """
    check(job)
    async with _child(job, "run") as (process, channel):
        conversation = _Conversation(job, channel, next_batch, grade, finished, progress)
        try:
            last = await conversation.hold()
        except asyncio.CancelledError:
            await channel.send({"kind": "cancel"})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), FAREWELL_SECONDS)
            raise
        if last is None:
            raise await _ended_early(process, conversation)
        return conversation.summary(last)


async def probe(job: Job) -> ProbeReport:
    """Preflight: does the endpoint answer, count tokens, and take part in a tool call?

    Raises:
        ModelError: one sentence saying what it did not do.
        InputError, LostError, PrerequisiteError, StorageError: as in `run`.
    """
    check(job)
    async with _child(job, "probe") as (process, channel):
        try:
            frame = await asyncio.wait_for(channel.receive(), PROBE_SECONDS)
        except TimeoutError:
            raise ModelError(
                f"The preflight of {job.model.name} took longer than {PROBE_SECONDS:.0f} seconds.",
                hint="An endpoint that is merely slow answers a short prompt faster than that.",
            ) from None
        if frame is None:
            raise await _ended_early(process, None)
        if frame.head["kind"] == "error":
            raise _raised(frame.head)
    responses = tuple((prompt, text) for prompt, text in frame.head["responses"])
    return ProbeReport(
        harness=read_harness(frame.head["harness"], job),
        responses=responses,
        fingerprint=sha256_hex(canonical.dumps([list(pair) for pair in responses])),
        temperature=frame.head["temperature"],
        tokens=frame.head["tokens"],
    )


def check(job: Job) -> None:
    """Refuse a job that can't be meant, before anything is started.

    Raises:
        InputError: which field, and what it may be.
    """
    for spec in (job.model, job.reader):
        if spec is not None:
            _check_model(spec)
    for field, number in (
        ("tokens", job.budgets.tokens),
        ("turns", job.budgets.turns),
        ("seconds", job.budgets.seconds),
        ("call_seconds", job.budgets.call_seconds),
        ("command_seconds", job.budgets.command_seconds),
        ("samples_at_once", job.samples_at_once),
    ):
        if number < 1:
            raise InputError(f"{field} is {number}.", hint="It must be at least 1.")


def _check_model(spec: ModelSpec) -> None:
    provider, slash, name = spec.name.partition("/")
    if not (provider and slash and name):
        raise InputError(
            f"The model {spec.name!r} names no provider.",
            hint="A model is named provider/model, as in openai-api/lab/model-x.",
        )
    address = urlsplit(spec.base_url)
    if spec.base_url and (address.scheme not in ("http", "https") or not address.hostname):
        raise InputError(
            "The model's address is not an http or https address.",
            hint="It looks like https://host:port/v1.",
        )
    if address.username is not None or address.password is not None:
        raise InputError(
            "The model's address holds a user or a password.",
            hint="Addresses are recorded; give the key by itself.",
        )
    for name, _ in spec.environment:
        if name.startswith(("INSPECT_", "PYTHON", "LD_")):
            raise InputError(
                f"The variable {name} can't be set for a model.",
                hint="Give what the provider reads, such as AWS_PROFILE.",
            )


class _Conversation:
    """One attempt, from the parent's side: answers the child until it is done."""

    def __init__(
        self,
        job: Job,
        channel: Channel,
        next_batch: NextBatch,
        grade: Grader,
        finished: Keeper,
        progress: Listener,
    ) -> None:
        self._job = job
        self._channel = channel
        self._next_batch = next_batch
        self._grade = grade
        self._finished = finished
        self._progress = progress
        self._harness: Harness | None = None
        self._items: dict[str, str] = {}
        self._granted: dict[str, frozenset[str]] = {}
        self._open: set[str] = set()
        self._endings: dict[str, list[Kind]] = {}
        self._scores: dict[str, Score] = {}
        self._troubles: dict[str, str] = {}
        self._checked: set[str] = set()
        self._grading: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter()
        self._began = time.monotonic()

    @property
    def kept(self) -> int:
        """How many samples are finished."""
        return self._counts["kept"]

    async def hold(self) -> Head | None:
        """Answer the child until it is done; None when it ended without saying so."""
        receiving = asyncio.create_task(self._channel.receive())
        try:
            while True:
                done, _ = await asyncio.wait(
                    {receiving, *self._grading},
                    timeout=SILENCE_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if not done:
                    raise LostError(
                        f"The evaluation's process said nothing for {SILENCE_SECONDS:.0f} seconds "
                        "and was ended.",
                        hint="What is finished is kept; run it again to go on.",
                    )
                for task in done - {receiving}:
                    self._grading.discard(task)
                    task.result()
                if receiving in done:
                    frame = receiving.result()
                    if frame is None or frame.head["kind"] == "done":
                        return None if frame is None else frame.head
                    await self._hear(frame)
                    receiving = asyncio.create_task(self._channel.receive())
        finally:
            for task in (receiving, *self._grading):
                task.cancel()

    def summary(self, last: Head) -> RunSummary:
        """What the attempt came to."""
        if self._harness is None or last["status"] != "success":
            raise LostError(
                "Inspect did not bring the evaluation to its end.",
                hint="The log directory holds child.log; what is finished is kept.",
            )
        return RunSummary(
            harness=self._harness,
            log=last["log"],
            solved=self._counts["solved"],
            failed=self._counts["failed"],
            missing=self._counts["missing"],
            flagged=self._counts["flagged"],
            tokens=self._counts["tokens"],
            milliseconds=round(1000 * (time.monotonic() - self._began)),
        )

    async def _hear(self, frame: Frame) -> None:
        head = frame.head
        match head["kind"], head.get("what"):
            case "ready", _:
                self._harness = read_harness(head["harness"], self._job)
            case "alive", _:
                return
            case "progress", _:
                self._tell_progress(head)
            case "error", _:
                raise _raised(head)
            case "ask", "next":
                await self._offer(head["n"])
            case "ask", "grade":
                self._grading.add(asyncio.create_task(self._judge(frame)))
            case "ask", "finished":
                self._keep(frame)
                await self._channel.send({"kind": "reply", "n": head["n"]})
            case kind, _:
                raise errors.FormatError(f"The evaluation's process sent {kind!r}, which is none.")

    async def _offer(self, number: int) -> None:
        if self._items:
            self._progress(Event("batch-done", tokens=self._counts["tokens"]))
        offered = self._next_batch()
        batch = await offered if inspect.isawaitable(offered) else offered
        await asyncio.to_thread(self._check_tiers, batch or ())
        labelled = None if not batch else [(self._label(item), item) for item in batch]
        head, body = batch_frame(labelled)
        await self._channel.send({**head, "kind": "reply", "n": number}, body)

    def _check_tiers(self, batch: Sequence[TaskItem]) -> None:
        """See that each item can have the sandbox it asks for, before any of them begins."""
        for item in batch:
            if not item.tier or item.tier == self._job.tier or item.foreign is not None:
                continue
            strength.require(item.tier, at_least=self._job.tier)
            if item.hosts and tiers.provider_name(item.tier):
                raise RefusedError(
                    f"The item {item.id!r} has hosts, which the tier {item.tier} can't have.",
                    rule="tier",
                    hint="An item with hosts runs in the tier bwrap.",
                )
            if item.tier not in self._checked:
                tiers.check(item.tier)
                self._checked.add(item.tier)

    def _label(self, item: TaskItem) -> str:
        """A name for the child; refuses an item that has run, save one rerun of our own failure."""
        endings = self._endings.setdefault(item.id, [])
        running = any(self._items[label] == item.id for label in self._open)
        if running or endings not in ([], ["infrastructure"]):
            raise RefusedError(
                f"The item {item.id!r} was offered again.",
                rule="one sample an item",
                hint="Only an item that our own infrastructure failed may run once more.",
            )
        label = f"s{len(self._items) + 1}"
        self._items[label] = item.id
        self._granted[label] = frozenset(host.address for host in item.hosts)
        self._open.add(label)
        return label

    async def _judge(self, frame: Frame) -> None:
        """Grade one answer; whatever goes wrong is the infrastructure's fault, not the model's."""
        label = self._opened(frame)
        score: Score | None = None
        try:
            score = await self._grade(self._items[label], frame.body, frame.head["completion"])
            self._scores[label] = score
        except ProofhouseError as error:
            self._troubles[label] = error.message
        except Exception as error:
            self._troubles[label] = f"The oracle failed ({type(error).__name__})."
        await self._channel.send({"kind": "reply", "n": frame.head["n"], "score": score})

    def _keep(self, frame: Frame) -> None:
        label = self._opened(frame)
        head = frame.head
        kind: Kind = head["ending"]
        outcome: Outcome = "missing"
        if kind in ("answered", "limit"):
            outcome = self._scores[label]
        elif kind == "lost":
            outcome = "failed"
        sample = FinishedSample(
            id=self._items[label],
            outcome=outcome,
            kind=kind,
            reason=self._troubles.get(label) or head["reason"],
            input_tokens=head["input_tokens"],
            output_tokens=head["output_tokens"],
            model_calls=head["model_calls"],
            turns=head["turns"],
            milliseconds=head["milliseconds"],
            flags=(*scan.flags(frame.body, self._granted[label]), *_marks(head)),
            record=frame.body,
            reading=head["reading"],
        )
        self._finished(sample)
        self._open.remove(label)
        self._endings[sample.id].append(kind)
        spent = sample.input_tokens + sample.output_tokens
        self._counts.update({"kept": 1, outcome: 1, "tokens": spent, "flagged": bool(sample.flags)})
        self._progress(Event("finished", sample.id, spent, sample.turns, outcome))

    def _tell_progress(self, head: Head) -> None:
        name = self._items[self._opened(Frame(head, b""))]
        kind: Any = "tokens" if head["turns"] else "started"
        self._progress(Event(kind, name, head["tokens"], head["turns"]))

    def _opened(self, frame: Frame) -> str:
        label: str = frame.head["label"]
        if label not in self._open:
            raise errors.FormatError(
                "The evaluation's process speaks of a sample that is not open."
            )
        return label


@contextlib.asynccontextmanager
async def _child(job: Job, mode: Mode) -> AsyncIterator[tuple[asyncio.subprocess.Process, Channel]]:
    """A child with its job; gone when this ends, however it ends."""
    scratch = _prepare(job)
    ours, theirs = socket.socketpair()
    async with contextlib.AsyncExitStack() as ending:
        ending.callback(shutil.rmtree, scratch, ignore_errors=True)
        channel = await Channel.over(ours)
        ending.push_async_callback(channel.close)
        with theirs, open(job.log_directory / "child.log", "ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "proofhouse.evaluation.child"),
                *(str(theirs.fileno()), str(os.getpid())),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                env=environment(scratch, dict(job.model.environment)),
                cwd=scratch,
                start_new_session=True,
            )
        ending.push_async_callback(_end, process)
        await channel.send(job_head(job, mode))
        try:
            yield process, channel
        except ProofhouseError:
            _check_room(job.log_directory)
            raise


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def environment(scratch: str, private: Mapping[str, str]) -> dict[str, str]:
    """The child's whole environment: a few names passed on, its homes in ``scratch``, no key.

    Nothing named INSPECT_* gets in, so that a user's settings change no result. The cache is the
    user's own, for the sandbox's compiled first process; Inspect's caching of replies is off.
    """
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), scratch)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return {**passed, **homes, "XDG_CACHE_HOME": cache, "PYTHONUTF8": "1", **private}


def _prepare(job: Job) -> str:
    """Make the log directory, for its owner only, and the child's scratch inside it."""
    scratch = job.log_directory / "scratch"
    try:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (job.log_directory, scratch):
            directory.chmod(0o700)
        (scratch / ".env").touch(mode=0o600)
    except OSError as error:
        raise StorageError(
            f"The log directory {job.log_directory} can't be used ({error.strerror}).",
            hint="Name a directory that this user may write to.",
        ) from error
    return str(scratch.resolve())


def _check_room(directory: Path) -> None:
    """A child that can't write its log ends of it without saying so: see whether that is why.

    Raises StorageError.
    """
    with told("the evaluation's log", directory), tempfile.TemporaryFile(dir=directory) as file:
        file.write(bytes(LOG_ROOM))
        file.flush()
        os.fsync(file.fileno())


async def _ended_early(
    process: asyncio.subprocess.Process, conversation: _Conversation | None
) -> LostError:
    status = await process.wait()
    how = f"was killed (signal {-status})" if status < 0 else f"ended (status {status})"
    kept = "" if conversation is None else f" with {conversation.kept} samples finished"
    return LostError(
        f"The evaluation's process {how} before its time{kept}.",
        hint="What is finished is kept; run it again to go on.",
    )


def _marks(head: Head) -> Iterator[Flag]:
    """What the second reader marked: never more than a mark, and never fewer than the scan's."""
    for turn, text in head["marks"]:
        yield Flag(second_reader.RULE, str(text), int(turn))


def _raised(head: Head) -> ProofhouseError:
    """The error that the child named, as ours."""
    kind = getattr(errors, head["error"], ProofhouseError)
    if not (isinstance(kind, type) and issubclass(kind, ProofhouseError)):
        kind = ProofhouseError
    return kind(head["message"], hint=head["hint"])
