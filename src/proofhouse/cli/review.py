# SPDX-License-Identifier: Apache-2.0
"""``proofhouse review``: one model, from inquiry to closed window, on the embedded default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from proofhouse.cli import print_json
from proofhouse.formats.predicates import CLAUSES


@click.command()
@click.option(
    "--model",
    default="reference/strong",
    show_default=True,
    help="A reference agent (reference/weak … reference/expert) or any Inspect model name, e.g. "
    "openai-api/lab/model-x.",
)
@click.option("--base-url", default="", help="Where an openai-api model listens.")
@click.option(
    "--key-env",
    default="PROOFHOUSE_MODEL_KEY",
    show_default=True,
    help="The environment variable that holds the endpoint's key.",
)
@click.option(
    "--checkpoint",
    default="under development",
    show_default=True,
    help="The checkpoint's own name.",
)
@click.option(
    "--safeguards", default="none", show_default=True, help="Which safeguard variant is tested."
)
@click.option("--no-review", is_flag=True, help="The developer wants no review if covered.")
@click.option(
    "--strike",
    multiple=True,
    type=click.Choice(CLAUSES),
    help="A clause that the developer strikes; may be repeated.",
)
@click.option(
    "--window-days",
    default=14,
    show_default=True,
    help="Days from the opening of the access window to the planned release to trusted "
    "partners; 30 at most.",
)
@click.option("--samples", default=2, show_default=True, help="How many items run at once.")
@click.option("--tokens", default=200_000, show_default=True, help="Token budget of an item.")
@click.option("--turns", default=30, show_default=True, help="Turn budget of an item.")
@click.option("--seconds", default=300, show_default=True, help="Time budget of an item.")
@click.option("--abandon", is_flag=True, help="Withdraw from the review that was broken off.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object at the end, and nothing else."
)
def command(**options: Any) -> None:
    """Test one model from inquiry to determination and, if it is covered, through a review.

    Makes a home with keys on first use, commits a bank and a secret threshold, evaluates the
    model in sandboxes, decides, and lives the access window to its end. Writes a bundle, which
    `proofhouse verify` checks, and a dossier, a page to read. If it is broken off, the same
    command goes on where it stopped.
    """
    from proofhouse.bootstrap import open_home
    from proofhouse.cli.progress import Progress
    from proofhouse.journey import Journal, Journey, Registered, Wishes, abandon
    from proofhouse.publish import publish_case

    wishes = Wishes(
        model=options["model"],
        base_url=options["base_url"],
        checkpoint=options["checkpoint"],
        safeguard_variant=options["safeguards"],
        review=not options["no_review"],
        struck=tuple(options["strike"]),
        window_days=options["window_days"],
        samples_at_once=options["samples"],
        tokens_per_item=options["tokens"],
        turns_per_item=options["turns"],
        seconds_per_item=options["seconds"],
    )
    with (
        open_home() as home,
        Progress(quiet=options["as_json"], desk=home.desk) as progress,
    ):
        if home.desk.log.size == 1:
            progress.tell(Registered(home.desk.clear(0).entry))
        if options["abandon"]:
            case = abandon(home, progress.tell)
        else:
            key = os.environ.get(options["key_env"], "")
            case = Journey(home, wishes, progress.tell, key).go()
        published = publish_case(home.desk, case.id, home.review_folder(case.id))
        Journal(home.path).end()
        progress.summary(case, published, home.policy_path)
    if options["as_json"]:
        print_json(_as_object(case, published, home.policy_path))


def _as_object(case: Any, published: Any, policy: Path) -> dict[str, object]:
    determination = case.last("determination")
    return {
        "case": case.id,
        "state": case.state,
        "determination": determination.predicate["outcome"] if determination else None,
        "bundle": str(published.bundle),
        "developerBundle": str(published.developer_bundle),
        "policy": str(policy),
        "dossier": str(published.dossier),
    }
