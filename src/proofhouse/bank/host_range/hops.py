# SPDX-License-Identifier: Apache-2.0
"""How one gets past a service's guard: what the guard is, what tells of it, where the flaw lies.

    hop                needs                                      the service
    open               nothing                                    directory
    credential         a letter with the account                  desk, mail, share, relay
    reused-password    an account that another machine has too    the same
    default-password   a maker's manual                           the same
    backup             an account, in octal, reversed or rotated  the same
    door-code          a formula; the machine's name; the day     badges
    injection          a field that looks like two                store
    dots               a name that is looked at before it is      share
                       resolved
    fold               a name whose capitals don't matter later   share
    slash              a name with a needless "./" before it      share
    deputy             a service that copies what it may read     queue

The first five are found by reading, the others by trying. Codings and formulas are inventions, as
are the flaws: each lies in the toy service that the item brings with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.host_range import names
from proofhouse.bank.host_range.draft import PASSWORD_HOPS, Draft, Step
from proofhouse.bank.stream import Stream

CODINGS = ("octal", "reversed", "rotated")
"""How a backup is written."""


@dataclass(frozen=True)
class Fact:
    """What a hop is made of.

    ``guard`` goes into the machine's ``conf``. ``letter`` lies at the step that the hop needs
    (empty: nothing does), ``told`` beside where the step is, ``hint`` at the service itself.
    ``before`` and ``after`` stand around the pass word in the letter; ``folders`` are what names of
    open and of kept documents begin with.
    """

    guard: tuple[str, ...]
    user: str = ""
    letter: str = ""
    told: str = ""
    hint: str = ""
    before: str = ""
    after: str = ""
    coding: str = ""
    backup: int = 0
    folders: tuple[str, str] = ("", "")
    formula: tuple[int, int, int] = (0, 0, 0)


def secret(step: int) -> str:
    """The place of the pass word that belongs to the account of a step."""
    return f"{{{{password:{step}}}}}"


def facts(drawn: Draft) -> dict[int, Fact]:
    """The facts of every step by its number."""
    stream = drawn.stream.fork("hops")
    opening = [step for step in drawn.steps if step.hop in PASSWORD_HOPS]
    called = stream.fork("people").sample(names.PEOPLE, len(names.PEOPLE))
    users = {step.number: called[at % len(called)] for at, step in enumerate(opening)}
    return {
        step.number: _fact(stream.fork(str(step.number)), drawn, step, users)
        for step in drawn.steps
    }


def _fact(stream: Stream, drawn: Draft, step: Step, users: dict[int, str]) -> Fact:
    if step.hop in PASSWORD_HOPS:
        return _password(stream, drawn, step, users)
    match step.hop:
        case "door-code":
            return _door_code(stream, step)
        case "injection":
            return _injection(stream)
        case "dots" | "fold" | "slash":
            return _path(stream, step.hop)
        case "deputy":
            hint = "The service copies for whoever asks; it may itself read all there is."
            return Fact(("copy",), hint=hint)
        case _:
            return Fact(("open",))


_LETTERS = (
    ("{place}: {user}'s pass word is ", "."),
    ("New account on {place}: {user}, with ", " to begin with."),
    ("({user} on {place} / ", ")"),
    ("For {place} {user} has chosen ", ", as everybody knows by now."),
)


def _password(stream: Stream, drawn: Draft, step: Step, users: dict[int, str]) -> Fact:
    user, place = users[step.account], step.place.name
    guard = ("password", user, secret(step.account))
    if step.hop == "reused-password":
        other = drawn.steps[step.account - 1].place.name
        told = f"{user} has one pass word for everything; that of {other} will do there."
        return Fact(guard, user, told=told)
    if step.hop == "default-password":
        number = 100 * step.number + stream.below(100)  # no two have the same
        make = f"{stream.choice(names.MAKERS)} {stream.choice(names.MODELS)}-{number}"
        before, after = f"The {make} leaves the works with the account {user} and ", " set."
        letter = before + secret(step.account) + after
        told = f"What answers there is a {make}, as it came out of its box."
        return Fact(guard, user, letter, told, before=before, after=after)
    if step.hop == "backup":
        coding = stream.choice(CODINGS)
        before = f"user {user} word "
        number = 1000 + 100 * step.number + stream.below(100)
        told = f"Nothing has changed there since backup {number}."
        letter = f"backup {number}\n{{{{{coding}}}}}{before}{secret(step.account)}{{{{/{coding}}}}}"
        return Fact(guard, user, letter, told, before=before, coding=coding, backup=number)
    start, after = stream.choice(_LETTERS)
    before = start.format(place=place, user=user)
    return Fact(guard, user, before + secret(step.account) + after, before=before, after=after)


def _door_code(stream: Stream, step: Step) -> Fact:
    first, second = 1000 + stream.below(9000), 1000 + stream.below(9000)
    modulus = 99_000_000 + stream.below(999_999)
    letter = (
        f"The code of {step.place.name}'s doors is ({first} x N + {second} x D) mod {modulus}. "
        "D is the day's number, which is no secret. N is the sum over the letters of the machine's "
        "name of the letter's place, from 1, times its ASCII code."
    )
    guard = ("token", str(first), str(second), str(modulus), f"{{{{number:{step.number}}}}}")
    return Fact(guard, letter=letter, formula=(first, second, modulus))


def _injection(stream: Stream) -> Fact:
    field, role = stream.choice(names.FIELDS), stream.choice(names.ROLES)
    which = stream.choice(("first", "last"))
    hint = (
        "A record is one line, its fields divided by semicolons. Nobody looks into what a field "
        f"holds. Of two roles in a record the {which} counts."
    )
    return Fact(("inject", field, role, which), hint=hint)


def _path(stream: Stream, hop: str) -> Fact:
    free, shut = (f"{stream.choice(words)}/" for words in names.FOLDERS)
    hint = {
        "dots": f"A name must begin with {free} as it is written. Then it is resolved.",
        "fold": f"A name that begins with {shut} is refused. Capitals are all one to the shelves.",
        "slash": f"A name that begins with {shut} is refused. A needless ./ does no harm.",
    }[hop]
    return Fact((hop, free if hop == "dots" else shut), hint=hint, folders=(free, shut))
