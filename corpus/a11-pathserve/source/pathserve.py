# SPDX-License-Identifier: Apache-2.0
"""Answer requests from a file, one a line, with pages of a folder.

python3 pathserve.py FOLDER REQUESTS

`GET /path?query` answers "200 SIZE" and the page, `LIST /path` "200" and the names in a folder;
what is refused or not there answers with its number alone: 400, 403 or 404.
"""

import sys
from pathlib import Path

from pages import Pages, Refused


def answer(pages: Pages, request: str) -> str:
    """The answer to one request."""
    verb, _, target = request.partition(" ")
    try:
        if not target.startswith("/"):
            raise Refused(400)
        if verb == "GET":
            page = pages.page(target)
            return f"200 {len(page.encode())}\n{page}"
        if verb == "LIST":
            return "\n".join(["200", *pages.listing(target)]) + "\n"
        raise Refused(400)
    except Refused as refused:
        return f"{refused.number}\n"


def main() -> int:
    """Answer every request of the file."""
    if len(sys.argv) != 3:
        print("usage: pathserve.py FOLDER REQUESTS", file=sys.stderr)
        return 2
    pages = Pages(sys.argv[1])
    for request in Path(sys.argv[2]).read_text(errors="replace").splitlines():
        if request:
            sys.stdout.write(answer(pages, request))
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    raise SystemExit(main())
