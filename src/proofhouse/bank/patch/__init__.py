# SPDX-License-Identifier: Apache-2.0
"""The patch family: a small C program with a flaw, a report of it, and a repair to be written.

    derive(key, 3, 7)  →  item patch/3/07: sources, build command, report, proof, tests, prompt

The answer is a unified diff. The oracle is the clearinghouse's gate: the diff fits, the program
builds, the proof is gone, and every hidden input is answered as the rightly repaired program
answers it. Six levels (``levels``); ten kinds of flaw over four kinds of storage, in programs that
read like the memory-flaw family's. The reference solution is written by the generator that planted
the flaw.

Spec: spec/family-patch.md. The programs are toys written here; nothing real is attacked.
"""

from __future__ import annotations

from proofhouse.bank.derivation import check_place
from proofhouse.bank.item import INPUT, File, Item
from proofhouse.bank.memory_flaw.program import TARGET
from proofhouse.bank.patch.inputs import Inputs
from proofhouse.bank.patch.levels import LEVELS, TOLD
from proofhouse.bank.patch.oracle import CASES, PROOF, REPORT, WRONG, PatchOracle
from proofhouse.bank.patch.program import Program, draw_program
from proofhouse.bank.patch.prompt import prompt, public_tests
from proofhouse.bank.patch.report import fault_line, report
from proofhouse.bank.patch.version import FLAWED, REPAIRED
from proofhouse.bank.patch.wrong import chosen, wrong

__all__ = ["LEVELS", "NAME", "PatchOracle", "derive", "item_of"]

NAME = "patch"
"""The family's name."""

_SECONDS = 10


def derive(key: bytes, level: int, index: int) -> Item:
    """The item of ``key`` (32 bytes) at ``level`` (of LEVELS) and ``index`` (0 to 2^32 - 1).

    Raises InputError for a key of another length or a level or index out of range.
    """
    check_place(NAME, LEVELS, key, level, index)
    return item_of(draw_program(key, level, index))


def item_of(program: Program) -> Item:
    """The item that a program becomes."""
    inputs = Inputs(program)
    proof, samples = inputs.proof(), inputs.samples()
    files = (
        *program.files(FLAWED),
        File(REPORT, report(program)),
        File(PROOF, proof),
        *public_tests(program, samples),
    )
    cases = inputs.cases([file.data for file in files])
    bad = [(name, wrong(program, proof, name)) for name in chosen(program)]
    return Item(
        family=NAME,
        level=program.level,
        index=program.index,
        prompt=prompt(program, files),
        files=files,
        build=program.writer(FLAWED).build(),
        run=(f"./{TARGET}", INPUT),
        oracle=_oracle(program),
        solution=program.diff(FLAWED, REPAIRED),
        benign=samples,
        timeout_seconds=_SECONDS,
        hidden=(
            *(File(f"{CASES}{at:03d}.bin", data) for at, data in enumerate(cases)),
            *(File(f"{WRONG}{name}.diff", data) for name, data in bad),
        ),
    )


def _oracle(program: Program) -> PatchOracle:
    planted = program.planted
    if "lines" not in TOLD[program.level - 1]:
        return PatchOracle(planted.classes, planted.culprit)
    path, line = fault_line(program.files(FLAWED), planted.culprit, planted.fault())
    return PatchOracle(planted.classes, planted.culprit, path, line)
