# SPDX-License-Identifier: Apache-2.0
"""The reference solution: a POSIX shell script that goes the path, made from what was drawn.

    { printf '%s\\n' "KNOCK farkas $p4"; …; } | ./talk 10.7.3.9 2310 > s4      one step
    sed -n 's/^proof: //p' s4                                                its proof
    p6=$(sed -n 's/^.*pass word is \\([a-z0-9]*\\)\\..*$/\\1/p' s4)               what step 6 needs

Addresses and flaws are the item's, so they stand in the script; secrets are an instance's, so it
reads them. It uses sh, printf, sed, tr and the talk program among the files.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from proofhouse.bank.host_range.draft import PASSWORD_HOPS, Step
from proofhouse.bank.host_range.machine import Builder, Service

_REVERSE = r"sed '/\n/!G;s/\(.\)\(.*\n\)/&\2\1/;//D;s/.//'"
_DECODE = {
    "octal": 'while read -r line; do for n in $line; do printf "\\\\$n"; done; echo; done',
    "reversed": _REVERSE,
    "rotated": "tr a-zA-Z n-za-mN-ZA-M",
}


def solution(built: Builder) -> bytes:
    """The script."""
    lines = ["#!/bin/sh"]
    for step in built.drawn.steps:
        lines += _step(built, step)
    return ("\n".join(lines) + "\n").encode("ascii")


def _step(built: Builder, step: Step) -> Iterable[str]:
    service = built.of_step[step.number]
    fact = built.fact(step)
    if step.hop in PASSWORD_HOPS and step.account == step.number:
        yield _password(built, step)
    if step.hop == "door-code":
        asking = _session(built, step, [service.words["day"]])
        yield f"day=$({asking} | tail -n 1)"
        first, second, modulus = fact.formula
        total = sum(at * ord(c) for at, c in enumerate(step.place.name, 1))
        yield f"code=$((({first} * {total} + {second} * day) % {modulus}))"
    lines = [*_enter(built, step), *_reads(built, step, service)]
    yield f"{_session(built, step, lines)} > s{step.number}"
    yield f"sed -n 's/^proof: //p' s{step.number}"


def _password(built: Builder, step: Step) -> str:
    """A line that takes the pass word of a step out of what lies where it is told."""
    fact, found = built.fact(step), f"s{step.needs}"
    if fact.coding:
        saved = f"sed -n '/^backup {fact.backup}$/{{n;p;}}' {found}"
        taking = f"{saved} | {_DECODE[fact.coding]} | sed -n 's/^{fact.before}//p'"
    else:
        before, after = _plain(fact.before), _plain(fact.after)
        taking = f'sed -n "s|^.*{before}\\([a-z0-9]*\\){after}.*$|\\1|p" {found}'
    return f"p{step.number}=$({taking})"


def _plain(text: str) -> str:
    """Text as a pattern of sed inside double quotes."""
    return text.replace(".", "[.]").replace("*", "[*]")


def _session(built: Builder, step: Step, lines: Iterable[str]) -> str:
    """A pipeline that sends ``lines`` to a step's service, through every relay before it."""
    through: list[str] = []
    target = step
    chain = [*built.drawn.relays[: step.place.zone], step]
    for relay, beyond in itertools.pairwise(chain):
        word = built.of_step[relay.number].words["through"]
        through += [*_enter(built, relay), f"{word} {beyond.place.address} {_port(built, beyond)}"]
    target = chain[0]
    sent = " ".join(f'"{line}"' for line in (*through, *lines))
    place = f"{target.place.address} {_port(built, target)}"
    return f"printf '%s\\n' {sent} | ./talk {place}"


def _port(built: Builder, step: Step) -> int:
    return built.of_step[step.number].port


def _enter(built: Builder, step: Step) -> list[str]:
    """What is said to get inside a step's service."""
    words, fact = built.of_step[step.number].words, built.fact(step)
    if step.hop in PASSWORD_HOPS:
        known = f"$p{step.account}"
        if "user" in words:
            return [f"{words['user']} {fact.user}", f"{words['enter']} {known}"]
        return [f"{words['enter']} {fact.user} {known}"]
    if step.hop == "door-code":
        return [f"{words['enter']} $code"]
    if step.hop == "injection":
        return [f"{words['set']} x;role={fact.guard[2]}"]
    return []


def _reads(built: Builder, step: Step, service: Service) -> list[str]:
    """Commands that show every kept document of a step's service."""
    free, shut = built.fact(step).folders
    read = service.words["read"]
    lines: list[str] = []
    for at, doc in enumerate(service.docs, 1):
        if not doc.kept and step.hop != "open":
            continue
        name = str(at) if service.numbered else doc.name
        if step.hop == "dots":
            name = f"{free}../{name}"
        elif step.hop == "fold":
            name = name.replace(shut, shut.upper())
        elif step.hop == "slash":
            name = f"./{name}"
        elif step.hop == "deputy":
            lines.append(f"{service.words['copy']} {name} x{at}")
            name = f"x{at}"
        lines.append(f"{read} {name}")
    return lines
