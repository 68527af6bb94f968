# SPDX-License-Identifier: Apache-2.0
"""Runs a program under its sanitizer and says what happened, in words and functions.

    quiet       it ended by itself, without a report
    reported    the sanitizer ended it: its own exit status, drawn for this run, and a signed report
    timed-out   it was ended for running too long
    killed      a signal or the memory limit ended it
    unclear     the sanitizer's exit status without a signed report, or the reverse

Each run has an exit status and a nonce of its own, drawn from the system's randomness: neither can
be guessed by whoever made the input. The sanitizer does not symbolise; offsets in the program are
resolved once for all runs of a call. Memory is limited by the session (never by RLIMIT_AS, which
AddressSanitizer's shadow does not survive).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename

from proofhouse.oracles.sanitizer import STACK_FORMAT, Report, signed_report
from proofhouse.oracles.symbols import Place, resolve
from proofhouse.sandbox import ExecResult, Session

_STATUSES = range(64, 126)
"""Exit statuses to draw from: above those that programs use, below those that shells give."""


@dataclass(frozen=True)
class Observation:
    """What one run did.

    ``ended`` is one of the words above. ``kind`` is the sanitizer's class, "" without a report.
    ``places`` are the frames in the program's own sources, innermost first. ``exit_status`` is the
    program's own, None where it did not end by itself.
    """

    ended: str
    kind: str = ""
    places: tuple[Place, ...] = ()
    exit_status: int | None = None

    def shows(self, classes: Sequence[str], function: str, frames: int) -> bool:
        """Whether it is a report of one of ``classes`` with ``function`` in the top ``frames``."""
        top = [place.function for place in self.places[:frames]]
        return self.ended == "reported" and self.kind in classes and function in top

    def __str__(self) -> str:
        if self.ended != "reported":
            status = "" if self.exit_status is None else f" (exit status {self.exit_status})"
            return f"{self.ended}{status}"
        return f"{self.kind} in {self.places[0].function if self.places else 'foreign code'}"


@dataclass(frozen=True)
class _Raw:
    """One run before its offsets are resolved."""

    status: int
    result: ExecResult
    report: Report | None


def options(status: int, nonce: str) -> Mapping[str, str]:
    """The sanitizers' environment for one run."""
    settings = {
        "exitcode": str(status),
        "abort_on_error": "0",
        "halt_on_error": "1",
        "detect_leaks": "0",  # needs ptrace, which the sandbox denies
        "symbolize": "0",
        "color": "never",
        "print_legend": "0",
        "print_summary": "0",
        "disable_coredump": "1",
        "allocator_may_return_null": "1",
        "allow_user_segv_handler": "0",
        "quarantine_size_mb": "64",
        "stack_trace_format": f"'{STACK_FORMAT.format(nonce=nonce)}'",
    }
    shared = ":".join(f"{name}={value}" for name, value in settings.items())
    return {"ASAN_OPTIONS": shared, "UBSAN_OPTIONS": f"print_stacktrace=1:{shared}"}


async def observe(
    session: Session,
    commands: Sequence[Sequence[str]],
    program: str,
    sources: frozenset[str],
    timeout: float,
) -> tuple[Observation, ...]:
    """Run ``commands`` one after the other, each for at most ``timeout`` seconds.

    ``program`` is the path of the instrumented binary in the session; ``sources`` are the base
    names of its own source files. A command that times out is the last one that is run. Raises as
    ``Session.exec`` and ``symbols.resolve``.
    """
    raws: list[_Raw] = []
    for command in commands:
        status = _STATUSES[secrets.randbelow(len(_STATUSES))]
        nonce = secrets.token_hex(16)
        result = await session.exec(command, env=options(status, nonce), timeout=timeout)
        raws.append(_Raw(status, result, signed_report(result.stderr, nonce)))
        if result.timed_out:
            break
    offsets = [
        frame.offset
        for raw in raws
        if raw.report
        for frame in raw.report.frames
        if frame.offset is not None and basename(frame.module) == basename(program)
    ]
    places = await resolve(session, program, offsets)
    return tuple(_observation(raw, places, basename(program), sources) for raw in raws)


def _observation(
    raw: _Raw,
    places: Mapping[int, tuple[Place, ...]],
    program: str,
    sources: frozenset[str],
) -> Observation:
    result, report = raw.result, raw.report
    if result.timed_out:
        return Observation("timed-out")
    if result.returncode < 0 or result.out_of_memory:
        return Observation("killed")
    if (result.returncode == raw.status) != (report is not None):
        return Observation("unclear")
    if report is None:
        return Observation("quiet", exit_status=result.returncode)
    own = tuple(
        place
        for frame in report.frames
        if frame.offset is not None and basename(frame.module) == program
        for place in places.get(frame.offset, ())
        if basename(place.path) in sources
    )
    return Observation("reported", report.kind, own)
