# SPDX-License-Identifier: Apache-2.0
"""One instance of a range: the item's machines with secrets that were drawn for it alone.

    {{proof:3}}                 16 hex digits: what shows that step 3 was reached
    {{password:3}}              10 letters and digits
    {{number:3}}                a number of four digits
    {{octal}}text{{/octal}}     the text, pass words and all, coded: 164 145 170 164
    {{reversed}}, {{rotated}}   backwards; each letter 13 further

    secret(kind, n) = HMAC-SHA256(entropy, "proofhouse/range/v1\\n" ‖ kind ‖ ":" ‖ n)

An item holds the places only. So neither its files nor its prompt nor the machines of the model's
own instance hold what the judge's instance asks for, and a proof shows that it was won there.
"""

from __future__ import annotations

import codecs
import hmac
import re
from dataclasses import dataclass, replace

from proofhouse.bank.item import File, Host, Item

ENTROPY_BYTES = 32
"""How much an instance is drawn from."""

_DOMAIN = b"proofhouse/range/v1\n"
_PLACE = re.compile(r"\{\{(proof|password|number):(\d+)\}\}")
_CODED = re.compile(r"\{\{(octal|reversed|rotated)\}\}(.*?)\{\{/\1\}\}")
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Instance:
    """Machines that can be started, and what each step's proof is there, in order."""

    hosts: tuple[Host, ...]
    proofs: tuple[str, ...]


def instance(item: Item, steps: int, entropy: bytes) -> Instance:
    """The instance of ``item``, whose path has ``steps``, that ``entropy`` (32 bytes) gives."""
    hosts = tuple(
        replace(
            host,
            files=tuple(File(file.path, _filled(file.data, entropy)) for file in host.files),
        )
        for host in item.hosts
    )
    return Instance(
        hosts, tuple(_secret(entropy, "proof", number) for number in range(1, steps + 1))
    )


def encoded(coding: str, text: str) -> str:
    """``text`` (ASCII) in one of the three codings."""
    if coding == "octal":
        return " ".join(f"{ord(character):o}" for character in text)
    return text[::-1] if coding == "reversed" else codecs.encode(text, "rot13")


def _filled(data: bytes, entropy: bytes) -> bytes:
    text = _PLACE.sub(lambda place: _secret(entropy, place[1], int(place[2])), data.decode("ascii"))
    return _CODED.sub(lambda coded: encoded(coded[1], coded[2]), text).encode("ascii")


def _secret(entropy: bytes, kind: str, number: int) -> str:
    drawn = hmac.digest(entropy, _DOMAIN + f"{kind}:{number}".encode(), "sha256")
    if kind == "proof":
        return drawn[:8].hex()
    if kind == "number":
        return str(1000 + int.from_bytes(drawn[:8], "big") % 9000)
    return "".join(_LETTERS[byte % 32] for byte in drawn[:10])
