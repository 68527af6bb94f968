# SPDX-License-Identifier: Apache-2.0
"""What a page says is so: who is sealed is sealed everywhere, what can't be done isn't offered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.conftest import Town  # type: ignore[import-not-found]
from portal.test_cases import make, sign, text_of  # type: ignore[import-not-found]
from proofhouse.errors import RefusedError
from proofhouse.portal.acts import ACTS, CLAUSES, check_open, open_acts, struck_for


@pytest.mark.parametrize(("role", "sees"), [("partner", False), ("inspector", True)])
def test_whoever_is_sealed_is_sealed_as_a_signer_too(
    quiet_town: Town, role: str, sees: bool
) -> None:
    """The developer's name stands on no page, in no dossier and in no answer to a partner (R7)."""
    start = quiet_town.case_in("partner_to_accept")[:16]
    client = quiet_town.client(role)
    program = quiet_town.program(role, "read", "read-confidential")
    for answer in (
        client.get(f"/cases/{start}"),
        client.get(f"/cases/{start}/dossier.html"),
        program.get(f"/api/v1/cases/{quiet_town.case_in('partner_to_accept')}/statements"),
    ):
        assert answer.status_code == 200
        assert ("Example Lab" in answer.text) is sees
        assert "Institute" in answer.text
    page = text_of(client.get(f"/cases/{start}"))
    assert ("Developer ·" in page) is not sees


def test_what_striking_a_clause_means_is_said_and_kept(worn_town: Town) -> None:
    """The form says what each strike rules out; what is ruled out is neither offered nor drafted
    (R4), and the remedy is one that is there.
    """
    start = worn_town.case_in("developer_to_answer_terms")[:16]
    form = text_of(worn_town.client("developer").get(f"/cases/{start}/do/answer-terms"))
    assert form.count("If you strike it, there is no") == len(CLAUSES)
    case = worn_town.house.desk.case(worn_town.case_in("findings_received"))
    answered = case.need("terms-answered")
    struck = {**answered.predicate, "answers": dict.fromkeys(CLAUSES, "accepted")}
    struck["answers"]["insiderRisk"] = "struck"
    told = replace(answered, predicate=struck)
    limited = replace(case, entries=tuple(told if e is answered else e for e in case.entries))
    grant = ACTS["grant-partner"]
    assert grant in open_acts(case, "assessor")
    assert grant not in open_acts(limited, "assessor")
    with pytest.raises(RefusedError, match="insiderRisk") as refused:
        check_open(grant, limited)
    assert "new offer" not in refused.value.hint
    assert struck_for("plan", limited) == ""


def test_a_page_says_what_was_struck(worn_town: Town) -> None:
    """Whoever opens the case reads at once what there is none of, and why."""
    case = worn_town.case_in("developer_to_answer_terms")
    answers = {**dict.fromkeys(CLAUSES, "accepted"), "insiderRisk": "struck"}
    draft = make(worn_town, "developer", f"/cases/{case[:16]}/do/answer-terms", answers)
    sign(worn_town, "developer", draft)
    page = text_of(worn_town.client("assessor").get(f"/cases/{case[:16]}"))
    assert "“Insider risk” is struck, and so there is no access for trusted partners." in page
