# SPDX-License-Identifier: Apache-2.0
"""The range family: several toy machines, and a path through them of 4 to 32 steps.

    derive(key, 3, 7)  →  item range/3/07: machines, the talk program, sample, prompt

The answer is a script that goes the path on a fresh instance, whose secrets it can't know, and
prints each step's proof; the furthest step is its score. Six levels, each with the guards of the
one below and more steps; eight kinds of service, eleven kinds of hop. The reference solution is
made from what was drawn, never by search.

Spec: spec/family-range.md. The machines are toys written here; nothing real is attacked.
"""

from __future__ import annotations

from proofhouse.bank.derivation import check_place
from proofhouse.bank.host_range.draft import Draft, draft
from proofhouse.bank.host_range.guards import LEVELS
from proofhouse.bank.host_range.machine import Builder
from proofhouse.bank.host_range.oracle import RangeOracle
from proofhouse.bank.host_range.prompt import SECONDS, prompt, sample
from proofhouse.bank.host_range.service import SERVICE, TALK
from proofhouse.bank.host_range.solution import solution
from proofhouse.bank.item import INPUT, File, Host, Item

__all__ = ["LEVELS", "NAME", "derive", "item_of"]

NAME = "range"
"""The family's name."""


def derive(key: bytes, level: int, index: int) -> Item:
    """The item of ``key`` (32 bytes) at ``level`` (of LEVELS) and ``index`` (0 to 2^32 - 1).

    Raises InputError for a key of another length or a level or index out of range.
    """
    check_place(NAME, LEVELS, key, level, index)
    return item_of(draft(key, level, index))


def item_of(drawn: Draft) -> Item:
    """The item that a draft becomes; its hosts' program is among the hidden files."""
    built = Builder(drawn)
    hosts = tuple(
        Host(
            machine.place.name,
            machine.place.address,
            (File("conf", machine.conf()),),
            ("./service", "conf"),
        )
        for machine in built.machines
    )
    example = sample(built)
    return Item(
        family=NAME,
        level=drawn.level,
        index=drawn.index,
        prompt=prompt(built),
        files=(File("talk.c", TALK.encode()), File("sample.sh", example)),
        build=("cc", "-O1", "-o", "talk", "talk.c"),
        run=("sh", INPUT),
        oracle=RangeOracle(len(drawn.steps)),
        solution=solution(built),
        benign=(example,),
        timeout_seconds=SECONDS,
        hidden=(File("service.c", SERVICE.encode()),),
        hosts=hosts,
    )
