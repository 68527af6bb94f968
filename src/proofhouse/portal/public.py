# SPDX-License-Identifier: Apache-2.0
"""The public pages: what anybody sees without an account, and what programs read.

    /                     what this is, and three doors
    /log, /log/7          the log, leaf by leaf, with proofs that the browser checks by itself
    /log/tiles/…          the log as static files (c2sp.org/tlog-tiles), for any auditor
    /audit, /audit.json   which rule held, and where; what is to be opened by when
    /policy.json          the public keys to check by
    /tested, /tested/2    what is tested and how, a bank version a page, with its docket
    /numbers, …json       counts, timing and equal treatment
    /feed.xml             what happened, as an Atom feed
    /about/rules, /accessibility, /privacy
    /choose/…             language and colours, kept in a cookie

Everything here comes from clear leaves (``record``) and from the docket. Who never took part is
nowhere; a sealed leaf is a digest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from proofhouse.errors import FormatError, InputError, TooManyError
from proofhouse.formats.envelope import Envelope
from proofhouse.formats.note import MAX_BYTES as NOTE_BYTES
from proofhouse.formats.tiles import MAX_ENTRY, WIDTH, Tile
from proofhouse.ledger.published import Own
from proofhouse.portal import docket as dockets
from proofhouse.portal import looks, told, trust
from proofhouse.portal.audits import TITLES, Audits, Said, sentence
from proofhouse.portal.banks import deciders
from proofhouse.portal.docket import Docket
from proofhouse.portal.fields import Field, FieldsError, NotThereError, read
from proofhouse.portal.forms import form
from proofhouse.portal.house import House
from proofhouse.portal.language import COOKIE, LANGUAGES, N_
from proofhouse.portal.record import Bank, PublicRecord, Statement, numbers
from proofhouse.portal.render import render
from proofhouse.portal.visitor import Visitor, address_of, need, visitor
from proofhouse.said import say

T = TypeVar("T")

router = APIRouter()

PAGE: Final = 25
MOST_NEWS: Final = 50
_YEAR: Final = "public, max-age=31536000, immutable"
_SOON: Final = "no-cache"
_BUNDLE_BYTES: Final = WIDTH * (2 + MAX_ENTRY)
_COOKIE_SECONDS: Final = 31_536_000

COMMENT: Final = (
    Field(
        "words",
        N_("Your comment"),
        N_("On what is tested or how. Plain text, at most 4,000 characters."),
        kind="area",
        most=dockets.LONGEST,
    ),
    Field(
        "signed",
        N_("Who says so"),
        N_("A name or an organisation, shown beside the comment. Leave it empty to stay unnamed."),
        needed=False,
        most=dockets.NAME,
    ),
)
ANSWER: Final = (Field("words", N_("Answer"), "", kind="area", most=dockets.LONGEST),)


# ------------------------------------------------------------------------------ what is asked of


def record_of(request: Request) -> PublicRecord:
    """The public record of this house, folded once and read on."""
    state = request.app.state
    if not hasattr(state, "public_record"):
        state.public_record = PublicRecord(state.house.desk.log)
    kept: PublicRecord = state.public_record
    return kept


def audits_of(request: Request) -> Audits:
    """The audits of this house."""
    state = request.app.state
    if not hasattr(state, "public_audits"):
        state.public_audits = Audits(state.house.desk.log, state.house.home.path)
    kept: Audits = state.public_audits
    return kept


async def in_thread(request: Request, function: Callable[[], T]) -> T:
    """What ``function`` returns, from a thread of the pool."""
    result: T = await request.app.state.house.run(lambda _seat: function())
    return result


async def with_docket(request: Request, function: Callable[[Docket], T]) -> T:
    """What ``function`` makes of the docket, which is open as long as it takes."""
    house = request.app.state.house
    return await in_thread(request, lambda: docketed(house, function))


def docketed(house: House, function: Callable[[Docket], T]) -> T:
    """The same, here and now."""
    with closing(Docket.open(house.home.path / "docket.sqlite")) as docket:
        return function(docket)


async def latest_audit(request: Request) -> Said:
    """The newest audit."""
    house = request.app.state.house
    audits, policy, now = audits_of(request), house.policy, house.clock()
    return await in_thread(request, lambda: audits.latest(policy, now))


# ------------------------------------------------------------------------------------ front page


@router.get("/")
async def front(request: Request) -> Response:
    """What this is, three doors, and how the house stands."""
    record, now = record_of(request), request.app.state.house.clock()
    told_numbers = await in_thread(request, lambda: numbers(record, now))
    runs_it = await in_thread(request, request.app.state.house.run_by)
    return render(request, "public/front.html", numbers=told_numbers, runs_it=runs_it)


@router.get("/choose/{what}/{value}")
async def choose(request: Request, what: str, value: str, back: str = "/") -> Response:
    """Keep a language or colours in a cookie, and in the account if it holds a choice; go back."""
    allowed = {"language": tuple(LANGUAGES), "theme": looks.THEMES}
    if value not in allowed.get(what, ()):
        raise NotThereError("There is no such choice.")
    await _keep_choice(request, visitor(request), what, value)
    parts = urlsplit(back)
    inside = back.startswith("/") and not back.startswith("//") and "\\" not in back
    response = RedirectResponse(back if inside and not parts.netloc else "/", 303)
    name = COOKIE if what == "language" else "theme"
    secure = request.app.state.house.settings.secure
    response.set_cookie(
        name, value, max_age=_COOKIE_SECONDS, secure=secure, httponly=True, samesite="lax"
    )
    return response


async def _keep_choice(request: Request, who: Visitor, what: str, value: str) -> None:
    """An account's own choice goes before the cookie's, so it has to follow."""
    person = who.person
    if person is None or not (person.locale if what == "language" else person.theme):
        return
    locale = value if what == "language" else person.locale
    theme = ("" if value == "auto" else value) if what == "theme" else person.theme
    access = request.app.state.house.access
    await in_thread(request, lambda: access.set_looks(person.id, locale=locale, theme=theme))


# ------------------------------------------------------------------------------------------- log


@router.get("/log")
async def log(
    request: Request, page: Annotated[int, Query(ge=1, le=10**12)] = 1, leaf: str = ""
) -> Response:
    """The log by page, the newest leaf first."""
    record = record_of(request)
    size = await in_thread(request, lambda: record.log.size)
    if leaf:
        if leaf.isascii() and leaf.isdigit() and len(leaf) < 16 and int(leaf) < size:
            return RedirectResponse(f"/log/{int(leaf)}", 303)
        return render(request, "public/log.html", status=404, **await _log(request, 1, leaf))
    if page > 1 and (page - 1) * PAGE >= size:
        raise NotThereError("The log has no such page.")
    return render(request, "public/log.html", **await _log(request, page, ""))


async def _log(request: Request, page: int, missing: str) -> dict[str, Any]:
    record = record_of(request)

    def read_page() -> dict[str, Any]:
        size = record.log.size
        end = size - (page - 1) * PAGE
        return {
            "size": size,
            "rows": record.rows(end, max(0, end - PAGE)),
            "page": page,
            "pages": -(-size // PAGE),
            "missing": missing,
            **_head(record),
            "titles": told.TITLES,
            "brief": told.brief,
        }

    return await in_thread(request, read_page)


def _head(record: PublicRecord) -> dict[str, Any]:
    return {
        "note": record.log.checkpoint().decode(),
        "origin": record.log.origin,
        "vkey": str(record.log.verifier),
    }


@router.get("/log/{index:int}")
async def leaf(request: Request, index: int) -> Response:
    """One leaf: what is public of it, its bytes, and its proof."""
    record = record_of(request)

    def read_leaf() -> dict[str, Any] | None:
        if not 0 <= index < record.log.size:
            return None
        row = record.row(index)
        statements = record.statements() if row.statement else ()
        found = {one.digest: one.index for one in statements}
        data = record.log.leaf(index)
        payload = ""
        if row.statement:
            payload = _pretty(Envelope.parse(data).payload)
        return {
            "row": row,
            "size": record.log.size,
            "data": data.decode("utf-8", "replace"),
            "payload": payload,
            "facts": told.facts(row.statement, found) if row.statement else [],
            "title": told.TITLES[row.statement.name] if row.statement else "",
            "meaning": told.MEANINGS[row.statement.name] if row.statement else "",
            **_head(record),
        }

    shown = await in_thread(request, read_leaf)
    if shown is None:
        raise NotThereError(say("The log has no leaf %(index)s.", index=index))
    return render(request, "public/leaf.html", **shown)


def _pretty(payload: bytes) -> str:
    return json.dumps(json.loads(payload), indent=2, ensure_ascii=False)


@router.api_route("/log/tiles/{path:path}", methods=["GET", "HEAD"])
async def published_file(request: Request, path: str) -> Response:
    """A file of the log as C2SP tlog-tiles names it."""
    files = Own(request.app.state.house.desk.log)
    limit = NOTE_BYTES if path in ("checkpoint", "log.vkey") else _BUNDLE_BYTES

    def read_file() -> bytes | None:
        try:
            if path not in ("checkpoint", "log.vkey"):
                Tile.parse(path)
            return files.read(path, limit)
        except (FormatError, InputError):
            return None

    data = await in_thread(request, read_file)
    if data is None:
        return Response("There is no such file of the log.\n", 404, media_type="text/plain")
    text = path in ("checkpoint", "log.vkey")
    return Response(
        data,
        media_type="text/plain; charset=utf-8" if text else "application/octet-stream",
        headers={
            "Cache-Control": _SOON if text else _YEAR,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


# ----------------------------------------------------------------------------------------- audit


@router.get("/audit")
async def audit_page(request: Request) -> Response:
    """Which rule held, and where; what is to be opened by when."""
    said = await latest_audit(request)
    now = request.app.state.house.clock()
    return render(
        request,
        "public/audit.html",
        said=said,
        promises=said.promises(now),
        titles=TITLES,
        sentence=sentence,
        record_titles=told.TITLES,
        vkey=str(request.app.state.house.desk.log.verifier),
        origin_url=request.app.state.house.settings.origin,
    )


@router.get("/audit.json")
async def audit_json(request: Request) -> Response:
    """The audit, for programs."""
    said = await latest_audit(request)
    body = audit_told(said, request.app.state.house.clock())
    return JSONResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@router.get("/policy.json")
async def policy(request: Request) -> Response:
    """The trust policy of this house, as it is public."""
    house = request.app.state.house
    data = await in_thread(request, lambda: trust.of_house(house).to_bytes())
    headers = {"Access-Control-Allow-Origin": "*"}
    return Response(data, media_type="application/json", headers=headers)


def audit_told(said: Said, now: str) -> dict[str, Any]:
    """An audit as JSON, with its promises as they stand ``now``."""
    report = said.report
    return {
        "format": "proofhouse-audit-report/v1",
        "status": report.status,
        "auditedAt": said.at,
        "size": report.size,
        "sealed": report.sealed,
        "clear": report.clear,
        "checks": [
            {"name": one.name, "result": one.result, "sentence": one.sentence}
            for one in report.checks
        ],
        "promises": [
            {
                "leaf": one.index,
                "name": one.name,
                "openBy": one.open_by,
                "state": one.state,
                "openedAtLeaf": one.opened,
                "late": one.late,
            }
            for one in said.promises(now)
        ],
        "checkpoint": said.checkpoint.decode(),
    }


# ------------------------------------------------------------------- what is tested, and docket


@router.get("/tested")
async def bank_versions(request: Request) -> Response:
    """Every bank version: what is tested and how, unclassified."""
    record = record_of(request)
    banks = await in_thread(request, record.banks)
    return render(request, "public/tested.html", banks=banks, families=told.families)


async def _bank(request: Request, index: int) -> Bank:
    record = record_of(request)
    banks = await in_thread(request, record.banks)
    for bank in banks:
        if bank.commitment.index == index:
            return bank
    raise NotThereError(say("Leaf %(index)s fixes no bank version.", index=index))


@router.get("/tested/{index:int}")
async def bank_version(request: Request, index: int, sent: bool = False) -> Response:
    """One bank version, and its docket."""
    return await _version_page(request, index, sent=sent)


def _deciders(request: Request, bank: Bank) -> tuple[str, ...]:
    signers = bank.threshold.signers if bank.threshold else ()
    return deciders(
        (keyid for role, keyid in signers if role == "body"), request.app.state.house.policy
    )


async def _version_page(
    request: Request, index: int, *, sent: bool = False, **context: Any
) -> Response:
    bank = await _bank(request, index)
    digest = bank.commitment.digest
    shown, left_out = await with_docket(
        request, lambda docket: (docket.shown(digest), docket.left_out(digest))
    )
    threshold = None
    if bank.threshold_opening:
        threshold = told.opened("threshold", bank.threshold_opening.predicate["value"])
    return render(
        request,
        "public/version.html",
        **{
            "bank": bank,
            "comments": shown,
            "left_out": left_out,
            "reasons": dockets.REASONS,
            "erasures": dockets.ERASURES,
            "fields": COMMENT,
            "values": {},
            "errors": {},
            "sent": sent,
            "families": told.families,
            "opened_threshold": threshold,
            "decided": _deciders(request, bank),
            **context,
        },
    )


@router.post("/tested/{index:int}/comments")
async def hand_in(request: Request, index: int) -> Response:
    """Take a comment; it is shown once somebody has read it."""
    bank = await _bank(request, index)
    house: House = request.app.state.house
    values = await form(request)
    try:
        filled = read(COMMENT, values)
        count_comment(house, address_of(request))
    except (FieldsError, TooManyError) as error:
        errors = error.errors if isinstance(error, FieldsError) else {"words": error.message}
        page = await _version_page(request, index, values=values, errors=errors)
        page.status_code = 422 if isinstance(error, FieldsError) else 429
        return page
    digest = bank.commitment.digest
    await with_docket(request, lambda kept: keep_comment(kept, digest, filled, house.clock()))
    return RedirectResponse(f"/tested/{index}?sent=true#docket", 303)


def count_comment(house: House, address: str) -> None:
    """Count a comment from an address. Raises TooManyError."""
    now = house.clock()
    house.access.hit("docket", address, now, 5, 3_600)
    house.access.hit("docket-of-all", "", now, 200, 86_400)


def keep_comment(docket: Docket, bank: str, filled: Mapping[str, Any], now: str) -> int:
    """Keep a comment as it was filled in; its number. Raises RefusedError."""
    return docket.hand_in(bank, filled["words"], filled["signed"] or "", now)


@router.get("/docket")
async def docket_page(
    request: Request, who: Annotated[Visitor, Depends(need("answer-docket"))]
) -> Response:
    """What waits to be read, and what was shown, for whoever answers."""
    return await _docket_page(request, who)


async def _docket_page(request: Request, who: Visitor, **context: Any) -> Response:
    waiting, shown = await with_docket(request, lambda kept: (kept.waiting(), kept.all_shown()))
    record = record_of(request)
    banks = await in_thread(request, record.banks)
    return render(
        request,
        "public/docket.html",
        **{
            "waiting": waiting,
            "shown": tuple(reversed(shown)),
            "banks": {one.commitment.digest: one.commitment for one in banks},
            "reasons": dockets.REASONS,
            "erasures": dockets.ERASURES,
            "erases": who.may("erase"),
            "field": ANSWER[0],
            "errors": {},
            "unsaid": 0,
            **context,
        },
    )


@router.post("/docket/{number:int}")
async def decide(
    request: Request, number: int, who: Annotated[Visitor, Depends(need("answer-docket"))]
) -> Response:
    """Show a comment, leave it out with a reason, or answer it."""
    values = await form(request)
    now = request.app.state.house.clock()
    what = values.get("do", "")
    if what == "show":
        await with_docket(request, lambda kept: kept.show(number, now))
    elif what == "leave-out":
        reason = str(values.get("reason", ""))
        if reason not in dockets.REASONS:
            page = await _docket_page(request, who, unsaid=number)
            page.status_code = 422
            return page
        await with_docket(request, lambda kept: kept.leave_out(number, reason, now))
    elif what == "answer":
        try:
            filled = read(ANSWER, {"words": values.get("words", "")})
        except FieldsError as error:
            page = await _docket_page(request, who, errors={number: error.errors["words"]})
            page.status_code = 422
            return page
        words, name = filled["words"], name_of(who)
        await with_docket(request, lambda kept: kept.answer(number, words, name, now))
    else:
        raise InputError("Say what to do with the comment.")
    return RedirectResponse("/docket", 303)


def name_of(who: Visitor) -> str:
    """The organisation that a word of the docket is signed by."""
    return who.organisation.name if who.organisation else ""


@router.post("/docket/{number:int}/erase")
async def erase_comment(
    request: Request, number: int, who: Annotated[Visitor, Depends(need("erase"))]
) -> Response:
    """Take a comment's words away for good; that they are gone stays for everybody to see."""
    values = await form(request)
    now, reason = request.app.state.house.clock(), str(values.get("reason", ""))
    await with_docket(request, lambda kept: kept.erase(number, reason, name_of(who), now))
    return RedirectResponse("/docket", 303)


# --------------------------------------------------------------------------------------- numbers


@router.get("/numbers")
async def numbers_page(request: Request) -> Response:
    """Counts, timing and equal treatment."""
    record, now = record_of(request), request.app.state.house.clock()
    said = await in_thread(request, lambda: numbers(record, now))
    most = max((one["determinations"] for one in said["determinationsByMonth"]), default=0)
    return render(request, "public/numbers.html", numbers=said, most=most, titles=told.TITLES)


@router.get("/numbers.json")
async def numbers_json(request: Request) -> Response:
    """The same, for programs."""
    record, now = record_of(request), request.app.state.house.clock()
    said = await in_thread(request, lambda: numbers(record, now))
    return JSONResponse(said, headers={"Access-Control-Allow-Origin": "*"})


@router.get("/feed.xml")
async def feed(request: Request) -> Response:
    """The newest clear statements as an Atom feed (RFC 4287)."""
    record = record_of(request)
    statements = await in_thread(request, record.statements)
    newest: tuple[Statement, ...] = tuple(reversed(statements))[:MOST_NEWS]
    page = render(
        request,
        "public/feed.xml",
        origin_url=request.app.state.house.settings.origin,
        log=record.log.origin,
        newest=newest,
        titles=told.TITLES,
        meanings=told.MEANINGS,
    )
    return Response(page.body, media_type="application/atom+xml; charset=utf-8")


# ----------------------------------------------------------------------------------------- about


@router.get("/about/rules")
async def rules(request: Request) -> Response:
    """The rules that this house holds, in plain words."""
    return render(request, "public/rules.html")


@router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    """How these pages can be used, and what to do where they can't."""
    return render(request, "public/accessibility.html")


@router.get("/privacy")
async def privacy(request: Request) -> Response:
    """What is kept of a visitor."""
    return render(request, "public/privacy.html")
