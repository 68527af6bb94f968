# SPDX-License-Identifier: Apache-2.0
"""Numbers that wrap and paths that lead out: variants of a proof for checks that forget them; pure.

- `wrapping`: two numbers whose product or sum just passes 2**16, 2**31, 2**32 or 2**64 and is small
  again in a field of that width, and numbers that are small if their upper part is cut off. A check
  that computes before it compares lets these through.
- `led`: paths of a proof that go up, by other ways and to other places: a folder whose name only
  begins like the allowed one (``../out-x`` beside ``out``), up from deeper, doubled slashes, dots,
  absolute. A check that compares texts and not places lets some of these through.

Left to others: running them (``exploration``).
"""

from __future__ import annotations

import itertools
import math
import re
import struct
from collections.abc import Iterator, Sequence

from proofhouse.validation.growth import fields, numbers_of

_MODULI = (1 << 32, 1 << 31, 1 << 16, 1 << 64)
_PATH = re.compile(rb"[^\s\"'<>|=,;]*\.\./[^\s\"'<>|=,;]*")
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,23}")


def wrapping(proof: bytes) -> Iterator[bytes]:
    """See above; decimal numbers, and fields of bytes."""
    spans = numbers_of(proof)[:10]
    for one, other in itertools.pairwise(spans):
        for small, big in _pairs(int(proof[slice(*one)]), int(proof[slice(*other)])):
            yield (
                proof[: one[0]] + b"%d" % small + proof[one[1] : other[0]] + b"%d" % big
            ) + proof[other[1] :]
    for start, end in spans:
        value = int(proof[start:end])
        for more in (1 << 8, 1 << 16, 1 << 32, 1 << 31, 1 << 64):
            yield proof[:start] + b"%d" % (value + more) + proof[end:]
    if proof.isascii() and b"\0" not in proof:
        return
    known = fields(proof)
    for (at, form, size, value), (at2, form2, size2, value2) in itertools.combinations(known, 2):
        if at2 < at + size and at < at2 + size2:
            continue
        for small, big in _pairs(value, value2):
            if small < 1 << 8 * size and big < 1 << 8 * size2:
                made = bytearray(proof)
                struct.pack_into(form, made, at, small)
                struct.pack_into(form2, made, at2, big)
                yield bytes(made)


def _pairs(one: int, other: int) -> Iterator[tuple[int, int]]:
    """Two numbers with a product or a sum just over a modulus, most of them near what they were."""
    for modulus in _MODULI:
        root = math.isqrt(modulus)
        for small in dict.fromkeys((one, root, 2, 4)):
            if small > 1:
                yield small, -(-modulus // small)
                yield small, -(-modulus // small) + 1
        if other > 1:
            yield -(-modulus // other), other
        if 0 < one < modulus:
            yield one, modulus - one
            yield one, modulus - one + 1


def led(proof: bytes, words: Sequence[bytes]) -> Iterator[bytes]:
    """See above; ``words`` are names that the program or its command know."""
    names = [word for word in dict.fromkeys(words) if _NAME.fullmatch(word)][:120]
    for found in list(_PATH.finditer(proof))[:4]:
        begin, end = proof[: found.start()], proof[found.end() :]
        way, _, last = found[0].rpartition(b"../")
        up = way + b"../"
        near = [
            *(up + name + b"-" + last for name in names),
            *(up + name + last for name in names),
            *(up + name + b"/" + last for name in names),
        ]
        others = [
            b"a/../" + found[0],
            b"a/b/../../" + found[0],
            b"./" + found[0],
            found[0].replace(b"../", b"..//"),
            found[0].replace(b"../", b".././"),
            found[0].replace(b"../", b"../../"),
            found[0] + b"/",
            found[0] + b"/.",
            b"/" + found[0].lstrip(b"/"),
            b"/tmp/" + last,
            found[0].replace(b"/", b"\\"),
        ]
        for path in (*others, *near):
            yield begin + path + end
