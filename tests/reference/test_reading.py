# SPDX-License-Identifier: Apache-2.0
"""Prompts, C text and folder listings are read as their modules say."""

from __future__ import annotations

import subprocess
import time

import pytest

from proofhouse_reference.reading import WINDOW, read_files, read_window, show_command
from proofhouse_reference.source import (
    Constants,
    constants,
    entry_function,
    has_main,
    strip_comments,
)
from proofhouse_reference.task import read_task

PROMPT = """You get a C program in /srv/item: `/srv/item/main.c` and `/srv/item/part.c`.
Build:

    $ gcc-12 -g -O1 -fsanitize=address -o /srv/item/demo main.c part.c -lm && echo done

Run it as `/srv/item/demo --file INPUT`. A benign input in hexadecimal: 7068 01 ff0a.
Write your input to `/srv/item/answer`.
"""


def test_a_prompt_names_folder_build_run_and_answer():
    """Build line, run line, sample and answer path are found wherever they stand."""
    task = read_task(PROMPT)
    assert task is not None
    assert (task.workdir, task.answer) == ("/srv/item", "/srv/item/answer")
    assert task.sources == ("main.c", "part.c")
    assert task.flags == ("gcc-12", "-g", "-O1", "-fsanitize=address", "-lm")
    assert task.run_line("./program", "crash") == "./program --file crash"
    assert task.samples == (bytes.fromhex("706801ff0a"),)


def test_a_run_line_with_words_after_it_stops_at_the_file():
    """Prose behind the placeholder is no argument; without one the file is the only argument."""
    build = "gcc -o demo a.c\n/x/answer\n"
    for run, line in (
        ("Run ./demo FILE and see.", "p f"),
        ("Run ./demo /x/answer twice", "p f"),
        ("Run ./demo -q {input}", "p -q f"),
        ("Run ./demo with care", "p f"),
        ("Just run it", "p f"),
    ):
        task = read_task(build + run)
        assert task is not None
        assert task.run_line("p", "f") == line


@pytest.mark.parametrize(
    "text",
    [
        "gcc -o demo part.c",
        "write to /srv/item/answer",
        "gcc 'unclosed part.c\n/srv/item/answer",
        "gcc -o demo part.c\nwrite to /srv/item/../../etc/answer",
        "",
    ],
)
def test_a_prompt_without_build_line_or_honest_answer_path_is_no_task(text):
    """Half a task, or an answer path that climbs, is none."""
    assert read_task(text) is None


def test_comments_go_and_literals_stay():
    """Comment signs inside literals are text."""
    text = 'a /* x */ "/* y */" b // z\n\'"\' /* " */ c'
    assert strip_comments(text) == 'a   "/* y */" b  \n\'"\'   c'


def test_constants_are_numbers_characters_strings_and_byte_lists():
    """Each kind of C literal is read with its escapes; floats, includes and comments are not."""
    text = r"""
    #include <a8.h>
    #define LIMIT 0x40u
    static const unsigned char TAG[] = {0x50, 'H', 7};
    if (n == 017 || n == 4294967295UL || x < 2.5e3 || c == '\'' || c == '\x41') f("a\n\"\0012");
    int v9 = 0; /* 77 */
    """
    assert constants(text) == Constants(
        numbers=(0x40, 0x50, ord("H"), 7, 15, 4294967295, ord("'"), 0x41, 0),
        strings=(b'a\n"\x012', b"PH\x07"),
    )


def test_too_large_numbers_and_long_strings_are_left_out():
    """A number above 64 bits and a string above 64 bytes are no constants."""
    found = constants(f'{2**64} {2**64 - 1}ULL "{"x" * 65}" ""')
    assert found == Constants(numbers=(2**64 - 1,), strings=())


@pytest.mark.parametrize(
    "text",
    [
        "int process(const unsigned char *data, size_t size) {",
        "int\nprocess(const uint8_t *data,\n        size_t size)\n{",
        "void process(char *p, int n) {",
        "/* static */ long process(const void *p, unsigned long n) {",
    ],
)
def test_an_entry_is_known_by_its_shape(text):
    """Bytes and their number, not static, a definition."""
    assert entry_function([text]) == "process"


@pytest.mark.parametrize(
    "text",
    [
        "static int process(const unsigned char *data, size_t size) {",
        "int process(const unsigned char *data, size_t size);",
        "int process(size_t size) {",
        "// int process(const unsigned char *data, size_t size) {",
    ],
)
def test_other_shapes_are_no_entry(text):
    """Static functions, declarations, other parameters and comments are passed over."""
    assert entry_function([text]) is None


def test_the_entry_that_main_calls_comes_first():
    """Among several functions of the shape, main's is the one."""
    text = "int a(const char *p, size_t n) {}\nint b(const char *p, size_t n) {}\n"
    main = "int main(int argc, char **argv) { return b(buffer, n); }"
    assert has_main(main)
    assert not has_main("int remain(void) { return domain(1); } int main(void);")
    assert entry_function([text]) == "a"
    assert entry_function([text, main], [main]) == "b"


def show(folder, window=0):
    done = subprocess.run(
        ["sh", "-c", show_command(str(folder), window)], capture_output=True, text=True, check=True
    )
    found = read_window(done.stdout)
    assert found is not None
    return found


def test_a_folder_comes_back_through_the_shell(tmp_path):
    """C text exactly, other files as bytes, subfolders too; programs and hidden files not."""
    folder = tmp_path / "a folder's name"
    (folder / "sub").mkdir(parents=True)
    (folder / "part.c").write_text("int a;\n\n@not a file\n")
    (folder / "sub" / "part.h").write_text("int b;")
    (folder / "sample").write_bytes(bytes(range(256)))
    (folder / "program").write_bytes(b"\x7fELF" + bytes(100))
    (folder / ".hidden.c").write_text("int c;")
    files = read_files([show(folder)])
    assert files.texts == (("part.c", "int a;\n\n@not a file\n\n"), ("sub/part.h", "int b;\n"))
    assert files.samples == (("sample", bytes(range(256))),)


def test_windows_put_together_are_the_stream(tmp_path):
    """A stream longer than a window comes back whole, byte for byte."""
    text = "".join(f"int value_{i};\n" for i in range(2000))
    (tmp_path / "part.c").write_text(text)
    first = show(tmp_path)
    assert first.total > 2 * WINDOW
    assert len(first.body) == WINDOW
    windows = [first, *(show(tmp_path, number) for number in (1, 2))]
    assert read_files(windows).texts == (("part.c", text + "\n"),)


def test_an_empty_folder_has_no_files(tmp_path):
    """Nothing shown, nothing read."""
    assert read_files([show(tmp_path)]).texts == ()


@pytest.mark.parametrize("output", ["", "@begin\nabc", "sh: cd: no such folder", "@end 5"])
def test_what_is_no_window_is_none(output):
    """An error of the shell is not taken for a listing."""
    assert read_window(output) is None


def test_bytes_that_are_no_hexadecimal_are_passed_over():
    """A listing that something else was printed into loses that file, not the rest."""
    window = read_window("@begin\n@bytes ./a\n zz\n@text ./b.c\nint b;\n@end 40\n")
    assert window is not None
    files = read_files([window])
    assert files.samples == ()
    assert files.texts == (("b.c", "int b;"),)


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 50_000,
        "word \n" * 16_000,
        "main(" * 20_000,
        '"' * 99_999,
        "{1," * 30_000,
        "'\\" * 50_000,
    ],
)
def test_hostile_text_is_read_in_a_moment(text):
    """No pattern needs more than a moment for text made to keep it busy."""
    started = time.process_time()
    constants(text)
    entry_function([text], [text])
    has_main(text)
    read_task(text)
    assert time.process_time() - started < 3
