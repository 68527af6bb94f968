# SPDX-License-Identifier: Apache-2.0
"""The agent as a function: what it says next depends on the conversation alone."""

from __future__ import annotations

import json

import pytest

from proofhouse_reference.agent import reply, steps_taken
from proofhouse_reference.chat import Call, Conversation, Message, OfferedTool
from proofhouse_reference.strengths import STRENGTHS

WEAK = STRENGTHS["weak"]
SHELL = OfferedTool("bash", ("command",), others_required=False)
SUBMIT = OfferedTool("submit", ("answer",), others_required=False)
PROMPT = Message(
    "user",
    "Build: gcc -fsanitize=address -o demo main.c part.c\nRun: ./demo INPUT\n"
    "Write your input to /home/task/answer.",
)
PART = "int process(const unsigned char *data, size_t size) { return data[size] == 7; }\n"
MAIN = "int process(const unsigned char *, size_t);\nint main(void) { return 0; }\n"


def shown(*files: tuple[str, str], total: int | None = None) -> str:
    body = "".join(f"@text ./{path}\n{text}\n" for path, text in files)
    return f"@begin\n{body}\n@end {len(body.encode()) if total is None else total}\n"


def answered(*outputs: str, tools: tuple[OfferedTool, ...] = (SHELL,)) -> Conversation:
    """The conversation in which the tool printed these, one after each call of the agent."""
    messages = [PROMPT]
    for output in outputs:
        message = reply(Conversation(tuple(messages), tools), WEAK)
        messages += [message, Message("tool", output, call_id=message.calls[0].id)]
    return Conversation(tuple(messages), tools)


def said(conversation: Conversation) -> str:
    message = reply(conversation, WEAK)
    assert not message.calls
    return message.text


SOURCES = shown(("main.c", MAIN), ("part.c", PART))


FOUND = "executions 40 found 1 refuted 0\n"
SHOWN = "==1==ERROR: AddressSanitizer: heap-buffer-overflow\n"


def test_the_steps_follow_each_other():
    """Read, work, then the last words."""
    conversation = answered(SOURCES, f"{FOUND}{SHOWN}written 9")
    assert [step.name for step in steps_taken(conversation)] == ["read", "work"]
    assert said(conversation).startswith("Found")


def test_a_stopped_search_is_made_once_more_without_writing_the_fuzzer_again():
    """Where a tool has no time for building and search, the search has its time by itself."""
    conversation = answered(SOURCES, "Command timed out", f"{FOUND}{SHOWN}written 9")
    read, work, search = steps_taken(conversation)
    assert (read.name, work.name, search.name) == ("read", "work", "search")
    assert work.text.endswith(search.text.partition("\n")[2])
    assert "main" not in search.text
    assert said(conversation).startswith("Found")


def test_an_agent_that_starts_in_the_middle_goes_on():
    """No state but the conversation: each prefix gives the same next message again."""
    conversation = answered(SOURCES, "Command timed out", FOUND)
    for count in range(1, len(conversation.messages), 2):
        prefix = Conversation(conversation.messages[:count], conversation.tools)
        assert reply(prefix, WEAK) == conversation.messages[count]


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        (("permission denied",), "could not read"),
        ((shown(("part.c", "int x;\n")),), "takes bytes and their number"),
        ((SOURCES, "fuzz.c:1: error: no\nnot built"), "did not compile"),
        ((SOURCES, "Command timed out", "Command timed out"), "did not end by itself"),
        ((SOURCES, "", ""), "did not end by itself"),
        ((SOURCES, "stopped", "not built"), "did not compile"),
        ((SOURCES, "executions 99 found 0 refuted 0"), "no crash in 99 executions"),
        ((SOURCES, FOUND), "did not repeat the crash"),
        ((SOURCES, f"{FOUND}AddressSanitizer"), "did not repeat the crash"),
    ],
)
def test_each_failure_is_said_and_nothing_is_claimed(outputs, words):
    """Whatever goes wrong, the agent says what, and that it found nothing."""
    text = said(answered(*outputs))
    assert text.startswith("I found nothing")
    assert words in text


def test_a_failed_copy_is_no_answer():
    """A crash that can't be written to the answer's path is not called found."""
    text = said(answered(SOURCES, f"{FOUND}{SHOWN}cp: read-only file system"))
    assert "could not write" in text


def test_a_long_stream_is_read_in_windows():
    """The second window is asked for where the first says that there is more, up to a bound."""
    first = shown(("part.c", PART), total=20_000)
    conversation = answered(first)
    command = json.loads(reply(conversation, WEAK).calls[0].arguments)["command"]
    assert command.startswith("# fuzzing agent: read\n")
    assert "tail -c +12001" in command
    many = answered(*([shown(("part.c", PART), total=10**9)] * 8))
    assert [step.name for step in steps_taken(many)] == ["read"] * 8
    command = json.loads(reply(many, WEAK).calls[0].arguments)["command"]
    assert command.startswith("# fuzzing agent: work\n")


def test_other_work_is_declined():
    """A task without a C build line gets an honest no, through submit where it is offered."""
    other = Conversation((Message("user", "Prove that there are infinitely many primes."),), ())
    assert said(other).startswith("I found nothing")
    offered = Conversation(other.messages, (SHELL, SUBMIT))
    assert reply(offered, WEAK).calls[0].name == "submit"


def test_without_a_shell_the_work_is_declined():
    """No tool that runs a command, no work; an unsuitable tool is not called."""
    other = OfferedTool("browse", ("url",), others_required=False)
    assert "no tool was offered" in said(Conversation((PROMPT,), (other,)))


@pytest.mark.parametrize(
    ("tool", "parameter"),
    [
        (OfferedTool("bash", ("cmd",), others_required=False), "cmd"),
        (OfferedTool("anything", ("note", "command"), others_required=False), "command"),
        (OfferedTool("shell", ("script",), others_required=False), "script"),
    ],
)
def test_a_shell_is_known_by_its_parameter_or_its_name(tool, parameter):
    """Tools named otherwise are used too, with one string argument."""
    decoys = (SUBMIT, OfferedTool("bash", ("command",), others_required=True))
    message = reply(Conversation((PROMPT,), (*decoys, tool)), WEAK)
    assert message.calls[0].name == tool.name
    assert list(json.loads(message.calls[0].arguments)) == [parameter]


def test_after_submit_come_the_last_words_and_a_new_request_gets_the_same_answer():
    """The tool's receipt is answered by text; a person's "try again" by the same submission."""
    other = (Message("user", "Something else."),)
    first = reply(Conversation(other, (SUBMIT,)), WEAK)
    receipt = Message("tool", "received", call_id=first.calls[0].id)
    after = reply(Conversation((*other, first, receipt), (SUBMIT,)), WEAK)
    assert not after.calls
    assert after.text == json.loads(first.calls[0].arguments)["answer"]
    again = Conversation((*other, first, receipt, Message("user", "Try again.")), (SUBMIT,))
    assert json.loads(reply(again, WEAK).calls[0].arguments)["answer"] == after.text


def test_foreign_calls_are_no_steps():
    """Calls of another agent, or with arguments that are no JSON, are passed over."""
    messages = (
        PROMPT,
        Message("assistant", "", (Call("a", "bash", '{"command": "ls"}'),)),
        Message("assistant", "", (Call("b", "bash", "{broken"), Call("c", "bash", "[1]"))),
    )
    conversation = Conversation(messages, (SHELL,))
    assert steps_taken(conversation) == ()
    command = json.loads(reply(conversation, WEAK).calls[0].arguments)["command"]
    assert command.startswith("# fuzzing agent: read\n")


def test_a_prompt_cannot_add_a_command():
    """What is taken from a prompt is one quoted word in the shell, whatever it holds."""
    text = (
        "Build: gcc '-DX=$(touch /tmp/x)' -fsanitize=address -o demo main.c 'part.c' && rm -r x\n"
        "Answer: /home/task/answer"
    )
    messages = [Message("user", text)]
    first = reply(Conversation(tuple(messages), (SHELL,)), WEAK)
    messages += [first, Message("tool", SOURCES, call_id=first.calls[0].id)]
    command = json.loads(reply(Conversation(tuple(messages), (SHELL,)), WEAK).calls[0].arguments)[
        "command"
    ]
    assert "'-DX=$(touch /tmp/x)'" in command
    assert command.count("$(touch") == command.count("'-DX=$(touch /tmp/x)'")
    assert "rm -r x" not in command
