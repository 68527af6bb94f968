# SPDX-License-Identifier: Apache-2.0
"""guard.py BOOK: run notes.py in a folder of its own; status 99 if its helper was misled.

That is: a file is there that is not a note, or a note has another text than the book gives it.
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def expected(text: str) -> dict[str, str]:
    """The names and texts that a book gives."""
    notes: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        if line.startswith("== "):
            name = line[3:].strip()
            notes[name] = ""
        else:
            notes[name] = notes.get(name, "") + line
    return notes


def main(arguments: list[str]) -> int:
    """Run it and compare."""
    book = pathlib.Path(arguments[0]).resolve()
    notes = expected(book.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "notes.py"), str(book), folder]
        status = subprocess.run(command, timeout=20, check=False).returncode
        for path in pathlib.Path(folder).iterdir():
            if notes.get(path.name) != path.read_text(encoding="utf-8"):
                print(f"guard: {path.name} is not as the book has it", file=sys.stderr)
                return 99
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
