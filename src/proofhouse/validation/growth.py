# SPDX-License-Identifier: Apache-2.0
"""Inputs by mutation: variants of a proof, and a benign corpus grown from samples; pure.

Four sources, all deterministic in their seed:

- `shortened`: the proof with parts left out, for what crashes with less;
- `varied`: the proof with bytes, numbers and lengths changed, for what crashes likewise, and for
  what just doesn't: the inside of a limit;
- `stretched`: samples whose words, lines and numbers are brought to sizes around every constant
  that the program compares with and every power of two, for limits;
- `havoc`: random edits with a dictionary, for whatever coverage rewards.

`seeds` finds samples where a project keeps them: files of tests and examples, and the string
literals and here-documents of its tests. `dictionary` holds the literals of its sources.
"""

from __future__ import annotations

import ast
import base64
import binascii
import builtins
import io
import itertools
import random
import re
import struct
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from proofhouse.validation.sources import Tree

_T = TypeVar("_T")
MOST_INPUT = 64 << 10
"""Samples longer than this are left out, and mutants cut."""

_SAMPLES = re.compile(
    r"(?:^|/)(?:tests?|testing|samples?|examples?|corpus|fixtures?|data|spec|seeds?)(?:/|$)", re.I
)
_CODE = re.compile(
    r"\.(?:c|cc|cpp|cxx|h|hh|hpp|py|pyx|go|java|rs|js|sh|mk|cmake|o|a|so|pyc)$", re.I
)
_TEXTS = re.compile(r"\.(?:c|cc|cpp|cxx|h|hh|hpp|py|go|java|rs|sh|js|rb|pl|t)$", re.I)
_C_LIKE = re.compile(r"\.(?:c|cc|cpp|cxx|h|hh|hpp|go|java|rs|js)$", re.I)
_C_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.S)
_HASH_COMMENT = re.compile(rb"(?m)#[^\n]*")
_ALONE = re.compile(rb"(?<![^\s\w(])[^\w\s()]{1,3}(?![^\s\w)])")
_NOT_INPUT = re.compile(r"(?:^|/)(?:makefile|readme|license|copying|cmakelists|changelog)", re.I)
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.){1,4000})\"|'((?:[^'\\\n]|\\.){1,4000})'", re.S)
_HERE = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?[^\n]*\n(.*?)\n\s*\1\s*$", re.S | re.M)
_NUMBER = re.compile(rb"\d{1,18}")
_RUN = re.compile(rb"(.{1,4}?)\1{7,}", re.S)
_SHORT_RUN = re.compile(rb"([^\n]{1,4}?)\1{3,}")
_WORD = re.compile(rb"[A-Za-z0-9_.-]+")
_MARKS = re.compile(rb"[^A-Za-z0-9\s]{1,4}")
_BELOW = re.compile(rb"(?<![\w.)-])-(\d{1,9})(?![\w])")
_NAME = re.compile(rb"(?<![A-Za-z0-9_.])[A-Za-z_]\w*")
_CHUNK = re.compile(rb"[^\s=:,;]{2,}")
_CODE_NUMBER = re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]{1,8}|[1-9]\d{0,9}|0)(?![\w.])")
_QUOTED_BYTES = re.compile(rb"(['\"])([^'\"\\\n]{0,200})\1")
_LAST_PART = re.compile(rb"([/.:])[^\s/.:]+(?:\.\w+)?(?=\s*$)", re.M)
_PYTHON_CALL = re.compile(rb"(?<![\w.])([A-Za-z_]\w*)\(")
_BY_CLASS = (
    b"[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == '_wrap_close'][0]"
    b".__init__.__globals__['__builtins__']"
)
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_SIZES = (1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 129, 200)
_LARGE = (255, 256, 257, 500, 511, 512, 513, 1000, 1023, 1024, 1025, 2048, 4096)
_NUMBERS = (0, 1, 2, 3, 7, 8, 10, 16, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256, 257)
_MORE_NUMBERS = (1000, 1024, 4096, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)


def seeds(tree: Tree) -> list[bytes]:
    """Samples of a project, smallest first: whole files, then literals of its tests."""
    files, literals = [], []
    for path, entry in tree.entries.items():
        if entry.link or not entry.data or len(entry.data) > MOST_INPUT:
            continue
        if _SAMPLES.search(path) and not _CODE.search(path) and not _NOT_INPUT.search(path):
            files.append(entry.data)
        elif _TEXTS.search(path) and re.search(r"test", path, re.I):
            literals += _literals_in(path, entry.data)
    return [*sorted(_unique(files), key=len)[:200], *sorted(_unique(literals), key=len)[:150]]


def _unique(items: Iterable[bytes]) -> list[bytes]:
    return list(dict.fromkeys(items))


def _literals_in(path: str, source: bytes) -> list[bytes]:
    """A file's string literals, as its language has them."""
    if path.endswith(".py"):
        try:
            return _python_literals(source)
        except (tokenize.TokenError, SyntaxError, ValueError, IndentationError):
            return list(_literals(source))
    if _C_LIKE.search(path):
        # A quotation mark in a comment is no beginning, and no string goes over a line's end.
        plain = _C_COMMENT.sub(b" ", source)
        return [word for line in plain.split(b"\n") for word in _literals(line)]
    return list(_literals(source))


def _python_literals(source: bytes) -> list[bytes]:
    found = []
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type == tokenize.STRING and len(token.string) <= 4000:
            try:
                value = ast.literal_eval(token.string)
            except (ValueError, SyntaxError):  # an f-string
                continue
            plain = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
            found += [plain] if b"\n" in plain else [plain, plain + b"\n"]
    return found


def _literals(source: bytes) -> Iterator[bytes]:
    """String literals and here-documents, escapes read as C, Python and printf read them."""
    text = source.decode("utf-8", "replace")
    for found in _HERE.finditer(text):
        yield found[2].encode() + b"\n"
    for found in _QUOTED.finditer(text):
        raw = found[1] if found[1] is not None else found[2]
        try:
            plain = raw.encode("latin-1", "replace").decode("unicode_escape").encode("latin-1")
        except (UnicodeDecodeError, UnicodeEncodeError):
            continue
        yield plain
        if "\n" not in raw and b"\n" not in plain:
            yield plain + b"\n"


def dictionary(tree: Tree) -> list[bytes]:
    """Short literals of the sources: command words, magic numbers, separators."""
    words: list[bytes] = []
    for path, entry in tree.entries.items():
        if not entry.link and _TEXTS.search(path) and len(entry.data) < 1 << 20:
            words += [word for word in _literals_in(path, entry.data) if 0 < len(word) <= 24]
    return _unique(words)[:400]


def prose(tree: Tree) -> list[bytes]:
    """What the sources say of themselves, comments and literals, and with it of their language."""
    found: list[bytes] = []
    for path, entry in tree.entries.items():
        if entry.link or not _TEXTS.search(path) or len(entry.data) >= 1 << 20:
            continue
        found += _literals_in(path, entry.data)
        if _C_LIKE.search(path):
            found += _C_COMMENT.findall(entry.data)
        else:
            found += _HASH_COMMENT.findall(entry.data)
    return found[:2000]


def marks_of(texts: Iterable[bytes]) -> list[bytes]:
    """Marks that stand alone in texts, as the signs of a language do: ``<=``, ``:``, ``->``."""
    found = Counter(mark for text in texts for mark in _ALONE.findall(text))
    return [mark for mark, _ in found.most_common(32)]


def exchanged(sample: bytes, words: Sequence[bytes], marks: Sequence[bytes]) -> Iterator[bytes]:
    """The sample with one sign or word of it exchanged for another that is known."""
    for found in list(_MARKS.finditer(sample))[:40]:
        for mark in marks:
            if mark != found[0]:
                yield sample[: found.start()] + mark + sample[found.end() :]
    for found in list(_WORD.finditer(sample))[:40]:
        digit = found[0][:1].isdigit()
        for word in words:
            if word != found[0] and word[:1].isdigit() == digit:
                yield sample[: found.start()] + word + sample[found.end() :]
        if not digit:
            yield sample[: found.start()] + found[0].swapcase() + sample[found.end() :]
        else:
            yield sample[: found.start()] + b"-" + found[0] + sample[found.end() :]


def numbers_of(data: bytes) -> list[tuple[int, int]]:
    """Where decimal numbers stand."""
    return [found.span() for found in _NUMBER.finditer(data)][:64]


def shortened(proof: bytes) -> Iterator[bytes]:
    """The proof with lines or stretches left out, and its beginnings."""
    lines = proof.splitlines(keepends=True)
    if 1 < len(lines) <= 400:
        step = max(1, len(lines) // 24)
        for at in range(0, len(lines), step):
            yield b"".join(lines[:at] + lines[at + step :])
        for at in range(0, len(lines), step):
            yield b"".join(lines[:at])
    for parts in (2, 4, 8, 16, 32):
        size = len(proof) // parts
        if size < 1:
            break
        for at in range(0, len(proof), size):
            yield proof[:at] + proof[at + size :]
        yield proof[: len(proof) - size]
    for cut in range(1, min(9, len(proof))):
        yield proof[:-cut]


def enlarged(proof: bytes) -> Iterator[bytes]:
    """The proof with more of what it has, for a limit that was only moved."""
    lines = proof.splitlines(keepends=True)
    runs = [found.span() for found in _RUN.finditer(proof)][:6]
    words = [found.span() for found in _WORD.finditer(proof)]
    longest = sorted(words, key=lambda span: span[0] - span[1])[:6]
    for times in (2, 4, 16, 64, 256):
        for start, end in dict.fromkeys([*runs, *longest]):
            if (end - start) * times <= MOST_INPUT:
                yield proof[:start] + proof[start:end] * times + proof[end:]
        if len(lines) > 1 and len(proof) * times <= MOST_INPUT:
            for at in _spread(len(lines), 8):
                yield b"".join([*lines[:at], *[lines[at]] * times, *lines[at + 1 :]])
        if len(proof) * times <= MOST_INPUT:
            yield proof * times
    for start, end in numbers_of(proof)[:8]:
        for number in _MORE_NUMBERS:
            yield proof[:start] + b"%d" % number + proof[end:]


def varied(proof: bytes, constants: Sequence[int], source: random.Random) -> Iterator[bytes]:
    """The proof with one thing changed at a time."""
    for start, end in numbers_of(proof):
        value = int(proof[start:end])
        near = (value + 1, value - 1, value * 2, value // 2, value + 16, value * 10, -1)
        for new in (*near, *_NUMBERS, *constants[:16]):
            if new >= -1:
                yield proof[:start] + b"%d" % new + proof[end:]
    for found in list(_WORD.finditer(proof))[:24]:
        start, end = found.span()
        word = proof[start:end]
        yield proof[:start] + word * 2 + proof[end:]
        yield proof[:start] + word + word[-1:] + proof[end:]
        yield proof[:start] + word[:-1] + proof[end:]
        yield proof[:start] + word[: len(word) // 2] + proof[end:]
        yield proof[:start] + bytes(_other(c, source) for c in word) + proof[end:]
    for at in _spread(len(proof), 96):
        for new in (proof[at] ^ 1, (proof[at] + 1) & 255, (proof[at] - 1) & 255, proof[at] // 2):
            yield proof[:at] + bytes([new]) + proof[at + 1 :]
    for at in _spread(len(proof) - 1, 24):
        for width, form in ((2, "<H"), (2, ">H"), (4, "<I"), (4, ">I")):
            if at + width > len(proof):
                continue
            value = struct.unpack(form, proof[at : at + width])[0]
            for new in (value + 1, value - 1, value // 2, value * 2):
                if 0 <= new < 1 << 8 * width:
                    yield proof[:at] + struct.pack(form, new) + proof[at + width :]
    for more in (b"\0", b"\n", b" ", b"A", b"\n\n", proof[-1:] * 16, proof[-16:]):
        yield proof + more
        yield more[:1] + proof


@dataclass(frozen=True)
class Knob:
    """One quantity of an input that can be turned from ``least`` to ``now``, where it stands."""

    least: int
    now: int
    turned: Callable[[int], bytes]


def knobs(proof: bytes) -> Iterator[Knob]:
    """Lengths, counts and numbers of a proof, one of which may be what goes over an edge."""
    for start, end in [found.span() for found in _RUN.finditer(proof)][:12]:
        yield Knob(0, end - start, partial(_cut, proof, start, end))
    for start, end in [found.span() for found in _WORD.finditer(proof)][:24]:
        if end - start > 1:
            yield Knob(1, end - start, partial(_cut, proof, start, end))
    for start, end in numbers_of(proof)[:16]:
        if int(proof[start:end]) > 1:
            yield Knob(0, int(proof[start:end]), partial(_numbered, proof, start, end))
    yield from twin_runs(proof)
    yield from listed(proof)
    lines = proof.splitlines(keepends=True)
    if len(lines) > 1:
        yield Knob(0, len(lines), lambda count: b"".join(lines[:count]))
    yield Knob(0, len(proof), lambda count: proof[:count])
    if not proof.isascii() or b"\0" in proof:
        for at in range(min(len(proof), 48)):
            if proof[at] > 1:
                yield Knob(0, proof[at], partial(_byte, proof, at))
        for at, form, size, value in fields(proof):
            if size > 1:
                yield Knob(0, value, partial(_field, proof, at, form))


def twin_runs(data: bytes, most: int = 0) -> Iterator[Knob]:
    """What is nested by runs of as many beginnings as ends, both turned: ``1+(1+(1`` … ``)))``.

    From 1 to what it is; with ``most`` from that to ``most``.
    """
    runs = [(found.start(), found.end(), len(found[1])) for found in _SHORT_RUN.finditer(data)][:24]
    for at, (begin, end, size) in enumerate(runs):
        for begin2, end2, size2 in runs[at + 1 :]:
            count, count2 = (end - begin) // size, (end2 - begin2) // size2
            if abs(count - count2) <= 2:
                turned = partial(_twins, data, (begin, end, size), (begin2, end2, size2))
                here = min(count, count2)
                yield Knob(here, most, turned) if most > here else Knob(1, here, turned)


def _twins(
    data: bytes, one: tuple[int, int, int], other: tuple[int, int, int], count: int
) -> bytes:
    """Both runs brought to ``count``, what one is longer by kept."""
    least = min((end - begin) // size for begin, end, size in (one, other))
    parts = []
    for begin, end, size in (one, other):
        parts.append(data[begin : begin + size] * ((end - begin) // size - least + count))
    return data[: one[0]] + parts[0] + data[one[1] : other[0]] + parts[1] + data[other[1] :]


def listed(data: bytes, most: int = 0) -> Iterator[Knob]:
    """Lists in lines, one part more or less before the last, so that what closes them stays."""
    lines = data.splitlines(keepends=True)
    for at, line in list(enumerate(lines))[:12]:
        for mark in (bytes([byte]) for byte in b",;:|/+ "):
            parts = line.split(mark)
            if len(parts) > 2:
                turned = partial(_listed, lines, at, mark, parts)
                yield Knob(len(parts), most, turned) if most else Knob(2, len(parts), turned)


def _listed(lines: Sequence[bytes], at: int, mark: bytes, parts: list[bytes], count: int) -> bytes:
    kept = [*parts[:-1], *parts[-2:-1] * count][: max(count, 2) - 1]
    return b"".join([*lines[:at], mark.join([*kept, parts[-1]]), *lines[at + 1 :]])


def _cut(proof: bytes, start: int, end: int, length: int) -> bytes:
    return proof[: start + length] + proof[end:]


def _numbered(proof: bytes, start: int, end: int, value: int) -> bytes:
    return proof[:start] + b"%d" % value + proof[end:]


def _byte(proof: bytes, at: int, value: int) -> bytes:
    return proof[:at] + bytes([value]) + proof[at + 1 :]


def _field(proof: bytes, at: int, form: str, value: int) -> bytes:
    return proof[:at] + struct.pack(form, value) + proof[at + struct.calcsize(form) :]


def recast(proof: bytes) -> Iterator[bytes]:
    """The proof said otherwise, the likeliest ways first: escapes, case, nesting, base64.

    For a fix that knows one spelling only: ``..`` but not ``%2e%2e``, ``%2e`` but not ``%2E``,
    ``none`` but not ``None``, or what a single pass of removal leaves (``....//``).
    """
    yield from _recast_whole(proof)
    escapes = list(_ESCAPE.finditer(proof))[:12]
    if escapes:
        yield _ESCAPE.sub(lambda found: found[0].swapcase(), proof)
        yield _ESCAPE.sub(lambda found: b"%25" + found[1], proof)
        yield _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), proof)
    for found in escapes:
        start, end = found.span()
        for new in (found[0].swapcase(), b"%25" + found[1], bytes([int(found[1], 16)])):
            yield proof[:start] + new + proof[end:]
    for found in list(_BELOW.finditer(proof))[:8]:
        for new in (b"0.-%s", b"0.-%.1s", b"+-%s", b"--%s", b"0-%s", b" -%s", b"-0%s", b"-%s.0"):
            yield proof[: found.start()] + new % found[1] + proof[found.end() :]
    for start, end in [found.span() for found in _WORD.finditer(proof)][:40]:
        word = proof[start:end]
        for new in (word.swapcase(), word.capitalize(), word.upper(), *_reencoded(word)):
            yield proof[:start] + new + proof[end:]
    for found in list(_MARKS.finditer(proof))[:24]:
        start, end = found.span()
        marks = proof[start:end]
        yield proof[:start] + b"".join(b"%%%02x" % byte for byte in marks) + proof[end:]
        for at in range(1, len(marks) + 1):
            yield proof[:start] + marks[:at] + marks + marks[at:] + proof[end:]


def _recast_whole(proof: bytes) -> Iterator[bytes]:
    """The same said otherwise all over: quoted texts as sums, calls spaced, by another way in."""
    broken = _QUOTED_BYTES.sub(_broken, proof)
    for spelt in (broken, proof.replace(b"(", b" ("), broken.replace(b"(", b" (")):
        if spelt != proof:
            yield spelt
    for old, new in (
        (b" ", b"\t"),
        (b" ", b"  "),
        (b"\n", b"\r\n"),
        (b"/", b"//"),
        (b"../", b"....//"),
    ):
        yield proof.replace(old, new)

    yield from (indirect for text in (proof, broken) for indirect in _indirect(text))


def _indirect(proof: bytes) -> Iterator[bytes]:
    """Python that calls by name, with each name got through the classes of a value instead.

    For a fix that takes names away and leaves the evaluation.
    """
    names = {name for name in _PYTHON_CALL.findall(proof) if name.decode() in vars(builtins)}
    if names:
        got = _PYTHON_CALL.sub(
            lambda found: b"%s['%s'](" % (_BY_CLASS, found[1]) if found[1] in names else found[0],
            proof,
        )
        yield got


def recoined(proof: bytes, samples: Sequence[bytes]) -> Iterator[bytes]:
    """The proof with all its numbers said otherwise: by a name that a sample made, signed, put in
    brackets. For a check that knows one way only of coming by a value.
    """
    for new in (rb"(\g<0>)", rb"-\g<0>"):
        yield _NUMBER.sub(new, proof)
    for sample in samples:
        if len(sample) > 512:
            continue
        begin = sample if sample.endswith(b"\n") else sample + b"\n"
        for word in list(dict.fromkeys(_NAME.findall(sample)))[:8]:
            yield begin + _NUMBER.sub(word, proof)
            yield begin + _NAME.sub(word, proof)


def transplanted(proof: bytes) -> Iterator[bytes]:
    """What may be the harmful part, put where the proof has another word or line."""
    chunks = sorted(set(_CHUNK.findall(proof)), key=len, reverse=True)[:3]
    lines = proof.splitlines(keepends=True)
    for chunk in chunks:
        for found in list(_WORD.finditer(proof))[:40]:
            start, end = found.span()
            if proof[start:end] != chunk:
                yield proof[:start] + chunk + proof[end:]
    for at in range(min(len(lines), 12)):
        for other in range(min(len(lines), 12)):
            if at != other:
                yield b"".join([*lines[:at], lines[other], *lines[at + 1 :]])
                yield b"".join([*lines[:at], lines[other], *lines[at:]])


def traded(proof: bytes, near: Sequence[int] = ()) -> Iterator[bytes]:
    """The input with one factor multiplied and another divided, the product as it was.

    What depends on the product only, as the room for a picture does, stays as it was as well, and a
    limit on each of the factors is met. Both ends first: one factor takes all of it; then times
    that bring one across a number of ``near``; then small ones.
    """
    numbers = numbers_of(proof)[:8]
    for at, one in enumerate(numbers):
        for other in numbers[:at]:
            for up, down in ((one, other), (other, one)):
                big, small = int(proof[slice(*up)]), int(proof[slice(*down)])
                for times in _times(big, small, near):
                    made = {up: b"%d" % (big * times), down: b"%d" % (small // times)}
                    yield (
                        proof[: other[0]]
                        + made[other]
                        + proof[other[1] : one[0]]
                        + made[one]
                        + proof[one[1] :]
                    )
    if numbers and proof.isascii():
        return
    known = fields(proof)
    for at, form, size, small in known:
        for at2, form2, size2, big in known:
            if not (at2 + size2 <= at or at + size <= at2):
                continue
            for times in _times(big, small, near):
                if big * times < 1 << 8 * size2 and (small % times == 0):
                    moved = bytearray(proof)
                    struct.pack_into(form2, moved, at2, big * times)
                    struct.pack_into(form, moved, at, small // times)
                    yield bytes(moved)


def _times(big: int, small: int, near: Sequence[int]) -> list[int]:
    """By how much to multiply the one and divide the other."""
    across = [limit // big + 1 for limit in near if big and limit >= big]
    across = [next((n for n in range(t, min(t + 64, small)) if small % n == 0), 0) for t in across]
    every = (small, *across[:4], 2, 3, 4, 16, 256)
    return [times for times in dict.fromkeys(every) if 1 < times <= small]


def fields(data: bytes) -> list[tuple[int, str, int, int]]:
    """Where a binary input may hold numbers, likeliest first: place, form, size, value.

    Wide ones are those that are small for their width, as a count in a header is.
    """
    found = []
    for form, size in (("<I", 4), (">I", 4), ("<H", 2), (">H", 2)):
        for at in range(min(len(data) - size + 1, 48)):
            value = struct.unpack_from(form, data, at)[0]
            plain = 1 < value < 1 << (8 * size - 4) and 0 in data[at : at + size]
            if plain or (value and value % 256 == 0 and size == 4 and value < 1 << 31):
                found.append((at, form, size, value))
    narrow = [
        (at, "<B", 1, byte) for at, byte in enumerate(data[:48]) if byte and not chr(byte).isalpha()
    ]
    return [*found[:16], *narrow[:16]]


def literals_of(lines: Iterable[bytes]) -> tuple[list[bytes], list[int]]:
    """Texts and numbers that lines of code name: what a patch may look for."""
    texts: list[bytes] = []
    numbers: list[int] = []
    for line in lines:
        texts += [word for word in _literals(line) if 0 < len(word) <= 64]
        numbers += [int(word, 0) for word in _CODE_NUMBER.findall(line.decode("utf-8", "replace"))]
    return list(dict.fromkeys(texts))[:24], list(dict.fromkeys(numbers))[:24]


def named(sample: bytes, texts: Sequence[bytes], numbers: Sequence[int]) -> Iterator[bytes]:
    """The sample with what a patch names put into it: as a word, a byte, a number, a length."""
    words = [found.span() for found in _WORD.finditer(sample)][:12]
    for text in texts:
        for start, end in words:
            middle = (start + end) // 2
            yield sample[:start] + text + sample[end:]
            yield sample[:middle] + text + sample[middle:]
        for at in _spread(len(sample), 24):
            yield sample[:at] + text + sample[at + len(text) :]
            yield sample[:at] + text + sample[at:]
    near = [value for number in numbers for value in (number, number + 1, number - 1)]
    for value in near:
        if value < 0:
            continue
        for form in ("<H", ">H", "<I", ">I") if not sample.isascii() or b"\0" in sample else ():
            size = struct.calcsize(form)
            for at in range(min(len(sample) - size + 1, 24)) if value < 1 << 8 * size else ():
                yield sample[:at] + struct.pack(form, value) + sample[at + size :]
        for start, end in numbers_of(sample)[:8]:
            yield sample[:start] + b"%d" % value + sample[end:]
        if value < 256:
            for at in _spread(len(sample), 24):
                yield sample[:at] + bytes([value]) + sample[at + 1 :]
    yield from stretched(sample, [value for value in near if 1 < value <= 5000])


def matched(
    data: bytes, texts: Sequence[tuple[bytes, bytes]], numbers: Iterable[tuple[int, int]]
) -> Iterator[bytes]:
    """The input with what it was compared with in the place of what was compared.

    Parts of an input reach a comparison as they stand, as a number or as a length: whichever it is,
    the input is made so that the comparison comes out otherwise, and for numbers so that it just
    does and just doesn't.
    """
    texts = [*texts, *filter(None, map(rests, texts))]
    ways = [_exchanged(data, one, other) for one, other in texts]
    ways += [_exchanged(data, other, one) for one, other in texts]
    for constant, value in numbers:
        if max(constant, value) < 1 << 31:
            every = (constant, constant + 1, constant - 1)
            wanted = [number for number in every if number >= 0 and number != value]
            ways.append(itertools.chain(*(_measured(data, value, number) for number in wanted)))
    return in_turn(ways)


def rests(pair: tuple[bytes, bytes]) -> tuple[bytes, bytes] | None:
    """What two compared texts end with, where they begin alike: of two paths, what sets them apart.

    None if they begin alike by less than three bytes, or one is the beginning of the other.
    """
    one, other = pair
    most = min(len(one), len(other))
    same = next((at for at in range(most) if one[at] != other[at]), most)
    return (one[same:], other[same:]) if 3 <= same < most else None


def in_turn(streams: Sequence[Iterable[_T]]) -> Iterator[_T]:
    """One of each stream in turn until all are empty."""
    left = [iter(stream) for stream in streams]
    while left:
        for stream in tuple(left):
            try:
                yield next(stream)
            except StopIteration:
                left.remove(stream)


def _exchanged(data: bytes, mine: bytes, theirs: bytes) -> Iterator[bytes]:
    """The input with a text where another stands, in either case; where nothing stands, at ends."""
    lower, at = data.lower(), -1
    for _ in range(3 if mine else 0):
        at = lower.find(mine.lower(), at + 1)
        if at >= 0:
            yield data[:at] + theirs + data[at + len(mine) :]
    if not mine:
        ends = [found.end() for found in _MARKS.finditer(data)][-8:]
        for end in dict.fromkeys([len(data.rstrip()), *ends]):
            yield data[:end] + theirs + data[end:]


def _in_columns(data: bytes, start: int, end: int, new: bytes) -> Iterator[bytes]:
    """The input with another word in a word's place; first so that what follows stays where it was.

    Blanks behind the word, or else before it, give the room or take it.
    """
    more = len(new) - (end - start)
    if more > 0 and data[end : end + more + 1].isspace():
        yield data[:start] + new + data[end + more :]
    elif more > 0 and data[start - more - 1 : start].isspace():
        yield data[: start - more] + new + data[end:]
    elif more < 0 and data[end : end + 1] == b" ":
        yield data[:start] + new + b" " * -more + data[end:]
    yield data[:start] + new + data[end:]


def _measured(data: bytes, value: int, wanted: int) -> Iterator[bytes]:
    """The input with a number, length or count that is ``value`` made ``wanted``."""
    for start, end in numbers_of(data):
        if int(data[start:end]) == value:
            yield from _in_columns(data, start, end, b"%d" % wanted)
    if value > 3:
        for form in ("<I", ">I", "<H", ">H", "<B"):
            size = struct.calcsize(form)
            if value < 1 << 8 * size > wanted:
                at = data.find(struct.pack(form, value))
                if at >= 0:
                    yield data[:at] + struct.pack(form, wanted) + data[at + size :]
    if wanted > 5000:
        return
    words = [found.span() for found in _WORD.finditer(data)][:64]
    for start, end in [span for span in words if abs(span[1] - span[0] - value) <= 1][:6]:
        more = data[start:end] * (wanted // (end - start) + 1)
        for length in (wanted, wanted + 1):
            yield data[:start] + more[:length] + data[end:]
    lines = data.splitlines(keepends=True)
    if lines and abs(len(lines) - value) <= 1:
        yield b"".join((lines * (wanted // len(lines) + 1))[:wanted])
    if lines and 0 < value <= len(lines) + 1 and wanted <= 1200:
        for at in dict.fromkeys((len(lines) - 1, 0, len(lines) // 2)):
            for count in (wanted, wanted - 1, wanted + 1):
                yield from numbered(lines, at, count)
    for line in [line for line in lines if len(line) <= 512][:12]:
        for mark in b",;:|/. ":
            parts = line.rstrip(b"\r\n").split(bytes([mark]))
            if len(parts) > 1 and abs(len(parts) - value) <= 1:
                more_parts = [*parts, *parts[-1:] * wanted][: max(wanted, 1)]
                end_of = line[len(line.rstrip(b"\r\n")) :]
                yield data.replace(line, bytes([mark]).join(more_parts) + end_of, 1)


def numbered(lines: Sequence[bytes], at: int, count: int) -> Iterator[bytes]:
    """Lines with ``count`` of one of them, each with a number of its own in one of its words.

    What a program keeps by name it keeps once for each name: copies alone would not be many.
    """
    line = lines[at] if lines[at].endswith(b"\n") else lines[at] + b"\n"
    for found in list(_WORD.finditer(line))[:4]:
        start, end = found.span()
        copies = [line[:start] + b"%d" % n + line[end:] for n in range(count)]
        if not line[start:end].isdigit():
            copies = [line[:end] + b"%d" % n + line[end:] for n in range(count)]
        yield b"".join([*lines[:at], *copies, *lines[at + 1 :]])


def repeated(sample: bytes, source: random.Random) -> Iterator[bytes]:
    """A sample with one of its lines, or a few of its bytes, many times: what adds up in a program.

    Lines as copies, and each with a number of its own; a line that names what is kept under a name
    goes on with the same one, so that it grows.
    """
    lines = sample.splitlines(keepends=True)
    text = sample.isascii() and b"\0" not in sample
    for count in (40, 8, 2, 300) if text else ():
        for at in range(min(len(lines), 16)):
            if len(lines[at]) * count <= MOST_INPUT and lines[at].strip():
                whole = lines[at] if lines[at].endswith(b"\n") else lines[at] + b"\n"
                yield b"".join([*lines[:at], *[whole] * count, *lines[at + 1 :]])
                yield from itertools.islice(numbered(lines, at, count), 2)
    if not text:
        chunks = [
            (at, size, times)
            for at in range(min(len(sample), 64))
            for size in range(1, 7)
            for times in (9, 2, 40)
        ]
        source.shuffle(chunks)
        for at, size, times in chunks[:300]:
            yield sample[:at] + sample[at : at + size] * times + sample[at + size :]


def grafted(sample: bytes, proof: bytes) -> Iterator[bytes]:
    """A sample with ends of the proof's lines in its words' places: the harm by another way in."""
    first, more = [], []
    for line in reversed(proof.splitlines()[-6:]):
        first.append(line.partition(b" ")[2].strip())
        more += [part.strip() for part in re.split(rb"[=:,]", line, maxsplit=64)[1:]]
        more += [line[found.start() :] for found in itertools.islice(_WORD.finditer(line), 6)]
    ends = [end for end in dict.fromkeys([*first, *more]) if len(end) > 3]
    for end in ends[:12]:
        for found in list(_WORD.finditer(sample))[:16]:
            start, stop = found.span()
            yield sample[:start] + end + sample[stop:]


def sisters(proof: bytes, words: Sequence[bytes]) -> Iterator[bytes]:
    """The proof with the first word of its lines exchanged for another command of that shape.

    And what it is told to do it to without its last part, as a command for folders takes it.
    """
    firsts = dict.fromkeys(line.split(maxsplit=1)[0] for line in proof.splitlines() if line.strip())
    for first in list(firsts)[:6]:
        alike = [word for word in words if word.isalpha() and word != first]
        alike = [word for word in alike if word.isupper() == first.isupper()]
        for other in alike[:24] if first.isalpha() else []:
            pattern = re.compile(rb"^(\s*)" + re.escape(first) + rb"(?=\s|$)", re.M)
            told = pattern.sub(lambda found, new=other: found[1] + new, proof)  # type: ignore[misc]
            yield told
            yield _LAST_PART.sub(rb"\1", told)


def _broken(found: re.Match[bytes]) -> bytes:
    """A quoted text as the sum of two, which no search for its words finds."""
    quote, middle = found[1], len(found[2]) // 2
    if middle < 2:
        return found[0]
    return quote + found[2][:middle] + quote + b"+" + quote + found[2][middle:] + quote


def escaped(sample: bytes, proofs: Sequence[bytes]) -> Iterator[bytes]:
    """The sample with its characters escaped as the proofs escape theirs, if they do."""
    if not any(_ESCAPE.search(proof) for proof in proofs):
        return
    for at, byte in enumerate(sample[:256]):
        if byte > 32:
            yield sample[:at] + b"%%%02x" % byte + sample[at + 1 :]


def respelled(proof: bytes, words: Sequence[bytes]) -> Iterator[bytes]:
    """The proof with marks and words exchanged: another separator, a sister command."""
    for found in list(_MARKS.finditer(proof))[:24]:
        start = found.start()
        for mark in b"/\\;|&$`\n\t ,:'\"<>(){}%.":
            yield proof[:start] + bytes([mark]) + proof[start + 1 :]
    spans = [found.span() for found in _WORD.finditer(proof)][:40]
    distinct = list(dict.fromkeys(proof[start:end] for start, end in spans))
    for start, end in spans:
        kind = proof[start : start + 1].isdigit()
        same = [word for word in (*distinct, *words[:60]) if word[:1].isdigit() == kind]
        for other in same:
            if other != proof[start:end] and _WORD.fullmatch(other):
                yield proof[:start] + other + proof[end:]


def _reencoded(word: bytes) -> Iterator[bytes]:
    """What is inside a word that is base64 of text, with the case of its words changed."""
    if len(word) < 8:
        return
    try:
        plain = base64.urlsafe_b64decode(word + b"=" * (-len(word) % 4))
    except (binascii.Error, ValueError):
        return
    if not plain.isascii() or any(byte < 9 for byte in plain):
        return
    for found in list(_WORD.finditer(plain))[:12]:
        start, end = found.span()
        for new in (plain[start:end].swapcase(), plain[start:end].capitalize(), b""):
            changed = plain[:start] + new + plain[end:]
            yield base64.urlsafe_b64encode(changed).rstrip(b"=")


def _other(byte: int, source: random.Random) -> int:
    """Another character of the same kind."""
    for low, high in ((48, 57), (65, 90), (97, 122)):
        if low <= byte <= high:
            return source.randint(low, high)
    return byte


def _spread(length: int, most: int) -> list[int]:
    if length <= 0:
        return []
    return list(range(length)) if length <= most else [at * length // most for at in range(most)]


def sizes(constants: Sequence[int]) -> list[int]:
    """Lengths to try: around each constant that was compared with, and the usual ones."""
    near = [size for c in constants if 2 <= c <= 5000 for size in (c - 1, c, c + 1)]
    return list(dict.fromkeys([*near, *_SIZES, *_LARGE]))


def stretched(sample: bytes, lengths: Sequence[int]) -> Iterator[bytes]:
    """The sample with a word, a line or a number brought to each of ``lengths``."""
    words = list(_WORD.finditer(sample))[:12]
    lines = sample.splitlines(keepends=True)
    numbers = numbers_of(sample)[:8]
    for length in lengths:
        for found in words:
            start, end = found.span()
            word = sample[start:end]
            wanted = (word * (length // len(word) + 1))[:length]
            yield sample[:start] + wanted + sample[end:]
        if 0 < len(lines) <= 64 and length <= 512:
            at = (length * 7) % len(lines)
            yield b"".join([*lines[:at], *[lines[at]] * length, *lines[at + 1 :]])
            yield from numbered(lines, at, length)
        for start, end in numbers:
            yield sample[:start] + b"%d" % length + sample[end:]
        if len(sample) <= 512:
            for at in range(min(len(sample), 12)):
                yield sample[:at] + bytes([length & 255]) + sample[at + 1 :]
            yield (sample * (length // len(sample) + 1))[:length] if sample else b""


class Havoc:
    """Random edits, each mutant from one to four of them."""

    def __init__(self, words: Sequence[bytes], seed: int = 1) -> None:
        self.source = random.Random(seed)  # noqa: S311 - not a secret; must repeat
        self.words = list(words)
        self.constants: list[int] = []

    def learn(self, compared: Iterable[tuple[int, int]]) -> None:
        """Take in constants that a run compared with."""
        for constant, _ in compared:
            if 1 < constant < 1 << 32 and constant not in self.constants:
                self.constants.append(constant)
        del self.constants[:-256]

    def mutant(self, parent: bytes, other: bytes) -> bytes:
        """An edited ``parent``; ``other`` gives parts."""
        data = parent
        for _ in range(self.source.choice((1, 1, 1, 2, 2, 3, 4))):
            data = self._edited(data, other)
        return data[:MOST_INPUT]

    def _edited(self, data: bytes, other: bytes) -> bytes:
        pick = self.source
        at = pick.randrange(len(data) + 1)
        kind = pick.randrange(12)
        if kind == 0 and data:
            at = min(at, len(data) - 1)
            return data[:at] + bytes([data[at] ^ (1 << pick.randrange(8))]) + data[at + 1 :]
        if kind == 1:
            return data[:at] + bytes([pick.randrange(256)]) + data[at + 1 :]
        if kind == 2:
            return data[:at] + data[at + pick.randint(1, 8) :]
        if kind == 3 and self.words:
            word = pick.choice(self.words)
            return data[:at] + word + data[at + (len(word) if pick.random() < 0.5 else 0) :]
        if kind == 4:
            return self._number(data)
        if kind == 5:
            return self._line(data, other)
        if kind == 6 and other:
            cut = pick.randrange(len(other))
            return data[:at] + other[cut : cut + pick.randint(1, 64)] + data[at:]
        if kind == 7 and self.constants:
            constant = pick.choice(self.constants) + pick.choice((-1, 0, 0, 0, 1))
            return self._constant(data, at, max(constant, 0))
        if kind == 8 and data:
            end = min(len(data), at + pick.randint(1, 32))
            return data[:end] + data[at:end] * pick.choice((1, 2, 8, 32)) + data[end:]
        if kind >= 10:
            return self._word(data, other)
        return data[:at] + bytes(pick.choice(b" \n:,;=/0129aZ\0\xff") for _ in range(2)) + data[at:]

    def _word(self, data: bytes, other: bytes) -> bytes:
        """Put another word in a word's place: of its own kind, known, or from the other."""
        found = list(_WORD.finditer(data))[:200]
        if not found:
            return data
        start, end = self.source.choice(found).span()
        way = self.source.randrange(4)
        theirs = [word[0] for word in _WORD.finditer(other)][:200]
        if way == 0 and self.words:
            new = self.source.choice(self.words)
        elif way == 1 and theirs:
            new = self.source.choice(theirs)
        elif way == 2:
            new = data[start:end] * self.source.choice((2, 3, 8))
        else:
            new = bytes(_other(byte, self.source) for byte in data[start:end])
        return data[:start] + new + data[end:]

    def _number(self, data: bytes) -> bytes:
        found = numbers_of(data)
        if not found:
            return data
        start, end = self.source.choice(found)
        new = self.source.choice((-1, *_NUMBERS, *_MORE_NUMBERS, *self.constants[-16:]))
        return data[:start] + b"%d" % new + data[end:]

    def _line(self, data: bytes, other: bytes) -> bytes:
        """Take a line out, double it, swap it, or bring one from the other."""
        lines = data.splitlines(keepends=True)
        theirs = other.splitlines(keepends=True)
        if not lines:
            return other
        at = self.source.randrange(len(lines))
        way = self.source.randrange(4)
        if way == 0:
            del lines[at]
        elif way == 1:
            lines.insert(self.source.randrange(len(lines) + 1), lines[at])
        elif way == 2 and theirs:
            lines.insert(at, self.source.choice(theirs))
        else:
            swap = self.source.randrange(len(lines))
            lines[at], lines[swap] = lines[swap], lines[at]
        return b"".join(lines)

    def _constant(self, data: bytes, at: int, constant: int) -> bytes:
        form = self.source.choice(("<B", "<H", ">H", "<I", ">I"))
        size = struct.calcsize(form)
        if constant >= 1 << 8 * size:
            form, size = "<Q", 8
        return data[:at] + struct.pack(form, constant) + data[at + size :]
