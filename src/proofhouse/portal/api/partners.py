# SPDX-License-Identifier: Apache-2.0
"""Trusted partners for programs (R8): criteria, applications, decisions with reasons, counts.

Whoever applies needs no token: what it is given (``secret``) finds its application again. Names of
those who decide are shown to assessors, never to applicants. Choosing a partner for a case is an
act of developer and assessor together (``grantPartner``), which people sign.
"""

from __future__ import annotations

from typing import Any

from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.api.shapes import COUNT, ref, several, text, time, whole
from proofhouse.portal.fields import Field, NotThereError
from proofhouse.portal.partners import (
    APPLICATION,
    CRITERIA,
    DECISIONS,
    REASONS,
    figures,
    partners_of,
    settle,
    take_application,
)
from proofhouse.portal.register import SECTORS, SIZES, WAITING, Application
from proofhouse.portal.visitor import address_of


def _criteria(call: Call) -> Answer:
    return Answer({"criteria": list(CRITERIA), "sectors": list(SECTORS), "sizes": list(SIZES)})


def _numbers(call: Call) -> Answer:
    told = figures(call.house.register)
    rows = [
        {
            "sector": one.sector,
            "size": one.size,
            "applied": one.applied,
            "accepted": one.accepted,
            "refused": one.refused,
            "waiting": one.waiting,
            "medianDays": one.median_days,
        }
        for one in told["tally"]
    ]
    return Answer({"items": rows, "found": told["found"], "closed": told["closed"]})


def _apply(call: Call) -> Answer:
    secret = take_application(call.house, address_of(call.request), call.filled)
    location = f"{PREFIX}/partners/applied/{secret}"
    url = f"{call.house.settings.origin}/partners/application/{secret}"
    return Answer({"secret": secret, "url": url}, 201, {"Location": location})


def _own(one: Application) -> dict[str, Any]:
    """An application as its applicant sees it."""
    return {
        "name": one.name,
        "sector": one.sector,
        "size": one.size,
        "appliedAt": one.applied_at,
        "state": one.state,
        "steps": [
            {"what": step.what, "reasons": step.reasons, "at": step.at}
            for step in one.steps
            if step.what != "recused"
        ],
    }


def _whole(one: Application) -> dict[str, Any]:
    """An application as an assessor sees it."""
    return {
        "number": one.number,
        "name": one.name,
        "sector": one.sector,
        "size": one.size,
        "contact": one.contact,
        "purpose": one.purpose,
        "protection": one.protection,
        "appliedAt": one.applied_at,
        "state": one.state,
        "waits": one.state in WAITING,
        "steps": [
            {"what": step.what, "by": step.name, "reasons": step.reasons, "at": step.at}
            for step in one.steps
        ],
    }


def _applied(call: Call) -> Answer:
    return Answer(_own(call.house.register.found_by(call.path["secret"])))


def _second_look(call: Call) -> Answer:
    reasons, now = call.filled["reasons"], call.house.clock()
    return Answer(_own(call.house.register.ask_second_look(call.path["secret"], reasons, now)))


def _partners(call: Call) -> Answer:
    items = [
        {"id": one.id, "name": one.name, "party": one.party, "sector": one.sector, "size": one.size}
        for one in partners_of(call.house)
    ]
    return Answer({"items": items})


def _applications(call: Call) -> Answer:
    wanted = call.query["waiting"]
    found = [
        one
        for one in call.house.register.applications()
        if wanted is None or (one.state in WAITING) is (wanted == "true")
    ]
    return Answer({"items": [_whole(one) for one in found]})


def _number(call: Call) -> int:
    """The application that the address names. Raises NotThereError."""
    said = call.path["number"]
    if not said.isascii() or not said.isdigit() or len(said) > 15:
        raise NotThereError("There is no such application.")
    return int(said)


def _application(call: Call) -> Answer:
    return Answer(_whole(call.house.register.application(_number(call))))


def _decide(call: Call) -> Answer:
    what = DECISIONS[call.filled["decision"]]
    return Answer(_whole(settle(call.house, call.who, _number(call), what, call.filled["reasons"])))


_STEP = {"what": text(), "reasons": text(), "at": time("When.")}
_APPLIED = {
    "name": text(),
    "sector": text(),
    "size": text(),
    "appliedAt": time("When it was handed in."),
    "state": text("What was done last."),
}

SCHEMAS: dict[str, Any] = {
    "Criteria": whole(
        {"criteria": several(text()), "sectors": several(text()), "sizes": several(text())},
        "By what trusted partners are chosen.",
    ),
    "PartnerNumbers": whole(
        {
            "items": several(
                whole(
                    {
                        "sector": text(),
                        "size": text(),
                        "applied": COUNT,
                        "accepted": COUNT,
                        "refused": COUNT,
                        "waiting": COUNT,
                        "medianDays": {"type": ["number", "null"]},
                    }
                )
            ),
            "found": {**COUNT, "description": "Flaws that partners found in their own systems."},
            "closed": {**COUNT, "description": "Of these, closed."},
        }
    ),
    "Applied": whole(
        {"secret": text("Finds the application again; keep it."), "url": text(format="uri")}
    ),
    "OwnApplication": whole({**_APPLIED, "steps": several(whole(_STEP))}),
    "Application": whole(
        {
            "number": COUNT,
            **_APPLIED,
            "contact": text(),
            "purpose": text(),
            "protection": text(),
            "waits": {"type": "boolean", "description": "Whether somebody is to decide."},
            "steps": several(whole({**_STEP, "by": text()})),
        }
    ),
    "ApplicationList": whole({"items": several(ref("Application"))}),
    "PartnerList": whole(
        {
            "items": several(
                whole(
                    {
                        "id": text("As `grantPartner` takes it."),
                        "name": text(),
                        "party": {"type": ["string", "null"]},
                        "sector": text(),
                        "size": text(),
                    }
                )
            )
        }
    ),
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "readCriteria",
        "GET",
        "/partners/criteria",
        "",
        "By what trusted partners are chosen",
        _criteria,
        "Partners",
        gives="Criteria",
    ),
    Operation(
        "readPartnerNumbers",
        "GET",
        "/partners/numbers",
        "",
        "Applications, refusals and times by sector and size; what access yielded",
        _numbers,
        "Partners",
        gives="PartnerNumbers",
    ),
    Operation(
        "applyAsPartner",
        "POST",
        "/partners/applied",
        "",
        "Apply to be a trusted partner; nobody needs a token",
        _apply,
        "Partners",
        gives="Applied",
        status=201,
        fields=APPLICATION,
    ),
    Operation(
        "readApplied",
        "GET",
        "/partners/applied/{secret}",
        "",
        "What became of your application",
        _applied,
        "Partners",
        gives="OwnApplication",
        problems=(404,),
    ),
    Operation(
        "askSecondLook",
        "POST",
        "/partners/applied/{secret}/second-look",
        "",
        "Ask, once, that somebody else looks at how it was decided",
        _second_look,
        "Partners",
        gives="OwnApplication",
        fields=REASONS,
        problems=(404, 409),
    ),
    Operation(
        "listPartners",
        "GET",
        "/partners",
        "choose-partner",
        "The trusted partners of this house",
        _partners,
        "Partners",
        gives="PartnerList",
    ),
    Operation(
        "listApplications",
        "GET",
        "/partners/applications",
        "decide-application",
        "Applications, the newest first",
        _applications,
        "Partners",
        gives="ApplicationList",
        query=(
            Field(
                "waiting",
                "Only those that somebody is to decide, or that nobody is",
                kind="choice",
                needed=False,
                options={"true": "true", "false": "false"},
            ),
        ),
    ),
    Operation(
        "readApplication",
        "GET",
        "/partners/applications/{number}",
        "decide-application",
        "One application, with what was done with it",
        _application,
        "Partners",
        gives="Application",
        problems=(404,),
    ),
    Operation(
        "decideApplication",
        "POST",
        "/partners/applications/{number}/decision",
        "decide-application",
        "Accept, refuse, look a second time, or recuse yourself; always with reasons",
        _decide,
        "Partners",
        gives="Application",
        fields=(
            Field(
                "decision",
                "What is decided",
                kind="choice",
                options={name: name for name in DECISIONS},
            ),
            *REASONS,
        ),
        problems=(404, 409),
    ),
)
