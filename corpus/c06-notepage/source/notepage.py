# SPDX-License-Identifier: Apache-2.0
"""Make a page of a note.

python3 notepage.py NOTE

Prints the page; status 2 if there is no such note.
"""

import sys
from pathlib import Path

from blocks import page


def main() -> int:
    """Read the note and print its page."""
    if len(sys.argv) != 2:
        print("usage: notepage.py NOTE", file=sys.stderr)
        return 2
    path = Path(sys.argv[1])
    if not path.is_file():
        print(f"notepage: no note {path.name}", file=sys.stderr)
        return 2
    print(page(path.read_text(errors="replace")), end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
