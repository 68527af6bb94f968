# SPDX-License-Identifier: Apache-2.0
"""What a clear statement says, in words: for the pages of the public record.

    TITLES["determination-notice"]            "A determination was made"
    facts(statement, found)                   [("Bank", link), ("Issued", "1 July 2026 …"), …]

Other people's words pass through ``looks.in_log``. A name is shown where the statement itself
says it, and nowhere else: keys stand as keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from proofhouse.portal import looks
from proofhouse.portal.language import N_, gettext, ngettext, tell
from proofhouse.portal.record import Statement
from proofhouse.views import plain

TITLES: Final = {
    "log-opened": N_("The log was opened"),
    "bank-commitment": N_("A bank version was fixed"),
    "threshold-commitment": N_("A threshold was fixed"),
    "determination-notice": N_("A determination was made"),
    "opening": N_("A commitment was opened"),
    "bank-retirement": N_("A bank version was retired"),
    "key-changed": N_("A key was changed"),
}
"""Kind of a clear statement → what happened."""

MEANINGS: Final = {
    "log-opened": N_("The first leaf. It names the log and the key that signs its checkpoints."),
    "bank-commitment": N_(
        "The secret test items of this version were fixed before anybody was measured by them. "
        "They are opened by the day stated here."
    ),
    "threshold-commitment": N_(
        "The threshold for a bank version was fixed before any submission that it is applied to. "
        "It is hidden in a commitment until it is opened."
    ),
    "determination-notice": N_(
        "A model was measured. The notice names the bank and the threshold that it was measured "
        "by. The outcome is committed here and told to its developer only."
    ),
    "opening": N_(
        "What an earlier leaf had committed to is now open. Anybody can check that it is what was "
        "committed."
    ),
    "bank-retirement": N_("No new submission is measured by this bank version any more."),
    "key-changed": N_("From here on a party signs with another key, or with none."),
}
"""Kind of a clear statement → what that means for a reader."""

ROLES: Final = {
    "developer": N_("developer"),
    "assessor": N_("assessor"),
    "partner": N_("partner"),
    "registrar": N_("registrar"),
    "body": N_("owning body"),
}

Found = Mapping[str, int]
"""Digest of a clear statement → its leaf."""

Fact = tuple[str, Markup | str]


def facts(one: Statement, found: Found) -> list[Fact]:
    """What the statement says, field by field, and who signed it."""
    return [*_FACTS[one.name](one.predicate, found), *_signed(one)]


def _signed(one: Statement) -> Iterator[Fact]:
    signers = [
        Markup("{} {}").format(gettext(ROLES[role]), looks.short(keyid))
        for role, keyid in one.signers
    ]
    yield gettext("Signed by"), Markup("<br>").join(signers)


def leaf_link(digest: str, found: Found) -> Markup:
    """A cited statement, by its leaf if it is there."""
    if digest not in found:
        return looks.short(digest)
    said = gettext("leaf %(number)s") % {"number": looks.number(found[digest])}
    return Markup('<a href="/log/{}">{}</a>').format(found[digest], said)


def families(table: Mapping[str, int]) -> Markup:
    """Families with the number of their levels."""
    shown = []
    for name, levels in table.items():
        said = ngettext("%(num)s level", "%(num)s levels", levels)
        shown.append(Markup("{} ({})").format(looks.in_log(name, 120), said % {"num": levels}))
    return Markup(", ").join(shown)


def _log_opened(said: Any, found: Found) -> Iterator[Fact]:
    yield gettext("Log"), looks.in_log(said["origin"])
    yield gettext("Key of the log"), looks.short(said["verifierKey"])
    kept = {
        "single": N_("one house holds every key"),
        "separate": N_("each party holds its own key"),
    }
    yield gettext("Keys"), gettext(kept[said["custody"]])
    yield gettext("Opened"), looks.moment(said["openedAt"])


TRACKS: Final = {"cyber": N_("cyber"), "chemical": N_("chemical")}


def _bank(said: Any, found: Found) -> Iterator[Fact]:
    yield gettext("Bank"), _version(said)
    yield gettext("Track"), gettext(TRACKS[said["track"]])
    yield (
        gettext("Capabilities tested"),
        looks.listed_in_log([tell(one) for one in said["capabilities"]], 120),
    )
    yield gettext("Families of items"), families(said["families"])
    yield gettext("Owned by"), looks.listed_in_log(said["owners"], 120)
    yield gettext("In the owners’ words"), looks.in_log(said["statement"], 4_000)
    yield gettext("Fixed"), looks.moment(said["committedAt"])
    yield gettext("To be opened by"), looks.moment(said["openBy"])
    yield gettext("Commitment to the secret"), looks.short(said["seed"]["sha256"])
    yield gettext("Digest of the generator"), looks.short(said["generatorDigest"])
    yield gettext("Digest of the calibration"), looks.short(said["calibrationDigest"])


def _version(said: Any) -> Markup:
    return Markup("{}, {}").format(
        looks.in_log(said["bank"], 160),
        gettext("version %(number)s") % {"number": said["version"]},
    )


def _threshold(said: Any, found: Found) -> Iterator[Fact]:
    yield gettext("For the bank at"), leaf_link(said["bank"], found)
    yield gettext("Dimensions"), looks.listed_in_log(said["dimensions"], 120)
    yield gettext("Decided by"), looks.listed_in_log(said["decidedBy"], 160)
    consulted = (
        looks.listed_in_log(said["consulted"], 160) if said["consulted"] else gettext("nobody")
    )
    yield gettext("Consulted"), consulted
    yield gettext("Fixed"), looks.moment(said["committedAt"])
    yield gettext("To be opened by"), looks.moment(said["openBy"])
    yield gettext("Commitment to the threshold"), looks.short(said["threshold"]["sha256"])


def _notice(said: Any, found: Found) -> Iterator[Fact]:
    yield gettext("Measured by the bank at"), leaf_link(said["bank"], found)
    yield gettext("Against the threshold at"), leaf_link(said["threshold"], found)
    yield gettext("Issued"), looks.moment(said["issuedAt"])
    yield gettext("Commitment to the outcome"), looks.short(said["determination"]["sha256"])


def _opening(said: Any, found: Found) -> Iterator[Fact]:
    yield gettext("Opens"), leaf_link(said["of"], found)
    what = {"seed": N_("the secret of the items"), "threshold": N_("the threshold")}
    yield gettext("What is opened"), gettext(what[said["field"]])
    yield gettext("Value"), opened(said["field"], said["value"])
    yield gettext("Opened"), looks.moment(said["openedAt"])


def opened(field: str, value: Any) -> Markup:
    """An opened threshold by dimension, or an opened secret."""
    if field == "seed":
        return looks.short(str(value["seed"]))
    lines = [
        Markup("{}: {}").format(
            looks.in_log(name, 120),
            gettext("%(cut)s logits, with a zone of ±%(zone)s")
            % {
                "cut": plain.logits(cut["cutMicrologits"]),
                "zone": plain.size(cut["zoneMicrologits"]),
            },
        )
        for name, cut in value["dimensions"].items()
    ]
    return Markup("<br>").join(lines)


def _retirement(said: Any, found: Found) -> Iterator[Fact]:
    yield gettext("Retires the bank at"), leaf_link(said["bank"], found)
    yield gettext("Reason"), looks.in_log(said["reason"], 1_600)
    yield gettext("Retired"), looks.moment(said["retiredAt"])


def _key_changed(said: Any, found: Found) -> Iterator[Fact]:
    reasons = {"rotated": N_("rotated"), "revoked": N_("revoked"), "lost": N_("lost")}
    yield gettext("Role"), gettext(ROLES[said["role"]])
    yield gettext("Old key"), looks.short(said["old"])
    yield gettext("New key"), looks.short(said["new"]) if said["new"] else gettext("none")
    yield gettext("Reason"), gettext(reasons[said["reason"]])
    yield gettext("Changed"), looks.moment(said["changedAt"])


_FACTS: Final[Mapping[str, Callable[[Any, Found], Iterator[Fact]]]] = {
    "log-opened": _log_opened,
    "bank-commitment": _bank,
    "threshold-commitment": _threshold,
    "determination-notice": _notice,
    "opening": _opening,
    "bank-retirement": _retirement,
    "key-changed": _key_changed,
}


def brief(one: Statement) -> Markup:
    """A clear statement in one line, for lists and feeds."""
    said = one.predicate
    if one.name == "bank-commitment":
        return _version(said)
    if one.name == "threshold-commitment":
        return looks.listed_in_log(said["dimensions"], 120)
    if one.name == "key-changed":
        return escape(gettext(ROLES[said["role"]]))
    return Markup("")
