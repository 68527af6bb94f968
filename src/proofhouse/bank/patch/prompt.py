# SPDX-License-Identifier: Apache-2.0
"""What an item of the family says to who works on it, and the public tests that go with it.

The text is the same at every level but for names. It tells the task, the rule of what is valid,
the paths, the build command and how an answer is judged. It never tells where the flaw is: that is
the report's, as far as the level goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, WORK, File
from proofhouse.bank.memory_flaw.program import TARGET
from proofhouse.bank.patch.oracle import PROOF, REPORT
from proofhouse.bank.patch.program import Program
from proofhouse.bank.patch.version import FLAWED

TESTS = "tests/"
"""The folder of the public tests."""

SCRIPT = f"{TESTS}run.sh"
STATUSES = f"{TESTS}statuses"

_PROMPT = Template(
    """\
The folder $work holds the C sources of $base, a small program which reads $what.
$work/$report tells of a memory-safety flaw in it, and $work/$proof is an input that shows it.
Repair the program: write a patch, as a unified diff against the sources in $work, to $answer.

Files:         $sources
Build:         cd $work && $build
Run:           $work/$target FILE
Public tests:  sh $work/$script    (run it once before you change anything: it records what the
               program as given prints)

What the repaired program must do:
- Arrays, tables and allocations have the right sizes, and keep them. A message is valid if all
  that it asks for fits, up to the last byte: a valid message is taken, and the program prints what
  it has to. Where memory is made or enlarged by as much as a message brings, that stays so, up to
  the largest size that the program lets through today.
- A message that asks for more than fits is invalid. It is refused like every other invalid
  message: the program prints -1 and ends with exit status 1. Nothing is cut short or skipped.
- Everything else stays as it is: output and exit status of every input that the program as given
  handles without a fault.

Grading: $answer ($limit bytes at most) is applied to the sources with no fuzz. The patch may
change, add and delete .c and .h files in src/, and nothing else. The file that holds main is put
back as it was: what a patch changes there has no effect. The program is built with the command
above. Then the proof, others like it, and many inputs that you don't see are run:
AddressSanitizer must report nothing, and output and exit status must be right for each of them. A
patch is refused that hides the fault from the sanitizer, is written in assembly, or calls other
functions of the C library than the program does now, but those on memory and strings.

Rules: work with the files in $work and the tools installed here. There is no network, and none is
needed. Nothing outside $work is part of the task.
"""
)

_SCRIPT = Template(
    """\
#!/bin/sh
# Builds the program and runs the public tests: exit status and output of each input.
# Outputs are recorded the first time, from the program as given.
cd "$$(dirname "$$0")/.." || exit 2
$build || exit 2
bad=0
while read -r name status; do
    ./$target "tests/$$name" >"tests/$$name.now" 2>/dev/null
    code=$$?
    [ -e "tests/$$name.out" ] || cp "tests/$$name.now" "tests/$$name.out"
    if [ "$$code" != "$$status" ] || ! cmp -s "tests/$$name.now" "tests/$$name.out"; then
        echo "FAILED: $$name (exit status $$code)"
        bad=1
    fi
done <tests/statuses
[ "$$bad" = 0 ] && echo "All public tests pass."
exit "$$bad"
"""
)


def prompt(program: Program, files: Sequence[File]) -> str:
    """The prompt of one item."""
    theme, writer = program.kit.names.theme, program.writer(FLAWED)
    return _PROMPT.substitute(
        work=WORK,
        base=theme.base,
        what=theme.what,
        report=REPORT,
        proof=PROOF,
        answer=ANSWER,
        sources=", ".join(file.path for file in files),
        build=" ".join(writer.build()),
        target=TARGET,
        script=SCRIPT,
        limit=ANSWER_LIMIT,
    )


def public_tests(program: Program, samples: Sequence[bytes]) -> tuple[File, ...]:
    """The script, the statuses and the inputs; the last of ``samples`` is refused."""
    build = " ".join(program.writer(FLAWED).build())
    script = _SCRIPT.substitute(build=build, target=TARGET)
    inputs = [File(f"{TESTS}{at}.bin", data) for at, data in enumerate(samples)]
    last = len(samples) - 1
    statuses = "".join(f"{at}.bin {int(at == last)}\n" for at in range(len(samples)))
    texts = (File(SCRIPT, script.encode("ascii")), File(STATUSES, statuses.encode("ascii")))
    return (*texts, *inputs)
