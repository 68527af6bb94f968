# SPDX-License-Identifier: Apache-2.0
"""Sessions and tokens end when they should, and at once."""

from __future__ import annotations

import pytest

from access.conftest import Town, at
from proofhouse.access import Access, covers
from proofhouse.errors import InputError, RefusedError


def test_a_session_ends_when_nobody_comes(access: Access, town: Town) -> None:
    """Each request keeps a session alive for half an hour, and no longer."""
    secret = access.start_session(town.mira.id, "passkey", at(0))
    for minute in (20, 40, 69):
        found = access.session(secret, at(minute))
        assert found is not None
        assert found.person == town.mira
    assert access.session(secret, at(69 + 30)) is None


def test_a_session_ends_after_twelve_hours(access: Access, town: Town) -> None:
    """However busy it is, a session ends twelve hours after it began."""
    secret = access.start_session(town.mira.id, "passkey", at(0))
    for minute in range(0, 720, 15):
        assert access.session(secret, at(minute)) is not None
    assert access.session(secret, at(720)) is None


def test_with_one_role_nobody_is_asked(access: Access, town: Town) -> None:
    """Who has one role acts in it; who has several chooses, among theirs alone."""
    one = access.session(access.start_session(town.mira.id, "link", at(0)), at(0))
    assert one is not None
    assert (one.organisation, one.role) == (town.lab, "developer")
    access.join(town.noor.id, town.institute.id, "registrar")
    secret = access.start_session(town.noor.id, "link", at(0))
    several = access.session(secret, at(0))
    assert several is not None
    assert (several.organisation, several.role) == (None, None)
    access.choose(several.id, town.institute.id, "registrar")
    chosen = access.session(secret, at(0))
    assert chosen is not None
    assert (chosen.organisation, chosen.role) == (town.institute, "registrar")
    with pytest.raises(RefusedError):
        access.choose(several.id, town.lab.id, "developer")


def test_a_role_that_is_taken_away_is_gone_at_once(access: Access, town: Town) -> None:
    """Who leaves an organisation acts in it no more, in sessions and by tokens that are open."""
    session = access.start_session(town.mira.id, "link", at(0))
    token = access.new_token(town.mira.id, town.lab.id, "developer", ["read"], at(0), at(60))
    assert access.token(token, at(1)) is not None
    access.leave(town.mira.id, town.lab.id, "developer")
    left = access.session(session, at(1))
    assert left is not None
    assert left.role is None
    assert access.token(token, at(1)) is None


def test_sessions_are_revoked(access: Access, town: Town) -> None:
    """A person ends one session or all others; somebody else can't; deactivating ends all."""
    secrets = [access.start_session(town.mira.id, "link", at(n)) for n in range(3)]
    listed = access.sessions(town.mira.id, at(3))
    assert [one.started_at for one in listed] == [at(2), at(1), at(0)]
    with pytest.raises(InputError):
        access.end_session(town.noor.id, listed[0].id)
    access.end_session(town.mira.id, listed[0].id)
    assert access.session(secrets[2], at(3)) is None
    assert access.end_sessions(town.mira.id, but=listed[1].id) == 1
    assert access.session(secrets[0], at(3)) is None
    assert access.session(secrets[1], at(3)) is not None
    access.deactivate(town.mira.id)
    assert access.session(secrets[1], at(3)) is None
    with pytest.raises(InputError):
        access.start_session(town.mira.id, "link", at(4))


def test_a_secret_of_one_kind_is_none_of_another(access: Access, town: Town) -> None:
    """A session is no token, a token no session, a link neither."""
    session = access.start_session(town.mira.id, "link", at(0))
    token = access.new_token(town.mira.id, town.lab.id, "developer", ["read"], at(0), at(60))
    assert access.token(session, at(1)) is None
    assert access.session(token, at(1)) is None
    assert not access.link_works(session, at(1))
    assert access.session("", at(1)) is None


def test_a_token_ends(access: Access, town: Town) -> None:
    """A token works until its end, or until its holder revokes it."""
    mira, lab = town.mira.id, town.lab.id
    secret = access.new_token(mira, lab, "developer", ["read"], at(0), at(10), name="build")
    token = access.token(secret, at(9))
    assert token is not None
    assert (token.person, token.organisation, token.role) == (town.mira, town.lab, "developer")
    assert token.scopes == {"read"}
    assert access.token(secret, at(10)) is None
    other = access.new_token(mira, lab, "developer", ["read"], at(9), at(20))
    (listed,) = (one for one in access.tokens(mira) if one.name == "")
    with pytest.raises(InputError):
        access.revoke_token(town.noor.id, listed.id)
    access.revoke_token(mira, listed.id)
    assert access.token(other, at(10)) is None


@pytest.mark.parametrize(
    ("scopes", "ends"),
    [([], at(60)), (["all"], at(60)), (["read"], at(0)), (["read"], "2027-07-03T00:00:00Z")],
)
def test_a_token_is_bounded(access: Access, town: Town, scopes: list[str], ends: str) -> None:
    """No token without a scope, with an unknown one, without an end, or for over a year."""
    with pytest.raises(InputError):
        access.new_token(town.mira.id, town.lab.id, "developer", scopes, at(0), ends)


def test_a_token_is_of_a_role_that_one_has(access: Access, town: Town) -> None:
    """Nobody makes a token for a role that they don't have."""
    with pytest.raises(RefusedError):
        access.new_token(town.mira.id, town.institute.id, "assessor", ["read"], at(0), at(60))


def test_a_clock_that_was_set_back_lets_nothing_live_on(access: Access, town: Town) -> None:
    """A time long before a session began opens it no more than one after its end."""
    secret = access.start_session(town.mira.id, "link", at(600))
    assert access.session(secret, at(0)) is None
    assert access.session(secret, at(599)) is not None


def test_reading_does_not_cover_deciding() -> None:
    """No scope covers what takes a person."""
    for action in ("determine", "decide-held", "threshold", "open-commitment", "erase"):
        assert not covers(["read", "inquire", "review", "assess", "partner"], action)
    assert covers(["read"], "see-case")
    assert not covers(["nothing"], "see-case")
