# SPDX-License-Identifier: Apache-2.0
"""How hard tasks are beyond their minutes: a logistic model with families, tasks and affinities.

N. E. Breslow, D. G. Clayton, "Approximate inference in generalized linear mixed models", JASA 88
(1993); as a model of items P. De Boeck, M. Wilson, "Explanatory Item Response Models" (2004).

    logit P(model m solves task i) = ability_m − slope·log2(minutes_i) − family_f(i) − task_i
                                     + affinity_m,f(i)
    family ~ N(0, σ_family²)    task ~ N(0, σ_task²)    affinity ~ N(0, σ_affinity²)

Minutes predict difficulty badly: in published data tasks of equal length differ by more than a
logit, whole families are easier or harder than their minutes say, and models have families they
are good at. Fixed difficulties and one slope count such luck as evidence.

Modes by Newton's method, variances by the EM step on the Laplace approximation, each with a weak
prior of two pseudo-observations so that a small sample can't declare a variance to be zero. Tasks
are eliminated first (their block is diagonal), so a fit takes the time of models × families.

Units: logits; abilities are relative to a task of one minute. Limits: the Laplace approximation
understates variances somewhat with few models; the slope is common to all models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

_WIDE = 5.0  # spread of the priors on ability and slope, in logits
_PSEUDO = 2.0  # observations that each variance's prior is worth
_ROUNDS = 60
_SETTLED = 2e-3  # logits by which no spread moves any more
_USUAL = {"family": 1.0, "affinity": 0.5, "task": 1.0}  # the spread that those observations show


@dataclass(frozen=True, slots=True)
class Responses:
    """Responses of models to tasks: ``solved`` is (models, tasks), not a number where none is."""

    solved: Floats
    log2_minutes: Floats
    family: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What a fit says about tasks, for a model that it has not seen.

    ``offset`` is family + task per task, ``variance`` its posterior variance; ``abilities`` are
    those of the models that were fitted.
    """

    slope: float
    offset: Floats
    variance: Floats
    affinity_sd: float
    family_sd: float
    task_sd: float
    abilities: Floats


class Fit:
    """One data set's model, to be fitted to all of its models or to all but one."""

    def __init__(self, data: Responses) -> None:
        self._data = data
        self._start = _State.of(data)
        self._start = self._fitted(np.ones(len(data.solved), bool)).state

    def without(self, model: int | None) -> Difficulty:
        """The difficulties for the model with this number, from all other models' responses.

        None leaves nobody out.
        """
        return self._fitted(
            np.arange(len(self._data.solved)) != (-1 if model is None else model)
        ).difficulty()

    def _fitted(self, keep: NDArray[np.bool_]) -> _Laplace:
        data = Responses(self._data.solved[keep], self._data.log2_minutes, self._data.family)
        state = self._start.of_models(keep)
        for _ in range(_ROUNDS):
            laplace = _Laplace(data, state)
            if laplace.improve_spreads() < _SETTLED:
                break
        return _Laplace(data, state)


@dataclass(slots=True)
class _State:
    """The modes of all effects, and the spread of the random ones."""

    ability: Floats  # (models,)
    slope: float
    family: Floats  # (families,)
    affinity: Floats  # (models, families)
    task: Floats  # (tasks,)
    spread: dict[str, float]

    @classmethod
    def of(cls, data: Responses) -> _State:
        """Where the first fit starts: the usual spreads, and abilities from shares solved."""
        models, families = len(data.solved), int(data.family.max()) + 1
        share = (np.nansum(data.solved, axis=1) + 0.5) / (np.isfinite(data.solved).sum(axis=1) + 1)
        return cls(
            ability=np.asarray(special.logit(share)) + float(data.log2_minutes.mean()),
            slope=1.0,
            family=np.zeros(families),
            affinity=np.zeros((models, families)),
            task=np.zeros(len(data.family)),
            spread=dict(_USUAL),
        )

    def of_models(self, keep: NDArray[np.bool_]) -> _State:
        """A copy for some of the models."""
        return _State(
            self.ability[keep],
            self.slope,
            self.family.copy(),
            self.affinity[keep],
            self.task.copy(),
            dict(self.spread),
        )


class _Laplace:
    """Modes for given spreads, and the normal approximation about them.

    Effects that tasks share stand in one vector: abilities, slope, families, affinities row by row.
    """

    def __init__(self, data: Responses, state: _State) -> None:
        self._data, self.state = data, state
        self._models, self._families = state.affinity.shape
        self._member = np.eye(self._families)[data.family]
        for _ in range(50):
            longest = self._newton()
            if longest < 1e-6:
                break
        self._inverse = np.linalg.inv(self._schur)

    def difficulty(self) -> Difficulty:
        """Task offsets with their variances."""
        place = self._models + 1 + self._data.family
        with_shared = -(self._cross @ self._inverse) / self._curvature[:, None]
        covariance = with_shared[np.arange(len(place)), place]
        variance = self._task_variance() + np.diag(self._inverse)[place] + 2 * covariance
        state = self.state
        return Difficulty(
            slope=state.slope,
            offset=state.family[self._data.family] + state.task,
            variance=np.maximum(variance, 1e-9),
            affinity_sd=state.spread["affinity"],
            family_sd=state.spread["family"],
            task_sd=state.spread["task"],
            abilities=state.ability.copy(),
        )

    def improve_spreads(self) -> float:
        """One EM step on the spreads; returns how far the farthest moved."""
        own = np.diag(self._inverse)[self._models + 1 :]
        state = self.state
        squares = {
            "family": state.family**2 + own[: self._families],
            "affinity": state.affinity.ravel() ** 2 + own[self._families :],
            "task": state.task**2 + self._task_variance(),
        }
        moved = 0.0
        for name, values in squares.items():
            total = float(values.sum()) + _PSEUDO * _USUAL[name] ** 2
            spread = float(np.sqrt(total / (len(values) + _PSEUDO)))
            moved = max(moved, abs(spread - state.spread[name]))
            state.spread[name] = spread
        return moved

    def _task_variance(self) -> Floats:
        through_shared = ((self._cross @ self._inverse) * self._cross).sum(axis=1)
        return np.asarray(1 / self._curvature + through_shared / self._curvature**2)

    def _newton(self) -> float:
        """One damped Newton step, tasks eliminated by their diagonal block; its longest part."""
        data, state = self._data, self.state
        logit = (
            state.ability[:, None]
            - state.slope * data.log2_minutes
            + state.affinity[:, data.family]
        )
        p = special.expit(logit - state.family[data.family] - state.task)
        seen = np.isfinite(data.solved)
        slack = np.where(seen, p - np.nan_to_num(data.solved), 0.0)
        bend = np.where(seen, p * (1 - p), 0.0)
        gradient = self._gradient(slack)
        task_gradient = state.task / state.spread["task"] ** 2 - slack.sum(axis=0)
        self._curvature = bend.sum(axis=0) + 1 / state.spread["task"] ** 2
        self._cross = self._cross_block(bend)
        scaled = self._cross / self._curvature[:, None]
        self._schur = self._shared_block(bend) - self._cross.T @ scaled
        step = np.linalg.solve(self._schur, gradient - scaled.T @ task_gradient)
        task_step = (task_gradient - self._cross @ step) / self._curvature
        longest = max(float(np.abs(step).max()), float(np.abs(task_step).max()))
        damped = min(1.0, 2.0 / longest) if longest else 1.0
        m, f = self._models, self._families
        state.ability = state.ability - damped * step[:m]
        state.slope -= damped * float(step[m])
        state.family = state.family - damped * step[m + 1 : m + 1 + f]
        state.affinity = state.affinity - damped * step[m + 1 + f :].reshape(m, f)
        state.task = state.task - damped * task_step
        return longest

    def _gradient(self, slack: Floats) -> Floats:
        state, x = self.state, self._data.log2_minutes
        return np.concatenate(
            [
                slack.sum(axis=1) + state.ability / _WIDE**2,
                [-float((slack @ x).sum()) + (state.slope - 1.0) / _WIDE**2],
                state.family / state.spread["family"] ** 2 - slack.sum(axis=0) @ self._member,
                (slack @ self._member + state.affinity / state.spread["affinity"] ** 2).ravel(),
            ]
        )

    def _shared_block(self, bend: Floats) -> Floats:
        """The second derivatives among shared effects, priors included."""
        x, m, f = self._data.log2_minutes, self._models, self._families
        by_family, by_length = bend @ self._member, (bend * x) @ self._member
        first, family, affinity = slice(0, m), slice(m + 1, m + 1 + f), slice(m + 1 + f, None)
        block = np.zeros((m + 1 + f + m * f,) * 2)
        # Only the upper half is filled; the lower is its mirror image.
        block[first, m] = -(bend @ x)
        block[first, family] = -by_family
        block[first, affinity] = np.einsum("mf,mn->mnf", by_family, np.eye(m)).reshape(m, -1)
        block[m, family] = by_length.sum(axis=0)
        block[m, affinity] = -by_length.ravel()
        block[family, affinity] = -np.einsum("mf,fg->fmg", by_family, np.eye(f)).reshape(f, -1)
        block += block.T
        own = np.concatenate(
            [
                bend.sum(axis=1) + 1 / _WIDE**2,
                [float((bend @ (x * x)).sum()) + 1 / _WIDE**2],
                by_family.sum(axis=0) + 1 / self.state.spread["family"] ** 2,
                by_family.ravel() + 1 / self.state.spread["affinity"] ** 2,
            ]
        )
        return np.asarray(block + np.diag(own))

    def _cross_block(self, bend: Floats) -> Floats:
        """The second derivatives between tasks (rows) and shared effects (columns)."""
        of_task = bend.sum(axis=0)
        affinity = bend.T[:, :, None] * self._member[:, None, :]
        return np.concatenate(
            [
                -bend.T,
                (of_task * self._data.log2_minutes)[:, None],
                of_task[:, None] * self._member,
                -affinity.reshape(len(of_task), -1),
            ],
            axis=1,
        )
