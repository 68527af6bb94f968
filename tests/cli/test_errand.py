# SPDX-License-Identifier: Apache-2.0
"""What every command that makes a statement refuses before anything is sent, signed or replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from proofhouse.errors import InputError, RefusedError
from proofhouse.seat import MAX_BYTES
from stories.table import rehearse
from stories.test_parties import Party, World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    rehearse(monkeypatch)
    made = World(tmp_path)
    made.found()
    made.inquire()
    return made


def test_out_replaces_nothing_but_the_file_that_is_signed(world: World) -> None:
    """A key, a policy and another statement stay as they are; --in may be --out."""
    case_file, file = world.bundle(), world.mail / "w.json"
    world.developer("withdraw", "--case-file", case_file, "--as", "nobody", "--out", file)
    unsigned = file.read_bytes()
    key = world.developer.path / "keys" / "developer.key"
    for taken in (file, key, world.registry.path / "policy.json"):
        before = taken.read_bytes()
        with pytest.raises(InputError, match="holds something else"):
            world.developer("withdraw", "--case-file", case_file, "--out", taken)
        with pytest.raises(InputError, match="holds something else"):
            world.registry("bundle", "--case", world.case, "--out", taken)
        assert taken.read_bytes() == before
    world.developer("withdraw", "--in", file, "--as", "developer", "--out", file)
    assert file.read_bytes() != unsigned
    assert world.registry("withdraw", "--in", file)["state"] == "withdrawn"
    world.bundle()  # a newer bundle of the case takes the older one's place


@pytest.mark.parametrize(("out", "why"), [("missing/w.json", "no folder"), (".", "is a folder")])
def test_out_that_can_t_be_written_is_told_first(world: World, out: str, why: str) -> None:
    """Nothing is drawn or signed for a file that could not be written."""
    with pytest.raises(InputError, match=why):
        world.developer("withdraw", "--case-file", world.bundle(), "--out", world.mail / out)


def test_a_key_signs_only_what_its_role_makes(world: World) -> None:
    """An unknown key and a key of another role are told at home, with what there is."""
    case_file, out = world.bundle(), world.mail / "w.json"
    with pytest.raises(InputError, match=r"no key “assessor”.*It holds: developer"):
        world.developer("withdraw", "--case-file", case_file, "--as", "assessor", "--out", out)
    world.developer("key", "new", "partner")
    with pytest.raises(RefusedError, match="not in the role that makes “withdrawal”"):
        world.developer("withdraw", "--case-file", case_file, "--as", "partner", "--out", out)
    assert not out.exists()


def test_a_spare_key_does_not_sign_unasked(world: World) -> None:
    """Of several keys of a role those sign that the trust policy names."""
    world.developer("key", "new", "developer", "--name", "spare")
    told = world.developer(
        "withdraw", "--case-file", world.bundle(), "--out", world.mail / "w.json"
    )
    assert told["signedBy"] == [world.developer("key", "show", "developer")["keyid"]]


def test_plan_and_evaluate_make_no_other_statement(world: World) -> None:
    """Where the terms allow no run, they say so; closing the window is its own command."""
    world.submit()
    world.determine()
    world.registry("disclose", "--case", world.case, "--reason", "It asked.")
    world.send(world.developer, "agree", "request")
    world.registry("agree", "offer", "--case", world.case)
    struck = world.mail / "struck.json"
    world.developer(
        *("agree", "answer", "--strike", "use"), "--case-file", world.bundle(), "--out", struck
    )
    world.registry("agree", "answer", "--in", struck)
    world.send(world.developer, "window", "open", "--days", "10")
    with pytest.raises(RefusedError, match="allows no run"):
        world.registry("plan", "--case", world.case)
    assert world.state() == "assessor_to_plan_review"
    world.registry("window", "close", "--case", world.case)
    assert world.state() == "closed"


@pytest.mark.parametrize("start", ["", "abc", "1234567"])
def test_the_start_of_an_id_has_eight_digits(world: World, start: str) -> None:
    """A shorter one is called too short, whether or not a case begins so."""
    for told in (start, world.case[: len(start)]):
        with pytest.raises(InputError, match="too short"):
            world.registry("status", "--case", told)


def test_what_is_handed_in_has_a_size(world: World) -> None:
    """A file beyond 64 MiB and an endless one are refused, not read."""
    large = world.mail / "large"
    with large.open("wb") as file:
        os.truncate(file.fileno(), MAX_BYTES + 1)
    with pytest.raises(InputError, match="larger than 67,108,864 bytes"):
        world.registry("withdraw", "--in", large)
    with pytest.raises(InputError, match="is not a file"):
        world.registry("withdraw", "--in", "/dev/zero")


def test_a_home_is_made_of_known_roles_and_trusts_one_log(world: World, tmp_path: Path) -> None:
    """Unknown roles, a log without bodies and another log's policy leave nothing behind."""
    fresh = Party(tmp_path / "fresh")
    for name in ("auditor", "nobody", "body"):
        with pytest.raises(InputError, match="no role by its name"):
            fresh("init", "--hold", name)
    log = ("init", "--log", "other.example/log", "--hold", "registrar")
    with pytest.raises(InputError, match="Nobody owns"):
        fresh(*log)
    with pytest.raises(InputError, match="3 of the owning bodies are to sign, and there are 1"):
        fresh(*log, "--hold", "body-1", "--bodies-needed", "3")
    assert not fresh.path.exists()
    other = fresh(*log, "--hold", "body-1", "--hold", "assessor")["policy"]
    with pytest.raises(RefusedError, match=r"trusts the log registry\.example/log"):
        world.developer("init", "--policy", other)
    assert world.developer("init", "--hold", "developer")["made"] == []
    named = json.loads((world.developer.path / "policy.json").read_text())["log"]
    assert named.startswith("registry.example/log+")
