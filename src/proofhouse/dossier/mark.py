# SPDX-License-Identifier: Apache-2.0
"""The proof mark: where the evidence came to rest between its two boundaries, as a stamp.

Two lines are the boundaries, the dot is the evidence: above both (COVERED), below both
(NOT_COVERED), between (INCONCLUSIVE). No dot, no finding; a ring that stands open is a developer
who has left. It tells by shape, not by colour: no outcome is green, and none is red.
"""

from __future__ import annotations

from markupsafe import Markup

from proofhouse.dossier.svg import element
from proofhouse.views.values import Answer

_DOT = {"COVERED": 26, "NOT_COVERED": 94, "INCONCLUSIVE": 60}
_SAID: dict[Answer, str] = {
    "COVERED": "Mark: a dot above two lines, the evidence beyond the upper boundary",
    "NOT_COVERED": "Mark: a dot below two lines, the evidence beyond the lower boundary",
    "INCONCLUSIVE": "Mark: a dot between two lines, the evidence between its boundaries",
    "WITHDRAWN": "Mark: an open ring, the developer withdrew",
    "NO_FINDING": "Mark: two lines without a dot, no finding",
}


def mark(answer: Answer) -> Markup:
    """The stamp of ``answer``, 120 units square."""
    parts = [
        element("circle", cx=60, cy=60, r=57, class_="mark-thin"),
        element("circle", cx=60, cy=60, r=52, class_="mark-ring"),
        element("line", x1=10, y1=44, x2=110, y2=44, class_="mark-line"),
        element("line", x1=10, y1=76, x2=110, y2=76, class_="mark-line"),
    ]
    if answer == "WITHDRAWN":
        parts = [
            element("path", d="M105 33.6A52 52 0 1 0 105 86.4", class_="mark-ring"),
            element("path", d="M58 60H112M99 47l13 13-13 13", class_="mark-line"),
        ]
    if answer in _DOT:
        parts.append(element("circle", cx=60, cy=_DOT[answer], r=8, class_="mark-dot"))
    return element(
        "svg",
        *parts,
        class_="mark",
        viewBox="0 0 120 120",
        width=120,
        height=120,
        role="img",
        aria_label=_SAID[answer],
    )
