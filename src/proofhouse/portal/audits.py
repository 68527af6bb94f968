# SPDX-License-Identifier: Apache-2.0
"""The audit that the portal shows: our own, over the same files that it publishes.

    audits = Audits(log, folder)
    said = audits.latest(policy, now)        the report, the checkpoint's size, when it was made

It is the audit of ``proofhouse audit``, run over the public files by whoever publishes them: a
service to readers, and no proof for those who don't trust this house. The page says so, and how to
run it elsewhere. One audit runs at a time; a report is kept for the checkpoint that it is of. A
log of more than ``AT_ONCE`` leaves is audited again every ``SECONDS`` at the most.

What the last audit saw is kept in ``audit-seen.json`` of the home, so that a log which shrank or
forked while the portal was down is noticed at the next start.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from proofhouse.audit import Report, Seen, audit
from proofhouse.durable import write_file
from proofhouse.errors import ProofhouseError
from proofhouse.formats.policy import Policy
from proofhouse.ledger.log import Log
from proofhouse.ledger.published import Own
from proofhouse.portal import looks
from proofhouse.portal.language import N_, active, gettext
from proofhouse.rules.public import Promise
from proofhouse.rules.window import parse_time

MEMORY: Final = "audit-seen.json"
AT_ONCE: Final = 5_000
SECONDS: Final = 600


@dataclass(frozen=True)
class Said:
    """A report, with the checkpoint it is of (a signed note) and the time it was made."""

    report: Report
    checkpoint: bytes
    at: str

    def promises(self, now: str) -> tuple[Promise, ...]:
        """What is to be opened by when, as it stands at ``now``."""
        return self.report.public.promises(now) if self.report.public else ()


class Audits:
    """The newest audit of ``log``, remembered in the folder ``home``."""

    def __init__(self, log: Log, home: Path) -> None:
        """Take the log; nothing is audited yet."""
        self._log = log
        self._memory = home / MEMORY
        self._lock = threading.Lock()
        self._said: Said | None = None

    def latest(self, policy: Policy | None, now: str) -> Said:
        """The report on the log as it stands, or stood shortly before. Takes a while on a long log.

        Raises StorageError, DamagedError.
        """
        with self._lock:
            note = self._log.checkpoint()
            said = self._said
            if said is not None and (said.checkpoint == note or self._fresh(said, now)):
                return said
            seen = self._remembered()
            if seen is not None and seen.audited_at > now:
                seen = None
            report = audit(Own(self._log), self._log.verifier, policy=policy, now=now, seen=seen)
            if report.seen is not None and report.status == "verified":
                write_file(self._memory, report.seen.to_bytes())
            self._said = Said(report, note, now)
            return self._said

    def _fresh(self, said: Said, now: str) -> bool:
        age = parse_time(now) - parse_time(said.at)
        return self._log.size > AT_ONCE and 0 <= age < SECONDS

    def _remembered(self) -> Seen | None:
        if not self._memory.exists():
            return None
        try:
            return Seen.parse(self._memory.read_bytes())
        except ProofhouseError:
            return None  # a memory that can't be read is none; the report says that it lacks one


TITLES: Final = {
    "checkpoint": N_("The checkpoint is signed"),
    "witnesses": N_("Witnesses saw the same log"),
    "memory": N_("Nothing vanished since the last audit"),
    "tree": N_("Every leaf leads to the signed root"),
    "leaves": N_("Every leaf is well-formed"),
    "signatures": N_("Statements are signed by those who may"),
    "thresholds": N_("One threshold for each bank version"),
    "determinations": N_("Determinations cite what stood before them"),
    "rules": N_("The public rules"),
    "promises": N_("What was promised to be opened"),
    "times": N_("Times"),
    "custody": N_("Who holds the keys"),
    "sealed": N_("What is sealed"),
}
"""A check's name → what it is about."""

Told = tuple[re.Pattern[str], str]


def _sentence(pattern: str, text: str) -> Told:
    return re.compile(pattern), text


SENTENCES: Final = (
    _sentence(
        r"The checkpoint of (?P<log>.+) at (?P<size>[\d,]+) leaves is signed by the log's key\.",
        N_("The checkpoint of %(log)s at %(size)s leaves is signed by the log’s key."),
    ),
    _sentence(
        r"No earlier audit is remembered here: .+",
        N_(
            "No earlier audit is remembered here: whether anything vanished before today can’t be "
            "told."
        ),
    ),
    _sentence(
        r"All (?P<size>[\d,]+) leaves, in (?P<bundles>[\d,]+) bundles?, lead to the signed root; "
        r"(?P<tiles>[\d,]+) hash tiles? agrees? with them\.",
        N_(
            "All leaves (%(size)s) lead to the signed root, and every hash tile (%(tiles)s) agrees "
            "with them."
        ),
    ),
    _sentence(
        r"The (?P<size>[\d,]+) leaves of the last audit, at (?P<at>\S+), are still there, .+",
        N_("The %(size)s leaves of the last audit, at %(at)s, are still there: nothing vanished."),
    ),
    _sentence(
        r"(?P<sealed>[\d,]+) sealed and (?P<clear>[\d,]+) clear leaves, all well-formed\.",
        N_("Sealed leaves: %(sealed)s. Clear leaves: %(clear)s. All are well-formed."),
    ),
    _sentence(
        r"All (?P<count>[\d,]+) signatures on clear statements hold, by parties that the policy "
        r"names; (?P<needed>\d+) of (?P<all>\d+) owning bodies signed each bank and threshold\.",
        N_(
            "All signatures on clear statements hold (%(count)s), by parties that the policy "
            "names. At least %(needed)s of %(all)s owning bodies signed each bank and threshold."
        ),
    ),
    _sentence(
        r"(?P<banks>[\d,]+) bank versions? and (?P<thresholds>[\d,]+) thresholds?: no .+",
        N_(
            "Bank versions: %(banks)s. Thresholds: %(thresholds)s. No bank version has more than "
            "one."
        ),
    ),
    _sentence(
        r"(?P<count>[\d,]+) determination notices?: (it|each) cites .+",
        N_(
            "Determination notices: %(count)s. Each cites a bank and a threshold that stand before "
            "it."
        ),
    ),
    _sentence(r"No determination has been published\.", N_("No determination has been published.")),
    _sentence(
        r"The (?P<what>bank|threshold) commitment at leaf (?P<leaf>\d+) is to be opened by "
        r"(?P<by>\S+)\.",
        N_("The %(what)s commitment at leaf %(leaf)s is to be opened by %(by)s."),
    ),
    _sentence(
        r"The (?P<what>bank|threshold) commitment at leaf (?P<leaf>\d+) was opened, at leaf "
        r"(?P<opened>\d+)\.",
        N_("The %(what)s commitment at leaf %(leaf)s was opened, at leaf %(opened)s."),
    ),
    _sentence(
        r"The (?P<what>bank|threshold) commitment at leaf (?P<leaf>\d+) was opened, at leaf "
        r"(?P<opened>\d+), after the day \((?P<by>\S+)\)\.",
        N_(
            "The %(what)s commitment at leaf %(leaf)s was opened, at leaf %(opened)s, after its "
            "day (%(by)s)."
        ),
    ),
    _sentence(
        r"The (?P<what>bank|threshold) commitment at leaf (?P<leaf>\d+) was to be opened by "
        r"(?P<by>\S+), and is not\.",
        N_("The %(what)s commitment at leaf %(leaf)s was to be opened by %(by)s, and is not."),
    ),
    _sentence(
        r"One home holds every key: this shows integrity, not independence\.",
        N_("One home holds every key: this shows integrity, not independence."),
    ),
    _sentence(
        r"No trusted witness is named: order proven, times claimed; .+",
        N_(
            "No trusted witness is named. The order is proven, the times are claimed; others may "
            "have been shown another log."
        ),
    ),
    _sentence(
        r"What the (?P<count>[\d,]+) sealed leaves hold is for an inspector to open\.",
        N_("What the sealed leaves hold (%(count)s) is for an inspector to open."),
    ),
)
"""The audit's own sentences → how the page says them, so that they can be translated."""

_WORDS: Final = {"bank": N_("bank"), "threshold": N_("threshold")}


def sentence(text: str) -> tuple[str, str]:
    """A sentence of the audit for a reader, and the language that it is in."""
    for pattern, told in SENTENCES:
        if match := pattern.fullmatch(text):
            named: dict[str, Any] = match.groupdict()
            if "what" in named:
                named["what"] = gettext(_WORDS[named["what"]])
            named |= {key: looks.moment(named[key]) for key in ("at", "by") if key in named}
            return Markup(gettext(told)) % named, active()  # noqa: S704 — what is put in is escaped
    return text, "en"
