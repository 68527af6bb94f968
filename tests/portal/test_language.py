# SPDX-License-Identifier: Apache-2.0
"""Every text of the portal is translated, and a visitor reads it in the language they asked for."""

from __future__ import annotations

import ast
import importlib.machinery
import importlib.util
import pickle
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

pytest.importorskip("babel", reason="needs the extra portal: make test")

from proofhouse.errors import RefusedError
from proofhouse.portal import acts, language, looks
from proofhouse.portal.advice import COMMAND, HERE, advice
from proofhouse.portal.language import ACTIVE, chosen, gettext, ngettext, speaking, tell
from proofhouse.portal.signing import Pending
from proofhouse.portal.stated import stated
from proofhouse.rules import registration
from proofhouse.said import say, telling
from proofhouse.views import plain

TOOL = Path(__file__).parents[2] / "tools" / "translations"
CATALOGUES = sorted((looks.STATIC.parent / "locale").glob("*/LC_MESSAGES/portal.po"))


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("translations_tool", str(TOOL))
    spec = importlib.util.spec_from_loader("translations_tool", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_every_text_is_translated(path: Path, tool: ModuleType) -> None:
    """No text lacks its translation, none is fuzzy, and each keeps its placeholders."""
    catalogue = tool.merged(path, tool.texts())
    assert list(tool.faults(catalogue)) == [], "run tools/translations and translate what is empty"
    assert len(catalogue) > 800


def test_no_advice_in_a_browser_names_a_command(tool: ModuleType) -> None:
    """What a terminal is told to type is told as a way through the portal, or not at all."""
    for text in tool.rooms():
        told = advice(text if isinstance(text, str) else text[0])
        assert not COMMAND.search(told)
    assert advice("Commit it first: proofhouse bank commit") == HERE["proofhouse bank commit"]
    assert advice("Which case?") == "Which case?"


def test_every_language_but_the_first_has_a_catalogue() -> None:
    """What can be chosen can be read."""
    assert [p.parent.parent.name for p in CATALOGUES] == sorted(language.LANGUAGES)[1:]


@pytest.mark.parametrize(
    ("account", "cookie", "accept", "language"),
    [
        ("", "", "", "en"),
        ("es", "en", "en", "es"),
        ("", "es", "en", "es"),
        ("", "fr", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("", "", "fr;q=0.9, en;q=0.2, es;q=0.5", "es"),
        ("", "", "es;q=0, en", "en"),
        ("", "", "es;q=zero, *;q=2, ,;;", "en"),
        ("../../etc", "es\x00", "x" * 100_000 + ",es", "en"),
    ],
)
def test_the_language_is_the_accounts_then_the_cookies_then_the_browsers(
    account: str, cookie: str, accept: str, language: str
) -> None:
    """Whatever is handed in, one of ours comes out."""
    assert chosen(account, cookie, accept) == language


def test_texts_are_spoken_in_the_language_of_the_request() -> None:
    """Also numbers, days and plurals; and what nobody translated stays as it is."""
    with speaking("es"):
        assert gettext("Withdraw") == "Retirarse"
        assert ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s días"
        assert "21 de noviembre de 2026, 12:30 UTC" in looks.moment("2026-11-21T12:30:00Z")
        assert looks.number(1_234_567) == "1.234.567"
        assert gettext("No such text") == "No such text"
    assert gettext("Withdraw") == "Withdraw"
    assert "21 November 2026, 12:30 UTC" in looks.moment("2026-11-21T12:30:00Z")
    with pytest.raises(KeyError), speaking("xx"):
        raise AssertionError


def test_a_calendar_is_spoken_too() -> None:
    """Months and weekdays are those of the language, and each day says what it is."""
    opens, ends, now = (f"2026-11-{day:02d}T09:00:00Z" for day in (12, 20, 15))
    with speaking("es"):
        drawn = looks.calendar(opens, ends, now, {"2026-12-01T00:00:00Z": "Lanzamiento"})
    assert [month.name for month in drawn.months] == ["Noviembre 2026", "Diciembre 2026"]
    assert drawn.weekdays[0][1] == "lunes"
    days = [day for month in drawn.months for week in month.weeks for day in week if day]
    assert len(days) == 30 + 31
    held = [day.number for day in days if "held" in day.classes.split()]
    assert held == list(range(12, 21))
    assert [day.said for day in days if "today" in day.classes.split()] == ["hoy, acceso"]
    assert [day.said for day in days if "mark" in day.classes.split()] == ["Lanzamiento"]


def test_every_error_of_the_rooms_below_can_be_said(tool: ModuleType) -> None:
    """A message that a room puts together by itself would stay English: it is said instead."""
    wrong = []
    for pattern in tool.ROOMS:
        for path in sorted(tool.PACKAGE.glob(pattern)):
            name = str(path.relative_to(tool.PACKAGE))
            raised = _raised(ast.parse(path.read_text()))
            for error in () if name in tool.NOT_MET else raised:
                hints = [one.value for one in error.keywords if one.arg == "hint"]
                for text in (*error.args[:1], *hints):
                    if any(isinstance(part, ast.JoinedStr) for part in _own(text)):
                        wrong.append(f"{name}:{error.lineno}: {ast.unparse(text)}")
    assert wrong == []


def _raised(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield node.exc


def _own(text: ast.expr) -> Iterator[ast.AST]:
    """The parts of an expression that are its text, not what is filled in."""
    yield text
    if isinstance(text, ast.IfExp):
        yield from (*_own(text.body), *_own(text.orelse))
    elif isinstance(text, ast.BinOp):
        yield from (*_own(text.left), *_own(text.right))
    elif isinstance(text, ast.BoolOp):
        for one in text.values:
            yield from _own(one)


def test_an_error_is_told_in_the_language_of_the_page() -> None:
    """Template and values are kept, so an error that was made in English is told in Spanish."""
    case = registration.Case("00" * 32)
    with pytest.raises(RefusedError) as refused:
        acts.check_open(acts.ACTS["withdraw"], case)
    assert "“Withdraw” is not possible" in refused.value.message
    with speaking("es"):
        assert tell(refused.value.message) == "«Retirarse» no es posible donde está el caso."
        assert tell(refused.value.hint).startswith("Posible ahora: ")
        assert "Withdraw" not in tell(refused.value.hint)
        assert tell(say("%(name)s does not answer.", name="Withdraw")) == "Withdraw no responde."


def test_a_text_said_within_a_language_is_in_it() -> None:
    """Numbers, days, plurals and what is nested, too; and afterwards it is English again."""
    with speaking("es"), telling(ACTIVE):
        assert plain.counted(1_234, "item") == "1.234 ítems"
        assert plain.moment("2026-07-01T09:00:00Z") == "1 de julio de 2026, 09:00 UTC"
        assert plain.odds(2_944_439) == "19 a 1"
        assert plain.listed(("a", "b", "c")) == "a, b y c"
        assert plain.percent(100) == "menos de 0,1%"
        words = plain.logits(-3_660_000)
    assert plain.counted(1_234, "item") == "1,234 items"
    assert (words, plain.logits(-3_660_000)) == ("−3,66", "−3.66")
    assert pickle.loads(pickle.dumps(say("a %(b)s", b=1))).parts == ("a %(b)s", {"b": 1})


def test_a_draft_is_read_in_words() -> None:
    """No JSON: names, times with their zone, quantities in their units, records as a table;
    hostile text stays text, and what was decided comes first.
    """
    steps = [{"items": number, "lowMicronats": -number} for number in (4, 8)]
    predicate = {
        "previous": "0" * 64,
        "evidence": {"highMicronats": 2_995_733, "confidencePpm": 950_000, "trajectory": steps},
        "openedAt": "2026-07-01T09:00:00Z",
        "bank": "ab" * 32,
        "developer": {"name": "<b>Lab</b>", "contact": None},
        "unheardOf": [1_234, True],
        "outcome": "COVERED",
    }
    statement = SimpleNamespace(predicate=predicate)
    pending = cast(
        Pending,
        SimpleNamespace(name="inquiry", handover=SimpleNamespace(openings=(), statement=statement)),
    )
    with speaking("es"):
        shown = dict(stated(pending))
    assert list(shown) == [
        *("Resultado", "Abierto el", "Banco", "Quién pregunta", "unheardOf", "Evidencia")
    ]
    assert "<dt>Confianza</dt><dd>95%</dd>" in shown["Evidencia"]
    assert "<dd>2,995733 nats</dd>" in shown["Evidencia"]
    assert "<tr><td>8</td><td>-0,000008 nats</td></tr>" in shown["Evidencia"]
    assert "1 de julio de 2026, 09:00 UTC" in shown["Abierto el"]
    assert "&lt;b&gt;Lab&lt;/b&gt;" in shown["Quién pregunta"]
    assert "<li>1.234</li><li>sí</li>" in shown["unheardOf"]


def test_a_dossier_is_read_in_the_language_of_its_reader(quiet_town: Any) -> None:
    """Every text of the page itself; what parties stated stays in their words."""
    case = quiet_town.case_in("covered")[:16]
    client = quiet_town.client("developer")
    english = client.get(f"/cases/{case}/dossier.html", headers={"accept-language": "en"}).text
    spanish = client.get(f"/cases/{case}/dossier.html", headers={"accept-language": "es"}).text
    assert '<html lang="en">' in english
    assert '<html lang="es">' in spanish
    said = set(re.findall(r"<(?:h[1-4]|dt|summary|caption|th)[^>]*>([^<]+)<", english))
    same = said & set(re.findall(r"<(?:h[1-4]|dt|summary|caption|th)[^>]*>([^<]+)<", spanish))
    assert {one for one in same if one.strip()} <= {"Plan", "SHA-256", "Checkpoint"}
