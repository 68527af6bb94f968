# SPDX-License-Identifier: Apache-2.0
"""Check tokens, one a line after the time at which it was shown.

python3 tokencheck.py KEYS TOKENS

Each line "NOW TOKEN" is answered by "welcome USER" or "denied"; why goes to standard error.
"""

import sys
from pathlib import Path

from tokens import Denied, KeyFileError, check, read_keys


def main() -> int:
    """Check every token of the file."""
    if len(sys.argv) != 3:
        print("usage: tokencheck.py KEYS TOKENS", file=sys.stderr)
        return 2
    try:
        keys = read_keys(Path(sys.argv[1]).read_text())
    except KeyFileError as error:
        print(f"tokencheck: {error}", file=sys.stderr)
        return 2
    for line in Path(sys.argv[2]).read_text(errors="replace").splitlines():
        now, _, token = line.partition(" ")
        try:
            print("welcome", check(keys, token, int(now) if now.isdecimal() else sys.maxsize))
        except Denied as denied:
            print("denied")
            print(f"tokencheck: {denied}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
