# SPDX-License-Identifier: Apache-2.0
"""count.py [-q|--brief] [-t FILE|--to FILE] NAME...: count the words of files."""

import argparse
import pathlib
import sys


def main(arguments: list[str]) -> int:
    """Print a line for each file and the total, or write them to a file."""
    parser = argparse.ArgumentParser(description="Count the words of files.")
    parser.add_argument("-q", "--brief", action="store_true", help="only the total")
    parser.add_argument("-t", "--to", metavar="FILE", help="write to this file")
    parser.add_argument("names", nargs="+")
    options = parser.parse_args(arguments)
    lines = []
    total = 0
    for name in options.names:
        words = len(pathlib.Path(name).read_text(encoding="utf-8").split())
        total += words
        if not options.brief:
            lines.append(f"{name}: {words} words\n")
    lines.append(f"total: {total} words\n")
    if options.to:
        pathlib.Path(options.to).write_text("".join(lines), encoding="utf-8")
    else:
        sys.stdout.write("".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
