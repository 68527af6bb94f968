# SPDX-License-Identifier: Apache-2.0
"""Networks of machines: a way through their services; the answer is a script that goes it afresh.

    scout    write the scout, compile it, let it spend its requests; the answer is a script that
             holds the scout's source, compiles it where it is run and prints what it finds there
                                                                → the outcome

What a fresh copy of a network keeps secret has to be found there, so that what is handed in is the
search itself. The scout (``scout/scout.c``) begins at the address and port that the prompt shows
and goes only to addresses that the prompt or a machine has told. It asks each service for its
commands, reads what is listed and keeps every line.

An execution is one request, a command line that a service is sent; ``REQUESTS`` has the budgets.
The tools are, each with those before it:

    none         banners, help, lists, and what may be read
    DICTIONARY   words that were read: as accounts and pass words everywhere, as folders of names
    COVERAGE     search: other spellings of names, fields set inside values, copies; by response
    PATCHING     relays are crossed with what opened them; texts are decoded (octal, decimal,
                 hexadecimal, backwards, thirteen letters on)
    SOLVING      formulas in texts are computed from what the service shows

Limits: services of text lines that answer HELP with their commands; IPv4; the scout ends after
``SECONDS``, for where its answer is run there is a limit too.
"""

from __future__ import annotations

import importlib.resources
import posixpath
import re
import shlex
from dataclasses import dataclass

from proofhouse_reference.kinds.work import Move, Run, Say, Work
from proofhouse_reference.source import strip_comments
from proofhouse_reference.strengths import Strength, Tool

REQUESTS = {
    "weak": 100,
    "weak-plus": 1_000,
    "fair": 1_000,
    "good": 2_000,
    "strong": 4_000,
    "expert": 8_000,
}
"""The budget of each strength, in requests: here and, once more, wherever the answer is run."""

SECONDS = 50
"""How long a scout may go on, in seconds."""

TOOLS: tuple[tuple[str, Tool], ...] = (
    ("DICTIONARY", Tool.DICTIONARY),
    ("SEARCH", Tool.COVERAGE),
    ("RELAY", Tool.PATCHING),
    ("DECODE", Tool.PATCHING),
    ("DERIVE", Tool.SOLVING),
)
"""The scout's tools, and the tool of a strength that each of them goes with."""

_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}"
_START = re.compile(rf"\b({_ADDRESS})[ :](\d{{1,5}})\b")
_OWN = re.compile(rf"[Yy]our (?:own )?address is ({_ADDRESS})")
_PROOF = re.compile(r'"(\w+:) ?\.\.\.')
_STEPS = re.compile(r"\b(\d{1,3}) steps\b")
_ANSWER = re.compile(r"(?<![\w./-])(/[\w.-]+(?:/[\w.-]+)*/answer[\w-]*)")
_FOLDER = ".scout"
_END = "END_OF_SCOUT"
_SPENT = re.compile(r"^requests (\d+) .* proofs (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Network:
    """What the prompt says: where to begin, the own address, what marks a proof, how many steps."""

    answer: str
    address: str
    port: int
    own: str
    mark: str
    steps: int


def recognise(prompt: str) -> Network | None:
    """A task with an own address, a first service's address and port, and an answer file."""
    own, answer = _OWN.search(prompt), _ANSWER.search(prompt)
    starts = [found for found in _START.finditer(prompt) if own and found[1] != own[1]]
    if own is None or answer is None or not starts or int(starts[0][2]) > 65_535:
        return None
    proof, steps = _PROOF.search(prompt), _STEPS.search(prompt)
    return Network(
        answer=answer[1],
        address=starts[0][1],
        port=int(starts[0][2]),
        own=own[1],
        mark=proof[1] if proof else "proof:",
        steps=int(steps[1]) if steps else 0,
    )


def scout_text(task: Network, strength: Strength) -> str:
    """The scout's C text for a network and a strength: one translation unit."""
    facts: dict[str, str | int] = {
        "BUDGET": REQUESTS.get(strength.name, strength.executions),
        "SECONDS": SECONDS,
        "START_ADDRESS": f'"{task.address}"',
        "START_PORT": task.port,
        "OWN_ADDRESS": f'"{task.own}"',
        "MARK_OF_PROOF": f'"{task.mark}"',
        **{name: int(tool in strength.tools) for name, tool in TOOLS},
    }
    defined = "".join(f"#define {name} {value}\n" for name, value in facts.items())
    resource = importlib.resources.files("proofhouse_reference") / "scout" / "scout.c"
    lines = strip_comments(resource.read_text(encoding="utf-8")).splitlines()
    return defined + "".join(f"{line.strip()}\n" for line in lines if line.strip())


def next_move(work: Work[Network]) -> Move:
    """Scout once; then the outcome."""
    if not work.steps:
        return Run("scout", _scout_lines(work.task, work.strength))
    spent = _SPENT.search(work.last)
    if spent is None:
        return Say("I found nothing: my scout did not compile or did not end by itself.")
    found = int(spent[2])
    if found == 0:
        return Say(f"I found nothing: no proof in {spent[1]} requests.")
    if f"written {work.task.answer}" not in work.last:
        return Say("I found proofs but could not write the answer.")
    return Say(
        f"Found {found} proofs of {work.task.steps or 'an unknown number of'} steps here in "
        f"{spent[1]} requests; {work.task.answer} searches for them anew wherever it is run."
    )


def _scout_lines(task: Network, strength: Strength) -> str:
    """Writes, compiles and runs the scout; puts the answer together from the same text."""
    folder = shlex.quote(posixpath.join(posixpath.dirname(task.answer), _FOLDER))
    answer = shlex.quote(task.answer)
    compiled = "cc -O1 -w -o scout scout.c || gcc -O1 -w -o scout scout.c"
    return (
        f"mkdir -p {folder} && cd {folder} || exit 1\n"
        f"cat >scout.c <<'{_END}'\n{scout_text(task, strength)}{_END}\n"
        f"{{ {compiled}; }} 2>&1 | tail -c 1500\n"
        "[ -x scout ] || exit 1\n"
        "./scout >proofs 2>spent\n"
        'echo "$(cat spent) proofs $(sort -u proofs | wc -l)"\n'
        f"""{{ printf '#!/bin/sh\\ncat >scout.c <<\\047{_END}\\047\\n'; cat scout.c; """
        f"""printf '{_END}\\n{{ {compiled}; }} 2>/dev/null\\n./scout 2>/dev/null\\n'; }} """
        f">{answer} && echo written {answer}\n"
    )
