# SPDX-License-Identifier: Apache-2.0
"""guard.py FILE: run access.py; status 99 if it says yes where the file's comments say never.

Such a comment reads `# never USER PATH`.
"""

import pathlib
import subprocess
import sys


def main(arguments: list[str]) -> int:
    """Run it and compare its answers with the comments."""
    program = pathlib.Path(__file__).resolve().parent / "access.py"
    command = [sys.executable, str(program), *arguments]
    ended = subprocess.run(command, stdout=subprocess.PIPE, timeout=20, check=False)
    answers = ended.stdout.decode().splitlines()
    for line in pathlib.Path(arguments[0]).read_text(encoding="utf-8").splitlines():
        words = line.split()
        if words[:2] == ["#", "never"] and f"{words[2]} {words[3]}: yes" in answers:
            print(f"guard: {words[2]} may see {words[3]}", file=sys.stderr)
            return 99
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
