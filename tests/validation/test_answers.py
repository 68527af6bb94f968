# SPDX-License-Identifier: Apache-2.0
"""Whether an input that is let through is answered in full, on programs that are functions."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from proofhouse.validation.answers import Run, cut_at, ended, nearly, swallowed, unsaid
from proofhouse.validation.batch import Ran, order, told
from proofhouse.validation.growth import (
    escaped,
    grafted,
    literals_of,
    seeds,
    sisters,
    traded,
    transplanted,
)
from proofhouse.validation.program import Seen
from proofhouse.validation.sources import Entry, make_tree

CRASH = Seen("crashed", "heap-buffer-overflow", ("add",), vouched="sanitizer")


def crashed(said: bytes) -> Seen:
    return Seen("crashed", "heap-buffer-overflow", ("add",), 77, said, (), "sanitizer")


def answered(said: bytes, status: int = 0) -> Seen:
    return Seen("quiet", "", (), status, said)


def runner(program: Callable[[bytes], Seen]) -> Run:
    async def run(inputs: Sequence[bytes]) -> list[Seen]:
        return [program(data) for data in inputs]

    return run


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (crashed(b"move a.1.gz\n"), answered(b"move a.1\n"), "move a.1.gz"),
        (crashed(b"ok\nmove a.1.gz\n"), answered(b"ok\n"), "move a.1.gz"),
        (crashed(b"ok\nhalf a li"), answered(b"ok\nand all the rest\n"), ""),
        # told otherwise, or refused: the user knows
        (crashed(b"ok\n"), answered(b"error: too long\n"), ""),
        (crashed(b"ok\n"), answered(b"", 2), ""),
        (answered(b"ok\n"), answered(b""), ""),
    ],
)
def test_what_was_said_before_the_flaw_struck_is_still_to_be_said(
    before: Seen, after: Seen, line: str
) -> None:
    """Up to the first bad access the program is right."""
    assert unsaid(before, after) == line


def sound(data: bytes) -> Seen:
    """Prints every line; one longer than eight goes over the edge."""
    if any(len(line) > 8 for line in data.splitlines()):
        return CRASH
    return answered(data)


@pytest.mark.parametrize(
    ("patched", "found"),
    [
        (lambda data: answered(b"".join(x for x in data.splitlines(True) if len(x) < 9)), True),
        (lambda data: answered(data), False),
        (lambda data: answered(b"", 2) if sound(data) is CRASH else answered(data), False),
        (lambda data: answered(b"".join(x[:8] for x in data.splitlines(True))), False),
    ],
    ids=["drops", "answers", "refuses", "cuts"],
)
def test_a_line_that_is_dropped_without_a_word_is_found(
    patched: Callable[[bytes], Seen], found: bool
) -> None:
    """The answer is that to the input without the line; to cut it is to answer."""
    data = b"one\nfar too long a line\ntwo\n"
    shorter = asyncio.run(swallowed(data, runner(sound), runner(patched)))
    assert shorter == (b"one\ntwo\n" if found else None)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (b"5 a-name\n1 member\n", False),
        (b"5 a-nam\n1 member\n", True),
        (b"5 a-names\n1 member\n", True),
        (b"5 a-na\n1 member\n", False),
        (b"5 a-name.\n1 member\n", False),
        (b"5 a-nam\n", False),
        (b"no name\n1 member\n", False),
    ],
)
def test_an_answer_with_a_letter_more_or_less_is_found(after: bytes, found: bool) -> None:
    """Held against what the program says that reads too far and goes on; only one letter counts."""
    on = Seen("crashed", "heap-buffer-overflow", ("f",), 0, b"5 a-name\n1 member\n", reads=True)
    assert bool(nearly(on, answered(after))) is found
    assert not nearly(replace(on, reads=False), answered(after))
    assert not nearly(on, answered(after, 2))


def kept(data: bytes) -> Seen:
    """Eight letters of a line's text are said: its room, with none left for what ends it."""
    lines = data.replace(b"\n ", b"").splitlines()
    fields = [line.partition(b": ")[2][:8] for line in lines if b"from: " in line]
    return answered(b"1 " + b"".join(fields) + b" (0)\n")


def rest_too(data: bytes) -> Seen:
    """The same, and how long the input is."""
    return answered(kept(data).stdout.replace(b"(0)", b"(%d)" % len(data)))


def both(data: bytes) -> Seen:
    """The same, and a line for who it is to."""
    to = data.partition(b"to: ")[2][:8].strip()
    return answered(kept(data).stdout + b"to %s\n" % to)


def as_long_as_told(data: bytes) -> Seen:
    """A record with a field of eight letters; what does not fit that is damaged."""
    return answered(b"1 " + data[7:15] + b" (0)\n") if data[15:] == b"end\n" else answered(b"", 1)


@pytest.mark.parametrize(
    ("program", "data", "said", "cut"),
    [
        (kept, b"from: abcdefgh\n", b"1 abcdefg (0)\n", True),
        (kept, b"from: aaaaaaaaaaaaaaaaaaaa\n", b"1 aaaaaaa (0)\n", True),
        (kept, b"to: abcdefgh\nfrom: abcdefghij\n", b"1 abcdefg (0)\n", True),  # unheard in to
        (rest_too, b"from: abcdefgh.jkl\n", b"1 abcdefg (19)\n", True),  # cut, and counted
        (kept, b"from: abcdef\n ghij\n", b"1 abcdefg (0)\n", True),  # joined of two lines
        (both, b"from: abcdefgh\nto: ABCDEFGH\n", b"1 abcdefg (0)\nto ABCDEFG\n", True),
        (both, b"from: abcdefgh\nto: ABCD\n", b"1 abcdefg (0)\nto ABC\n", False),
        (kept, b"from: abcdefgh\n", b"1 abcdefghi (0)\n", False),  # a letter more
        (kept, b"from: abcd\n", b"1 abc (0)\n", False),  # there is room for more
        (as_long_as_told, b"record abcdefghend\n", b"1 abcdefg (0)\n", False),
    ],
)
def test_a_letter_less_may_be_where_the_program_cuts(
    program: Callable[[bytes], Seen], data: bytes, said: bytes, cut: bool
) -> None:
    """It is, if the program that goes on says no more of a longer text."""
    found = cut_at(data, program(data), answered(said), runner(program))
    assert asyncio.run(found) is cut


def chained(data: bytes) -> Seen:
    """A name is letters and a zero; a byte of 200 and more goes back to its beginning for ever."""
    name, end, rest = data.partition(b"\0")
    if any(byte >= 200 for byte in data):
        return Seen("crashed", "stack-overflow", ("name",), vouched="sanitizer")
    return answered(b"name %s, then %s\n" % (name, rest)) if end else answered(b"", 2)


def test_a_reference_to_itself_is_not_answered_as_an_end() -> None:
    """Refused, or told of, it is answered; as a name that ends there it is not."""
    data = b"ab\xc8\xc8tail\0"

    def cuts(data: bytes) -> Seen:
        seen = chained(data)
        return chained(data.replace(b"\xc8\xc8", b"\0")) if seen.ended == "crashed" else seen

    def refuses(data: bytes) -> Seen:
        return answered(b"", 2) if chained(data).ended == "crashed" else chained(data)

    def tells(data: bytes) -> Seen:
        return answered(b"a loop\n") if chained(data).ended == "crashed" else chained(data)

    assert asyncio.run(ended(data, runner(chained), runner(cuts))) == b"ab\0tail\0"
    for patched in (refuses, tells):
        assert asyncio.run(ended(data, runner(chained), runner(patched))) is None


def test_many_runs_go_in_and_come_out() -> None:
    """What is cut off, or is no run at all, ends the list."""
    assert order([b"ab", b""], 0.5, 2).hex() == "02000000f4010000d007000002000000616200000000"
    one = struct.pack("<i7I", 256, 0, 1, 1, 1, 2, 1, 77) + bytes.fromhex("05000200")
    one += (7).to_bytes(8, "little") + (9).to_bytes(8, "little")
    one += struct.pack("<2B64s64s", 3, 2, b"yes", b"no")
    ran = Ran(1, False, False, ((5, 2),), ((7, 9),), ((b"yes", b"no"),), 77, b"hi", b"!")
    assert told(one + b"hi!", 4) == [ran]
    assert told((one + b"hi!") * 2, 1) == [ran]
    for end in range(len(one) + 3):
        assert told((one + b"hi!")[:end], 4) == []
    assert told(b"\xff" * 4096, 4) == []


def test_inputs_are_made_of_what_is_known() -> None:
    """Each way of making inputs, by one input that it must make."""
    assert b"LIST /a/%2e%2e/" in list(sisters(b"GET /a/%2e%2e/secret", [b"GET", b"LIST", b"nope"]))
    assert b"when open('x').y > 1" in list(grafted(b"when a > 1", b"show open('x').y"))
    assert b"name=%s%s\n---\n%s%s" in list(transplanted(b"name=Ada\n---\n%s%s"))
    assert b"GET /%69ndex" in list(escaped(b"GET /index", [b"GET /%2e"]))
    assert list(escaped(b"GET /index", [b"GET /.."])) == []
    assert b"8 2" in list(traded(b"4 4"))
    wide = b"\x00\x00\x01\x00" + b"\x10" + b"\x01"
    assert b"\x00\x00\x01\x00" + b"\x04" + b"\x04" in list(traded(wide))
    assert literals_of([b"if (n > 4096 || c == '/' || strcmp(s, \"none\") == 0)"]) == (
        [b"/", b"/\n", b"none", b"none\n"],
        [4096, 0],
    )


def test_literals_are_read_as_the_language_has_them() -> None:
    """An apostrophe in a docstring or a comment begins nothing."""
    python = b'"""The folder\'s pages."""\nverb == "LIST"\n'
    plain = b'/* the table\'s end */\nx = "LIST";\n'
    for path, text in (("tests/a.py", python), ("tests/a.c", plain)):
        assert b"LIST" in seeds(make_tree([(path, Entry(text))]))
