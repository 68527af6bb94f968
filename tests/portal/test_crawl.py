# SPDX-License-Identifier: Apache-2.0
"""A crawler of our own signs in as each role, follows links, and fills forms with hostile text.

No error of ours, nothing unescaped, no inline script or style, every header in its place, no secret
in any page or line of the log (R20). What was stored is met again on later pages and stays inert.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from proofhouse.portal.gate import HEADERS, POLICY
from proofhouse.portal.visitor import COOKIE

INERT = "<phx-tag phx-attr='1'>\"' phx-attr=\"1\" phx{{7*7}}${7*7}<script>phx()</script>../../etc"
"""Fits into most fields, so that it is stored and met again."""

HOSTILE = (
    INERT,
    "",
    "\u202egnp.exe phx",
    "phx\x00null",
    "phx" + "A" * 1_000_000,
    "../../../../etc/passwd",
    "{% for x in ().__class__.__bases__ %}phx{% endfor %}",
    "'; DROP TABLE person; --",
    "javascript:phx()",
    "phx\r\nSet-Cookie: phx=1",
    "\ud83d\ude00" * 60,
    "-99999999999999999999",
)

LEFT_OUT = ("/sign-out", "/live", "/log/tiles/", "/choose/")
"""Leads nowhere new, or has no end."""
PAGES, OF_A_KIND, CASES = 70, 2, 6
SECRET = "phx-endpoint-key-that-nobody-sees"


@dataclass
class Form:
    """A form of a page: where it goes, and its fields with what they hold."""

    action: str
    method: str
    fields: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """Name, kind, and the values that may be chosen or that it holds."""


class Page(HTMLParser):
    """What a page links to, its forms, and whatever a page must not hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.wrong: list[str] = []
        self._select: tuple[str, str, list[str]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag.startswith("phx") or any(name.startswith("phx") for name in found):
            self.wrong.append(f"hostile text became <{tag}>")
        if tag == "script" and not found.get("src", "").startswith("/static/"):
            self.wrong.append("a script that is not ours")
        if tag == "style" or "style" in found:
            self.wrong.append("a style in the page")
        if any(name.startswith("on") for name in found):
            self.wrong.append("a handler in the page")
        address = found.get("href") or found.get("src") or found.get("action") or ""
        if re.match(r"\s*(javascript|data|vbscript):", address, re.I):
            self.wrong.append(f"an address that runs: {address[:40]}")
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self._form(tag, found)

    def _form(self, tag: str, found: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").lower()))
        if not self.forms or not (name := found.get("name", "")):
            if tag == "option" and self._select is not None:
                self._select[2].append(found.get("value", ""))
            return
        if tag in ("input", "textarea", "select", "button"):
            kind = "select" if tag == "select" else found.get("type", tag)
            row = (name, kind, [] if tag == "select" else [found.get("value", "")])
            self.forms[-1].fields.append(row)
            self._select = row if tag == "select" else None


def kind_of(path: str) -> str:
    """The address with what differs from case to case taken out."""
    return re.sub(r"/[0-9a-f]{12,64}|/\d+|/ph[a-z]_[\w-]+", "/*", urlsplit(path).path)


class Crawler:
    """One role's browser."""

    def __init__(self, town: Any, role: str) -> None:
        self.town, self.role = town, role
        self.client = town.client(role) if role else town.client()
        self.count: Counter[str] = Counter()
        self.filled: set[str] = set()
        self.secrets: set[str] = {SECRET}

    def __call__(self) -> None:
        """Follow links from the first page, and fill every form that is met."""
        waiting = ["/home", "/account", "/people", "/banks", "/queue", "/"]
        while waiting and self.count.total() < PAGES:
            path = waiting.pop(0)
            kind = kind_of(path)
            most = CASES if kind == "/cases/*" else OF_A_KIND
            if self.count[kind] >= most or any(part in path for part in LEFT_OUT):
                continue
            self.count[kind] += 1
            page = self.look(self.client.get(path), path)
            for link in page.links:
                to = urljoin(path, link)
                if urlsplit(to).netloc == "" and to not in waiting:
                    waiting.append(to.partition("#")[0])
            for form in page.forms:
                waiting = self.fill(path, form) + waiting

    def look(self, answer: httpx.Response, path: str) -> Page:
        """Hold an answer to what every answer is held to."""
        where = f"{self.role or 'nobody'}: {answer.request.method} {path[:120]}"
        assert answer.status_code < 500, f"{where} → {answer.status_code}"
        for name, value in HEADERS.items():
            own = name == "Content-Security-Policy" and path.endswith("dossier.html")
            assert own or answer.headers[name] == value, f"{where}: {name}"
        assert "unsafe-inline" not in POLICY
        if "proofhouse=" in answer.request.headers.get("cookie", "") and answer.status_code != 413:
            assert answer.headers["cache-control"] == "no-store", where
        assert "phx" not in answer.headers.get("set-cookie", ""), where
        target = answer.headers.get("location", "/")
        assert re.match(r"/(?![/\\])", target), f"{where} leads to {target[:80]}"
        text = answer.text
        assert "phx49" not in text, f"{where}: a template ran"
        session = self.client.cookies.get(COOKIE)
        for secret in (*self.secrets, *([session] if session else [])):
            assert secret not in text, f"{where} shows a secret"
        html = answer.headers.get("content-type", "").startswith("text/html")
        page = Page(text if html and not path.endswith("dossier.html") else "")
        assert page.wrong == [], f"{where}: {page.wrong[:5]}"
        return page

    def fill(self, path: str, form: Form) -> list[str]:
        """Send a form with each hostile text, once of its kind; where that led."""
        to = urljoin(path, form.action or path)
        kind = f"{form.method} {kind_of(to)}"
        if kind in self.filled or any(part in to for part in LEFT_OUT):
            return []
        self.filled.add(kind)
        found = []
        typed = any(kind in ("text", "textarea", "hidden", "input") for _, kind, _ in form.fields)
        for text in HOSTILE if typed or len(form.fields) < 2 else (INERT, ""):
            self.sign_in_again()
            data = dict(self.values(form, text))
            send = self.client.get if form.method == "get" else self.client.post
            named = {"params": data} if form.method == "get" else {"data": data}
            if form.method == "get" and len(text) > 5_000:
                continue
            answer = send(urlsplit(to).path, **named)
            self.look(answer, to)
            if answer.status_code == 303:
                found.append(answer.headers["location"])
        return found

    def values(self, form: Form, text: str) -> Iterator[tuple[str, Any]]:
        """Something for every field: the hidden as they are, texts hostile, choices their last."""
        tried = text is INERT
        for name, kind, held in form.fields:
            if name == "csrf":
                yield name, self.town.csrf(self.client)
            elif name in ("key", "secret"):
                yield name, SECRET
            elif kind == "hidden" and tried:
                yield name, held[0]
            elif kind in ("select", "radio", "checkbox", "submit") and tried:
                yield name, held[-1] if held else ""
            elif kind == "number" and tried:
                yield name, held[0] or "1"
            elif kind in ("date", "datetime-local") and tried:
                yield name, "2026-12-10"
            elif tried and ("digest" in name or name in ("weights", "of")):
                yield name, "ab" * 32
            elif tried:
                yield name, text
            else:
                yield name, text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")

    def sign_in_again(self) -> None:
        """A form may have ended the session."""
        if not self.role:
            return
        secret = self.client.cookies.get(COOKIE)
        now = self.town.house.clock()
        if secret is None or self.town.house.access.session(secret, now) is None:
            self.client = self.town.client(self.role)


ORDER = ("", "developer", "assessor", "partner", "body", "steward", "inspector", "registrar")
"""Whoever may erase or let nobody in comes last."""


LONG = ("steward", "registrar", "inspector", "partner", "body")
"""Roles whose crawl is left to the soak: the others meet nearly all of their pages."""


@pytest.mark.parametrize(
    "role",
    [
        pytest.param(role, marks=pytest.mark.soak) if role in LONG else role
        for role in (*ORDER, "administrator")
    ],
)
def test_hostile_text_stays_inert(
    worn_town: Any, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is typed into whichever form, no page breaks, obeys it or shows a secret."""
    with caplog.at_level(logging.DEBUG):
        crawler = Crawler(worn_town, role)
        crawler()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert SECRET not in caplog.text
    assert (crawler.client.cookies.get(COOKIE) or "phs_") not in caplog.text
    assert crawler.count.total() > (5 if role else 3), crawler.count


@pytest.mark.parametrize(
    "back",
    [
        "//phx.example",
        "https://phx.example",
        "/\\phx.example",
        "javascript:phx()",
        "\t//phx",
        "\r\nX: y",
    ],
)
def test_no_address_leads_out(worn_town: Any, back: str) -> None:
    """An address in an address leads nowhere but here."""
    answer = worn_town.client().get("/choose/theme/dark", params={"back": back})
    target = answer.headers.get("location", "/")
    assert re.match(r"/(?![/\\])", target), target
    assert "\r" not in target


def test_a_form_of_another_site_does_nothing(quiet_town: Any) -> None:
    """Without the session's own token, or from another origin, no form is taken."""
    client = quiet_town.client("developer")
    case = quiet_town.case_in("covered")[:16]
    path = f"/cases/{case}/do/withdraw"
    before = len(client.get("/home").text)
    assert client.post(path, data={"other": "1"}).status_code == 403
    assert client.post(path, data={"csrf": "0" * 64}).status_code == 403
    other = quiet_town.client("developer")
    assert client.post(path, data={"csrf": quiet_town.csrf(other)}).status_code == 403
    headers = {"Origin": "https://phx.example"}
    data = {"csrf": quiet_town.csrf(client)}
    assert client.post(path, data=data, headers=headers).status_code == 403
    assert len(client.get("/home").text) == before


@pytest.mark.parametrize("host", ["phx.example", "localhost:8081", "127.0.0.1:8080", ""])
def test_another_host_is_refused(worn_town: Any, host: str) -> None:
    """A foreign name that resolves to this machine gets nothing."""
    answer = worn_town.client("developer").get("/home", headers={"Host": host})
    assert answer.status_code == 421
    assert "Example Lab" not in answer.text


def test_a_body_is_bounded(worn_town: Any) -> None:
    """A form is read no further than the limit, whether or not it says how long it is."""
    client = worn_town.client("developer")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    whole = b"csrf=" + b"x" * 3_000_000
    spanish = {**form, "Accept-Language": "es"}
    answer = client.post("/account/looks", content=whole, headers=spanish)
    assert answer.status_code == 413
    assert "<h1" in answer.text
    assert "2 MB" in answer.text
    assert "That is too large" not in answer.text
    problem = worn_town.program("developer", "inquire").post("/api/v1/cases", content=whole)
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["title"] == "That is too large"
    parts = (whole[i : i + 65_536] for i in range(0, len(whole), 65_536))
    assert client.post("/account/looks", content=parts, headers=form).status_code == 413
    files = {"file": ("x.svg", b"<svg onload=phx()>", "image/svg+xml")}
    data = {"csrf": worn_town.csrf(client)}
    assert client.post("/account/looks", data=data, files=files).status_code in (400, 413)
