# SPDX-License-Identifier: Apache-2.0
"""Relations between 32-bit numbers: the guard of level 5, and a second one at level 6.

    linear    token = x·K + y·L                        mod 2^32
    rotate    token = rotl(x·K, r) xor y
    steps     token = v xor y, v after n steps of v·M + C from x
    hash      token = a byte-wise hash of x and y
    squares   token − x² = y·K
    inverse   token·K = x·2^16 + y                     K odd: the solver has to divide
    shift     token = x after three xor-shifts, plus y

The value wanted is computed by the program from other fields, so that it is nowhere in the binary
for a dictionary to find; a blind search has one chance in 2^32. ``solve`` gives the token.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from proofhouse.bank.memory_flaw.names import Scope
from proofhouse.bank.memory_flaw.parts import MASK32, Kit
from proofhouse.bank.stream import Stream

LEAST = 0x100
"""The least value of a term; smaller ones are rejected where they would make a relation easy."""


@dataclass(frozen=True)
class Relation:
    """``check`` rejects, in C, a ``token`` that isn't what ``x`` and ``y`` ask for."""

    kind: str
    check: str
    solve: Callable[[int, int], int]


@dataclass(frozen=True)
class Terms:
    """The C expressions a relation is between (each of 32 bits), and what it is drawn from."""

    kit: Kit
    stream: Stream
    scope: Scope
    token: str
    x: str
    y: str

    def odd(self) -> int:
        """An odd 32-bit constant with its top bit set."""
        return 1 << 31 | self.stream.below(1 << 31) | 1

    def fill(self, template: str, **names: object) -> str:
        """``Kit.fill`` with the terms' names."""
        return self.kit.fill(template, token=self.token, x=self.x, y=self.y, **names)

    def large(self, check: str) -> str:
        """``check`` behind one that bars small terms, for which zeros or the constants would do."""
        test = self.fill("if ($x < $least || $y < $least)\n    $fail", least=hex(LEAST))
        return f"{test}\n{check}"


def _linear(terms: Terms) -> Relation:
    k, m = terms.odd(), terms.odd()
    check = terms.fill(
        "if ($token != ($u32)$x * ${k}u + ($u32)$y * ${m}u)\n    $fail", k=hex(k), m=hex(m)
    )
    return Relation("linear", terms.large(check), lambda x, y: (x * k + y * m) & MASK32)


def _rotate(terms: Terms) -> Relation:
    k, turn, turned = terms.odd(), terms.stream.between(5, 27), terms.scope.take("result")
    check = terms.fill(
        """
        $u32 $turned = ($u32)$x * ${k}u;

        $turned = $turned << $turn | $turned >> $back;
        if (($turned ^ $y) != $token)
            $fail
        """,
        turned=turned,
        k=hex(k),
        turn=turn,
        back=32 - turn,
    )

    def solve(x: int, y: int) -> int:
        value = x * k & MASK32
        return (value << turn & MASK32 | value >> (32 - turn)) ^ y

    return Relation("rotate", check, solve)


def _steps(terms: Terms) -> Relation:
    k, c, rounds = terms.odd(), terms.odd(), terms.stream.between(5, 40)
    value, step = terms.scope.take("result"), terms.scope.take("counter")
    check = terms.fill(
        """
        $u32 $value = $x;

        for (int $step = 0; $step < $rounds; $step++)
            $value = $value * ${k}u + ${c}u;
        if ($token != ($value ^ $y))
            $fail
        """,
        value=value,
        step=step,
        rounds=rounds,
        k=hex(k),
        c=hex(c),
    )

    def solve(x: int, y: int) -> int:
        for _ in range(rounds):
            x = (x * k + c) & MASK32
        return x ^ y

    return Relation("steps", check, solve)


def _hash(terms: Terms) -> Relation:
    k, start = terms.odd(), terms.odd()
    value, step = terms.scope.take("result"), terms.scope.take("counter")
    check = terms.fill(
        """
        $u32 $value = ${start}u;

        for (int $step = 0; $step < 32; $step += 8) {
            $value = ($value ^ (($u32)$x >> $step & 0xff)) * ${k}u;
            $value = ($value ^ (($u32)$y >> $step & 0xff)) * ${k}u;
        }
        if ($value != $token)
            $fail
        """,
        value=value,
        step=step,
        start=hex(start),
        k=hex(k),
    )

    def solve(x: int, y: int) -> int:
        out = start
        for shift in range(0, 32, 8):
            out = (out ^ (x >> shift & 0xFF)) * k & MASK32
            out = (out ^ (y >> shift & 0xFF)) * k & MASK32
        return out

    return Relation("hash", check, solve)


def _squares(terms: Terms) -> Relation:
    k = terms.odd()
    check = terms.fill(
        "if ($token - ($u32)$x * $x != ($u32)$y * ${k}u)\n    $fail",
        k=hex(k),
    )
    return Relation("squares", terms.large(check), lambda x, y: (x * x + y * k) & MASK32)


def _inverse(terms: Terms) -> Relation:
    k = terms.odd()
    inverse = pow(k, -1, 1 << 32)
    check = terms.fill(
        "if ($token * ${k}u != (($u32)$x << 16) + $y)\n    $fail",
        k=hex(k),
    )
    return Relation("inverse", terms.large(check), lambda x, y: ((x << 16) + y) * inverse & MASK32)


def _shift(terms: Terms) -> Relation:
    salt = terms.odd()
    a, b, c = terms.stream.choice(((13, 17, 5), (7, 9, 11), (3, 15, 14)))
    value = terms.scope.take("result")
    check = terms.fill(
        """
        $u32 $value = $x ^ ${salt}u;

        $value ^= $value << $a;
        $value ^= $value >> $b;
        $value ^= $value << $c;
        if ($token - $y != $value)
            $fail
        """,
        value=value,
        salt=hex(salt),
        a=a,
        b=b,
        c=c,
    )

    def solve(x: int, y: int) -> int:
        value = x ^ salt
        value ^= value << a & MASK32
        value ^= value >> b
        value ^= value << c & MASK32
        return (value + y) & MASK32

    return Relation("shift", check, solve)


_KINDS = (_linear, _rotate, _steps, _hash, _squares, _inverse, _shift)


def relation(terms: Terms) -> Relation:
    """Draw a relation between ``terms``."""
    return terms.stream.choice(_KINDS)(terms)
