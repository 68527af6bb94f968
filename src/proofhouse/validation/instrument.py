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
goes on without. What texts are compared is told by ASan. Python: ``sitecustomize`` traces the lines
of the program's own files, and compiles them so that comparisons are noted.

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
from proofhouse.validation.batch import texts
from proofhouse.validation.commands import PLACE, command
from proofhouse.validation.program import SOURCE, TOOLS, Bench, Built, Seen

_COVER = "/work/cover"
_MAP_BYTES = 16384
_PAIRS = 512
_TEXTS = 128
_BYTES = _MAP_BYTES + 16 * _PAIRS + 130 * _TEXTS
_EMPTY = bytes(_BYTES)
_BATCH_SECONDS = 10
_TRIED = 3
_STATUS = 64
_DRIVER = f"{TOOLS}/driver"
_PYTHON_RUN = re.compile(r"\bpython3?\b")
COMPILERS = ("cc", "gcc", "c++", "g++", "clang", "clang++", "gcc-12", "g++-12", "c99")
_TOLD = "-fsanitize-coverage=trace-pc,trace-cmp" + "".join(
    f" -fno-builtin-{name}" for name in ("strcmp", "strncmp", "strcasecmp", "strncasecmp", "memcmp")
)
_HARD = "-fsanitize=address,bounds,object-size -fno-sanitize-recover=bounds,object-size"
_ON = "-fsanitize=address -fsanitize-recover=all"
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
import ast, atexit, builtins, importlib.machinery, operator, struct, zlib

_OPERATORS = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other, ast.NotIn: lambda one, other: one not in other,
}
_NAMES = {kind.__name__: does for kind, does in _OPERATORS.items()}
_CALLED = ("get", "startswith", "endswith", "compare_digest")
_ready = {}
_pairs = {}
_texts = {}

def _text(value):
    if type(value) is str:
        return value[:64].encode("utf-8", "replace")[:64]
    return bytes(value[:64]) if type(value) is bytes else None

def _note(site, one, other):
    if type(one) in (int, float) and type(other) in (int, float):
        if 0 <= one < 1 << 63 and 0 <= other < 1 << 63:
            _pairs[site % 512] = (int(other), int(one))
    elif one != other:
        if type(one) is type(other) and len(one) > 32 and one[:32] == other[:32]:
            same = len(os.path.commonprefix([one, other])) - 16
            one, other = one[same:], other[same:]
        first, second = _text(one), _text(other)
        if first is not None and second is not None:
            _texts[site % 128] = (first, second)

def _among(site, one, many):
    if type(many) in (dict, set, frozenset, list, tuple) and len(many) <= 32:
        for at, other in enumerate(many):
            if type(other) is type(one):
                _note(site + at, one, other)

def _compared(site, kind, one, other):
    try:
        _among(site, one, other) if kind.endswith("In") else _note(site, one, other)
    except Exception:
        pass
    return _NAMES[kind](one, other)

def _called(site, method, *given, **named):
    try:
        mine = getattr(method, "__self__", None)
        if len(given) > 1 and method.__name__ == "compare_digest":
            _note(site, given[1], given[0])
        elif type(mine) is dict:
            _among(site, given[0], mine)
        elif type(mine) in (str, bytes):
            _note(site, mine[: len(given[0])], given[0])
    except Exception:
        pass
    return method(*given, **named)

class _Watched(ast.NodeTransformer):
    def __init__(self, path):
        self.path = path.encode("utf-8", "replace")

    def _made(self, node, name, *given):
        site = zlib.crc32(b"%d %d" % (node.lineno, node.col_offset), zlib.crc32(self.path))
        function = ast.Name("__proofhouse_%s__" % name, ast.Load())
        return function, [ast.Constant(site), *given]

    def visit_Compare(self, node):
        self.generic_visit(node)
        if len(node.ops) != 1 or type(node.ops[0]) not in _OPERATORS:
            return node
        one, other, kind = node.left, node.comparators[0], type(node.ops[0]).__name__
        call = ast.Call(*self._made(node, "compared", ast.Constant(kind), one, other), [])
        return ast.copy_location(call, node)

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CALLED and node.args:
            made = self._made(node, "called", node.func, *node.args)
            return ast.copy_location(ast.Call(*made, node.keywords), node)
        return node

def _compiled(path, data):
    known = _ready.get(path)
    if known is not None and known[0] == data:
        return known[1]
    try:
        tree = ast.fix_missing_locations(_Watched(path).visit(ast.parse(data)))
        return compile(tree, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, TypeError, RecursionError):
        return compile(data, path, "exec", dont_inherit=True)

def _prepare(folder):
    for place, _, names in os.walk(folder):
        for name in names[:200]:
            path = os.path.join(place, name)
            if name.endswith(".py") and len(_ready) < 200 and os.path.getsize(path) < 1 << 20:
                try:
                    with open(path, "rb") as file:
                        data = file.read()
                    _ready[path] = (data, _compiled(path, data))
                except (OSError, SyntaxError, ValueError):
                    pass

def _watch():
    builtins.__proofhouse_compared__ = _compared
    builtins.__proofhouse_called__ = _called
    loader = importlib.machinery.SourceFileLoader
    plain = loader.get_code
    def get_code(self, name):
        path = self.get_filename(name)
        if path.startswith(("/usr/", "/work/tools/")) or not path.endswith(".py"):
            return plain(self, name)
        return _compiled(path, self.get_data(path))
    loader.get_code = get_code

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
            for at, (constant, value) in _pairs.items():
                out.seek(16384 + 16 * at)
                out.write(struct.pack("<2Q", constant, value))
            for at, (one, other) in _texts.items():
                out.seek(16384 + 16 * 512 + 130 * at)
                out.write(struct.pack("<2B64s64s", len(one), len(other), one, other))
    atexit.register(end)
    _watch()
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
    """What one run reached: (edge, order of its count), and what it compared.

    Of numbers (constant, value), of texts that are not the same the first 64 bytes of both.
    """

    edges: frozenset[tuple[int, int]] = frozenset()
    compared: tuple[tuple[int, int], ...] = ()
    texts: tuple[tuple[bytes, bytes], ...] = ()


Looked = tuple[Seen, Reached]


def tools(*, hardened: bool, goes_on: bool = False) -> dict[str, bytes]:
    """The commands that stand before the compilers.

    What they build ends at the first bad access, or with ``goes_on`` doesn't.
    """
    flags = _TOLD + (f" {_ON}" if goes_on else f" {_HARD}" if hardened else "")
    shim = _SHIM.format(tools=TOOLS, flags=flags).encode()
    source = resources.files("proofhouse.validation").joinpath("cover.c").read_bytes()
    return {"cover.c": source, **dict.fromkeys(COMPILERS, shim)}


class Probe(Bench):
    """A bench on an instrumented build, which also tells what was reached.

    Many inputs are run in one command (``batch``): the program serves them, or for Python and
    shell lines a driver does. If the first ones of a command come out otherwise than one by one,
    that command is run one by one.
    """

    def __init__(
        self,
        built: Built,
        run: str,
        seconds: float,
        *,
        goes_on: bool = False,
        tier: str = "bwrap",
    ) -> None:
        super().__init__(
            built,
            run,
            seconds,
            after_hook=_PYTHON,
            extra={"PROOFHOUSE_COVER": _COVER, "PATH": f"{TOOLS}:/usr/local/bin:/usr/bin:/bin"},
            harder=HARDER,
            goes_on=goes_on,
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
            found.append(None if seen is None else (seen, Reached(edges, ran.pairs, ran.texts)))
        return found


def read(raw: bytes) -> Reached:
    """What a coverage file says; any bytes are one."""
    edges = raw[:_MAP_BYTES].translate(_BUCKETS)
    reached = frozenset((found.start(), edges[found.start()]) for found in _SET.finditer(edges))
    pairs = raw[_MAP_BYTES : _MAP_BYTES + 16 * _PAIRS]
    whole = pairs[: len(pairs) // 16 * 16]
    numbers = tuple(pair for pair in struct.iter_unpack("<2Q", whole) if any(pair))
    return Reached(reached, numbers, texts(raw[_MAP_BYTES + 16 * _PAIRS :]))
