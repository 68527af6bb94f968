# SPDX-License-Identifier: Apache-2.0
"""The range family as a generator: the same item again, levels that add, nothing told."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from proofhouse.bank.host_range import LEVELS, derive, item_of, names
from proofhouse.bank.host_range.draft import HOPS, PASSWORD_HOPS, Draft, draft
from proofhouse.bank.host_range.guards import guards, size, zones
from proofhouse.bank.host_range.hops import CODINGS, facts
from proofhouse.bank.host_range.instance import encoded, instance
from proofhouse.bank.host_range.machine import Builder
from proofhouse.bank.host_range.oracle import RangeOracle
from proofhouse.bank.host_range.service import SERVICE
from proofhouse.bank.item import ANSWER, ANSWER_LIMIT, Item

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "spec/family-range.md").read_text()


def key(label: object) -> bytes:
    return hashlib.sha256(f"range {label}".encode()).digest()


def drafts(count: int) -> Iterator[Draft]:
    return (draft(key(at), LEVELS[at % len(LEVELS)], at) for at in range(count))


def confs(item: Item) -> dict[str, str]:
    return {host.name: host.files[0].data.decode() for host in item.hosts}


# ---- levels --------------------------------------------------------------------------------------


def test_a_level_has_the_guards_of_the_one_below_and_more_steps():
    """Guards only come on, steps and machines only grow."""
    for lower, higher in pairwise(LEVELS):
        assert guards(higher)[: len(guards(lower))] == guards(lower) != guards(higher)
        assert size(higher).steps > size(lower).steps
        assert size(higher).machines > size(lower).machines
        assert size(higher).dead_ends >= size(lower).dead_ends
    assert [size(level).steps for level in LEVELS] == [4, 6, 10, 16, 24, 32]


def test_a_range_is_as_large_as_its_level():
    """Steps, machines, zones and relays are those of the level; every machine is met."""
    for drawn in drafts(120):
        wanted = size(drawn.level)
        assert [step.number for step in drawn.steps] == list(range(1, wanted.steps + 1))
        assert sum(place.on_path for place in drawn.places) == wanted.machines
        assert len(drawn.places) == wanted.machines + wanted.dead_ends
        assert {step.place for step in drawn.steps} == {p for p in drawn.places if p.on_path}
        assert {place.zone for place in drawn.places} == set(range(zones(drawn.level)))
        assert [relay.place.zone for relay in drawn.relays] == list(range(zones(drawn.level) - 1))


def test_each_guard_is_there_from_its_level_on_and_not_before():
    """Dead ends, distance, hints and listed ports are as the level's guards say."""
    apart: Counter[int] = Counter()
    for drawn in drafts(120):
        item = item_of(drawn)
        text = "\n".join(confs(item).values())
        apart[drawn.level] += sum(step.needs < step.number - 1 for step in drawn.steps[1:])
        assert (", port " in text) == ("unlisted" not in drawn.guards)
        hints = [f.hint for f in facts(drawn).values() if f.hint]
        for hint in hints:
            assert (hint in text) == ("unhinted" not in drawn.guards)
        lures = re.findall(r"\{\{password:1\d\d\}\}", text)
        assert len(set(lures)) == size(drawn.level).dead_ends
    for level in LEVELS:
        assert (apart[level] > 0) == ("apart" in guards(level))


# ---- structure -----------------------------------------------------------------------------------


def shape(drawn: Draft) -> object:
    """A range without its words: who is where, by which hop, and where what it needs lies."""
    return tuple(
        (drawn.places.index(step.place), step.kind, step.hop, step.needs, step.account)
        for step in drawn.steps
    )


@pytest.mark.parametrize("level", LEVELS)
def test_items_differ_in_structure(level: int):
    """Of 300 items of a level at least 275 differ when all names and numbers are made equal."""
    assert len({shape(draft(key(at), level, at)) for at in range(300)}) >= 275


def test_every_hop_and_every_kind_of_service_comes_up():
    """Each of ten hops is drawn, by more than one kind of service where there is more than one."""
    seen = {(step.kind, step.hop) for drawn in drafts(120) for step in drawn.steps}
    assert {hop for _, hop in seen} == {"open", *HOPS}
    assert {kind for kind, _ in seen} == set(names.KINDS)
    for hop in PASSWORD_HOPS:
        assert {kind for kind, found in seen if found == hop} == {"menu", "mail", "share", "relay"}


def test_machines_fit_their_program():
    """No machine has more services, documents or words than service.c has room for."""
    bounds = {
        name: int(n) for name, n in re.findall(r"(SERVICES|DOCS|PLACES|WORDS) = (\d+)", SERVICE)
    }
    for drawn in drafts(120):
        for machine in Builder(drawn).machines:
            ports = [service.port for service in machine.services]
            kinds = [service.kind for service in machine.services]
            assert len(set(ports)) == len(ports) <= bounds["SERVICES"]
            assert len(set(kinds)) == len(kinds)
            assert all(1024 <= port < 10_000 for port in ports)
            for service in machine.services:
                assert len(service.docs) <= bounds["DOCS"]
                assert len(service.words) <= bounds["WORDS"]
                assert len(service.reach) <= bounds["PLACES"]
                assert len({doc.name for doc in service.docs}) == len(service.docs)
                assert len(set(service.words.values())) == len(service.words)
                assert all(len(doc.name) < 40 for doc in service.docs)
            assert all(len(line) < 1000 for line in machine.conf().splitlines())


def test_names_and_addresses_are_a_ranges_own():
    """Two machines share neither, zones are nets of their own, and the foothold's is free."""
    for drawn in drafts(120):
        addresses = [place.address for place in drawn.places]
        assert len({*addresses, drawn.own_address}) == len(addresses) + 1
        assert len({place.name for place in drawn.places}) == len(addresses)
        nets = {(place.zone, place.address.rpartition(".")[0]) for place in drawn.places}
        assert len(nets) == len({net for _, net in nets}) == zones(drawn.level)


def test_an_inner_machine_hears_its_relay_only():
    """Every service of an inner machine allows one address: that of the relay before its zone."""
    for drawn in drafts(60):
        for machine in Builder(drawn).machines:
            zone = machine.place.zone
            allowed = (drawn.relays[zone - 1].place.address,) if zone else ()
            assert {service.allow for service in machine.services} == {allowed}
            for service in machine.services:
                beyond = {p.address for p in drawn.places if p.zone == zone + 1}
                assert set(service.reach) == (beyond if service.kind == "relay" else set())


def test_what_a_step_needs_lies_before_it():
    """The letter of a step's hop lies at an earlier step, and so does the account it shares."""
    for drawn in drafts(120):
        built = Builder(drawn)
        for step in drawn.steps[1:]:
            fact = built.fact(step)
            assert 1 <= step.needs < step.number
            texts = [doc.text for doc in built.of_step[step.needs].docs]
            assert texts.count(fact.letter) == bool(fact.letter)
            if step.hop == "reused-password":
                assert step.account < step.number
                assert fact.guard == built.fact(drawn.steps[step.account - 1]).guard


# ---- instances -----------------------------------------------------------------------------------


def test_an_instance_fills_every_place_and_no_two_are_alike():
    """No place is left, each proof lies in one document, another instance has other secrets."""
    for drawn in drafts(30):
        item = item_of(drawn)
        first, again, other = (
            instance(item, len(drawn.steps), entropy)
            for entropy in (key("one"), key("one"), key("two"))
        )
        assert first == again
        text = "".join(host.files[0].data.decode() for host in first.hosts)
        assert "{{" not in text
        assert len(set(first.proofs)) == len(drawn.steps)
        assert [text.count(f"proof: {proof}") for proof in first.proofs] == [1] * len(drawn.steps)
        assert not set(first.proofs) & set(other.proofs)
        changed = [
            one.files != two.files for one, two in zip(first.hosts, other.hosts, strict=True)
        ]
        on_path = [place.on_path for place in drawn.places]
        assert all(new for new, path in zip(changed, on_path, strict=True) if path)


def test_an_item_holds_no_secret():
    """Every proof and pass word of an item is a place that an instance fills."""
    for drawn in drafts(30):
        for conf in confs(item_of(drawn)).values():
            assert re.findall(r"proof: (?!\{\{proof:\d+\}\})", conf) == []
            guarded = re.findall(r"^guard password \w+ (.*)$", conf, re.MULTILINE)
            assert all(re.fullmatch(r"\{\{password:\d+\}\}", secret) for secret in guarded)


@pytest.mark.parametrize(
    ("coding", "coded"),
    [("octal", "141 40 172 71"), ("reversed", "9z a"), ("rotated", "n m9")],
)
def test_codings(coding: str, coded: str):
    """Each coding of a backup by an example; there is no other."""
    assert encoded(coding, "a z9") == coded
    assert coding in CODINGS
    assert len(CODINGS) == 3


# ---- what is told --------------------------------------------------------------------------------


def test_nothing_of_the_path_is_shown():
    """Prompt and files name the first and the last machine, one address, and no account."""
    for drawn in drafts(120):
        item = item_of(drawn)
        shown = item.prompt + "".join(file.data.decode() for file in item.files)
        words = set(re.findall(r"[a-z]+", shown))
        first, last = drawn.places[0], drawn.steps[-1].place
        between = {place.name for place in drawn.places} - {first.name, last.name}
        assert not between & words
        told = set(re.findall(r"\b10\.\d+\.\d+\.\d+\b", shown))
        assert told == {first.address, drawn.own_address}
        assert not {fact.user for fact in facts(drawn).values() if fact.user} & words
        assert ANSWER in item.prompt


def test_prompts_are_alike_but_for_names_and_numbers():
    """With names and numbers made equal all prompts of all levels are one."""
    plain = set()
    for drawn in drafts(60):
        text = item_of(drawn).prompt
        for name in {drawn.places[0].name, drawn.steps[-1].place.name}:
            text = re.sub(rf"\b{name}\b", "NAME", text)
        plain.add(re.sub(r"\d+", "0", text))
    assert len(plain) == 1


def test_an_item_is_whole():
    """Its oracle counts its steps, its solution is an answer, its program is hidden."""
    for drawn in drafts(30):
        item = item_of(drawn)
        assert item.oracle == RangeOracle(len(drawn.steps))
        assert item.solution.startswith(b"#!/bin/sh\n")
        assert len(item.solution) < ANSWER_LIMIT
        assert item.solution.count(b"s/^proof: //p") == len(drawn.steps)
        assert [file.path for file in item.hidden] == ["service.c"]
        assert [file.path for file in item.files] == ["talk.c", "sample.sh"]


# ---- the page in spec/ ---------------------------------------------------------------------------


def fence(name: str) -> str:
    found = re.search(rf"^```\w+ {name}\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_of_the_page_is_an_item():
    """The page's prompt, machine and script are those of the item that it names."""
    found = re.search(r"under the key `([0-9a-f]{64})`", PAGE)
    assert found is not None
    item = derive(bytes.fromhex(found[1]), 1, 0)
    assert fence("prompt") == item.prompt.rstrip("\n")
    assert fence("solution") == item.solution.decode().rstrip("\n")
    assert fence("conf") == item.hosts[0].files[0].data.decode().rstrip("\n")


def test_the_tables_of_the_page_name_all_there_is():
    """Every hop, every kind, and each level with its steps, machines and guards."""
    for name in ("open", *HOPS):
        assert f"| {name} |" in PAGE
    for labels in names.KINDS.values():
        assert all(label in PAGE for label in labels)
    for level in LEVELS:
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {level} |"))
        wanted, before = size(level), guards(level - 1) if level > 1 else ()
        cells = [cell.strip() for cell in row.split("|")[2:4]]
        off_path = f" + {wanted.dead_ends}" if wanted.dead_ends else ""
        assert cells == [str(wanted.steps), f"{wanted.machines}{off_path}"]
        assert re.findall(r"\*([\w-]+)\*", row) == list(guards(level)[len(before) :])
