# SPDX-License-Identifier: Apache-2.0
"""Inputs put together, wrapped, led and nested; and what a program that goes on says of a patch."""

from __future__ import annotations

import asyncio
import itertools
import random
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.validation.answers import cut_short, unsigned
from proofhouse.validation.commands import others
from proofhouse.validation.exploration import went_apart
from proofhouse.validation.gate import crossed
from proofhouse.validation.growth import knobs, recoined, rests
from proofhouse.validation.instrument import Reached
from proofhouse.validation.layouts import laid_out, nested
from proofhouse.validation.limits import climbs, record_climbs, steps
from proofhouse.validation.places import led, wrapping
from proofhouse.validation.pool import Pool
from proofhouse.validation.program import Seen, faults
from proofhouse.validation.sequel import EXACT, UNREAD, VALUES, differs, masked, tells
from proofhouse.validation.sequences import Layout, Records, layout_of, sequences
from validation.test_answers import CRASH, answered, runner


def frame(kind: int, text: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(text)) + text


FRAMES = (
    b"FR" + frame(1, b"hello") + frame(2, b""),
    b"FR" + frame(1, b"a longer one") + frame(1, b"x") + frame(3, b"end"),
    b"FR" + frame(2, b""),
)


def test_a_history_that_broke_is_met_by_commands_in_another_order() -> None:
    """`undo` before `again` is in no sample; commands drawn by name have it soon."""
    samples = [b"ins a\nins b\nagain\nshow\n", b"ins %d\n" * 9 % tuple(range(9)) + b"undo\nshow\n"]
    maker = sequences(samples, random.Random(1))
    assert maker is not None
    made = [maker.sequence(samples[at % 2]) for at in range(600)]
    orders = [[line.split()[0] for line in data.splitlines() if line.split()] for data in made]
    assert any((b"undo", b"again") in itertools.pairwise(names) for names in orders)
    assert all(len(names) <= 80 for names in orders)


def test_a_line_that_is_a_sequence_is_one() -> None:
    """Words of an expression are put elsewhere, doubled, left out, and known ones put in."""
    maker = sequences([b"push 1 dup add\n", b"push 2 swap\n"], random.Random(2))
    assert maker is not None
    made = {maker.reworded(b"push 1 dup add\n").strip() for _ in range(400)}
    assert {b"push 1 dup", b"push 1 dup dup add", b"push 1 dup swap add"} <= made


def test_a_layout_is_learnt_and_kept_to() -> None:
    """Head, width and place of a length are found; what is put together comes out even, too."""
    layout = layout_of(FRAMES)
    assert layout == Layout(2, 4, 2, ">H", 0)
    maker = Records(layout, FRAMES, random.Random(3))
    made = [maker.sequence(FRAMES[at % 3]) for at in range(200)]
    assert sum(layout.split(data) is not None for data in made) > 150
    assert len({len(layout.split(data) or ()) for data in made}) > 3
    assert layout_of([b"\1\2\3\4\5\6\7\x08", b"\x09" * 12]) is None


@given(st.lists(st.binary(max_size=24), max_size=4), st.integers(0, 1000))
@settings(max_examples=12, deadline=None)
def test_any_samples_give_sequences_that_repeat_themselves(samples: list[bytes], seed: int) -> None:
    """No bytes break it, and the same seed gives the same."""

    def made() -> list[bytes]:
        maker = sequences(samples, random.Random(seed))
        return [maker.sequence(data) for data in samples] if maker is not None else []

    assert made() == made()


def test_products_and_sums_wrap() -> None:
    """Each number is allowed by itself, and what 32 bits keep of the product is small."""
    products = [
        int(rows) * int(cols)
        for _, rows, cols in (data.split() for data in wrapping(b"new 60000 60000"))
    ]
    assert any(product >= 1 << 32 and product % (1 << 32) < 100_000 for product in products)
    picture = b"IM" + struct.pack("<II", 300, 200) + b"\xff"
    sides = [struct.unpack_from("<II", data, 2) for data in wrapping(picture)]
    assert any(w * h >= 1 << 32 and w * h % (1 << 32) < 100_000 for w, h in sides)


def test_a_neighbour_with_a_like_name_is_tried() -> None:
    """A path that leads beside the folder, into one that begins as it does."""
    made = set(led(b"file ../evil 4\n", [b"out"]))
    assert {b"file ../out-evil 4\n", b"file a/../../evil 4\n", b"file ..//evil 4\n"} <= made
    assert not list(led(b"file evil 4\n", [b"out"]))
    assert rests((b"/t/x/evil", b"/t/x/out")) == (b"evil", b"out")
    assert rests((b"ab", b"ac")) is None


def test_texts_are_laid_out_otherwise_and_nested() -> None:
    """Blocks, brackets and tags within their like; parts of a line empty, doubled, exchanged."""
    made = set(nested(b"BEGIN:A\nx(1)\nEND:A\n<b>t</b>\n"))
    assert b"BEGIN:A\nBEGIN:A\nx(1)\nEND:A\nEND:A\n<b>t</b>\n" in made
    assert b"BEGIN:A\nx((1))\nEND:A\n<b>t</b>\n" in made
    assert b"BEGIN:A\nx(1)\nEND:A\n<b><b>t</b></b>\n" in made
    out = set(laid_out(b"a=1;b=2\n"))
    assert {b"a=1;b=2", b"b=2;a=1\n", b"a=1;\n", b"a=1;b=2;b=2\n", b"a=1\n"} <= out


def test_what_few_reach_is_drawn_more_often() -> None:
    """One of many is rare: it is drawn far more often than each of the others."""
    pool = Pool[int](random.Random(1))
    for item in range(100):
        pool.add(item, frozenset({("edge", item)}), near=item == 7)
        pool.seen([("edge", item)] * (1 if item == 3 else 50))
    drawn = [pool.draw() for _ in range(2000)]
    assert drawn.count(3) > 3 * drawn.count(50)
    assert drawn.count(7) > 200


def test_sides_that_went_apart_are_known_without_comparing_places() -> None:
    """Edges have other numbers on each side; how often each was taken tells."""
    left = Reached(frozenset({(1, 1), (2, 3)}))
    assert not went_apart(left, Reached(frozenset({(8, 1), (9, 3)})))
    assert went_apart(left, Reached(frozenset({(8, 1), (9, 3), (10, 1)}))) == {(2, 1, 1)}


def test_what_one_command_is_given_the_others_are_given() -> None:
    """An input of the corpus goes to each command that the tests use, and theirs to the gate's."""
    made = crossed([b"tree"], [b"two", b"\n"], ["./x list {proof}"])
    assert [(item.data, item.run, item.origin) for item in made] == [
        (b"tree", "./x list {proof}", "found"),
        (b"two", "", "found"),
    ]


def test_every_report_of_a_run_is_named() -> None:
    """A run that goes on has several; whether each read or wrote decides what it tells."""
    text = (
        b"==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1 at pc 0x2\n"
        b"WRITE of size 1 at 0x1 thread T0\n"
        b"f.c:3:1: runtime error: load of value 2, which is not a valid value for type '_Bool'\n"
        b"==7==ERROR: AddressSanitizer: attempting double-free on 0x1 in thread T0:\n"
        b"==7==ERROR: AddressSanitizer: strcpy-param-overlap: memory ranges [0x1,0x2) and [\n"
    )
    assert faults(text) == {
        *("heap-buffer-overflow write", "invalid-value read", "double-free"),
        "strcpy-param-overlap",
    }
    assert faults(b"\xff\n") == frozenset()


def went_on(said: bytes, *kinds: str) -> Seen:
    return Seen("crashed", kinds[0].split()[0], ("f",), 0, said, faults=frozenset(kinds))


def test_only_what_did_no_harm_tells() -> None:
    """A byte that was read from where there is nothing may be any byte."""
    assert tells(went_on(b"", "memcpy-param-overlap")) is EXACT
    assert tells(went_on(b"", "heap-buffer-overflow write")) is UNREAD
    assert tells(went_on(b"", "invalid-value read")) is VALUES
    for kinds in (
        ("strcpy-param-overlap",),
        ("heap-buffer-overflow read",),
        ("heap-use-after-free read", "double-free"),
    ):
        assert not tells(went_on(b"", *kinds))
    assert not tells(answered(b""))


def cells(data: bytes) -> Seen:
    """Prints the four cells of a picture; more is written behind it."""
    return CRASH if len(data) > 4 else answered(data) if len(data) == 4 else answered(b"", 2)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (b"efcd", True),  # what is too much is written over the beginning
        (b"abcd", False),
        (b"cdef", False),  # as if the first two had not been there: somebody may want that
        (b"abcd\ntoo many cells\n", False),
    ],
)
def test_what_is_too_much_does_not_change_what_was_there(said: bytes, wrong: bool) -> None:
    """A picture with six cells for four is refused, cut or told of; it is not another picture."""
    on = went_on(b"abcd", "heap-buffer-overflow write")
    known = masked(b"abcd\n")
    found = asyncio.run(differs(b"abcdef", on, answered(said), known, runner(cells)))
    assert found is wrong


def test_a_value_that_its_type_has_not_is_not_taken_for_clear() -> None:
    """2 for yes or no is yes to a program that goes on, or refused."""

    def flagged(data: bytes) -> Seen:
        return CRASH if data[1] > 1 else answered(b"open ack" if data[1] else b"open")

    on = went_on(b"open ack", "invalid-value read")
    for after, wrong in ((b"open", True), (b"open ack", False), (b"what?", False)):
        said = differs(b"\1\2", on, answered(after), frozenset(), runner(flagged))
        assert asyncio.run(said) is wrong


def test_an_overlapping_copy_is_answered_as_if_it_were_moved() -> None:
    """Nothing else is right, whatever parts of the input say."""
    on = went_on(b"b=2\n", "memcpy-param-overlap")
    for after, wrong in ((b"b=2\n", False), (b"a=1", True)):
        said = differs(b"del a\n", on, answered(after), frozenset(), runner(cells))
        assert asyncio.run(said) is wrong


def priced(free: bool) -> Callable[[bytes], Seen]:
    """Sums a bundle's parts; one inside itself never ends, or costs nothing."""

    def program(data: bytes) -> Seen:
        name, *parts = data.split()
        if name in parts and not free:
            return Seen("crashed", "RecursionError", ("price",), vouched="hook")
        return answered(b"%d\n" % sum(len(part) for part in parts if part != name))

    return program


def test_a_bundle_inside_itself_is_not_for_free() -> None:
    """The answer is that to the text without the word by which it has no end."""
    data = b"self nut self bolt\n"
    found = asyncio.run(cut_short(data, runner(priced(False)), runner(priced(True))))
    assert found == b"self nut bolt\n"

    def refuses(data: bytes) -> Seen:
        seen = priced(False)(data)
        return answered(b"", 2) if seen.ended == "crashed" else seen

    assert asyncio.run(cut_short(data, runner(priced(False)), runner(refuses))) is None


def test_each_limit_of_a_text_can_be_turned_up() -> None:
    """Lengths, numbers, lines and parts of a line, from what they are to far beyond."""
    sample = b"put ab 7\nlist x,y\n"
    turned = {knob.turned(40) for knob in climbs(sample) if steps(knob)[-1] >= 40}
    assert b"put ab 40\nlist x,y\n" in turned
    assert b"put " + b"ab" * 20 + b" 7\nlist x,y\n" in turned
    assert b"put ab 7\nlist x" + b",y" * 39 + b"\n" in turned
    assert b"put ab 7\n" * 40 + b"list x,y\n" in turned
    for knob in climbs(sample):
        values = steps(knob)
        assert values == sorted(set(values))
        assert (values[0], values[-1]) == (max(knob.least, 1), knob.now)
    assert all(knob.now <= 16 for knob in climbs(sample, 16))
    layout = Layout(2, 4, 2, ">H", 0)
    longer = [knob.turned(300) for knob in record_climbs(layout, FRAMES[0])]
    assert all(layout.split(data) is not None for data in longer)
    assert b"FR" + frame(1, b"hello" * 60) + frame(2, b"") in longer


def test_what_is_below_nought_is_not_taken_for_what_is_above() -> None:
    """The answer is that to the amount without its sign; to refuse it, or to leave it, is not."""

    def moved(data: bytes) -> Seen:
        amount = int(data.split()[1])
        return answered(b"moved %d\n" % amount) if amount >= 0 else answered(b"", 99)

    def drops(data: bytes) -> Seen:
        return moved(data.replace(b"-", b""))

    assert asyncio.run(unsigned(b"move -5\n", runner(moved), runner(drops))) == b"move 5\n"
    assert asyncio.run(unsigned(b"move -5\n", runner(moved), runner(moved))) is None


def test_other_uses_of_a_program_are_read_in_its_usage() -> None:
    """An option more, another of its words; none of a shell line."""
    told = [b"usage: rle [-v] show|count FILE\n"]
    assert others("./rle show {proof}", told) == ("./rle count {proof}", "./rle -v show {proof}")
    assert others("cat {proof} | ./rle", told) == ()


def test_lists_and_nests_of_a_proof_are_turned_down() -> None:
    """What closes them stays: so the last one that is taken is met."""
    turned = {knob.turned(3) for knob in knobs(b"max(1, 2, 3, 4, 5)\n")}
    assert b"max(1, 2, 5)\n" in turned
    turned = {knob.turned(2) for knob in knobs(b"1+(1+(1+(1+(1+(1)))))\n")}
    assert b"1+(1+(1))\n" in turned
    sample = b"x = 2\n"
    assert b"x = 2\nmax(x, x)\n" in set(recoined(b"max(1, 3)\n", [sample]))
