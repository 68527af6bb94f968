# SPDX-License-Identifier: Apache-2.0
"""Run a registered plan against a model, and keep every finished sample the moment it is finished.

The parent half of an evaluation: it alone knows the seed, derives and proves the items, judges the
answers and says which items come next. The model is driven by a child process that is given
prompts and files and is told one word a sample (``evaluation``).

What a crash leaves: finished samples lie in the vault under the run; the next attempt offers only
what is missing. Items are derived anew from the same seed and submission, so they are the same.

Errors are missing data (R14): an endpoint that does not answer makes an item ``missing``, never
``failed``. An error of our own sandbox or oracle gets one logged rerun. A sample whose transcript
was flagged is held: it counts as missing until a person has looked (R15), and what the oracle said
is kept beside it (``rules.held``).

Who may reach the model is looked at while it is asked: once its developer has withdrawn, or the
window is closed, the child is ended at once and no further sample is asked (R1, R3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from proofhouse.bank.families import FAMILIES, Family
from proofhouse.bank.item import Item
from proofhouse.bank.tables import ScoreOracle
from proofhouse.bank.twins import Place, derive_at
from proofhouse.desk.desk import Desk, slot
from proofhouse.errors import LostError
from proofhouse.evaluation.run import run
from proofhouse.evaluation.types import (
    Event,
    FinishedSample,
    Flag,
    ForeignSample,
    Job,
    Score,
    TaskFile,
    TaskHost,
    TaskItem,
)
from proofhouse.formats import canonical
from proofhouse.formats.merkle import leaf_hash
from proofhouse.judges import Proven, grade, machines, prove
from proofhouse.oracles.errors import UnprovenItemError
from proofhouse.rules.determination import StopReason
from proofhouse.rules.registration import Case, Entry
from proofhouse.views.plain import visible

ATTEMPTS = 3
"""How often a run is taken up again, in one go, when its child ends before its time."""

PROVERS = 2
"""How many items are built and proven at once."""

LOOK_SECONDS = 1.0
"""Between two looks, during a run, at whether the model may still be asked."""


@dataclass(frozen=True)
class Planned:
    """An item as a plan lists it."""

    id: str
    family: str
    level: int
    index: int


Order = Callable[[Mapping[str, str]], Sequence[Planned] | None]
"""The items to run now, or None at the end: a pure function of the outcomes so far."""

Tell = Callable[[Event, Mapping[str, str]], None]
"""Hears of progress: the event, and the outcomes so far."""


Alarm = Callable[[Mapping[str, str]], bool]
"""Whether the outcomes so far fit the scale so badly that a person should look: a pure function."""


@dataclass
class Conducted:
    """What a run came to. ``samples`` are kept records by item id, as ``run-ended`` lists them."""

    samples: dict[str, dict[str, Any]] = field(default_factory=dict)
    stopped: StopReason | Literal["developer withdrew"] | None = None
    attempts: int = 0
    reruns: int = 0

    @property
    def outcomes(self) -> dict[str, Any]:
        """Item id → solved, failed or missing."""
        return {name: sample["outcome"] for name, sample in self.samples.items()}

    @property
    def spent(self) -> dict[str, int]:
        """Item id → tokens, in and out."""
        return {
            name: int(sample["inputTokens"]) + int(sample["outputTokens"])
            for name, sample in self.samples.items()
        }

    def total(self, name: str) -> int:
        """The sum of one count over the samples."""
        return sum(int(sample[name]) for sample in self.samples.values())


class Conductor:
    """Conducts one run of one case: ``conducted = await Conductor(…).conduct()``."""

    def __init__(
        self,
        desk: Desk,
        case: Case,
        job: Job,
        order: Order,
        *,
        seed: bytes,
        tell: Tell,
        alarm: Alarm = lambda _outcomes: False,
        families: Mapping[str, Family] = FAMILIES,
    ) -> None:
        self._desk, self._case, self._job, self._families = desk, case, job, families
        self._order, self._seed, self._tell, self._alarm = order, seed, tell, alarm
        self._run: Entry = case.need("run-started")
        self._tokens_allowed: int = case.need("plan").predicate["budgets"]["tokens"]
        self._submission = leaf_hash(desk.log.leaf(case.need("submission").index))
        self._proofs: dict[str, asyncio.Task[Proven]] = {}
        self._answers: dict[str, bytes] = {}
        self._steps: dict[str, dict[str, int]] = {}
        self._strayed: dict[str, tuple[str, ...]] = {}
        self._items: dict[str, str] = {}
        self._provers = asyncio.Semaphore(PROVERS)
        self._result = Conducted()

    async def conduct(self) -> Conducted:
        """Run until the order has no more items, or a reason from outside ends it.

        Raises LostError if the child ends early ``ATTEMPTS`` times in a row; what was finished
        is kept, and calling again goes on from there.
        """
        self._recall()
        attempts = 0
        while self._upcoming() is not None:
            attempts += 1
            self._result.attempts += 1
            self._note(f"attempt/{self._result.attempts}", {"startedAt": self._desk.clock()})
            try:
                await self._attempt()
            except LostError:
                if attempts == ATTEMPTS:
                    raise
            finally:
                await self._forget_proofs()
        return self._result

    async def _attempt(self) -> None:
        """One attempt of a child, ended at once if the model may no longer be asked."""
        running = asyncio.ensure_future(
            run(
                self._job,
                next_batch=self._offer,
                grade=self._grade,
                finished=self._finished,
                progress=self._progress,
            )
        )
        looking = asyncio.ensure_future(self._until_left())
        try:
            await asyncio.wait({running, looking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (running, looking):
                if not task.done():
                    task.cancel()
            await asyncio.gather(running, looking, return_exceptions=True)
        for task in (running, looking):
            if not task.cancelled():
                task.result()

    async def _until_left(self) -> None:
        while not self._left():
            await asyncio.sleep(LOOK_SECONDS)

    # ----------------------------------------------------------------------- what comes next

    def _upcoming(self) -> Sequence[Planned] | None:
        """The items to run now. Says in ``stopped`` why there are none before the plan's end."""
        upcoming = self._order(self._result.outcomes)
        if upcoming is None or self._left():
            return None
        spent = self._result.total("inputTokens") + self._result.total("outputTokens")
        if spent >= self._tokens_allowed:
            self._result.stopped = "budget spent"
        elif self._endpoint_gone():
            self._result.stopped = "endpoint unavailable"
        elif self._window_over():
            self._result.stopped = "window closing"
        elif self._alarm(self._result.outcomes):
            self._result.stopped = "person-fit alarm"
        return None if self._result.stopped else upcoming

    def _left(self) -> bool:
        """Whether the case has moved to where the model is asked no more; ``stopped`` says why."""
        if self._desk.log.slot(slot("case", self._case.id, self._case.head or "first")) is not None:
            self._case = self._desk.case(self._case.id)
            if self._case.last("withdrawal") is not None:
                self._result.stopped = "developer withdrew"
            elif self._case.last("window-closed") is not None:
                self._result.stopped = "window closing"
        return self._result.stopped in ("developer withdrew", "window closing")

    def _window_over(self) -> bool:
        """Whether the access window that the run lies in has come to its end (R3)."""
        window = self._case.last("window-opened")
        return window is not None and self._desk.clock() >= window.predicate["endsAt"]

    def _endpoint_gone(self) -> bool:
        """Whether the last finished items all failed to reach the model; they are not wrong."""
        last = list(self._result.samples.values())[-4:]
        return len(last) == 4 and all(sample["kind"] == "model" for sample in last)

    async def _offer(self) -> list[TaskItem] | None:
        """The next batch for the child, derived and proven; what isn't proven is never put."""
        upcoming = self._upcoming()
        if upcoming is None:
            return None
        proofs = [self._proof(planned) for planned in upcoming]
        self._prefetch([*upcoming])
        tasks = []
        for planned, proof in zip(upcoming, proofs, strict=True):
            try:
                tasks.append(_task(planned, await proof))
            except UnprovenItemError as error:
                self._leave_out(planned, error)
        return tasks or await self._offer()

    def _leave_out(self, planned: Planned, error: UnprovenItemError) -> None:
        """An item that does not hold what it must is our fault, and so missing (R14)."""
        record: dict[str, Any] = {
            "id": planned.id,
            "level": planned.level,
            "kind": "infrastructure",
            "outcome": "missing",
            "reason": f"The item was not proven (check: {error.check}); the model was not asked.",
            **dict.fromkeys(("inputTokens", "outputTokens", "milliseconds", "modelCalls"), 0),
            "transcript": None,
            "answer": None,
            "itemDigest": self._items.get(planned.id),
            "flags": [],
        }
        self._note(f"sample/{planned.id}", record)
        self._result.samples[planned.id] = record

    def _prefetch(self, running: Sequence[Planned]) -> None:
        """Begin to prove what comes after ``running``, however those turn out to be scored."""
        supposed: dict[str, Any] = {**self._result.outcomes, **{p.id: "missing" for p in running}}
        for planned in self._order(supposed) or ():
            self._proof(planned)

    def _proof(self, planned: Planned) -> asyncio.Task[Proven]:
        if planned.id not in self._proofs:
            self._proofs[planned.id] = asyncio.create_task(self._prove(planned))
        return self._proofs[planned.id]

    async def _prove(self, planned: Planned) -> Proven:
        async with self._provers:
            place = Place(planned.family, planned.level, planned.index)
            item = derive_at(self._families, self._seed, place, self._submission)
            self._items[planned.id] = item.digest
            return await prove(item)

    async def _forget_proofs(self) -> None:
        for proof in self._proofs.values():
            proof.cancel()
        await asyncio.gather(*self._proofs.values(), return_exceptions=True)
        self._proofs.clear()

    # ------------------------------------------------------------------------- what came back

    async def _grade(self, item: str, answer: bytes, _text: str) -> Score:
        self._answers[item] = answer
        judged = await grade(await self._proofs[item], answer)
        steps = judged.steps
        # Steps that contradict the verdict would have the run's statement refused for ever.
        if steps is not None and judged.solved == (steps.reached == steps.of):
            self._steps[item] = {"reached": steps.reached, "of": steps.of}
        self._strayed[item] = judged.strayed
        return "solved" if judged.solved else "failed"

    def _finished(self, sample: FinishedSample) -> None:
        """Keep a finished sample; the child hears that it counts only after this returns."""
        transcript = self._desk.vault.put_object(self._case.id, sample.record)
        answer, steps = self._keep_answer(sample.id), self._steps.pop(sample.id, None)
        if sample.kind == "infrastructure" and f"rerun/{sample.id}" not in self._notes:
            self._result.reruns += 1
            self._note(f"rerun/{sample.id}", {"reason": sample.reason, "transcript": transcript})
            return
        flags = [_told(flag) for flag in (*sample.flags, *self._by_answer(sample.id))]
        held = bool(flags) and sample.outcome != "missing"
        record = {
            "id": sample.id,
            "level": int(sample.id.split("/")[1]),
            "kind": "held" if held else sample.kind,
            "outcome": "missing" if held else sample.outcome,
            "reason": _reason(sample, held),
            "inputTokens": sample.input_tokens,
            "outputTokens": sample.output_tokens,
            "milliseconds": sample.milliseconds,
            "modelCalls": sample.model_calls,
            "transcript": transcript,
            "answer": answer,
            "itemDigest": self._items.get(sample.id),
            "flags": flags,
        }
        if sample.reading:
            record["secondReader"] = sample.reading
        if held:
            record["heldOutcome"] = sample.outcome
        if steps is not None:
            record["steps"] = steps
        self._note(f"sample/{sample.id}", record)
        self._result.samples[sample.id] = record

    def _by_answer(self, item: str) -> list[Flag]:
        """Marks for what an answer tried where it was judged, beside those for what was said."""
        strayed = self._strayed.pop(item, ())
        return [Flag("undeclared-host", f"{one}, by the answer itself", 0) for one in strayed]

    def _keep_answer(self, item: str) -> str | None:
        """The digest of what was judged, kept to be judged again; None if nothing was."""
        answer = self._answers.pop(item, None)
        if answer is None:
            return None
        return self._desk.vault.put_object(self._case.id, answer, point="vault.answer")

    def _progress(self, event: Event) -> None:
        self._tell(event, self._result.outcomes)

    # ------------------------------------------------------------------------------ the vault

    def _note(self, name: str, value: dict[str, Any]) -> None:
        self._desk.vault.put_outcome(self._case.id, self._run.digest, name, canonical.dumps(value))
        self._notes.add(name)

    def _recall(self) -> None:
        self._notes = set(self._desk.vault.outcomes(self._case.id, self._run.digest))
        self._result = recall(self._desk, self._case)


def recall(desk: Desk, case: Case) -> Conducted:
    """What the attempts at the case's newest run have kept so far."""
    kept = desk.vault.outcomes(case.id, case.need("run-started").digest)
    samples: dict[str, Any] = {
        name.removeprefix("sample/"): canonical.loads(data)
        for name, data in kept.items()
        if name.startswith("sample/")
    }
    return Conducted(
        samples=samples,
        attempts=sum(name.startswith("attempt/") for name in kept),
        reruns=sum(name.startswith("rerun/") for name in kept),
    )


def _task(planned: Planned, proven: Proven) -> TaskItem:
    item = proven.item
    files = tuple(TaskFile(file.path, file.data) for file in item.files)
    hosts = tuple(
        TaskHost(
            host.name,
            host.address,
            tuple(TaskFile(file.path, file.data) for file in host.files),
            host.start,
        )
        for host in machines(proven)
    )
    return TaskItem(planned.id, item.prompt, files, hosts, _foreign(item))


def _foreign(item: Item) -> ForeignSample | None:
    """The sample of another's task that the item is, if it is one."""
    oracle = item.oracle
    if not isinstance(oracle, ScoreOracle):
        return None
    return ForeignSample(oracle.task, oracle.arguments, oracle.sample)


def _told(flag: Flag) -> str:
    """A mark in one text of the record. It quotes a model: what no text may hold is written out."""
    return visible(f"turn {flag.turn}: {flag.rule}: {flag.text}")[:400]


def _reason(sample: FinishedSample, held: bool) -> str:
    if held:
        return "held until a person has looked at what was flagged"
    return sample.reason or (
        "the oracle accepted the answer"
        if sample.outcome == "solved"
        else "the oracle did not accept the answer"
    )
