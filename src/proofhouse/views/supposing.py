# SPDX-License-Identifier: Apache-2.0
"""What could have changed an answer, and how often its test errs, in words (R14, R17).

    claim(beside.claim)           "above the threshold itself, with no zone around it: …"
    supposed(beside, "COVERED")   the answer under each supposition, and whether it is another
    worst(simulation, …)          the scenario that comes nearest to breaking what the plan promises

What is said here decides nothing: the answer stands in the determination.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.said import say
from proofhouse.views import plain
from proofhouse.views.values import (
    Ability,
    Beside,
    PersonFit,
    Scenario,
    Simulation,
    StrictClaim,
)

ODD_PPM = 10_000
"""A pattern of answers that at most one fitting model in a hundred would show is called odd."""


def interval(ability: Ability) -> str:
    """``−1.44 to +2.09``, or with an end said to be open."""
    return plain.span(
        None if ability.low_is_open else plain.logits(ability.low_micrologits),
        None if ability.high_is_open else plain.logits(ability.high_micrologits),
    )


def claim(made: StrictClaim) -> str:
    """The strict claim with its evidence as odds, and what it takes."""
    takes = say("it takes %(odds)s", odds=plain.odds(made.needed_micronats))
    if made.claim != "none":
        weight = made.above_micronats if made.claim == "above" else made.below_micronats
        return say(
            "%(claim)s the threshold itself, with no zone around it: %(weight)s; %(takes)s",
            claim=say(made.claim),
            weight=plain.odds(weight),
            takes=takes,
        )
    weight = max(made.above_micronats, made.below_micronats)
    if weight <= 0:
        return say(
            "none: the outcomes speak for neither side of the threshold itself; %(takes)s",
            takes=takes,
        )
    side = "above" if made.above_micronats == weight else "below"
    return say(
        "none: %(weight)s for %(side)s the threshold itself; %(takes)s",
        weight=plain.odds(weight),
        side=say(side),
        takes=takes,
    )


@dataclass(frozen=True)
class Supposed:
    """The answer had something been otherwise; ``changes`` if it is another than the stated one."""

    supposition: str
    answer: str
    changes: bool


def supposed(beside: Beside, stated: str) -> tuple[Supposed, ...]:
    """Every supposition: shifts of all difficulties, missing items scored either way, and held
    scores that nobody had decided.
    """
    rows = [(_shift(one.standard_errors), one.outcome) for one in beside.shifted]
    if beside.missing.items:
        these = plain.counted(beside.missing.items, "missing item")
        rows.append((say("%(these)s scored as solved", these=these), beside.missing.if_solved))
        rows.append((say("%(these)s scored as failed", these=these), beside.missing.if_failed))
    if beside.undecided:
        rows.append((say("Held scores left missing, as the run ended"), beside.undecided))
    return tuple(Supposed(what, answer, answer != stated) for what, answer in rows)


def _shift(errors: int) -> str:
    if not errors:
        return say("All items as hard as calibrated")
    size = plain.counted(abs(errors), "standard error")
    return say(
        "All items %(size)s %(way)s than calibrated",
        size=size,
        way=say("harder") if errors > 0 else say("easier"),
    )


def shifts(beside: Beside, stated: str) -> str:
    """The sensitivity to calibration in half a line."""
    others = [one for one in beside.shifted if one.outcome != stated]
    if not beside.shifted:
        return say("not worked out")
    if not others:
        most = max(abs(one.standard_errors) for one in beside.shifted)
        size = plain.counted(most, "standard error")
        return say(
            "all items up to %(size)s harder or easier than calibrated: the same answer", size=size
        )
    return "; ".join(
        f"{plain.counted(abs(one.standard_errors), 'standard error')} "
        f"{'harder' if one.standard_errors > 0 else 'easier'}: {one.outcome}"
        for one in others[:4]
    )


def fit(made: PersonFit | None) -> str:
    """Whether the pattern of answers fits the scale."""
    if made is None:
        return say("Not tested: items tell apart differently, or none was scored.")
    often = say(
        "%(share)s of models that fit the scale would look at least as odd",
        share=plain.percent(made.p_ppm),
    )
    if made.p_ppm <= ODD_PPM:
        return say(
            "An odd pattern, hard items solved and easy ones failed: only %(often)s.", often=often
        )
    return say("Nothing odd: %(often)s.", often=often)


def worst(simulation: Simulation, alpha_ppm: int, beta_ppm: int) -> Scenario:
    """The scenario whose upper bounds come nearest to, or farthest beyond, what is declared."""
    return max(
        simulation.scenarios,
        key=lambda one: max(
            one.false_covered_upper_ppm / alpha_ppm, one.false_not_covered_upper_ppm / beta_ppm
        ),
    )


def errors(simulation: Simulation, alpha_ppm: int, beta_ppm: int) -> str:
    """The largest of either error at the zone's edges, against those declared."""
    covered = max(one.false_covered_upper_ppm for one in simulation.scenarios)
    not_covered = max(one.false_not_covered_upper_ppm for one in simulation.scenarios)
    return say(
        "at most %(covered)s wrong COVERED and %(not_covered)s wrong NOT_COVERED in "
        "the worst of %(scenarios)s; declared %(alpha)s and %(beta)s",
        covered=plain.percent(covered),
        not_covered=plain.percent(not_covered),
        scenarios=plain.counted(len(simulation.scenarios), "simulated scenario"),
        alpha=plain.percent(alpha_ppm),
        beta=plain.percent(beta_ppm),
    )


def leakage(simulation: Simulation) -> str:
    """What the prompts tell of the threshold, without saying where it lies."""
    return say(
        "Whoever sees every prompt learns %(bits)s of the at most "
        "%(declared)s bits about the threshold that the plan "
        "declares: enough to place it within %(width)s of the "
        "%(range)s logits in which it may lie.",
        bits=_bits(simulation.leakage_millibits),
        declared=_bits(simulation.declared_leakage_millibits),
        width=plain.size(simulation.leakage_width_micrologits),
        range=plain.size(simulation.leakage_range_micrologits),
    )


def _bits(millibits: int) -> str:
    return f"{millibits / 1000:.2f}"
