# SPDX-License-Identifier: Apache-2.0
"""What a program would answer to one more, told from what it answers to one less; pure.

    expected([b"aaa 3\\n", b"aaaa 4\\n", b"aaaaa 5\\n"], 1)      b"aaaaaa 6\\n"

A length, count or number of an input is turned up by one, and by one again. Where each answer
differs from the last by the same (a run of letters longer by as many, a number larger by as many,
the same piece more, as many lines more of a kind) the next one is known before it is asked for. An
answer that is none of that has no relation, and `expected` says None: nothing is concluded then.
Nor of one that would be longer than 64 KiB: a number of an input may stand for any length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise

_TOKEN = re.compile(rb"[1-9][0-9]{0,14}(?![0-9])|0|(.)\1*", re.S)
_NUMBER = re.compile(rb"[0-9]+")
_MOST = 1 << 16
_MOST_LINES = 4096


def expected(answers: Sequence[bytes], ahead: int) -> bytes | None:
    """The answer ``ahead`` steps behind the last of three or more; None without a relation."""
    if len(answers) < 3 or max(map(len, answers)) > _MOST:
        return None
    for parts in (_by_number, _by_run):
        told = [parts(answer) for answer in answers]
        if all([kind for kind, _ in one] == [kind for kind, _ in told[0]] for one in told):
            counts = [_next([one[at][1] for one in told], ahead) for at in range(len(told[0]))]
            runs = [n or 0 for (kind, _), n in zip(told[0], counts, strict=True) if len(kind) < 2]
            if None not in counts and sum(runs) <= _MOST:
                pairs = zip(told[0], counts, strict=True)
                return b"".join(_printed(kind, count or 0) for (kind, _), count in pairs)
    return _by_insertion(answers, ahead) or _by_lines(answers, ahead)


def _by_insertion(answers: Sequence[bytes], ahead: int) -> bytes | None:
    """Where the same bytes come in at one place each time, between the same begin and end."""
    came = []
    for one, other in pairwise(answers):
        begin = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
        begin = min(len(one), len(other)) if begin < 0 else begin
        end = len(one) - begin
        if len(other) <= len(one) or other[len(other) - end :] != one[begin:]:
            return None
        came.append((other[begin : len(other) - end], end))
    if len(set(came)) != 1:
        return None
    more, end = came[0]
    last = answers[-1]
    if len(last) + len(more) * ahead > _MOST:
        return None
    return last[: len(last) - end] + more * ahead + last[len(last) - end :]


def _next(values: Sequence[int], ahead: int) -> int | None:
    step = values[-1] - values[-2]
    if any(b - a != step for a, b in pairwise(values)):
        return None
    value = values[-1] + step * ahead
    return value if value >= 0 else None


def _printed(kind: bytes, count: int) -> bytes:
    return b"%d" % count if kind == b"#" * 2 else kind * count


def _by_number(answer: bytes) -> list[tuple[bytes, int]]:
    """Numbers and runs: (two hashes, value), or (byte, how often)."""
    found = []
    for token in _TOKEN.finditer(answer):
        text = token[0]
        if text.isdigit():
            found.append((b"##", int(text)))
        else:
            found.append((text[:1], len(text)))
    return found


def _by_run(answer: bytes) -> list[tuple[bytes, int]]:
    """Runs of the same byte, digits too."""
    return [(bytes([byte]), len(list(same))) for byte, same in groupby(answer)]


def _by_lines(answers: Sequence[bytes], ahead: int) -> bytes | None:
    """Where as many lines of one kind come in each time, and all others only count on."""
    told = [_kinds(answer) for answer in answers]
    if any([kind for kind, _ in one] != [kind for kind, _ in told[0]] for one in told):
        return None
    made = []
    for at, (_, first) in enumerate(told[0]):
        groups = [one[at][1] for one in told]
        count = _next([len(group) for group in groups], ahead)
        ends = (
            _line([group[0] for group in groups], ahead),
            _line([group[-1] for group in groups], ahead),
        )
        if not count or count > _MOST_LINES or None in ends:
            return None
        if len(first) == len(groups[-1]) == count:
            lines = [_line([group[n] for group in groups], ahead) for n in range(count)]
        else:
            # What was there stays; what comes in goes on from the last lines.
            lines = _continued(groups[-1], count)
            if lines[-1] != ends[1]:
                return None
        if None in lines:
            return None
        made += [line for line in lines if line is not None]
    return b"".join(made)


def _continued(lines: Sequence[bytes], count: int) -> list[bytes | None]:
    """So many lines, those that come in going on from the last three; None for one that can't."""
    made: list[bytes] = list(lines[:count])
    while len(made) < count:
        more = _line(made[-3:], 1) if len(made) > 2 else None
        if more is None:
            return [*made, None]
        made.append(more)
    return [*made]


def _kinds(answer: bytes) -> list[tuple[bytes, list[bytes]]]:
    """Lines that are alike but for their numbers, one after another."""
    lines = answer.splitlines(keepends=True)
    return [(k, list(same)) for k, same in groupby(lines, lambda line: _NUMBER.sub(b"0", line))]


def _line(lines: Sequence[bytes], ahead: int) -> bytes | None:
    told = [_by_number(line) for line in lines]
    if any([kind for kind, _ in one] != [kind for kind, _ in told[0]] for one in told):
        return None
    counts = [_next([one[at][1] for one in told], ahead) for at in range(len(told[0]))]
    runs = [n or 0 for (kind, _), n in zip(told[0], counts, strict=True) if len(kind) < 2]
    if None in counts or sum(runs) > _MOST:
        return None
    pairs = zip(told[0], counts, strict=True)
    return b"".join(_printed(kind, count or 0) for (kind, _), count in pairs)
