# SPDX-License-Identifier: Apache-2.0
"""Links, passkeys, identities and steps: each opens what it is for, once, until its end."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest

from access.conftest import Town, at
from proofhouse.access import Access
from proofhouse.errors import InputError, RefusedError, VerificationError


def test_a_link_works_once(access: Access, town: Town) -> None:
    """A link opens for its person, once."""
    secret = access.new_link(town.mira.id, "invitation", at(0), 600)
    assert access.link_works(secret, at(1))
    assert access.link_works(secret, at(1))
    assert access.use_link(secret, at(2)) == town.mira
    with pytest.raises(VerificationError):
        access.use_link(secret, at(2))


def test_every_bad_link_says_the_same(access: Access, town: Town) -> None:
    """Used, ended, replaced, of another purpose, of somebody who is out, or guessed: one answer."""
    used, ended, replaced = (
        access.new_link(person.id, "invitation", at(0), 600)
        for person in (town.mira, town.noor, town.ola)
    )
    access.new_link(town.ola.id, "invitation", at(0), 600)
    access.use_link(used, at(1))
    other = access.new_link(town.admin.id, "other", at(0), 6_000)
    said = set()
    for secret, when in (
        (used, at(1)),
        (ended, at(10)),
        (replaced, at(1)),
        (other, at(1)),
        ("phl_guess", at(1)),
        ("\udcff", at(1)),
        ("", at(1)),
    ):
        with pytest.raises(VerificationError) as caught:
            access.use_link(secret, when)
        said.add(str(caught.value))
    assert len(said) == 1


def test_a_link_of_somebody_who_is_out(access: Access, town: Town) -> None:
    """Deactivating ends a link; none is made for who is not let in."""
    secret = access.new_link(town.mira.id, "invitation", at(0), 600)
    access.deactivate(town.mira.id)
    access.activate(town.mira.id)
    with pytest.raises(VerificationError):
        access.use_link(secret, at(1))
    access.deactivate(town.mira.id)
    with pytest.raises(InputError):
        access.new_link(town.mira.id, "invitation", at(1), 600)


def test_who_was_let_in_sees_it(access: Access, town: Town) -> None:
    """That a link was made, by whom, and that it was used, is told and stays."""
    access.new_link(town.mira.id, "invitation", at(0), 600, by=town.admin.id)
    secret = access.new_link(town.mira.id, "invitation", at(1), 600)
    access.use_link(secret, at(2))
    told = [(one.what, one.by, one.at) for one in access.let_in(town.mira.id)]
    assert told == [("used", None, at(2)), ("made", None, at(1)), ("made", town.admin.id, at(0))]
    assert access.let_in(town.noor.id) == ()


def test_threads_use_a_link_once(access: Access, town: Town) -> None:
    """Of many who use one link at the same moment, one gets in."""
    secret = access.new_link(town.mira.id, "invitation", at(0), 600)
    came, gate = [], threading.Barrier(8)

    def come() -> None:
        gate.wait()
        with contextlib.suppress(VerificationError):
            came.append(access.use_link(secret, at(1)))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came == [town.mira]


def test_the_first_administrator(access: Access) -> None:
    """The set-up link makes one administrator and the house; then there is no other such link."""
    assert not access.is_set_up()
    secret = access.new_setup(at(0))
    assert access.link_works(secret, at(1), "setup")
    with pytest.raises(VerificationError):
        access.use_link(secret, at(1), "setup")
    with pytest.raises(InputError):
        access.set_up(secret, at(1), organisation="", name="Ada", contact="")
    ada = access.set_up(secret, at(1), organisation="The house", name="Ada", contact="")
    assert access.is_set_up()
    assert [m.role for m in access.memberships(ada.id)] == ["administrator"]
    with pytest.raises(VerificationError):
        access.set_up(secret, at(1), organisation="Other", name="Eve", contact="")
    with pytest.raises(RefusedError):
        access.new_setup(at(2))


def test_an_older_set_up_link_is_worth_nothing(access: Access) -> None:
    """Each start shows a new link, and the one before stops working."""
    first, second = access.new_setup(at(0)), access.new_setup(at(1))
    assert not access.link_works(first, at(2), "setup")
    assert access.link_works(second, at(2), "setup")
    assert not access.link_works(second, at(61), "setup")


def test_no_secret_lies_in_the_file(path: Path, access: Access, town: Town) -> None:
    """Neither links, sessions, tokens nor steps are in the file or its write-ahead log."""
    mira, lab = town.mira.id, town.lab.id
    found = [
        access.new_link(mira, "invitation", at(0), 600),
        access.start_session(mira, "link", at(0)),
        access.new_token(mira, lab, "developer", ["read"], at(0), at(60)),
        access.begin_step("sign-in", {"challenge": "c"}, at(0)),
    ]
    data = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"invitation" in data
    for secret in found:
        _, _, random = secret.partition("_")
        assert len(random) == 43
        assert random.encode() not in data


def test_passkeys_are_their_holders(access: Access, town: Town) -> None:
    """A passkey is one person's, is found by its credential, and opens nothing once removed."""
    key = access.add_passkey(town.mira.id, b"c1", b"public-1", at(0), name="laptop")
    assert access.passkeys(town.mira.id) == (key,)
    assert access.passkey(b"c1") == key
    with pytest.raises(RefusedError, match="registered already"):
        access.add_passkey(town.noor.id, b"c1", b"public-2", at(0))
    with pytest.raises(RefusedError, match="registered already"):
        access.add_passkey(town.noor.id, b"c2", b"public-1", at(0))
    access.used_passkey(b"c1", 7, at(1))
    used = access.passkey(b"c1")
    assert used is not None
    assert (used.sign_count, used.used_at) == (7, at(1))
    with pytest.raises(InputError):
        access.remove_passkey(town.noor.id, b"c1")
    access.remove_passkey(town.mira.id, b"c1")
    assert access.passkey(b"c1") is None


def test_a_passkey_of_somebody_who_is_out(access: Access, town: Town) -> None:
    """Who is deactivated is not found by their passkey or identity."""
    access.add_passkey(town.mira.id, b"c1", b"public-1", at(0))
    access.add_identity(town.mira.id, "https://id.example", "42")
    access.deactivate(town.mira.id)
    assert access.passkey(b"c1") is None
    assert access.identity("https://id.example", "42") is None


def test_nobody_has_more_than_20_passkeys(access: Access, town: Town) -> None:
    """The number of passkeys of one person is bounded."""
    for n in range(20):
        access.add_passkey(town.mira.id, b"c%d" % n, b"p%d" % n, at(0))
    with pytest.raises(RefusedError, match="more than 20"):
        access.add_passkey(town.mira.id, b"c20", b"p20", at(0))


def test_an_identity_is_issuer_and_subject(access: Access, town: Town) -> None:
    """The same subject at another issuer is somebody else; an identity is bound once."""
    access.add_identity(town.mira.id, "https://id.example", "42")
    assert access.identity("https://id.example", "42") == town.mira
    assert access.identity("https://other.example", "42") is None
    assert access.identity("https://id.example", "43") is None
    with pytest.raises(RefusedError):
        access.add_identity(town.noor.id, "https://id.example", "42")
    assert access.identities(town.mira.id) == (("https://id.example", "42"),)
    access.remove_identity(town.mira.id, "https://id.example", "42")
    assert access.identity("https://id.example", "42") is None
    with pytest.raises(InputError):
        access.remove_identity(town.mira.id, "https://id.example", "42")


def test_a_step_is_taken_once(access: Access) -> None:
    """What is kept between two requests is taken once, for its kind, until its end."""
    secret = access.begin_step("oidc", {"nonce": "n"}, at(0), 300)
    assert access.take_step("passkey", secret, at(1)) is None
    assert access.take_step("oidc", secret, at(1)) == {"nonce": "n"}
    assert access.take_step("oidc", secret, at(1)) is None
    late = access.begin_step("oidc", {}, at(0), 300)
    assert access.take_step("oidc", late, at(5)) is None
