# SPDX-License-Identifier: Apache-2.0
"""Ordinary JSON that a person or another tool wrote: spaces and order are free, all else is not.

Trust policies and handovers come this way. What is hashed or signed never does: see ``canonical``.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from proofhouse.formats.fields import refuse


def read_json(data: bytes, where: str, limit: int) -> object:
    """The value of ``data``, UTF-8 of at most ``limit`` bytes; ``where`` names it for a person.

    Raises FormatError, also for an object that names a member twice and for numbers that JSON
    does not have.
    """
    if len(data) > limit:
        refuse(where, f"must have at most {limit:,} bytes")

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            refuse(where, "names a member twice in one object")
        return found

    def no_such_number(_text: str) -> NoReturn:
        refuse(where, "holds a number that JSON does not have")

    try:
        return json.loads(
            data.decode(), object_pairs_hook=no_duplicates, parse_constant=no_such_number
        )
    except (ValueError, RecursionError):
        refuse(where, "is not JSON in UTF-8")
