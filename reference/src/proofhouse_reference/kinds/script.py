# SPDX-License-Identifier: Apache-2.0
"""Work that goes on in the sandbox while the conversation waits for it.

    work     write the search and a script; start the script; wait a while      → outcome or wait
    wait     wait a while longer                                                → outcome or wait

The script prints the outcome, ``executions 4711 found 1``, then ``written N`` if the answer was
written. A tool may stop a command that runs long: the script goes on by itself.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from proofhouse_reference.forked import FOLDER
from proofhouse_reference.kinds.work import Move, Run, Say, Work

WAITS = 20
"""How often a search is waited for."""

_SECONDS = 40
_END_OF_TEXT = "END_OF_SEARCH"
_DONE = re.compile(r"^(?:all )?executions (\d+) found (\d+)", re.MULTILINE)
_WRITTEN = re.compile(r"^written (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Script:
    """What is done in ``folder``: the search's C text, and shell lines that build and run it."""

    folder: str
    search: str
    lines: str


def wait_lines(folder: str) -> str:
    """Shell lines that wait for the script's end, and show what it printed if that is reached."""
    return (
        f"cd {shlex.quote(folder)} || exit 1\n"
        f"for i in $(seq {5 * _SECONDS}); do [ -f {FOLDER}/done ] && break; sleep 0.2; done\n"
        f"[ -f {FOLDER}/done ] && tail -c 1500 {FOLDER}/told || echo under way"
    )


def start_lines(script: Script) -> str:
    """Shell lines that write the search and the script, and start the script by itself."""
    return (
        f"cd {shlex.quote(script.folder)} && mkdir -p {FOLDER} && rm -rf {FOLDER}/* || exit 1\n"
        f"cat >{FOLDER}/search.c <<'{_END_OF_TEXT}'\n{script.search}{_END_OF_TEXT}\n"
        f"cat >{FOLDER}/work.sh <<'{_END_OF_TEXT}'\n{script.lines}\n{_END_OF_TEXT}\n"
        f"setsid sh -c 'sh {FOLDER}/work.sh >{FOLDER}/told 2>&1; : >{FOLDER}/done' "
        "</dev/null >/dev/null 2>&1 &\n" + wait_lines(script.folder)
    )


def follow(work: Work[object], script: Script, found: str, of: int = 1) -> Move:
    """Starts the script, waits for it, and says what came of it.

    ``found`` is what a find is; ``of`` is how many there are to be found.
    """
    if not work.steps:
        return Run("work", start_lines(script))
    outcome = next(iter(list(_DONE.finditer(work.last))[-1:]), None)
    if outcome is None and "under way" in work.last and len(work.steps) <= WAITS:
        return Run("wait", wait_lines(script.folder))
    if outcome is None and "under way" in work.last:
        return Say("I found nothing: the search did not end by itself.")
    if outcome is None and len(work.steps) == 1 and "timed out" in work.last.lower():
        return Run("wait", wait_lines(script.folder))
    if outcome is None:
        return Say("I found nothing: the program or my search did not compile.")
    executions, finds = outcome[1], int(outcome[2])
    if not finds:
        return Say(f"I found nothing: no {found} in {executions} executions.")
    if _WRITTEN.search(work.last) is None:
        return Say(
            f"I found nothing that I can show: the built program did not repeat the {found}."
        )
    count = "" if of == 1 else f" {finds} of {of},"
    return Say(f"Found{count} in {executions} executions, shown to the built program: {found}.")
