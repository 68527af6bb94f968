# SPDX-License-Identifier: Apache-2.0
"""Where a passphrase or a PIN comes from; never from an argument, which every user can list.

    PROOFHOUSE_PASSPHRASE                the passphrase itself
    PROOFHOUSE_PASSPHRASE_FILE=FILE      a file of one line that nobody else may read
    PROOFHOUSE_PASSPHRASE_FILE=3         an open descriptor; read once, to its end
    neither                              asked at the terminal, without echo

The first of these that is there counts; PROOFHOUSE_PIN and PROOFHOUSE_PIN_FILE say a token's PIN.
A new passphrase needs 15 characters, as NIST SP 800-63B-4 asks of a password that stands alone: a
stolen file can be tried offline. What was asked for is never part of an error's text.
"""

from __future__ import annotations

import getpass
import os
import stat
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proofhouse.errors import InputError, PrerequisiteError

MIN_NEW = 15
"""Characters of a new passphrase, at least."""
MAX_BYTES = 1_000


@dataclass(frozen=True)
class Asked:
    """What may be asked for: a ``noun`` for people and the ``variable`` that may hold it."""

    noun: str
    variable: str


PASSPHRASE = Asked("passphrase", "PROOFHOUSE_PASSPHRASE")
PIN = Asked("PIN", "PROOFHOUSE_PIN")


def ask(asked: Asked, of: str) -> str:
    """The passphrase or PIN of ``of`` (for a person: “the key assessor.key”).

    Raises PrerequisiteError if it is nowhere to be had or its file is open to others.
    """
    given = _given(asked)
    return _prompt(asked, of, f"{asked.noun.capitalize()} of {of}: ") if given is None else given


def ask_new(of: str) -> str:
    """A new passphrase, asked twice at a terminal.

    Raises InputError if it is too short or was repeated otherwise, and as ``ask`` does.
    """
    chosen = _given(PASSPHRASE)
    if chosen is None:
        chosen = _prompt(PASSPHRASE, of, f"New passphrase of {of}: ")
        if _prompt(PASSPHRASE, of, "The same again: ") != chosen:
            raise InputError("The two passphrases differ; nothing was changed.")
    if len(chosen) < MIN_NEW:
        raise InputError(
            f"The new passphrase has fewer than {MIN_NEW} characters; nothing was changed.",
            hint="Several unrelated words are long enough and easily kept.",
        )
    return chosen


def _given(asked: Asked) -> str | None:
    """What the environment says, or None if it says nothing."""
    if value := os.environ.get(asked.variable):
        return _checked(os.fsencode(value), asked, asked.variable)
    named = os.environ.get(f"{asked.variable}_FILE")
    if not named:
        return None
    try:
        data = _from_descriptor(int(named)) if named.isdecimal() else _from_file(Path(named))
    except OSError as error:
        raise PrerequisiteError(
            f"What {asked.variable}_FILE names can't be read: {error.strerror}."
        ) from None
    return _checked(data, asked, f"{asked.variable}_FILE")


@cache
def _from_descriptor(number: int) -> bytes:
    with os.fdopen(number, "rb") as file:
        return file.read(MAX_BYTES + 3)


def _from_file(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISREG(mode) and mode & 0o077:
            raise PrerequisiteError(
                f"The file {path} holds a secret and can be read by others.",
                hint=f"Run: chmod 600 {path}",
            )
        return file.read(MAX_BYTES + 3)


def _checked(data: bytes, asked: Asked, where: str) -> str:
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = ""
    if not text or len(line) > MAX_BYTES or any(c in text for c in "\n\r\0"):
        raise PrerequisiteError(
            f"What {where} gives is no {asked.noun}.",
            hint=f"It must be one line of 1 to {MAX_BYTES} bytes in UTF-8.",
        )
    return text


def _prompt(asked: Asked, of: str, prompt: str) -> str:
    """Ask at the terminal that the program belongs to, whatever its input and output are."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)  # it would echo
            answer = getpass.getpass(prompt)
    except (OSError, EOFError, getpass.GetPassWarning):
        raise PrerequisiteError(
            f"The {asked.noun} of {of} is needed, and there is no terminal to ask at.",
            hint=f"Name a file of mode 600 or an open descriptor in {asked.variable}_FILE.",
        ) from None
    return _checked(os.fsencode(answer), asked, "the terminal")
