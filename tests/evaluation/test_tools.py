# SPDX-License-Identifier: Apache-2.0
"""Inspect's own tools work in our sandbox, on every tier that is here.

A task of Inspect's, a model that is a script, and the four tools with which agents of other people
work. `bash_session` and `text_editor` bring a program of Inspect's into the sandbox; it ships with
Inspect, so nothing is fetched.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.errors import PrerequisiteError
from proofhouse.sandbox import TIERS, Limits, check_tier, open_session

pytestmark = pytest.mark.sandbox

SCRIPT = """
import json, sys
from inspect_ai import Task, eval
from inspect_ai.agent import react
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.tool import bash, bash_session, python, text_editor
from proofhouse.evaluation import provider
from proofhouse.sandbox import Limits

CALLS = [
    ("bash", {"command": "id -u; pwd; uname -n"}),
    ("python", {"code": "import os; print(6 * 7, os.getcwd())"}),
    ("text_editor", {"command": "create", "path": "/work/n.txt", "file_text": "one\\ntwo\\n"}),
    ("text_editor", {"command": "str_replace", "path": "/work/n.txt", "old_str": "two",
                     "new_str": "three"}),
    ("text_editor", {"command": "view", "path": "/work/n.txt"}),
    ("bash_session", {"action": "type_submit", "input": "cd /tmp; export KEPT=kept; pwd"}),
    ("bash_session", {"action": "type_submit", "input": "echo $KEPT in $PWD; cat /work/n.txt"}),
    ("submit", {"answer": "done"}),
]
if sys.argv[3] == "two":
    CALLS = [CALLS[0], CALLS[1], CALLS[-1]]
outputs = []
for name, arguments in CALLS:
    output = ModelOutput.for_tool_call("mockllm", name, arguments)
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    outputs.append(output)
limits = Limits(memory_bytes=1 << 30, tmp_bytes=256 << 20, pids=128)
tools = [bash(timeout=100), python(timeout=100), text_editor(), bash_session(wait_for_output=60)]
task = Task(dataset=[Sample(input="work", sandbox=provider.spec(limits, sys.argv[2]))],
            solver=react(tools=tools))
log = eval(task, model=get_model("mockllm/model", custom_outputs=outputs), log_dir=sys.argv[1],
           display="none", ctl_server=False, log_level="error")[0]
sample = log.samples[0]
print(json.dumps({
    "status": log.status,
    "error": sample.error.message if sample.error else "",
    "results": [[m.function, m.text, m.error.message if m.error else ""]
                for m in sample.messages if m.role == "tool"],
}))
"""


async def stat_works(tier: str) -> bool:
    """Whether stat(1) does; Inspect's injection needs it, and gVisor of 2022 refuses its flags."""
    async with open_session(Limits(), tier) as session:
        return (await session.exec(["stat", "/"])).returncode == 0


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="the python tool needs it inside")
@pytest.mark.parametrize("tier", TIERS)
def test_inspects_own_tools(tier: str, tmp_path: Path) -> None:
    """bash, python, text_editor and bash_session do their work as the user inside.

    The last two not in a gVisor in which stat(1) does not work (runsc of Debian 12).
    """
    try:
        check_tier(tier)
    except PrerequisiteError as error:
        if tier == "bwrap":
            raise
        pytest.skip(str(error))
    whole = asyncio.run(stat_works(tier))
    which = "all" if whole else "two"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), tier, which],
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["status"], told["error"]) == ("success", ""), told
    shell, snake, *others = told["results"]
    assert shell == ["bash", "65534\n/work\nsandbox\n", ""]
    assert snake == ["python", "42 /work\n", ""]
    if not whole:
        assert others == []
        return
    made, changed, viewed, _, kept = others
    assert made[2] == changed[2] == viewed[2] == ""
    assert "three" in viewed[1]
    assert "kept in /tmp" in kept[1]
    assert "three" in kept[1]
