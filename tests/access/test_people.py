# SPDX-License-Identifier: Apache-2.0
"""Organisations, people and their roles."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from access.conftest import Town, at
from proofhouse.access import Access
from proofhouse.errors import DamagedError, InputError, RefusedError


def test_what_was_kept_is_there_again(path: Path) -> None:
    """A closed file opens to the same people, and nobody else may read it."""
    access = Access.open(path)
    lab = access.add_organisation("Lab", roles=("steward", "developer"), sector="open", size="3")
    mira = access.add_person(" Mira ", "mira@lab.example")
    access.join(mira.id, lab.id, "steward")
    access.close()
    again = Access.open(path)
    assert again.organisations() == (lab,)
    assert lab.roles == ("developer", "steward")
    assert again.people() == (mira,)
    assert mira.name == "Mira"
    assert [(m.organisation, m.role) for m in again.memberships(mira.id)] == [(lab, "steward")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again.close()


def test_another_file_is_not_taken_for_it(path: Path) -> None:
    """A file of another kind is refused, not used."""
    path.parent.mkdir()
    path.write_bytes(b"SQLite format 3\0" + bytes(4096))
    with pytest.raises(DamagedError):
        Access.open(path)


def test_one_person_has_several_roles(access: Access, town: Town) -> None:
    """One person may act for several organisations, in roles that those have."""
    access.join(town.mira.id, town.institute.id, "assessor")
    access.join(town.mira.id, town.institute.id, "assessor")
    roles = {(m.organisation.name, m.role) for m in access.memberships(town.mira.id)}
    assert roles == {("Example Lab", "developer"), ("Institute", "assessor")}
    with pytest.raises(RefusedError, match="Nobody in Example Lab"):
        access.join(town.mira.id, town.lab.id, "assessor")


def test_two_sides_of_a_case_are_seen(access: Access, town: Town) -> None:
    """Who acts for one organisation and belongs to another party of the case has a conflict."""
    assert access.others_of(town.mira.id, town.lab.id, ["1" * 64, "2" * 64]) == ()
    access.join(town.mira.id, town.institute.id, "assessor")
    found = access.others_of(town.mira.id, town.institute.id, ["1" * 64, "2" * 64])
    assert found == (town.lab,)
    assert access.others_of(town.mira.id, town.institute.id, ["3" * 64]) == ()


def test_the_last_administrator_stays(access: Access, town: Town) -> None:
    """Nobody can take the last administrator away, by either way; one of two can go."""
    with pytest.raises(RefusedError, match="without an administrator"):
        access.deactivate(town.admin.id)
    with pytest.raises(RefusedError, match="without an administrator"):
        access.leave(town.admin.id, town.house.id, "administrator")
    assert access.person(town.admin.id).active
    assert access.memberships(town.admin.id)
    access.join(town.mira.id, town.house.id, "administrator")
    access.deactivate(town.admin.id)
    assert not access.person(town.admin.id).active


def test_administrators_are_those_who_are_let_in(access: Access, town: Town) -> None:
    """An administrator who was deactivated is none."""
    assert access.administrators() == (town.admin,)
    access.join(town.mira.id, town.house.id, "administrator")
    access.deactivate(town.admin.id)
    assert access.administrators() == (town.mira,)


def test_a_party_is_named_later(access: Access, town: Town) -> None:
    """An organisation gets the key that it signs by when it has one."""
    access.set_party(town.house.id, "3" * 64)
    assert access.organisation(town.house.id).party == "3" * 64


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "line\nbreak", "bell\x07", "turn\u202e"])
def test_names_are_one_line(access: Access, name: str) -> None:
    """A name that can't be shown on one line is refused."""
    with pytest.raises(InputError):
        access.add_person(name, "")
    with pytest.raises(InputError):
        access.add_organisation(name, roles=("developer",))


def test_what_is_not_there_is_an_error_of_the_asker(access: Access, town: Town) -> None:
    """Unknown people, organisations, roles and a name that is taken are refused."""
    for ask in (
        lambda: access.person("0"),
        lambda: access.organisation("0"),
        lambda: access.join("0", town.lab.id, "developer"),
        lambda: access.join(town.mira.id, "0", "developer"),
        lambda: access.add_organisation("Example Lab", roles=("developer",)),
        lambda: access.add_organisation("Other", roles=("king",)),
        lambda: access.add_organisation("Other", roles=()),
        lambda: access.set_looks(town.mira.id, locale="en", theme="loud"),
        lambda: access.start_session("0", "link", at()),
    ):
        with pytest.raises(InputError):
            ask()


def test_what_somebody_chose_is_kept(access: Access, town: Town) -> None:
    """Language and theme are a person's."""
    access.set_looks(town.mira.id, locale="es", theme="dark")
    assert (access.person(town.mira.id).locale, access.person(town.mira.id).theme) == ("es", "dark")
