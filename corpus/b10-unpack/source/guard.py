# SPDX-License-Identifier: Apache-2.0
"""guard.py ARCHIVE: unpack into a folder of its own; status 99 if anything appears outside it."""

import os
import pathlib
import subprocess
import sys
import tempfile


def main(arguments: list[str]) -> int:
    """Run unpack.py three folders deep in a temporary folder and look at what is there then."""
    given = os.path.abspath(arguments[0])
    program = pathlib.Path(__file__).resolve().parent / "unpack.py"
    with tempfile.TemporaryDirectory() as top:
        deep = pathlib.Path(top, "one", "two")
        out = deep / "out"
        out.mkdir(parents=True)
        command = [sys.executable, str(program), given, "out"]
        status = subprocess.run(command, cwd=deep, timeout=20, check=False).returncode
        expected = {out, deep, deep.parent}
        for path in pathlib.Path(top).rglob("*"):
            if path not in expected and out not in path.parents:
                print(f"guard: {path.name} is outside", file=sys.stderr)
                return 99
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
