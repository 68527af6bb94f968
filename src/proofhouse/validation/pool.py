# SPDX-License-Identifier: Apache-2.0
"""Which input to make the next one of: what is rare, what the patch changed, what is new; pure.

An input is kept when it reached something that none reached before, on either side of a patch, or
when the two sides went apart as they never did: by as many edges more or less, or by others' counts
(NEZHA, Petsios et al. 2017, calls that the diversity of paths). Parents are drawn

- among those that reach what few inputs reach (as AFLFast, Böhme et al. 2016, has it),
- among those for which the sides went apart, which is where the patch's own lines ran,
- among the last that were kept,

and else evenly. These are guides on where to look and decide no verdict.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

_T = TypeVar("_T")
_LAST = 16
_ROUND = 12


class Pool(Generic[_T]):
    """Inputs that were kept; drawing from it needs one at least."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.items: list[_T] = []
        self.near: list[_T] = []
        self._new: list[frozenset[Hashable]] = []
        self._hits: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        return len(self.items)

    def seen(self, reached: Iterable[Hashable]) -> None:
        """Count what a run reached, whether its input is kept or not."""
        self._hits.update(reached)

    def add(self, item: _T, new: frozenset[Hashable], *, near: bool) -> None:
        """Keep an input that reached ``new``; ``near`` if the patch's own lines ran."""
        self.items.append(item)
        self._new.append(new)
        if near:
            self.near.append(item)

    def rarity(self, at: int) -> int:
        """How many runs reached the rarest of what an input reached as the first."""
        return min((self._hits[one] for one in self._new[at]), default=1 << 30)

    def draw(self) -> _T:
        """A parent."""
        way = self.source.random()
        if way < 0.3:
            among = [self.source.randrange(len(self.items)) for _ in range(_ROUND)]
            return self.items[min(among, key=self.rarity)]
        if way < 0.55 and self.near:
            return self.source.choice(self.near)
        if way < 0.8:
            return self.source.choice(self.items[-_LAST:])
        return self.source.choice(self.items)
