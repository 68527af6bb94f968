# SPDX-License-Identifier: Apache-2.0
"""The stream of choices: what it is made of, and that it is fair."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter

import pytest

from proofhouse.bank.stream import Stream

KEY = bytes(range(32))


def blocks(label: str, count: int) -> bytes:
    """The stream as its definition has it."""
    start = b"proofhouse/stream/v1\n" + label.encode() + b"\n"
    return b"".join(
        hmac.new(KEY, start + at.to_bytes(8, "big"), hashlib.sha256).digest() for at in range(count)
    )


def test_the_stream_is_hmac_of_label_and_counter():
    stream = Stream(KEY, "a")
    assert stream.take(5) + stream.take(70) == blocks("a", 3)[:75]


def test_a_fork_is_the_stream_of_a_longer_label_whatever_was_drawn_before():
    stream = Stream(KEY, "a")
    stream.take(100)
    assert stream.fork("b").take(32) == blocks("a/b", 1)
    assert stream.fork("b").take(32) == blocks("a/b", 1)


def test_an_integer_is_rejected_and_drawn_again_when_it_would_be_biased():
    """Below 200, bytes of 200 and more are thrown away."""
    drawn = [byte for byte in blocks("a", 4) if byte < 200]
    stream = Stream(KEY, "a")
    assert [stream.below(200) for _ in range(60)] == drawn[:60]


@pytest.mark.parametrize("bound", [1, 2, 3, 256, 257, 65536, 2**32])
def test_integers_stay_below_their_bound_and_reach_both_halves(bound: int):
    stream = Stream(KEY, f"bound {bound}")
    values = [stream.below(bound) for _ in range(200)]
    assert all(0 <= value < bound for value in values)
    if bound > 1:
        assert min(values) < bound / 2 <= max(values)


def test_every_order_of_three_is_about_equally_likely():
    stream = Stream(KEY, "orders")
    seen = Counter(stream.shuffled("abc") for _ in range(1200))
    assert len(seen) == 6
    assert all(140 < count < 260 for count in seen.values())


def test_a_sample_has_no_element_twice():
    stream = Stream(KEY, "sample")
    for _ in range(50):
        assert len(set(stream.sample(range(10), 6))) == 6


def test_chance_comes_true_as_often_as_it_says():
    stream = Stream(KEY, "chance")
    hits = sum(stream.chance(1, 4) for _ in range(2000))
    assert 400 < hits < 600
