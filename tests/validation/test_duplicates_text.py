# SPDX-License-Identifier: Apache-2.0
"""Words, keys and kinds: two spellings of one thing meet, and hostile text costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofhouse.validation.duplicates.features import _before
from proofhouse.validation.duplicates.keys import key_of, keys_in, repository_of
from proofhouse.validation.duplicates.kinds import kinds
from proofhouse.validation.duplicates.prepare import (
    first_sentence,
    prepare_query,
    prepare_record,
)
from proofhouse.validation.duplicates.records import Affected, Query, Record
from proofhouse.validation.duplicates.text import (
    MAX_TEXT,
    clean,
    identifiers,
    plain_name,
    spelled,
    versions,
    words,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://github.com/O/R/commit/" + "a" * 40, "https://github.com/o/r/commit/" + "a" * 12),
        ("https://github.com/o/r/pull/7/files", "http://www.github.com/O/R/pull/7"),
        ("https://go.dev/issue/123", "https://github.com/golang/go/issues/123"),
        ("https://go.dev/cl/55", "https://go-review.googlesource.com/c/net/+/55"),
        ("https://gitlab.com/a/b/-/issues/9", "https://gitlab.com/a/b/issues/9"),
        ("https://github.com/o/r/releases/tag/v1.2.3", "https://github.com/o/r/releases/tag/1.2.3"),
        ("https://example.org/Notice/4/", "http://www.example.org/notice/4#top"),
    ],
)
def test_two_addresses_of_one_thing(one: str, other: str) -> None:
    """Two addresses of one thing have one key."""
    assert key_of(one) == key_of(other) is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://github.com/o/r",
        "https://github.com/o/r/security/advisories/",
        "https://example.org",
        "https://[::1",
        "not an address",
        "https://",
        "https://x:999999999/",
    ],
)
def test_address_of_nothing(url: str) -> None:
    """An address that names no flaw, or is none, has no key."""
    assert key_of(url) is None


def test_commits_from_text_and_pseudo_versions() -> None:
    """A commit is the same key in an address, in a text and in a pseudo-version."""
    commit = "ecd7e2d0e9867576b9da04871e22232f06fa0cc7"
    assert keys_in((), f"Fixed by {commit}.") == {"commit:ecd7e2d0e986"}
    assert keys_in((), "", ("0.0.0-20240826044107-ecd7e2d0e986",)) == {"commit:ecd7e2d0e986"}


def test_repository() -> None:
    """Module paths and addresses name one repository."""
    assert repository_of("github.com/Juju/Juju/v2/x") == "juju/juju"
    assert repository_of("https://github.com/juju/juju.git") == "juju/juju"
    assert repository_of("https://example.org/juju/juju") is None


def test_words_of_compounds() -> None:
    """A compound gives itself and its parts, stemmed, and keeps how it was spelled."""
    assert words("getUserById leaks JUJU_CONTEXT_ID") == [
        "getuserbyid", "get", "id", "leak", "jujucontextid", "juju", "context", "id",
    ]  # fmt: skip
    assert ("jujucontextid", "JUJU_CONTEXT_ID") in spelled("JUJU_CONTEXT_ID")


def test_versions_and_names() -> None:
    """Versions lose their v and build, names their language affix."""
    assert versions("fixed in v1.2.3, 2.0.0-rc1 and 9.5.7+incompatible; not 5") == {
        "1.2.3", "2.0.0-rc1", "9.5.7",
    }  # fmt: skip
    assert plain_name("ruby-Foo_bar") == plain_name("foo-bar.rb") == "foobar"
    assert list(identifiers("see cve-2024-0001 and GHSA-2345-6789-cfgh")) == [
        (4, "CVE-2024-0001"),
        (22, "GHSA-2345-6789-CFGH"),
    ]


@pytest.mark.parametrize(
    ("version", "was"),
    [("2.8.5", "2.8.4"), ("2.8.0", None), ("2", None), ("", None), ("1.x", None), ("1.²", None)],
)
def test_version_before(version: str, was: str | None) -> None:
    """The version before a patch is known only where it is a number above 0."""
    assert _before(version) == was


def test_kinds_by_words_and_by_number() -> None:
    """A kind is told by words or by weakness number; a text that tells none has none."""
    assert kinds("Stored XSS in the panel") == {"cross-site scripting"}
    assert kinds("", ("CWE-79", "CWE-999999")) == {"cross-site scripting"}
    assert kinds("nothing to see") == frozenset()


def test_affected_range_gives_fixed_versions() -> None:
    """“lessThan”, “< x” and “before x” all name the first fixed version; “<= x” does not."""
    affected = Affected(product="p", versions=("1.0.0", "< 1.0.5", "<= 1.0.6"), bounds=("1.0.4",))
    found = prepare_record(Record(id="a", description="Before 1.0.3.", affected=(affected,)))
    assert found.fixed == {"1.0.3", "1.0.4", "1.0.5"}
    assert "1.0.6" in found.versions


def test_placeholder_dates_are_no_dates() -> None:
    """Dates before 1990 and what is no date are unknown days."""
    for text in ("0001-01-01", "", "soon", "2024-13-01", "2024-01-0\x00"):
        assert prepare_query(Query(id="q", published=text)).day is None
    assert prepare_query(Query(id="q", published="2024-01-02T03:04:05Z")).day is not None


def test_first_sentence_has_an_end() -> None:
    """The first sentence of an endless text is at most 300 characters."""
    assert len(first_sentence("x" * 10_000)) == 300


BOMBS: tuple[Callable[[], str], ...] = (
    lambda: "a" * 300_000,
    lambda: "_" * 300_000,
    lambda: "aA" * 150_000,
    lambda: "A" * 300_000 + "a",
    lambda: "1." * 150_000,
    lambda: "fixed " * 50_000,
    lambda: "https://" * 40_000,
    lambda: "https://github.com/a/b/issues/" + "1" * 300_000,
    lambda: "CVE-2024-" * 40_000,
    lambda: " ".join(f"CVE-2024-{number}" for number in range(10_000, 40_000)),
    lambda: "GHSA" + "-2345" * 60_000,
    lambda: "f" * 39 + "-" + "0" * 300_000,
    lambda: "\u202e\x00\x1b[31m" * 50_000,
    lambda: "\ufdfa" * 60_000,
    lambda: "-0." + "20240826044107-" * 20_000,
)


@pytest.mark.parametrize("number", range(len(BOMBS)))
def test_hostile_text_is_read_in_time(number: int) -> None:
    """No text makes any pattern slow: 300,000 chosen characters in every field within seconds."""
    bomb = BOMBS[number]()
    begun = time.process_time()
    query = Query(
        id="q", summary=bomb, details=bomb, published=bomb, packages=(("Go", bomb),),
        fixed=(bomb,), symbols=(bomb,), references=(bomb,) * 400,
    )  # fmt: skip
    assert prepare_query(query).clipped
    affected = Affected(bomb, bomb, bomb, bomb, (bomb,), (bomb,))
    prepare_record(
        Record(id="a", title=bomb, description=bomb, references=(bomb,), affected=(affected,))
    )
    assert time.process_time() - begun < 4


def test_control_characters_do_not_pass() -> None:
    """What is cleaned holds no control character but line ends, and says whether it was cut."""
    text, cut = clean("a\x00\x1b[31mb\u202ec\n" + "d" * MAX_TEXT)
    assert cut
    assert all(c.isprintable() or c == "\n" for c in text)


@given(st.text(max_size=200), st.text(max_size=80))
def test_any_text_can_be_prepared(text: str, name: str) -> None:
    """Whatever the characters, a query and a record can be prepared."""
    prepare_query(
        Query(
            id="q",
            summary=text,
            details=name,
            published=name,
            packages=((name, text),),
            fixed=(name,),
            references=(text, "https://" + text),
        )
    )
    prepare_record(Record(id="a", title=text, description=name, references=("http://" + name,)))
