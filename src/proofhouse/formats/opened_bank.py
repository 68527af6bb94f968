# SPDX-License-Identifier: Apache-2.0
"""An opened bank: what anybody needs to make its items again, in one file that proves itself.

    {"bank": "proofhouse-cyber@2",
     "entries": [{"envelope": {…}, "proof": "…", "salt": null}, …],
     "format": "proofhouse-opened-bank/v1",
     "generators": {"8f0c…": "{\\"family\\":\\"sealed-logic\\", …}"},
     "program": "0.1.0"}

``entries`` are clear statements with their proofs against one checkpoint, in the order of the log:
the log's own opening, key changes, the bank's commitment, its retirement if there is one, and the
opening of its seed. ``generators`` are the packs of sealed generators, as texts, by their SHA-256.
``program`` is the version of the program that wrote the file, as a hint where to find a generator.
Canonical JSON, at most 64 MiB. Whom to trust is in a policy, and never in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofhouse.errors import FormatError
from proofhouse.formats import canonical
from proofhouse.formats.bundle import Entry
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.fields import items, members, refuse, text

FORMAT = "proofhouse-opened-bank/v1"


@dataclass(frozen=True)
class OpenedBank:
    """The ``entries`` that open ``bank`` (``NAME@VERSION``), and its sealed ``generators``.

    Raises FormatError unless the entries are clear, in order, with proofs against one checkpoint,
    and each generator has the digest that it goes by.
    """

    bank: str
    entries: tuple[Entry, ...]
    generators: Mapping[str, bytes]
    program: str

    def __post_init__(self) -> None:
        indices = [entry.proof.index for entry in self.entries]
        if not indices or indices != sorted(set(indices)):
            refuse("the entries", "must be in the order of their leaves, each once")
        if len({entry.proof.checkpoint for entry in self.entries}) != 1:
            refuse("the proofs", "must all be against the same checkpoint")
        if any(entry.salt is not None for entry in self.entries):
            refuse("the entries", "must all be clear statements")
        if any(sha256_hex(data) != digest for digest, data in self.generators.items()):
            refuse("a sealed generator", "does not have the digest that it goes by")

    @property
    def checkpoint(self) -> bytes:
        """The one checkpoint that all proofs are against, a signed note, not verified."""
        return self.entries[0].proof.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> OpenedBank:
        """The opened bank that ``data`` spells. Raises FormatError; no proof is verified."""
        value = canonical.loads(data, limit=canonical.MAX_BYTES)
        names = ("bank", "entries", "format", "generators", "program")
        body = members(value, "the opened bank", names)
        if body["format"] != FORMAT:
            raise FormatError(
                "This is no opened bank that this version can read.", hint=f"It reads {FORMAT}."
            )
        packs = body["generators"]
        if not isinstance(packs, dict) or not all(isinstance(p, str) for p in packs.values()):
            refuse("the generators", "must be texts by their digests")
        return cls(
            text(body["bank"], "the bank", 200),
            tuple(map(Entry.from_json, items(body["entries"], "the entries"))),
            {digest: pack.encode() for digest, pack in packs.items()},
            text(body["program"], "the program", 40),
        )

    def to_bytes(self) -> bytes:
        """The opened bank in canonical JSON."""
        return canonical.dumps(
            {
                "bank": self.bank,
                "entries": [entry.to_json() for entry in self.entries],
                "format": FORMAT,
                "generators": {digest: pack.decode() for digest, pack in self.generators.items()},
                "program": self.program,
            }
        )
