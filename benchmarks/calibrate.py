# SPDX-License-Identifier: Apache-2.0
"""Fits the bank's calibration table to what solvers did, and writes it.

    python benchmarks/calibrate.py outcomes.csv --sample "six reference agents, 40 items a level" \
        --leave-out chemistry-sample --out src/proofhouse/bank/calibration.json

    agent,family,level,index,solved          outcomes.csv: one line for each agent and item
    fair,memory-flaw,2,17,1

Model: Rasch with a normal item effect. Agent a solves item i of level l with probability
1 / (1 + exp(b_l + e_i - θ_a)), e_i ~ N(0, σ²), integrated out by 21-point Gauss-Hermite quadrature
(Bock and Aitkin 1981). θ, b have a N(0, 4²) prior and σ a half-normal(1) one, so that a level which
all agents solve, or none, gets a finite estimate with the large standard error it deserves instead
of running off (maximum a posteriori; Mislevy 1986).

Levels are nested by construction, so difficulties that fall from one level to the next, as they may
where nobody solves either, are pooled (isotonic regression weighted by 1/SE²; Barlow et al. 1972).

Anchor: the mean difficulty of the anchor family's levels is 0 (default memory-flaw). The standard
errors are those of the anchored difficulties, from the inverse Hessian at the optimum; they include
what is not known about agents and σ. They do not include the choice of agents: the table's
``sample`` says who they were, and that is all the scale means. A family of another track, which
says itself how difficult its levels are, is left out: its difficulties have another scale.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression, minimize
from scipy.special import log_expit, logsumexp

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRIOR_SD = 4.0
MICRO = 1_000_000


@dataclass(frozen=True)
class Outcomes:
    """Answers in columns: agent, cell (family and level) and item of each, and whether solved."""

    agents: tuple[str, ...]
    cells: tuple[tuple[str, int], ...]
    agent: Ints
    cell: Ints
    item: Ints
    sign: Floats


@dataclass(frozen=True)
class Fit:
    """Abilities and anchored difficulties in logits, standard errors of both, the item spread."""

    abilities: Floats
    difficulties: Floats
    standard_errors: Floats
    spread: float
    ability_errors: Floats


def read(path: Path, leave_out: Sequence[str] = ()) -> Outcomes:
    """Read the CSV but for some families.

    ValueError for a bad value or an agent that met an item twice.
    """
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["family"] in leave_out:
                continue
            if row["solved"] not in ("0", "1"):
                raise ValueError(f"solved is 0 or 1, not {row['solved']!r}")
            item = (row["family"], int(row["level"]), int(row["index"]))
            rows.append((row["agent"], item, row["solved"] == "1"))
    if len({(agent, item) for agent, item, _ in rows}) != len(rows):
        raise ValueError("an agent has two outcomes for one item")
    agents = tuple(dict.fromkeys(agent for agent, _, _ in rows))
    items = tuple(sorted({item for _, item, _ in rows}))
    cells = tuple(sorted({item[:2] for item in items}))
    return Outcomes(
        agents,
        cells,
        np.array([agents.index(agent) for agent, _, _ in rows]),
        np.array([cells.index(item[:2]) for _, item, _ in rows]),
        np.array([items.index(item) for _, item, _ in rows]),
        np.array([1.0 if solved else -1.0 for _, _, solved in rows]),
    )


def fit(data: Outcomes, anchor: str) -> Fit:
    """The maximum a posteriori estimate; ValueError if no cell belongs to the anchor family."""
    anchored = np.array([family == anchor for family, _ in data.cells])
    if not anchored.any():
        raise ValueError(f"no outcome of the anchor family {anchor}")
    agents, cells = len(data.agents), len(data.cells)
    nodes, weights = np.polynomial.hermite_e.hermegauss(21)
    log_weights = np.log(weights / weights.sum())
    items = int(data.item.max()) + 1

    def loss(x: Floats) -> float:
        ability, difficulty, spread = x[:agents], x[agents:-1], np.exp(x[-1])
        gap = ability[data.agent] - difficulty[data.cell]
        each = log_expit(data.sign[:, None] * (gap[:, None] - spread * nodes[None, :]))
        whole = np.zeros((items, len(nodes)))
        np.add.at(whole, data.item, each)
        likelihood = logsumexp(whole + log_weights, axis=1).sum()
        prior = -0.5 * float(x[:-1] @ x[:-1]) / PRIOR_SD**2 - 0.5 * spread**2 + x[-1]
        return -float(likelihood + prior)

    start = np.zeros(agents + cells + 1)
    start[-1] = np.log(0.5)
    best = minimize(loss, start, method="BFGS").x
    covariance = np.linalg.inv(hessian(loss, best))
    contrast = np.zeros((cells, len(best)))
    contrast[:, agents:-1] = np.eye(cells) - anchored[None, :] / anchored.sum()
    errors = np.sqrt(np.diag(contrast @ covariance @ contrast.T))
    rising = monotone(data.cells, best[agents:-1], errors)
    origin = rising[anchored].mean()
    centred = np.zeros((agents, len(best)))
    centred[:, :agents] = np.eye(agents)
    centred[:, agents:-1] = -1.0 * anchored[None, :] / anchored.sum()
    own = np.sqrt(np.diag(centred @ covariance @ centred.T))
    return Fit(best[:agents] - origin, rising - origin, errors, float(np.exp(best[-1])), own)


def monotone(cells: tuple[tuple[str, int], ...], difficulties: Floats, errors: Floats) -> Floats:
    """Difficulties that never fall with the level, within each family."""
    out = difficulties.copy()
    for family in {name for name, _ in cells}:
        at = [place for place, (name, _) in enumerate(cells) if name == family]
        out[at] = isotonic_regression(difficulties[at], weights=errors[at] ** -2.0).x
    return out


def hessian(loss, x: Floats, step: float = 1e-3) -> Floats:  # type: ignore[no-untyped-def]
    """The Hessian of ``loss`` at ``x`` by central differences."""
    size = len(x)
    shifts = np.eye(size) * step
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(i, size):
            a, b = shifts[i], shifts[j]
            value = loss(x + a + b) - loss(x + a - b) - loss(x - a + b) + loss(x - a - b)
            out[i, j] = out[j, i] = value / (4 * step * step)
    return out


def table(
    data: Outcomes, fitted: Fit, sample: str, anchor: str, provisional: bool
) -> dict[str, object]:
    """The calibration table as a JSON value."""
    entries = [
        {
            "family": family,
            "level": level,
            "difficultyMicrologits": round(float(b) * MICRO),
            "standardErrorMicrologits": round(float(error) * MICRO),
        }
        for (family, level), b, error in zip(
            data.cells, fitted.difficulties, fitted.standard_errors, strict=True
        )
    ]
    return {
        "format": "proofhouse-calibration/v1",
        "scale": "Rasch, logits; the probability of solving is 1/2 where ability is difficulty",
        "anchor": f"the mean difficulty of the levels of {anchor} is 0",
        "sample": sample,
        "provisional": provisional,
        "itemSpreadMicrologits": round(fitted.spread * MICRO),
        "entries": entries,
        "references": [
            {
                "name": f"reference/{agent}",
                "abilityMicrologits": round(float(ability) * MICRO),
                "standardErrorMicrologits": round(float(error) * MICRO),
            }
            for agent, ability, error in zip(
                data.agents, fitted.abilities, fitted.ability_errors, strict=True
            )
        ],
    }


def report(data: Outcomes, fitted: Fit) -> str:
    """What was seen and what was fitted, as text."""
    counts: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for agent, cell, sign in zip(data.agent, data.cell, data.sign, strict=True):
        counts[int(agent), int(cell)][0] += sign > 0
        counts[int(agent), int(cell)][1] += 1
    lines = ["agent".ljust(24) + "ability " + " ".join(f"{f} {n}".rjust(16) for f, n in data.cells)]
    for a, name in enumerate(data.agents):
        seen = (counts[a, c] for c in range(len(data.cells)))
        cells = " ".join(f"{solved}/{met}".rjust(16) for solved, met in seen)
        lines.append(f"{name:24}{fitted.abilities[a]:7.2f} {cells}")
    for (family, level), b, error in zip(
        data.cells, fitted.difficulties, fitted.standard_errors, strict=True
    ):
        lines.append(f"{family} {level}: {b:.2f} ± {error:.2f} logits")
    lines.append(f"spread of items around their level: {fitted.spread:.2f} logits")
    return "\n".join(lines)


def main() -> None:
    """Read, fit, print, and write if asked to."""
    parser = argparse.ArgumentParser(description="Fit the bank's calibration table.")
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--sample", required=True, help="who the solvers were and what they met")
    parser.add_argument("--provisional", action="store_true", help="say that it rests on little")
    parser.add_argument("--anchor", default="memory-flaw")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="FAMILY")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    data = read(arguments.outcomes, arguments.leave_out)
    fitted = fit(data, arguments.anchor)
    print(report(data, fitted))
    if arguments.out:
        value = table(data, fitted, arguments.sample, arguments.anchor, arguments.provisional)
        arguments.out.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
