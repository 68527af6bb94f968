# SPDX-License-Identifier: Apache-2.0
"""What speaks *for* the answers of a patched program where the one without the patch fails.

    notes = Notes(proofs)
    notes.take(item.data, before, after, shows=True)          for each input, as it is compared
    found = await unproven(notes, Sides(left, right), turned, meant)
    found.doubts        (Doubt("It refuses it otherwise than …", data, before, after), …)

For all other inputs the program without the patch says what is right. For these it says nothing:
a patch that makes a value up, leaves a line out, stops early or refuses too much shows only here.
So nothing is taken on trust here, and an answer counts as proven only if one of these bears it out:

- `refused`: as the program refuses other inputs: with a status and a beginning of its message that
  it has without the patch, and leaving behind just what it does to a near input that it refuses;
  or in words on standard output, which it says to the input with a line spoilt, too;
- `meant`: the program says so itself where its memory has no ends (``endless``), or where it goes
  on after an access that did no harm (``sequel``);
- `related`: a length, count or number of a proof is turned up to where the flaw begins; what the
  answers up to there let expect behind it (``relation``) is what the patch says;
- `same place`: with another letter in the place of one sign, or a shorter word in the place of one
  word, the program answers as the patch does, but for that sign or word, wherever it is told.

Each is a reason to believe, none is proof. What none bears out is not wrong: nobody knows, and the
maintainer has to say (a test with the right answer does). So a doubt never refuses a patch.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from proofhouse.validation.answers import Run, taken
from proofhouse.validation.growth import Knob
from proofhouse.validation.program import Seen
from proofhouse.validation.relation import expected

Meant = Callable[[bytes], Awaitable[Sequence[Seen]]]
"""What the program says to an input that is run past its flaw, in the ways that can be trusted."""

_DIGITS = re.compile(r"[0-9]+")
_NUMBERS = re.compile(rb"[0-9]+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\u2018[^\u2019]*\u2019")
_MOST_KEPT, _MOST_JUDGED = 200, 24
_MOST_LINES, _MOST_PLACES, _MOST_KNOBS = 60, 160, 20
_MOST_SIGNS, _MOST_BYTES = 12, 4 << 20
_NEIGHBOURS = 4
_STRIDES = (1, 2, 4)
_LETTERS = b"QZ7"
_WORD_OF_RUN = re.compile(r"[A-Za-z0-9_.-]+")
_WORD = re.compile(rb"[A-Za-z0-9_.-]+")
_FIELD = re.compile(rb"[^\t\n\r,;:|=\"]{8,}")
_MOST_WORDS, _MOST_FIELDS = 6, 3


@dataclass(frozen=True)
class Failing:
    """An input that shows the flaw without the patch, and what the patched program answers."""

    data: bytes
    before: Seen
    after: Seen


@dataclass(frozen=True)
class Doubt:
    """Why an answer is not borne out, and by what it can be seen."""

    why: str
    failing: Failing


@dataclass(frozen=True)
class Found:
    """How many answers were borne out by what, and those that nothing bears out."""

    proven: dict[str, int]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Sides:
    """Runs inputs without and with the patch; ``shows`` is whether a run shows the flaw."""

    left: Run
    right: Run
    shows: Callable[[Seen], bool]


@dataclass
class Notes:
    """What is kept of all runs: inputs with the flaw, and how the program refuses by itself."""

    proofs: tuple[bytes, ...]
    run: str = ""
    failing: dict[object, Failing] = field(default_factory=dict)
    manners: set[tuple[int | None, str]] = field(default_factory=set)
    said: set[bytes] = field(default_factory=set)

    def take(self, data: bytes, before: Seen, after: Seen, *, shows: bool) -> None:
        """Note one input of the gate's own command."""
        if shows and len(self.failing) < _MOST_KEPT:
            masked = _NUMBERS.sub(b"0", after.stdout)
            key = data if data in self.proofs else (after.exit_status, masked, manner(after))
            self.failing.setdefault(key, Failing(data, before, after))
        elif before.ended == "quiet" and not shows:
            if before.exit_status:
                self.manners.add(manner(before))
            if len(self.said) < 20 * _MOST_KEPT:
                self.said |= set(_NUMBERS.sub(b"0", before.stdout).splitlines())

    def own(self, after: Seen) -> bool:
        """Whether the program refuses like this by itself.

        Messages that begin with the program's name or a line's number say how it does; where it
        has no such begin, any message will do, if the status is one of its own.
        """
        status, begin = manner(after)
        same = {word for one, word in self.manners if one == status}
        if not same or begin in same:
            return bool(same)
        return not any("0" in word or word in _WORD_OF_RUN.findall(self.run) for word in same)

    def chosen(self) -> list[Failing]:
        """Proofs first, then one of each kind of answer, shortest first."""
        every = sorted(
            self.failing.values(), key=lambda f: (f.data not in self.proofs, len(f.data))
        )
        return every[: max(_MOST_JUDGED, len(self.proofs))]


def manner(seen: Seen) -> tuple[int | None, str]:
    """How an input is refused: exit status, and how the last line on standard error begins.

    Up to the first colon, numbers and what is quoted left out; "" without a colon.
    """
    line = _QUOTED.sub("'", _DIGITS.sub("0", seen.trace[-1] if seen.trace else ""))
    return seen.exit_status, line.partition(": ")[0] if ": " in line else ""


async def unproven(
    notes: Notes, sides: Sides, turned: Sequence[tuple[Knob, int]], meant: Meant
) -> Found:
    """Which answers to inputs with the flaw nothing bears out."""
    proven: Counter[str] = Counter()
    related, against = await _related(sides, turned)
    doubts = list(against)
    for failing in notes.chosen():
        if not taken(failing.after):
            why = await _refused(failing, notes, sides)
            proven["refused"] += not why
            doubts += [Doubt(why, failing)] if why else []
            continue
        if failing.data not in notes.proofs:
            proven["not asked"] += 1  # of what was made of a proof only a refusal is looked at
        elif any(seen.answer == failing.after.answer for seen in await meant(failing.data)):
            proven["meant"] += 1
        elif failing.data in related:
            proven["related"] += 1
        elif await _spoken(failing, sides):
            proven["refused"] += 1
        elif await _in_place(failing, sides):
            proven["same place"] += 1
        else:
            doubts.append(Doubt("It is taken, and nothing bears out what it is answered.", failing))
    return Found(dict(proven), tuple(doubts))


# ---- refused ---------------------------------------------------------------------------------


async def _refused(failing: Failing, notes: Notes, sides: Sides) -> str:
    """Why a refusal is not one of the program's own; "" if it is.

    Of a proof near inputs are asked, too: what was made of it may have none refused as far on.
    """
    after, chosen = failing.after, failing.data in notes.proofs
    near = list(worse(failing.data)) if chosen else []
    every = zip(near, await sides.left(near), strict=False)
    own = [(d, one) for d, one in every if one.ended == "quiet" and not sides.shows(one)]
    notes.manners |= {manner(one) for _, one in own if one.exit_status}
    if not notes.own(after):
        told = after.trace[-1][:120] if after.trace else "no message"
        return f"It is refused as the program refuses nothing else ({after.exit_status}, {told})."
    lines = set(_NUMBERS.sub(b"0", after.stdout).splitlines())
    if not chosen or (lines and not after.files and lines <= notes.said):
        return ""
    wanted = _without_input(failing.data, after)
    if any(_without_input(data, one) == wanted for data, one in own):
        return ""
    return "It is refused, but not as the program refuses inputs near it: it leaves other output."


def _without_input(data: bytes, seen: Seen) -> tuple[int | None, bytes, tuple[str, ...]]:
    """What a run did, but for the input itself, which a command may put into a file as it is."""
    return (seen.exit_status, seen.stdout.replace(data, b"") if data else seen.stdout, seen.files)


async def _spoken(failing: Failing, sides: Sides) -> bool:
    """Whether an input is refused in words on standard output: taken, and answered as one with a
    line spoilt is, which is not the answer to one without that line."""
    lines = failing.data.splitlines(keepends=True)
    if len(lines) > _MOST_LINES:
        return False
    made = [(at, bad) for at, line in enumerate(lines) for bad in _spoilt(line)]
    inputs = [b"".join([*lines[:at], bad, *lines[at + 1 :]]) for at, bad in made]
    seen = await sides.left(inputs)
    effect = failing.after.effect
    same = [at for (at, _), one in zip(made, seen, strict=False) if one.effect == effect]
    without = [b"".join(lines[:at] + lines[at + 1 :]) for at in dict.fromkeys(same)]
    left = await sides.left(without)
    return bool(failing.after.stdout) and any(one.stdout != failing.after.stdout for one in left)


def _spoilt(line: bytes) -> list[bytes]:
    """A line that no program understands, or only its first word, or all of it but the last."""
    end = b"\n" if line.endswith(b"\n") else b""
    words = line.split()
    less = [words[0] + b" ?" + end, b" ".join([*words[:-1], b"?"]) + end] if words else []
    return [bad + end for bad in (b"?", b"\1", b"?? ? ??")] + less


def worse(data: bytes) -> Iterator[bytes]:
    """Inputs near one that a program may refuse: a line, a byte or the end of it spoilt."""
    lines = data.splitlines(keepends=True)
    if len(lines) <= _MOST_LINES:
        for at, line in enumerate(lines):
            for bad in _spoilt(line):
                yield b"".join([*lines[:at], bad, *lines[at + 1 :]])
    step = max(1, len(data) // min(_MOST_PLACES, 1 + _MOST_BYTES // max(len(data), 1)))
    for at in range(0, len(data), step):
        for byte in (b"?", b"7", b"\0", b"\xff"):
            yield data[:at] + byte + data[at + 1 :]
    for at in range(1, len(data), step):
        yield data[:at]


# ---- taken -----------------------------------------------------------------------------------


async def _related(
    sides: Sides, turned: Sequence[tuple[Knob, int]]
) -> tuple[frozenset[bytes], list[Doubt]]:
    """Inputs behind an edge answered as those before it let expect, and those that are not.

    Further on a relation may come to its end by itself, so only the next two speak against a
    patch, where what they have more is what those before had more.

    ``turned`` are knobs with the last value that shows no flaw.
    """
    agree: set[bytes] = set()
    against: list[Doubt] = []
    for knob, inside in turned[:_MOST_KNOBS]:
        next_ones = [knob.turned(inside + n) for n in (1, 2) if _even(knob, inside, n)]
        for stride in _STRIDES:
            told = await _along(sides, knob, inside, stride)
            for failing, wanted in told:
                if failing.after.stdout == wanted:
                    agree.add(failing.data)
                elif stride == 1 and failing.data in next_ones:
                    why = "One more is answered otherwise than those before it let expect"
                    shown = f"{why}: {_end_of(wanted, failing.after.stdout)}."
                    against.append(Doubt(shown, failing))
            if told:
                break
    return frozenset(agree), against[:4]


async def _along(sides: Sides, knob: Knob, inside: int, stride: int) -> list[tuple[Failing, bytes]]:
    """Inputs behind the edge that are taken, in steps to where the knob stands, and what each
    should be answered by those before the edge; empty where these have no relation."""
    last = inside - (inside - knob.now) % stride
    values = [v for v in range(last - 3 * stride, last + 1, stride) if v >= knob.least]
    if len(values) < _NEIGHBOURS - 1:
        return []
    near = await sides.left([knob.turned(value) for value in values])
    if len(near) < len(values) or not all(taken(seen) for seen in near):
        return []
    changes = len({seen.stdout for seen in near}) > 1  # or the knob has no part in the answer
    steps = (knob.now - last) // stride
    ahead = [n for n in dict.fromkeys((1, 2, steps)) if 0 < n <= steps]
    beyond = [knob.turned(last + n * stride) for n in ahead]
    old, new = await sides.left(beyond), await sides.right(beyond)
    found = []
    for n, data, one, other in zip(ahead, beyond, old, new, strict=False):
        wanted = expected([seen.stdout for seen in near], n) if changes else None
        if wanted is not None and sides.shows(one) and taken(other):
            found.append((Failing(data, one, other), wanted))
    return found


def _even(knob: Knob, inside: int, ahead: int) -> bool:
    """Whether a step behind the edge brings in the same bytes as the last before it, if any."""
    values = (inside - 1, inside, inside + ahead - 1, inside + ahead)
    one, two, three, four = (Counter(knob.turned(value)) for value in values)
    longer = four.total() != three.total()
    return not longer or (two - one == four - three and one - two == three - four)


def _end_of(told: bytes, said: bytes) -> str:
    """Where two answers part."""
    at = next((n for n, (a, b) in enumerate(zip(told, said, strict=False)) if a != b), 0)
    begin = max(at - 20, 0)
    return f"{said[begin : at + 40]!r} for {told[begin : at + 40]!r}"


async def _in_place(failing: Failing, sides: Sides) -> bool:
    """Whether it is answered as an input without the flaw is, but for a sign, a word or a field."""
    if failing.after.files:
        return False  # what is in files is not known, only that it is the same or not
    for way in (_by_sign, _by_word, _by_field):
        if await way(failing, sides):
            return True
    return False


async def _by_sign(failing: Failing, sides: Sides) -> bool:
    """Whether a sign is answered as a letter in its place is, but for how it is written."""
    data, before, answer = failing.data, failing.before, failing.after.stdout
    signs = [bytes([b]) for b in dict.fromkeys(data) if not chr(b).isalnum() and b > 32]
    for sign in signs[:_MOST_SIGNS]:
        letter = next((bytes([c]) for c in _LETTERS if c not in data), None)
        if letter is None:
            return False
        made = [data.replace(sign, letter)]
        made += [data[:at] + letter + data[at + 1 :] for at in _places(data, sign)]
        for plain in await sides.left(made):
            if not taken(plain) or letter not in plain.stdout or plain.files:
                continue
            if before.ended == "quiet" and before.stdout != plain.stdout.replace(letter, sign):
                continue  # the program itself told the sign otherwise: it is no mere content
            parts = plain.stdout.split(letter)
            size = (len(answer) - sum(map(len, parts))) // (len(parts) - 1)
            text = answer[len(parts[0]) : len(parts[0]) + max(size, 0)]
            if text and text.join(parts) == answer:
                return True
    return False


async def _by_word(failing: Failing, sides: Sides) -> bool:
    """Whether a long word is answered as a shorter one is, but for the word."""
    words = sorted({*_WORD.findall(failing.data)}, key=len)[-_MOST_WORDS:]
    pairs = [(w, w[:size]) for w in words for size in (len(w) // 2, len(w) // 4, 12) if size > 3]
    pairs = [(word, short) for word, short in pairs if len(short) < len(word)]
    seen = await sides.left([failing.data.replace(word, short) for word, short in pairs])
    for (word, short), plain in zip(pairs, seen, strict=False):
        told = plain.stdout.replace(short, word)
        if taken(plain) and short in plain.stdout and told == failing.after.stdout:
            return True
    return False


async def _by_field(failing: Failing, sides: Sides) -> bool:
    """Whether a field is answered as a run of one letter in its place is, and that is `related`."""
    letter = next((bytes([c]) for c in _LETTERS if c not in failing.data), b"")
    fields = sorted({*_FIELD.findall(failing.data)}, key=len)[-_MOST_FIELDS:]
    for field_ in fields if letter else ():
        run = letter * len(field_)
        flat = failing.data.replace(field_, run)
        begin = flat.find(run)
        (new,) = await sides.right([flat]) or [failing.before]
        if not taken(new) or new.stdout.replace(run, field_) != failing.after.stdout:
            continue
        knob = Knob(0, len(run), partial(_shorter, flat, run, begin))
        inside = await _inside(sides, knob)
        told = await _along(sides, knob, inside, 1) if inside is not None else []
        if told and all(one.after.stdout == wanted for one, wanted in told):
            return any(one.data == flat for one, _ in told)
    return False


def _shorter(data: bytes, run: bytes, at: int, length: int) -> bytes:
    return data[: at + length] + data[at + len(run) :]


async def _inside(sides: Sides, knob: Knob) -> int | None:
    """The last value without the flaw, the span cut at several places at once."""
    quiet, over = knob.least, knob.now
    while over - quiet > 1:
        step = max((over - quiet) // 9, 1)
        values = list(range(quiet + step, over, step))
        seen = await sides.left([knob.turned(value) for value in values])
        at = next((n for n, one in enumerate(seen) if sides.shows(one)), len(values))
        quiet, over = (values[at - 1] if at else quiet), (values[at] if at < len(values) else over)
        if len(seen) < len(values):
            return None
    return quiet


def _places(data: bytes, sign: bytes) -> list[int]:
    return [at for at in range(len(data)) if data[at : at + 1] == sign][:8]
