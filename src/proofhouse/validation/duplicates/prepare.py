# SPDX-License-Identifier: Apache-2.0
"""Records and queries prepared for comparing: one shape for both sides.

    prepare_query(Query(...))    →  Prepared(head words, all words, keys, names, versions, …)
    prepare_record(Record(...))  →  the same

The *head* of a text is what names the flaw: summary or title, else the first sentence. What a
query says in its packages (``["Go", "github.com/juju/juju"]``) and a record in its affected
products (vendor, product, repository) becomes one set of plain names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from proofhouse.validation.duplicates.keys import MAX_URL, keys_in, repository_of
from proofhouse.validation.duplicates.kinds import kinds
from proofhouse.validation.duplicates.records import Query, Record
from proofhouse.validation.duplicates.text import (
    clean,
    identifiers,
    plain_name,
    plain_version,
    spelled,
    versions,
    words,
)

MAX_ITEMS = 400
"""Packages, references, versions or products of one record that are read."""
MAX_NAME = 300
"""Characters of one name that are read; of a version, a third."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is compared of one side."""

    id: str
    head: tuple[str, ...]
    body: tuple[str, ...]
    """All words in their order, the head's first."""
    day: int | None
    keys: frozenset[str]
    names: frozenset[str]
    repositories: frozenset[str]
    name_words: frozenset[str]
    fixed: frozenset[str]
    """Versions that it says are fixed."""
    versions: frozenset[str]
    """Every version that it names, the fixed ones among them."""
    kinds: frozenset[str]
    named: frozenset[str]
    """Identifiers that it names as its own: not those that it only follows on (see `_own`)."""
    clipped: bool
    spelling: tuple[tuple[str, str], ...] = ()
    """Of a query: each word with the way its text spells it, for telling it."""


def day_of(published: str) -> int | None:
    """Proleptic day number of a date; None for none, and for placeholders before 1990."""
    try:
        day = date.fromisoformat(published[:10])
    except ValueError:
        return None
    return day.toordinal() if day.year >= 1990 else None


_SENTENCE = re.compile(r"[.!?](?:\s|$)|\n\s*\n")
_FIXED = re.compile(
    r"(?:fixed|patched|resolved|addressed|before|prior to|upgrade to|update to|since|released in"
    r"|< ?)"
    r"[^.\n<>]{0,60}?v?(\d{1,8}(?:\.\d{1,10}){1,4})"
)


def first_sentence(text: str) -> str:
    """The text to its first full stop, within 40 to 300 characters where that can be."""
    end = next((m.start() for m in _SENTENCE.finditer(text[:400]) if m.start() >= 40), 300)
    return text[:end]


def prepare_query(query: Query) -> Prepared:
    """Prepare one query; its ``aliases`` never come here."""
    summary, cut_summary = clean(query.summary)
    details, cut_details = clean(query.details)
    text = f"{summary}\n{details}" if summary.strip() != details.strip() else summary
    packages = [clean(name[:MAX_NAME])[0] for _, name in query.packages[:MAX_ITEMS]]
    references = tuple(r[:MAX_URL] for r in query.references[:MAX_ITEMS])
    names, repositories = _names(packages, references)
    fixed = frozenset(plain_version(v[: MAX_NAME // 3]) for v in query.fixed[:MAX_ITEMS])
    head = words(summary if summary.strip() else first_sentence(details))
    symbols, cut_symbols = clean(" ".join(query.symbols[:MAX_ITEMS]))
    body = spelled(text) + spelled(symbols)
    return Prepared(
        id=query.id,
        head=tuple(head),
        body=tuple(word for word, _ in body),
        day=day_of(query.published),
        keys=keys_in(references, text, query.fixed[:MAX_ITEMS]),
        names=names,
        repositories=repositories,
        name_words=_name_words(packages),
        fixed=fixed | _fixed_in(text),
        versions=fixed | versions(text),
        kinds=kinds(text),
        named=_own(" ".join((text, *references))),
        clipped=cut_summary
        or cut_details
        or cut_symbols
        or any(map(_too_many, (query.references, query.packages, query.fixed, query.symbols))),
        spelling=tuple(body),
    )


def prepare_record(record: Record) -> Prepared:
    """Prepare one record of the corpus."""
    title, cut_title = clean(record.title)
    description, cut_description = clean(record.description)
    text = f"{title}\n{description}"
    affected = record.affected[:MAX_ITEMS]
    products = [n[:MAX_NAME] for a in affected for n in (a.product, a.package) if n and n != "n/a"]
    vendors = [a.vendor[:MAX_NAME] for a in affected if a.vendor and a.vendor != "n/a"]
    repos = [a.repo[:MAX_NAME] for a in affected if a.repo]
    references = (*(r[:MAX_URL] for r in record.references[:MAX_ITEMS]), *repos)
    names, repositories = _names(products + repos, references)
    for a in affected:
        repositories |= {
            f"{a.vendor[:MAX_NAME].strip().lower()}/{a.product[:MAX_NAME].strip().lower()}"
        }
    bounds = frozenset(
        plain_version(v[: MAX_NAME // 3]) for a in affected for v in a.bounds[:MAX_ITEMS]
    )
    told = frozenset(
        found for a in affected for v in a.versions[:MAX_ITEMS] for found in versions(v[:MAX_NAME])
    )
    upper = frozenset(
        found
        for a in affected
        for v in a.versions[:MAX_ITEMS]
        if "<" in v and "<=" not in v
        for found in versions(v.rsplit("<", 1)[1][:MAX_NAME])
    )
    fixed = bounds | upper | _fixed_in(text)
    return Prepared(
        id=record.id,
        head=tuple(words(title if title.strip() else first_sentence(description))),
        body=tuple(words(text)),
        day=day_of(record.published),
        keys=keys_in(references, text),
        names=names | frozenset(plain_name(v) for v in vendors) - {""},
        repositories=repositories,
        name_words=_name_words(products + vendors),
        fixed=fixed,
        versions=fixed | told | versions(text),
        kinds=kinds(text, record.cwes),
        named=frozenset({record.id.upper()}),
        clipped=cut_title or cut_description,
    )


def _too_many(items: Sequence[object]) -> bool:
    return len(items) > MAX_ITEMS


_FOLLOWS = re.compile(r"incomplete|bypass|fix (?:for|of)|regression|similar|related|variant|unlike")


def _own(text: str) -> frozenset[str]:
    """Identifiers in a text, unless words just before the first mention say it only follows on."""
    first: dict[str, int] = {}
    for at, name in identifiers(text):
        first.setdefault(name, at)
    return frozenset(
        name
        for name, at in first.items()
        if not _FOLLOWS.search(text[max(0, at - 60) : at].lower())
    )


def _fixed_in(text: str) -> frozenset[str]:
    return frozenset(_FIXED.findall(text[:8000].lower()))


_MAJOR = re.compile(r"v\d+")


def _names(names: list[str], references: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """Plain names of packages, and the repositories that they and the references name."""
    plain: set[str] = set()
    repositories = {r for source in (*names, *references) if (r := repository_of(source))}
    for name in names:
        steps = [s for s in name.split("://")[-1].split("/") if s and not _MAJOR.fullmatch(s)]
        plain.update(plain_name(step) for step in steps[-1:] + steps[2:3])
        if len(steps) <= 2:
            plain.add(plain_name(name))
    return frozenset(plain) - {""}, frozenset(repositories)


def _name_words(names: list[str]) -> frozenset[str]:
    return frozenset(word for name in names for word in words(clean(name[:MAX_NAME])[0]))
