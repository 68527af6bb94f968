# SPDX-License-Identifier: Apache-2.0
"""Any k of n shares give the key back, fewer tell nothing, wrong ones are refused with a reason."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofhouse.errors import FormatError, InputError, VerificationError
from proofhouse.formats import sealed_seed
from proofhouse.formats.shares import Share, combine, divide, multiply, split

KEY = bytes(range(32))
SEALED = hashlib.sha256(b"the file").hexdigest()


def drawn(label: str) -> object:
    """A source of bytes that is the same each time."""
    count = 0

    def draw(length: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{label}/{count}".encode()).digest(length)

    return draw


def shares_of(key: bytes, threshold: int, count: int, label: str = "a") -> tuple[Share, ...]:
    return split(
        key,
        threshold=threshold,
        shares=count,
        of="bank@1",
        sealed=SEALED,
        draw=drawn(label),  # type: ignore[arg-type]
    )


def slow_multiply(one: int, other: int) -> int:
    """Bit by bit, as FIPS 197 (section 4.2) tells it."""
    product = 0
    while other:
        product ^= one if other & 1 else 0
        one = (one << 1) ^ (0x11B if one & 0x80 else 0)
        other >>= 1
    return product


def test_the_field_is_that_of_aes() -> None:
    """The two products that FIPS 197 works out, and all others by its own method."""
    assert multiply(0x57, 0x83) == 0xC1
    assert multiply(0x57, 0x13) == 0xFE
    for one in range(256):
        for other in range(0, 256, 7):
            assert multiply(one, other) == slow_multiply(one, other)


def test_division_undoes_multiplication() -> None:
    """For all elements but 0."""
    assert all(
        divide(multiply(one, other), other) == one for one in range(256) for other in range(1, 256)
    )


def test_a_vector_worked_out_by_hand() -> None:
    """key 0x42 with the coefficient 0x57: f(x) = 0x42 + 0x57·x, so f(1) = 0x15, f(2) = 0xEC."""
    one, two = split(
        b"\x42", threshold=2, shares=2, of="v", sealed=SEALED, draw=lambda n: b"\x57" * n
    )
    assert (one.data, two.data) == (b"\x15", b"\xec")
    assert combine([two, one]) == b"\x42"


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=40), st.integers(1, 6), st.integers(0, 4), st.randoms())
def test_any_threshold_of_shares_gives_the_key_back(
    key: bytes, threshold: int, more: int, order: object
) -> None:
    """Whichever k there are, in whatever order, and also more than k."""
    shares = list(shares_of(key, threshold, threshold + more))
    for chosen in combinations(shares, threshold):
        mixed = list(chosen)
        order.shuffle(mixed)  # type: ignore[attr-defined]
        assert combine(mixed) == key
    assert combine(shares) == key


def test_255_shares_can_be() -> None:
    """The greatest numbers: all are needed, all are used."""
    shares = shares_of(KEY, 255, 255)
    assert combine(shares) == KEY
    with pytest.raises(InputError, match="255 of the 255"):
        combine(shares[1:])


@settings(deadline=None)
@given(st.integers(0, 255))
def test_fewer_shares_tell_nothing(byte: int) -> None:
    """One share of two is consistent with every key: for each there is a coefficient."""
    (share, _) = shares_of(b"\x42", 2, 2)
    coefficient = divide(share.data[0] ^ byte, share.index)
    one, _ = split(
        bytes([byte]),
        threshold=2,
        shares=2,
        of="v",
        sealed=SEALED,
        draw=lambda n: bytes([coefficient]) * n,
    )
    assert one.data == share.data


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (1, 256), (-1, -1), (256, 256)])
def test_numbers_that_cannot_be_are_refused(threshold: int, count: int) -> None:
    """1 ≤ k ≤ n ≤ 255."""
    with pytest.raises(InputError, match="can't be"):
        shares_of(KEY, threshold, count)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(0, 5), st.binary(min_size=1, max_size=40))
def test_a_share_is_its_text(threshold: int, more: int, key: bytes) -> None:
    """What is printed parses to the same share, also with blank lines and spaces between."""
    for share in shares_of(key, threshold, threshold + more):
        text = share.to_text()
        assert Share.parse(text) == share
        assert Share.parse(text.replace("\n", "  \r\n\n")) == share


@settings(deadline=None)
@given(st.data())
def test_one_changed_character_is_noticed(data: st.DataObject) -> None:
    """Wherever it stands, in each of the nine lines."""
    text = shares_of(KEY, 2, 3)[1].to_text().rstrip("\n")
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("0123456789abcdefx#"))
    changed = text[:at] + letter + text[at + 1 :]
    if changed.split() != text.split():
        with pytest.raises(FormatError):
            Share.parse(changed)


@pytest.mark.parametrize("text", ["", "proofhouse-share/v1", "x" * 5_000, "hello\n" * 9])
def test_what_is_no_share_is_refused(text: str) -> None:
    """Nothing, a head alone, far too much, and something else."""
    with pytest.raises(FormatError):
        Share.parse(text)


def test_wrong_shares_are_refused_with_the_reason() -> None:
    """Too few, one twice, one of another splitting, one changed on purpose, none."""
    one, two, three = shares_of(KEY, 2, 3)
    other = shares_of(bytes(32), 2, 3, "b")
    flipped = replace(two, data=bytes([two.data[0] ^ 1]) + two.data[1:])
    for shares, said in (
        ([one], "2 of the 3 shares are needed, and 1 is here"),
        ([one, one], "given twice"),
        ([one, other[1]], "not of one key"),
        ([one, flipped], "at least one was changed"),
        ([one, replace(three, data=three.data[:-1])], "another length"),
        ([], "no share"),
    ):
        with pytest.raises(InputError, match=said):
            combine(shares)


def test_a_sealed_seed_opens_under_its_key_only() -> None:
    """Its value comes back; another key, another bank's name and a flipped digit are refused."""
    data = sealed_seed.seal("bank@1", {"seed": "00"}, KEY)
    assert sealed_seed.unseal(data, KEY) == ("bank@1", {"seed": "00"})
    digit = data.index(b'"ciphertext":"') + 14
    flipped = data[:digit] + (b"0" if data[digit:][:1] != b"0" else b"1") + data[digit + 1 :]
    for changed, key in (
        (data, bytes(32)),
        (data.replace(b"bank@1", b"bank@2"), KEY),
        (flipped, KEY),
    ):
        with pytest.raises(VerificationError, match="does not open"):
            sealed_seed.unseal(changed, key)
    for broken in (b"", b"{}", data[:-1], data.replace(b"seed/v1", b"seed/v2")):
        with pytest.raises(FormatError):
            sealed_seed.unseal(broken, KEY)


def test_the_shares_of_the_page_give_its_key_back() -> None:
    """The example of spec/shares.md: two texts that parse, print alike and combine."""
    page = (Path(__file__).parents[2] / "spec" / "shares.md").read_text("utf-8")
    texts = re.findall(r"```text share\n(.*?)```", page, re.DOTALL)
    shares = [Share.parse(text) for text in texts]
    assert [share.to_text() for share in shares] == texts
    assert combine(shares) == KEY
