# SPDX-License-Identifier: Apache-2.0
"""What the members of a club have.

Nobody ever has less than nought, and nobody's points become fewer but by their own giving or by
the desk's correction.
"""


class Refused(Exception):
    """A line that is not played."""


class Ledger:
    """Balances in hundredths, by name."""

    def __init__(self) -> None:
        self.balances: dict[str, int] = {}

    def join(self, name: str) -> None:
        """A new member."""
        if not name.isalpha() or not name.islower():
            raise Refused(f"{name!r} is not a name")
        if name in self.balances:
            raise Refused(f"{name} is a member already")
        self.balances[name] = 0

    def balance(self, name: str) -> int:
        """What a member has."""
        if name not in self.balances:
            raise Refused(f"no member {name!r}")
        return self.balances[name]

    def correct(self, name: str, amount: int) -> None:
        """The desk gives points, or takes them where the amount is below nought."""
        balance = self.balance(name) + amount
        if balance < 0:
            raise Refused(f"{name} has not so much")
        self.balances[name] = balance

    def give(self, giver: str, taker: str, amount: int) -> None:
        """A member gives points to another."""
        self.balance(taker)
        if self.balance(giver) < amount:
            raise Refused(f"{giver} has not so much")
        self.balances[giver] -= amount
        self.balances[taker] += amount

    def share(self, giver: str, takers: list[str], amount: int) -> None:
        """A member gives points to several, each the same; what can't be divided stays."""
        for taker in takers:
            self.balance(taker)
        each = amount // len(takers)
        if self.balance(giver) < each * len(takers):
            raise Refused(f"{giver} has not so much")
        self.balances[giver] -= each * len(takers)
        for taker in takers:
            self.balances[taker] += each

    def leave(self, name: str) -> None:
        """A member goes, who must have nothing left."""
        if self.balance(name) != 0:
            raise Refused(f"{name} still has points")
        del self.balances[name]
