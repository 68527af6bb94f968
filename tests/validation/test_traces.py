# SPDX-License-Identifier: Apache-2.0
"""Traces of sanitizers and runtimes: class and function, of text that nobody vouches for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.validation.traces import same_class, same_function, traces

ASAN = b"""==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000020 at pc 0x4
WRITE of size 40 at 0x602000000020 thread T0
    #0 0x7f1 in __interceptor_memcpy ../../src/libsanitizer/asan/interceptors.inc:827
    #1 0x55d in copy(char*, unsigned long) /src/copy.cc:12:5
    #2 0x55e in main /src/main.cc:3
"""
MSAN = b"""==9==WARNING: MemorySanitizer: use-of-uninitialized-value
    #0 0x49 in check /src/a.c:4:7
    #1 0x50 in main /src/a.c:9
"""
TSAN = b"""WARNING: ThreadSanitizer: data race (pid=12)
  Write of size 4 at 0x55 by thread T1:
    #0 bump /src/race.c:8 (race+0x1199)
"""
LSAN = b"""==3==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 8 byte(s) in 1 object(s) allocated from:
    #0 0x7f in malloc (/lib/libasan.so.8+0xb8)
    #1 0x55 in keep /src/leak.c:5
"""
UBSAN = b"""a.c:7:12: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented
    #0 0x55 in add /src/a.c:7
"""
PYTHON = b"""Traceback (most recent call last):
  File "/work/src/load.py", line 20, in <module>
    main()
    ~~~~^^
  File "/work/src/load.py", line 9, in parse
    return row[3]
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
"""
GO = b"""panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.parse({0xc00001c0a8, 0x3, 0x3})
\t/src/main.go:9 +0x1d
main.main()
\t/src/main.go:20 +0x25
exit status 2
"""
RACE = b"""==================
WARNING: DATA RACE
Write at 0x00c0000 by goroutine 7:
  main.bump()
      /src/main.go:9 +0x44

Previous read at 0x00c0000 by main goroutine:
  main.main()
      /src/main.go:15 +0x88
==================
"""
JAVA = b"""Exception in thread "main" java.lang.ArrayIndexOutOfBoundsException: Index 5
\tat java.base/java.util.Arrays.copyOf(Arrays.java:3)
\tat demo.Parser.take(Parser.java:12)
\tat demo.Main.main(Main.java:5)
"""
RUST = b"""thread 'main' panicked at src/main.rs:4:13:
index out of bounds: the len is 3 but the index is 5
stack backtrace:
   0: rust_begin_unwind
   1: core::panicking::panic_fmt
             at /rustc/x/library/core/src/panicking.rs:64:14
   2: demo::parse
             at ./src/main.rs:4:13
"""

TABLE = [
    (ASAN, "address", "heap-buffer-overflow", "copy(char*, unsigned long)"),
    (MSAN, "memory", "use-of-uninitialized-value", "check"),
    (TSAN, "thread", "data-race", "bump"),
    (LSAN, "leak", "memory-leak", "keep"),
    (UBSAN, "undefined", "integer-overflow", "add"),
    (PYTHON, "python", "json.decoder.JSONDecodeError", "parse"),
    (GO, "go", "index-out-of-range", "main.parse"),
    (RACE, "go", "data-race", "main.bump"),
    (JAVA, "java", "java.lang.ArrayIndexOutOfBoundsException", "demo.Parser.take"),
    (RUST, "rust", "index-out-of-bounds", "demo::parse"),
]


CRASHES = Path(__file__).parent / "crashes"
"""What real runtimes printed: clang 14, Go 1.19, OpenJDK 17, rustc 1.95, of toy programs."""

CAPTURED = {
    "clang-address": ("address", "heap-buffer-overflow", "take"),
    "clang-memory": ("memory", "use-of-uninitialized-value", "look"),
    "clang-thread": ("thread", "data-race", "bump"),
    "clang-undefined": ("undefined", "index-out-of-bounds", "demo::Row::take(int) const"),
    "go-index": ("go", "index-out-of-range", "main.(*row).take"),
    "go-race": ("go", "data-race", "main.bump"),
    "java-cause": ("java", "java.lang.IllegalStateException", "Load.parse"),
    "java-number": ("java", "java.lang.NumberFormatException", "Load.parse"),
    "java-stack": ("java", "java.lang.StackOverflowError", "Deep.down"),
    "rust-index": ("rust", "index-out-of-bounds", "main::take"),
    "rust-none": ("rust", "unwrap-none", "none::Table::look"),
}


def test_every_captured_crash_is_in_the_table() -> None:
    """No capture lies about unread."""
    assert {path.stem for path in CRASHES.iterdir()} == set(CAPTURED)


@pytest.mark.parametrize("name", CAPTURED)
def test_what_real_runtimes_print(name: str) -> None:
    """One trace, its runtime, class and innermost function of the program's own."""
    (found,) = traces((CRASHES / f"{name}.txt").read_bytes())
    assert (found.runtime, found.kind, found.functions[0]) == CAPTURED[name]


@pytest.mark.parametrize(("text", "runtime", "kind", "function"), TABLE, ids=[r[1] for r in TABLE])
def test_class_and_function(text: bytes, runtime: str, kind: str, function: str) -> None:
    """Each row of the table reads its own trace, and the innermost function of the program."""
    found = traces(b"some output\n" + text)
    assert [(t.runtime, t.kind) for t in found] == [(runtime, kind)]
    assert found[0].functions[0] == function


def test_of_a_chain_the_last_traceback_ended_the_program() -> None:
    """Chained Python exceptions are read one by one, in order."""
    chain = PYTHON + b"\nDuring handling of the above exception, another exception occurred:\n\n"
    last = b"Traceback (most recent call last):\n  File \"x\", line 1, in outer\nKeyError: 'a'\n"
    assert [t.kind for t in traces(chain + last)][-1] == "KeyError"


def test_names_of_classes_and_functions_are_compared_as_people_write_them() -> None:
    """Tool names, synonyms, modules and parameters may be left out; other names never match."""
    assert same_class("AddressSanitizer: heap-buffer-overflow", "heap-buffer-overflow")
    assert same_class("signed-integer-overflow", "integer-overflow")
    assert same_class("SIGSEGV", "SEGV")
    assert same_class("JSONDecodeError", "json.decoder.JSONDecodeError")
    assert not same_class("heap-buffer-overflow", "stack-buffer-overflow")
    assert not same_class("anything", "")
    assert same_function("copy", "copy(char*, unsigned long)")
    assert same_function("parse", "demo::Reader::parse(int)")
    assert not same_function("pars", "parse")
    assert not same_function("main", "")


@given(st.lists(st.sampled_from([row[0] for row in TABLE]) | st.binary(max_size=60), max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_traces(parts: list[bytes]) -> None:
    """Whatever bytes come in, whole traces, halves or noise, reading them raises nothing."""
    whole = b"".join(parts)
    for found in traces(whole) + traces(whole[len(whole) // 3 :]):
        assert found.kind
        assert len(found.functions) <= 64


def test_long_hostile_lines_are_read_quickly() -> None:
    """Lines made to cost a pattern much are cut before they are looked at."""
    hostile = b"main." + b"a(" * 400_000 + b"\n" + b"#0 0x1 in " + b"f(" * 200_000
    assert traces(b"panic: x\n" + hostile * 2)
