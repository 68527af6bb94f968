# SPDX-License-Identifier: Apache-2.0
"""What every command that makes a statement does alike: read the case, draft, sign, hand over.

    --case ID | --case-file BUNDLE     which case; from this home's log, or from a bundle
    --as KEY                           who signs (repeatable); `nobody` writes it unsigned
    --in FILE                          take a statement that was written before, instead of drafting
    --out FILE                         write it for somebody else, instead of registering it

--out replaces no file but the one that --in names, so that whoever adds a signature may keep one
file. What stands at another name is left as it is, and the command says so (exit code 2).

So a statement can be written in one home, signed in others and registered in the home of the log:

    developer$ proofhouse submit --case-file case.json … --out submission.json
    registry$  proofhouse submit --in submission.json
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from proofhouse.cli import print_json
from proofhouse.errors import FormatError, InputError, RefusedError
from proofhouse.formats import predicates

NOBODY = "nobody"

Command = TypeVar("Command", bound=Callable[..., Any])


def options(*, case: bool = True) -> Callable[[Command], Command]:
    """The options above; ``case`` is False for statements that belong to no case yet."""

    def add(command: Command) -> Command:
        listed = [
            click.option("--as", "signers", multiple=True, metavar="KEY", help=_AS),
            click.option("--in", "in_", type=click.Path(path_type=Path), metavar="FILE", help=_IN),
            click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help=_OUT),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
        ]
        if case:
            listed[:0] = [
                click.option("--case", "case_id", metavar="ID", help=_CASE),
                click.option(
                    "--case-file",
                    type=click.Path(path_type=Path),
                    metavar="BUNDLE",
                    help="The bundle of the case, in a home without the log.",
                ),
            ]
        for option in reversed(listed):
            command = option(command)
        return command

    return add


_AS = "The key of this home that signs; may be repeated. `nobody` leaves it unsigned."
_IN = "Take a statement that was written before, instead of writing one."
_OUT = "Write the statement to FILE, confidential, instead of registering it; FILE must be new."
_CASE = "The case's id, or its first 8 digits or more."


@dataclass(frozen=True)
class Errand:
    """The options of one call."""

    signers: tuple[str, ...]
    in_: Path | None
    out: Path | None
    as_json: bool
    case_id: str | None = None
    case_file: Path | None = None

    @classmethod
    def take(cls, given: dict[str, Any]) -> Errand:
        """The options of ``given``, taken out of it."""
        names = ("signers", "in_", "out", "as_json", "case_id", "case_file")
        return cls(**{name: given.pop(name) for name in names if name in given})


Drafting = Callable[[Any, Any], Any]
"""Seat and what is known of the case → a Draft, or ``moves.MadeInTwo``."""


def run(errand: Errand, names: Collection[str], draft: Drafting, *, case: bool = True) -> None:
    """Carry one statement of ``names`` as far as the options say, and tell what was done.

    ``draft`` is called unless the statement comes from --in. Raises any ProofhouseError.
    """
    from proofhouse.seat import check_output, open_seat

    if errand.out is not None:
        check_output(errand.out)  # before anything is drawn, probed or signed
    with open_seat() as seat:
        if errand.in_ is not None:
            handover = _taken(seat, errand, names)
        else:
            known = seat.case(errand.case_id, errand.case_file) if case else None
            handover = _drafted(seat, errand, draft(seat, known))
        finish(seat, errand, handover)


def finish(seat: Any, errand: Errand, handover: Any) -> None:
    """Write ``handover`` or register it, and tell what was done."""
    from proofhouse.rules.registration import waiting_scores
    from proofhouse.seat import write_output

    statement = handover.statement
    name = predicates.predicate_name(statement.predicate_type)
    told: dict[str, Any] = {
        "statement": name,
        "case": statement.subject_sha256 if name in predicates.SEALED else None,
        "signedBy": [signature.keyid for signature in handover.signatures],
        "leaf": None,
        "state": None,
        "out": None,
    }
    if errand.out is not None:
        same = errand.in_ is not None and errand.in_.resolve() == errand.out.resolve()
        write_output(errand.out, handover.to_bytes(), replaces=lambda _old: same)
        told["out"] = str(errand.out)
    else:
        entry = seat.register(handover)
        told["leaf"] = entry.index
        told["digest"] = entry.digest
        if name in predicates.SEALED:
            case = seat.desk.case(entry.subject)
            told["state"] = case.state
            if held := waiting_scores(case):
                told["held"] = held
    show(told, _lines(told), as_json=errand.as_json)
    if errand.out is None and not errand.as_json:
        _picture(seat, entry)


def _picture(seat: Any, entry: Any) -> None:
    """The pictures that follow a statement, on the terminal of the home where it was registered.

    They show what is sealed, the threshold too, so that no file gets them that keeps what a command
    printed.
    """
    from rich.console import Console

    from proofhouse.cli import pictures

    if sys.stdout.isatty():
        pictures.show(Console(highlight=False), pictures.after(seat.desk, entry))


def _lines(told: dict[str, Any]) -> list[str]:
    """What was done, for a person, and what is to be done next."""
    count = len(told["signedBy"])
    signed = {0: "signed by nobody yet", 1: "with one signature"}.get(
        count, f"with {count} signatures"
    )
    if told["out"] is not None:
        again = f"{click.get_current_context().command_path} --in {told['out']}"
        lines = [
            f"Wrote “{told['statement']}”, {signed}, to {told['out']}. It is confidential.",
            f"To sign it too: {again} --as KEY --out FILE",
            f"To register it, in the home of the log: {again}",
        ]
    else:
        lines = [f"Registered “{told['statement']}” at leaf {told['leaf']}, {signed}."]
    if told["case"]:
        lines.append(f"case {told['case']}")
    if told["state"]:
        from proofhouse.views.words import held, now

        lines.append(now(told["state"]))
        if told.get("held"):
            lines += [held(told["held"]), f"To see them: proofhouse held {told['case'][:8]}"]
    return lines


def _taken(seat: Any, errand: Errand, names: Collection[str]) -> Any:
    from proofhouse.formats.handover import Handover
    from proofhouse.seat import read_input

    assert errand.in_ is not None
    handover = Handover.parse(read_input(errand.in_, "statement"))
    name = predicates.predicate_name(handover.statement.predicate_type)
    if name not in names:
        raise InputError(
            f"The file {errand.in_} holds a statement “{name}”.",
            hint=f"This command takes: {', '.join(sorted(names))}.",
        )
    _check_shape(name, handover)
    signers = [signer for signer in errand.signers if signer != NOBODY]
    check_signers(seat, signers, name)
    return seat.sign_more(handover, signers)


def _check_shape(name: str, handover: Any) -> None:
    """A person who signs what somebody else wrote is to sign a statement, not just any bytes."""
    try:
        predicates.check(name, handover.statement.predicate)
    except FormatError as error:
        raise InputError(f"The statement “{name}” is not well formed: {error.message}") from None


def _drafted(seat: Any, errand: Errand, made: Any) -> Any:
    from proofhouse.desk.draft import Draft

    if isinstance(made, Draft):
        name = predicates.predicate_name(made.statement.predicate_type)
        return seat.sign(made, _signers(seat, errand.signers, name))
    signers = _signers(seat, errand.signers, "determination")
    if not signers:
        raise InputError(
            "A determination cites its signed public notice, so its assessor signs both at once.",
            hint="Use --as with the assessor's key.",
        )
    notice = seat.sign(made.notice, signers).envelope()
    return seat.sign(made.then(notice), signers, notice=notice)


def _signers(seat: Any, asked: Sequence[str], name: str) -> tuple[str, ...]:
    if NOBODY in asked:
        return ()
    check_signers(seat, asked, name)
    return tuple(asked) or seat.roles_for(name)


def check_signers(seat: Any, asked: Sequence[str], name: str) -> None:
    """Raise InputError or RefusedError unless each key of ``asked`` is here and may make ``name``.

    Here and not only at the desk, so that nobody sends off what the log's home must refuse.
    """
    from proofhouse.rules.registration import SIGNERS

    held = seat.keys.names()
    for key in asked:
        if key not in held:
            raise InputError(
                f"This home holds no key “{key[:80]}”.",
                hint=f"It holds: {', '.join(held) or 'none'}.",
            )
        # Whoever changes a key of its own signs with that key, whatever its role.
        if name != "key-changed" and not seat.may_be(key, SIGNERS[name]):
            raise RefusedError(
                f"The key “{key}” is not in the role that makes “{name}”.",
                rule="ledger",
                hint=f"It is made by: {', '.join(SIGNERS[name])}.",
            )


def show(value: dict[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    """Print ``value`` as JSON, or ``lines`` for a person."""
    if as_json:
        print_json(value)
    else:
        for line in lines:
            click.echo(line)
