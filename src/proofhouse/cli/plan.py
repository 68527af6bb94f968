# SPDX-License-Identifier: Apache-2.0
"""``proofhouse plan``: the assessor registers what will be run, before the first item (R16)."""

from __future__ import annotations

import importlib
from typing import Any

import click

from proofhouse.cli.errand import Errand, options
from proofhouse.cli.evaluate import budget_options, make_move, model_options

STATES = ("assessor_to_plan", "assessor_to_plan_review")


class _Group(click.Group):
    """Imports the simulation only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["simulate"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "simulate":
            return None
        from proofhouse.cli.examples import with_examples

        found: click.Command = importlib.import_module("proofhouse.cli.plan_simulate").command
        return with_examples("plan simulate", found)


@click.group(cls=_Group, invoke_without_command=True)
@model_options
@budget_options
@options()
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Register the plan of the case's next run: for its determination, or for its findings.

    It is the assessor's, in the home of the log, and stays sealed until the case is opened. The
    model is asked whether it answers. `proofhouse plan simulate` tells what a plan is worth.
    """
    if context.invoked_subcommand is None:
        make_move(Errand.take(given), given, STATES, ["plan"])
