# SPDX-License-Identifier: Apache-2.0
"""Templates: text with fields of a record.

    {name}          what the record says
    {name|friend}   that, or else the word behind the bar, if it says nothing or has no such field
    {{              a brace

Names of fields are small letters. What a record says is not looked at for fields itself.
"""

import re

FIELD = re.compile(r"\{\{|\{([a-z]+)(?:\|([^{}\n]*))?\}")


class FieldError(Exception):
    """A field that a record lacks."""


def fill(text: str, record: dict[str, str]) -> str:
    """The text with a record's fields."""

    def field(found: re.Match[str]) -> str:
        name, otherwise = found[1], found[2]
        if name is None:
            return "{"
        if otherwise is not None:
            return record.get(name) or otherwise
        if name not in record:
            raise FieldError(name)
        return record[name]

    return FIELD.sub(field, text)
