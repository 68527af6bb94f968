# SPDX-License-Identifier: Apache-2.0
r"""Puts together the search that runs a whole program on each candidate, for one strength.

    .fuzz/search 10000 sample.in src/main.c src/part.c    →    executions 4711 found 1

The text depends on the strength and on the subject (service, plant) alone: what it learns of a
task it reads in the sandbox, from the sample and the sources. Its parts lie in ``fuzz/``:

    forked    one execution = one run of the program's main in a child process
    words     numbers and strings of the sources               with DICTIONARY
    service   the aim is the secret on standard output         fields, responses: its grammar
    plant     the aim is that the envelope was left            timed, trace: its grammar;
                                                               staged: its search, stage by stage
    coverage, compare, solve                                   as for memory flaws
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse_reference.fuzzer import parts_text
from proofhouse_reference.strengths import Strength, Tool

FOLDER = ".fuzz"
NO_MAIN = "-Dmain=main_of_the_program"
_WRAPPED = ("memcmp", "strncmp", "strcmp", "strcasecmp")


@dataclass(frozen=True)
class Subject:
    """What is searched: its parts' names, its C definitions, how many requests are told apart."""

    aim: str
    changes: str
    novelty: str
    definitions: tuple[str, ...]
    prepare: str
    learn: str
    cuts: int
    texts: bool
    guiding: tuple[str, ...] = ()
    search: str = ""


SERVICE = Subject(
    aim="service",
    changes="fields",
    novelty="responses",
    definitions=('#define ARGUMENTS "./target", candidate', "#define SEEDS 1"),
    prepare="read_secrets()",
    learn="learn_sample()",
    cuts=64,
    texts=True,
)


def plant(last_tick: int) -> Subject:
    """A plant whose requests lie in the ticks 0 to ``last_tick``."""
    return Subject(
        aim="plant",
        changes="timed",
        novelty="trace",
        definitions=(
            '#define ARGUMENTS "./target", "run", candidate, seed_text',
            "#define SEEDS 8",
            f"#define LAST_TICK {last_tick}u",
        ),
        prepare="read_sample(GRAMMAR)",
        learn="(void)0",
        cuts=512,
        texts=False,
        guiding=("#define STAGED", "static long farthest;", "static unsigned ends_in;"),
        search="staged",
    )


def search_text(subject: Subject, strength: Strength) -> str:
    """The C text of the search: one translation unit."""
    tools = strength.tools
    guided = Tool.COVERAGE in tools
    known = Tool.DICTIONARY in tools
    definitions = [
        "#define LONGEST 4096",
        "#define LONGEST_STRING 64",
        f"#define GRAMMAR {int(guided)}",
        f"#define PATCHING {int(Tool.PATCHING in tools)}",
        f"#define SOLVING {int(Tool.SOLVING in tools)}",
        *subject.definitions,
        f"#define PREPARE() ({subject.prepare}{f', {subject.learn}' if known else ''})",
        f"#define READ_SOURCE(text) {'read_source(text)' if known else '(void)(text)'}",
        f"#define CUTS {subject.cuts}u",
        "#define COUNTED_ONCE 1",
    ]
    if guided:
        definitions += ["#define RESPONSES", "static int responded_anew(void);"]
        definitions += subject.guiding
    if not subject.texts:
        definitions.append("#define patch_texts(entry) 1")
    return "\n".join(definitions) + "\n" + parts_text(_parts(subject, strength))


def _parts(subject: Subject, strength: Strength) -> Sequence[str]:
    tools = strength.tools
    if Tool.DICTIONARY not in tools:
        return ("forked", "mutate", subject.aim, "blind", "launch")
    parts = ["forked", "words", "mutate", subject.aim, subject.changes]
    if Tool.COVERAGE not in tools:
        return (*parts, "blind", "launch")
    parts += ["coverage", subject.novelty]
    if Tool.PATCHING not in tools:
        return (*parts, subject.search or "answering", "launch")
    parts += ["noted", "compare", "texts"] if subject.texts else ["compare"]
    if Tool.SOLVING in tools:
        parts.append("solve")
    return (*parts, subject.search or "serving", "launch")


def build_lines(flags: Sequence[str], sources: Sequence[str], strength: Strength) -> str:
    """Shell lines, joined by &&, that build the program and the search in the current folder.

    ``sources`` are shell words; ``flags`` are the compiler and its flags, as the task gives them.
    """
    guided, patching = Tool.COVERAGE in strength.tools, Tool.PATCHING in strength.tools
    traces = "trace-pc,trace-cmp" if patching else "trace-pc" if guided else ""
    wrapped = _WRAPPED if patching else ()
    traced = shlex.join(
        (
            *flags,
            "-w",
            *((f"-fsanitize-coverage={traces}",) if traces else ()),
            *(f"-fno-builtin-{name}" for name in wrapped),
            NO_MAIN,
        )
    )
    compiler = shlex.quote(flags[0])
    link = " ".join(f"-Wl,--wrap={name}" for name in wrapped)
    parts = [f"{traced} -c -o {FOLDER}/part{i}.o {source} &&" for i, source in enumerate(sources)]
    return "\n".join(
        (
            f"{shlex.join(flags)} -o {FOLDER}/program {' '.join(sources)} &&",
            *parts,
            f"{compiler} -O1 -w -c -o {FOLDER}/search.o {FOLDER}/search.c &&",
            f"{{ {compiler} -static -o {FOLDER}/search {link} {FOLDER}/*.o 2>/dev/null ||"
            f" {compiler} -o {FOLDER}/search {link} {FOLDER}/*.o; }}",
        )
    )
