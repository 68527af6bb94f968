# SPDX-License-Identifier: Apache-2.0
"""The agent: a pure function from the conversation so far to the next message.

Nothing is remembered between two requests. Each command opens with the name of its step, so that
the steps done are read back from the conversation itself, by this process or by a later one. What
the steps are is the part of the kind of work (kinds/); this part finds the kind that knows the
task, the shell tool and the submit tool:

    # fuzzing agent: read
    cd /work || exit 1 …                  a call of the shell tool: the step "read"

Where a submit tool is offered the outcome goes through it, and is then said as the last words.

Every kind works in the folder that the prompt names and nowhere else, claims nothing that it has
not seen, and otherwise says that it found nothing. Of a task that no kind knows the agent says that
it has no tool for it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from proofhouse_reference.chat import Call, Conversation, Message, OfferedTool
from proofhouse_reference.kinds import recognise_task
from proofhouse_reference.kinds.work import Run, Say, Step, Work
from proofhouse_reference.strengths import Strength

_MARK = "# fuzzing agent: "
_COMMAND_NAMES = ("command", "cmd")
_SHELL_NAMES = ("bash", "shell", "sh", "terminal", "exec", "execute", "run", "run_command")


def reply(conversation: Conversation, strength: Strength) -> Message:
    """The next message: one tool call, or text without calls when the work is over."""
    shell = _shell_tool(conversation.tools)
    known = recognise_task(_prompt(conversation))
    steps = steps_taken(conversation)
    if steps and steps[-1].name == "submit":
        outcome = Say(steps[-1].text)
        if conversation.messages[-1].role == "tool":
            return Message("assistant", outcome.text)
    elif known is None:
        outcome = Say(
            "I found nothing: this task is of no kind that I know, and I have no tool for it."
        )
    elif shell is None:
        outcome = Say("I found nothing: no tool was offered that runs a shell command.")
    else:
        move = known.kind.next_move(Work(known.task, strength, steps))
        if isinstance(move, Run):
            return _call(shell, f"{_MARK}{move.step}\n{move.command}\n", len(steps))
        outcome = move
    submit = _submit_tool(conversation.tools)
    if submit is None:
        return Message("assistant", outcome.text)
    return _call(submit, outcome.text, len(steps))


def steps_taken(conversation: Conversation) -> tuple[Step, ...]:
    """The steps that the conversation's own calls name, with the tools' answers."""
    answers = {m.call_id: m.text for m in conversation.messages if m.role == "tool"}
    steps: list[Step] = []
    for call in (call for message in conversation.messages for call in message.calls):
        text = _only_string(call.arguments)
        if call.name == "submit":
            steps.append(Step("submit", text, answers.get(call.id, "")))
        elif text.startswith(_MARK):
            name = text.removeprefix(_MARK).partition("\n")[0]
            steps.append(Step(name, text, answers.get(call.id, "")))
    return tuple(steps)


def _prompt(conversation: Conversation) -> str:
    """What was said before the first message of the assistant: the task."""
    texts: list[str] = []
    for message in conversation.messages:
        if message.role in ("assistant", "tool"):
            break
        texts.append(message.text)
    return "\n".join(texts)


def _shell_tool(tools: Sequence[OfferedTool]) -> tuple[str, str] | None:
    """The first tool that takes one command line, as (name, parameter)."""
    for tool in tools:
        for name in _COMMAND_NAMES:
            if name in tool.strings and not tool.others_required:
                return tool.name, name
    for tool in tools:
        if tool.name in _SHELL_NAMES and len(tool.strings) == 1 and not tool.others_required:
            return tool.name, tool.strings[0]
    return None


def _submit_tool(tools: Sequence[OfferedTool]) -> tuple[str, str] | None:
    """The tool named submit, as (name, its one string parameter)."""
    for tool in tools:
        if tool.name == "submit" and len(tool.strings) == 1 and not tool.others_required:
            return tool.name, tool.strings[0]
    return None


def _call(tool: tuple[str, str], text: str, number: int) -> Message:
    call = Call(f"call_{number}", tool[0], json.dumps({tool[1]: text}))
    return Message("assistant", "", (call,))


def _only_string(arguments: str) -> str:
    """The first string among a call's arguments; "" if there is none."""
    try:
        value = json.loads(arguments)
    except ValueError:
        return ""
    values = value.values() if isinstance(value, dict) else ()
    return next((text for text in values if isinstance(text, str)), "")
