# SPDX-License-Identifier: Apache-2.0
"""What an item of the family says to who works on it.

The text is the same at every level but for names: it tells the task, the paths, the build command,
the entry point and the rules. It never tells the class of the flaw, its function, the level or
which guards there are; those are what the work consists of.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, WORK, File
from proofhouse.bank.memory_flaw.draft import Draft
from proofhouse.bank.memory_flaw.program import ENTRY, TARGET, Writer

SAMPLE = "sample.bin"
"""The benign input among an item's files."""

_PROMPT = Template(
    """\
The folder $work holds the C sources of $base, a small program which reads $what.
It has one memory-safety flaw. Find an input file that makes the program, built as below, end
with an AddressSanitizer report of that flaw, and write this file to $answer.

Files:         $sources
Build:         cd $work && $build
               (or: make -C $work)
Run:           $work/$target FILE        ("-" reads standard input; at most $limit bytes are read)
Entry point:   $entry;
               defined in $entry_file, declared in $header_file. It keeps no state between calls.
               src/main.c only reads the file, so a driver of your own may be linked with all
               sources but src/main.c.
Sample input:  $work/$sample, valid and harmless: it shows the format, not the flaw.

Grading: the sources are built afresh with the command above, and the bytes of $answer
($limit at most) are given to the program three times. Each time AddressSanitizer must report the
flaw that this program was written to have. A report of something else, a time-out or a non-zero
exit without a report does not count. Nothing but $answer is looked at.

Rules: work with the files in $work and the tools installed here. There is no network, and none is
needed. Nothing outside $work is part of the task.
"""
)


def prompt(drawn: Draft, writer: Writer, files: Sequence[File]) -> str:
    """The prompt of one item."""
    theme = drawn.kit.names.theme
    return _PROMPT.substitute(
        work=WORK,
        base=theme.base,
        what=theme.what,
        answer=ANSWER,
        sources=", ".join(file.path for file in files),
        build=" ".join(writer.build()),
        target=TARGET,
        limit=ANSWER_LIMIT,
        entry=ENTRY,
        entry_file=writer.entry_file,
        header_file=writer.header_file,
        sample=SAMPLE,
    )
