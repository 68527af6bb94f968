# SPDX-License-Identifier: Apache-2.0
"""``proofhouse findings``: what the deeper evaluation found reaches the developer first (R13).

registry$   proofhouse findings deliver --case CASE
developer$  proofhouse findings receive --case-file case.json --out received.json
developer$  proofhouse findings answer F1=fixed F2=disputed --checkpoint 2 …
registry$   proofhouse findings retest F1 --case CASE        then: proofhouse evaluate
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run
from proofhouse.cli.evaluate import budget_options, make_move, model_options
from proofhouse.errors import InputError


@click.group()
def command() -> None:
    """Deliver the findings of a review, receive and answer them, test them again (R13, R14)."""


@command.command()
@options()
def deliver(**given: Any) -> None:
    """The assessor delivers the findings of the newest run, with their intervals.

    After a re-test they tell of each finding what was before, what is now, and whether it is still
    there.
    """
    from proofhouse.journey.moves import findings

    def draft(seat: Any, known: Any) -> Any:
        return findings(known.case, known.value, at=seat.clock()).draft

    run(Errand.take(given), ["findings"], draft)


@command.command()
@options()
def receive(**given: Any) -> None:
    """The developer acknowledges the findings; before that no partner has access."""
    from proofhouse.desk import deliver_findings

    run(
        Errand.take(given),
        ["findings-received"],
        lambda seat, known: deliver_findings.receive(known.case, at=seat.clock()),
    )


@command.command()
@click.argument("answers", nargs=-1, metavar="FINDING=ANSWER…")
@click.option(
    "--text", "texts", multiple=True, metavar="FINDING=TEXT", help="What you say of a finding."
)
@click.option("--checkpoint", default="", help="The name of the version in which it is fixed.")
@click.option("--safeguards", default="", help="Its safeguard variant; if not given, as before.")
@click.option("--model", default="", help="Its model's name; if not given, as before.")
@click.option("--base-url", default="", help="Where it listens; if not given, as before.")
@click.option(
    "--key-env",
    default="PROOFHOUSE_MODEL_KEY",
    show_default=True,
    help="The environment variable that holds the endpoint's key, for the probe.",
)
@click.option("--weights", metavar="SHA256", help="The digest of its weights' manifest.")
@click.option("--no-probe", is_flag=True, help="Don't ask the model; takes --weights.")
@options()
def answer(answers: tuple[str, ...], texts: tuple[str, ...], **given: Any) -> None:
    """The developer says of each finding: acknowledged, disputed or fixed.

    The newest answer counts, as a whole. What is fixed is a version of its own: name its
    --checkpoint; it binds to --weights, or to how it answers a fixed set of prompts (asked now).
    The assessor may then test it again on new items.
    """
    from proofhouse.desk import answer_findings

    errand = Errand.take(given)

    def draft(seat: Any, known: Any) -> Any:
        made = _answers(answers, texts)
        fixed = any(one.answer == "fixed" for one in made)
        return answer_findings.draft(
            known.case,
            made,
            version=_version(known, given) if fixed else None,
            of=answer_findings.answered_by(known.case, [a.finding for a in made], known.value),
            at=seat.clock(),
        )

    run(errand, ["findings-answered"], draft)


def _answers(answers: Sequence[str], texts: Sequence[str]) -> list[Any]:
    from proofhouse.desk.answer_findings import Answer

    said = dict(_parted(text, "--text FINDING=TEXT") for text in texts)
    made = [
        Answer(name, word, said.pop(name, ""))
        for name, word in (_parted(one, "FINDING=ANSWER, like F1=fixed") for one in answers)
    ]
    if said:
        raise InputError(
            f"A text is of {min(said)[:80]!r}, which is not answered.",
            hint="Say what you do about it, like F1=acknowledged.",
        )
    return made


def _parted(text: str, form: str) -> tuple[str, str]:
    name, mark, rest = text.partition("=")
    if not name or not mark or not rest:
        raise InputError(f"{text[:80]!r} says nothing of a finding.", hint=f"Write {form}.")
    return name, rest


def _version(known: Any, given: dict[str, Any]) -> Any:
    """The fixed version: what is not told of it is as it was submitted."""
    from proofhouse.cli.submit import identity

    if not given["checkpoint"]:
        raise InputError(
            "In which version is it fixed?", hint="Name it: --checkpoint NAME, and what it binds to"
        )
    if given["no_probe"] and not given["weights"]:
        raise InputError(
            "A version binds to something: weights, or how the model answers.",
            hint="Give --weights SHA256, or leave --no-probe.",
        )
    submission = known.case.need("submission")
    before = known.value(submission, "model")
    url = given["base_url"] or ("" if given["model"] else before["endpoint"] or "")
    return identity(
        {
            **given,
            "model": given["model"] or before["name"],
            "base_url": url,
            "safeguards": given["safeguards"] or submission.predicate["safeguardVariant"],
            "access": submission.predicate["accessLevel"],
            "artefact": None,
        }
    )


@command.command()
@click.argument("findings", nargs=-1, required=True, metavar="FINDING…")
@click.option("--items", default=12, show_default=True, help="New items for each finding.")
@model_options
@budget_options
@options()
def retest(findings: tuple[str, ...], items: int, **given: Any) -> None:
    """The assessor plans to test findings again that their developer calls fixed.

    On items of their family and level that no earlier plan of the case had, against the version
    that the developer's answer names. `proofhouse evaluate` runs it, `findings deliver` tells what
    came of it: gone, still there, or cannot tell.
    """
    from proofhouse.journey import moves
    from proofhouse.rules.registration import RETEST_MAY_BE_PLANNED

    if not 1 <= items <= 1000:
        raise InputError("A finding is tested again on 1 to 1,000 items.")
    make_move(
        Errand.take(given),
        given,
        RETEST_MAY_BE_PLANNED,
        ["plan"],
        lambda table, case: moves.plan_retest(table, case, findings, items),
    )
