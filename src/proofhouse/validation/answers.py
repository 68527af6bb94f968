# SPDX-License-Identifier: Apache-2.0
"""Whether an input with the flaw, which the patch now lets through, is answered in full.

A patch may refuse what showed the flaw, or answer it. It may not take it and keep part of it back:
the user is not told, and goes on with a wrong answer. Nobody knows the right answer, but three
things about it are known without it:

- `silence`: what stands *behind* the flaw in the input is still read, if it is read elsewhere.
- `unsaid`: what the program said *before* the flaw struck was said by a sound program (a
  sanitizer ends it at the first bad access), so it is still to be said.
- `swallowed`: the answer is not the answer to the same input without the line that has the flaw.
- `nearly`: a program that reads a byte too far, and goes on, finds a zero there in a sanitizer's
  memory, which ends a text as it should; a letter more or less than it says then is wrong. Not a
  letter less where the program cuts what does not fit (`cut_at`): then where it cuts is the flaw.
- `unsigned`: it is not the answer to the same input with a number's sign left out.
- `ended`, `cut_short`: where the flaw is that something never ends, it is not the answer to an
  input that does.

A text cut to fit is answered: many a fix does that. A line unlike the one that was said before
tells the user, and excuses.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable, Sequence
from difflib import SequenceMatcher

from proofhouse.validation.program import Bench, Seen

MOST_LINES = 40
NO_LINE = "(an empty line)"
_MOST_TAME = 24
_MOST_PLACES = 96
_OTHERS = (b"\1a\0", b"\2bc\0", b"a", b"a\0", b"\1a", b"1", b"\1")
_BELOW = re.compile(rb"(?<![\w.)-])-(\d{1,9})(?![\w.])")
_TAME = (b"1", b"01", b"01 61")
_ALIKE = 0.5
_LEAST_CUT, _MOST_CUT, _MOST_CUTS = 4, 4096, 8
_APART = rb"[ \t\r\n]*"
_MOST_WORDS = 96
_WORD = re.compile(rb"[^\s,;:()]+")

Run = Callable[[Sequence[bytes]], Awaitable[list[Seen]]]
"""Runs inputs in order on one side; fewer answers when the time is over."""


def taken(seen: Seen) -> bool:
    """Whether an input was taken: no fault, exit status 0."""
    return seen.ended == "quiet" and seen.exit_status == 0


def unsaid(before: Seen, after: Seen) -> str:
    """The first line said before the flaw struck that a run which takes the input leaves out."""
    if before.ended != "crashed" or not taken(after):
        return ""
    old = before.stdout[: before.stdout.rfind(b"\n") + 1].splitlines()
    new = after.stdout.splitlines()
    for at, line in enumerate(old):
        other = new[at] if at < len(new) else None
        if other == line:
            continue
        if other is not None and not _alike(line, other):
            return ""
        return line[:65536].decode("utf-8", "replace") or NO_LINE
    return ""


async def swallowed(data: bytes, left: Run, right: Run) -> bytes | None:
    """The line of an input with the flaw which the patched side leaves out without a word."""
    lines = data.splitlines(keepends=True)
    if not 2 <= len(lines) <= MOST_LINES:
        return None
    shorter = [b"".join(lines[:at] + lines[at + 1 :]) for at in range(len(lines))]
    full, *after = await right([data, *shorter])
    if not taken(full):
        return None
    before = await left(shorter)
    for at, (old, new) in enumerate(zip(before, after, strict=False)):
        same = taken(old) and old.answer == new.answer == full.answer and new.trace == full.trace
        if same and lines[at].strip() and await _heard(lines, at, old, left):
            return shorter[at]
    return None


def nearly(on: Seen, after: Seen) -> str:
    """The line of an answer with a letter more or less than a program says that goes on.

    ``on`` read where there is nothing, found zeros, and went on to its end.
    """
    if not on.reads or on.exit_status != 0 or not taken(after):
        return ""
    one, other = on.stdout.splitlines(), after.stdout.splitlines()
    apart = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    if len(one) != len(other) or not apart:
        return ""
    for a, b in apart:
        short, long = sorted((a, b), key=len)
        begin = next((at for at, byte in enumerate(short) if byte != long[at]), len(short))
        more = long[begin : begin + len(long) - len(short)]
        if len(more) != 1 or not more.isalpha() or short[begin:] != long[begin + 1 :]:
            return ""
    return apart[0][1][:200].decode("utf-8", "replace")


async def cut_at(data: bytes, on: Seen, after: Seen, beyond: Run) -> bool:
    """Whether a letter that an answer has less is the last before the program cuts a text.

    The program that goes on says as many letters of a longer text, or does not hear the letter
    behind: it fills its room to the last byte, and has none left for what ends a text. A fix may
    cut a letter sooner, or make more room; what is said past the flaw is no witness of which is
    right. Where a text as long as this one is meant to be (a field of a record), a letter more is
    not answered alike.

    Asked of each place in the input where the text stands and its last letter is heard.
    """
    lines = zip(on.stdout.splitlines(), after.stdout.splitlines(), strict=False)
    apart = [(one, other) for one, other in lines if one != other]
    for one, other in apart:
        if len(one) <= len(other) or not await _cut(data, on, _up_to(one, other), beyond):
            return False
    return bool(apart)


def _up_to(one: bytes, other: bytes) -> bytes:
    """A line up to the letter that another has not."""
    at = next((n for n, byte in enumerate(other) if byte != one[n]), len(other))
    return one[max(at + 1 - _MOST_CUT, 0) : at + 1]


async def _cut(data: bytes, on: Seen, told: bytes, beyond: Run) -> bool:
    """Whether the text that ``told`` ends with is cut wherever the program reads it."""
    letters = [re.escape(bytes([byte])) for byte in told if not bytes([byte]).isspace()]
    least, most = 0, len(letters)
    while least < most:  # the longest end of it that stands in the input, lines joined or not
        many = (least + most + 1) // 2
        if re.search(_APART.join(letters[-many:]), data):
            least = many
        else:
            most = many - 1
    if least < _LEAST_CUT:
        return False
    every = re.finditer(_APART.join(letters[-least:]), data)
    ends = [found.end() for found in itertools.islice(every, _MOST_CUTS)]
    letter, unlike = told[-1:], b"Q" if told[-1:] != b"Q" else b"Z"
    cut = False
    for end in ends:
        rest, beside = data[end:], data[end : end + 1]
        made = [data[: end - 1] + unlike + rest, data[:end] + letter + rest]
        if b" " < beside < b"\x7f" and beside != unlike:
            made.append(data[:end] + unlike + rest[1:])
        same = [seen.answer == on.answer for seen in await beyond(made)]
        if len(same) < len(made) or not (same[0] or any(same[1:])):
            return False
        cut = cut or not same[0]
    return cut


async def ended(data: bytes, left: Run, right: Run) -> bytes | None:
    """The input with a few bytes of the flaw put to an end, if that is how the patch answers it.

    For flaws without an end (a reference to itself, a loop): the input has no right answer that is
    the answer to one which ends there. Found by putting a zero, or nothing, in the place of one to
    four bytes. Told from bytes that nobody reads by others in that place, which give other answers.
    """
    full = next(iter(await right([data])), None)
    if full is None or not taken(full):
        return None
    for width in (2, 1, 4, 3):
        places = range(min(len(data) - width + 1, _MOST_PLACES))
        made = [data[:at] + end + data[at + width :] for at in places for end in (b"\0", b"")]
        where = [at for at in places for _ in range(2)]
        seen = await left(made)
        same = [
            (at, one)
            for at, one, old in zip(where, made, seen, strict=False)
            if taken(old) and old.stdout == full.stdout and old.trace == full.trace
        ]
        for at, one in same[:4]:
            others = [*_OTHERS, *(data[n : n + width] for n in range(at))]
            near = [data[:at] + other + data[at + width :] for other in others[:_MOST_TAME]]
            told = [old for old in await left(near) if taken(old)]
            if any(old.stdout != full.stdout for old in told):
                return one
    return None


async def cut_short(data: bytes, left: Run, right: Run) -> bytes | None:
    """The text without the word or two by which it has no end, if that is how it is answered.

    As `ended` is for bytes. Told from words that nobody reads by others in that place.
    """
    full = next(iter(await right([data])), None)
    if full is None or not taken(full):
        return None
    words = [found.span() for found in _WORD.finditer(data)][:_MOST_WORDS]
    pairs = [(begin, end) for (begin, _), (_, end) in itertools.pairwise(words)]
    tries = [(span, b"") for span in words]
    tries += [(span, less) for span in pairs for less in (b"", b"00", b"0")]
    made = [
        data[:begin] + less + data[end:] if less else data[:begin].rstrip(b" \t") + data[end:]
        for (begin, end), less in tries
    ]
    seen = await left(made)
    for ((begin, end), _), one, old in zip(tries, made, seen, strict=False):
        if not taken(old) or old.stdout != full.stdout:
            continue
        others = dict.fromkeys([*_TAME, *(found[0] for found in _WORD.finditer(data))])
        near = [data[:begin] + other + data[end:] for other in list(others)[:_MOST_TAME]]
        told = [other for other in await left(near) if taken(other)]
        if any(other.stdout != full.stdout for other in told):
            return one
    return None


async def unsigned(data: bytes, left: Run, right: Run) -> bytes | None:
    """The text with a number's sign left out, if the answer is that to it, and the number is heard.

    To take what is below nought for what is above it is no answer to it.
    """
    full = next(iter(await right([data])), None)
    if full is None or not taken(full):
        return None
    for found in list(_BELOW.finditer(data))[:_MOST_PLACES]:
        begin, end = found.span()
        plain, other = (
            data[:begin] + new + data[end:] for new in (found[1], b"%d" % (int(found[1]) + 1))
        )
        seen = await left([plain, other])
        said = [one.stdout for one in seen if taken(one)]
        if len(said) == 2 and said[0] == full.stdout != said[1]:
            return plain
    return None


async def _heard(lines: Sequence[bytes], at: int, without: Seen, left: Run) -> bool:
    """Whether a tamer line in this place makes a difference; without one, a copy of another."""
    tame = [text for text in _tamer(lines[at]) if text.strip() and text != lines[at]]
    others = [line for line in dict.fromkeys(lines) if line.strip() and line != lines[at]]
    for choice in (tame[:_MOST_TAME], others[:_MOST_TAME]):
        seen = await left([b"".join([*lines[:at], text, *lines[at + 1 :]]) for text in choice])
        fine = [one for one in seen if taken(one)]
        if fine:
            return any(one.stdout != without.stdout for one in fine)
    return False


def _tamer(line: bytes) -> list[bytes]:
    """The line with less: without one of its words, or with each of them cut."""
    body = line.rstrip(b"\r\n")
    end = line[len(body) :]
    words = body.split(b" ")
    found = [b" ".join(words[:at] + words[at + 1 :]) + end for at in range(len(words))]
    for parts in (2, 4, 8):
        found.append(body[: len(body) // parts] + end)
        found.append(b" ".join(word[: len(word) // parts] or word[:1] for word in words) + end)
    return list(dict.fromkeys(found))


def _alike(one: bytes, other: bytes) -> bool:
    """Whether two lines are one line with another content."""
    if one == other:
        return True
    matcher = SequenceMatcher(None, one[:400], other[:400], autojunk=False)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


async def silence(
    proof: bytes, known: Sequence[tuple[bytes, Seen]], before: Bench, after: Bench
) -> str:
    """Why a proof that is now taken is not answered; "" if it is, or is refused.

    ``known`` are inputs that are taken without the patch, for the same command. Where such an input
    may stand behind others, and is answered there, it must be behind a proof that is taken, too. A
    program that reads one thing and no more can't be asked this way.
    """
    new = await after.see(proof)
    if not taken(new):
        return ""
    spoken = [(data, seen) for data, seen in known if data.strip() and seen.stdout.strip()]
    for more, _ in spoken[:6]:
        others = [(data, seen) for data, seen in spoken if data != more][:3] or spoken[:1]
        if not await _reads_on(others, more, before):
            continue
        if (await after.see(_joined(proof, more))).answer == new.answer:
            return "What follows the flaw in the input is no longer read, and nobody is told."
        return ""
    return ""


def _joined(first: bytes, second: bytes) -> bytes:
    return first + (b"" if first.endswith(b"\n") else b"\n") + second


async def _reads_on(others: Sequence[tuple[bytes, Seen]], more: bytes, before: Bench) -> bool:
    """Whether ``more`` is answered behind each of the others."""
    for data, seen in others:
        longer = await before.see(_joined(data, more))
        if longer.ended != "quiet" or longer.exit_status != 0 or longer.stdout == seen.stdout:
            return False
    return True
