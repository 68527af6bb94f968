# SPDX-License-Identifier: Apache-2.0
"""Words, versions and names out of hostile text.

    words("Mattermost fails to sanitize HTTP/2 headers in GetUserById()")
      →  mattermost fail sanitize http 2 header getuserbyid get user by id
    versions("fixed in v1.2.3 and 2.0.0-rc1")  →  {"1.2.3", "2.0.0-rc1"}
    plain_name("ruby-Foo_bar")                 →  "foobar"

Nothing here runs, renders or obeys what it reads (R20). Every pattern is linear: no nested
repetition, and what is read is cut at `MAX_TEXT` characters, which the caller is told by `clipped`.

Words are folded (NFKC, lower case), compound identifiers give themselves and their parts, plurals
and the commonest endings fall away. Left to others: weights (`index`), meaning (nobody).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_TEXT = 60_000
"""Characters of one text that are read; what lies behind is named in the answer, not read."""

_WORD = re.compile(r"[^\W_]+(?:_+[^\W_]+)*", re.UNICODE)
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_VERSION = re.compile(
    r"(?<![\w.])v?(\d{1,8}(?:\.\d{1,10}){1,4}(?:[-+.]?[a-z]{1,8}[-.]?\d{0,4})?)(?![\w])"
)
_IDENTIFIER = re.compile(
    r"(?:CVE-\d{4}-\d{4,19}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|(?:GO|PYSEC|RUSTSEC|OSV|MAL)-\d{4}-\d{1,9})",
    re.IGNORECASE,
)

STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "by",
        "can",
        "cannot",
        "could",
        "do",
        "does",
        "doing",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "might",
        "more",
        "most",
        "no",
        "not",
        "of",
        "on",
        "only",
        "or",
        "other",
        "our",
        "out",
        "should",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "under",
        "up",
        "use",
        "used",
        "user",
        "using",
        "via",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "will",
        "with",
        "within",
        "without",
        "would",
        "you",
        "your",
        "also",
        "any",
        "all",
        "each",
        "both",
        "after",
        "before",
        "prior",
        "earlier",
        "later",
        "version",
        "versions",
        "affected",
        "issue",
        "issues",
        "vulnerability",
        "vulnerabilities",
        "vulnerable",
        "allow",
        "allows",
        "allowed",
        "attacker",
        "attackers",
        "could",
        "fix",
        "fixed",
        "patch",
        "patched",
        "upgrade",
        "release",
        "released",
        "github",
        "com",
        "org",
        "www",
        "http",
        "https",
        "git",
        "md",
        "html",
        "security",
        "advisory",
        "advisories",
    ]
)
"""Words that say nothing of one flaw: function words, and the furniture of advisories."""


def clean(text: str) -> tuple[str, bool]:
    """The text folded to NFKC without control characters, and whether it was cut."""
    folded = unicodedata.normalize("NFKC", text[:MAX_TEXT])
    cut = len(text) > MAX_TEXT or len(folded) > 2 * MAX_TEXT  # one character may fold to eighteen
    plain = (c if c.isprintable() or c == "\n" else " " for c in folded[: 2 * MAX_TEXT])
    return "".join(plain), cut


def stem(word: str) -> str:
    """Drop a plural or one common ending; never below four letters."""
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-3] + "y" if word.endswith("ies") else word[:-1]
    for ending in ("ation", "ing", "ed", "ion", "ly"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def words(text: str) -> list[str]:
    """Stemmed words in their order, compounds followed by their parts, without `STOP`."""
    return [stemmed for stemmed, _ in spelled(text)]


def spelled(text: str) -> list[tuple[str, str]]:
    """The words of `words`, each with the way the text spells it."""
    found: list[tuple[str, str]] = []
    for match in _WORD.finditer(text):
        whole = match.group()
        if len(whole) > 64:
            whole = whole[:64]
        lower = whole.lower()
        parts = [p.lower() for p in _HUMP.findall(whole)] if lower != whole or "_" in whole else []
        if len(parts) > 1:
            found.append(("".join(p for p in lower if p != "_"), whole))
            found.extend((stem(p), p) for p in parts if p not in STOP and len(p) > 1)
        elif lower not in STOP:
            found.append((stem(lower), whole))
    return found


def versions(text: str) -> frozenset[str]:
    """The version numbers in a text: at least one dot, without a leading v."""
    return frozenset(plain_version(m) for m in _VERSION.findall(text.lower()))


def plain_version(version: str) -> str:
    """A version without leading v and build metadata; ``1.2.0`` stays ``1.2.0``."""
    return version.strip().lower().removeprefix("v").split("+")[0].strip(".,;:()")


def identifiers(text: str) -> Iterator[tuple[int, str]]:
    """Where a text names vulnerabilities, and which, upper case (CVE, GHSA, GO, RUSTSEC …)."""
    for match in _IDENTIFIER.finditer(text):
        yield match.start(), match.group().upper()


_AFFIX = re.compile(
    r"^(?:ruby|python|py|go|node|rust|lib|apache|the)[-_ ]"
    r"|[-_. ](?:js|rs|rb|py|go|ruby|python|project|server|gem)$"
)


def plain_name(name: str) -> str:
    """A product, package or vendor name for comparing: lower case, letters and digits only.

    One language affix falls away (``python-foo``, ``foo.js``), since ecosystems differ in it.
    """
    lower = _AFFIX.sub("", name.strip().lower())
    return "".join(c for c in lower if c.isalnum())
