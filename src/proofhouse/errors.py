# SPDX-License-Identifier: Apache-2.0
"""Every error Proofhouse raises on purpose; a name says whose fault it is.

    ProofhouseError
    ├── InputError             what was handed in is not what it claims to be
    │   └── FormatError        bytes that are not in the format they claim
    ├── RefusedError           a rule says no: what was asked, why not, what is allowed
    │   ├── HeadMovedError     somebody else wrote first; read again and repeat
    │   └── TooManyError       asked too often; says after how many seconds it is taken
    ├── VerificationError      a signature, a proof or a commitment does not hold
    │   └── UnknownSignerError it may hold, but by nobody the trust policy names
    ├── PrerequisiteError      the machine lacks something; says how to get it
    ├── ModelError             the endpoint of the model under test failed
    ├── LostError              a process of ours failed or ended before its time; run it again
    └── StorageError           the home can't be read or written
        ├── ErasedError        what was asked for was erased, on purpose
        └── DamagedError       the home holds something it did not write

Rooms have narrower ones below these, each told in its own module: ``oracles.errors`` (an item that
is not proven, a machine unfit to prove it), ``sandbox.session`` (SessionLostError, a LostError: a
sandbox ended under a command), ``ledger.store`` (a checkpoint that was superseded).

An error's text is one or two sentences for a person: what was asked, why not, and in ``hint``
what is allowed or what to do. It never carries a secret, a traceback or a foreign message.
"""

from __future__ import annotations


class ProofhouseError(Exception):
    """Base of all of them.

    ``exit_code`` is what the command line ends with: documented, stable, one a branch.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InputError(ProofhouseError):
    """What was handed in is not what it claims to be."""

    exit_code = 2


class FormatError(InputError):
    """Bytes that are not in the format they claim; the message says where and why."""


class RefusedError(ProofhouseError):
    """A rule says no. ``rule`` cites it (an R-number or the name of the check)."""

    exit_code = 3

    def __init__(self, message: str, *, rule: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rule = rule


class HeadMovedError(RefusedError):
    """A compare-and-swap lost: the slot this statement wanted is taken."""


class TooManyError(RefusedError):
    """Asked too often; taken again after ``seconds``."""

    def __init__(self, message: str, *, hint: str = "", seconds: int) -> None:
        super().__init__(message, rule="limits", hint=hint)
        self.seconds = seconds


class VerificationError(ProofhouseError):
    """A signature, a proof or a commitment does not hold."""

    exit_code = 1


class UnknownSignerError(VerificationError):
    """A signature by nobody whom the trust policy names."""

    exit_code = 4


class PrerequisiteError(ProofhouseError):
    """The machine lacks something; ``hint`` is the one line that gets it."""

    exit_code = 5


class ModelError(ProofhouseError):
    """The endpoint of the model under test can't be reached, or mis-speaks."""

    exit_code = 6


class LostError(ProofhouseError):
    """A process of ours failed or ended before its time: nobody's answer was judged by that.

    The fault is ours or the machine's, never the model's. What is finished is kept; run it again.
    """

    exit_code = 8


class StorageError(ProofhouseError):
    """The home can't be read or written (full disk, rights, a newer version)."""

    exit_code = 7


class ErasedError(StorageError):
    """What was asked for was erased, on purpose; nothing is damaged."""


class DamagedError(StorageError):
    """The home holds something it did not write, or lacks something it did."""
