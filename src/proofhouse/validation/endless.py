# SPDX-License-Identifier: Apache-2.0
"""What a program would have said if its memory had no ends: for flaws of the heap.

    built = await build(tree, "make", 300, tools=tools())
    async with Bench(built, run, extra=filled(0)) as one, Bench(built, run, extra=filled(1)) as two:
        meant = await answer(data, (one, two))                       a Seen, or None

Built without a sanitizer and with ``infinite.c`` for its memory, a program has room behind each
block, its blocks stay where they are when they grow, and what is freed is kept. What it says then
is what its author meant it to say, if it says the same whatever new memory holds: the semantics of
an infinite heap (Berger and Zorn, DieHard, PLDI 2006). A patch that says so, too, has answered.

Not told so: flaws on the stack or in static memory, and of numbers; nor where a size was computed
wrongly, for the program then says what it should not. So only agreement means anything.
"""

from __future__ import annotations

from importlib import resources

from proofhouse.validation.instrument import COMPILERS
from proofhouse.validation.program import TOOLS, Bench, Seen

FILLS = ("0", "1")
FLAGS = "-fno-sanitize=all " + " ".join(
    f"-fno-builtin-{name}" for name in ("malloc", "calloc", "realloc", "free")
)
"""A compiler that knows what is freed leaves out what is written before that."""
_SHIM = """#!/bin/sh
real=/usr/bin/${{0##*/}}
linking=yes
for word in "$@"; do
  case $word in -c|-S|-E|-M|-MM|-shared|-v|--version|-dump*|-print*) linking=no ;; esac
done
object={tools}/infinite.o
if [ ! -f $object ]; then
  /usr/bin/gcc -O2 -c {tools}/infinite.c -o $object.$$ && mv -f $object.$$ $object
fi
if [ $linking = yes ] && [ $# -gt 0 ]; then
  exec "$real" "$@" {flags} $object
fi
exec "$real" "$@" {flags}
"""


def tools() -> dict[str, bytes]:
    """The commands that stand before the compilers."""
    source = resources.files("proofhouse.validation").joinpath("infinite.c").read_bytes()
    shim = _SHIM.format(tools=TOOLS, flags=FLAGS).encode()
    return {"infinite.c": source, **dict.fromkeys(COMPILERS, shim)}


def filled(fill: str) -> dict[str, str]:
    """The environment of a bench whose new memory holds one of `FILLS`."""
    return {"PROOFHOUSE_FILL": fill}


async def answer(data: bytes, run: str, benches: tuple[Bench, Bench]) -> Seen | None:
    """What both say, if they say the same and come to their end."""
    one, other = [await bench.see(data, run) for bench in benches]
    return one if one.ended == other.ended == "quiet" and one.answer == other.answer else None
