# SPDX-License-Identifier: Apache-2.0
"""Makes a build tell what its runs reach, without the build's knowledge.

    built = await build(tree, "make", 300, tools=tools(hardened=True))
    async with probe(built, "./target {proof}") as bench:
        seen, reached = await look(bench, data)

C and C++: commands named ``cc``, ``gcc``, ``g++`` … on the path add ``-fsanitize-coverage`` to
every call and link ``cover.c`` into every program; *hardened*, they add ASan and the checks of
bounds too, so that what lies outside an object is seen even where the plain build is quiet. A
build that names its compiler by absolute path is not reached: coverage is then empty, and growth
goes on without. Python: ``sitecustomize`` traces the lines of the program's own files.

Edges and comparisons are hints on where to look next and never decide a verdict.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from importlib import resources

from proofhouse.sandbox import SessionLostError
from proofhouse.validation.program import TOOLS, Bench, Built, Seen

_COVER = "/work/cover"
_MAP_BYTES = 16384
_PAIRS = 512
_BYTES = _MAP_BYTES + 16 * _PAIRS
_EMPTY = bytes(_BYTES)
_COMPILERS = ("cc", "gcc", "c++", "g++", "clang", "clang++", "gcc-12", "g++-12", "c99")
_HARD = "-fsanitize=address,bounds,object-size -fno-sanitize-recover=bounds,object-size"
HARDER = ":redzone=512:max_redzone=2048:detect_stack_use_after_return=1"
"""Added to ASan's options: an access a little further out still meets a red zone."""

_SHIM = """#!/bin/sh
real=/usr/bin/${{0##*/}}
linking=yes
for word in "$@"; do
  case $word in -c|-S|-E|-M|-MM|-shared|-v|--version|-dump*|-print*) linking=no ;; esac
done
object={tools}/cover.o
if [ ! -f $object ]; then
  /usr/bin/gcc -O2 -fPIC -c {tools}/cover.c -o $object.$$ && mv -f $object.$$ $object
fi
if [ $linking = yes ] && [ $# -gt 0 ]; then
  exec "$real" "$@" -g {flags} $object -rdynamic
fi
exec "$real" "$@" -g {flags}
"""

_PYTHON = b"""
import atexit, zlib

def _cover(path):
    edges = bytearray(16384)
    last = [0]
    def local(frame, event, _):
        if event == "line":
            name = frame.f_code.co_filename + frame.f_code.co_name
            here = zlib.crc32(b"%d" % frame.f_lineno, zlib.crc32(name.encode("utf-8", "replace")))
            at = (here ^ last[0]) % 16384
            last[0] = here >> 1
            if edges[at] < 255:
                edges[at] += 1
        return local
    def start(frame, event, _):
        if frame.f_code.co_filename.startswith(("/usr/", "<frozen", "/work/tools")):
            return None
        return local
    def end():
        sys.settrace(None)
        with open(path, "r+b") as out:
            out.write(edges)
    atexit.register(end)
    sys.settrace(start)

if os.environ.get("PROOFHOUSE_COVER"):
    _cover(os.environ["PROOFHOUSE_COVER"])
"""

_BUCKETS = bytes(
    next(at for at, most in enumerate((0, 1, 2, 3, 7, 15, 31, 127, 255)) if count <= most)
    for count in range(256)
)
_SET = re.compile(rb"[^\0]")


@dataclass(frozen=True)
class Reached:
    """What one run reached: (edge, order of its count), and (constant, value) as compared."""

    edges: frozenset[tuple[int, int]] = frozenset()
    compared: tuple[tuple[int, int], ...] = ()


def tools(*, hardened: bool) -> dict[str, bytes]:
    """The commands that stand before the compilers."""
    flags = "-fsanitize-coverage=trace-pc,trace-cmp" + (f" {_HARD}" if hardened else "")
    shim = _SHIM.format(tools=TOOLS, flags=flags).encode()
    source = resources.files("proofhouse.validation").joinpath("cover.c").read_bytes()
    return {"cover.c": source, **dict.fromkeys(_COMPILERS, shim)}


def probe(built: Built, run: str, seconds: float, *, tier: str = "bwrap") -> Bench:
    """A bench on an instrumented build."""
    return Bench(
        built,
        run,
        seconds,
        after_hook=_PYTHON,
        extra={"PROOFHOUSE_COVER": _COVER},
        harder=HARDER,
        tier=tier,
    )


async def look(bench: Bench, data: bytes, run: str = "") -> tuple[Seen, Reached]:
    """Run one input and say what it did and what it reached."""
    try:
        await (await bench.session()).write_file(_COVER, _EMPTY)
    except (SessionLostError, OSError):
        return await bench.see(data, run), Reached()
    seen = await bench.see(data, run)
    try:
        raw = await (await bench.session()).read_file(_COVER, _BYTES)
    except (SessionLostError, OSError):
        return seen, Reached()
    return seen, read(raw)


def read(raw: bytes) -> Reached:
    """What a coverage file says; any bytes are one."""
    edges = raw[:_MAP_BYTES].translate(_BUCKETS)
    reached = frozenset((found.start(), edges[found.start()]) for found in _SET.finditer(edges))
    pairs = raw[_MAP_BYTES:]
    whole = pairs[: len(pairs) // 16 * 16]
    return Reached(reached, tuple(pair for pair in struct.iter_unpack("<2Q", whole) if any(pair)))
