# SPDX-License-Identifier: Apache-2.0
r"""Puts the fuzzer's C text together for one program and one strength.

The parts lie in ``fuzz/``, each opening with what it does and needs. A strength gets the parts of
its tools and no others. Before them come the facts of the task:

    #define ENTRY process
    #define BUDGET 1000ULL
    #define SEED 0x9c5b...ULL
    #define PROGRAM "./program candidate"
    static const struct bytes SAMPLES[] = {{3, (const unsigned char *)"ph\001"}};

Comments and all space that C does not need are taken out: they are for readers of this repository,
and each byte is paid for in tokens. One function, or one declaration, stands on a line.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Sequence
from dataclasses import dataclass

from proofhouse_reference.source import LONGEST_STRING, Constants, strip_comments
from proofhouse_reference.strengths import Strength, Tool

_SPACE = re.compile(
    r"""
    # Stays: a literal; a space between two words, or between two signs that it keeps apart.
    "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'
    | (?<=[\w"']) [ ]+ (?=[\w"'])
    | (?<=[-+*/%&|^<>=!~?:.]) [ ]+ (?=[-+*/%&|^<>=!~?:.])
    | (?P<needless>[ ]+)
    """,
    re.VERBOSE,
)
SHORTEST_LIMIT = 512
LONGEST_LIMIT = 4_096

_WRAPPED = ("memcmp", "strncmp", "strcmp")
_TOOLSETS: tuple[tuple[Tool | None, tuple[str, ...]], ...] = (
    (Tool.SOLVING, ("coverage", "compare", "records", "solve", "solving")),
    (Tool.PATCHING, ("coverage", "compare", "records", "patching")),
    (Tool.COVERAGE, ("coverage", "guided")),
    (None, ("blind",)),
)


@dataclass(frozen=True)
class Facts:
    """What the fuzzer is told of the program.

    ``run_line`` is the shell line that shows the file ``candidate`` to the built program.
    """

    entry: str
    run_line: str
    samples: tuple[bytes, ...]
    constants: Constants
    seed: int


def compile_flags(strength: Strength) -> tuple[str, ...]:
    """What the program's sources are compiled with for the strength's tools."""
    if Tool.PATCHING in strength.tools:
        calls = (f"-fno-builtin-{name}" for name in _WRAPPED)
        return ("-fsanitize-coverage=trace-pc,trace-cmp", *calls)
    return ("-fsanitize-coverage=trace-pc",) if Tool.COVERAGE in strength.tools else ()


def link_flags(strength: Strength) -> tuple[str, ...]:
    """What the fuzzer is linked with for the strength's tools."""
    calls = _WRAPPED if Tool.PATCHING in strength.tools else ()
    return ("-fsanitize=address", *(f"-Wl,--wrap={name}" for name in calls))


def fuzzer_text(facts: Facts, strength: Strength) -> str:
    """The fuzzer's C text: one translation unit, deterministic in its arguments."""
    tools = next(parts for tool, parts in _TOOLSETS if tool is None or tool in strength.tools)
    parts = ("executor", "mutate", *tools, "report")
    return _configuration(facts, strength) + parts_text(parts)


def parts_text(names: Sequence[str]) -> str:
    """The parts of those names in ``fuzz/``, one after the other, without comments and space."""
    return "".join(_tight(_part(name)) for name in names)


def _part(name: str) -> str:
    resource = importlib.resources.files("proofhouse_reference") / "fuzz" / f"{name}.c"
    return resource.read_text(encoding="utf-8")


def _tight(text: str) -> str:
    """C text as our own parts are written, without comments and needless space.

    A directive stands on a line of its own; so does what begins at a line's first column, with all
    that is indented below it and the brace that closes it.
    """
    whole = [""]
    for line in filter(str.strip, strip_comments(text).splitlines()):
        if whole[-1].endswith("\\"):
            whole[-1] = f"{whole[-1][:-1].rstrip()} {line.strip()}"
        elif line[0] in " }" and not whole[-1].startswith("#"):
            whole[-1] += f" {line.strip()}"
        else:
            whole.append(line.strip())
    return "".join(f"{_without_space(line)}\n" for line in whole[1:])


def _without_space(line: str) -> str:
    if line.startswith("#"):
        return line
    return _SPACE.sub(lambda found: "" if found["needless"] else found[0], line)


def _configuration(facts: Facts, strength: Strength) -> str:
    known = Tool.DICTIONARY in strength.tools
    numbers = facts.constants.numbers if known else ()
    strings = facts.constants.strings if known else ()
    longest = _longest_input(facts)
    samples = [sample[:longest] for sample in facts.samples if sample]
    return "\n".join(
        (
            f"#define ENTRY {facts.entry}",
            f"#define BUDGET {strength.executions}ULL",
            f"#define SEED {facts.seed:#x}ULL",
            f"#define LONGEST {longest}",
            f"#define LONGEST_STRING {LONGEST_STRING}",
            f"#define PROGRAM {_literal(facts.run_line.encode())}",
            "struct bytes { unsigned size; const unsigned char *data; };",
            *_list("struct bytes", "SAMPLE", [_blob(sample) for sample in samples], _blob(b"")),
            *_list("struct bytes", "STRING", [_blob(string) for string in strings], _blob(b"")),
            *_list("unsigned long long", "NUMBER", [f"{n:#x}ULL" for n in numbers], "0"),
            "",
        )
    )


def _longest_input(facts: Facts) -> int:
    """Twice what the samples or the program's numbers suggest, within the two limits; in bytes."""
    hints = [number for number in facts.constants.numbers if number <= LONGEST_LIMIT]
    hints += [len(sample) for sample in facts.samples]
    return min(max(2 * max(hints, default=0), SHORTEST_LIMIT), LONGEST_LIMIT)


def _list(kind: str, name: str, values: Sequence[str], none: str) -> tuple[str, str]:
    """The number of values and the values; one that is never read where there are none."""
    count = f"#define {name}_COUNT {len(values)}u"
    return count, f"static const {kind} {name}S[] = {{{', '.join(values) or none}}};"


def _blob(data: bytes) -> str:
    return f"{{{len(data)}, (const unsigned char *){_literal(data)}}}"


def _literal(data: bytes) -> str:
    """A C string literal of the bytes; all but letters, digits and a few signs in octal."""
    text = re.sub(rb"[^A-Za-z0-9 _./-]", lambda found: b"\\%03o" % found[0][0], data)
    return f'"{text.decode("ascii")}"'
