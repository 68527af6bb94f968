# SPDX-License-Identifier: Apache-2.0
"""``proofhouse evaluate``: the assessor runs the registered plan against the submitted model."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from proofhouse.cli.errand import NOBODY, Errand, check_signers, finish, options

STATES = ("assessor_to_run", "assessor_to_run_review", "assessor_to_run_retest")
UNDER_WAY = ("run_under_way", "review_run_under_way", "retest_under_way")

Command = TypeVar("Command", bound=Callable[..., Any])


def model_options(command: Command) -> Command:
    """How the submitted model is reached from here."""
    command = click.option(
        "--key-env",
        default="PROOFHOUSE_MODEL_KEY",
        show_default=True,
        help="The environment variable that holds the endpoint's key.",
    )(command)
    return click.option(
        "--base-url", default="", help="The endpoint's address from here, if not the submitted one."
    )(command)


def budget_options(command: Command) -> Command:
    """What one item may cost."""
    for name, default, told in (
        ("--seconds", 300, "Time budget of an item."),
        ("--turns", 30, "Turn budget of an item."),
        ("--tokens", 200_000, "Token budget of an item."),
    ):
        command = click.option(name, default=default, show_default=True, help=told)(command)
    return command


@click.command()
@model_options
@click.option("--samples", default=2, show_default=True, help="How many items run at once.")
@click.option(
    "--scan-model",
    default="",
    metavar="NAME",
    help="A second model that reads each transcript and may mark it; it sees sealed items.",
)
@click.option("--scan-base-url", default="", help="The address of the second model's endpoint.")
@click.option(
    "--scan-key-env",
    default="PROOFHOUSE_SCAN_KEY",
    show_default=True,
    help="The environment variable that holds its key.",
)
@options()
def command(**given: Any) -> None:
    """Run the case's plan: start the run, test the model, end the run with every outcome.

    The assessor's, in the home of the log. What is finished is kept at once: broken off, the same
    command goes on with what is left. Where the window has closed over a run, or the developer has
    left, it ends the run with what was finished, without asking the model.

    Every transcript is read by the scan's rules. With --scan-model a second reader adds its marks;
    it clears none, and the run names it.
    """
    errand = Errand.take(given)
    make_move(errand, given, (*STATES, *UNDER_WAY), ["run-started", "run-ended"])


def make_move(
    errand: Errand,
    given: dict[str, Any],
    states: Sequence[str],
    names: Sequence[str],
    move: Callable[[Any, Any], Any] | None = None,
) -> None:
    """Make the assessor's move, and a second if the first leads to one of ``states``.

    ``move`` takes the place of the one that the case's state has.
    """
    from proofhouse.cli.progress import Progress
    from proofhouse.errors import InputError, RefusedError
    from proofhouse.journey import Wishes, moves
    from proofhouse.journey.steps import at_table
    from proofhouse.seat import open_seat

    if errand.in_ is not None or errand.out is not None:
        raise InputError(
            "A plan and a run are made and registered in the home of the log.",
            hint="Leave --in and --out.",
        )
    if NOBODY in errand.signers:
        raise InputError("A plan and a run are signed where they are registered: by the assessor.")
    wishes = Wishes(
        samples_at_once=given.get("samples", 2),
        tokens_per_item=given.get("tokens", 200_000),
        turns_per_item=given.get("turns", 30),
        seconds_per_item=given.get("seconds", 300),
    )
    key = os.environ.get(given["key_env"], "")
    reader = _reader(given)
    with open_seat() as seat:
        case = seat.case(errand.case_id, errand.case_file).case
        check_signers(seat, errand.signers, names[0])
        if case.state in moves.RUN_TO_END and "run-ended" in names:
            ended = moves.end_run(seat.desk, case)
            finish(seat, errand, seat.sign(ended.draft, errand.signers or ended.roles))
            return
        _check_state(case.state, states, names)
        handover = None
        with (
            Progress(quiet=errand.as_json) as progress,
            at_table(
                seat.log_home,
                case,
                progress.tell,
                key=key,
                base_url=given["base_url"],
                wishes=wishes,
                reader=reader,
            ) as table,
        ):
            while case.state in states:
                if handover is not None:
                    seat.register(handover)
                    case = seat.desk.case(case.id)
                    if case.state not in states:
                        break
                made = (move or moves.MOVES[case.state])(table, case)
                if made is None:
                    raise RefusedError(
                        "The run was ended meanwhile: its developer withdrew, or the window is "
                        "closed.",
                        rule="R1, R3",
                        hint="`proofhouse status` says whose move it is.",
                    )
                assert isinstance(made, moves.Made)
                _check_asked(made.draft.statement.predicate_type, names)
                handover = seat.sign(made.draft, errand.signers or made.roles)
                if case.state in UNDER_WAY or "plan" in names:
                    break
        finish(seat, errand, handover)


def _reader(given: dict[str, Any]) -> Any:
    """The second model that reads transcripts, if one is asked for."""
    from proofhouse.errors import InputError
    from proofhouse.evaluation.types import ModelSpec

    if not given.get("scan_model"):
        if given.get("scan_base_url"):
            raise InputError("The second model has an address and no name.", hint="--scan-model")
        return None
    key = os.environ.get(given["scan_key_env"], "")
    return ModelSpec(given["scan_model"], base_url=given["scan_base_url"], key=key)


def _check_state(state: str, states: Sequence[str], names: Sequence[str]) -> None:
    from proofhouse.errors import RefusedError
    from proofhouse.views.words import NOW

    if state not in states:
        raise RefusedError(
            f"The case is not at “{names[0]}”. {NOW[state]}",
            rule="R1, R2",
            hint="`proofhouse status` says whose move it is.",
        )


def _check_asked(predicate_type: str, names: Sequence[str]) -> None:
    """The next move may be another: where no run is allowed any more, only to close the window."""
    from proofhouse.errors import RefusedError
    from proofhouse.formats.predicates import predicate_name

    if predicate_name(predicate_type) not in names:
        raise RefusedError(
            "The review allows no run: the window has ended, or the developer struck a clause that "
            "a run needs.",
            rule="R3, R4",
            hint="What is left is to close the window: proofhouse window close",
        )
