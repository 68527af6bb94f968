# SPDX-License-Identifier: Apache-2.0
"""guard.py FILE: run invoice.py; status 99 if it crashes instead of ending by itself."""

import pathlib
import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Run it and look for a crash: a traceback, a signal, or no end."""
    program = pathlib.Path(__file__).resolve().parent / "invoice.py"
    command = [sys.executable, str(program), *arguments]
    try:
        ended = subprocess.run(command, stderr=subprocess.PIPE, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        return 99
    sys.stderr.buffer.write(ended.stderr[-2000:])
    return 99 if ended.returncode < 0 or b"Traceback" in ended.stderr else ended.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
