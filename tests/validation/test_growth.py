# SPDX-License-Identifier: Apache-2.0
"""Grown inputs, coverage files, hints and recorded calls: the pure parts of the gate."""

from __future__ import annotations

import base64
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.validation.exploration import grams, harmful, shapes
from proofhouse.validation.growth import (
    Havoc,
    dictionary,
    enlarged,
    exchanged,
    knobs,
    marks_of,
    matched,
    prose,
    recast,
    repeated,
    respelled,
    seeds,
    shortened,
    traded,
    varied,
)
from proofhouse.validation.hints import tricks
from proofhouse.validation.instrument import read
from proofhouse.validation.patches import parse
from proofhouse.validation.recording import program_of
from proofhouse.validation.sources import Entry, make_tree


def test_samples_are_found_where_projects_keep_them() -> None:
    """Files of tests and examples are samples, and literals of tests; code is not."""
    tree = make_tree(
        [
            ("tests/a.txt", Entry(b"sample\n")),
            ("tests/Makefile", Entry(b"all:\n")),
            ("src/main.c", Entry(b'char *s = "not a sample";')),
            ("tests/run.sh", Entry(b"printf 'put 1\\n' | ./x\ncat <<END | ./x\nget 2\nEND\n")),
        ]
    )
    found = seeds(tree)
    assert found[0] == b"sample\n"
    assert b"put 1\n" in found
    assert b"get 2\n" in found
    assert b"not a sample" not in found
    assert b"not a sample" in dictionary(tree)


@given(st.binary(min_size=1, max_size=200))
@settings(max_examples=100, deadline=None)
def test_a_knob_at_its_end_is_the_proof(proof: bytes) -> None:
    """Turned to where it stands, each knob gives the proof again, numbers' leading zeros aside."""
    for knob in knobs(proof):
        turned = knob.turned(knob.now)
        assert turned == proof or int.from_bytes(turned) != 0
        assert knob.least <= knob.now


@given(st.binary(max_size=300), st.binary(max_size=60), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_growth_repeats_itself(proof: bytes, other: bytes, seed: int) -> None:
    """The same seed gives the same inputs, for any bytes."""

    def grown() -> list[bytes]:
        havoc = Havoc([b"word"], seed)
        made = [havoc.mutant(proof, other) for _ in range(20)]
        told = varied(proof, [64], random.Random(seed))
        return [
            *made,
            *told,
            *shortened(proof),
            *enlarged(proof),
            *respelled(proof, [b"w"]),
            *recast(proof),
        ]

    assert grown() == grown()


def test_a_proof_is_said_otherwise() -> None:
    """Other case, escapes once and twice, nested removal, words inside base64, sister commands."""
    assert b"PUT /../x\n" in set(respelled(b"GET /../x\n", [b"PUT"]))
    said = set(recast(b"GET /../x%2e\n"))
    assert {b"get /../x%2e\n", b"GET %2f%2e%2e%2fx%2e\n", b"GET /../x%2E\n"} <= said
    assert {b"GET /../x%252e\n", b"GET /../x.\n", b"GET /./.././x%2e\n"} <= said
    token = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=")
    inside = [base64.urlsafe_b64decode(w + b"==") for w in recast(token) if w[:4] == token[:4]]
    assert b'{"alg":"NONE"}' in inside


@given(st.binary(max_size=30_000))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_coverage_file(raw: bytes) -> None:
    """What a hostile program writes there is read as hints and raises nothing."""
    reached = read(raw)
    assert all(0 <= edge < 16384 and 0 < count < 9 for edge, count in reached.edges)


def patch(line: str, path: str = "a.c") -> bytes:
    return f"--- a/{path}\n+++ b/{path}\n@@ -1 +1,2 @@\n x\n+{line}\n".encode()


def test_tricks_are_told_and_honest_lines_are_not() -> None:
    """What hides a flaw is a trick wherever it stands, except in comments and tests."""
    bad = (
        "const char *__asan_default_options(void) { return 0; }",
        '__attribute__((no_sanitize("address"))) int f(void);',
        "signal(SIGSEGV, handler);",
        "sigaction(SIGABRT, &act, NULL);",
        "CFLAGS += -fno-sanitize=address",
        "#ifndef __SANITIZE_ADDRESS__",
    )
    for line in bad:
        assert tricks(parse(patch(line))), line
        assert not tricks(parse(patch(line, "tests/a.c"))), line
    for line in ("signal(SIGPIPE, SIG_IGN);", "return -1;", "/* signal(SIGSEGV, x) */", "exit(0);"):
        assert not tricks(parse(patch(line))), line


def test_the_program_of_a_run_command() -> None:
    """The first word, or in a shell line the likeliest one."""
    assert program_of("./rle show {proof}") == "./rle"
    assert program_of("UBSAN_OPTIONS=print_stacktrace=1 ./cal list {proof}") == "./cal"
    assert program_of("out=$(python3 serve.py {proof}); exit $?") == "python3"


def test_what_was_compared_is_put_into_the_input() -> None:
    """As a text, a number, a length, a count, on either side of a constant and at it."""
    assert b"GET /secret" in list(matched(b"GET /public", [(b"secret", b"PUBLIC")], []))
    assert b"code:2af1\n" in matched(b"code:\n", [(b"2af1", b"")], [])
    assert {b"n 63", b"n 64", b"n 65"} <= set(matched(b"n 12", [], [(64, 12)]))
    assert b"\0\1\1\0\0" in matched(b"\0\x20\0\0\0", [], [(257, 32)])
    lengths = {len(data) for data in matched(b"abcdefgh x\n", [], [(20, 8)])}
    assert {19 + 3, 20 + 3, 21 + 3} <= lengths
    counts = {data.count(b"\n") for data in matched(b"a 1\nb 2\n", [], [(9, 2)])}
    assert {8, 9, 10} <= counts
    assert b"a,b,b,b,b" in matched(b"a,b", [], [(5, 2)])


def test_more_of_a_kind_has_names_of_its_own() -> None:
    """Forty copies of a line, and forty lines that name forty things."""
    made = list(repeated(b"rule app keep 4\n", random.Random(1)))
    assert b"rule app keep 4\n" * 40 in made
    assert any(len(set(data.splitlines())) == 40 for data in made)


def test_a_product_is_shared_out_otherwise() -> None:
    """One factor takes all of it, or as much as brings it over a number that the patch names."""
    large = b"P\xe8\x03\0\0\xe8\x03\0\0"
    assert b"P\x01\0\0\0\x40\x42\x0f\0" in traded(large)
    assert b"5000 200" in traded(b"1000 1000", [4096])


def test_python_is_said_by_another_way() -> None:
    """A name that was taken away is got through the classes of a value."""
    for proof in (b"show open('x', 'w')", b"show print(1)"):
        other = [data for data in recast(proof) if b"__subclasses__" in data]
        assert other
        assert all(b"open(" not in data and b"print(" not in data for data in other)
    assert not any(b"__subclasses__" in data for data in recast(b"f(1)"))


def test_an_input_with_what_only_proofs_have_is_known() -> None:
    """Three bytes that no benign input has, whatever the case; marks in new company."""
    harm = grams(b"GET /%2e%2e/x").difference(grams(b"GET /my%20notes"))
    assert harmful(b"GET /%2E./y", harm)
    assert not harmful(b"GET /my", harm)
    benign = shapes(b"show 2 * 3\n")
    assert shapes(b"show  14 *  3\n") <= benign
    assert not shapes(b"show 2 ** 3\n") <= benign


def test_a_languages_signs_are_learnt_from_what_the_source_says_of_it() -> None:
    """From comments and literals; put in the place of those that a sample has."""
    python = b'"""A condition is one comparison (< <= == !=)."""\nx = 1  # or: a -> b\n'
    c = b"/* NAME = VALUE or NAME += VALUE */\nint main(void) { return 1 >> 2; }\n"
    tree = make_tree([("a.py", Entry(python)), ("b.c", Entry(c))])
    signs = marks_of(prose(tree))
    assert {b"<", b"<=", b"==", b"!=", b"->", b"=", b"+="} <= set(signs)
    assert b">>" not in signs
    made = set(exchanged(b"when a > 30\n", [b"b"], [b"<="]))
    assert {b"when a <= 30\n", b"when b > 30\n", b"when A > 30\n", b"when a > -30\n"} <= made
