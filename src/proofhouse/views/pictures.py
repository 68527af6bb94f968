# SPDX-License-Identifier: Apache-2.0
"""What each picture shows, as numbers: the page's SVG and the terminal's letters draw from these.

    picture = scale_of(ability, cuts, references)
    picture.marks[0]        Mark("this model", "−0.09", −90000, −3270000, 6240000, tested=True)
    picture.zones[0]        Zone(−6830000, −4830000, −2830000, "threshold −4.83 ± 2.00")

Three pictures: where a model stands (`Scale`), how the share of solved items grew with tokens
(`Budget`), and how often a plan answers what (`Operating`). Each says how far its axis reaches and
where its ticks are, so that two drawings of it can differ in nothing but their ink. Evidence has a
picture of its own on either side: ``dossier.evidence_chart`` and ``cli.progress.gauge``.

Positions are micro-logits or thousandths of log2 of minutes on a scale, micro-logits of an
operating characteristic, and thousandths of log10 of tokens on a budget's axis. Shares are parts
per million.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from proofhouse.said import say
from proofhouse.statistics.proportion import clopper_pearson
from proofhouse.views import plain, supposing
from proofhouse.views.values import (
    OPEN_MICROLOGITS,
    Ability,
    BudgetCurve,
    Cut,
    ReferenceModel,
    Scenario,
    Simulation,
)

T = TypeVar("T")

MOST_REFERENCES = 12
"""So many reference models are drawn; the page's table has all."""

MOST_TICKS = 5
LOGIT_TICKS = 7
JOINED = 3
"""From so many simulated points on they are joined; fewer would make up what lies between."""

CONFIDENCE = 0.95
_NAME = 26


# ---------------------------------------------------------------------------------- the scale


@dataclass(frozen=True)
class Mark:
    """A model on a scale: its name, its estimate in words and as a position, its interval.

    An end that is None is open: there is no number to draw.
    """

    name: str
    says: str
    estimate: float
    low: float | None
    high: float | None
    tested: bool


@dataclass(frozen=True)
class Zone:
    """A threshold with the two edges of its indifference zone, and both in words."""

    low: float
    cut: float
    high: float
    says: str


@dataclass(frozen=True)
class Scale:
    """Models and thresholds on one axis from ``low`` to ``high``; ticks are (position, label)."""

    unit: str
    confidence_ppm: int
    marks: tuple[Mark, ...]
    zones: tuple[Zone, ...]
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


def scale_of(
    ability: Ability, cuts: Sequence[Cut], references: Sequence[ReferenceModel] = ()
) -> Scale:
    """The scale in logits: the model tested first, then reference models, the strongest first.

    Only cuts of the ability's own scale are drawn. The axis reaches from the lowest to the highest
    number there is; an open end has none.
    """
    rows = shown(references)
    zones = tuple(zone_of(cut) for cut in cuts if cut.scale == ability.scale)
    tested = Mark(
        "this model",
        plain.logits(ability.estimate_micrologits),
        ability.estimate_micrologits,
        None if ability.low_is_open else ability.low_micrologits,
        None if ability.high_is_open else ability.high_micrologits,
        tested=True,
    )
    edges = [end for end in (tested.estimate, tested.low, tested.high) if end is not None]
    for zone in zones:
        edges += [zone.low, zone.high]
    for one in rows:
        for half in (-one.half_micrologits, one.half_micrologits):
            far = one.estimate_micrologits + half
            edges.append(min(max(far, -OPEN_MICROLOGITS), OPEN_MICROLOGITS))
    room = max(0.08 * (max(edges) - min(edges)), 250_000)
    low, high = min(edges) - room, max(edges) + room
    return Scale(
        "logits",
        ability.confidence_ppm,
        (tested, *(_reference(one) for one in rows)),
        zones,
        low,
        high,
        _logit_ticks(low, high),
    )


def shown(references: Sequence[ReferenceModel]) -> tuple[ReferenceModel, ...]:
    """The reference models that are drawn: the first of those stated, the strongest on top."""
    first = references[:MOST_REFERENCES]
    return tuple(sorted(first, key=lambda one: (-one.estimate_micrologits, one.name)))


def zone_of(cut: Cut) -> Zone:
    """A threshold as it is drawn, in micro-logits."""
    return Zone(
        cut.cut_micrologits - cut.zone_micrologits,
        cut.cut_micrologits,
        cut.cut_micrologits + cut.zone_micrologits,
        say(
            "threshold %(cut)s ± %(zone)s",
            cut=plain.logits(cut.cut_micrologits),
            zone=plain.size(cut.zone_micrologits),
        ),
    )


def minutes_scale(
    models: Sequence[tuple[str, float, float | None, float | None]],
    cut: float,
    zone: float,
    confidence_ppm: int,
) -> Scale:
    """Models on a scale of time horizons: (name, estimate, low, high) in minutes, above 0.

    ``cut`` is in minutes, ``zone`` the factor of its indifference zone. The axis is logarithmic.
    """
    marks = tuple(
        Mark(
            plain.one_line(name, _NAME),
            f"{estimate:,.1f}",
            _milli2(estimate),
            None if low is None or low <= 0 else _milli2(low),
            None if high is None or math.isinf(high) else _milli2(high),
            tested=True,
        )
        for name, estimate, low, high in models
    )
    drawn = Zone(
        _milli2(cut / zone), _milli2(cut), _milli2(cut * zone), f"threshold {cut:g} × or ÷ {zone:g}"
    )
    edges = [drawn.low, drawn.high]
    edges += [end for one in marks for end in (one.estimate, one.low, one.high) if end is not None]
    room = max(0.06 * (max(edges) - min(edges)), 250)
    low_end, high_end = min(edges) - room, max(edges) + room
    return Scale(
        "minutes", confidence_ppm, marks, (drawn,), low_end, high_end, _minutes(low_end, high_end)
    )


def _reference(one: ReferenceModel) -> Mark:
    return Mark(
        plain.one_line(one.name, _NAME),
        plain.logits(one.estimate_micrologits),
        one.estimate_micrologits,
        one.estimate_micrologits - one.half_micrologits,
        one.estimate_micrologits + one.half_micrologits,
        tested=False,
    )


def _milli2(minutes: float) -> float:
    return 1000 * math.log2(max(minutes, 1e-9))


def _minutes(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Powers of ten between, with their twofold and fivefold where there is room."""
    first, last = (math.floor(end / 1000 * math.log10(2)) for end in (low, high))
    for factors in ((1, 2, 5), (1,)):
        found = [
            (_milli2(factor * 10.0**power), f"{factor * 10.0**power:g}")
            for power in range(first, last + 1)
            for factor in factors
            if low <= _milli2(factor * 10.0**power) <= high
        ]
        if len(found) <= MOST_TICKS + 1:
            return tuple(found)
    return thinned(found, MOST_TICKS)


# ---------------------------------------------------------------------------- the budget curve


@dataclass(frozen=True)
class Reached:
    """Of all items so many were solved by so many tokens an item: the share and its interval."""

    tokens: int
    solved: int
    share_ppm: int
    low_ppm: int
    high_ppm: int


@dataclass(frozen=True)
class Budget:
    """The curve with ``none`` (nothing solved yet) before its first step; ticks are tokens."""

    items: int
    tokens: int
    none: Reached
    steps: tuple[Reached, ...]
    low: int
    high: int
    ticks: tuple[int, ...]


def budget_of(curve: BudgetCurve, tokens: int, most: int = 200) -> Budget:
    """The budget curve, with at most ``most`` steps; ``tokens`` is what an item may spend.

    Each point has the exact interval of its share by itself (Clopper & Pearson 1934): were as many
    items drawn again. It says how little few items tell, and is no accuracy of the model: a run
    takes items near the threshold and stops when it has decided. The curve must not be empty.
    """
    steps = thinned(curve.steps, most)
    low = min(milli(steps[0].tokens), milli(tokens))
    high = max(milli(steps[-1].tokens), milli(tokens))
    room = max(100, (high - low) // 8)
    low, high = low - room, high + room
    return Budget(
        curve.items,
        tokens,
        _reached(0, 0, curve.items),
        tuple(_reached(step.tokens, step.solved, curve.items) for step in steps),
        low,
        high,
        _token_ticks(low, high),
    )


def milli(tokens: float) -> int:
    """Thousandths of log10 of so many tokens; of none as of one."""
    return round(1000 * math.log10(max(tokens, 1)))


def _reached(tokens: int, solved: int, items: int) -> Reached:
    low, high = clopper_pearson(solved, items, CONFIDENCE)
    return Reached(
        tokens,
        solved,
        round(1_000_000 * solved / items),
        math.floor(low * 1e6),
        math.ceil(high * 1e6),
    )


def _token_ticks(low: int, high: int) -> tuple[int, ...]:
    """Powers of ten between, with their twofold and fivefold where there is room."""
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [
            factor * 10**power
            for power in range(max(0, low // 1000), high // 1000 + 1)
            for factor in factors
            if low <= milli(factor * 10**power) <= high
        ]
        if len(found) <= MOST_TICKS:
            return tuple(found)
    return thinned(found, MOST_TICKS)


# ------------------------------------------------------------------ the operating characteristic


@dataclass(frozen=True)
class Operating:
    """Simulated shares of each answer by ability, and what the plan declares of its errors.

    ``scenarios``: the scale as stated, and the one in which the test errs most if it is another.
    """

    scenarios: tuple[Scenario, ...]
    zone: Zone
    alpha_ppm: int
    beta_ppm: int
    low: int
    high: int
    ticks: tuple[tuple[float, str], ...]


def operating_of(simulation: Simulation, cut: Cut, alpha_ppm: int, beta_ppm: int) -> Operating:
    """The operating characteristic; the errors as the plan declares them of this dimension."""
    drawn = scenarios(simulation, alpha_ppm, beta_ppm)
    zone = zone_of(cut)
    edges = [int(zone.low), int(zone.high)]
    edges += [point.ability_micrologits for one in drawn for point in one.points]
    room = max((max(edges) - min(edges)) // 6, 100_000)
    low, high = min(edges) - room, max(edges) + room
    return Operating(drawn, zone, alpha_ppm, beta_ppm, low, high, _logit_ticks(low, high))


def scenarios(simulation: Simulation, alpha_ppm: int, beta_ppm: int) -> tuple[Scenario, ...]:
    """What is drawn: the first scenario, the scale as stated, and the worst if it is another."""
    first = simulation.scenarios[0]
    worst = supposing.worst(simulation, alpha_ppm, beta_ppm)
    return (first,) if worst == first else (first, worst)


# --------------------------------------------------------------------------------------- ticks


def thinned(sequence: Sequence[T], most: int) -> tuple[T, ...]:
    """At most ``most`` elements, evenly taken; the last is always among them."""
    if len(sequence) <= most:
        return tuple(sequence)
    step = -(-len(sequence) // most)
    last = len(sequence) - 1
    kept = {*range(step - 1, len(sequence), step), last}
    return tuple(sequence[index] for index in sorted(kept)[-most:])


def _logit_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    return tuple((one * 1e6, tick(one)) for one in ticks(low / 1e6, high / 1e6, LOGIT_TICKS))


def tick(value: float) -> str:
    """A tick's number with a true minus sign and commas: ``−2.5``, ``10,000``."""
    return f"{value:,g}".replace("-", "−") if abs(value) < 1e6 else f"{value:,.0f}"


def ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Round numbers from ``low`` to ``high``, at most ``most`` of them, in steps of 1, 2 or 5."""
    span = high - low
    for step in _steps(span / most):
        first = -(-low // step)
        found = [
            first * step + i * step for i in range(most + 2) if first * step + i * step <= high
        ]
        if len(found) <= most:
            return tuple(found)
    return ()


def _steps(least: float) -> Iterable[float]:
    power = 10.0**-7
    while power < 1e15:
        for factor in (1, 2, 5):
            if power * factor >= least:
                yield power * factor
        power *= 10
