# SPDX-License-Identifier: Apache-2.0
"""The inputs of one item: what it shows, and what only its judge runs.

    proof     one message of a size that shows the flaw, behind valid ones
    samples   valid traffic, a harmless message of each flawed type, a refused one: shown
    cases     hidden; their order tells nothing

The cases are made from the facts the program was written from: around every edge (the largest
valid size of each site, one less, one more), proofs said otherwise (other sizes, offsets, sites
and company, sizes that wrap), every neighbouring message, and inputs that are refused for another
reason. What the right answer to each is, the judge learns from the repaired program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from proofhouse.bank.memory_flaw.parts import Message
from proofhouse.bank.patch.program import Program
from proofhouse.bank.patch.site import Site
from proofhouse.bank.stream import Stream

_MOST_SIZE = 180
"""But for sizes that wrap no message is longer, so that every framing can hold it."""


class Inputs:
    """Makes the inputs of ``program``."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._stream = program.stream.fork("inputs")
        self._sites = program.planted.sites
        self._decoys = [decoy.message for decoy in program.decoys]

    def proof(self) -> bytes:
        """What the report brings."""
        site = self._sites[0]
        size = min(site.low + 7, site.high)
        at = max(site.valid - 6, 0)
        flawed = self._message(site, size, self._stream.fork("proof"), at)
        return self._encode([*self._decoys[:1], flawed])

    def samples(self) -> tuple[bytes, ...]:
        """Inputs that are shown: the first is taken, as are all but the last."""
        stream = self._stream.fork("samples")
        quiet = [self._message(site, (site.low - 1) // 2, stream, 3) for site in self._sites]
        traffic = self._encode([*self._decoys, *quiet])
        short = self._encode([*quiet, *self._decoys[::-1]])[:-3]
        return (traffic, self._encode([*quiet[::-1], *self._decoys]), short)

    def cases(self, shown: Sequence[bytes]) -> tuple[bytes, ...]:
        """Hidden inputs in a drawn order: all different, and no part of what is ``shown``."""
        stream = self._stream.fork("cases")
        found = dict.fromkeys([*self._valid(stream), *self._over(stream), *self._other(stream)])
        kept = [data for data in found if not any(data in text for text in shown)]
        return self._stream.fork("order").shuffled(kept)

    # ---- groups of cases -----------------------------------------------------------------------

    def _valid(self, stream: Stream) -> Iterator[bytes]:
        """Valid messages of every size that matters, alone and in company."""
        for site in self._sites:
            sizes = (site.valid, site.valid - 1, site.valid // 2 + stream.below(8), 1, 0)
            for size in dict.fromkeys(sizes):
                offsets = self._offsets(site, size, stream)
                for at in offsets if size == site.valid else offsets[-1:]:
                    yield self._encode([self._message(site, size, stream, at)])
            edge = self._message(site, site.valid, stream, site.valid // 2)
            again = self._message(site, site.valid - 2, stream, site.valid // 3)
            yield self._encode([self._decoy(stream), edge, again, self._decoy(stream), edge])
            if site.valid > site.size:  # grows, then shrinks again
                middle = self._message(site, (site.size + site.valid) // 2, stream)
                yield self._encode([middle, edge, self._message(site, site.size, stream), middle])
        edges = [self._message(site, site.valid, stream, 5) for site in self._sites]
        yield self._encode([*edges, *self._decoys])
        yield self._encode([*self._decoys[::-1], *edges[::-1]])

    def _over(self, stream: Stream) -> Iterator[bytes]:
        """Messages past what is valid, or past what was handled well."""
        for site in self._sites:
            for size in self._sizes_over(site):
                for at in self._offsets(site, size, stream)[:2]:
                    yield self._encode([self._message(site, size, stream, at)])
            size = max(site.low, min(site.low + 1, site.high))
            over = self._message(site, size, stream, site.valid // 2)
            more = self._message(site, site.valid // 2, stream, 2)
            yield self._encode([more, self._decoy(stream), over, more, self._decoy(stream)])
            yield self._encode([more, over])
            yield from self._wrapping(site, stream)

    def _wrapping(self, site: Site, stream: Stream) -> Iterator[bytes]:
        """Sizes past 255, where the message and the framing can say them."""
        count = next(field for field in site.fields if field.name == site.names.count)
        if not site.offset and count.bits == 8:
            return
        size, at = (268, 250) if site.offset else (262, 0)
        with suppress(OverflowError):  # a framing with lengths of one byte
            yield self._encode([site.message(size, stream.letters(size), at)])

    def _sizes_over(self, site: Site) -> tuple[int, ...]:
        wide = (site.high + 1, _MOST_SIZE) if site.offset else (site.high + 1, 100, 130, _MOST_SIZE)
        middle = (site.low + site.high) // 2
        return tuple(dict.fromkeys((site.low, site.low + 2, middle, site.high, *wide)))

    def _other(self, stream: Stream) -> Iterator[bytes]:
        """Neighbours, and what is refused for another reason."""
        for message in self._decoys:
            letters = replace(message, blob=stream.letters(len(message.blob)))
            yield self._encode([message, letters, message])
        for site in self._sites[:2]:
            message = self._message(site, site.valid // 2 + 4, stream, 3)
            if message.blob:
                yield self._encode([replace(message, blob=message.blob[:-2])])
                yield self._encode([replace(message, blob=message.blob + stream.letters(9))])
            if self._program.checksum:
                yield self._encode([replace(message, sum_error=0x0104)])
            over = self._message(site, site.low + 4, stream, 3)
            yield self._program.encode([over, *self._decoys], skipped=0)
            whole = self._encode([message, *self._decoys])
            yield whole[: len(whole) // 2]
            yield whole[: len(whole) - 1]
        yield b"\x00\xff" + stream.letters(30)

    # ---- pieces --------------------------------------------------------------------------------

    def _encode(self, messages: Sequence[Message]) -> bytes:
        return self._program.encode(messages)

    def _message(self, site: Site, size: int, stream: Stream, at: int = 0) -> Message:
        return site.message(size, stream.letters(size), at, stream.between(1, 250))

    def _decoy(self, stream: Stream) -> Message:
        return stream.choice(self._decoys)

    def _offsets(self, site: Site, size: int, stream: Stream) -> tuple[int, ...]:
        """Offsets to send ``size`` with; some byte always follows the offset."""
        if not site.offset:
            return (0,)
        drawn = stream.between(0, max(size - 1, 0))
        last = max(min(size, site.size) - 1, 0)
        return tuple(dict.fromkeys((min(last, 200), 0, min(drawn, 200))))
