# SPDX-License-Identifier: Apache-2.0
"""Proof × patch: what is one flaw, on a toy project whose flaws and fixes are known."""

from __future__ import annotations

import asyncio
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofhouse.cli.duplicates import command
from proofhouse.errors import InputError
from proofhouse.validation.duplicates.cases import MOST_CASES, Case, read_cases
from proofhouse.validation.duplicates.groups import ALARM
from proofhouse.validation.duplicates.judge import Judgement, decide, judge_cases
from proofhouse.validation.duplicates.matrix import Bounds, Cell, Matrix, Shown
from proofhouse.validation.patches import parse
from proofhouse.validation.program import Seen
from proofhouse.validation.reproduce import Report
from proofhouse.validation.sources import make_tree

# `name` overflows the heap; `shelf` has two flaws in one function: a read before, a write beyond.
SHOP = r"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stock[8];

static __attribute__((noinline)) void name(const char *text)
{
    char *copy = malloc(16);
    strcpy(copy, text);
    printf("name %s\n", copy);
    free(copy);
}

static __attribute__((noinline)) void shelf(int from, int to)
{
    int taken = stock[from];
    stock[to] = taken + 1;
    printf("moved %d\n", taken);
}

int main(int argc, char **argv)
{
    char line[256];
    int from, to;
    FILE *in = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!in)
        return 2;
    while (fgets(line, sizeof line, in)) {
        if (!strncmp(line, "name ", 5))
            name(line + 5);
        else if (sscanf(line, "shelf %d %d", &from, &to) == 2)
            shelf(from, to);
        else
            printf("what?\n");
    }
    return 0;
}
"""
_COPY = "    strcpy(copy, text);\n"
_TAKE = "    int taken = stock[from];\n"
_PUT = "    stock[to] = taken + 1;\n"
_OPEN = "    if (!in)\n"

Changes = Sequence[tuple[str, str]]
CUT: Changes = ((_COPY, "    copy[0] = 0;\n    strncat(copy, text, 15);\n"),)
ROOM: Changes = (("malloc(16)", "malloc(strlen(text) + 1)"),)
NARROW: Changes = ((_COPY, "    if (strlen(text) == 41)\n        exit(1);\n" + _COPY),)
FROM: Changes = ((_TAKE, "    if (from < 0 || from > 7)\n        return;\n" + _TAKE),)
TO: Changes = ((_PUT, "    if (to < 0 || to > 7)\n        return;\n" + _PUT),)
OFF: Changes = ((_OPEN, '    puts("closed");\n    return 0;\n' + _OPEN),)
NO_BUILD: Changes = ((_PUT, "    stock[to] = taken +;\n"),)
HANGS: Changes = ((_OPEN, "    for (;;)\n        ;\n" + _OPEN),)
UNRELATED: Changes = (('"what?\\n"', '"what? \\n"'),)

LONG = b"name " + b"x" * 40 + b"\n"
LONGER = b"shelf 1 2\nname " + b"y" * 90 + b"\n"
BEFORE = b"shelf -9 2\n"
BEYOND = b"shelf 2 9\n"
BUILD = "gcc -g -O1 -fsanitize=address,undefined -fno-sanitize=bounds -o shop shop.c"


def diff(changes: Changes, text: str = SHOP) -> str:
    """A unified diff of replacements, each of which is there once."""
    changed = text
    for old, new in changes:
        assert changed.count(old) == 1, old
        changed = changed.replace(old, new)
    old_lines, new_lines = (part.splitlines(keepends=True) for part in (text, changed))
    return "".join(difflib.unified_diff(old_lines, new_lines, "a/shop.c", "b/shop.c"))


# One flaw, an unchecked index, that shows where it is read and where it is written.
TWICE = """\
#include <stdio.h>
#include <stdlib.h>
static int room[4];
__attribute__((noinline)) static int get(int at) { return room[at]; }
__attribute__((noinline)) static void set(int at) { room[at] = 1; }
int main(int argc, char **argv)
{
  char verb;
  int at;
  FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
  if (!file || fscanf(file, "%c %d", &verb, &at) != 2) return 2;
  if (verb == 'g') printf("%d\\n", get(at));
  else set(at);
  return 0;
}
"""
BEYOND_TWICE, BEYOND_ONCE = b"g 9\n", b"s 9\n"
CAUSE: Changes = ((" != 2) return 2;", " != 2 || at < 0 || at > 3) return 2;"),)
SHOWN: Changes = (("{ room[at] = 1; }", "{ if (at >= 0 && at < 4) room[at] = 1; }"),)


def put(
    folder: Path,
    name: str,
    proof: bytes,
    changes: Changes,
    *,
    text: str = SHOP,
    benign: bytes = b"",
    about: Mapping[str, object] | None = None,
) -> Path:
    """Write a case as a maintainer would have it."""
    case = folder / name
    for part in ("source", "proof"):
        (case / part).mkdir(parents=True)
    told = {"build": BUILD, "run": "./shop {proof}", **(about or {})}
    (case / "case.json").write_text(json.dumps(told))
    (case / "source/shop.c").write_text(text)
    (case / "proof/in.txt").write_bytes(proof)
    (case / "patch.diff").write_text(diff(changes, text))
    if benign:
        (case / "benign").mkdir()
        (case / "benign/in.txt").write_bytes(benign)
    return case


def run(folder: Path, bounds: Bounds | None = None) -> Judgement:
    """Judge a folder."""
    cases, out = read_cases(folder)
    return asyncio.run(judge_cases(cases, out, bounds or Bounds(run_seconds=2)))


def groups(judgement: Judgement) -> list[tuple[str, ...]]:
    """The members only."""
    return [group.members for group in judgement.groups]


def test_reports_of_one_flaw_join_and_two_flaws_of_one_function_stay_apart(tmp_path: Path) -> None:
    """Proof and fix may differ where the flaw is one; the function may agree where it is not."""
    put(tmp_path, "a", LONG, CUT)
    put(tmp_path, "b", LONGER, ROOM)
    put(tmp_path, "c", BEFORE, FROM)
    put(tmp_path, "d", BEYOND, TO)
    answer = CliRunner().invoke(command, ["judge", "--cases", str(tmp_path), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert [group["members"] for group in told["groups"]] == [["a", "b"], ["c"], ["d"]]
    assert [e["basis"] for e in told["groups"][0]["evidence"]] == ["both ways"]
    assert (told["related"], told["alarms"], told["excluded"]) == ([], [], [])
    assert told["cases"] == ["a", "b", "c", "d"]
    stops, crashes = "stops", "crashes"
    assert told["matrix"] == [
        [stops, stops, crashes, crashes],
        [stops, stops, crashes, crashes],
        [crashes, crashes, stops, crashes],
        [crashes, crashes, crashes, stops],
    ]


@pytest.mark.soak
def test_a_patch_for_two_flaws_merges_with_its_own_only(tmp_path: Path) -> None:
    """One that fixes more than it reports is related to the rest, and joins no strangers."""
    put(tmp_path, "heap", LONG, CUT)
    put(tmp_path, "shelf", BEFORE, FROM)
    put(tmp_path, "two", LONGER, (*ROOM, *FROM))
    judgement = run(tmp_path)
    assert groups(judgement) == [("heap", "two"), ("shelf",)]
    assert [(f.first, f.second, f.basis) for f in judgement.related] == [
        ("shelf", "two", "two fixes")
    ]
    assert "alone stops its own proof only" in judgement.related[0].reason


@pytest.mark.soak
def test_a_patch_for_two_flaws_is_seen_even_where_nobody_else_tells_them_apart(
    tmp_path: Path,
) -> None:
    """Its parts are run by themselves: each stops one proof, so there are two fixes in it."""
    put(tmp_path, "shelf", BEFORE, FROM)
    put(tmp_path, "two", LONGER, (*ROOM, *FROM))
    judgement = run(tmp_path)
    assert groups(judgement) == [("shelf",), ("two",)]
    assert [finding.basis for finding in judgement.related] == ["two fixes"]


def test_either_patch_is_enough_where_one_flaw_shows_at_two_places(tmp_path: Path) -> None:
    """The fix of the cause stops both proofs; the other mends only where it shows."""
    put(tmp_path, "cause", BEYOND_TWICE, CAUSE, text=TWICE)
    put(tmp_path, "shown", BEYOND_ONCE, SHOWN, text=TWICE)
    judgement = run(tmp_path)
    assert groups(judgement) == [("cause", "shown")]
    assert judgement.groups[0].evidence[0].basis == "one way"


@pytest.mark.soak
def test_a_patch_that_switches_the_program_off_stops_everything_and_joins_nothing(
    tmp_path: Path,
) -> None:
    """Its stops are not believed, since controls are answered otherwise."""
    put(tmp_path, "a", LONG, CUT, benign=b"name ok\n")
    put(tmp_path, "b", BEFORE, FROM, benign=b"shelf 1 2\n")
    put(tmp_path, "off", BEYOND, OFF)
    put(tmp_path, "off-too", BEFORE, OFF)
    judgement = run(tmp_path)
    assert groups(judgement) == [("a",), ("b", "off-too"), ("off",)]
    assert {(o.case, o.part) for o in judgement.excluded} == {
        ("off", "patch"),
        ("off-too", "patch"),
    }
    assert "controls of a are answered" in judgement.excluded[0].reason


def test_a_narrow_patch_joins_one_way_if_both_crash_at_one_place(tmp_path: Path) -> None:
    """The wider patch stops both; that the narrow one does not is told."""
    put(tmp_path, "narrow", LONG, NARROW)
    put(tmp_path, "wide", LONGER, CUT)
    judgement = run(tmp_path)
    assert groups(judgement) == [("narrow", "wide")]
    finding = judgement.groups[0].evidence[0]
    assert finding.basis == "one way, one place"
    assert (finding.first_patch, finding.second_patch) == ("crashes", "stops")


@pytest.mark.soak
def test_what_cannot_take_part_is_named_and_the_rest_is_judged(tmp_path: Path) -> None:
    """No build, a hang, no proof, no fix, no JSON, a way out: each has its reason."""
    cases = tmp_path / "cases"
    put(cases, "a", LONG, CUT)
    put(cases, "b", LONGER, ROOM)
    put(cases, "hangs", BEFORE, HANGS)
    put(cases, "no-build", BEYOND, NO_BUILD)
    put(cases, "no-fix", BEFORE, UNRELATED)
    put(cases, "no-proof", b"name short\n", CUT)
    (put(cases, "no-json", LONG, CUT) / "case.json").write_text("{")
    (cases / "no-case").mkdir()
    leads_out = put(cases, "leads-out", LONG, CUT)
    (tmp_path / "secret").write_text("secret")
    (leads_out / "proof/in.txt").unlink()
    (leads_out / "proof/in.txt").symlink_to(tmp_path / "secret")
    (put(cases, "no-patch", LONG, CUT) / "patch.diff").write_text("no diff")
    (put(cases, "up", LONG, CUT) / "patch.diff").write_text(
        "--- a/../../up.c\n+++ b/../../up.c\n@@ -0,0 +1 @@\n+x\n"
    )
    judgement = run(cases, Bounds(run_seconds=0.3))
    out = {(o.case, o.part): o.reason for o in judgement.excluded}
    whole = ("leads-out", "no-case", "no-json", "no-patch", "no-proof", "up")
    rows = ("hangs", "no-build", "no-fix")
    assert set(out) == {(n, "case") for n in whole} | {(n, "patch") for n in rows}
    assert "leads out" in out["leads-out", "case"]
    assert "not_reproduced" in out["no-proof", "case"]
    assert "does not build" in out["no-build", "patch"]
    assert "does not stop its own proof (crashes)" in out["no-fix", "patch"]
    assert groups(judgement) == [("a", "b"), ("hangs",), ("no-build",), ("no-fix",)]
    assert judgement.matrix.cell("hangs", "a").outcome == "inconclusive"
    shown = CliRunner().invoke(command, ["judge", "--cases", str(cases / "a")])
    assert shown.exit_code == 0
    assert shown.output.count("out (case)") == 2


@pytest.mark.soak
def test_sources_that_differ_are_compared_where_the_patch_applies(tmp_path: Path) -> None:
    """Another version of the project takes part; another project is only told to be one."""
    later = SHOP.replace('"what?\\n"', '"pardon?\\n"')
    stranger = SHOP.replace("copy", "held").replace("text", "words")
    put(tmp_path, "a", LONG, CUT)
    put(tmp_path, "later", LONGER, ROOM, text=later)
    changes = (("malloc(16)", "malloc(strlen(words) + 1)"),)
    put(tmp_path, "stranger", LONG, changes, text=stranger)
    judgement = run(tmp_path)
    assert groups(judgement) == [("a", "later"), ("stranger",)]
    cell = judgement.matrix.cell("a", "stranger")
    assert cell.outcome == "inconclusive"
    assert cell.why.startswith("The sources differ.")


def test_time_that_ran_out_is_told_and_merges_nothing(tmp_path: Path) -> None:
    """The bound on everything holds, and what was not run is no evidence."""
    put(tmp_path, "a", LONG, CUT)
    put(tmp_path, "b", LONG, ROOM)
    judgement = run(tmp_path, Bounds(seconds=0))
    assert groups(judgement) == []
    assert all("did not begin in time" in out.reason for out in judgement.excluded)


def test_a_status_of_its_own_is_an_oracle(tmp_path: Path) -> None:
    """``"oracle": "exit"`` needs no sanitizer: 99 shows the flaw, and its end the fix."""
    text = SHOP.replace("shelf(from, to);", "{ if (from < 0) return 99; }")
    fix = (("if (from < 0) return 99;", 'if (from < 0) puts("no");'),)
    about = {"oracle": "exit"}
    put(tmp_path, "a", BEFORE, fix, text=text, about=about)
    fix = (("if (from < 0) return 99;", "if (from < 0) return 1;"),)
    put(tmp_path, "b", b"name a\nshelf -1 0\n", fix, text=text, about=about)
    assert groups(run(tmp_path)) == [("a", "b")]


def test_the_custom_of_99_gives_way_to_a_crash_that_is_shown(tmp_path: Path) -> None:
    """A case of the oracle ``exit`` that names no status may as well crash."""
    put(tmp_path, "a", LONG, CUT, about={"oracle": "exit"})
    put(tmp_path, ".hidden", LONG, CUT)
    judgement = run(tmp_path)
    assert groups(judgement) == [("a",)]
    assert judgement.matrix.cell("a", "a").outcome == "stops"


def test_folders_that_hold_no_cases_are_refused(tmp_path: Path) -> None:
    """None, empty, and more than can be judged at once."""
    with pytest.raises(InputError, match="no folder"):
        read_cases(tmp_path / "none")
    with pytest.raises(InputError, match="no case"):
        read_cases(tmp_path)
    for at in range(MOST_CASES + 1):
        (tmp_path / str(at)).mkdir()
    with pytest.raises(InputError, match="65 cases"):
        read_cases(tmp_path)


def table(rows: Mapping[str, str], places: str = "") -> Matrix:
    """A matrix by marks, S stops and . crashes; ``places``: a letter a case, one crash each."""
    one = put_together()
    names = tuple(rows)
    outcomes = {"S": "stops", ".": "crashes", "e": "elsewhere", "p": "partly", "?": "inconclusive"}
    cells = {
        (a, b): Cell(outcomes[mark], "told")
        for a, row in rows.items()
        for b, mark in zip(names, row, strict=True)
    }
    shown = {}
    for name, letter in zip(names, places or names, strict=True):
        crash = Seen("crashed", "kind", (letter,), trace=("#0 f x.c:1",), vouched="sanitizer")
        shown[name] = (Shown(b"", Report("reproduced", "", seen=crash)),)
    return Matrix(tuple(replace(one, name=name) for name in names), shown, cells, ())


def put_together() -> Case:
    """A case of nothing, for matrices that are made by hand."""
    patch = parse(diff(CUT).encode())
    return Case("", make_tree(()), "0" * 64, "", "./shop", (b"",), patch)


@pytest.mark.parametrize(
    ("rows", "places", "expected", "told"),
    [
        ({"a": "SS", "b": "SS"}, "", [("a", "b")], 0),
        ({"a": "S.", "b": ".S"}, "", [("a",), ("b",)], 0),
        # either's patch is enough, unless something speaks against it
        ({"a": "SS", "b": ".S"}, "", [("a", "b")], 0),
        ({"a": "SS", "b": ".S"}, "xx", [("a", "b")], 0),
        ({"a": "SS", "b": "?S"}, "xx", [("a", "b")], 0),
        ({"a": "S?", "b": "?S"}, "xx", [("a",), ("b",)], 0),
        ({"a": "Se", "b": ".S"}, "xx", [("a",), ("b",)], 0),
        ({"a": "Sp", "b": "SS"}, "xy", [("a", "b")], 0),
        ({"a": "Sp", "b": ".S"}, "xy", [("a",), ("b",)], 0),
        # a's patch does not stop its own proof: b's does, at one place
        ({"a": ".S", "b": "SS"}, "xx", [("a", "b")], 0),
        ({"a": ".S", "b": ".S"}, "xx", [("a",), ("b",)], 0),
        # aliases are transitive
        ({"a": "SS?", "b": "SSS", "c": "?SS"}, "", [("a", "b", "c")], 0),
        # k stops two that are apart: neither is merged, and the alarm names them
        ({"a": "S.S", "b": ".SS", "k": "SSS"}, "", [("a",), ("b",), ("k",)], 1),
        # a and k stop each other; that k also stops b at the same place gives in to that
        ({"a": "S.S", "b": ".S.", "k": "SSS"}, "xxx", [("a", "k"), ("b",)], 1),
        # two that stop everything stop each other, and the third as well
        ({"a": "SSS", "b": "SSS", "c": "..S"}, "", [("a",), ("b",), ("c",)], 0),
        # b would join a and c, which are apart; c and d are not touched by that
        (
            {"a": "SS..", "b": "SSS?", "c": ".SSS", "d": ".?SS"},
            "",
            [("a",), ("b",), ("c", "d")],
            1,
        ),
        # joined by a longer way although apart: it stands, and is told
        ({"a": "SS?.", "b": "SSS?", "c": "?SSS", "d": ".?SS"}, "", [("a", "b", "c", "d")], 1),
    ],
)
def test_rules(
    rows: Mapping[str, str], places: str, expected: list[tuple[str, ...]], told: int
) -> None:
    """Each row of the rules, on a matrix by hand."""
    judgement = decide(table(rows, places))
    assert groups(judgement) == expected
    assert len(judgement.alarms) == told


def test_a_group_too_large_to_be_believed_raises_an_alarm() -> None:
    """It stands, and each alias in it can be looked at."""
    names = [f"r{at}" for at in range(ALARM + 1)]
    judgement = decide(table(dict.fromkeys(names, "S" * len(names)), "x" * len(names)))
    assert groups(judgement) == [tuple(names)]
    assert len(judgement.alarms) == 1
    assert all(x.first <= y.first for x, y in pairwise(judgement.groups[0].evidence))
