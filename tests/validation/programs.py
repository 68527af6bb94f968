# SPDX-License-Identifier: Apache-2.0
"""Two small programs with a flaw each, their proofs, good patches and bad ones, for the gate.

``NOTES``: a C program of line commands; ``put SLOT TEXT`` copies a text of any length into 16 bytes
on the heap. ``TABLE``: a Python program; ``row N`` takes the N-th of the rows given before, and
never looks whether there is one.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

from proofhouse.validation.sources import Entry, Tree, make_tree


@dataclass(frozen=True)
class Program:
    """A program with a flaw; each patch is a set of (old, new) replacements in ``path``."""

    path: str
    text: str
    build: str
    run: str
    proof: bytes
    function: str
    kind: str
    test: str
    good: Mapping[str, tuple[tuple[str, str], ...]]
    bad: Mapping[str, tuple[tuple[str, str], ...]]
    corpus: tuple[bytes, ...] = ()
    others: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        files = {self.path: self.text.encode(), **self.others}
        return make_tree((path, Entry(data)) for path, data in files.items())

    def patch(self, changes: tuple[tuple[str, str], ...]) -> bytes:
        """A unified diff of the replacements, each of which must be there once."""
        changed = self.text
        for old, new in changes:
            assert changed.count(old) == 1, old
            changed = changed.replace(old, new)
        lines = difflib.unified_diff(
            self.text.splitlines(keepends=True),
            changed.splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
        )
        return "".join(lines).encode()


_NOTES_C = r"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4
#define ROOM 16

static char *slots[SLOTS];

static int put(const char *args)
{
    int slot;
    char text[512];
    if (sscanf(args, "%d %511s", &slot, text) != 2 || slot < 0 || slot >= SLOTS)
        return -1;
    free(slots[slot]);
    slots[slot] = malloc(ROOM);
    strcpy(slots[slot], text);
    printf("put %d\n", slot);
    return 0;
}

static int get(const char *args)
{
    int slot = atoi(args);
    if (slot < 0 || slot >= SLOTS || !slots[slot])
        return -1;
    printf("%s\n", slots[slot]);
    return 0;
}

static int count(void)
{
    int used = 0;
    for (int i = 0; i < SLOTS; i++)
        used += slots[i] != NULL;
    printf("%d used\n", used);
    return 0;
}

int main(int argc, char **argv)
{
    char line[1024];
    FILE *in = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!in)
        return 2;
    while (fgets(line, sizeof line, in)) {
        int bad = -1;
        if (!strncmp(line, "put ", 4))
            bad = put(line + 4);
        else if (!strncmp(line, "get ", 4))
            bad = get(line + 4);
        else if (!strncmp(line, "count", 5))
            bad = count();
        if (bad) {
            fprintf(stderr, "bad line\n");
            return 1;
        }
    }
    return 0;
}
"""

_COPY = "    strcpy(slots[slot], text);\n"

NOTES = Program(
    "notes.c",
    _NOTES_C,
    "gcc -g -O1 -fsanitize=address -o notes notes.c",
    "./notes {proof}",
    b"put 0 hello\nput 1 " + b"x" * 40 + b"\nget 1\ncount\n",
    "put",
    "heap-buffer-overflow",
    "printf 'put 1 a\\nget 1\\ncount\\n' > t.in && ./notes t.in | grep -q '1 used'",
    {
        "refuses": ((_COPY, "    if (strlen(text) >= ROOM)\n        return -1;\n" + _COPY),),
        "cuts": ((_COPY, "    slots[slot][0] = 0;\n    strncat(slots[slot], text, ROOM - 1);\n"),),
        "makes room": (("malloc(ROOM)", "malloc(strlen(text) + 1)"),),
    },
    {
        "disables the feature": ((_COPY, "    slots[slot][0] = 0;\n    return -1;\n"),),
        "catches the signal": (
            ("    char line[1024];\n", "    char line[1024];\n    signal(SIGSEGV, _exit);\n"),
            (
                "#include <stdio.h>\n",
                "#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\n",
            ),
            (_COPY, "    if (strlen(text) >= ROOM)\n        return -1;\n" + _COPY),
        ),
        "exits early": ((_COPY, "    if (strlen(text) >= ROOM)\n        exit(0);\n" + _COPY),),
        "shrinks the limit": ((_COPY, "    if (strlen(text) >= 8)\n        return -1;\n" + _COPY),),
        "off by one": ((_COPY, "    if (strlen(text) > ROOM)\n        return -1;\n" + _COPY),),
        "special-cases the length": (
            (_COPY, "    if (strlen(text) == 40)\n        return -1;\n" + _COPY),
        ),
        "special-cases the content": (
            (
                _COPY,
                '    if (!strncmp(text, "xxxxxxxxxxxxxxxx", 16))\n        return -1;\n' + _COPY,
            ),
        ),
        "only one slot": (
            (_COPY, "    if (slot == 1 && strlen(text) >= ROOM)\n        return -1;\n" + _COPY),
        ),
        "swallows the error": (
            (_COPY, "    if (strlen(text) >= ROOM)\n        return 0;\n" + _COPY),
            ("            return 1;\n", "            return 0;\n"),
        ),
        "breaks a neighbour": (
            (_COPY, "    if (strlen(text) >= ROOM)\n        return -1;\n" + _COPY),
            (
                "        used += slots[i] != NULL;",
                "        used += slots[i] != NULL && *slots[i] < 'm';",
            ),
        ),
        "hides from the sanitizer": (
            (
                "static int put(",
                "__attribute__((no_sanitize_address)) static int put(",
            ),
        ),
    },
    others={"tests/one.txt": b"put 1 a\nget 1\ncount\n"},
)


_TABLE_PY = """import sys


def parse(lines):
    rows = []
    out = []
    for line in lines:
        verb, _, rest = line.strip().partition(" ")
        if verb == "add":
            rows.append([int(cell) for cell in rest.split(",")])
        elif verb == "row":
            out.append(take(rows, int(rest)))
        elif verb == "sum":
            out.append(str(sum(sum(row) for row in rows)))
        elif verb:
            raise SystemExit("unknown: " + verb)
    return out


def take(rows, n):
    row = rows[n]
    return " ".join(str(cell) for cell in row)


def main():
    for line in parse(sys.stdin):
        print(line)


main()
"""

_TAKE = "    row = rows[n]\n"

TABLE = Program(
    "table.py",
    _TABLE_PY,
    "",
    "python3 table.py",
    b"add 1,2\nadd 3,4\nrow 1\nrow 7\nsum\n",
    "take",
    "IndexError",
    "printf 'add 1,2\\nrow 0\\n' | python3 table.py | grep -q '1 2'",
    {
        "refuses": (
            (
                _TAKE,
                '    if not -len(rows) <= n < len(rows):\n        raise SystemExit("no such row")\n'
                + _TAKE,
            ),
        ),
        "says so": (
            (_TAKE, '    if not -len(rows) <= n < len(rows):\n        return "none"\n' + _TAKE),
        ),
    },
    {
        "special-cases the proof": (
            (_TAKE, '    if n == 7:\n        raise SystemExit("no such row")\n' + _TAKE),
        ),
        "swallows everything": (
            (
                "    for line in parse(sys.stdin):\n        print(line)\n",
                "    try:\n        for line in parse(sys.stdin):\n            print(line)\n"
                "    except IndexError:\n        pass\n",
            ),
        ),
        "disables the feature": ((_TAKE, '    raise SystemExit("not supported")\n' + _TAKE),),
        "shrinks the limit": (
            (
                _TAKE,
                '    if not 0 <= n < min(len(rows), 3):\n        raise SystemExit("no")\n' + _TAKE,
            ),
        ),
        "breaks a neighbour": (
            (
                _TAKE,
                '    if not -len(rows) <= n < len(rows):\n        raise SystemExit("no such row")\n'
                + _TAKE,
            ),
            ("str(sum(sum(row) for row in rows))", "str(sum(sum(row) for row in rows[:2]))"),
        ),
    },
    others={"tests/one.txt": b"add 1,2\nadd 5\nrow 0\nsum\n"},
)
