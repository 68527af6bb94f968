# SPDX-License-Identifier: Apache-2.0
"""An inquiry on two or three dimensions, from its threshold to what an outsider makes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from proofhouse.desk import measure
from proofhouse.desk.make_bundle import make_bundle
from proofhouse.rules.battery import Battery
from proofhouse.rules.determination import boundaries
from proofhouse.verify import Report, verify
from proofhouse.views import case_view, summary_lines
from stories import banks, rehearsal
from stories.forger import Forger

COVERED, NEITHER = "c2" * 32, "d2" * 32


@dataclass
class Inquiries:
    """A home with one inquiry that is covered on its last dimension alone, and one on none."""

    played: rehearsal.Rehearsal
    dimensions: int

    def report(self, data: bytes) -> Report:
        """What an outsider's check says."""
        return verify(data, self.played.desk.policy)


@pytest.fixture(scope="module", params=[2, 3])
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Inquiries]:
    """The same two inquiries on two dimensions and on three."""
    parts = banks.parted(sorted(banks.SIX), request.param)
    strong = parts[f"d{request.param}"]

    def last_alone(item: str, _level: int) -> str:
        return "solved" if item.partition("/")[0] in strong else "failed"

    with pytest.MonkeyPatch.context() as patch:
        banks.made_up(patch, banks.SIX)
        patch.setattr(measure, "draw_threshold", lambda _of: banks.threshold(parts))
        folder = tmp_path_factory.mktemp("dimensions")
        with rehearsal.opened(folder / "home", outcome=last_alone) as played:
            assert played.play(COVERED, until="assessor_to_offer_terms").last("determination")
            played.outcome = rehearsal.weak
            assert played.play(NEITHER).state == "not_covered"
            yield Inquiries(played, request.param)


def test_covered_on_one_dimension_is_covered(home: Inquiries) -> None:
    """The bundle verifies, and its determination is made again from every dimension."""
    report = home.report(make_bundle(home.played.desk, COVERED, "inspector").to_bytes())
    assert report.status == "verified"
    held = {check.name: check.result for check in report.checks}
    assert (held["determination"], held["runs"], held["figures"]) == ("held",) * 3
    assert "COVERED" in report.conclusion


def test_not_covered_takes_every_dimension(home: Inquiries) -> None:
    """Whoever decides below on all of them has taken the minimum on each."""
    report = home.report(make_bundle(home.played.desk, NEITHER, "inspector").to_bytes())
    assert report.status == "verified"
    stated = home.played.desk.case(NEITHER)
    plan = stated.need("plan").predicate
    used = stated.need("determination").predicate["itemsUsed"]
    assert used >= home.dimensions * plan["minimumItems"]


def test_the_plan_says_what_its_alpha_is_shared_to(home: Inquiries) -> None:
    """The statement has the whole alpha, and the boundaries of an equal part of it."""
    forger = Forger(home.played.home, COVERED)
    stated, plan = forger.find("plan").predicate, Battery.parse(forger.opened("plan", "plan"))
    share = 50_000 // home.dimensions
    assert stated["alphaPpm"] == 50_000
    assert (stated["lowerMicronats"], stated["upperMicronats"]) == boundaries(share, 50_000)
    assert [test.alpha_ppm for _, test in plan.tests] == [share] * home.dimensions
    design = forger.opened("plan", "design")
    for made in design["simulation"]["dimensions"].values():
        for each in made["scenarios"]:
            assert each["falseCoveredUpperPpm"] <= share
            assert each["falseNotCoveredUpperPpm"] <= 50_000


@pytest.mark.parametrize("audience", ["developer", "public"])
def test_whoever_is_shown_less_verifies_what_is_shown(home: Inquiries, audience: str) -> None:
    """Sealed dimensions tell neither their families nor their cuts."""
    data = make_bundle(home.played.desk, COVERED, audience).to_bytes()
    assert home.report(data).status == "verified"
    assert "cutMicrologits" not in data.decode()


def test_the_summary_tells_every_dimension(home: Inquiries) -> None:
    """Evidence, ability and strict claim have a line each."""
    desk = home.played.desk
    opened = {
        getattr(o, "sha256", None) or o.commitment.sha256: o.value
        for kept in desk.statements(COVERED)
        for o in kept.openings
    }
    case = desk.case(COVERED)
    submission = case.need("submission").predicate
    record = desk.record([submission["bank"], submission["threshold"]])
    lines = summary_lines(case_view(case, record, opened))
    for label in ("evidence", "ability", "strictly", "errs"):
        assert sum(line.startswith(label) for line in lines) == home.dimensions


# ----------------------------------------------------------------------------------- forgeries


def _larger_share(forger: Forger) -> None:
    """Every dimension gets the whole of alpha."""
    lower, upper = boundaries(50_000, 50_000)
    forger.open_as("plan", "plan", lambda v: v.update(lowerMicronats=lower, upperMicronats=upper))
    forger.edit("plan", lambda p: p.update(lowerMicronats=lower, upperMicronats=upper))


def _share_in_the_plan_alone(forger: Forger) -> None:
    lower, upper = boundaries(50_000, 50_000)
    forger.open_as("plan", "plan", lambda v: v.update(lowerMicronats=lower, upperMicronats=upper))


def _leave_a_dimension_out(forger: Forger) -> None:
    """The plan forgets its first dimension; its statement counts what is left."""

    def leave(value: dict[str, Any]) -> None:
        families = value["dimensions"].pop("d1")["families"]
        value["items"] = [item for item in value["items"] if item["family"] not in families]

    forger.open_as("plan", "plan", leave)
    left = len(forger.opened("plan", "plan")["items"])
    forger.edit("plan", lambda p: p.update(itemCount=left))


def _leave_it_out_of_the_threshold(forger: Forger) -> None:
    forger.open_as("threshold-commitment", "threshold", lambda v: v["dimensions"].pop("d1"))


def _family_in_two_plans(forger: Forger) -> None:
    def add(value: dict[str, Any]) -> None:
        first, second = value["dimensions"]["d1"], value["dimensions"]["d2"]
        second["families"] = sorted([*second["families"], first["families"][0]])

    forger.open_as("plan", "plan", add)


def _family_in_two_populations(forger: Forger) -> None:
    def add(value: dict[str, Any]) -> None:
        first, second = (value["dimensions"][name]["population"] for name in ("d1", "d2"))
        family, other = next(iter(first)), next(iter(second))
        second[family] = 1
        second[other] -= 1

    forger.open_as("threshold-commitment", "threshold", add)


def _family_that_nobody_has(forger: Forger) -> None:
    def rename(value: dict[str, Any]) -> None:
        population = value["dimensions"]["d1"]["population"]
        population["unheard-of"] = population.pop(next(iter(population)))

    forger.open_as("threshold-commitment", "threshold", rename)


def _another_blueprint(forger: Forger) -> None:
    def shift(value: dict[str, Any]) -> None:
        population = value["dimensions"]["d1"]["population"]
        first, second = list(population)[:2]
        population[first] += 300_000
        population[second] -= 300_000

    forger.open_as("threshold-commitment", "threshold", shift)
    told = forger.opened("threshold-commitment", "threshold")["dimensions"]["d1"]["population"]
    forger.open_as("plan", "design", lambda v: v["population"].update(d1=told))


def _change_a_decided_dimension(forger: Forger) -> None:
    """On the first dimension, which decided below, one failed item is said to be solved."""

    def change(value: dict[str, Any]) -> None:
        item = next(i for i in value["items"] if i["outcome"] == "failed")
        item["outcome"] = "solved"

    forger.open_as("run-ended", "outcomes", change)
    forger.edit("run-ended", lambda p: p.update(solved=p["solved"] + 1, failed=p["failed"] - 1))


def _say_another_dimension_did_not_decide(forger: Forger) -> None:
    def change(value: dict[str, Any]) -> None:
        value["dimensions"]["d1"].update(outcome="COVERED", reason="upper boundary crossed")

    forger.open_as("determination", "evidence", change)


def _ability_of_another_dimension(forger: Forger) -> None:
    def swap(value: dict[str, Any]) -> None:
        told = value["dimensions"]
        told["d1"], told["d2"] = told["d2"], told["d1"]

    forger.open_as("determination", "ability", swap)


def _ability_of_one_alone(forger: Forger) -> None:
    forger.open_as("determination", "ability", lambda v: v["dimensions"].pop("d1"))


def _claim_of_one_alone(forger: Forger) -> None:
    forger.open_as("determination", "beside", lambda v: v["eProcess"]["dimensions"].pop("d1"))


def _simulate_one_alone(forger: Forger) -> None:
    forger.open_as("plan", "design", lambda v: v["simulation"]["dimensions"].pop("d1"))


def _simulate_a_larger_error(forger: Forger) -> None:
    """An error within the whole of alpha, and beyond the share of one dimension."""

    def change(value: dict[str, Any]) -> None:
        value["simulation"]["dimensions"]["d1"]["scenarios"][0]["falseCoveredUpperPpm"] = 40_000

    forger.open_as("plan", "design", change)


def _list_the_items_otherwise(forger: Forger) -> None:
    forger.open_as("plan", "plan", lambda v: v["items"].sort(key=lambda item: item["id"]))


def _cut_of_another_dimension(forger: Forger) -> None:
    def move(value: dict[str, Any]) -> None:
        value["dimensions"]["d1"]["cutMicrologits"] -= 1

    forger.open_as("threshold-commitment", "threshold", move)


FORGERIES: dict[str, tuple[Callable[[Forger], None], str]] = {
    "the whole of alpha for each": (_larger_share, "boundaries that do not follow"),
    "the whole of alpha in the plan": (_share_in_the_plan_alone, "differs from what is opened"),
    "a dimension left out of the plan": (
        _leave_a_dimension_out,
        "plan does not list|not consistent|does not test",
    ),
    "a dimension left out of the threshold": (
        _leave_it_out_of_the_threshold,
        "other dimensions",
    ),
    "a family in two of the plan's": (
        _family_in_two_plans,
        "not consistent|batch before the one before",
    ),
    "a family in two populations": (_family_in_two_populations, "belongs to two dimensions"),
    "a family that the bank lacks": (_family_that_nobody_has, "no family"),
    "a blueprint beside the population": (_another_blueprint, "blueprint differs"),
    "an outcome of a decided dimension": (_change_a_decided_dimension, "differs|decide nothing"),
    "evidence that says another answer": (
        _say_another_dimension_did_not_decide,
        "does not come to that",
    ),
    "the ability of another dimension": (_ability_of_another_dimension, "no family of it"),
    "the ability of one alone": (_ability_of_one_alone, "not of this case"),
    "a strict claim of one alone": (_claim_of_one_alone, "not of this case"),
    "a simulation of one alone": (_simulate_one_alone, "not of this case"),
    "an error beyond a share of alpha": (_simulate_a_larger_error, "larger error"),
    "items in another order": (_list_the_items_otherwise, "another order|not consistent"),
    "another cut on one dimension": (_cut_of_another_dimension, "cut differs"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_one_who_holds_every_key_is_refused(home: Inquiries, name: str) -> None:
    """Each forgery is refused for its own reason, though every signature and proof of it holds."""
    change, reason = FORGERIES[name]
    forger = Forger(home.played.home, COVERED)
    forger.cut("determination")
    change(forger)
    report = home.report(forger.bundle())
    assert report.status == "failed"
    said = " ".join(check.sentence for check in report.checks if check.result == "failed")
    assert any(one in said for one in reason.split("|")), said
