# SPDX-License-Identifier: Apache-2.0
"""Records: JSON objects of texts, one a line. Empty lines do not count."""

import json
from collections.abc import Iterable, Iterator


class RecordError(Exception):
    """A line that is no record."""


def record(line: str) -> dict[str, str]:
    """The record of a line."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise RecordError("not JSON") from None
    if not isinstance(found, dict):
        raise RecordError("not an object")
    for name, text in found.items():
        if not isinstance(text, str):
            raise RecordError(f"{name} is not a text")
    return found


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that count, with their numbers."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line
