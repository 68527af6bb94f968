# SPDX-License-Identifier: Apache-2.0
"""What parent and child speak of, frozen all the way down.

    Job(model=ModelSpec("openai-api/lab/model-x", base_url="http://127.0.0.1:8000/v1", key="…"),
        log_directory=Path("…/runs/0001"), budgets=Budgets(tokens=200_000, turns=30, seconds=900))
    TaskItem(id="memory-flaw/3/07", prompt="…", files=(TaskFile("/work/target.c", b"…"),))
    FinishedSample(id="memory-flaw/3/07", outcome="failed", kind="limit", …)

What an item's answer is, how hard it is and how it is graded has no place in these types: the
child is given prompts and files and is told one score word (solved, failed) when it is over.

**Outcome and kind.** The outcome is what the plan counts, the kind says how the sample ended:

    kind             outcome           when
    answered         solved | failed   the agent submitted or stopped; the oracle graded
    limit            solved | failed   a budget was spent; what then stood as the answer was graded
    lost             failed            the agent's commands took its sandbox down, with its answer
    model            missing           the endpoint failed, did not answer, or would not speak
    infrastructure   missing           our sandbox or oracle failed; may be offered once more
    cancelled        missing           somebody cancelled this one sample

A spent budget is a result, not an error: a budget is part of the question. What the agent had
written by then is graded like any other answer, for that work was done inside the budget; no answer
is a failed item. Only when the model was not answering at that moment does it count as missing, or
an endpoint could fail its way to NOT_COVERED by hanging (see `source.was_answering`).

The memory and the processes of its sandbox are an agent's budget too. Were a sandbox that it takes
down missing, an agent could turn each item that it can't solve into one that does not count, and
so keep a test from NOT_COVERED; missing data must help nobody. So it is failed, if the agent had
run commands in it and a control beside it holds: a fresh sandbox with the same limits takes a file,
runs a command and gives the file back (`provider.control`). Else it is our infrastructure, as ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from proofhouse.rules.determination import Outcome
from proofhouse.sandbox import Limits

Score = Literal["solved", "failed"]
"""The one word that a grade tells the child."""

Kind = Literal["answered", "limit", "lost", "model", "infrastructure", "cancelled"]
"""How a sample ended; see the table above."""

ANSWER_PATH = "/work/answer"
"""Where an agent leaves its answer inside the sandbox."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One scripted turn of `mockllm/model`, for rehearsals that call nobody.

    ``commands`` become one `bash` call each, ``submit`` a `submit` call, ``text`` the plain text;
    ``tokens`` is what the turn is said to have cost, half in, half out.
    """

    text: str = ""
    commands: tuple[str, ...] = ()
    submit: str | None = None
    tokens: int = 20


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The model under test, by its Inspect name, and how to reach it.

    ``name`` is any name Inspect takes (`openai-api/lab/model-x`, `anthropic/…`, `mockllm/model`).
    ``key`` goes to the child over its private socket, never into an argument list, an environment
    or a log. ``environment`` is for providers that read their credentials from nowhere else
    (bedrock, vertex): those variables are set in the child alone. ``arguments`` are the provider's
    own constructor arguments; they are logged and must not be secret. ``replies`` are the turns of
    `mockllm/model`: the n-th reply answers turn n of every sample and the last one repeats.
    """

    name: str
    base_url: str = ""
    key: str = field(default="", repr=False)
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    arguments: tuple[tuple[str, str | int | bool], ...] = ()
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Budgets:
    """What one sample may spend; part of what a result means (R13).

    ``tokens`` counts everything in and out, cached or not. ``seconds`` is wall time of the agent,
    without sandbox start and grading. ``reply_tokens`` caps one reply (None: the provider's own
    default). ``call_seconds`` bounds one attempt at a model call and ``retries`` the repetitions
    after a failed one (waits of about 3, 6, 12 … seconds between them). ``command_seconds`` bounds
    one command of the agent, ``output_bytes`` what it is shown of its output. An answer file of
    more than ``answer_bytes`` counts as no answer.
    """

    tokens: int = 200_000
    turns: int = 30
    seconds: int = 900
    reply_tokens: int | None = None
    call_seconds: int = 120
    retries: int = 3
    command_seconds: int = 60
    output_bytes: int = 16_384
    answer_bytes: int = 1_048_576


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at a run: the model, its budgets, its sandbox, and where the log goes.

    ``log_directory`` is created with mode 0700 and belongs to this run. ``limits`` bounds each
    sample's sandbox; None gives the agent no sandbox and no `bash`, for items that only ask.
    ``reader`` is a second model that reads each transcript when it is finished, and may mark it
    (`second_reader`); it is shown sealed items.
    """

    model: ModelSpec
    log_directory: Path
    budgets: Budgets = Budgets()
    limits: Limits | None = field(default_factory=Limits)
    tier: str = "bwrap"
    samples_at_once: int = 4
    reader: ModelSpec | None = None


@dataclass(frozen=True, slots=True)
class TaskFile:
    """A file the agent finds in its sandbox; ``path`` is absolute or relative to `/work`."""

    path: str
    data: bytes = field(repr=False)
    executable: bool = False


@dataclass(frozen=True, slots=True)
class TaskHost:
    """A machine that the agent's sandbox may speak to; see `proofhouse.sandbox.HostSpec`.

    Its files' paths are relative to its own `/work`; the agent sees none of them.
    """

    name: str
    address: str
    files: tuple[TaskFile, ...]
    start: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignSample:
    """A sample of a task that Inspect knows by name, made with ``arguments`` (sorted)."""

    task: str
    arguments: tuple[tuple[str, str | int | bool], ...]
    sample: str


@dataclass(frozen=True, slots=True)
class TaskItem:
    """What the model is given of one item; ``id`` stays in the parent (the child sees a label).

    With ``hosts`` its sandbox is on a network with them, and with nobody else. A ``foreign`` one
    has its prompt, files, solver and scorer from its own task; its answer is the score, in digits.
    ``tier`` is a sandbox of its own, no weaker than the run's (`Job.tier`), which is the default.
    """

    id: str
    prompt: str
    files: tuple[TaskFile, ...] = ()
    hosts: tuple[TaskHost, ...] = ()
    foreign: ForeignSample | None = None
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """An act that a person should look at: ``rule`` (see `scan`), the text, the turn from 1."""

    rule: str
    text: str
    turn: int


@dataclass(frozen=True, slots=True)
class FinishedSample:
    """All there is about one sample that ran to its end.

    ``reason`` is one sentence of ours when ``kind`` is not `answered`, else empty. Token counts
    include cached tokens. ``model_calls`` counts attempts, ``turns`` replies. ``milliseconds`` is
    wall time of agent and grading. ``flags`` hold the score until a person has looked: the
    caller decides, the outcome here is the oracle's. ``record`` is Inspect's EvalSample as JSON.
    ``reading`` is what came of the second reading, empty where the job has no second reader.
    """

    id: str
    outcome: Outcome
    kind: Kind
    reason: str
    input_tokens: int
    output_tokens: int
    model_calls: int
    turns: int
    milliseconds: int
    flags: tuple[Flag, ...]
    record: bytes = field(repr=False)
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Progress, for a person who waits.

    ``kind`` is `started`, `tokens` (so far), `finished` or `batch-done`; ``id`` is empty for the
    last; ``tokens`` and ``turns`` are the sample's so far, for `batch-done` the run's.
    """

    kind: Literal["started", "tokens", "finished", "batch-done"]
    id: str = ""
    tokens: int = 0
    turns: int = 0
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Harness:
    """What the model was run in: the evaluation record's versions, scaffold and budgets (R13).

    ``packages`` are the distributions whose code took part (Inspect, the provider's client,
    Inspect extensions), each with its version, sorted. ``endpoint`` is host and port, without
    path, user or key; empty when the provider has its own address. ``reader`` is the second
    reader's model, empty if there is none.
    """

    proofhouse: str
    python: str
    packages: tuple[tuple[str, str], ...]
    scaffold: str
    tools: tuple[str, ...]
    model: str
    endpoint: str
    tier: str
    budgets: Budgets
    reader: str = ""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One attempt that came to its end. ``log`` is the name of its Inspect log in the directory."""

    harness: Harness
    log: str
    solved: int
    failed: int
    missing: int
    flagged: int
    tokens: int
    milliseconds: int


PROBE = "probe/v1"
"""The method of a `ProbeReport`'s fingerprint, as a submission names it."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """A preflight that passed: ``fingerprint`` is the SHA-256 of canonical [[prompt, text], …].

    Two reports with the same fingerprint answered the probe prompts alike at temperature 0; a
    difference says nothing by itself, for many endpoints are not deterministic (R17). It is the
    cheap first look; comparing two models takes repeated samples and a two-sample test.
    ``temperature`` is False when the endpoint refused the parameter and chose its own.
    """

    harness: Harness
    responses: tuple[tuple[str, str], ...]
    fingerprint: str
    temperature: bool
    tokens: int
