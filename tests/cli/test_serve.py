# SPDX-License-Identifier: Apache-2.0
"""What the terminal says when the portal starts, and to whom it gives a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from proofhouse.access import Access
from proofhouse.cli.serve import _greet, command
from proofhouse.errors import InputError

NOW = "2027-01-01T09:00:00Z"
ORIGIN = "http://localhost:8080"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """As much of a house as a greeting needs."""
    access = Access.open(tmp_path / "access.sqlite")
    yield SimpleNamespace(access=access, clock=lambda: NOW, settings=SimpleNamespace(origin=ORIGIN))
    access.close()


def said(house: SimpleNamespace, capsys: pytest.CaptureFixture[str], let_in: str = "") -> str:
    _greet(house, let_in, as_json=False)
    return capsys.readouterr().out


def set_up(house: SimpleNamespace, shown: str) -> str:
    """The id of the first administrator, by the link that was shown."""
    link = re.search(rf"{ORIGIN}/setup/(\S+)", shown)
    assert link is not None
    made = house.access.set_up(link[1], NOW, organisation="House", name="Ada Lindt", contact="")
    return str(made.id)


def test_the_first_person_gets_a_link(
    house: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """As long as nobody has set up the house, each start shows a link for it."""
    said(house, capsys)
    ada = set_up(house, said(house, capsys))
    assert [one.id for one in house.access.administrators()] == [ada]


def test_who_never_made_a_passkey_gets_another(
    house: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """If no administrator has a way in, the next start shows a link; else it shows none."""
    ada = set_up(house, said(house, capsys))
    link = re.search(rf"Ada Lindt comes in once.*\n  {ORIGIN}/link/(\S+)", said(house, capsys))
    assert link is not None
    assert house.access.use_link(link[1], NOW).id == ada
    house.access.add_passkey(ada, b"c", b"p", NOW)
    assert "/link/" not in said(house, capsys)


def test_an_administrator_who_lost_a_passkey_is_let_in_by_name(
    house: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has the terminal lets an administrator in, and nobody else."""
    ada = set_up(house, said(house, capsys))
    house.access.add_passkey(ada, b"c", b"p", NOW)
    mira = house.access.add_person("Mira", "")
    assert mira.active
    assert f"{ORIGIN}/link/" in said(house, capsys, "Ada Lindt")
    with pytest.raises(InputError, match="There is: Ada Lindt"):
        said(house, capsys, "Mira")


def test_what_the_operator_chose_is_what_the_portal_goes_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each option that is a setting reaches the house that is opened."""
    app = pytest.importorskip("proofhouse.portal.app")
    chosen: list[Any] = []
    monkeypatch.setattr(app, "open_house", lambda *, settings: chosen.append(settings))
    CliRunner().invoke(
        command,
        ["--port", "0", "--hours", "7", "--contact", "desk@house.example", "--reachable", "a:1"],
    )
    (settings,) = chosen
    assert (settings.hours_a_week, settings.contact) == (7, "desk@house.example")
    assert settings.reachable == ("a:1",)
