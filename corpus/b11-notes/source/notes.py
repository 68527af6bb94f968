# SPDX-License-Identifier: Apache-2.0
"""notes.py BOOK FOLDER: put a book's notes into a folder as files and print how long they are.

    == monday.txt
    buy milk
    == to-do.txt
    sleep

A note's name is made of letters, digits and ._=- and has its text up to the next name. A name
that comes again replaces the note.
"""

import pathlib
import re
import subprocess
import sys

HELPER = pathlib.Path(__file__).resolve().parent / "count.py"
NAME = re.compile(r"[A-Za-z0-9._=-]+")


class BookError(Exception):
    """The book is not one."""


def read_book(text: str) -> dict[str, str]:
    """The notes of a book: name and text, in the order of their first coming."""
    notes: dict[str, str] = {}
    name = None
    for line in text.splitlines(keepends=True):
        if not line.startswith("== "):
            if name is None:
                raise BookError("text before the first name")
            notes[name] += line
            continue
        name = line[3:].strip()
        if not NAME.fullmatch(name):
            raise BookError(f"not a name: {name!r}")
        if name in (".", ".."):
            raise BookError(f"not a name: {name!r}")
        notes[name] = ""
    return notes


def write_notes(notes: dict[str, str], folder: pathlib.Path) -> None:
    """Make a file of each note."""
    for name, text in notes.items():
        (folder / name).write_text(text, encoding="utf-8")


def print_counts(names: list[str], folder: pathlib.Path) -> int:
    """Have the helper count the words of these files of the folder; returns its status."""
    command = [sys.executable, str(HELPER), *names]
    return subprocess.run(command, cwd=folder, timeout=10, check=False).returncode


def main(arguments: list[str]) -> int:
    """Run the command; the status is 0, or 2 for a book that is not one."""
    if len(arguments) != 2:
        print("usage: notes.py BOOK FOLDER", file=sys.stderr)
        return 2
    folder = pathlib.Path(arguments[1])
    try:
        notes = read_book(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
        write_notes(notes, folder)
    except (OSError, UnicodeError, BookError) as problem:
        print(f"notes: {problem}", file=sys.stderr)
        return 2
    return print_counts(list(notes), folder) if notes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
