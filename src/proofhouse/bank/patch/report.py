# SPDX-License-Identifier: Apache-2.0
"""The report, as a maintainer gets it: what a sanitizer said, as much of it as the level tells.

    Found by a fuzzer. ./target proof.bin ends with:

    ERROR: AddressSanitizer: stack-buffer-overflow
        #0 build_nozzle src/handlers.c:31
        #1 dispatch src/weave.c:14
        …

The text is made from the facts the program was written from; the judge runs the proof and holds
the class, the function and the line to what is then seen. Addresses are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from proofhouse.bank.item import File
from proofhouse.bank.patch.levels import TOLD
from proofhouse.bank.patch.oracle import PROOF
from proofhouse.bank.patch.program import Program
from proofhouse.bank.patch.version import FLAWED

_BETWEEN = {"groups": ("group",), "packets": ("packet",)}
"""Functions of a framing between ``parse`` and ``dispatch``."""

_LEAD = "This came in from a fuzzing run. ./target {proof} ends with "


def fault_line(files: Sequence[File], function: str, statement: str) -> tuple[str, int]:
    """Path and line of ``statement`` in the definition of ``function``.

    Raises LookupError if there is none.
    """
    for file in files:
        inside = False
        for number, line in enumerate(file.data.decode("ascii").splitlines(), 1):
            if line and line[0].isalpha() and not line.endswith(";"):
                inside = f" {function}(" in line or f"*{function}(" in line
            if inside and line.strip() == statement:
                return file.path, number
    raise LookupError(f"No line of {function} is {statement!r}.")


def report(program: Program) -> bytes:
    """The report's text."""
    told, planted = TOLD[program.level - 1], program.planted
    lead = _LEAD.format(proof=PROOF)
    if "class" not in told:
        return f"{lead}a report of AddressSanitizer.\nThe input is attached.\n".encode("ascii")
    lines = [lead.rstrip() + ":", "", f"ERROR: AddressSanitizer: {planted.classes[0]}"]
    lines += _trace(program, told)
    if "limit" in told:
        site = planted.sites[0]
        what = "offset and length together" if site.offset else "length"
        lines += ["", f"Valid in {site.function}: {what} up to {site.valid}, and not one more."]
    return ("\n".join((*lines, "", "The input is attached.")) + "\n").encode("ascii")


def _trace(program: Program, told: Sequence[str]) -> list[str]:
    if "function" not in told:
        return []
    planted, files = program.planted, program.files(FLAWED)
    names = [planted.culprit]
    if "trace" in told:
        handler = planted.sites[0].function
        closing = planted.culprit == program.kit.close
        if not closing:
            names += [] if handler == planted.culprit else [handler]
            between = _BETWEEN.get(program.framing.skeleton, ())
            names += ["dispatch", *between, "parse"]
        names += ["process", "main"]
    lines = [f"    #{at} {name}" for at, name in enumerate(names)]
    if "lines" in told:
        path, number = fault_line(files, planted.culprit, planted.fault())
        lines[0] += f" {path}:{number}"
    return lines
