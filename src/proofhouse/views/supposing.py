# SPDX-License-Identifier: Apache-2.0
"""What could have changed an answer, and how often its test errs, in words (R14, R17).

    claim(beside.claim)           "above the threshold itself, with no zone around it: …"
    supposed(beside, "COVERED")   the answer under each supposition, and whether it is another
    worst(simulation, …)          the scenario that comes nearest to breaking what the plan promises

What is said here decides nothing: the answer stands in the determination.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    takes = f"it takes {plain.odds(made.needed_micronats)}"
    if made.claim != "none":
        weight = made.above_micronats if made.claim == "above" else made.below_micronats
        return (
            f"{made.claim} the threshold itself, with no zone around it: {plain.odds(weight)}; "
            f"{takes}"
        )
    weight = max(made.above_micronats, made.below_micronats)
    if weight <= 0:
        return f"none: the outcomes speak for neither side of the threshold itself; {takes}"
    side = "above" if made.above_micronats == weight else "below"
    return f"none: {plain.odds(weight)} for {side} the threshold itself; {takes}"


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
        rows.append((f"{these} scored as solved", beside.missing.if_solved))
        rows.append((f"{these} scored as failed", beside.missing.if_failed))
    if beside.undecided:
        rows.append(("Held scores left missing, as the run ended", beside.undecided))
    return tuple(Supposed(what, answer, answer != stated) for what, answer in rows)


def _shift(errors: int) -> str:
    if not errors:
        return "All items as hard as calibrated"
    size = plain.counted(abs(errors), "standard error")
    return f"All items {size} {'harder' if errors > 0 else 'easier'} than calibrated"


def shifts(beside: Beside, stated: str) -> str:
    """The sensitivity to calibration in half a line."""
    others = [one for one in beside.shifted if one.outcome != stated]
    if not beside.shifted:
        return "not worked out"
    if not others:
        most = max(abs(one.standard_errors) for one in beside.shifted)
        size = plain.counted(most, "standard error")
        return f"all items up to {size} harder or easier than calibrated: the same answer"
    return "; ".join(
        f"{plain.counted(abs(one.standard_errors), 'standard error')} "
        f"{'harder' if one.standard_errors > 0 else 'easier'}: {one.outcome}"
        for one in others[:4]
    )


def fit(made: PersonFit | None) -> str:
    """Whether the pattern of answers fits the scale."""
    if made is None:
        return "Not tested: items tell apart differently, or none was scored."
    often = f"{plain.percent(made.p_ppm)} of models that fit the scale would look at least as odd"
    if made.p_ppm <= ODD_PPM:
        return f"An odd pattern, hard items solved and easy ones failed: only {often}."
    return f"Nothing odd: {often}."


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
    return (
        f"at most {plain.percent(covered)} wrong COVERED and {plain.percent(not_covered)} wrong "
        f"NOT_COVERED in the worst of "
        f"{plain.counted(len(simulation.scenarios), 'simulated scenario')}; declared "
        f"{plain.percent(alpha_ppm)} and {plain.percent(beta_ppm)}"
    )


def leakage(simulation: Simulation) -> str:
    """What the prompts tell of the threshold, without saying where it lies."""
    return (
        f"Whoever sees every prompt learns {_bits(simulation.leakage_millibits)} of the at most "
        f"{_bits(simulation.declared_leakage_millibits)} bits about the threshold that the plan "
        f"declares: enough to place it within "
        f"{plain.size(simulation.leakage_width_micrologits)} of the "
        f"{plain.size(simulation.leakage_range_micrologits)} logits in which it may lie."
    )


def _bits(millibits: int) -> str:
    return f"{millibits / 1000:.2f}"
