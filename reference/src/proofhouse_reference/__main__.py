# SPDX-License-Identifier: Apache-2.0
"""Starts the endpoint of one strength.

    $ python -m proofhouse_reference --strength strong --port 0 --key-file key.txt
    {"baseUrl": "http://127.0.0.1:40213/v1", "model": "proofhouse-reference-strong"}

The line is printed once the endpoint listens. ``--key-file`` is a path, or the number of an open
file descriptor, so that the key need not touch a disk. The process ends when its standard input
ends or its parent is gone: keep a pipe to it open for as long as it is wanted.

Exit codes: 0 ended as above, 2 wrong usage, a key file without a key, or a port that is taken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from proofhouse_reference.lifetime import die_with_parent, die_with_stdin
from proofhouse_reference.server import Endpoint
from proofhouse_reference.strengths import STRENGTHS

MOST_KEY_BYTES = 4_096


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until standard input ends or the parent is gone."""
    parent = os.getppid()
    parser = argparse.ArgumentParser(
        prog="proofhouse-reference",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--strength", required=True, choices=tuple(STRENGTHS))
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key-file", required=True, help="a path or a file descriptor's number")
    options = parser.parse_args(arguments)
    die_with_parent(parent)
    try:
        endpoint = Endpoint(STRENGTHS[options.strength], _read_key(options.key_file), options.port)
    except (OSError, OverflowError, ValueError) as error:
        print(f"proofhouse-reference: {error}", file=sys.stderr)
        return 2
    line = {"baseUrl": endpoint.base_url, "model": endpoint.strength.model}
    print(json.dumps(line), flush=True)
    die_with_stdin()
    endpoint.serve_forever()
    return 0


def _read_key(where: str) -> str:
    """The key in a file or behind a descriptor, without the white space around it."""
    with open(int(where) if where.isdigit() else where, "rb") as file:
        key = file.read(MOST_KEY_BYTES + 1).decode("ascii").strip()
    if not key or len(key) > MOST_KEY_BYTES:
        raise ValueError(f"The key file must hold a key of 1 to {MOST_KEY_BYTES} ASCII characters.")
    return key


if __name__ == "__main__":
    sys.exit(main())
