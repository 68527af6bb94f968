# SPDX-License-Identifier: Apache-2.0
"""Matching: what decides, what siblings do to the confidence, and what is no match."""

from __future__ import annotations

import random
from hashlib import sha1

import numpy as np
import pytest

from proofhouse.errors import InputError
from proofhouse.validation.duplicates.features import NAMES, compare
from proofhouse.validation.duplicates.index import Index
from proofhouse.validation.duplicates.match import AT_LEAST, CAP, Answer, match
from proofhouse.validation.duplicates.model import Model, fitted
from proofhouse.validation.duplicates.prepare import prepare_query
from proofhouse.validation.duplicates.records import Affected, Query, Record
from proofhouse.validation.duplicates.why import _APART

PARTS = ("lexer", "router", "session", "upload", "cache", "mailer", "archive", "renderer")
FLAWS = ("overflow", "traversal", "injection", "leak", "recursion", "redirect", "deadlock")
PRODUCTS = ("heron", "plover", "curlew", "dunlin", "godwit", "turnstone", "avocet", "ruff")


def corpus(seed: int = 7, size: int = 400) -> list[Record]:
    """Made-up records: products of several flaws each, some of one day and one bulletin."""
    draw = random.Random(seed)
    found = []
    for number in range(size):
        product = f"{draw.choice(PRODUCTS)}{number // 5}"
        part, flaw = draw.choice(PARTS), draw.choice(FLAWS)
        function = f"{part}_{flaw}_{draw.randrange(10_000)}"
        found.append(
            Record(
                id=f"CVE-2031-{10_000 + number}",
                title=f"{flaw} in the {part} of {product}",
                description=f"The {part} of {product} before 1.{number % 40}.3 has an {flaw} "
                f"in {function} when a crafted request arrives.",
                published=f"2031-{1 + number % 12:02d}-{1 + number % 27:02d}",
                references=(
                    f"https://github.com/birds/{product}/commit/{sha1(str(number).encode()).hexdigest()}",
                    f"https://birds.example/bulletin/{number // 5}",
                ),
                affected=(
                    Affected(
                        vendor="birds",
                        product=product,
                        versions=(f"1.{number % 40}.3",),
                        bounds=(f"1.{number % 40}.3",),
                    ),
                ),
            )
        )
    return found


RECORDS = corpus()
INDEX = Index.build(RECORDS)
MODEL = fitted()


def reworded(record: Record, **change: object) -> Query:
    """A query that tells of a record in other words."""
    product = record.affected[0].product
    base = Query(
        id="q",
        summary=f"{record.title.capitalize()} (github.com/birds/{product})",
        packages=(("Go", f"github.com/birds/{product}"),),
        fixed=record.affected[0].bounds,
        references=record.references[:1],
    )
    return Query(**{**{f: getattr(base, f) for f in Query.__dataclass_fields__}, **change})  # type: ignore[arg-type]


def answer(query: Query, **options: object) -> Answer:
    return match(INDEX, MODEL, query, **options)  # type: ignore[arg-type]


def test_a_shared_commit_and_product_decide() -> None:
    """A query that shares commit, product and words is matched surely, and `why` says by what."""
    found = answer(reworded(RECORDS[33]))
    assert found.match == RECORDS[33].id
    assert found.confidence >= 0.99
    assert "no other record has" in found.why
    assert "Same repository birds/" in found.why


def test_removed_truth_is_not_surely_matched() -> None:
    """Without its record, no query is matched to a sibling with a confidence of 0.99."""
    for record in RECORDS[::10]:
        found = answer(reworded(record), without=frozenset({record.id}))
        assert found.match != record.id
        assert found.confidence < 0.99


def test_twins_share_the_confidence() -> None:
    """Two records with one text get no surer than a coin, and no match is stated."""
    twin = Record(
        **{f: getattr(RECORDS[33], f) for f in Record.__dataclass_fields__} | {"id": "CVE-2031-9"}
    )
    index = Index.build([*RECORDS, twin])
    found = match(index, MODEL, reworded(RECORDS[33]))
    assert found.match is None
    assert found.confidence < 0.7
    assert "nearly as likely" in found.why


def test_distinguishing_word_decides_between_siblings() -> None:
    """Among records of one product, bulletin and day, the word that they do not share decides."""
    base = {f: getattr(RECORDS[33], f) for f in Record.__dataclass_fields__}
    siblings = [
        Record(
            **base
            | {
                "id": f"CVE-2031-{number}",
                "title": f"Heron33 mishandles {word}",
                "description": f"Heron33 before 2.0.1 mishandles {word} in a crafted request.",
                "references": ("https://birds.example/bulletin/of/july",),
            }
        )
        for number, word in enumerate(("cookies", "trailers", "ranges", "cursors"))
    ]
    index = Index.build([*RECORDS, *siblings])
    query = reworded(
        RECORDS[33],
        summary="Heron33: trailers are mishandled",
        references=("https://birds.example/bulletin/of/july",),
    )
    found = match(index, MODEL, query)
    assert found.nearest == "CVE-2031-1"
    assert "trailers" in found.why


def test_what_shares_nothing_is_no_match() -> None:
    """A query of another world has no match, and a confidence near 0."""
    found = answer(Query(id="q", summary="Zebra quagga okapi", references=("https://a.example/b",)))
    assert (found.match, found.nearest, found.confidence) == (None, None, 0.0)


@pytest.mark.parametrize("summary", ["", " ", "the of and", "\x00\x1b[2J", "\ud83d\ude00"])
def test_empty_query_is_no_match(summary: str) -> None:
    """A query without a word that counts is unmatched and breaks nothing."""
    found = answer(Query(id="q", summary=summary))
    assert found.match is None
    assert found.confidence < 0.5


def test_threshold_only_hides() -> None:
    """A lower threshold states a match with the same confidence that a higher one withholds."""
    query = Query(id="q", summary=RECORDS[33].title)
    low, high = answer(query, at_least=0.0), answer(query, at_least=1.0)
    assert high.match is None
    assert low.match == low.nearest == high.nearest
    assert low.confidence == high.confidence <= CAP


def test_order_of_the_corpus_does_not_matter() -> None:
    """The same records in another order give the same answers."""
    shuffled = RECORDS[:]
    random.Random(1).shuffle(shuffled)
    other = Index.build(shuffled)
    for record in RECORDS[::50]:
        here, there = answer(reworded(record)), match(other, MODEL, reworded(record))
        assert (here.match, here.confidence) == (there.match, there.confidence)


def test_own_identifier_is_an_exact_key() -> None:
    """A query that names one record's identifier as its own is that record, and says so."""
    found = answer(Query(id="q", summary="See CVE-2031-10033", details="Nothing else is known."))
    assert found.match == "CVE-2031-10033"
    assert found.why.startswith("It names this identifier itself.")


def test_identifier_it_follows_on_is_none() -> None:
    """An incomplete fix names the flaw before it; that identifier is no key."""
    found = answer(Query(id="q", summary="Incomplete fix for CVE-2031-10033 in quagga"))
    assert found.match is None


def test_two_identifiers_are_no_key() -> None:
    """A bulletin that names several records' identifiers is none of them by that."""
    found = answer(Query(id="q", summary="Covers CVE-2031-10033 and CVE-2031-10034"))
    assert found.confidence < AT_LEAST


def test_weights_are_monotone() -> None:
    """No shipped weight rewards a conflict or punishes agreement."""
    for name, weight in zip(NAMES, MODEL.weights, strict=True):
        assert weight <= 0 if name.endswith("_conflict") else weight >= 0, name
    assert MODEL.slope > 0
    assert MODEL.lead >= 0


def test_more_evidence_is_more_confidence() -> None:
    """Raising any agreeing column of the best candidate never lowers the confidence."""
    query = prepare_query(reworded(RECORDS[33], references=()))
    rows, cosines = INDEX.candidates(query)
    values = compare(INDEX, query, rows, cosines).values
    before = MODEL.confidence(MODEL.shares(values))
    best = int(np.argmax(MODEL.shares(values)[:-1]))
    for at, name in enumerate(NAMES):
        raised = values.copy()
        raised[best, at] += -0.1 if name.endswith("_conflict") else 0.1
        assert MODEL.confidence(MODEL.shares(raised)) >= before - 1e-12, name


def test_shares_add_up() -> None:
    """Shares of candidates and of none are a distribution, for any number and any scores."""
    model = Model(tuple([1000.0] * len(NAMES)), 0.0, 1.0, 0.0, 0.0)
    for size in (1, 2, 24):
        shares = model.shares(np.ones((size, len(NAMES))))
        assert shares.shape == (size + 1,)
        assert float(shares.sum()) == pytest.approx(1.0)
        assert 0.0 <= model.confidence(shares) <= 1.0


def test_every_column_can_be_told() -> None:
    """Each column has words for what it says of a runner-up."""
    assert set(NAMES) <= set(_APART)


def test_empty_corpus_is_refused() -> None:
    """A corpus without a record is refused; it would answer “no match” to everything."""
    with pytest.raises(InputError, match="holds no record"):
        Index.build([])


def test_records_without_words_break_nothing() -> None:
    """Records that say nothing can be searched."""
    index = Index.build([Record(id="a"), Record(id="b")])
    assert match(index, MODEL, Query(id="q", summary="something")).match is None
