# SPDX-License-Identifier: Apache-2.0
"""What to do next, for whoever reads it in a browser: no command, no option's name.

    advice("Commit it first: proofhouse bank commit")   "The owning bodies commit to one, under …"

The rooms below tell what is allowed as a terminal needs it. What has a way in the portal is told by
``HERE``; what has none, and names a command all the same, is left out: the error itself stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from proofhouse.portal.language import N_

COMMAND: Final = re.compile(r"\bproofhouse [a-z]|(?<![\w-])--[a-z]|\bbase_url\b|\bpip install\b")
"""What only a terminal takes."""

HERE: Final[Mapping[str, str]] = {
    "proofhouse bank commit": N_("The owning bodies commit to one, under “Banks and thresholds”."),
    "bank new --again": N_("The owning bodies commit to another, under “Banks and thresholds”."),
    "bank seed recover": N_("Its custodians can bring it back; the operator knows how."),
    "--open-by": N_("Write a day like 2027-06-01."),
    "--anyway": N_("End those cases first."),
    "proofhouse held": N_("The page of held scores lists what can be decided."),
    "--to developer": N_("Disclose the result to the developer first."),
    "Each steward": N_("Each steward signs the same draft; it stands on their start page."),
    "--abandon": N_("Put back what was submitted and repeat, or let the developer withdraw."),
    "--scan-model": N_("The operator can go on with it as it was begun."),
    "--base-url": N_("Name a model at an endpoint openai-api/LAB/MODEL, and give its address."),
    "base_url": N_("Give its address, and its key if it needs one."),
    "--reachable": N_(
        "Give an address on the public internet, or have the operator of this house allow this one."
    ),
    "pip install": N_("The operator of this house can install it."),
    "proofhouse audit": N_("The page “Audit” tells more. Ask the log’s operator."),
}
"""What a hint for a terminal holds → what is told in a browser instead."""


def advice(hint: str) -> str:
    """``hint`` as a browser needs it."""
    if not COMMAND.search(hint):
        return hint
    return next((told for held, told in HERE.items() if held in hint), "")
