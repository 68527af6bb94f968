# SPDX-License-Identifier: Apache-2.0
"""Makes a build tell what its runs reach, without the build's knowledge.

    built = await build(tree, "make", 300, tools=tools(hardened=True))
    async with Probe(built, "./target {proof}", 10) as bench:
        seen, reached = await bench.look(data)
        both = await bench.look_all([data, other])       most programs: one command, one start-up

C and C++: commands named ``cc``, ``gcc``, ``g++`` … on the path add ``-fsanitize-coverage`` to
every call and link ``cover.c`` into every program; *hardened*, they add ASan and the checks of
bounds too, so that what lies outside an object is seen even where the plain build is quiet. A
build that names its compiler by absolute path is not reached: coverage is then empty, and growth
goes on without. Python: ``sitecustomize`` traces the lines of the program's own files.

Edges and comparisons are hints on where to look next and never decide a verdict.
"""

from __future__ import annotations

import math
import re
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from proofhouse.sandbox import Session, SessionLostError
from proofhouse.validation.commands import PLACE, command
from proofhouse.validation.program import SOURCE, TOOLS, Bench, Built, Seen

_COVER = "/work/cover"
_MAP_BYTES = 16384
_PAIRS = 512
_BYTES = _MAP_BYTES + 16 * _PAIRS
_EMPTY = bytes(_BYTES)
_BATCH_SECONDS = 10
_TRIED = 3
_STATUS = 64
_DRIVER = f"{TOOLS}/driver"
_PYTHON_RUN = re.compile(r"\bpython3?\b")
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
            # Added to what a program that this one started left there.
            old = out.read(16384)
            if any(old):
                for at, more in enumerate(old):
                    edges[at] = min(edges[at] + more, 255)
            out.seek(0)
            out.write(edges)
    atexit.register(end)
    sys.settrace(start)

if os.environ.get("PROOFHOUSE_COVER"):
    if os.path.exists("/work/tools/python3"):
        sys.executable = "/work/tools/python3"
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


Looked = tuple[Seen, Reached]


def tools(*, hardened: bool) -> dict[str, bytes]:
    """The commands that stand before the compilers."""
    flags = "-fsanitize-coverage=trace-pc,trace-cmp" + (f" {_HARD}" if hardened else "")
    shim = _SHIM.format(tools=TOOLS, flags=flags).encode()
    source = resources.files("proofhouse.validation").joinpath("cover.c").read_bytes()
    return {"cover.c": source, **dict.fromkeys(_COMPILERS, shim)}


class Probe(Bench):
    """A bench on an instrumented build, which also tells what was reached.

    Many inputs are run in one command (``batch``): the program serves them, or for Python and
    shell lines a driver does. If the first ones of a command come out otherwise than one by one,
    that command is run one by one.
    """

    def __init__(self, built: Built, run: str, seconds: float, *, tier: str = "bwrap") -> None:
        super().__init__(
            built,
            run,
            seconds,
            after_hook=_PYTHON,
            extra={"PROOFHOUSE_COVER": _COVER, "PATH": f"{TOOLS}:/usr/local/bin:/usr/bin:/bin"},
            harder=HARDER,
            cpu_seconds=_BATCH_SECONDS * 2 + seconds * 2,
            tier=tier,
        )
        self._serves: dict[str, bool] = {}
        self._warm: Session | None = None

    async def session(self) -> Session:
        """See `Bench.session`; where the command names Python, one that has started once."""
        session = await super().session()
        if session is not self._warm:
            self._warm = session
            source = resources.files("proofhouse.validation").joinpath("cover.c").read_bytes()
            await session.write_file(f"{TOOLS}/cover.c", source)
            await session.exec(["/bin/cp", "-a", SOURCE, "/work/clean"], timeout=60)
            make = ["/usr/bin/gcc", "-O1", "-DDRIVER", "-o", _DRIVER, f"{TOOLS}/cover.c"]
            await session.exec(make, timeout=30)
            if _PYTHON_RUN.search(self.run):
                await self._start_python(session)
        return session

    async def _start_python(self, session: Session) -> None:
        """Put the client where the path finds it; where that fails, nothing stands there."""
        here = resources.files("proofhouse.validation")
        for name in ("python_client.c", "python_server.py"):
            await session.write_file(f"{TOOLS}/{name}", here.joinpath(name).read_bytes())
        script = (
            f"gcc -O1 -o {TOOLS}/python {TOOLS}/python_client.c"
            f" && /usr/bin/python3 {TOOLS}/python_server.py {TOOLS}/python.socket"
            f" && cp {TOOLS}/python {TOOLS}/python3"
        )
        env = self._environment(_STATUS, "0" * 32)
        del env["PROOFHOUSE_COVER"]
        env["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        await session.exec(["/bin/sh", "-c", script], cwd=SOURCE, env=env, timeout=30)

    async def look(self, data: bytes, run: str = "") -> Looked:
        """Run one input and say what it did and what it reached."""
        try:
            session = await self.session()
            await session.write_file(_COVER, _EMPTY)
        except (SessionLostError, OSError):
            return await self.see(data, run), Reached()
        seen = await self.see(data, run)
        try:
            return seen, read(await session.read_file(_COVER, _BYTES))
        except (SessionLostError, OSError):
            return seen, Reached()

    async def look_all(
        self, inputs: Sequence[bytes], run: str = "", until: float = math.inf
    ) -> list[Looked]:
        """Run inputs in their order; fewer answers where ``until`` (``time.monotonic``) passes."""
        run = run or self.run
        serves = self._serves.get(run)
        if serves is None and inputs:
            serves = self._serves[run] = await self._tried(inputs[:_TRIED], run)
        if not serves:
            found: list[Looked] = []
            while len(found) < len(inputs) and (not found or time.monotonic() < until):
                found.append(await self.look(inputs[len(found)], run))
            return found
        return await self._served(inputs, run, until)

    async def _tried(self, inputs: Sequence[bytes], run: str) -> bool:
        """Whether the first inputs come out in one command as they do one by one."""
        together = await self._batch(inputs, run, _BATCH_SECONDS)
        if len(together) < len(inputs):
            return False
        for data, looked in zip(inputs, together, strict=True):
            if looked is None:
                continue
            seen, reached = await self.look(data, run)
            same = (seen.signature, seen.answer if seen.ended == "quiet" else None)
            other = looked[0]
            if same != (other.signature, other.answer if other.ended == "quiet" else None):
                return False
            if bool(reached.edges) != bool(looked[1].edges):
                return False
        return True

    async def _served(self, inputs: Sequence[bytes], run: str, until: float) -> list[Looked]:
        left = min(max(until - time.monotonic(), 0.1), float(_BATCH_SECONDS))
        found: list[Looked] = []
        for data, looked in zip(inputs, await self._batch(inputs, run, left), strict=False):
            found.append(looked or await self.look(data, run))
            if time.monotonic() > until:
                break
        return found or [await self.look(inputs[0], run)]

    async def _batch(
        self, inputs: Sequence[bytes], run: str, seconds: float
    ) -> list[Looked | None]:
        """Runs in one command, those that began in time; None for one to be looked at by itself."""
        try:
            await (await self.session()).write_file(_COVER, _EMPTY)
        except (SessionLostError, OSError):
            return []
        found: list[Looked | None] = []
        driver = (_DRIVER,) if command(run, PLACE)[1] or _PYTHON_RUN.search(run) else ()
        for ran, seen in await self.see_all(inputs, run, seconds, driver):
            edges = frozenset((index % _MAP_BYTES, _BUCKETS[n & 255]) for index, n in ran.edges)
            found.append(None if seen is None else (seen, Reached(edges, ran.pairs)))
        return found


def read(raw: bytes) -> Reached:
    """What a coverage file says; any bytes are one."""
    edges = raw[:_MAP_BYTES].translate(_BUCKETS)
    reached = frozenset((found.start(), edges[found.start()]) for found in _SET.finditer(edges))
    pairs = raw[_MAP_BYTES:]
    whole = pairs[: len(pairs) // 16 * 16]
    return Reached(reached, tuple(pair for pair in struct.iter_unpack("<2Q", whole) if any(pair)))
