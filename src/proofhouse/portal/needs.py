# SPDX-License-Identifier: Apache-2.0
"""What a house needs before a model can be tested in it, and what of it is there.

needs_of(house)          each need in words, and whether it is met; the order is that of the work
without_people(house)    organisations for which nobody has been invited yet
to_decide(house, who)    applications to be a trusted partner that this person may decide
not_here_yet(house)      applicants who were accepted and are no organisation here yet
bodies_move(house)       what the owning bodies have to do first, if anything
may_be_asked(house)      is there a bank with its threshold, by which a model can be measured?
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.access import Organisation
from proofhouse.desk import measure
from proofhouse.portal.house import House
from proofhouse.portal.language import N_
from proofhouse.portal.register import WAITING, Application
from proofhouse.portal.visitor import Visitor
from proofhouse.said import say


@dataclass(frozen=True)
class Need:
    """One thing that a house needs: what, why, and whether it is there."""

    what: str
    why: str
    met: bool


def needs_of(house: House) -> tuple[Need, ...]:
    """What the house needs for a first inquiry, in the order of the work."""
    there: dict[str, int] = {}
    for one in house.access.organisations():
        for role in {role for person, role in house.access.members(one.id) if person.active}:
            there[role] = there.get(role, 0) + 1
    bodies = house.policy.body_threshold
    return (
        Need(
            say(
                "Owning bodies with people: %(have)s, of which %(need)s sign together",
                have=there.get("body", 0),
                need=bodies,
            ),
            N_("They commit to a bank and set its threshold."),
            there.get("body", 0) >= bodies,
        ),
        Need(
            N_("An assessor with people"),
            N_("It plans and runs the tests, determines, writes findings."),
            "assessor" in there,
        ),
        Need(
            N_("A registrar with people"),
            N_("It can close a window by hand; on its day a window closes by itself."),
            "registrar" in there,
        ),
        Need(
            N_("A bank in use, with its threshold"),
            N_("The owning bodies’ move, under “Banks”."),
            may_be_asked(house),
        ),
        Need(
            N_("A developer, or stewards, with people"),
            N_("They ask, whenever they like, or never."),
            bool({"developer", "steward"} & there.keys()),
        ),
    )


def without_people(house: House) -> tuple[Organisation, ...]:
    """The organisations for which nobody may act yet."""
    access = house.access
    return tuple(one for one in access.organisations() if not access.members(one.id))


def may_be_asked(house: House) -> bool:
    """Whether there is a bank in use with its threshold."""
    bank = measure.active_bank(house.desk)
    return bank is not None and measure.active_threshold(house.desk, bank.entry) is not None


def bodies_move(house: House) -> str:
    """What the owning bodies still have to do before anybody can ask; empty if nothing."""
    bank = measure.active_bank(house.desk)
    if bank is None:
        return say("Commit to a sealed bank")
    if measure.active_threshold(house.desk, bank.entry) is None:
        return say("Set the threshold")
    return ""


def to_decide(house: House, who: Visitor) -> tuple[Application, ...]:
    """The applications that wait, but those that this person had a hand in (R8)."""
    person = who.person.id if who.person is not None else ""
    return tuple(
        one
        for one in house.register.applications()
        if one.state in WAITING and person not in {step.person for step in one.steps}
    )


def not_here_yet(house: House) -> tuple[Application, ...]:
    """The accepted applicants that no organisation here has the name of: an administrator is to
    add them, and to reach them where they said.
    """
    here = {one.name.casefold() for one in house.access.organisations() if "partner" in one.roles}
    return tuple(
        one
        for one in house.register.applications()
        if one.state == "accepted" and one.name.casefold() not in here
    )
