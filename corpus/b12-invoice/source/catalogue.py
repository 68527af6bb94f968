# SPDX-License-Identifier: Apache-2.0
"""What there is to sell: items with a price, and bundles of items and other bundles."""

from dataclasses import dataclass, field

LIMIT = 200  # items and bundles together


class CatalogueError(Exception):
    """A name, a number or a line that cannot be understood."""


def parts_of(words: list[str]) -> list[tuple[str, int]]:
    """Names with their counts: `nut*3 bolt` is 3 nuts and a bolt."""
    parts = []
    for word in words:
        name, star, count = word.partition("*")
        if star and not (count.isdecimal() and 1 <= int(count) <= 1000):
            raise CatalogueError(f"not a count from 1 to 1000: {word}")
        parts.append((name, int(count) if star else 1))
    return parts


@dataclass
class Catalogue:
    """Items by name with their prices in cents, bundles by name with their parts."""

    items: dict[str, int] = field(default_factory=dict)
    bundles: dict[str, list[tuple[str, int]]] = field(default_factory=dict)

    def add_item(self, name: str, cents: str) -> None:
        """Add an item; raises CatalogueError."""
        if not cents.isdecimal() or len(cents) > 9:
            raise CatalogueError(f"not a price: {cents}")
        self._add(name)
        self.items[name] = int(cents)

    def add_bundle(self, name: str, words: list[str]) -> None:
        """Add a bundle, whose parts may be defined later; raises CatalogueError."""
        self._add(name)
        self.bundles[name] = parts_of(words)

    def _add(self, name: str) -> None:
        if name in self.items or name in self.bundles:
            raise CatalogueError(f"defined twice: {name}")
        if len(self.items) + len(self.bundles) == LIMIT:
            raise CatalogueError(f"more than {LIMIT} items and bundles")

    def price(self, name: str) -> int:
        """The price in cents of an item or bundle; raises CatalogueError."""
        if name in self.items:
            return self.items[name]
        if name not in self.bundles:
            raise CatalogueError(f"not defined: {name}")
        return sum(count * self.price(part) for part, count in self.bundles[name])
