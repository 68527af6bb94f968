# SPDX-License-Identifier: Apache-2.0
"""A model's words that no record can hold, made into words that one can.

    readable(output)      the same output, each lone surrogate in it the replacement character
    careful_arguments()   arguments of a tool call may hold a number of any length

What a model writes is the model's own matter: nothing that it writes may look like a failure of
its endpoint, or a model could make each item *missing*, and is then never determined. JSON can
say a lone surrogate, which UTF-8 can't (RFC 8259, 8.2); Inspect records a reply before it hands it
over, and one that can't be written ends the sample. A number of more digits than Python converts is
another way to the same end; it becomes a call whose arguments can't be parsed, which the model is
told and may mend, as for any other malformed call.

Left to others: what is the endpoint's failure indeed (``endpoint``).
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, Final

import yaml
from inspect_ai.model import ModelOutput, _call_tools

LONGEST_NUMBER: Final = 400
"""Digits of a number in a tool call's arguments."""

_PLACES: Final = ("json", "yaml")


def is_text(text: str) -> bool:
    """Whether it has a UTF-8 form."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(output: ModelOutput) -> ModelOutput:
    """``output`` as it is if it can be written down, or else with its strings made text.

    Raises:
        ValueError: it can't be written down for any other reason.
    """
    try:
        output.model_dump_json()
    except ValueError:
        mended = ModelOutput.model_validate(_mended(output.model_dump()))
        mended.model_dump_json()
        return mended
    return output


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(key): _mended(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mended(inner) for inner in value]
    return value


def _number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise json.JSONDecodeError("A number is too long", digits[:20], 0)
    return int(digits)


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_number)


class _Decoder(json.JSONDecoder):
    def __init__(self) -> None:
        super().__init__(parse_int=_number)


def _safe_load(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except ValueError as error:  # a number, or a date of no calendar
        raise yaml.error.YAMLError(str(error)[:200]) from None


def careful_arguments() -> None:
    """Let Inspect's reading of arguments call a number that is too long malformed.

    Inspect has no place to say so: the two modules it reads them with are replaced where it looks
    them up, in this process only. Doing it twice is no harm.
    """
    replaced = {
        "json": SimpleNamespace(
            loads=_loads, JSONDecoder=_Decoder, JSONDecodeError=json.JSONDecodeError
        ),
        "yaml": SimpleNamespace(safe_load=_safe_load, error=yaml.error),
    }
    for name in _PLACES:
        if not hasattr(_call_tools, name):
            raise ImportError(f"Inspect reads arguments no longer by its {name!r}.")
        setattr(_call_tools, name, replaced[name])
