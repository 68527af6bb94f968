# SPDX-License-Identifier: Apache-2.0
"""The agents at work on small programs, over HTTP, with a real compiler."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from proofhouse_reference import fuzzer
from proofhouse_reference.source import Constants
from proofhouse_reference.strengths import STRENGTHS

SOLVED = (
    ("weak", "length"),
    ("fair", "number"),
    ("good", "words"),
    ("strong", "checksum"),
    ("strong", "derived"),
    ("expert", "computed"),
)
UNSOLVED = (
    ("weak", "words"),
    ("weak-plus", "number"),
    ("fair", "checksum"),
    ("good", "derived"),
    ("strong", "computed"),
)


@pytest.mark.parametrize(("strength", "program"), SOLVED)
def test_a_strength_solves_what_its_tools_reach(work_on, strength, program, tmp_path):
    """The answer file makes a fresh build of the program fail under AddressSanitizer."""
    worked = work_on(strength, program)
    assert worked.text.startswith("Found")
    folder = tmp_path / program
    subprocess.run(
        ["gcc", "-g", "-O1", "-fsanitize=address", "-o", "fresh", "main.c", f"{program}.c"],
        cwd=folder,
        check=True,
    )
    run = subprocess.run(["./fresh", "answer"], cwd=folder, capture_output=True, check=False)
    assert b"ERROR: AddressSanitizer" in run.stderr


@pytest.mark.parametrize(("strength", "program"), UNSOLVED)
def test_a_strength_spends_its_budget_and_says_that_it_found_nothing(work_on, strength, program):
    """What is out of reach leaves no answer file, and the executions are the strength's budget."""
    worked = work_on(strength, program)
    budget = STRENGTHS[strength].executions
    assert worked.answer is None
    assert worked.text == f"I found nothing: no crash in {budget - 1} executions."


@pytest.mark.parametrize("strength", ["fair", "strong", "expert"])
def test_nothing_is_claimed_of_a_program_without_a_flaw(work_on, strength):
    """A sound program gets no answer file and no claim."""
    worked = work_on(strength, "sound")
    assert worked.answer is None
    assert worked.text.startswith("I found nothing")


@pytest.mark.parametrize("strength", ["weak-plus", "good"])
def test_exits_aborts_and_endless_loops_are_no_crash(work_on, strength):
    """A program that ends, aborts or hangs is searched to the end of the budget without a claim."""
    worked = work_on(strength, "noisy")
    assert worked.text.startswith("I found nothing: no crash in")


def test_a_crash_that_the_program_does_not_show_is_not_claimed(work_on, tmp_path):
    """A read past the input is harmless where main gives room; the flaw behind it is found."""
    worked = work_on("strong", "roomy")
    assert "refuted 1" in worked.commands[-1][1]
    assert worked.text.startswith("Found")
    assert worked.answer is not None
    assert worked.answer[0:1] == b"r"
    assert worked.answer[1] & 15 >= 8


def test_the_same_item_is_the_same_search(work_on, tmp_path):
    """Two conversations about one item spend the same executions and give the same answer."""
    first = work_on("strong", "checksum")
    (tmp_path / "checksum").rename(tmp_path / "before")
    second = work_on("strong", "checksum")
    assert second.answer == first.answer
    assert second.commands[1][1].splitlines()[0] == first.commands[1][1].splitlines()[0]


def test_a_submit_tool_ends_the_work(work_on):
    """Where a submit tool is offered it is called once, last, with the same words."""
    submit = {
        "type": "function",
        "function": {
            "name": "submit",
            "parameters": {"type": "object", "properties": {"answer": {"type": "string"}}},
        },
    }
    shell = {
        "type": "function",
        "function": {
            "name": "sh",
            "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}},
        },
    }
    worked = work_on("weak", "length", tools=(submit, shell))
    names = [
        call["function"]["name"]
        for answer in worked.answers
        for call in answer.body["choices"][0]["message"].get("tool_calls", ())
    ]
    assert names == ["sh", "sh", "submit"]
    assert worked.text.startswith("Found")


def test_commands_stay_in_the_folder_and_their_outputs_are_bounded(work_on, tmp_path):
    """Each command enters the task's folder first; no path leads elsewhere; no output is long."""
    worked = work_on("strong", "words")
    folder = tmp_path / "words"
    for command, output in worked.commands:
        assert command.splitlines()[1].startswith(f"cd {folder}")
        paths = re.findall(r"(?<![\w.*/<%$\\}])/[\w.-]+(?:/[\w.-]+)+", command)
        assert all(path.startswith((str(folder), "/dev/null")) for path in paths)
        assert len(output.encode()) < 13_000


def test_each_answer_carries_honest_usage(work_on):
    """Every answer counts tokens: the prompt grows, and four bytes of what is said are a token."""
    worked = work_on("weak", "length")
    usages = [answer.body["usage"] for answer in worked.answers]
    prompts = [usage["prompt_tokens"] for usage in usages]
    assert prompts == sorted(prompts)
    assert len(set(prompts)) == len(prompts)
    for answer, usage in zip(worked.answers, usages, strict=True):
        assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
        message = answer.body["choices"][0]["message"]
        said = message["content"] or ""
        for call in message.get("tool_calls", ()):
            said += call["function"]["name"] + call["function"]["arguments"]
        assert usage["completion_tokens"] == -(-len(said.encode()) // 4)
        assert json.loads(json.dumps(usage)) == usage


@pytest.mark.parametrize("strength", STRENGTHS)
def test_what_is_left_out_of_the_text_changes_nothing(strength, monkeypatch):
    """Without comments and needless space the fuzzer's text is compiled to the same code."""

    def compiled() -> bytes:
        text = fuzzer.fuzzer_text(
            fuzzer.Facts("process", "./program x", (b" a ",), Constants((7,), (b" b",)), 1),
            STRENGTHS[strength],
        )
        command = ["gcc", "-O1", "-w", "-S", "-x", "c", "-o", "-", "-"]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
        return done.stdout

    short = compiled()
    monkeypatch.setattr(fuzzer, "_tight", lambda text: text)
    assert compiled() == short


def test_an_item_costs_few_tokens(work_on, item_of):
    """The fuzzer is written once: an item costs little more than writing it and sending it once."""
    worked = work_on("expert", "computed")
    spent = sum(answer.body["usage"]["total_tokens"] for answer in worked.answers)
    (written,) = (text for text, _ in worked.commands if "END_OF_FUZZER" in text)
    assert spent < 3 * len(written.encode()) / 4


def test_a_fuzzer_is_compiled_without_a_warning(work_on, tmp_path):
    """The strongest fuzzer's own text is clean C under -Wall -Wextra."""
    work_on("expert", "length")
    done = subprocess.run(
        [
            "gcc",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-misleading-indentation",
            "-O2",
            "-c",
            "-o",
            "clean.o",
            "fuzz.c",
        ],
        cwd=tmp_path / "length" / ".fuzz",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
