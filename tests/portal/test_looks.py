# SPDX-License-Identifier: Apache-2.0
"""How the pages look and weigh, in both themes, in a real browser (WCAG 2.2 AA)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .browsing import ORIGIN, Answer, answered_by, browser, visiting

pytest.importorskip("axe_playwright_python", reason="needs axe: make test")

from proofhouse.portal import language, looks
from proofhouse.portal.docket import Docket
from proofhouse.portal.record import PublicRecord

if TYPE_CHECKING:
    from .conftest import Town

FIRST_VISIT = 200_000
LATER_PAGE = 30_000

PUBLIC = (
    "/",
    "/log",
    "/log?leaf=999999",
    "/log/1",
    "/log/2",
    "/log/5",
    "/audit",
    "/tested",
    "/tested/1",
    "/numbers",
    "/about/rules",
    "/accessibility",
    "/privacy",
    "/no/such/page",
)
GUIDE = "/style-guide"
DOCKET = "/docket"
LONG_NAME = "Gesellschaft für außerordentlich lange Namen mbH & Co. KG " + "x" * 70
NOW = "2026-11-20T14:05:00Z"
AXE = files("axe_playwright_python").joinpath("axe.min.js")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""What another theme of the same page can break."""


@pytest.fixture(scope="module")
def answer(quiet_town: Town) -> Answer:
    """The portal for nobody, the docket for staff, and the style guide."""
    digest = next(iter(_banks(quiet_town)))
    with_docket = Docket.open(quiet_town.house.home.path / "docket.sqlite")
    for words in ("A comment. " * 30, "<b>Bold</b> " + "y" * 300, "Waiting", "Gone"):
        with_docket.hand_in(digest, words, LONG_NAME[:120], NOW)
    shown = [one.number for one in with_docket.waiting()][:2]
    for number in shown:
        with_docket.show(number, NOW)
    with_docket.answer(shown[0], "An answer.", "The house", NOW)
    with_docket.erase(with_docket.waiting()[-1].number, "asked", LONG_NAME[:120], NOW)
    with_docket.close()
    nobody = answered_by(quiet_town.client())
    staff = answered_by(quiet_town.client("registrar"))

    def answering(
        method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if path.partition("?")[0] == GUIDE:
            return 200, _fenced(), _guide(path).encode()
        of = staff if path == DOCKET else nobody
        return of(method, path, headers, body)

    return answering


def _banks(town: Town) -> list[str]:
    return [one.commitment.digest for one in PublicRecord(town.house.desk.log).banks()]


def _fenced() -> dict[str, str]:
    kind = "text/html; charset=utf-8"
    return {"content-type": kind, "content-security-policy": looks.SECURITY_POLICY}


def _guide(path: str) -> str:
    """Every part of a page in every state, in the language that ``path`` asks for."""
    spoken = "es" if "es" in path else "en"
    context = {
        "visitor": None,
        "csrf": "token",
        "path": "/parts",
        "locale": spoken,
        "theme": "auto",
        "now": NOW,
        "long_name": LONG_NAME,
    }
    with language.speaking(spoken):
        environment = looks.environment(Path(__file__).parent)
        return str(environment.get_template("style_guide.html").render(context))


@pytest.fixture(scope="module")
def launched() -> Iterator[Any]:
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request: pytest.FixtureRequest, launched: Any, answer: Answer) -> Iterator[Any]:
    with visiting(launched, answer, color_scheme=request.param) as visited:
        visited.rules = RULES if request.param == "light" else COLOURS
        yield visited


@pytest.fixture(scope="module")
def light(launched: Any, answer: Answer) -> Iterator[Any]:
    with visiting(launched, answer) as visited:
        yield visited


# --------------------------------------------------------------------------------------- weight


def _body(answer: Answer, path: str) -> str:
    status, _, body = answer("GET", path, {}, b"")
    assert status < 500, path
    return body.decode("utf-8", "replace")


def _assets(text: str) -> set[str]:
    return set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))


@pytest.mark.parametrize("path", [*PUBLIC, DOCKET, GUIDE])
def test_a_page_is_light(path: str, answer: Answer) -> None:
    """A first visit is below 200 kB with all it loads, unpacked; each later page below 30 kB."""
    text = _body(answer, path)
    if path != GUIDE:
        assert len(text.encode()) < LATER_PAGE
    assets = _assets(text)
    for sheet in [one for one in assets if ".css" in one]:
        inner = re.findall(r"url\(([^)]+)\)", _body(answer, sheet))
        assets |= {f"/static/{name}" for name in inner if name}
    weight = sum(len(answer("GET", one, {}, b"")[2]) for one in assets)
    assert len(text.encode()) + weight < FIRST_VISIT


@pytest.mark.parametrize("path", [*PUBLIC, DOCKET, GUIDE])
def test_nothing_is_inline_and_nothing_is_elsewhere(path: str, answer: Answer) -> None:
    """No inline script or style, and no address of another site that a browser would ask."""
    text = _body(answer, path)
    assert "<style" not in text
    assert re.findall(r"\s(?:style|on[a-z]+)=", text) == []
    for script in re.findall(r"<script\b[^>]*>.*?</script>", text, re.DOTALL):
        assert re.fullmatch(r'<script [^>]*src="/static/[^"]+"[^>]*></script>', script)
    assert re.findall(r'(?:src|action|srcset|data)="(?:https?:)?//', text) == []
    assert re.findall(r'<link [^>]*href="(?:https?:)?//', text) == []


def test_sheets_and_programs_ask_nobody_else() -> None:
    """No file of static/ names an address outside, but in its notices."""
    for file in looks.STATIC.rglob("*"):
        if file.suffix in (".css", ".js"):
            code = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", file.read_text("utf-8"), flags=re.DOTALL)
            assert re.findall(r"https?://|@import", code) == [], file.name


def test_what_carries_its_digest_is_kept_for_a_year(quiet_town: Town) -> None:
    """Addresses of assets change with their bytes, so a browser need never ask again."""
    client = quiet_town.client()
    for address in _assets(client.get("/").text):
        assert "immutable" in client.get(address).headers["cache-control"]
    assert client.get("/static/proofhouse.css").headers["cache-control"] == "no-cache"


# --------------------------------------------------------------------------------- accessibility


@pytest.mark.parametrize("path", [*PUBLIC, DOCKET, GUIDE])
def test_axe_finds_nothing(path: str, page: Any) -> None:
    """Nothing against WCAG 2.2 AA or good practice in either theme, no error, no request out."""
    page.goto(f"{ORIGIN}{path}")
    if "data-tiles" in page.content():
        page.wait_for_selector("#proof[data-state=held]")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"axe.run(document, {json.dumps(page.rules)})")
    said = [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]
    assert said == []
    assert page.off_site == []
    assert [error for error in page.errors if "404" not in error] == []


@pytest.mark.parametrize("width", [320, 1600])
def test_nothing_runs_over_the_edge(width: int, light: Any) -> None:
    """From a narrow phone (and 400% zoom) to a wide screen, only tables scroll by themselves;
    nor does what was folded away.
    """
    light.set_viewport_size({"width": width, "height": 800})
    for path in (*PUBLIC, DOCKET, GUIDE, f"{GUIDE}?es"):
        light.goto(f"{ORIGIN}{path}")
        light.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        over = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert light.evaluate(over) <= 0, path


def test_the_keyboard_reaches_everything_in_order(light: Any) -> None:
    """The first stop skips to the content; every stop after it can be seen where it is."""
    light.set_viewport_size({"width": 1200, "height": 800})
    light.goto(f"{ORIGIN}{GUIDE}")
    light.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    light.keyboard.press("Tab")
    stops = []
    for _ in range(40):
        stops.append(
            light.evaluate(
                """() => {
                  const one = document.activeElement;
                  const style = getComputedStyle(one.closest(".doors > li") ?? one);
                  const box = one.getBoundingClientRect();
                  return { html: one.outerHTML.slice(0, 80), text: one.textContent.trim(),
                    seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
                    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
                }"""
            )
        )
        light.keyboard.press("Tab")
    body = [one for one in stops if not one["html"].startswith("<body")]
    assert len(body) > 30
    assert [one["html"] for one in body if not (one["seen"] and one["outline"])] == []


def test_the_menu_of_a_phone_needs_no_program(launched: Any, answer: Answer) -> None:
    """Without JavaScript the menu opens and closes, and every page can be read."""
    narrow = {"width": 375, "height": 700}
    with visiting(launched, answer, java_script_enabled=False, viewport=narrow) as visited:
        visited.goto(f"{ORIGIN}/")
        assert not visited.is_visible("nav a[href='/numbers'] >> nth=0")
        visited.click(".menu-opens >> nth=0")
        assert visited.is_visible("nav a[href='/numbers'] >> nth=0")
        visited.click(".menu-closes")
        assert not visited.is_visible("nav a[href='/numbers'] >> nth=0")
        visited.goto(f"{ORIGIN}/log/1")
        assert "This needs JavaScript" in visited.text_content("#proof")


def test_print_shows_what_is_read_and_not_what_is_clicked(light: Any) -> None:
    """On paper there is the content with whole ids, without menus, buttons or the dark."""
    light.set_viewport_size({"width": 900, "height": 1200})
    light.goto(f"{ORIGIN}{GUIDE}")
    light.emulate_media(media="print", color_scheme="dark")
    assert not light.is_visible(".menu")
    assert not light.is_visible("form .usa-button")
    assert light.is_visible("main h1")
    colours = light.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours == ["rgb(28, 33, 39)", "rgb(255, 255, 255)"]
    wide = "getComputedStyle(document.querySelector('.long-id')).whiteSpace"
    assert light.evaluate(wide) == "normal"
    light.emulate_media(media="screen")


def test_the_chosen_colours_win_over_the_device(launched: Any, quiet_town: Town) -> None:
    """Dark by choice is dark on a light device, and the other way round."""
    client = quiet_town.client()
    for device, choice, paper in (
        ("light", "dark", "rgb(19, 24, 29)"),
        ("dark", "light", "rgb(253, 252, 249)"),
    ):
        client.get(f"/choose/theme/{choice}")
        with visiting(launched, answered_by(client), color_scheme=device) as visited:
            visited.goto(f"{ORIGIN}/privacy")
            said = visited.evaluate("getComputedStyle(document.body).backgroundColor")
            assert said == paper
