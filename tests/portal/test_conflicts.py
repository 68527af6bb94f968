# SPDX-License-Identifier: Apache-2.0
"""Nobody sits on two sides of a case (R8), and nobody is shut out of their own (R1)."""

from __future__ import annotations

import pytest

from .conftest import Town


@pytest.mark.parametrize("role", ["assessor", "inspector", "registrar"])
def test_who_belongs_to_the_developer_does_not_judge_it(town: Town, role: str) -> None:
    """Whoever also belongs to the lab sees its cases in no other role; their colleagues do."""
    case = town.case_in("assessor_to_plan")
    client = town.client(role)
    assert client.get(f"/cases/{case[:16]}").status_code == 200
    lab = town.organisations["Example Lab"]
    town.house.access.join(town.person(role).id, lab.id, "developer")
    refused = client.get(f"/cases/{case[:16]}")
    assert refused.status_code == 409
    assert "You also belong to Example Lab" in refused.text
    assert client.get("/home").status_code == 200


def test_the_developers_side_is_never_shut_out(town: Town) -> None:
    """A developer who also belongs to the assessor's institute still opens and leaves its case."""
    case, person = town.case_in("assessor_to_plan"), town.person("developer")
    institute = town.organisations["Institute"]
    town.house.access.join(person.id, institute.id, "assessor")
    client = town.client("developer")
    assert client.get(f"/cases/{case[:16]}").status_code == 200
    assert client.get(f"/cases/{case[:16]}/do/withdraw").status_code == 200
