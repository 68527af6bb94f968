# SPDX-License-Identifier: Apache-2.0
"""``proofhouse submit``: a developer submits one checkpoint, bound to what it is (R17)."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run


@click.command()
@click.option("--model", default="", help="The model's name, as the assessor is to reach it.")
@click.option("--base-url", default="", help="Where an openai-api model listens.")
@click.option(
    "--key-env",
    default="PROOFHOUSE_MODEL_KEY",
    show_default=True,
    help="The environment variable that holds the endpoint's key, for the probe.",
)
@click.option(
    "--checkpoint",
    default="under development",
    show_default=True,
    help="The checkpoint's own name.",
)
@click.option("--safeguards", default="none", show_default=True, help="The safeguard variant.")
@click.option(
    "--access",
    type=click.Choice(["black-box", "grey-box", "weights"]),
    default="black-box",
    show_default=True,
    help="What the assessor sees of the model; stated with the result.",
)
@click.option("--weights", metavar="SHA256", help="The digest of the weights' manifest.")
@click.option("--artefact", metavar="URI", help="Where a sponsored public artefact is found.")
@click.option("--no-probe", is_flag=True, help="Don't ask the model; takes --weights.")
@options()
def command(**given: Any) -> None:
    """Submit one checkpoint under the bank and threshold that stand in the log.

    It binds to the digest of its weights (--weights), to how the model answers a fixed set of
    prompts (asked now), or to both. A later result holds for this and for no other model.
    """
    from proofhouse.desk import submit
    from proofhouse.errors import InputError

    errand = Errand.take(given)

    def draft(seat: Any, known: Any) -> Any:
        if not given["model"]:
            raise InputError("Which model?", hint="--model openai-api/lab/NAME --base-url URL")
        if given["no_probe"] and not given["weights"]:
            raise InputError(
                "A submission binds to something: weights, or how the model answers.",
                hint="Give --weights SHA256, or leave --no-probe.",
            )
        inquiry = known.case.need("inquiry")
        bank = known.clear(inquiry.predicate["bank"], "bank-commitment")
        chosen = identity(given)
        threshold = seat.threshold(known, bank)
        return submit.draft(known.case, bank, threshold, chosen, at=seat.clock())

    run(errand, ["submission"], draft)


def identity(given: dict[str, Any]) -> Any:
    """What the options name, bound to its weights, or to how it answers now."""
    from proofhouse.desk.submit import Identity

    fields = {
        "checkpoint": given["checkpoint"],
        "safeguard_variant": given["safeguards"],
        "access_level": given["access"],
        "artefact": given["artefact"],
    }
    provider = given["model"].split("/")[0]
    if given["no_probe"]:
        return Identity(
            given["model"], provider, given["base_url"] or None, weights=given["weights"], **fields
        )
    weights, fingerprint = _probed(given)
    return Identity(
        given["model"],
        provider,
        given["base_url"] or None,
        weights=given["weights"] or weights,
        fingerprint=fingerprint,
        **fields,
    )


def _probed(given: dict[str, Any]) -> tuple[str | None, tuple[str, str]]:
    """The digest of the weights, if they can be seen, and of the answers to the probe."""
    from proofhouse.evaluation.run import probe
    from proofhouse.evaluation.types import PROBE, Job
    from proofhouse.models import reach

    key = os.environ.get(given["key_env"], "")
    with (
        tempfile.TemporaryDirectory() as scratch,
        reach(given["model"], base_url=given["base_url"], key=key) as model,
    ):
        report = asyncio.run(probe(Job(model=model.spec, log_directory=Path(scratch))))
        return model.weights, (PROBE, report.fingerprint)
