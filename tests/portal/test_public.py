# SPDX-License-Identifier: Apache-2.0
"""The public pages: what they show, that they show nothing else, and what is handed in there."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from proofhouse.audit import audit
from proofhouse.durable import create_database
from proofhouse.errors import DamagedError, InputError, RefusedError
from proofhouse.formats.tiles import tiles_of
from proofhouse.rules.window import parse_time, print_time

pytest.importorskip("fastapi", reason="needs the extra portal: make test")

from proofhouse.portal import audits as audits_room
from proofhouse.portal import looks
from proofhouse.portal.audits import TITLES, Audits, sentence
from proofhouse.portal.docket import DOCKET, LONGEST, REASONS, Docket, Erasure
from proofhouse.portal.record import PublicRecord, numbers

if TYPE_CHECKING:
    from .conftest import Town

PAGES = (
    "/",
    "/log",
    "/log/0",
    "/log/1",
    "/log/2",
    "/audit",
    "/tested",
    "/tested/1",
    "/numbers",
    "/about/rules",
    "/accessibility",
    "/privacy",
)
HOSTILE = '<script>alert(1)</script> {{ 7*7 }} "><img src=x onerror=alert(1)>'


@pytest.fixture(scope="module")
def record(quiet_town: Town) -> PublicRecord:
    return PublicRecord(quiet_town.house.desk.log)


def leaf_of(record: PublicRecord, name: str) -> int:
    return next(one.index for one in record.statements() if one.name == name)


def sealed_leaf(record: PublicRecord) -> int:
    clear = {one.index for one in record.statements()}
    return next(index for index in range(record.size) if index not in clear)


# --------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize("path", PAGES)
def test_everybody_sees_it(path: str, quiet_town: Town) -> None:
    """Each public page is there without an account, in one piece, and in Spanish too."""
    page = quiet_town.client().get(path)
    assert page.status_code == 200
    assert page.text.rstrip().endswith("</html>")
    spanish = quiet_town.client().get(path, headers={"Accept-Language": "es-MX, en;q=0.5"})
    assert '<html lang="es"' in spanish.text


def test_who_takes_part_appears_nowhere(quiet_town: Town, record: PublicRecord) -> None:
    """No public page, feed or document names a developer, a partner, a person or a case."""
    client = quiet_town.client()
    bodies = {
        name
        for one in record.statements()
        for field in ("owners", "decidedBy", "consulted")
        for name in one.predicate.get(field, ())
    }
    secret = {name for name in quiet_town.organisations if name not in bodies} - {"The house"}
    secret |= {person.name for person in quiet_town.people.values()}
    secret |= {row.case for row in quiet_town.app.state.projection.rows()}
    assert "Example Lab" in secret
    leaves = [f"/log/{index}" for index in range(record.size)]
    documents = ["/numbers.json", "/audit.json", "/feed.xml", "/log?page=2"]
    for path in (*PAGES, *leaves, *documents):
        text = client.get(path).text
        assert [name for name in secret if name in text] == [], path


def test_a_sealed_leaf_tells_only_its_digest(quiet_town: Town, record: PublicRecord) -> None:
    """The pages of two sealed leaves differ in their numbers and digests, whatever they seal."""
    clear = {one.index for one in record.statements()}
    sealed = [index for index in range(1, record.size - 1) if index not in clear]
    client = quiet_town.client()
    assert "proofhouse audit" in client.get(f"/log/{sealed[0]}").text

    def shape(index: int) -> str:
        text = client.get(f"/log/{index}").text
        return re.sub(r"[0-9a-f]{64}|\d+", "#", text)

    assert len({shape(index) for index in sealed[::5]}) == 1


def test_an_entry_says_what_it_says(quiet_town: Town, record: PublicRecord) -> None:
    """A clear leaf is shown in words, with links to what it cites, and byte for byte."""
    client = quiet_town.client()
    notice = leaf_of(record, "determination-notice")
    text = client.get(f"/log/{notice}").text
    assert "A determination was made" in text
    assert f'href="/log/{leaf_of(record, "threshold-commitment")}"' in text
    assert "COVERED" not in text
    assert client.get("/log/999999").status_code == 404
    assert client.get("/log", params={"leaf": str(notice)}).headers["location"] == f"/log/{notice}"
    assert client.get("/log", params={"leaf": "-1; drop"}).status_code == 404
    assert client.get("/log", params={"page": 10**9}).status_code == 404


def test_the_published_files_are_an_honest_log(quiet_town: Town) -> None:
    """Anybody's audit over what is served holds; tiles may be kept for ever, the checkpoint not."""
    client = quiet_town.client()

    class Served:
        name = "the portal"

        def read(self, path: str, limit: int) -> bytes | None:
            answer = client.get(f"/log/tiles/{path}")
            assert len(answer.content) <= limit
            return answer.content if answer.status_code == 200 else None

        def close(self) -> None: ...

    house = quiet_town.house
    log = house.desk.log
    report = audit(Served(), log.verifier, policy=house.policy, now=house.clock(), seen=None)
    assert report.status == "verified"
    assert report.size == log.size
    tile = client.get(f"/log/tiles/{tiles_of(log.size)[0].path}")
    assert "immutable" in tile.headers["cache-control"]
    assert tile.headers["access-control-allow-origin"] == "*"
    assert client.get("/log/tiles/checkpoint").headers["cache-control"] == "no-cache"
    assert client.head("/log/tiles/log.vkey").status_code == 200
    for path in ("tile/0/000", "tile/9/000", "../access.sqlite", "tile/entries/x", "policy.json"):
        assert client.get(f"/log/tiles/{path}").status_code == 404, path


# -------------------------------------------------------------------------------- audit, numbers


def test_the_audit_says_which_rule_held(quiet_town: Town) -> None:
    """The page and the document agree with the audit that anybody can run."""
    client = quiet_town.client()
    said = client.get("/audit.json").json()
    assert said["status"] == "verified"
    assert {one["result"] for one in said["checks"]} <= {"held", "not_checked"}
    assert [one["state"] for one in said["promises"]] == ["pending", "pending"]
    text = client.get("/audit").text
    assert "Everything that was checked held" in text
    assert "One threshold for each bank version" in text


def test_every_sentence_of_an_audit_can_be_translated(quiet_town: Town, tmp_path: Path) -> None:
    """What an audit of an honest log says, pending or overdue, has a text of the portal's own."""
    house = quiet_town.house
    log, clock = house.desk.log, house.clock()
    later = print_time(parse_time(clock) + 400 * 86_400)
    audits = Audits(log, tmp_path)
    first = audits.latest(house.policy, clock)
    second = Audits(log, tmp_path).latest(house.policy, later)
    for check in (*first.report.checks, *second.report.checks):
        assert check.name in TITLES
        shown, _ = sentence(check.sentence)
        assert any(pattern.fullmatch(check.sentence) for pattern, _ in audits_room.SENTENCES), (
            check.sentence
        )
        assert shown
    assert {one.state for one in second.promises(later)} == {"overdue"}


def test_an_audit_remembers_over_a_restart(quiet_town: Town, tmp_path: Path) -> None:
    """The memory is kept in the home; a report is made once for a checkpoint."""
    house = quiet_town.house
    now = house.clock()
    audits = Audits(house.desk.log, tmp_path)
    said = audits.latest(house.policy, now)
    assert audits.latest(house.policy, now) is said
    assert "not_checked" in {c.result for c in said.report.checks if c.name == "memory"}
    again = Audits(house.desk.log, tmp_path).latest(house.policy, now)
    assert {c.result for c in again.report.checks if c.name == "memory"} == {"held"}
    (tmp_path / audits_room.MEMORY).write_bytes(b"nonsense")
    assert Audits(house.desk.log, tmp_path).latest(house.policy, now).report.status == "verified"


def test_numbers_are_counted_from_clear_leaves(quiet_town: Town, record: PublicRecord) -> None:
    """Counts agree with the log; all determinations under a version share its one threshold."""
    said = quiet_town.client().get("/numbers.json").json()
    notices = [one for one in record.statements() if one.name == "determination-notice"]
    assert said["determinations"] == len(notices) > 1
    assert said["size"] == record.size == sum(said["leaves"].values())
    assert sum(one["determinations"] for one in said["determinationsByMonth"]) == len(notices)
    (bank,) = said["banks"]
    assert bank["sameThresholdForAll"] is True
    assert bank["determinations"] == len(notices)
    assert bank["overdue"] is False
    later = print_time(parse_time(bank["openBy"]) + 1)
    assert numbers(record, later)["banks"][0]["overdue"] is True


def test_the_feed_is_an_atom_feed(quiet_town: Town, record: PublicRecord) -> None:
    """It parses, and each entry is a clear leaf, the newest first."""
    feed = quiet_town.client().get("/feed.xml")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    space = {"a": "http://www.w3.org/2005/Atom"}
    ids = [one.text for one in ElementTree.fromstring(feed.content).findall("a:entry/a:id", space)]
    indices = [one.index for one in reversed(record.statements())]
    assert [int(str(one).rsplit("/", 1)[1]) for one in ids] == indices[:50]


# -------------------------------------------------------------------------------------- choices


def test_a_choice_is_kept_and_leads_back_inside(quiet_town: Town) -> None:
    """Language and colours go by cookie, and no address leads away from here."""
    client = quiet_town.client()
    answer = client.get("/choose/language/es", params={"back": "/log?page=2"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/log?page=2")
    assert '<html lang="es"' in client.get("/").text
    client.get("/choose/theme/dark")
    assert 'data-theme="dark"' in client.get("/").text
    client.get("/choose/theme/auto")
    assert "data-theme" not in client.get("/").text
    for away in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"):
        answer = client.get("/choose/language/en", params={"back": away})
        assert answer.headers["location"] == "/"
    assert client.get("/choose/theme/pink").status_code == 404
    assert client.get("/choose/size/large").status_code == 404


def test_the_choice_of_an_account_follows(town: Town) -> None:
    """Who has chosen in the account, and chooses anew at the top of a page, sees the new choice."""
    person = town.person("developer")
    town.house.access.set_looks(person.id, locale="es", theme="dark")
    client = town.client("developer")
    assert 'lang="es" data-theme="dark"' in client.get("/privacy").text
    client.get("/choose/language/en")
    client.get("/choose/theme/auto")
    page = client.get("/privacy").text
    assert '<html lang="en">' in page


# --------------------------------------------------------------------------------------- docket


def hand_in(client: Any, words: str, **more: str) -> Any:
    token = re.search(r'name="csrf" value="([^"]+)"', client.get("/tested/1").text)
    assert token
    values = {"csrf": token[1], "words": words, "signed": "", **more}
    return client.post("/tested/1/comments", data=values)


def decide(town: Town, number: int, **values: str) -> Any:
    client = town.client("registrar")
    return client.post(f"/docket/{number}", data={"csrf": town.csrf(client), **values})


def test_a_comment_is_read_before_it_is_shown(town: Town) -> None:
    """Handed in by anybody, read by staff, shown escaped, answered; never before."""
    public = town.client()
    assert hand_in(public, HOSTILE, signed="<b>A. Reader</b>").status_code == 303
    assert "A. Reader" not in public.get("/tested/1").text
    assert "A. Reader" in town.client("registrar").get("/docket").text
    assert decide(town, 1, do="answer", words="Too early.").status_code == 409
    assert decide(town, 1, do="show").status_code == 303
    shown = public.get("/tested/1").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }}" in shown
    assert "<script>alert" not in shown
    assert "&lt;b&gt;A. Reader" in shown
    assert decide(town, 1, do="answer", words="Thank you. <i>No.</i>").status_code == 303
    assert "Thank you. &lt;i&gt;No." in public.get("/tested/1").text
    assert decide(town, 1, do="leave-out", reason="off-topic").status_code == 409
    assert decide(town, 1, do="answer", words=" ").status_code == 422
    assert decide(town, 1, do="burn").status_code == 400


def test_what_is_left_out_is_counted(town: Town) -> None:
    """A comment that is left out is seen by nobody, and its reason is counted for everybody."""
    hand_in(town.client(), "Buy now")
    assert decide(town, 1, do="leave-out", reason="because").status_code == 422
    assert decide(town, 1, do="leave-out", reason="advertising").status_code == 303
    text = town.client().get("/tested/1").text
    assert "Buy now" not in text
    assert "1 (advertising or the same again)" in text


def test_a_form_says_what_is_wrong_with_it(town: Town) -> None:
    """An empty or endless comment comes back with its words and a reason, and is not kept."""
    client = town.client()
    empty = hand_in(client, " ")
    assert empty.status_code == 422
    assert 'id="errors"' in empty.text
    endless = hand_in(client, "x" * (LONGEST + 1))
    assert endless.status_code == 422
    assert "x" * 200 in endless.text
    assert hand_in(client, "a\x00b").status_code == 422
    assert client.post("/tested/2/comments", data={"words": "?"}).status_code == 404
    assert client.post("/tested/1/comments", json={"words": "x"}).status_code == 400
    assert "Nothing waits to be read" in town.client("registrar").get("/docket").text


def test_comments_are_taken_at_a_bounded_rate(town: Town) -> None:
    """The sixth within an hour from one place is told to wait, and keeps its words."""
    client = town.client()
    assert [hand_in(client, f"number {n}").status_code for n in range(5)] == [303] * 5
    late = hand_in(client, "number 6")
    assert late.status_code == 429
    assert "number 6" in late.text


@pytest.mark.parametrize("role", ["", "developer", "partner", "inspector", "administrator"])
def test_only_those_who_answer_for_the_tests_moderate(role: str, quiet_town: Town) -> None:
    """The public and all other roles neither see what waits nor decide about it."""
    client = quiet_town.client(role)
    assert client.get("/docket").status_code in (303, 401, 403)
    answer = client.post("/docket/1", data={"csrf": quiet_town.csrf(client), "do": "show"})
    assert answer.status_code in (303, 401, 403)
    if role == "":
        assert answer.headers.get("location", "/sign-in").startswith("/sign-in")


@pytest.fixture
def docket(tmp_path: Path) -> Iterator[Docket]:
    opened = Docket.open(tmp_path / "docket.sqlite")
    yield opened
    opened.close()


AT = "2026-11-21T12:00:00Z"


def test_a_docket_only_grows(docket: Docket) -> None:
    """No row of it is ever changed or removed, by our own program either."""
    docket.hand_in("b" * 64, "One", "", AT)
    docket.show(1, AT)
    docket.answer(1, "Answer", "The house", AT)
    for table in ("comment", "decision", "answer"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET at = ''"):
            with pytest.raises(sqlite3.IntegrityError), docket._writing() as db:
                db.execute(statement)
    assert docket.shown("b" * 64)[0].answers[0].words == "Answer"


def test_only_an_erasure_takes_words_away(docket: Docket) -> None:
    """Its words and answers leave the file; its line is public, and changes no more than others."""
    bank = "b" * 64
    for words in ("Call 555-0199", "Another"):
        docket.hand_in(bank, words, "M. Example", AT)
    docket.show(1, AT)
    docket.answer(1, "Call 555-0199 yourself", "The house", AT)
    for table in ("comment", "answer"):
        with pytest.raises(sqlite3.IntegrityError), docket._writing() as db:
            db.execute(f"UPDATE {table} SET words = '', signed = ''")
    docket.erase(1, "person", "The house", AT)
    (one,) = docket.shown(bank)
    assert (one.words, one.signed, one.answers) == ("", "", ())
    assert one.erasure == Erasure("person", "The house", AT)
    files = list(docket.path.parent.glob("docket.sqlite*"))
    assert not any(b"555-0199" in file.read_bytes() for file in files)
    assert [each.number for each in docket.waiting()] == [2]
    for table in ("comment", "answer", "erasure"):
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET at = ''"):
            with pytest.raises(sqlite3.IntegrityError), docket._writing() as db:
                db.execute(change)
    for again in (lambda: docket.erase(1, "asked", "", AT), lambda: docket.answer(1, "x", "", AT)):
        with pytest.raises(RefusedError):
            again()
    with pytest.raises(InputError):
        docket.erase(2, "dislike", "", AT)
    docket.erase(2, "asked", "The house", AT)
    assert docket.waiting() == ()
    assert docket.left_out(bank) == {}


def test_a_docket_of_an_earlier_version_is_brought_up(tmp_path: Path) -> None:
    """A file of version 1 opens with what it held, and can erase from then on."""
    path = tmp_path / "docket.sqlite"
    new = [one for one in DOCKET.schema if "erasure" not in one]
    old = [
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} "
        f"BEGIN SELECT raise(ABORT, 'appended, never changed'); END"
        for table in ("comment", "answer")
    ]
    create_database(path, replace(DOCKET, version=1, schema=(*new, *old)))
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("INSERT INTO comment VALUES (1, ?, 'One', '', ?)", ("b" * 64, AT))
    with closing(Docket.open(path)) as docket:
        assert [one.words for one in docket.waiting()] == ["One"]
        docket.erase(1, "law", "The house", AT)
    with closing(Docket.open(path)) as docket:
        assert docket.waiting() == ()


def test_a_docket_keeps_bank_versions_apart(docket: Docket) -> None:
    """A comment belongs to the bank version it was handed in on, and to no other."""
    docket.hand_in("a" * 64, "On A", "", AT)
    docket.hand_in("b" * 64, "On B", "", AT)
    for number in (1, 2):
        docket.show(number, AT)
    assert [one.words for one in docket.shown("a" * 64)] == ["On A"]
    assert docket.left_out("a" * 64) == {}


def test_a_docket_refuses_what_makes_no_sense(docket: Docket) -> None:
    """Comments that are not there, decided twice, or too many at once."""
    with pytest.raises(InputError):
        docket.show(1, AT)
    docket.hand_in("a" * 64, "One", "", AT)
    with pytest.raises(InputError):
        docket.leave_out(1, "dislike", AT)
    with pytest.raises(RefusedError):
        docket.answer(1, "Early", "", AT)
    docket.leave_out(1, next(iter(REASONS)), AT)
    with pytest.raises(RefusedError):
        docket.show(1, AT)
    for name in ("waiting", "shown"):
        assert (docket.waiting() if name == "waiting" else docket.shown("a" * 64)) == ()
    with docket._writing() as db:
        rows = [("a" * 64, "x", "", AT)] * 1_000
        db.executemany("INSERT INTO comment (bank, words, signed, at) VALUES (?, ?, ?, ?)", rows)
    with pytest.raises(RefusedError):
        docket.hand_in("a" * 64, "One too many", "", AT)


def test_another_file_is_no_docket(tmp_path: Path) -> None:
    """A database of another kind is left alone."""
    path = tmp_path / "docket.sqlite"
    sqlite3.connect(path).execute("CREATE TABLE comment (number INTEGER)").connection.close()
    with pytest.raises(DamagedError):
        Docket.open(path)


def test_documents_are_json(quiet_town: Town) -> None:
    """What programs read is JSON with its format named, for any site to read."""
    for path, name in (("/numbers.json", "numbers"), ("/audit.json", "audit-report")):
        answer = quiet_town.client().get(path)
        assert json.loads(answer.content)["format"] == f"proofhouse-{name}/v1"
        assert answer.headers["access-control-allow-origin"] == "*"


def test_the_page_about_the_numbers_names_every_member(quiet_town: Town) -> None:
    """docs/public-pages.md tells of each member of both documents, and of no other."""
    page = (Path(__file__).parents[2] / "docs" / "public-pages.md").read_text("utf-8")
    said = quiet_town.client().get("/numbers.json").json()
    tables = page[page.index("## Numbers for programs") : page.index("`/audit.json`, format")]
    told = [set(re.findall(r"`(\w+)`", row.split("|")[1])) for row in tables.splitlines()
            if row.startswith("| `")]  # fmt: skip
    assert set().union(*told) == said.keys() | said["banks"][0].keys()
    audited = page[page.index("`/audit.json`, format") :]
    for name in quiet_town.client().get("/audit.json").json().keys() - {"format"}:
        assert f"`{name}`" in audited


def test_a_text_that_was_cut_does_not_send_a_reader_where_it_is_not() -> None:
    """Of a clear statement the leaf has it whole; no page but a dossier speaks of its bundle."""
    long = "word " * 100
    assert "shortened here, in full in its leaf)" in looks.in_log(long, 50)
    assert "in full in its leaf)" in looks.listed_in_log([long], 50)
    for shown in (looks.words(long, 50), looks.listed([long], 50)):
        assert "(500 characters; shortened here)" in shown
