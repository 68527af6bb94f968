# SPDX-License-Identifier: Apache-2.0
"""Which rules a case is folded by: its first statement says (an inquiry, or a report).

    register(case, entry, record)      as ``registration`` or ``reporting`` has it

The desk, ``proofhouse verify`` and the inspector's audit all fold through this. A chain that began
as one kind takes no statement of the other: the table it is folded by does not have the event.
"""

from __future__ import annotations

from proofhouse.rules import registration
from proofhouse.rules.registration import Case, Entry, Record
from proofhouse.rules.report import ENDED as REPORT_ENDED
from proofhouse.rules.report import MAKERS
from proofhouse.rules.reporting import register_report
from proofhouse.rules.review import ENDED as INQUIRY_ENDED
from proofhouse.rules.statements import refused

ENDED = INQUIRY_ENDED | REPORT_ENDED
"""The states in which nobody owes anything, of either kind."""


def is_report(case: Case) -> bool:
    """Whether ``case`` is a reported vulnerability; a case that has not begun is none yet."""
    return bool(case.entries) and case.entries[0].name == "report"


def register(case: Case, entry: Entry, record: Record) -> Case:
    """The case after ``entry``. Raises RefusedError or FormatError, and changes nothing."""
    of_report = entry.name in MAKERS
    if case.entries and of_report != is_report(case):
        why = (
            "has no place in a case that began as a reported vulnerability"
            if is_report(case)
            else "has no place in a case that began as an inquiry"
        )
        raise refused(entry, why, "chain")
    return register_report(case, entry) if of_report else registration.register(case, entry, record)
