# SPDX-License-Identifier: Apache-2.0
"""Reading sanitizers' reports: gcc's and clang's formats, and text that only looks like one."""

from __future__ import annotations

import time

import pytest

from proofhouse.oracles.sanitizer import (
    UNREADABLE,
    Frame,
    address_kind,
    clean_function,
    reports,
    signed_report,
    undefined_kind,
)

NONCE = "5b3c"

SIGNED = b"""\
=================================================================
==24==ERROR: AddressSanitizer: heap-use-after-free on address 0x603000000040 at pc 0x5556 bp 0x7fff
READ of size 1 at 0x603000000040 thread T0
5b3c #0 /work/target+0x391a
5b3c #1 /work/target+0x299f
5b3c #2 /lib/x86_64-linux-gnu/libc.so.6+0x27249

0x603000000040 is located 0 bytes inside of 27-byte region [0x603000000040,0x60300000005b)
freed by thread T0 here:
5b3c #0 /lib/x86_64-linux-gnu/libasan.so.8+0xb76a8
5b3c #1 /work/target+0x3727
"""

GCC = b"""\
=================================================================
==9804==ERROR: AddressSanitizer: stack-buffer-overflow on address 0x7ffc4158b888 at pc 0x7f95be84
WRITE of size 24 at 0x7ffc4158b888 thread T0
    #0 0x7f95be848060 in __interceptor_memcpy ../../../../src/libsanitizer/x.inc:827
    #1 0x56499f764216 in f.isra.0 /tmp/t.c:3
    #2 0x56499f7642d9 in main /tmp/t.c:4
    #5 0x56499f7640d0 in _start (/tmp/t+0x10d0)

Address 0x7fffd01188a8 is located in stack of thread T0 at offset 40 in frame
    #0 0x56499f7641a8 in g /tmp/t.c:3
"""

CLANG = b"""\
=================================================================
==12==ERROR: AddressSanitizer: global-buffer-overflow on address 0x55d0 at pc 0x55c9 bp 0x7ff sp 0x7
READ of size 4 at 0x55d0 thread T0
    #0 0x55c9d1 in look up(int, char*) /home/u/a b.cpp:12:7
    #1 0x55c9d2 in main /home/u/main.cpp:40:3
    #2 0x7f00 in __libc_start_main csu/../csu/libc-start.c:308:16
    #3 0x55c9 in _start (/home/u/prog+0x1f0ad) (BuildId: 0a1b2c)
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "heap-buffer-overflow on address 0x602 at pc 0x4f bp 0x7f sp 0x7f",
            "heap-buffer-overflow",
        ),
        ("heap-use-after-free on address 0x602 at pc 0x4f", "heap-use-after-free"),
        ("stack-buffer-underflow on address 0x7f at pc", "stack-buffer-underflow"),
        ("stack-use-after-scope on address 0x7f at pc", "stack-use-after-scope"),
        ("dynamic-stack-buffer-overflow on address 0x7f", "dynamic-stack-buffer-overflow"),
        ("unknown-crash on address 0x7f", "unknown-crash"),
        ("attempting double-free on 0x60 in thread T0:", "double-free"),
        ("attempting free on address which was not malloc()-ed: 0x60 in thread T0", "bad-free"),
        ("SEGV on unknown address 0x000000000000 (pc 0x4f bp 0x7f)", "SEGV"),
        ("FPE on unknown address 0x4f (pc 0x4f)", "FPE"),
        ("stack-overflow on address 0x7ffd (pc 0x4f bp 0x7f)", "stack-overflow"),
        ("memcpy-param-overlap: memory ranges [0x1,0x2) and [0x1, 0x2) overlap", "param-overlap"),
        ("negative-size-param: (size=-1)", "negative-size-param"),
        ("requested allocation size 0xffffffffffffffff (0x800 after", "allocation-size-too-big"),
        ("alloc-dealloc-mismatch (malloc vs operator delete) on 0x60", "alloc-dealloc-mismatch"),
        ("calloc parameters overflow: count * size (1 * -1)", "calloc-overflow"),
        ("allocator is out of memory trying to allocate 0x10 bytes", "out-of-memory"),
        ("???", UNREADABLE),
        ("\u202eheap-buffer-overflow on address 0x6", UNREADABLE),
    ],
)
def test_address_headers_name_their_class(text: str, kind: str):
    assert address_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("index 9 out of bounds for type 'int [8]'", "index-out-of-bounds"),
        (
            "signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'",
            "integer-overflow",
        ),
        ("division by zero", "integer-divide-by-zero"),
        ("shift exponent 33 is too large for 32-bit type 'int'", "shift"),
        ("left shift of negative value -1", "shift"),
        ("load of null pointer of type 'int'", "null"),
        ("member access within null pointer of type 'struct s'", "null"),
        ("load of misaligned address 0x7 for type 'int', which requires 4", "misaligned-address"),
        ("null pointer passed as argument 1, which is declared to never be null", "nonnull"),
        ("variable length array bound evaluates to non-positive value 0", "vla-bound"),
        ("store to address 0x1 with insufficient space for an object of type 'u16'", "object-size"),
        ("load of value 3, which is not a valid value for type 'bool'", "invalid-value"),
        ("execution reached an unreachable program point", "unreachable"),
        ("something else entirely", UNREADABLE),
    ],
)
def test_undefined_messages_name_their_check(text: str, kind: str):
    assert undefined_kind(text) == kind


def test_a_signed_report_has_the_class_and_the_first_stack():
    report = signed_report(SIGNED, NONCE)
    assert report is not None
    assert (report.tool, report.kind) == ("address", "heap-use-after-free")
    assert [(f.module, f.offset) for f in report.frames] == [
        ("/work/target", 0x391A),
        ("/work/target", 0x299F),
        ("/lib/x86_64-linux-gnu/libc.so.6", 0x27249),
    ]


def test_gcc_writes_what_is_read():
    (report,) = reports(GCC)
    assert report.kind == "stack-buffer-overflow"
    assert [frame.function for frame in report.frames] == ["__interceptor_memcpy", "f", "main"]
    assert report.frames[1] == Frame(1, "f", "/tmp/t.c", 3, "", None)


def test_clang_writes_what_is_read():
    (report,) = reports(CLANG)
    assert report.kind == "global-buffer-overflow"
    assert report.frames[1] == Frame(1, "main", "/home/u/main.cpp", 40, "", None)
    assert report.frames[3] == Frame(3, "_start", "", 0, "/home/u/prog", 0x1F0AD)


def test_undefined_behaviour_is_read_with_its_stack():
    text = b"""src/a.c:12:5: runtime error: index 9 out of bounds for type 'int [8]'
    #0 0x55 in pick src/a.c:12
    #1 0x56 in main src/a.c:30
src/a.c:13: runtime error: division by zero
"""
    first, second = reports(text)
    assert (first.tool, first.kind) == ("undefined", "index-out-of-bounds")
    assert [frame.function for frame in first.frames] == ["pick", "main"]
    assert (second.kind, second.frames) == ("integer-divide-by-zero", ())


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("f", "f"),
        ("f.isra.0", "f"),
        ("f.constprop.0.isra.1", "f"),
        ("f.part.0.cold", "f"),
        ("f.island", "f.island"),
        ("isra.0f", "isra.0f"),
    ],
)
def test_a_clones_suffix_is_no_part_of_a_functions_name(name: str, clean: str):
    assert clean_function(name) == clean


# --- hostile text: what a program prints because its input says so ---------------------------


def test_a_whole_report_without_the_nonce_is_no_report():
    assert signed_report(GCC, NONCE) is None
    assert signed_report(SIGNED.replace(b"5b3c", b"5b3d"), NONCE) is None
    assert signed_report(SIGNED.replace(b"5b3c #", b"#"), NONCE) is None


def test_a_class_printed_before_the_true_report_is_not_believed():
    fake = (
        b"==24==ERROR: AddressSanitizer: double-free on address 0x60 at pc\n    #0 0x1 in f a.c:1\n"
    )
    report = signed_report(fake + SIGNED, NONCE)
    assert report is not None
    assert report.kind == "heap-use-after-free"
    assert len(report.frames) == 3


def test_a_class_printed_after_the_true_report_is_not_believed():
    fake = b"\n==24==ERROR: AddressSanitizer: double-free on address 0x60 at pc\n"
    report = signed_report(SIGNED + fake + b"#0 0x1 in f a.c:1\n", NONCE)
    assert report is not None
    assert report.kind == "heap-use-after-free"


def test_a_header_in_the_middle_of_a_line_is_no_header():
    text = SIGNED.replace(b"==24==", b"the program says ==24==")
    report = signed_report(text, NONCE)
    assert report is not None
    assert report.kind == UNREADABLE


def test_signed_stack_lines_without_any_header_have_no_class():
    report = signed_report(b"5b3c #0 /work/target+0x1\n", NONCE)
    assert report is not None
    assert report.kind == UNREADABLE


def test_the_second_stack_of_a_report_is_not_where_it_happened():
    """The stack that freed the memory begins at #0 again and is left out."""
    report = signed_report(SIGNED, NONCE)
    assert report is not None
    assert 0x3727 not in [frame.offset for frame in report.frames]


def test_frames_that_do_not_count_up_end_the_stack():
    text = SIGNED.replace(b"5b3c #1 /work", b"5b3c #7 /work")
    report = signed_report(text, NONCE)
    assert report is not None
    assert len(report.frames) == 1


def test_without_a_nonce_nothing_is_signed():
    with pytest.raises(ValueError, match="nonce"):
        signed_report(SIGNED, "")


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\x00\n", b"\xff\n", "\u2028".encode() + b"\n"])
def test_line_ends_and_bytes_that_are_no_text_do_not_forge_a_frame(end: bytes):
    forged = end.join(
        [b"==1==ERROR: AddressSanitizer: double-free on address 0x1", b"#0 0x1 in f a.c:1"]
    )
    assert signed_report(forged, NONCE) is None


@pytest.mark.parametrize(
    "text",
    [
        b"#" * 3_000_000,
        b"==1==ERROR: AddressSanitizer: " + b"a-" * 1_500_000,
        b"==1==ERROR: AddressSanitizer: SEGV on x\n#0 0x1 in f"
        + b".isra.0" * 400_000
        + b"! /a.c:1",
        b"==1==ERROR: AddressSanitizer: SEGV on x\n#0 0x1 in f /" + b":1" * 1_000_000 + b"x",
        b"a:1: runtime error: load of" * 100_000,
        b"a:" * 1_000_000 + b": runtime error: x",
        b"a:1: runtime error: load of value " * 50 + b"\n" * 2_000_000,
        b"\n".join([b"5b3c #0 (" + b"+0x1" * 1000] * 900),
    ],
    ids=range(8),
)
def test_hostile_text_is_read_quickly(text: bytes):
    start = time.process_time()
    reports(text)
    signed_report(text, NONCE)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("size", [0, 1, 100, 400, len(SIGNED) - 3])
def test_a_report_cut_off_anywhere_is_read_or_is_none(size: int):
    report = signed_report(SIGNED[:size], NONCE)
    assert report is None or report.kind == "heap-use-after-free"
