# SPDX-License-Identifier: Apache-2.0
"""Builds a source in the sandbox, runs inputs against it, and says what each run did.

    built = await build(tree, "make CC=gcc", 300)      one session, closed when it is built
    async with Bench(built, "./target {proof}") as bench:
        seen = await bench.see(data)                   Seen("crashed", "heap-buffer-overflow", …)

Build, program and input are hostile. The built tree leaves its session as an archive that nobody
out here opens, and comes back into fresh sessions; whatever an input breaks, forks or leaves behind
ends with its session.

What a program prints is no evidence by itself, for it prints what its input tells it to. Believed:

- a sanitizer's report whose stack lines bear the nonce of the run (``oracles.sanitizer``);
- a Python exception told by our own hook (``sitecustomize``) with the nonce, and a non-zero exit;
- a Go panic that ended in SIGABRT (``GOTRACEBACK=crash``), a race that ended with the exit status
  drawn for the run;
- a Java or Rust trace, or Python's without our hook (``-I``, ``-E``, ``-S``), at the end of stderr
  with the runtime's own exit status, unless its first words are in the input;
- a signal of a fault (SEGV, BUS, ILL, FPE, ABRT, TRAP, SYS).

Words of `Seen.ended`: quiet (it ended by itself), crashed, timed-out, killed (by the memory limit
or by a signal that is no fault), unclear (the sanitizer's status or a trace that nothing vouches
for), not-started. LeakSanitizer needs ptrace, which the sandbox denies: leaks are not seen.

A bench can fence commands (`Bench.fence`): they start no process and no thread (RLIMIT_NPROC, that
a process can't raise), so that no part of a program can watch another crash and tell otherwise.
"""

from __future__ import annotations

import re
import secrets
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from proofhouse.errors import InputError, RefusedError
from proofhouse.oracles.observe import options
from proofhouse.oracles.sanitizer import (
    Frame,
    Report,
    address_kind,
    signed_report,
    undefined_kind,
)
from proofhouse.oracles.symbols import Place, resolve
from proofhouse.sandbox import ExecResult, Limits, Session, SessionLostError, start_session
from proofhouse.validation.batch import Ran, order, told
from proofhouse.validation.commands import PLACE, asked, check_run, command, leading
from proofhouse.validation.sources import Tree
from proofhouse.validation.traces import Trace, is_runtime, traces

SOURCE = "/work/src"
TOOLS = "/work/tools"
MOST_PROOF = 32 << 20
"""The largest input that is run."""

_MIB = 1 << 20
_MOST_BUILT = 512 * _MIB
_RUNS_A_SESSION = 400
_STAMP = f"{TOOLS}/stamp"
_OURS = "! -path /work ! -path /tmp" + "".join(
    f" ! -path '{path}'"
    for path in ("/work/input*", f"{TOOLS}*", "/work/clean*", "/work/cover", "*/__pycache__*")
)
_LIST = f"find /work /tmp {_OURS} -printf '%y %p %l\\n' | LC_ALL=C sort"
_BEGIN = f"{_LIST} >{TOOLS}/files; : >{_STAMP}"
_CHANGED = (
    f'[ -z "$(find /work /tmp -cnewer {_STAMP} {_OURS} -print -quit)" ] || '
    f"{{ {_LIST} | LC_ALL=C comm -3 {TOOLS}/files - | head -c 32768;"
    f" find /work /tmp -type f -cnewer {_STAMP} {_OURS} -exec sha256sum {{}} + | sort -k 2"
    " | head -c 65536; }"
)
"""What is new, is gone or was changed since the session began, a line each; nothing if nothing."""
_STATUSES = range(64, 126)
_FENCE = 'unset PWD OLDPWD; ulimit -p 1 2>/dev/null || ulimit -u 1 || exit 125; exec "$@"'
"""One process for this user, this one: dash names the limit p, bash u."""
_FAULTS = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE}
    | {signal.SIGABRT, signal.SIGTRAP, signal.SIGSYS}
)
_ACCESS = re.compile(rb"^(READ|WRITE) of size \d+ ", re.M)
_ADDRESS = re.compile(rb"^==\d+==\s?ERROR: AddressSanitizer: ([^\n]+)\n(READ|WRITE)?", re.M)
_UNDEFINED = re.compile(rb"^[^\s:][^:\n]*:\d+(?::\d+)?: runtime error: ((load|store)?[^\n]+)", re.M)
_UNHOOKED = re.compile(r"\bpython[\d.]*\s+(?:-\w+\s+)*-\w*[IES]")
_PLAIN_EXIT = {"java": 1, "rust": 101, "python": 1}
_FIRST_WORDS = {
    "java": (b"Exception in thread", b"== Java Exception"),
    "rust": (b"panicked at",),
    "python": (b"Traceback (most",),
}

_HOOK = b"""\
import os, sys

def _install(nonce):
    def hook(kind, error, trace):
        sys.__excepthook__(kind, error, trace)
        names = []
        while trace is not None:
            code = trace.tb_frame.f_code
            if not code.co_filename.startswith(("/usr/", "<frozen", "/work/tools/")):
                names.append(code.co_name)
            trace = trace.tb_next
        name = kind.__qualname__
        if kind.__module__ not in ("builtins", "__main__"):
            name = kind.__module__ + "." + name
        line = "\\n%s python %s %s\\n" % (nonce, name, " ".join(names[:-17:-1]))
        os.write(2, line.encode("utf-8", "replace"))
    sys.excepthook = hook

if os.environ.get("PROOFHOUSE_NONCE"):
    _install(os.environ["PROOFHOUSE_NONCE"])
"""


@dataclass(frozen=True)
class Built:
    """A built tree, packed inside the sandbox; ``ok`` is False when it does not build."""

    ok: bool
    archive: bytes
    log: str
    milliseconds: int = 0


@dataclass(frozen=True)
class Seen:
    """What one run did; ``ended`` is one of the words above.

    ``kind`` and ``function`` are "" without a crash that names them. ``functions`` are the
    program's own, innermost first, of which those inlined at the first frame are ``inlined``.
    ``trace`` is for people. ``files`` says what the run left in the files, in words of the bench's
    own: what two benches of a kind say of it can be compared. ``reads``: all that went wrong is
    that something was read where there is nothing, as far as the report says. ``faults`` are the
    classes of all reports, with " read" or " write" behind those that say so; a copy between
    overlapping ranges is told with its function.
    """

    ended: str
    kind: str = ""
    functions: tuple[str, ...] = ()
    exit_status: int | None = None
    stdout: bytes = b""
    trace: tuple[str, ...] = ()
    vouched: str = ""
    files: tuple[str, ...] = ()
    reads: bool = False
    faults: frozenset[str] = frozenset()

    @property
    def function(self) -> str:
        """The innermost function of the program's own."""
        return self.functions[0] if self.functions else ""

    @property
    def signature(self) -> tuple[str, str, str]:
        """What makes two crashes one: how it ended, class and function."""
        return (self.ended, self.kind, self.function)

    @property
    def answer(self) -> tuple[int | None, bytes]:
        """What a user sees of a run that did not crash: exit status and standard output."""
        return (self.exit_status, self.stdout)

    @property
    def effect(self) -> tuple[int | None, bytes, tuple[str, ...]]:
        """All that a run that did not crash does: its answer, and what it left in the files."""
        return (*self.answer, self.files)

    def __str__(self) -> str:
        if self.ended == "quiet":
            return f"quiet (exit status {self.exit_status})"
        if self.ended != "crashed":
            return f"{self.ended}{f' ({self.kind})' if self.kind else ''}"
        return f"{self.kind} in {self.function or 'no function of its own'}"


def limits(seconds: float, *, building: bool = False) -> Limits:
    """Bounds for a build, or for runs of at most ``seconds`` each."""
    return Limits(
        memory_bytes=(6144 if building else 2048) * _MIB,
        pids=512 if building else 128,
        cpu_seconds=int(seconds * 2) + 1,
        wall_seconds=max(seconds, 60.0),
        open_files=1024,
        tmp_bytes=(1536 if building else 768) * _MIB,
        output_bytes=_MIB,
    )


def quiet_options() -> dict[str, str]:
    """The environment of builds and tests: leaks can't be looked for without ptrace."""
    return {
        "ASAN_OPTIONS": "detect_leaks=0",
        "LSAN_OPTIONS": "detect_leaks=0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


async def put_tree(session: Session, archive: bytes) -> None:
    """Unpack an archive at `SOURCE`; InputError if that fails (it does not fit)."""
    script = f"mkdir -p {SOURCE} {TOOLS} && cd {SOURCE} && exec tar -xpf - --no-same-owner"
    done = await session.exec(["/bin/sh", "-c", script], stdin=archive, timeout=60)
    if done.returncode != 0:
        raise InputError("The source does not fit into the sandbox.")


async def build(
    tree: Tree,
    line: str,
    seconds: float,
    *,
    tools: Mapping[str, bytes] | None = None,
    tier: str = "bwrap",
) -> Built:
    """Run the build ``line`` by ``/bin/sh`` in a fresh session; an empty line builds nothing.

    ``tools`` are executables that stand before all others on the path. Raises InputError if the
    source does not fit, PrerequisiteError without a sandbox. A build that fails, never ends or
    takes its sandbox down is a `Built` that is not ok, with its log.
    """
    session = await start_session(limits(seconds, building=True), tier)
    try:
        await put_tree(session, tree.to_tar())
        for name, data in (tools or {}).items():
            await session.write_file(f"{TOOLS}/{name}", data, executable=True)
        return await _build(session, line, seconds, bool(tools))
    except SessionLostError:
        return Built(False, b"", "The build took its sandbox down.")
    finally:
        await session.close()


async def _build(session: Session, line: str, seconds: float, tools: bool) -> Built:
    env = quiet_options()
    if tools:
        env["PATH"] = f"{TOOLS}:/usr/local/bin:/usr/bin:/bin"
    log = ""
    if line.strip():
        done = await session.exec(["/bin/sh", "-c", line], cwd=SOURCE, env=env, timeout=seconds)
        log = _tail(done.stdout + b"\n" + done.stderr)
        if done.timed_out:
            return Built(False, b"", f"The build did not end in {seconds:g} seconds.\n{log}")
        if done.returncode != 0:
            return Built(False, b"", f"The build ended with {done.returncode}.\n{log}")
    packed = await session.exec(
        ["/bin/tar", "-cf", "/tmp/built.tar", "-C", SOURCE, "."],  # noqa: S108 - inside
        timeout=60,
    )
    if packed.returncode != 0:
        why = _tail(packed.stderr, 300).partition("\n")[0] or "no message"
        return Built(False, b"", f"What was built can't be packed: {why}")
    try:
        archive = await session.read_file("/tmp/built.tar", _MOST_BUILT)  # noqa: S108 - inside
    except (RefusedError, OSError):
        return Built(False, b"", f"What was built is larger than {_MOST_BUILT >> 20} MiB.")
    usage = await session.usage()
    return Built(True, archive, log, usage.cpu_milliseconds)


def _tail(data: bytes, most: int = 4000) -> str:
    text = data[-most:].decode("utf-8", "replace")
    text = text.replace("\t", "    ")
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text).strip()


class Bench:
    """A built tree in a session, ready for inputs; a session that is lost or worn is replaced.

    ``meant`` is an exit status that the caller reads something from: no run draws it.
    """

    def __init__(
        self,
        built: Built,
        run: str,
        seconds: float = 10.0,
        *,
        after_hook: bytes = b"",
        extra: Mapping[str, str] | None = None,
        harder: str = "",
        goes_on: bool = False,
        cpu_seconds: float = 0.0,
        meant: int | None = None,
        tier: str = "bwrap",
    ) -> None:
        self.run = check_run(run)
        self._given = leading(run)[0]
        self._meant = meant
        self._cpu_seconds = cpu_seconds or seconds * 2
        self._built, self._seconds, self._tier = built, seconds, tier
        self._hook = _HOOK + after_hook
        self._extra = dict(extra or {})
        self._harder, self._goes_on = harder, goes_on
        self._session: Session | None = None
        self._runs = 0
        self._past = 0.0
        self.fenced: frozenset[str] = frozenset()
        self._places: dict[tuple[str, int], tuple[Place, ...]] = {}
        self._demangled: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        await self.session()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        self._past = await self.processor_seconds()
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def processor_seconds(self) -> float:
        """What all sessions have computed so far."""
        try:
            usage = await self._session.usage() if self._session is not None else None
        except (SessionLostError, OSError):
            usage = None
        return self._past + (usage.cpu_milliseconds / 1000 if usage else 0.0)

    async def session(self) -> Session:
        """The session in use, a new one if need be."""
        if self._session is not None and self._runs >= _RUNS_A_SESSION:
            await self._close()
        if self._session is None:
            bounds = replace(limits(self._seconds), cpu_seconds=int(self._cpu_seconds) + 1)
            session = await start_session(bounds, self._tier)
            self._session, self._runs = session, 0
            await put_tree(session, self._built.archive)
            await session.write_file(f"{TOOLS}/sitecustomize.py", self._hook)
            await session.exec(["/bin/sh", "-c", _BEGIN], timeout=30)
        return self._session

    def fence(self, run: str = "") -> None:
        """From now on ``run``, or the bench's own command, starts no process and no thread."""
        self.fenced |= {run or self.run}

    def _fencing(self, argv: Sequence[str], run: str) -> Sequence[str]:
        return ["/bin/sh", "-c", _FENCE, "sh", *argv] if run in self.fenced else argv

    async def _left_behind(self, session: Session) -> tuple[str, ...]:
        """What a run changed or left that the next one could find."""
        found = await session.exec(["/bin/sh", "-c", _CHANGED], timeout=10)
        lines = found.stdout.decode("utf-8", "replace").splitlines()
        return tuple(lines) or (("?",) if found.returncode != 0 else ())

    async def see(
        self, data: bytes, run: str = "", seconds: float | None = None, fill: int | None = None
    ) -> Seen:
        """Run one input, by ``run`` or the bench's own command, and say what it did.

        With ``fill`` (a byte) that is what ASan fills new memory with, and not its usual.
        """
        if len(data) > MOST_PROOF:
            raise InputError(f"An input is longer than {MOST_PROOF >> 20} MiB.")
        run = run or self.run
        try:
            session = await self.session()
            self._runs += 1
            seen = await self._see(session, data, run, seconds or self._seconds, fill=fill)
            left = await self._left_behind(session) if seen.ended != "timed-out" else ()
            if left:
                self._runs = _RUNS_A_SESSION  # so the next run gets a new place
                seen = replace(seen, files=left)
            if seen.kind == "unsigned-status":
                # The program may have this status by itself; it hasn't the next one, too.
                session = await self.session()
                return await self._see(
                    session, data, run, seconds or self._seconds, seen.exit_status, fill
                )
            return seen
        except (SessionLostError, OSError):  # it took its sandbox down, or filled it
            await self._close()
            return Seen("killed", "sandbox-lost")

    async def see_all(
        self, inputs: Sequence[bytes], run: str, seconds: float, driver: Sequence[str] = ()
    ) -> list[tuple[Ran, Seen | None]]:
        """Run inputs in one command that serves them (``batch``), for ``seconds`` in all.

        The command itself, or ``driver`` before it.

        Those that began in time, in their order. None stands beside a run that only a command of
        its own can judge: it was killed, told too much, or ended in a way that nothing vouches for.
        """
        path = "/work/input/proof" if PLACE in run else "-"
        argv, by_shell = command(run, path)
        status, nonce = secrets.choice(_STATUSES), secrets.token_hex(16)
        env = {**self._environment(status, nonce), "PROOFHOUSE_BATCH": path}
        if run in self.fenced:
            env["PROOFHOUSE_FENCE"] = "1"  # the server forks; what it serves doesn't
        asked = order(inputs, self._seconds, seconds)
        try:
            session = await self.session()
            self._runs += 1
            result = await session.exec(
                [*driver, *argv],
                stdin=asked,
                cwd=SOURCE,
                env=env,
                timeout=seconds + self._seconds + 5,
            )
            found = []
            for data, ran in zip(inputs, told(result.stdout, len(inputs)), strict=False):
                found.append(
                    (ran, await self._of_batch(session, ran, (status, nonce, by_shell), data, run))
                )
        except (SessionLostError, OSError):
            await self._close()
            return []
        if result.timed_out or result.out_of_memory or any(ran.timed_out for ran, _ in found):
            self._runs = _RUNS_A_SESSION
        return found

    async def _of_batch(
        self, session: Session, ran: Ran, drawn: tuple[int, str, bool], data: bytes, run: str
    ) -> Seen | None:
        if ran.timed_out:
            return Seen("timed-out", "timeout", stdout=ran.stdout)
        if ran.cut or ran.returncode in (-signal.SIGKILL, -signal.SIGXFSZ):
            return None
        result = ExecResult(ran.returncode, ran.stdout, ran.stderr)
        status, nonce, by_shell = drawn
        report = signed_report(ran.stderr, nonce)
        if report is not None:
            return await self._reported(session, report, result)
        seen = _told(result, status, nonce, by_shell, data, run)
        seen = replace(seen, files=(f"{ran.files:08x}",) if ran.files else ())
        return seen if seen.ended in ("quiet", "crashed") else None

    async def _see(
        self,
        session: Session,
        data: bytes,
        run: str,
        seconds: float,
        but: int | None = None,
        fill: int | None = None,
    ) -> Seen:
        """One run, under an exit status drawn for it: not ``but``, nor one that means something."""
        path, stdin = "/work/input/proof", data
        if PLACE in run:
            await session.write_file(path, data)
            stdin = b""
        argv, by_shell = command(run, path)
        status = secrets.choice([n for n in _STATUSES if n not in (but, self._meant)])
        nonce = secrets.token_hex(16)
        env = self._environment(status, nonce)
        if fill is not None:
            env["ASAN_OPTIONS"] += f":max_malloc_fill_size=65536:malloc_fill_byte={fill}"
        if run in self.fenced:
            env["PROOFHOUSE_FENCE"] = "1"  # for what a server runs in a process of its own
        result = await session.exec(
            self._fencing(argv, run), stdin=stdin, cwd=SOURCE, env=env, timeout=seconds
        )
        if result.timed_out or result.out_of_memory:
            self._runs = _RUNS_A_SESSION  # the next run gets a place that nothing was left in
        seen = _fatal(result)
        if seen is None:
            report = signed_report(result.stderr, nonce)
            if report is not None:
                return await self._reported(session, report, result)
            seen = _told(result, status, nonce, by_shell, data, run)
        return seen

    def _environment(self, status: int, nonce: str) -> dict[str, str]:
        both = options(status, nonce)
        # As reporters run it: a size that can't be had is a report, not a null pointer.
        address = f"{both['ASAN_OPTIONS']}:allocator_may_return_null=0{self._harder}"
        ours = {
            "ASAN_OPTIONS": address,
            "UBSAN_OPTIONS": both["UBSAN_OPTIONS"],
            "MSAN_OPTIONS": address,
            "TSAN_OPTIONS": address,
            "LSAN_OPTIONS": address,
        }
        if self._goes_on:
            ours = {name: f"{value}:halt_on_error=0" for name, value in ours.items()}
        given = dict(self._given)
        for name in ours:
            ours[name] += asked(name, given.pop(name, ""))
        path = given.pop("PYTHONPATH", "")
        return {
            **quiet_options(),
            "PYTHONHASHSEED": "0",
            **given,
            **ours,
            "GOTRACEBACK": "crash",
            "GORACE": f"exitcode={status} halt_on_error=1",
            "RUST_BACKTRACE": "1",
            "PYTHONPATH": f"{TOOLS}:{path}" if path else TOOLS,
            "PROOFHOUSE_NONCE": nonce,
            **self._extra,
        }

    async def _reported(self, session: Session, report: Report, result: ExecResult) -> Seen:
        names, trace = [], []
        for frame in report.frames:
            for place in await self._resolved(session, frame):
                names.append(place.function)
                where = place.path.removeprefix(f"{SOURCE}/") or frame.module
                trace.append(f"#{frame.index} {place.function} {where}:{place.line}")
        return Seen(
            "crashed",
            report.kind,
            tuple(names[:16]),
            result.returncode,
            result.stdout,
            tuple(trace[:24]),
            "sanitizer",
            reads=set(_ACCESS.findall(result.stderr)) == {b"READ"},
            faults=faults(result.stderr),
        )

    async def _resolved(self, session: Session, frame: Frame) -> tuple[Place, ...]:
        """The places of a frame that are in the program's own code."""
        if frame.offset is None or not frame.module.startswith(f"{SOURCE}/"):
            return ()
        key = (frame.module, frame.offset)
        if key not in self._places:
            found = await resolve(session, frame.module, [frame.offset])
            own = [
                place
                for place in found.get(frame.offset, ())
                if not place.path.startswith("/usr/") and not is_runtime(place.function)
            ]
            self._places[key] = tuple([await self._demangle(session, place) for place in own])
        return self._places[key]

    async def _demangle(self, session: Session, place: Place) -> Place:
        name = place.function
        if name.startswith("_Z") and name not in self._demangled:
            done = await session.exec(["/usr/bin/c++filt"], stdin=name.encode() + b"\n", timeout=10)
            plain = done.stdout.decode("utf-8", "replace").strip()
            self._demangled[name] = plain if done.returncode == 0 and plain else name
        name = self._demangled.get(name, name)
        return Place("??" if name == "" else name, place.path, place.line)


def faults(stderr: bytes) -> frozenset[str]:
    """The classes of all reports of AddressSanitizer and UndefinedBehaviorSanitizer in a text.

    >>> sorted(faults(b"==7==ERROR: AddressSanitizer: heap-use-after-free on 0x1\\nREAD of 1"))
    ['heap-use-after-free read']
    """
    words = {b"READ": " read", b"WRITE": " write", b"load": " read", b"store": " write"}
    found = []
    for raw, access in _ADDRESS.findall(stderr):
        text = raw.decode("utf-8", "replace")
        overlap = re.match(r"[a-z]+-param-overlap(?=:)", text)
        found.append(overlap[0] if overlap else address_kind(text) + words.get(access, ""))
    for raw, access in _UNDEFINED.findall(stderr):
        found.append(undefined_kind(raw.decode("utf-8", "replace")) + words.get(access, ""))
    return frozenset(found)


def _fatal(result: ExecResult) -> Seen | None:
    """A run that the sandbox ended."""
    if result.timed_out:
        return Seen("timed-out", "timeout", stdout=result.stdout)
    if result.out_of_memory:
        return Seen("killed", "out-of-memory", stdout=result.stdout)
    return None


def _told(
    result: ExecResult, status: int, nonce: str, by_shell: bool, data: bytes, run: str
) -> Seen:
    """What a run without a sanitizer's report says of itself, as far as it is believed."""
    code = result.returncode
    signed = _signed_python(result.stderr, nonce)
    if signed is not None and code != 0:
        trace = tuple(_tail(result.stderr).splitlines()[-14:-1])
        return Seen("crashed", *signed, code, result.stdout, trace, "hook")
    found = traces(result.stderr[-64 * 1024 :])
    last = found[-1] if found else None
    if code == status:
        if last is not None and last.runtime == "go" and last.kind == "data-race":
            return _by_trace(last, result, "status")
        return Seen("unclear", "unsigned-status", (), code, result.stdout)
    number = -code if code < 0 else code - 128 if by_shell and 128 < code < 160 else 0
    if number:
        return _signalled(number, last, result)
    if code in (126, 127) and (by_shell or result.stderr.startswith(b"sandbox:")):
        return Seen("not-started", "", (), code, b"", tuple(_tail(result.stderr).splitlines()[-3:]))
    if last is not None and _PLAIN_EXIT.get(last.runtime) == code:
        if any(words in data for words in _FIRST_WORDS[last.runtime]):
            return Seen("unclear", "trace-in-input", (), code, result.stdout)
        if last.runtime != "python" or _UNHOOKED.search(run):
            return _by_trace(last, result, "runtime")
    return Seen("quiet", "", (), code, result.stdout, tuple(_tail(result.stderr).splitlines()[-3:]))


def _signalled(number: int, last: Trace | None, result: ExecResult) -> Seen:
    try:
        name = signal.Signals(number)
    except ValueError:
        return Seen("killed", f"signal-{number}", (), result.returncode, result.stdout)
    if name not in _FAULTS:
        return Seen("killed", name.name.removeprefix("SIG"), (), result.returncode, result.stdout)
    if name == signal.SIGABRT and last is not None and last.runtime == "go":
        return _by_trace(last, result, "signal")
    trace = tuple(_tail(result.stderr).splitlines()[-6:])
    kind = name.name.removeprefix("SIG")
    return Seen("crashed", kind, (), result.returncode, result.stdout, trace, "signal")


def _by_trace(trace: Trace, result: ExecResult, vouched: str) -> Seen:
    lines = tuple(_tail(result.stderr).splitlines()[-14:])
    return Seen(
        "crashed", trace.kind, trace.functions, result.returncode, result.stdout, lines, vouched
    )


def _signed_python(stderr: bytes, nonce: str) -> tuple[str, tuple[str, ...]] | None:
    found = None
    for line in stderr.split(b"\n"):
        words = line.decode("utf-8", "replace").split(" ")
        if words[:2] == [nonce, "python"] and len(words) >= 3:
            found = (words[2], tuple(word for word in words[3:] if word))
    return found
