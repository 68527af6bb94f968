# SPDX-License-Identifier: Apache-2.0
"""Many inputs in one command: what goes in to an instrumented program, and what comes out; pure.

    order  u32 inputs, u32 milliseconds a run, u32 milliseconds in all;
           then for each input  u32 length, its bytes
    told   i32 wait status, u32 flags (1 timed out, 2 output cut), u32 edges, u32 pairs, u32 texts,
           u32 length of standard output, u32 of standard error, u32 what was left in files (0:
           nothing); then for each edge u16 index, u16 count; for each pair u64 constant, u64
           value; for each two texts u8 length, u8 length, 64 bytes, 64 bytes; both outputs

All little-endian. The instrumented program itself serves: ``cover.c`` forks it for each input
before ``main``, so that the start-up of a sanitizer is paid once. An answer may hold fewer runs
than were ordered, for lack of time or because the server was killed; what is cut off counts as not
run. The answer comes from hostile programs: any bytes give a list.

Left to others: which programs can be served so, and what to make of a run (``instrument``).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass

_ORDER = struct.Struct("<3I")
_LENGTH = struct.Struct("<I")
_TOLD = struct.Struct("<i7I")
_EDGE = struct.Struct("<2H")
_PAIR = struct.Struct("<2Q")
_TEXTS = struct.Struct("<2B64s64s")
_TIMED_OUT, _CUT = 1, 2


@dataclass(frozen=True)
class Ran:
    """One run; ``returncode`` is the exit status, or minus the number of the signal."""

    returncode: int
    timed_out: bool
    cut: bool
    edges: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]
    texts: tuple[tuple[bytes, bytes], ...]
    files: int
    stdout: bytes
    stderr: bytes


def order(inputs: Sequence[bytes], run_seconds: float, all_seconds: float) -> bytes:
    """What the server reads."""
    head = _ORDER.pack(len(inputs), int(run_seconds * 1000), max(int(all_seconds * 1000), 1))
    return head + b"".join(_LENGTH.pack(len(data)) + data for data in inputs)


def texts(raw: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Unequal texts that a run compared, each cut to 64 bytes; too short a rest is none."""
    whole = raw[: len(raw) // _TEXTS.size * _TEXTS.size]
    found = ((a[:one], b[:other]) for one, other, a, b in _TEXTS.iter_unpack(whole))
    return tuple(pair for pair in found if pair[0] != pair[1])


def told(answer: bytes, most: int) -> list[Ran]:
    """At most ``most`` runs, in the order of the inputs; what does not parse ends the list."""
    found: list[Ran] = []
    at = 0
    while len(found) < most and at + _TOLD.size <= len(answer):
        status, flags, edges, pairs, unequal, out, err, files = _TOLD.unpack_from(answer, at)
        begin = at + _TOLD.size
        after_edges = begin + edges * _EDGE.size
        after_pairs = after_edges + pairs * _PAIR.size
        after_texts = after_pairs + unequal * _TEXTS.size
        at = after_texts + out + err
        if at > len(answer):
            break
        try:
            code = os.waitstatus_to_exitcode(status)
        except (ValueError, OverflowError):
            break
        found.append(
            Ran(
                code,
                bool(flags & _TIMED_OUT),
                bool(flags & _CUT),
                tuple(_EDGE.iter_unpack(answer[begin:after_edges])),
                tuple(_PAIR.iter_unpack(answer[after_edges:after_pairs])),
                texts(answer[after_pairs:after_texts]),
                files,
                answer[after_texts : after_texts + out],
                answer[after_texts + out : at],
            )
        )
    return found
