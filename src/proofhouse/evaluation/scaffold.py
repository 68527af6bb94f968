# SPDX-License-Identifier: Apache-2.0
"""The agent loop: a prompt, two tools, and budgets that end it cleanly.

    system   what the tools are and where the answer goes
    user     the item's prompt
    model    → bash(command) runs in the sample's sandbox, → submit(answer) ends the sample

Imported by the child only. Our own loop of a few lines instead of Inspect's `react`: the scaffold
is part of what a result means (R13), so it has a name and a version of its own, and each way of
ending has one kind (see `types`). Inspect still does the model calls, the tool calls, the token
budget and the log.

Limits: a reply without a tool call is answered with one reminder; the third in a row ends the
sample, and what stands as the answer is graded. The token budget is checked by Inspect after each
reply, so the reply that exceeds it is paid for and not used. Time is measured here and not by
Inspect's `time_limit`, which would give the oracle half the agent's seconds to grade in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    Model,
    execute_tools,
)
from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, tool
from inspect_ai.util import LimitExceededError, sandbox, time_limit

from proofhouse.errors import InputError, RefusedError
from proofhouse.evaluation import endpoint
from proofhouse.evaluation.endpoint import EndpointError
from proofhouse.evaluation.types import ANSWER_PATH, Budgets, ModelSpec
from proofhouse.sandbox import WORK_DIRECTORY

SCAFFOLD: Final = "proofhouse-loop/1"

_WITH_SANDBOX: Final = f"""You work on one task on a Linux machine without network access.
Use the tool `bash` to run commands; each call is a fresh shell that starts in /work.
Put your answer into the file {ANSWER_PATH}, exactly as the task asks for it, and then call the \
tool `submit`. Submitting ends the task. Work only in /work and /tmp."""

_WITHOUT_SANDBOX: Final = """Answer the question. When you are done, call the tool `submit` with \
your answer, exactly in the form the question asks for. Submitting ends the task."""

_REMINDER: Final = "Go on with the task, or call the tool `submit` if you are done."

_SILENT_REPLIES: Final = 3


@dataclass(frozen=True, slots=True)
class Bench:
    """What every sample of a run shares: whose model, which budgets, is there a sandbox."""

    model: Model
    spec: ModelSpec
    budgets: Budgets
    sandboxed: bool
    spent: Callable[[str, int, int], None]
    """Called with a label, its tokens and its turns after every reply."""


def tools(budgets: Budgets, sandboxed: bool) -> list[Tool]:
    """The agent's tools."""
    return [bash(budgets.command_seconds), submit()] if sandboxed else [submit()]


def tool_names(sandboxed: bool) -> tuple[str, ...]:
    """Their names, for the record."""
    return ("bash", "submit") if sandboxed else ("submit",)


@tool(parallel=False)  # commands of one reply run in its order, as they are written
def bash(seconds: int) -> Tool:
    """The command tool: one fresh shell in the sample's sandbox, bounded in time."""

    async def execute(command: str) -> str:
        """Run a command in a bash shell.

        Args:
            command: The command to run.

        Returns:
            What it wrote to standard error and standard output, and how it ended if not with 0.
        """
        try:
            result = await sandbox().exec(
                ["bash", "-c", command], cwd=WORK_DIRECTORY, timeout=seconds, timeout_retry=False
            )
        except TimeoutError:
            return f"[stopped: the command ran longer than {seconds} seconds]"
        except (InputError, RefusedError) as error:
            # A NUL in the command, too many commands at once: the agent's doing, and not an error.
            return f"[not run: {error.message}]"
        status = "" if result.returncode == 0 else f"\n[exit status {result.returncode}]"
        return f"{result.stderr}{result.stdout}{status}"

    return execute


@tool(parallel=False)
def submit() -> Tool:
    """The tool that ends the sample."""

    async def execute(answer: str = "") -> str:
        """Submit the answer and end the task.

        Args:
            answer: The answer, if the task does not ask for a file.

        Returns:
            Nothing that matters: the task is over.
        """
        return answer

    return execute


async def work(state: TaskState, bench: Bench) -> TaskState:
    """Run one sample to its end; `state.output.completion` is then what the agent submitted.

    Raises:
        EndpointError: the model failed, or would not speak.
        LimitExceededError: a budget is spent (tokens, turns, time).
    """
    system = _WITH_SANDBOX if bench.sandboxed else _WITHOUT_SANDBOX
    state.messages = [ChatMessageSystem(content=system), ChatMessageUser(content=state.input_text)]
    kit = tools(bench.budgets, bench.sandboxed)
    tokens = silent = refused = 0
    with time_limit(bench.budgets.seconds):
        for turn in range(1, bench.budgets.turns + 1):
            output = await endpoint.ask(bench.model, state.messages, kit, bench.spec)
            tokens += endpoint.total_tokens(output.usage)
            bench.spent(str(state.sample_id), tokens, turn)
            state.output = output
            state.messages.append(output.message)
            refused = refused + 1 if output.stop_reason == "content_filter" else 0
            if refused == _SILENT_REPLIES:
                raise EndpointError("The endpoint's content filter refused to let the model speak.")
            if output.stop_reason == "model_length":
                raise LimitExceededError("custom", value=tokens, limit=tokens, message=_FULL)
            if output.message.tool_calls:
                silent = 0
                if await _use_tools(state, kit, bench.budgets.output_bytes):
                    return state
                continue
            silent += 1
            if silent == _SILENT_REPLIES:
                return _give_up(state)
            state.messages.append(ChatMessageUser(content=_REMINDER))
    turns = bench.budgets.turns
    raise LimitExceededError("turn", value=turns, limit=turns)


_FULL: Final = "The model's context window is full."


async def _use_tools(state: TaskState, kit: list[Tool], output_bytes: int) -> bool:
    """Run the last message's tool calls; True when one of them was a submission."""
    calls = {call.id: call for call in state.output.message.tool_calls or ()}
    results = await execute_tools(state.messages, kit, max_output=output_bytes)
    state.messages.extend(results.messages)
    for message in results.messages:
        if not isinstance(message, ChatMessageTool) or message.error is not None:
            continue
        call = calls.get(message.tool_call_id or "")
        if call is not None and call.function == "submit":
            # From the call and not from its result, which is cut to output_bytes.
            state.output.completion = str(call.arguments.get("answer", ""))
            return True
    return False


def _give_up(state: TaskState) -> TaskState:
    """The model stopped using tools; a model that never said a word has not answered at all.

    Raises:
        EndpointError: none of its replies holds any text or call.
    """
    replies = [message for message in state.messages if message.role == "assistant"]
    if not any(reply.text.strip() or reply.tool_calls for reply in replies):
        raise EndpointError("The model gave empty replies only.")
    return state
