# SPDX-License-Identifier: Apache-2.0
"""The lines of a journal.

    join NAME
    leave NAME
    correct NAME AMOUNT             by the desk; the amount may be below nought
    give NAME NAME AMOUNT           from the first to the second
    share NAME AMOUNT NAME...       from the first, in equal parts to the others
    # a comment

Members write give and share themselves. They give what they have, or a part of it; an amount of
nought is allowed and changes nothing.
"""

import amounts
from ledger import Ledger, Refused


def amount(text: str) -> int:
    """An amount in a line."""
    try:
        return amounts.read(text)
    except ValueError as error:
        raise Refused(f"{text!r} is not an amount") from error


def play(ledger: Ledger, line: str) -> None:
    """Play one line."""
    match line.split():
        case []:
            return
        case [first, *_] if first.startswith("#"):
            return
        case ["join", name]:
            ledger.join(name)
        case ["leave", name]:
            ledger.leave(name)
        case ["correct", name, points]:
            ledger.correct(name, amount(points))
        case ["give", giver, taker, points]:
            ledger.give(giver, taker, amount(points))
        case ["share", giver, points, *takers] if takers:
            ledger.share(giver, takers, amount(points))
        case _:
            raise Refused("no such command")
