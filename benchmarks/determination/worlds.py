# SPDX-License-Identifier: Apache-2.0
"""Worlds that made-up models live in, and how likely their outcomes are there.

    learned   difficulties and affinities redrawn from what the records say of these tasks
    minutes   tasks exactly as hard as they are long
    item      minutes, give or take 1 logit a task
    family    the same, and half a logit a family
    stress    the same, and a whole family spread (that of difficulties between families in the
              records) redrawn for this model alone: nobody could have learned it

In each, logit = ability + base + N(0, variance) per task + N(0, family_sd²) per family, drawn anew
for every model. So the likelihood of a model's outcomes is an integral over each task's error and
over each family's, here by Gauss and Hermite's rule with 61 nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from proofhouse.statistics import likelihood
from proofhouse.statistics.likelihood import Known

LEARNABLE = ("learned", "minutes", "item", "family")
WORLDS = (*LEARNABLE, "stress")

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class World:
    """What is true of the tasks; ``ability`` is that of a horizon in log2 of minutes."""

    ability: Callable[[float], float]
    base: np.ndarray
    variance: np.ndarray
    family_sd: float
    family: np.ndarray


def world(name: str, known: Known) -> World:
    """The world of that name on these tasks."""
    if name == "learned":
        view = likelihood.views(known)[0]
        return World(
            lambda h: float(view.ability(h)), view.base, view.variance, view.family_sd, known.family
        )
    variance, family_sd = {"minutes": (0.0, 0.0), "item": (1.0, 0.0), "family": (1.0, 0.5)}.get(
        name, (1.0, known.difficulty.family_sd)
    )
    slope = known.slope or 1.0
    return World(
        lambda h: slope * h,
        -slope * known.log2_minutes,
        np.full(len(known.family), variance),
        family_sd,
        known.family,
    )


def logits(of: World, h: float, count: int, random: np.random.Generator) -> np.ndarray:
    """The logits of made-up models of horizon 2^h minutes; shape (models, tasks)."""
    families = int(of.family.max()) + 1
    family = random.normal(size=(count, families))[:, of.family]
    item = random.normal(size=(count, len(of.family)))
    return of.ability(h) + of.base + np.sqrt(of.variance) * item + of.family_sd * family


def outcomes(of: World, h: float, count: int, random: np.random.Generator) -> np.ndarray:
    """What such models solve."""
    logit = logits(of, h, count, random)
    return random.random(logit.shape) < special.expit(logit)


def log_likelihood(of: World, h: float, solved: np.ndarray) -> np.ndarray:
    """Of each row of outcomes, if the horizon is 2^h minutes."""
    affinity = of.family_sd * _NODES if of.family_sd else np.zeros(1)
    weight = np.log(_WEIGHTS) if of.family_sd else np.zeros(1)
    at = of.ability(h) + of.base[:, None] + affinity
    spread = np.sqrt(of.variance)[:, None]
    success = sum(w * special.expit(at + spread * x) for x, w in zip(_NODES, _WEIGHTS, strict=True))
    success = np.clip(success, 1e-12, 1 - 1e-12)
    odds, failed = special.logit(success), np.log1p(-success)
    total = np.zeros(len(solved))
    for family in range(int(of.family.max()) + 1):
        tasks = np.flatnonzero(of.family == family)
        rows = solved[:, tasks].astype(float) @ odds[tasks] + failed[tasks].sum(axis=0) + weight
        most = rows.max(axis=1)
        total += np.log(np.exp(rows - most[:, None]).sum(axis=1)) + most
    return total


def density(worlds: list[World], edges: tuple[float, float], solved: np.ndarray) -> np.ndarray:
    """Likelihoods over their mean over worlds and edges; shape (rows, worlds, edges)."""
    logs = np.stack([[log_likelihood(of, h, solved) for h in edges] for of in worlds])
    logs = np.moveaxis(logs, 2, 0)
    most = logs.max(axis=(1, 2), keepdims=True)
    return np.exp(logs - most - np.log(np.exp(logs - most).mean(axis=(1, 2), keepdims=True)))


def log2_edges(cut: float, zone: float) -> tuple[float, float]:
    """The zone's edges in log2 of minutes."""
    return math.log2(cut / zone), math.log2(cut * zone)
