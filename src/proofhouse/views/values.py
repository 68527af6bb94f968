# SPDX-License-Identifier: Apache-2.0
"""What a person is shown of a case, as values: frozen, tuples inside, no text to be parsed again.

A field whose value is only committed to is either the value or `Sealed`; `None` says that no
statement has it yet. Integers keep the units of format version 1: micro-nats, micro-logits, parts
per million, milliseconds; times are ``YYYY-MM-DDTHH:MM:SSZ`` as their makers claimed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Answer = Literal["COVERED", "NOT_COVERED", "INCONCLUSIVE", "WITHDRAWN", "NO_FINDING"]
"""The three outcomes of a determination, and the two ways to have none."""


@dataclass(frozen=True)
class Sealed:
    """A value that a statement commits to and the bundle does not open.

    ``what`` names it for a person, ``digest`` is the commitment. ``why`` is ``"not opened"``, or
    ``"not readable"`` for an opening that has not the form of format version 1.
    """

    what: str
    digest: str
    why: Literal["not opened", "not readable"] = "not opened"


@dataclass(frozen=True)
class CheckLine:
    """One line of ``proofhouse verify``: what was looked at, how it went, and a sentence."""

    name: str
    result: Literal["held", "failed", "not_checked"]
    sentence: str


@dataclass(frozen=True)
class Standing:
    """What a reading rests on besides the statements: it says so, and can't prove it.

    ``custody`` is the trust policy's, or None if there is none; the log's own opening statement can
    only make it ``single``, or fill it in. ``names`` are the policy's, by key id; ``witnesses`` is
    how many cosigned the checkpoint; ``checked`` and ``checks`` are what ``proofhouse verify`` said
    of the bundle.
    """

    audience: str = "unknown"
    custody: str | None = None
    witnesses: int = 0
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    checked: Literal["verified", "failed", "unknown_signers", "not checked"] = "not checked"
    checks: tuple[CheckLine, ...] = ()
    check_command: str = "proofhouse verify BUNDLE --policy POLICY"


@dataclass(frozen=True)
class Developer:
    """Who inquired."""

    name: str
    contact: str


@dataclass(frozen=True)
class Model:
    """What the developer calls the model, and how it is reached."""

    name: str
    provider: str
    endpoint: str | None


@dataclass(frozen=True)
class BankView:
    """The bank version that the case is measured with (R5, R16)."""

    name: str
    version: int
    track: str
    capabilities: tuple[str, ...]
    families: tuple[tuple[str, int], ...]
    statement: str
    owners: tuple[str, ...]
    committed_at: str
    open_by: str


@dataclass(frozen=True)
class Cut:
    """A threshold on one dimension: the cut and half the width of its indifference zone.

    ``population``: the families that are measured on it, with their weights in parts per million.
    """

    dimension: str
    scale: str
    cut_micrologits: int
    zone_micrologits: int
    population: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ThresholdView:
    """The threshold: who set it, who was asked, and its value if it is opened (R6, R16)."""

    dimensions: tuple[str, ...]
    decided_by: tuple[str, ...]
    consulted: tuple[str, ...]
    committed_at: str
    open_by: str
    cuts: tuple[Cut, ...] | Sealed


@dataclass(frozen=True)
class SubmissionView:
    """What was handed in, and what a result binds to (R17)."""

    checkpoint: str
    model: Model | Sealed
    weights_digest: str | None
    fingerprint: tuple[str, str] | None
    access_level: str
    safeguard_variant: str
    submitted_at: str


@dataclass(frozen=True)
class Budgets:
    """The most that a run may spend."""

    tokens_per_item: int
    turns_per_item: int
    seconds_per_item: int
    tokens: int


@dataclass(frozen=True)
class Share:
    """A share of something with its interval; ``estimate_ppm`` is None where none was stated."""

    estimate_ppm: int | None
    low_ppm: int
    high_ppm: int
    confidence_ppm: int
    method: str


@dataclass(frozen=True)
class SimulatedPoint:
    """How often each answer came at one ability, in so many runs."""

    ability_micrologits: int
    covered: Share
    not_covered: Share
    inconclusive: Share


@dataclass(frozen=True)
class Scenario:
    """A plan played with its scale right, or wrong in one way: shares with upper bounds."""

    name: str
    false_covered_ppm: int
    false_covered_upper_ppm: int
    false_not_covered_ppm: int
    false_not_covered_upper_ppm: int
    inconclusive_ppm: int
    inconclusive_upper_ppm: int
    points: tuple[SimulatedPoint, ...]


@dataclass(frozen=True)
class Simulation:
    """What a plan's simulation showed before the plan was registered, on one dimension.

    ``dimension`` is empty where there is one alone, here and in what follows.
    """

    dimension: str
    scenarios: tuple[Scenario, ...]
    runs: int
    confidence_ppm: int
    leakage_millibits: int
    leakage_width_micrologits: int
    leakage_range_micrologits: int
    declared_inconclusive_ppm: int
    declared_leakage_millibits: int


@dataclass(frozen=True)
class Design:
    """What a plan stands for: population, items by family, how they were chosen, simulation."""

    population: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    """Dimension → family → weight in parts per million."""
    blueprint: tuple[tuple[str, int], ...]
    method: str
    simulations: tuple[Simulation, ...]
    """One a dimension; none where nothing was simulated."""


@dataclass(frozen=True)
class PlanView:
    """How it was to be tested, registered before the run (R13, R16)."""

    purpose: str
    item_count: int
    minimum_items: int
    batch_size: int
    alpha_ppm: int | None
    beta_ppm: int | None
    lower_micronats: int | None
    upper_micronats: int | None
    budgets: Budgets
    scaffold: str
    scaffold_version: str
    tools: tuple[str, ...]
    reference_models: tuple[str, ...]
    planned_at: str
    items: int | Sealed
    """How many items the opened plan lists."""
    design: Design | Sealed


@dataclass(frozen=True)
class ItemRow:
    """One item of a run, in plan order."""

    id: str
    level: int
    outcome: str
    reason: str
    tokens: int
    milliseconds: int
    flags: tuple[str, ...]
    steps: tuple[int, int] | None = None
    """How many steps were reached of how many, where the item has credit by step."""
    held: str = ""
    """What the oracle said, where the score was held; ``outcome`` is the run's own: missing."""
    decision: ScoreDecision | None = None
    """How a person decided that a held score counts."""
    reading: str = ""
    """What came of a second reading of its transcript, where the run has a second reader."""

    @property
    def counts_as(self) -> str:
        """The outcome that enters the result."""
        return self.decision.outcome if self.decision else self.outcome


@dataclass(frozen=True)
class ScoreDecision:
    """How a held score counts, who decided so, why, and when that was stated."""

    item: str
    outcome: str
    decided_by: str
    reason: str
    decided_at: str = ""


@dataclass(frozen=True)
class Ending:
    """How a run ended and what it spent. ``held`` items are among the missing.

    The counts are those of the run's own statement; ``decided`` tells how many held scores count as
    solved, failed and missing by a person's decision, which that statement knows nothing of.
    """

    word: str
    reason: str
    solved: int
    failed: int
    missing: int
    held: int
    reruns: int
    attempts: int
    input_tokens: int
    output_tokens: int
    milliseconds: int
    transcripts: int
    graded_by: str
    ended_at: str
    items: tuple[ItemRow, ...] | Sealed
    decided: tuple[int, int, int] = (0, 0, 0)

    @property
    def total(self) -> int:
        """Every item that has an outcome, missing ones included."""
        return self.solved + self.failed + self.missing

    @property
    def counted(self) -> tuple[int, int, int]:
        """How many items count as solved, failed and missing in the result."""
        solved, failed, _ = self.decided
        return self.solved + solved, self.failed + failed, self.missing - solved - failed


@dataclass(frozen=True)
class RunView:
    """A run under a plan; ``ending`` is None while it is under way."""

    plan: PlanView
    started_at: str
    harness: tuple[tuple[str, str], ...]
    ending: Ending | None
    answers_alike: bool | None = None
    """Whether the model answered the probe as it had when it was submitted; None: not known."""


@dataclass(frozen=True)
class Step:
    """The evidence after so many items, missing ones scored as failed (low) and solved (high)."""

    items: int
    low_micronats: int
    high_micronats: int


@dataclass(frozen=True)
class Evidence:
    """The path of the evidence on one dimension, read at the end of each of its batches.

    ``outcome`` and ``reason`` are the dimension's own; empty where there is one alone.
    """

    dimension: str
    outcome: str
    reason: str
    steps: tuple[Step, ...]
    low_micronats: int
    high_micronats: int


@dataclass(frozen=True)
class LevelRow:
    """The items of one level of a family. The interval is None where it is sealed."""

    family: str
    level: int
    solved: int
    failed: int
    missing: int
    low_ppm: int | None
    high_ppm: int | None

    @property
    def items(self) -> int:
        """Every item of the level, missing ones included."""
        return self.solved + self.failed + self.missing


OPEN_MICROLOGITS = 20_000_000
"""An interval that reaches so far has no end there: format version 1 writes ±20 logits for it."""


@dataclass(frozen=True)
class Ability:
    """Where the model stands on one dimension, by which method and assumptions (R14)."""

    dimension: str
    scale: str
    estimate_micrologits: int
    low_micrologits: int
    high_micrologits: int
    confidence_ppm: int
    method: str
    assumptions: str
    levels: tuple[LevelRow, ...]
    levels_method: str

    @property
    def low_is_open(self) -> bool:
        """Whether the interval has no lower end."""
        return self.low_micrologits <= -OPEN_MICROLOGITS

    @property
    def high_is_open(self) -> bool:
        """Whether the interval has no upper end."""
        return self.high_micrologits >= OPEN_MICROLOGITS


@dataclass(frozen=True)
class StrictClaim:
    """What is said without an indifference zone, valid whenever one stops (an e-process).

    The evidence for "above the cut" and for "below it", and what a claim takes, in micro-nats.
    """

    dimension: str
    claim: Literal["above", "below", "none"]
    above_micronats: int
    below_micronats: int
    needed_micronats: int
    confidence_ppm: int
    method: str


@dataclass(frozen=True)
class Shifted:
    """The answer if all items were harder by so many standard errors of their calibration."""

    standard_errors: int
    outcome: str


@dataclass(frozen=True)
class MissingData:
    """How many items are missing, and the answer had they been solved, or failed."""

    items: int
    if_solved: str
    if_failed: str


@dataclass(frozen=True)
class Cost:
    """What a run has spent of what its plan allowed."""

    items: int
    tokens: int
    tokens_planned: int


@dataclass(frozen=True)
class Spent:
    """How many items were solved by so many tokens an item."""

    tokens: int
    solved: int


@dataclass(frozen=True)
class BudgetCurve:
    """How the number of solved items grew with the tokens that an item took, of ``items``."""

    items: int
    steps: tuple[Spent, ...]


@dataclass(frozen=True)
class PersonFit:
    """How often a model that fits the scale has a pattern of answers at least as odd."""

    p_ppm: int
    method: str


@dataclass(frozen=True)
class ReferenceModel:
    """A model of known strength on the same scale."""

    name: str
    estimate_micrologits: int
    standard_error_micrologits: int

    @property
    def half_micrologits(self) -> int:
        """Half the width of its 95 % interval (normal)."""
        return round(1.96 * self.standard_error_micrologits)


@dataclass(frozen=True)
class Beside:
    """What stands beside a determination and decides nothing (R14, R17); a claim a dimension."""

    claims: tuple[StrictClaim, ...]
    shifted: tuple[Shifted, ...]
    missing: MissingData
    cost: Cost
    curve: BudgetCurve
    fit: PersonFit | None
    references: tuple[ReferenceModel, ...]
    undecided: str = ""
    """The answer had nobody decided held scores; empty where nobody did."""


@dataclass(frozen=True)
class DeterminationView:
    """One model designated, or not: by whom, on what (R6, R16)."""

    outcome: str
    reason: str
    items_used: int
    evidence: tuple[Evidence, ...] | Sealed
    ability: tuple[Ability, ...] | Sealed
    beside: Beside | Sealed
    graded_by: str
    decided_by: tuple[str, ...]
    consulted: tuple[str, ...]
    limits: tuple[str, ...]
    determined_at: str


@dataclass(frozen=True)
class Clause:
    """A clause of the agreement; ``answer`` is None until the developer has answered (R4)."""

    key: str
    text: str
    evidence: str
    answer: str | None


@dataclass(frozen=True)
class WindowView:
    """The access window (R3)."""

    opens_at: str
    ends_at: str
    planned_partner_release_at: str
    planned_public_release_at: str
    maximum_days: int
    closed_at: str | None
    closed_because: str | None
    revoked: int


@dataclass(frozen=True)
class Finding:
    """What an evaluation found about the model."""

    id: str
    title: str
    severity: str
    statement: str
    guidance: str
    solved: int
    items: int
    share: Share


@dataclass(frozen=True)
class StepCredit:
    """How far the items of one level came, of those that give credit by step."""

    family: str
    level: int
    items: int
    reached: int
    of: int


@dataclass(frozen=True)
class Found:
    """All that a review found: accuracy on these items, and on items like these (R14)."""

    findings: tuple[Finding, ...]
    benchmark: Share
    generalised: Share
    steps: tuple[StepCredit, ...]


@dataclass(frozen=True)
class AnswerView:
    """What the developer says of one finding; ``text`` is None where it says nothing more."""

    finding: str
    answer: str
    text: str | Sealed | None


@dataclass(frozen=True)
class AnswersView:
    """The developer's newest answer to findings, and the version in which they are fixed (R17)."""

    answers: tuple[AnswerView, ...]
    answered_at: str
    checkpoint: str | None
    weights_digest: str | None
    fingerprint: tuple[str, str] | None


@dataclass(frozen=True)
class Retested:
    """A finding tested again: shares before and after, how far it fell, and what came of it.

    ``missing`` of the new items are not among those that ``after`` is a share of.
    """

    finding: str
    before: tuple[int, int]
    before_share: Share
    after: tuple[int, int]
    after_share: Share
    missing: int
    fall: Fall
    verdict: str


@dataclass(frozen=True)
class Fall:
    """A share less a later one, in parts per million from minus one to one million."""

    estimate_ppm: int
    low_ppm: int
    high_ppm: int
    confidence_ppm: int
    method: str


@dataclass(frozen=True)
class RetestView:
    """Findings that were tested again on new items, after their developer had fixed them."""

    findings: tuple[str, ...]
    graded_by: str
    delivered_at: str
    received_at: str | None
    retested: tuple[Retested, ...] | Sealed


@dataclass(frozen=True)
class FindingsView:
    """The findings of a review, as the developer got them (R13), and what became of them."""

    count: int
    graded_by: str
    delivered_at: str
    received_at: str | None
    found: Found | Sealed
    answers: AnswersView | None = None
    retests: tuple[RetestView, ...] = ()


@dataclass(frozen=True)
class Partner:
    """Who a trusted partner is."""

    name: str
    sector: str


@dataclass(frozen=True)
class PartnerView:
    """Access given to a trusted partner by developer and assessor together (R8)."""

    partner: Partner | Sealed
    key: str
    purpose: str
    criteria: str
    granted_at: str
    ends_at: str
    accepted_at: str | None
    revoked: bool


@dataclass(frozen=True)
class ReviewView:
    """The second stage, asked for by the developer (R2)."""

    requested_at: str
    offers: int
    clauses: tuple[Clause, ...]
    ruled_out: tuple[tuple[str, str], ...]
    window: WindowView | None
    findings: FindingsView | None
    partners: tuple[PartnerView, ...]


@dataclass(frozen=True)
class DisclosureView:
    """A result shown to somebody, as a decision of its own (R7)."""

    of: str
    recipient: str
    redactions: tuple[str, ...]
    reason: str
    disclosed_at: str


@dataclass(frozen=True)
class Signature:
    """Who signed; ``name`` is the trust policy's, or empty."""

    role: str
    keyid: str
    name: str


@dataclass(frozen=True)
class Link:
    """One statement of the record; ``clear`` if its leaf is public."""

    index: int
    digest: str
    name: str
    title: str
    detail: str
    signatures: tuple[Signature, ...]
    made_at: str
    clear: bool


@dataclass(frozen=True)
class Headline:
    """The outcome in one sentence, with what it means and what it does not (R1, R17)."""

    answer: Answer
    sentence: str
    now: str
    means: tuple[str, ...]
    not_means: tuple[str, ...]


@dataclass(frozen=True)
class CaseView:
    """A case for people. Everything in it comes from the statements and what was opened."""

    case: str
    state: str
    headline: Headline
    developer: Developer | Sealed | None
    inquired_at: str | None
    capabilities: tuple[str, ...]
    bank: BankView | None
    threshold: ThresholdView | None
    submission: SubmissionView | None
    plan: PlanView | None
    runs: tuple[RunView, ...]
    determination: DeterminationView | None
    levels: tuple[LevelRow, ...]
    curve: BudgetCurve | None
    review: ReviewView | None
    disclosures: tuple[DisclosureView, ...]
    chain: tuple[Link, ...]
    limits: tuple[str, ...]
    sealed: tuple[Sealed, ...]
    contradictions: tuple[str, ...]
    standing: Standing

    @property
    def last_claimed_at(self) -> str | None:
        """The time of the newest statement of the case, as claimed."""
        own = [link for link in self.chain if not link.clear]
        return own[-1].made_at if own else None
