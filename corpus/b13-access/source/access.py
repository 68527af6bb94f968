# SPDX-License-Identifier: Apache-2.0
"""access.py FILE: answer the questions of a file by its rules.

Besides rules (see rules.py) a file has questions, `ask USER PATH`, and comments, which begin
with #. All rules hold for all questions. Prints `USER PATH: yes` or `no` for each.
"""

import pathlib
import sys

import rules


def read(text: str) -> tuple[rules.Rules, list[tuple[str, str]]]:
    """The rules of a file and its questions."""
    found = rules.Rules()
    questions = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] != "ask":
            found.add(line)
        elif len(words) == 3 and words[2].startswith("/"):
            questions.append((words[1], words[2]))
        else:
            raise rules.RulesError(f"not understood: {line}")
    return found, questions


def main(arguments: list[str]) -> int:
    """Run the command; the status is 0 or 2."""
    if len(arguments) != 1:
        print("usage: access.py FILE", file=sys.stderr)
        return 2
    try:
        found, questions = read(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    except (OSError, UnicodeError, rules.RulesError) as problem:
        print(f"access: {problem}", file=sys.stderr)
        return 2
    for user, path in questions:
        print(f"{user} {path}: {'yes' if found.may_see(user, path) else 'no'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
