# SPDX-License-Identifier: Apache-2.0
"""Play a club's journal of points and print what everybody has.

python3 points.py JOURNAL

A line that is refused is reported and changes nothing; the others are played all the same. Status
1 if a line was refused, 2 if there is no such journal.
"""

import sys
from pathlib import Path

from amounts import show
from ledger import Ledger, Refused
from lines import play


def main() -> int:
    """Play the journal line by line."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("usage: points.py JOURNAL", file=sys.stderr)
        return 2
    ledger = Ledger()
    refused = 0
    text = Path(sys.argv[1]).read_text(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        try:
            play(ledger, line)
        except Refused as error:
            refused += 1
            print(f"line {number}: {error}", file=sys.stderr)
    for name, balance in sorted(ledger.balances.items()):
        print(name, show(balance))
    return 1 if refused else 0


if __name__ == "__main__":
    raise SystemExit(main())
