# SPDX-License-Identifier: Apache-2.0
"""Answer users' requests from a shelf of documents.

python3 docshelf.py SHELF REQUESTS

A request is a line "USER: VERB ...":

    ann: list               the titles of what she may read
    ann: read TITLE         its lines
    ann: find TEXT          "TITLE: LINE" for each line with the text in what she may read
    ann: add TITLE | TEXT   "ok", and there is one line more

"-" is the answer to what is not there or not for that user, and to a list or search without
anything in it. What is no request is answered by "?"; empty lines are not. Status 2 if the shelf
cannot be read.
"""

import sys
from pathlib import Path

from access import NAME
from shelf import Shelf, ShelfError


def answer(shelf: Shelf, request: str) -> list[str]:
    """The lines of the answer to a request."""
    user, colon, rest = request.partition(":")
    verb, _, what = rest.strip().partition(" ")
    if not colon or not NAME.fullmatch(user):
        return ["?"]
    if verb == "list" and not what:
        return [document.title for document in shelf.readable(user)] or ["-"]
    if verb == "read":
        document = shelf.read(user, what)
        return ["-"] if document is None else document.lines
    if verb == "find" and what:
        return [
            f"{document.title}: {line}"
            for document in shelf.readable(user)
            for line in document.lines
            if what in line
        ] or ["-"]
    if verb == "add" and " | " in what:
        title, _, text = what.partition(" | ")
        return ["ok" if shelf.add(user, title, text) else "-"]
    return ["?"]


def main() -> int:
    """Answer every request of the file."""
    if len(sys.argv) != 3:
        print("usage: docshelf.py SHELF REQUESTS", file=sys.stderr)
        return 2
    try:
        shelf = Shelf(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines())
    except (OSError, ShelfError) as error:
        print(error, file=sys.stderr)
        return 2
    for request in Path(sys.argv[2]).read_text(errors="replace").splitlines():
        if request.strip():
            print("\n".join(answer(shelf, request)))
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    raise SystemExit(main())
