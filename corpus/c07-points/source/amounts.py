# SPDX-License-Identifier: Apache-2.0
"""Amounts of points: whole hundredths inside, "12" or "12.5" or "12.50" outside.

A sign may stand before an amount; whether it may be below nought is for the command to say.
"""


def read(text: str) -> int:
    """An amount as it is written, in hundredths; ValueError if it is none."""
    whole, dot, part = text.partition(".")
    if dot and len(part) not in (1, 2):
        raise ValueError(f"{text!r} is not an amount")
    hundredths = int(part.ljust(2, "0")) if dot else 0
    if whole.startswith("-"):
        hundredths = -hundredths
    return int(whole) * 100 + hundredths


def show(amount: int) -> str:
    """An amount to be read by people."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02}"
