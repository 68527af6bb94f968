# SPDX-License-Identifier: Apache-2.0
"""Logic flaws: a service takes a file of requests and must not print its secret.

A prompt of this kind names a C build line, an answer file, a sample, and a file "flag" with a dummy
secret. An execution is one run of the whole program on one candidate. A find has to hold under a
second secret, which is an execution too, and is shown once more to the program as the prompt builds
it before it becomes the answer.

Limits: the program reads "flag" in the folder that it is run in; its argument is the file.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass

from proofhouse_reference import forked
from proofhouse_reference.kinds.script import Script, follow
from proofhouse_reference.kinds.work import Move, Work
from proofhouse_reference.task import Task, read_task

_SECRET = re.compile(r"secret[^.]{0,80}\"flag\"|\"flag\"[^.]{0,80}secret", re.I)


@dataclass(frozen=True)
class ServiceTask:
    """The task as read, and where its sample lies."""

    task: Task
    sample: str


def recognise(prompt: str) -> ServiceTask | None:
    """A task with a build line, an answer file, a sample and a secret in the file "flag"."""
    task = read_task(prompt)
    if task is None or not _SECRET.search(prompt):
        return None
    sample = sample_of(task.paths)
    return ServiceTask(task, sample) if sample else None


def sample_of(paths: tuple[str, ...]) -> str:
    """The first path of a file whose name begins with "sample"; "" if there is none."""
    return next((path for path in paths if posixpath.basename(path).startswith("sample")), "")


def next_move(work: Work[ServiceTask]) -> Move:
    """Search, then the outcome."""
    task, strength = work.task.task, work.strength
    sources = [shlex.quote(source) for source in task.sources]
    script = Script(
        folder=task.workdir,
        search=forked.search_text(forked.SERVICE, strength),
        lines=forked.build_lines(task.flags, sources, strength)
        + "\n"
        + search_lines(str(strength.executions), shlex.quote(work.task.sample), sources)
        + f"[ -f {forked.FOLDER}/shown ] && cp {forked.FOLDER}/find {shlex.quote(task.answer)}"
        f" && echo written $(wc -c <{shlex.quote(task.answer)})",
    )
    return follow(work, script, "way to the secret")


def search_lines(executions: str, sample: str, sources: list[str]) -> str:
    """Shell lines that search in the current folder; a find that holds leaves ``shown``."""
    headers = " ".join(sorted({f"{posixpath.dirname(s) or '.'}/*.h" for s in sources}))
    folder = forked.FOLDER
    return (
        f"[ -x {folder}/search ] || exit 1\n"
        f"mkdir -p {folder}/check && tr 0-9 1-90 <flag >{folder}/check/flag\n"
        f"[ -f key ] && cp key {folder}/check/key\n"
        f"{folder}/search {executions} {sample} {' '.join(sources)} $(ls {headers} 2>/dev/null)"
        f" | tee {folder}/count\n"
        f"[ -f {folder}/find ] && (cd {folder}/check &&"
        " timeout 10 ../program ../find </dev/null 2>/dev/null |"
        f' grep -aqF "$(cat flag)") && : >{folder}/shown\n'
    )
