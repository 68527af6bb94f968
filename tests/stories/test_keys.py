# SPDX-License-Identifier: Apache-2.0
"""Stewards, sponsors, changed keys and opened banks, by the commands that real parties use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proofhouse.errors import InputError, RefusedError, UnknownSignerError
from stories.test_parties import Party, World, rehearsed

__all__ = ["rehearsed"]


@pytest.fixture
def world(tmp_path: Path, rehearsed: None) -> World:
    made = World(tmp_path)
    made.found()
    return made


def _stewards(tmp_path: Path) -> tuple[World, list[Party]]:
    """A log that knows three stewards of an open model, each with a home."""
    world = World(tmp_path)
    homes = [Party(tmp_path / f"steward-{number}") for number in (1, 2, 3)]
    trusted = []
    for number, home in enumerate(homes, 1):
        home("init")
        home("key", "new", "developer")
        about = home("key", "show", "developer", "--holder", f"Steward {number}")
        file = world.mail / f"steward-{number}.json"
        file.write_text(json.dumps(about))
        trusted += ["--trust", str(file)]
    told = world.registry(
        *("init", "--log", "registry.example/log", "--hold", "assessor", "--hold", "registrar"),
        *("--hold", "body-1", *trusted),
    )
    for home in homes:
        home("init", "--policy", told["policy"])
    world.registry("bank", "commit")
    world.registry("threshold", "commit")
    return world, homes


def _inquire(world: World, homes: list[Party]) -> None:
    keys = [json.loads((world.mail / f"steward-{n}.json").read_text())["keyid"] for n in (1, 2, 3)]
    names = [word for key in keys for word in ("--steward", key[:12])]
    first, second = world.mail / "q1.json", world.mail / "q2.json"
    told = homes[0](
        *("inquire", "--name", "Open Model", "--contact", "list@open.example", *names),
        *("--needed", "2", "--ledger", world.published(), "--out", first),
    )
    world.case = told["case"]
    with pytest.raises(RefusedError, match=r"needs 2 signature\(s\) of the stewards"):
        world.registry("inquire", "--in", first)
    homes[1]("inquire", "--in", first, "--as", "developer", "--out", second)
    world.registry("inquire", "--in", second)


def test_two_of_three_stewards_submit_and_any_two_withdraw(tmp_path: Path, rehearsed: None) -> None:
    """k of n sign every statement of the project's side, in homes of their own (R18)."""
    world, homes = _stewards(tmp_path)
    _inquire(world, homes)
    one, two = world.mail / "w1.json", world.mail / "w2.json"
    homes[2]("withdraw", "--case-file", world.bundle(), "--out", one)
    with pytest.raises(RefusedError, match="of the stewards and has 1"):
        world.registry("withdraw", "--in", one)
    homes[0]("withdraw", "--in", one, "--as", "developer", "--out", two)
    assert world.registry("withdraw", "--in", two)["state"] == "withdrawn"
    assert world.registry("verify", world.bundle("inspector"))["status"] == "verified"


def test_a_sponsor_has_a_public_artefact_tested_and_cannot_ask_for_its_review(
    world: World,
) -> None:
    """By digest only, up to the determination; the review is its developer's own to ask for."""
    file = world.mail / "q.json"
    told = world.developer(
        *("inquire", "--name", "A university", "--contact", "x@uni.example", "--sponsor"),
        *("--ledger", world.published(), "--out", file),
    )
    world.case = told["case"]
    world.registry("inquire", "--in", file)
    plain = ("submit", "--model", "openai-api/lab/x", "--weights", "ab" * 32, "--no-probe")
    with pytest.raises(RefusedError, match="names no public artefact"):
        world.send(world.developer, *plain)
    world.send(world.developer, *plain, "--artefact", "https://models.example/open-1")
    assert world.determine() == "covered"
    with pytest.raises(RefusedError, match="own developer"):
        world.send(world.developer, "agree", "request")


def test_a_developer_rotates_its_key_in_the_middle_of_a_case(world: World) -> None:
    """The case goes on under the new key, the old one is silent, and the bundle verifies."""
    world.inquire()
    late = world.mail / "late.json"
    world.developer("withdraw", "--case-file", world.bundle(), "--out", late)
    file = world.mail / "rotation.json"
    world.developer("key", "rotate", "developer", "--out", file)
    world.registry("key", "rotate", "--in", file)
    with pytest.raises(UnknownSignerError, match="was rotated at leaf"):
        world.registry("withdraw", "--in", late)
    world.developer("key", "rotate", "developer", "--finish", raw=True)
    world.submit()
    assert world.registry("verify", world.bundle("inspector"))["status"] == "verified"
    with pytest.raises(UnknownSignerError, match="was rotated at leaf"):
        world.registry("key", "rotate", "--in", file)


def test_a_lost_key_is_silenced_by_the_bodies_and_followed_by_another(world: World) -> None:
    """k of n bodies sign; the new holder shows that it holds the key; the case goes on."""
    world.inquire()
    old = world.developer("key", "show", "developer")["keyid"]
    world.developer("key", "new", "developer", "--name", "spare")
    shown = world.mail / "spare.json"
    shown.write_text(json.dumps(world.developer("key", "show", "spare", "--follows", old)))
    one = world.mail / "lost.json"
    lost = ("key", "revoke", old[:10], "--reason", "lost", "--new", shown)
    world.registry(*lost, "--as", "body-1", "--out", one)
    with pytest.raises(RefusedError, match=r"needs 2 signature"):
        world.registry("key", "revoke", "--in", one)
    world.registry("key", "revoke", "--in", one, "--as", "body-2")
    late, file = world.mail / "late.json", world.mail / "w.json"
    world.developer("withdraw", "--case-file", world.bundle(), "--as", "developer", "--out", late)
    with pytest.raises(UnknownSignerError, match="was lost at leaf"):
        world.registry("withdraw", "--in", late)
    world.developer("withdraw", "--case-file", world.bundle(), "--as", "spare", "--out", file)
    assert world.registry("withdraw", "--in", file)["state"] == "withdrawn"


def test_the_assessors_own_key_is_rotated_where_the_log_is(world: World) -> None:
    """The new key takes the old one's place in the home at once; the old one is put away."""
    world.registry("key", "rotate", "assessor")
    keys = world.registry.path / "keys"
    assert [path.name[:9] for path in (keys / "retired").iterdir()] == ["assessor-"]
    assert not (keys / "assessor-next.key").exists()
    world.inquire()
    world.submit()
    assert world.determine() == "covered"


def test_a_new_key_that_nobody_holds_is_refused(world: World) -> None:
    """Without the new key's signature for this log and this change there is no change."""
    old = world.developer("key", "show", "developer")["keyid"]
    about = world.partner("key", "show", "partner")
    shown = world.mail / "k.json"
    shown.write_text(json.dumps({**about, "possession": "00" * 64}))
    with pytest.raises(RefusedError, match="Nobody has shown"):
        world.registry("key", "revoke", old[:10], "--new", shown)


def test_an_opened_bank_measures_nothing_more(world: World) -> None:
    """Opened, it is opened once, to what was committed, and later cases can't cite it (R5)."""
    world.inquire()
    world.submit()
    assert world.registry("open", "threshold")["statement"] == "opening"
    assert world.registry("open", "bank")["statement"] == "opening"
    with pytest.raises(InputError, match="no sealed bank"):
        world.registry("open", "bank")
    with pytest.raises(RefusedError, match="opened to everybody"):
        world.registry("plan", "--case", world.case)
    with pytest.raises(InputError, match="no such bank"):
        world.registry("inquire", "--name", "A", "--contact", "b")
