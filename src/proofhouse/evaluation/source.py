# SPDX-License-Identifier: Apache-2.0
"""Inspect's side of a run: samples come from the parent, answers go to it, records go to it.

    parent  ── batch of labels, prompts, files ──▶  next_samples      (nothing is in flight)
    parent  ◀── answer, submitted text ── grade ──  scorer            (agent over, sandbox alive)
    parent  ── one word: solved | failed ────────▶
    parent  ◀── ending, counts, EvalSample ───────  sample_complete
    parent  ── kept ─────────────────────────────▶                    (only now is it finished)

Imported by the child only. Every attempt is its own Inspect log and starts from what the parent
offers; nothing of an earlier attempt is read, so nothing can be repeated or counted twice here.

What a crash leaves: before `kept` the parent has not recorded the sample and offers it again in the
next attempt; after it the parent never offers it again. A crash between the parent's recording and
`kept` is the second case, and the child's copy is lost with the child.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final, Literal

from inspect_ai import SampleSource, Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.event import Event, ModelEvent
from inspect_ai.log import EvalLog, EvalSample, condense_sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, Model
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import SandboxEnvironmentSpec, sandbox

from proofhouse.evaluation import endpoint, provider, scaffold, second_reader
from proofhouse.evaluation.endpoint import EndpointError
from proofhouse.evaluation.foreign import ForeignTasks
from proofhouse.evaluation.messages import Assignment, read_batch
from proofhouse.evaluation.types import Budgets, Flag, Job, Kind, ModelSpec
from proofhouse.evaluation.wire import Channel, Frame, Head
from proofhouse.sandbox import Attempt, SessionLostError

ALIVE_SECONDS: Final = 5
READER_BUDGETS: Final = Budgets(
    reply_tokens=second_reader.ANSWER_TOKENS, call_seconds=120, retries=2
)
"""What a call of the second reader may take; the model under test does not pay for it."""
RECORDED: Final = 65_536
"""The longest answer that a sample's record tells, in bytes, so that it can be judged again."""


class GradeError(RuntimeError):
    """The parent could not grade: its oracle failed, which is nobody's answer."""


class Link:
    """The child's end of the wire inside Inspect's event loop.

    A reader gives each reply to whoever asked for it; the parent's end closing ends this process
    at once (its sandboxes die with it), its `cancel` interrupts the run as Ctrl-C would.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._channel: Channel | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Attach to the running loop, once."""
        if self._channel is None:
            self._channel = await Channel.over(self._connection)
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]

    async def ask(self, what: str, head: Head | None = None, body: bytes = b"") -> Frame:
        """Ask the parent and wait for its reply."""
        number = next(self._numbers)
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        await self._opened.send({**(head or {}), "kind": "ask", "what": what, "n": number}, body)
        return await reply

    def tell(self, head: Head) -> None:
        """Say something that needs no reply."""
        self._opened.post(head)

    @property
    def _opened(self) -> Channel:
        if self._channel is None:
            raise RuntimeError("the link is used before it is open")
        return self._channel

    async def _read(self) -> None:
        while (frame := await self._opened.receive()) is not None:
            if frame.head["kind"] == "cancel":
                signal.raise_signal(signal.SIGINT)
            elif (reply := self._waiting.pop(frame.head["n"], None)) and not reply.done():
                reply.set_result(frame)
        os._exit(0)

    async def _beat(self) -> None:
        while True:
            self.tell({"kind": "alive"})
            await asyncio.sleep(ALIVE_SECONDS)


class BatchSource(SampleSource):
    """Inspect's samples, from the parent and back to it, keyed by label."""

    def __init__(self, link: Link, job: Job) -> None:
        self.link = link
        self.assignments: dict[str, Assignment] = {}
        self.failures: dict[str, str] = {}
        self.lost: set[str] = set()
        self.foreign = ForeignTasks()
        self._job = job
        self._reader: Model | None = None

    async def next_samples(self) -> list[Sample] | None:
        """The next batch; Inspect calls this when nothing is in flight."""
        await self.link.open()
        batch = read_batch(await self.link.ask("next"))
        if batch is None:
            return None
        self.assignments = {assignment.label: assignment for assignment in batch}
        return [_sample(assignment, self._job, self.foreign) for assignment in batch]

    async def sample_complete(self, sample: EvalSample) -> None:
        """Hand the finished sample over; it is finished when the parent says it has kept it."""
        label = str(sample.id)
        kind, reason = ending(sample, self.failures.pop(label, ""), self._job)
        if kind == "infrastructure" and label in self.lost:
            kind, reason = "lost", _LOST
        elif kind == "infrastructure" and self.assignments[label].foreign is not None:
            kind, reason = _failed_of_itself(sample)
        self.lost.discard(label)
        told = record(sample, provider.tried(label))
        head = {"label": label, "ending": kind, "reason": reason, **_counts(sample)}
        await self.link.ask("finished", head | await self._read_again(told), told)

    async def note_loss(self, label: str, state: TaskState) -> None:
        """The sample's sandbox ended by itself: see whether by what was done in it (`types`)."""
        used = any(
            call.function == "bash"
            for message in state.messages
            if message.role == "assistant"
            for call in message.tool_calls or ()
        )
        tier = self.assignments[label].tier or self._job.tier
        limits = self._job.limits
        if used and limits is not None and await provider.control(limits, tier):
            self.lost.add(label)

    async def sample_abandoned(self, sample: Sample, epoch: int) -> None:
        """A sample cancelled before it began: reported, with an empty record."""
        provider.tried(str(sample.id))
        head = {"label": str(sample.id), "ending": "cancelled", "reason": _CANCELLED, **_NOTHING}
        await self.link.ask("finished", head | await self._read_again(b""))

    async def _read_again(self, told: bytes) -> Head:
        """What the second reader says of a record, where the job has one."""
        if self._job.reader is None:
            return {"reading": "", "marks": []}
        if self._reader is None:
            self._reader = endpoint.open_model(self._job.reader, READER_BUDGETS)
        said, found = await read_again(told, self._reader, self._job.reader)
        return {"reading": said, "marks": [[flag.turn, flag.text] for flag in found]}


def evaluate(job: Job, model: Model, connection: socket.socket) -> EvalLog:
    """Run one Inspect eval over what the parent offers, until it offers no more.

    Raises KeyboardInterrupt if the process was interrupted.
    """
    source = BatchSource(Link(connection), job)
    task = Task(
        name="proofhouse",
        dataset=source,
        solver=_agent(source, model, job),
        scorer=_grader(source, job),
        version=scaffold.SCAFFOLD,
        fail_on_error=False,
        token_limit=job.budgets.tokens,
    )
    logs = inspect_eval(
        task,
        model=model,
        log_dir=str(job.log_directory),
        log_format="eval",
        display="none",
        log_level="error",
        log_realtime=False,
        log_images=False,
        log_refusals=False,
        log_header_only=True,
        score_display=False,
        ctl_server=False,
        max_samples=job.samples_at_once,
        max_connections=job.samples_at_once,
    )
    if not logs:  # Inspect's way of saying that it was interrupted
        raise KeyboardInterrupt
    return logs[0]


def ending(sample: EvalSample, failure: str, job: Job) -> tuple[Kind, str]:
    """How a sample ended and a sentence that says so; ``failure`` is the endpoint's, or empty."""
    if failure:
        return "model", failure
    if sample.error is not None:
        if sample.error.message.startswith(("CancelledError(", "Cancelled(")):
            return "cancelled", _CANCELLED
        return "infrastructure", "Our sandbox failed; the record says how."
    if sample.limit is None:
        return "answered", ""
    if not was_answering(sample.events):
        return "model", "The endpoint was not answering when the time ran out."
    budgets = job.budgets
    spent = {
        "token": f"The budget of {budgets.tokens} tokens was spent.",
        "turn": f"The budget of {budgets.turns} turns was spent.",
        "time": f"The budget of {budgets.seconds} seconds was spent.",
    }
    return "limit", spent.get(sample.limit.type, "The model's context window was full.")


def _failed_of_itself(sample: EvalSample) -> tuple[Kind, str]:
    """Whose fault an error in another's task is: its endpoint's if the last call failed."""
    calls = [event for event in sample.events if isinstance(event, ModelEvent)]
    if calls and calls[-1].error is not None:
        return "model", "The endpoint failed while the task of others was run."
    return "infrastructure", "The task of others failed in itself; the record says how."


def was_answering(events: Iterable[Event]) -> bool:
    """Whether the endpoint was alive when the sample was stopped.

    It has answered at least once, and no attempt has failed since its last answer. A call that was
    merely in flight when the time ran out is no failure: a slow model spends its time in calls.
    """
    answered = failed = False
    for event in events:
        if isinstance(event, ModelEvent):
            if event.error is None and not event.pending:
                answered, failed = True, False
            elif event.error is not None and "cancelled" not in event.error:
                failed = True
    return answered and not failed


def record(sample: EvalSample, tried: Sequence[Attempt] = ()) -> bytes:
    """Inspect's record of the sample as JSON, repeated texts stored once (attachments).

    What was ``tried`` on a granted network is among its metadata, as ``connections``.
    """
    if tried:
        rows = [asdict(attempt) for attempt in tried]
        sample = sample.model_copy(update={"metadata": {**sample.metadata, "connections": rows}})
    return condense_sample(sample).model_dump_json(exclude_none=True).encode()


async def read_again(
    told: bytes, model: Model, spec: ModelSpec
) -> tuple[second_reader.Reading, tuple[Flag, ...]]:
    """Have the second reader read a record, part by part; whatever it fails at is no mark."""
    read, whole = second_reader.parts(told)
    found: dict[Flag, None] = {}
    for part in read:
        asked: list[ChatMessage] = [
            ChatMessageSystem(content=second_reader.SYSTEM),
            ChatMessageUser(content=second_reader.request(part)),
        ]
        try:
            answer = (await endpoint.ask(model, asked, (), spec)).completion
        except EndpointError:
            whole = False
            continue
        marks, understood = second_reader.marks(answer, part)
        found |= dict.fromkeys(marks)
        whole = whole and understood
    said: second_reader.Reading = "marked" if found else "unmarked" if whole else "gave no answer"
    return said, tuple(found)


_LOST: Final = (
    "The agent's commands took its sandbox down, and what stood as its answer with it; a control "
    "beside it held."
)
_CANCELLED: Final = "The sample was cancelled by an operator."
_NOTHING: Final[Head] = {
    "input_tokens": 0, "output_tokens": 0, "model_calls": 0, "turns": 0, "milliseconds": 0
}  # fmt: skip


def _sample(assignment: Assignment, job: Job, foreign: ForeignTasks) -> Sample:
    if assignment.foreign is not None:
        return foreign.sample(assignment.foreign, assignment.label)
    box: SandboxEnvironmentSpec | None = None
    if job.limits is not None:
        network = assignment.label if assignment.hosts else ""
        provider.grant(assignment.label, assignment.hosts)
        box = provider.spec(job.limits, assignment.tier or job.tier, network)
    # Files are written by the agent's solver: Inspect would read a file's text that happens to
    # name a path as that path on the host.
    return Sample(input=assignment.prompt, id=assignment.label, sandbox=box)


def _agent(source: BatchSource, model: Model, job: Job) -> Solver:
    def spent(label: str, tokens: int, turns: int) -> None:
        source.link.tell({"kind": "progress", "label": label, "tokens": tokens, "turns": turns})

    bench = scaffold.Bench(model, job.model, job.budgets, job.limits is not None, spent)

    @solver(name=scaffold.SCAFFOLD.partition("/")[0])
    def build() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            label = str(state.sample_id)
            spent(label, 0, 0)
            wanted = source.assignments[label].foreign
            if wanted is not None:
                return await source.foreign.solve(wanted, state, generate, job.budgets.seconds)
            if bench.sandboxed:
                await provider.place(sandbox(), source.assignments[label].files)
            try:
                return await scaffold.work(state, bench)
            except EndpointError as error:
                source.failures[label] = str(error)
                raise
            except SessionLostError:
                await source.note_loss(label, state)
                raise

        return solve

    return build()


def _grader(source: BatchSource, job: Job) -> Scorer:
    @scorer(metrics=[], name="oracle")
    def build() -> Scorer:
        async def grade(state: TaskState, target: Target) -> Score:
            answer, label = b"", str(state.sample_id)
            wanted = source.assignments[label].foreign
            if wanted is not None:
                answer = repr(await source.foreign.score(wanted, state)).encode()
            elif job.limits is not None:
                try:
                    answer = await provider.answer(sandbox(), job.budgets.answer_bytes)
                except SessionLostError:
                    await source.note_loss(label, state)
                    raise
            head = {"label": label, "completion": state.output.completion}
            score: Literal["solved", "failed"] | None
            score = (await source.link.ask("grade", head, answer)).head["score"]
            if score is None:
                raise GradeError("The oracle failed.")
            told = {"answerHex": answer.hex()} if len(answer) <= RECORDED else None
            return Score(value="C" if score == "solved" else "I", metadata=told)

        return grade

    return build()


def _counts(sample: EvalSample) -> dict[str, Any]:
    usage = sample.model_usage.values()
    cached = sum(
        (u.input_tokens_cache_read or 0) + (u.input_tokens_cache_write or 0) for u in usage
    )
    return {
        "input_tokens": cached + sum(u.input_tokens for u in usage),
        "output_tokens": sum(u.output_tokens for u in usage),
        "model_calls": sum(isinstance(event, ModelEvent) for event in sample.events),
        "turns": sum(message.role == "assistant" for message in sample.messages),
        "milliseconds": round(1000 * (sample.total_time or 0)),
    }


def harness(model: Model, job: Job) -> Head:
    """What this process runs the model in."""
    from importlib.metadata import version

    return {
        "proofhouse": version("proofhouse"),
        "python": endpoint.python_version(),
        "packages": endpoint.versions(model),
        "scaffold": scaffold.SCAFFOLD,
        "tools": scaffold.tool_names(job.limits is not None),
        "endpoint": endpoint.endpoint_name(job.model),
        "budgets": asdict(job.budgets),
    }
