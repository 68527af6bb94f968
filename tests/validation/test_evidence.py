# SPDX-License-Identifier: Apache-2.0
"""What speaks for an answer where the program without the patch fails, on functions and diffs."""

from __future__ import annotations

import asyncio
import difflib
import subprocess
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.validation.endless import FLAGS
from proofhouse.validation.evidence import Found, Notes, Sides, manner, unproven
from proofhouse.validation.exploration import without
from proofhouse.validation.gate import telling
from proofhouse.validation.growth import Knob
from proofhouse.validation.patches import apply, parse
from proofhouse.validation.program import Seen
from proofhouse.validation.promises import doubts, ways
from proofhouse.validation.relation import expected
from proofhouse.validation.sources import Entry, Tree, make_tree
from validation.test_answers import CRASH, answered, runner

Program = Callable[[bytes], Seen]


def test_a_long_proof_is_made_less_in_few_ways() -> None:
    """However many parts a text has, less of it is tried a hundred times, not once for each."""
    made = without([b"x"] * 50_000)
    assert len(made) < 100
    assert {len(data) for data in made} >= {25_000, 37_500}
    assert without([b"a", b"b"]) == [b"b", b"a"]
    assert without([b"a"]) == []


def refused(line: str, said: bytes = b"", status: int = 1) -> Seen:
    return Seen("quiet", "", (), status, said, (line,))


@pytest.mark.parametrize(
    ("answers", "ahead", "told"),
    [
        ((b"aaa 3\n", b"aaaa 4\n", b"aaaaa 5\n"), 1, b"aaaaaa 6\n"),
        ((b"a  b\n--\n", b"a   b\n---\n", b"a    b\n----\n"), 3, b"a       b\n-------\n"),
        ((b">BC\n", b">BCBC\n", b">BCBCBC\n"), 2, b">BCBCBCBCBC\n"),
        (
            tuple(b"".join(b"x %d\n" % i for i in range(n)) + b"end %d\n" % n for n in (3, 4, 5)),
            2,
            b"".join(b"x %d\n" % i for i in range(7)) + b"end 7\n",
        ),
        ((b"18000", b"9000", b"6000"), 1, None),
        ((b"a 1\n", b"aa 2\n", b"aaa 3\n"), 1 << 40, None),
        ((b"ab\n", b"abab\n", b"ababab\n"), 1 << 40, None),
        ((b"x 1\n", b"x 1\nx 2\n", b"x 1\nx 2\nx 3\n"), 1 << 40, None),
        ((b"a", b"b", b"c"), 1, None),
        ((b"a", b"aa"), 1, None),
    ],
)
def test_an_answer_that_goes_on_as_those_before_is_known(
    answers: tuple[bytes, ...], ahead: int, told: bytes | None
) -> None:
    """Runs, numbers, pieces and lines that come in evenly are continued, and nothing else."""
    assert expected(answers, ahead) == told


@given(st.lists(st.binary(max_size=40), min_size=3, max_size=4), st.integers(1, 9))
def test_whatever_is_answered_has_a_relation_or_none(answers: list[bytes], ahead: int) -> None:
    """Any answers are read; those that are all the same go on to be the same."""
    expected(answers, ahead)
    assert expected(answers[:1] * 3, ahead) == answers[0]


def original(data: bytes) -> Seen:
    """Prints its one line with its length; from nine letters on it fails, "!" is refused."""
    text = data.strip()
    if b"!" in text or b"?" in text:
        return refused(f"line 1: no {text.decode('latin-1')!r}")
    return CRASH if len(text) > 8 else answered(b"%s %d\n" % (text, len(text)))


def found(patched: Program, proof: bytes, *knobs: tuple[Knob, int], said: bytes = b"") -> Found:
    notes = Notes((proof,))
    for data in (b"a", b"!", b"abcd"):
        notes.take(data, original(data), patched(data), shows=False)
    notes.take(proof, original(proof), patched(proof), shows=True)
    sides = Sides(runner(original), runner(patched), lambda seen: seen.ended == "crashed")

    async def meant(data: bytes) -> list[Seen]:
        return [answered(said)] if said else []

    return asyncio.run(unproven(notes, sides, knobs, meant))


def unless(failed: Program) -> Program:
    """The program, and what a patch makes of inputs with the flaw."""
    return lambda data: failed(data) if original(data) == CRASH else original(data)


LONG = b"abcdefghijkl"
RUN = b"x" * 12
KNOB = (Knob(0, 12, partial(lambda n: RUN[:n])), 8)


def test_a_refusal_is_borne_out_by_how_the_program_refuses() -> None:
    """The same status and begin of the message, and what a near refused input leaves behind."""
    own = unless(lambda data: refused("line 1: too long"))
    assert found(own, LONG) == Found({"refused": 1}, ())
    for strange in (
        refused("fatal error"),
        refused("line 1: too long", status=3),
        refused("line 1: too long", b"half of it\n"),
    ):
        doubt = found(unless(lambda data, seen=strange: seen), LONG).doubts  # type: ignore[misc]
        assert [d.why.partition(",")[0] for d in doubt] in (
            ["It is refused as the program refuses nothing else (1"],
            ["It is refused as the program refuses nothing else (3"],
            ["It is refused"],
        )


def test_an_answer_is_borne_out_by_what_the_program_means_or_by_its_neighbours() -> None:
    """Run past its flaw, one more than before, or another word in the place: each is a reason."""
    right = unless(lambda data: answered(b"%s %d\n" % (data, len(data))))
    assert found(right, RUN, KNOB) == Found({"related": 1}, ())
    assert found(right, LONG, said=LONG + b" 12\n") == Found({"meant": 1}, ())
    echo = unless(lambda data: answered(data + b" 8\n"))
    assert found(echo, b"abcdabcd12").doubts
    cut = unless(lambda data: answered(data[:8] + b" 8\n"))
    told = found(cut, RUN, KNOB).doubts[0].why
    assert told.startswith("One more is answered otherwise than those before it let expect")
    assert [d.why for d in found(cut, LONG).doubts] == [
        "It is taken, and nothing bears out what it is answered."
    ]


def test_a_sign_is_answered_as_a_letter_in_its_place() -> None:
    """Escaped wherever it is told, it is data; dropped with what follows, it is not."""

    def page(data: bytes) -> Seen:
        return CRASH if b'"' in data else answered(b"<a href='" + data + b"'>\n")

    sides = Sides(runner(page), runner(page), lambda seen: seen.ended == "crashed")

    async def meant(data: bytes) -> list[Seen]:
        return []

    def judged(answer: bytes) -> Found:
        notes = Notes((b'to"b',))
        notes.take(b'to"b', CRASH, answered(answer), shows=True)
        return asyncio.run(unproven(notes, sides, (), meant))

    assert judged(b"<a href='to&quot;b'>\n").proven == {"same place": 1}
    assert judged(b"<a href='to'>\n").doubts
    assert judged(b"to&quot;b\n").doubts


def test_a_refusal_in_words_is_one_of_the_programs_own() -> None:
    """What is said to a line that nobody understands may be said to the flaw, too."""

    def serve(data: bytes) -> Seen:
        lines = data.splitlines()
        if b".." in data:
            return CRASH
        return answered(b"".join(b"200\n" if x[:4] == b"GET " else b"400\n" for x in lines))

    def judged(answer: bytes) -> Found:
        notes = Notes((b"GET a\nGET ..",))
        notes.take(b"GET a\nGET ..", CRASH, answered(answer), shows=True)
        sides = Sides(runner(serve), runner(serve), lambda seen: seen.ended == "crashed")

        async def meant(data: bytes) -> list[Seen]:
            return []

        return asyncio.run(unproven(notes, sides, (), meant))

    assert judged(b"200\n400\n").proven == {"refused": 1}
    assert judged(b"200\n").doubts
    assert judged(b"200\n404\n").doubts


def test_how_a_program_refuses_is_learntwithout_numbers_and_names() -> None:
    """A begin that is the program's own is asked for; where it has none, its own status only."""

    def own(known: list[Seen], after: Seen) -> bool:
        notes = Notes((), "./calc {proof}")
        for seen in known:
            notes.take(b"", seen, seen, shows=False)
        return notes.own(after)

    numbered = [refused("line 7: no 'abc'"), answered(b"")]
    assert manner(numbered[0]) == (1, "line 0")
    assert own(numbered, refused("line 12: too long"))
    assert not own(numbered, refused("line 12: too long", status=2))
    assert not own(numbered, refused("start: two points in a second"))
    assert own([refused("unknown: word")], refused("no such row"))
    named = [refused("calc: bad name"), refused("calc: too long")]
    assert not own(named, refused("overflow"))
    assert own(named, refused("calc: too many values"))


def test_files_that_a_run_leaves_are_told() -> None:
    """A page that the command writes is an answer, too; one that begins with variables is left."""
    seen = Seen("quiet", files=("f /work/src/page ", "0" * 64 + "  /work/src/page"))
    assert telling("./x {proof} >page", seen) == (
        "( ./x {proof} >page ); status=$?; cat /work/src/page 2>/dev/null; exit $status"
    )
    assert telling("A=1 ./x {proof} >page", seen) == telling("./x", Seen("quiet")) == ""


# ---- the diff ----------------------------------------------------------------------------------

_OLD = """/* points
 * A point has a second; two may have the same.
 * Names have up to NAME letters.
 */
#define NAME 32

static long speed(long metres, long seconds)
{
  long rate = metres * 3600 / seconds;
  return rate;
}

static long mean(struct lap *lap)
{
  return lap->metres * 3600 / lap->seconds;
}

static int read_one(struct lap *lap)
{
  return speed(lap->metres, 1);
}

static int read_two(struct lap *lap)
{
  return speed(lap->metres, 2);
}
"""


def diff(*changes: tuple[str, str]) -> tuple[Tree, bytes]:
    new = _OLD
    for old, other in changes:
        assert new.count(old) == 1
        new = new.replace(old, other)
    lines = difflib.unified_diff(_OLD.splitlines(True), new.splitlines(True), "a/p.c", "b/p.c")
    return make_tree([("p.c", Entry(_OLD.encode()))]), "".join(lines).encode()


_RATE = "  long rate = metres * 3600 / seconds;\n"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ((("#define NAME 32", "#define NAME 31"),), ["lowers NAME from 32 to 31"]),
        ((("#define NAME 32", "#define NAME 64"),), []),
        (
            (("#define NAME 32\n", "#define NAME 32\n#define MOST 9\n"),),
            ["brings in a number of its own, MOST 9"],
        ),
        (
            ((_RATE, "  if (metres > 999)\n    return 0;\n" + _RATE),),
            ["compares with a number of its own, 999"],
        ),
        (((" two may have the same.", " no two have the same."),), ["writes a promise anew"]),
        (
            ((_RATE, "  long rate = seconds ? metres * 3600 / seconds : 0;\n"),),
            ["changes this line, which is in mean still"],
        ),
        ((("return rate;", "return rate > 0 ? rate : 0;"),), []),
        # moved, not changed: it stands in the same words in what the patch writes
        (((_RATE, "  long rate = 0;\n  if (seconds)\n" + _RATE),), []),
    ],
)
def test_what_only_a_maintainer_can_settle_is_read_in_the_diff(
    changes: tuple[tuple[str, str], ...], why: list[str]
) -> None:
    """Limits, promises, and a statement that is mended in one place of two."""
    tree, text = diff(*changes)
    patch = parse(text)
    assert [hint.why for hint in doubts(patch, tree, apply(patch, tree))] == why


@pytest.mark.parametrize(
    ("mended", "other", "told"),
    [
        ('add(to, "%s", text);', 'add(to, "%c", *text);', False),
        ("add(to, 1);", 'add(to, "a, (b)", 1);', False),
        ("add(to, 1);", "add(to, text + 1);", True),
        ("add(to, 1);", 'add(to, get("%s"));', True),
        ("add(to, 1);", 'add(to, 1, "%s");', True),  # in another place than what was mended
        ("if (text)\n    add(to, text);", 'add(to, "%c", *text);', True),  # no other call
    ],
)
def test_a_caller_left_alone_that_gives_a_text_of_the_source_is_no_way(
    mended: str, other: str, told: bool
) -> None:
    """Where the calls that the patch takes out give what came in."""
    old = "void one(void)\n{\n  add(to, text);\n}\n\nvoid two(void)\n{\n  " + other + "\n}\n"
    new = old.replace("add(to, text);", mended, 1)
    lines = difflib.unified_diff(old.splitlines(True), new.splitlines(True), "a/p.c", "b/p.c")
    tree, patch = make_tree([("p.c", Entry(old.encode()))]), parse("".join(lines).encode())
    found = ways(patch, tree, apply(patch, tree), frozenset({"add"}), frozenset())
    assert [hint.line for hint in found] == ([other] if told else [])


def test_a_caller_left_alone_is_named_unless_the_flaw_came_by_it() -> None:
    """Where a patch mends who calls the function with the flaw, others call it still."""
    tree, text = diff(("speed(lap->metres, 1)", "lap->metres ? speed(lap->metres, 1) : 0"))
    patch = parse(text)
    after = apply(patch, tree)
    told = ways(patch, tree, after, frozenset({"speed"}), frozenset())
    assert [hint.why for hint in told] == ["leaves read_two alone, by which speed is called, too"]
    assert ways(patch, tree, after, frozenset({"speed"}), frozenset({"read_two"})) == ()
    tree, text = diff((_RATE, "  long rate = seconds ? 1 : 0;\n"))
    patch = parse(text)
    assert ways(patch, tree, apply(patch, tree), frozenset({"speed"}), frozenset()) == ()


_MEMORY = rb"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
  char *first = malloc(4), *second = malloc(4), *old = first;
  strcpy(first, "longer than four");
  strcpy(second, "two");
  first = realloc(first, 40);
  strcpy(old + 6, " and kept");
  free(first);
  free(first);
  free(second);
  printf("%s|%s|%d\n", first, second, malloc(9) == (void *)second);
  return 0;
}
"""


def test_memorywithout_an_end_bears_what_goes_wrong(tmp_path: Path) -> None:
    """Written behind a block, by an old address, freed and freed again: what was meant is there."""
    shim = resources.files("proofhouse.validation").joinpath("infinite.c").read_bytes()
    (tmp_path / "shim.c").write_bytes(shim)
    (tmp_path / "x.c").write_bytes(_MEMORY)
    build = ["cc", "-w", "-O1", *FLAGS.split(), "-o", "x", "x.c", "shim.c"]
    subprocess.run(build, cwd=tmp_path, check=True)
    for fill in "01":
        done = subprocess.run([tmp_path / "x"], env={"PROOFHOUSE_FILL": fill}, capture_output=True)
        assert done.stdout == b"longer and kept|two|0\n"
