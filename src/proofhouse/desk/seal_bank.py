# SPDX-License-Identifier: Apache-2.0
"""The bodies that own a bank commit to its seed, its generator and its toolchain (R5, R16).

The seed is 32 random bytes: whoever has it can make every item of every submission. It stays in
the vault until the version is retired and opened; then everybody can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from proofhouse.bank.families import Family
from proofhouse.desk.draft import Draft, in_clear
from proofhouse.formats.commitment import Opening

BEFORE = (
    "What is tested, and how. The model under test gets each item's text and files, a sandbox with "
    "a compiler and no network but the item's own, and hands in one answer. Unless it says "
    "otherwise, a separate sandbox, which no model was ever in, judges it. Nothing real is "
    "attacked."
)


def statement_of(families: Iterable[Family]) -> str:
    """The public statement of what a bank of ``families`` tests and how (R7)."""
    told = [
        f"{family.name} ({len(family.levels)} levels): "
        + (family.about or "items of a generator that stays sealed")
        for family in families
    ]
    return " ".join((BEFORE, "The families:", f"{'; '.join(told)}."))


@dataclass(frozen=True)
class Bank:
    """What a bank version consists of; digests are SHA-256 in hexadecimal."""

    name: str
    version: int
    track: str
    capabilities: Sequence[str]
    families: Mapping[str, int]
    generator: str
    toolchain: str
    calibration: str
    owners: Sequence[str]
    statement: str


def draft(bank: Bank, seed: bytes, *, at: str, open_by: str) -> Draft:
    """The commitment to ``bank`` with its secret ``seed`` (32 bytes)."""
    return draft_opened(bank, Opening({"seed": seed.hex()}), at=at, open_by=open_by)


def draft_opened(bank: Bank, opening: Opening, *, at: str, open_by: str) -> Draft:
    """The commitment to ``bank`` whose seed ``opening`` opens: drawn before."""
    commitment = opening.commitment.to_json()
    fields = {
        "bank": bank.name,
        "version": bank.version,
        "track": bank.track,
        "capabilities": list(bank.capabilities),
        "families": dict(bank.families),
        "generatorDigest": bank.generator,
        "toolchainDigest": bank.toolchain,
        "calibrationDigest": bank.calibration,
        "seed": commitment,
        "statement": bank.statement,
        "owners": list(bank.owners),
        "committedAt": at,
        "openBy": open_by,
    }
    return in_clear(
        "bank-commitment",
        f"{bank.name}@{bank.version}",
        str(commitment["sha256"]),
        fields,
        (opening,),
    )
