# SPDX-License-Identifier: Apache-2.0
"""Whether a patched program answers an input with the flaw as the program meant to, had it lived.

A sanitizer ends the program at its first bad access. Built so that it goes on instead, some bad
accesses do no harm, and then what it says to the end *is* the answer, that nobody knew:

- `EXACT`: a copy between overlapping ranges (the C library's memcpy moves them right; its strcpy
  need not), an access to an odd address, nothing copied to or from nowhere. A patch that takes the
  input says just that.
- `UNREAD`: bytes written behind a block on the heap and never read, a second free. The red zone
  takes them, nothing else changes. A patch may also leave out what went wrong, so the answer is
  wrong only if it is also not the one to any part of the input, while what the program says that
  goes on is the answer to a part of it that has no flaw.
- `VALUES`: a value that its type can't have, used as if it were another. Wrong is what the program
  answers where a 0 stands, if going on it says what it says where a 1 stands.

Nothing here judges an input that the patch refuses, nor one whose bad access was read from.
Left to others: to run what is asked for (``exploration``).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence

from proofhouse.validation.answers import taken
from proofhouse.validation.growth import shortened
from proofhouse.validation.program import Seen

EXACT = frozenset(
    {"memcpy-param-overlap", "nonnull", "misaligned-address"}
    | {"misaligned-address read", "misaligned-address write"}
)
UNREAD = frozenset({"heap-buffer-overflow write", "object-size write", "double-free"})
VALUES = frozenset({"invalid-value read", "invalid-value"})
_MOST_PARTS = 160
_MOST_BYTES = 96
_DIGITS = re.compile(rb"[0-9]+")

Run = Callable[[Sequence[bytes]], Awaitable[list[Seen]]]


def tells(on: Seen) -> frozenset[str]:
    """The set of this module that a run which went on belongs to; empty for none."""
    if on.exit_status != 0 or on.ended != "crashed" or not on.faults:
        return frozenset()
    if on.faults <= EXACT:
        return EXACT
    if on.faults <= VALUES:
        return VALUES
    return UNREAD if on.faults <= EXACT | UNREAD else frozenset()


def parts(data: bytes) -> Iterator[bytes]:
    """The input with less: lines or stretches left out, its beginnings."""
    yield from shortened(data)
    lines = data.splitlines(keepends=True)
    if len(lines) <= 24:
        for at in range(len(lines)):
            for end in range(at + 2, min(at + 5, len(lines) + 1)):
                yield b"".join(lines[:at] + lines[end:])
    if len(data) <= 64:
        for at in range(len(data)):
            yield data[:at]
            for width in (2, 3, 4):
                yield data[:at] + data[at + width :]


async def differs(data: bytes, on: Seen, after: Seen, known: frozenset[bytes], left: Run) -> bool:
    """Whether the patched side's answer is wrong, ``on`` being what the other says that goes on.

    ``known`` are lines that the program says elsewhere (`masked`): any other is a message.
    """
    which = tells(on)
    if not which or not taken(after) or on.stdout == after.stdout:
        return False
    if _is_message(on.stdout, after.stdout, known):
        return False
    if which is EXACT:
        return True
    if which is VALUES:
        return await _as_clear(data, on, after, left)
    less = list(dict.fromkeys(part for part in parts(data) if part != data))[:_MOST_PARTS]
    seen = [one for one in await left(less) if taken(one)]
    said = {one.stdout for one in seen}
    excused = any(_is_message(text, after.stdout, known) for text in said)
    return on.stdout in said and after.stdout not in said and not excused


async def _as_clear(data: bytes, on: Seen, after: Seen, left: Run) -> bool:
    """Whether a byte made 0 gives the patched side's answer, and made 1 the other's."""
    places = [at for at, byte in enumerate(data[:_MOST_BYTES]) if byte > 1]
    made = [data[:at] + bytes([n]) + data[at + 1 :] for at in places for n in (0, 1)]
    seen = await left(made)
    for clear, is_set in zip(seen[::2], seen[1::2], strict=False):
        fine = taken(clear) and taken(is_set)
        if fine and clear.stdout == after.stdout and is_set.stdout == on.stdout:
            return True
    return False


def masked(text: bytes) -> frozenset[bytes]:
    """The lines of an answer, numbers aside."""
    return frozenset(_DIGITS.sub(b"0", line) for line in text.splitlines())


def _is_message(one: bytes, other: bytes, known: frozenset[bytes]) -> bool:
    """Whether ``other`` is ``one`` with lines more, such as the program never says."""
    lines = iter(one.splitlines())
    wanted = next(lines, None)
    more = []
    for line in other.splitlines():
        if line == wanted:
            wanted = next(lines, None)
        else:
            more.append(_DIGITS.sub(b"0", line))
    return wanted is None and bool(more) and not known & set(more)
