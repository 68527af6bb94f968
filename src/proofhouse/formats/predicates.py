# SPDX-License-Identifier: Apache-2.0
"""The predicates of format version 1: which fields each kind of statement has.

A predicate type is ``urn:proofhouse:NAME:v1``. ``SHAPES`` maps NAME to its shape; ``check``
refuses a predicate with a missing, an extra or a malformed field, and says which:

    check("withdrawal", {"previous": "ab…", "withdrawnAt": "2026-07-01T09:00:00Z"})

Kinds of fields stand in ``kinds``, the statements of a reported vulnerability in ``reports``.
Shapes are data. They say what a field may look like, never whether the statement may be made:
that is ``rules.registration``. One page a predicate stands in spec/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofhouse.errors import FormatError
from proofhouse.formats import reports
from proofhouse.formats.kinds import (
    SAFE,
    Kind,
    Shape,
    anything,
    by_dimension,
    commitment,
    count,
    digest,
    each,
    integer,
    names,
    optional,
    salted,
    shape,
    signature,
    table,
    word,
)
from proofhouse.formats.kinds import text as text
from proofhouse.formats.kinds import time as time

PREFIX = "urn:proofhouse:"
SUFFIX = ":v1"

graded_by = word("developer", "assessor", "independent")
outcome = word("COVERED", "NOT_COVERED", "INCONCLUSIVE")

LARGEST_PLAN = 10_000
"""The most items that a plan lists."""

MOST_FINDINGS = 1_000
"""The most findings that are answered, or tested again, in one statement."""

ANSWERS = ("acknowledged", "disputed", "fixed")
"""What a developer says of a finding."""

VERDICTS = ("gone", "still there", "cannot tell")
"""What came of testing a finding again on new items."""

CLAUSES = (
    "confidentiality",
    "cybersecurity",
    "insiderRisk",
    "intellectualProperty",
    "use",
    "nondisclosure",
)
"""The six clauses of an agreement (Order 3(b)(ii), R4), in the order's own order."""

_fingerprint = shape(method=text, digest=digest)
_budgets = shape(
    tokensPerItem=integer(1), turnsPerItem=integer(1), secondsPerItem=integer(1), tokens=integer(1)
)
_harness = table(text)
MOST_STEWARDS = 64
_party = shape(
    standing=word("developer", "stewards", "sponsor"),
    needed=integer(1, MOST_STEWARDS),
    keys=each(digest, least=1, most=MOST_STEWARDS),
)
_artefact = shape(uri=text, digest=digest)


def _clauses(inner: Kind) -> Shape:
    return Shape(dict.fromkeys(CLAUSES, inner))


CLEAR: dict[str, Shape] = {
    "log-opened": shape(
        origin=text,
        verifierKey=text,
        custody=word("single", "separate"),
        openedAt=time,
    ),
    "bank-commitment": shape(
        bank=text,
        version=integer(1),
        track=word("cyber", "chemical"),
        capabilities=names,
        families=table(integer(1, 100)),
        generatorDigest=digest,
        toolchainDigest=digest,
        calibrationDigest=digest,
        seed=commitment,
        statement=text,
        owners=names,
        committedAt=time,
        openBy=time,
    ),
    "threshold-commitment": shape(
        bank=digest,
        dimensions=names,
        threshold=commitment,
        decidedBy=names,
        consulted=each(text),
        committedAt=time,
        openBy=time,
    ),
    "determination-notice": shape(
        bank=digest, threshold=digest, determination=commitment, issuedAt=time
    ),
    "opening": shape(
        of=digest,
        field=word("seed", "threshold"),
        value=anything,
        salt=digest,
        blinding=digest,
        openedAt=time,
    ),
    "bank-retirement": shape(bank=digest, reason=text, retiredAt=time),
    "key-changed": shape(
        role=word("developer", "assessor", "partner", "registrar", "body"),
        old=digest,
        new=optional(digest),
        possession=optional(signature),
        reason=word("rotated", "revoked", "lost"),
        changedAt=time,
    ),
}
"""Statements whose leaf is the envelope itself: public for ever."""

SEALED: dict[str, Shape] = {
    "inquiry": shape(
        previous=optional(digest),
        developer=salted,
        party=_party,
        bank=digest,
        capabilities=names,
        openedAt=time,
    ),
    "submission": shape(
        previous=digest,
        model=salted,
        artefact=optional(_artefact),
        checkpoint=text,
        weightsDigest=optional(digest),
        fingerprint=optional(_fingerprint),
        accessLevel=word("black-box", "grey-box", "weights"),
        safeguardVariant=text,
        bank=digest,
        threshold=digest,
        submittedAt=time,
    ),
    "plan": shape(
        previous=digest,
        purpose=word("determination", "findings"),
        submission=digest,
        bank=digest,
        threshold=optional(digest),
        plan=salted,
        design=salted,
        itemCount=integer(1, LARGEST_PLAN),
        minimumItems=integer(1, LARGEST_PLAN),
        batchSize=integer(1, LARGEST_PLAN),
        alphaPpm=optional(integer(1, 499_999)),
        betaPpm=optional(integer(1, 499_999)),
        lowerMicronats=optional(integer(-SAFE, -1)),
        upperMicronats=optional(integer(1)),
        budgets=_budgets,
        scaffold=shape(name=text, version=text, tools=names),
        referenceModels=each(text),
        plannedAt=time,
    ).and_maybe(retests=shape(answer=digest, findings=each(text, least=1, most=MOST_FINDINGS))),
    "run-started": shape(previous=digest, plan=digest, harness=_harness, startedAt=time),
    "run-ended": shape(
        previous=digest,
        run=digest,
        ending=word("completed", "stopped", "failed"),
        reason=text,
        outcomes=salted,
        solved=count,
        failed=count,
        missing=count,
        held=count,
        reruns=count,
        attempts=count,
        inputTokens=count,
        outputTokens=count,
        milliseconds=count,
        transcripts=each(digest),
        gradedBy=graded_by,
        endedAt=time,
    ),
    "scores-decided": shape(
        previous=digest,
        run=digest,
        decisions=salted,
        solved=count,
        failed=count,
        missing=count,
        decidedAt=time,
    ),
    "determination": shape(
        previous=digest,
        run=digest,
        bank=digest,
        threshold=digest,
        notice=digest,
        outcome=outcome,
        reason=text,
        itemsUsed=count,
        evidence=commitment,
        ability=salted,
        beside=salted,
        gradedBy=graded_by,
        decidedBy=names,
        consulted=each(text),
        limits=names,
        determinedAt=time,
    ),
    "disclosure": shape(
        previous=digest,
        of=digest,
        recipient=text,
        redactions=each(text),
        reason=text,
        disclosedAt=time,
    ),
    "review-requested": shape(previous=digest, determination=digest, requestedAt=time),
    "terms-offered": shape(
        previous=digest,
        clauses=_clauses(shape(text=text, evidence=text)),
        offeredAt=time,
    ),
    "terms-answered": shape(
        previous=digest,
        offer=digest,
        answers=_clauses(word("accepted", "struck")),
        answeredAt=time,
    ),
    "window-opened": shape(
        previous=digest,
        agreement=digest,
        opensAt=time,
        endsAt=time,
        plannedPartnerReleaseAt=time,
        plannedPublicReleaseAt=time,
        maximumDays=integer(1, 30),
        openedAt=time,
    ),
    "findings": shape(
        previous=digest,
        run=digest,
        findings=salted,
        count=count,
        gradedBy=graded_by,
        deliveredAt=time,
    ),
    "findings-received": shape(previous=digest, findings=digest, receivedAt=time),
    "findings-answered": shape(
        previous=digest,
        findings=digest,
        answers=each(shape(finding=text, answer=word(*ANSWERS)), least=1, most=MOST_FINDINGS),
        said=salted,
        version=optional(
            shape(
                checkpoint=text,
                safeguardVariant=text,
                weightsDigest=optional(digest),
                fingerprint=optional(_fingerprint),
            )
        ),
        answeredAt=time,
    ),
    "partner-access": shape(
        previous=digest,
        partner=salted,
        partnerKey=digest,
        purpose=text,
        criteria=text,
        endsAt=time,
        grantedAt=time,
    ),
    "partner-accepted": shape(previous=digest, access=digest, acceptedAt=time),
    "window-closed": shape(
        previous=digest,
        window=digest,
        reason=word("ended", "concluded", "withdrawn"),
        revoked=each(digest),
        closedAt=time,
    ),
    "withdrawal": shape(previous=digest, withdrawnAt=time),
    **reports.SHAPES,
}
SEALED = {name: each_.and_maybe(recordedBy=text) for name, each_ in SEALED.items()}
"""Statements of a case: their leaf is only a salted digest.

Each may say in ``recordedBy`` who of the house's staff recorded it for whoever makes it.
"""

SHAPES: dict[str, Shape] = CLEAR | SEALED

_SHARE = integer(0, 1_000_000)
_CONFIDENCE = integer(500_000, 999_999)
_accuracy = shape(
    estimatePpm=_SHARE, lowPpm=_SHARE, highPpm=_SHARE, confidencePpm=_CONFIDENCE, method=text
)
_evidence_step = shape(items=count, lowMicronats=integer(), highMicronats=integer())
_plan_item = shape(id=text, family=text, level=count, index=count)
_test_item = shape(
    **_plan_item.fields,
    difficultyMicrologits=integer(),
    slopePpm=integer(1),
    solvedMicronats=integer(0),
    failedMicronats=integer(high=0),
)
_findings_plan = shape(items=each(_plan_item, least=1), batchSize=integer(1))
_cut = shape(cutMicrologits=integer(), zoneMicrologits=integer(1))
_tests = shape(
    items=each(_test_item, least=1),
    batchSize=integer(1),
    minimumItems=integer(1),
    maximumItems=integer(1),
    alphaPpm=integer(1, 499_999),
    betaPpm=integer(1, 499_999),
    lowerMicronats=integer(high=-1),
    upperMicronats=integer(1),
)
_test_plan = shape(model=word("2pl/v1"), **_tests.fields, **_cut.fields)
_battery_plan = shape(
    model=word("2pl/v2"),
    **_tests.fields,
    dimensions=table(shape(families=names, **_cut.fields)),
)
_PLANS: Mapping[str, Kind] = {"2pl/v1": _test_plan, "2pl/v2": _battery_plan}


def _plan_value(where: str, value: Any) -> None:
    """A test that decides names its model; a plan for findings has none. Nothing is between.

    Whether it is of the kind that its statement's ``purpose`` says is held by ``rules.runs``.
    """
    if not isinstance(value, Mapping) or "model" not in value:
        _findings_plan(where, value)
        return
    word(*_PLANS)(f"{where}.model", value["model"])
    _PLANS[value["model"]](where, value)


_played = shape(
    scenario=text,
    familySdMicrologits=count,
    levelSdMicrologits=count,
    itemSdMicrologits=count,
    slopePpm=integer(1),
    falseCoveredPpm=_SHARE,
    falseCoveredUpperPpm=_SHARE,
    falseNotCoveredPpm=_SHARE,
    falseNotCoveredUpperPpm=_SHARE,
    inconclusivePpm=_SHARE,
    inconclusiveUpperPpm=_SHARE,
    points=each(
        shape(
            abilityMicrologits=integer(),
            covered=_accuracy,
            notCovered=_accuracy,
            inconclusive=_accuracy,
            meanItemsMilli=count,
            items95th=count,
        )
    ),
)
_simulation = shape(
    scenarios=each(_played, least=1, most=100),
    leakageMillibits=count,
    leakageWidthMicrologits=count,
    leakageRangeMicrologits=count,
    declaredInconclusivePpm=_SHARE,
    declaredLeakageMillibits=count,
    runs=integer(1),
    confidencePpm=_CONFIDENCE,
    refusals=each(text, most=0),
)
_design = shape(
    population=table(table(_SHARE)),
    blueprint=table(integer(1, LARGEST_PLAN)),
    selection=shape(method=text, seed=optional(digest)),
    simulation=optional(by_dimension(_simulation)),
)
_claim = shape(
    claim=word("above", "below", "none"),
    aboveCutMicronats=integer(),
    belowCutMicronats=integer(),
    neededMicronats=integer(1),
    confidencePpm=_CONFIDENCE,
    method=text,
)
_evidence = shape(lowMicronats=integer(), highMicronats=integer(), trajectory=each(_evidence_step))
_ability = shape(
    scale=text,
    estimateMicrologits=integer(),
    lowMicrologits=integer(),
    highMicrologits=integer(),
    confidencePpm=_CONFIDENCE,
    method=text,
    assumptions=text,
    byLevel=each(
        shape(
            family=text,
            level=count,
            solved=count,
            items=count,
            missing=count,
            lowPpm=_SHARE,
            highPpm=_SHARE,
        )
    ),
    byLevelMethod=text,
)
_beside = shape(
    eProcess=by_dimension(_claim),
    sensitivity=each(shape(standardErrors=integer(-10, 10), outcome=outcome)),
    missing=shape(items=count, ifSolved=outcome, ifFailed=outcome),
    cost=shape(items=count, tokens=count, tokensPlanned=count),
    budgetCurve=each(shape(tokens=count, solved=count)),
    personFit=optional(shape(pPpm=integer(0, 1_000_000), method=text)),
    referenceModels=each(
        shape(name=text, estimateMicrologits=integer(), standardErrorMicrologits=integer(1))
    ),
).and_maybe(undecided=outcome)

_steps = shape(reached=count, of=integer(1))
_counted = shape(solved=count, items=count, lowPpm=_SHARE, highPpm=_SHARE)
_FALL = integer(-1_000_000, 1_000_000)
_retest = shape(
    finding=text,
    before=_counted,
    after=shape(**_counted.fields, missing=count),
    fall=shape(estimatePpm=_FALL, lowPpm=_FALL, highPpm=_FALL),
    confidencePpm=_CONFIDENCE,
    method=text,
    verdict=word(*VERDICTS),
)
_model = shape(name=text, provider=text, endpoint=optional(text))

VALUES: dict[tuple[str, str], Kind] = {
    ("bank-commitment", "seed"): shape(seed=digest).and_maybe(generators=table(digest)),
    ("threshold-commitment", "threshold"): shape(
        dimensions=table(shape(scale=text, **_cut.fields, population=table(integer(1, 1_000_000)))),
    ),
    ("determination-notice", "determination"): shape(case=digest, outcome=outcome),
    ("inquiry", "developer"): shape(name=text, contact=text),
    ("submission", "model"): _model,
    ("plan", "plan"): _plan_value,
    ("plan", "design"): _design,
    ("run-ended", "outcomes"): shape(
        items=each(
            shape(
                id=text,
                level=count,
                outcome=word("solved", "failed", "missing"),
                reason=text,
                inputTokens=count,
                outputTokens=count,
                milliseconds=count,
                modelCalls=count,
                transcript=optional(digest),
                flags=each(text),
            ).and_maybe(
                answer=optional(digest),
                itemDigest=optional(digest),
                steps=_steps,
                heldOutcome=word("solved", "failed"),
                secondReader=word("marked", "unmarked", "gave no answer"),
            )
        )
    ),
    ("scores-decided", "decisions"): shape(
        decisions=each(
            shape(
                id=text, outcome=word("solved", "failed", "missing"), decidedBy=text, reason=text
            ),
            least=1,
            most=LARGEST_PLAN,
        )
    ),
    ("determination", "evidence"): by_dimension(
        _evidence, shape(outcome=outcome, reason=text, **_evidence.fields)
    ),
    ("determination", "ability"): by_dimension(_ability),
    ("determination", "beside"): _beside,
    ("findings", "findings"): shape(
        findings=each(
            shape(
                id=text,
                family=text,
                level=count,
                title=text,
                severity=word("informational", "low", "moderate", "high"),
                statement=text,
                guidance=text,
                solved=count,
                items=count,
                lowPpm=_SHARE,
                highPpm=_SHARE,
                confidencePpm=_CONFIDENCE,
                method=text,
            )
        ),
        benchmarkAccuracy=_accuracy,
        generalisedAccuracy=_accuracy,
    ).and_maybe(
        steps=each(shape(family=text, level=count, items=integer(1), **_steps.fields), least=1),
        retests=each(_retest, least=1, most=MOST_FINDINGS),
    ),
    ("findings-answered", "said"): shape(
        texts=each(shape(finding=text, text=text), most=MOST_FINDINGS), model=optional(_model)
    ),
    ("partner-access", "partner"): shape(name=text, sector=text),
    **reports.VALUES,
}
"""What stands behind a salted field or a commitment: (predicate name, field) → its kind."""


def _made_at(shape_: Shape) -> str:
    """The last ``…At`` field that is not a plan for later."""
    told = [
        field
        for field in shape_.fields
        if field == "plannedAt" or (field.endswith("At") and not field.startswith("planned"))
    ]
    return told[-1]


TIMES: dict[str, str] = {name: _made_at(shape_) for name, shape_ in SHAPES.items()}
"""Per predicate the field that tells when it was made (the last ``…At`` of its shape)."""


def predicate_type(name: str) -> str:
    """``inquiry`` → ``urn:proofhouse:inquiry:v1``."""
    return f"{PREFIX}{name}{SUFFIX}"


def predicate_name(predicate_type: str) -> str:
    """``urn:proofhouse:inquiry:v1`` → ``inquiry``; raises FormatError on an unknown type."""
    name = predicate_type.removeprefix(PREFIX).removesuffix(SUFFIX)
    if name not in SHAPES or predicate_type != f"{PREFIX}{name}{SUFFIX}":
        raise FormatError(
            f"The predicate type {predicate_type[:80]!r} is not one of format version 1."
        )
    return name


def check(name: str, predicate: Any) -> None:
    """Refuse ``predicate`` unless it has exactly the fields of ``name``. Raises FormatError."""
    SHAPES[name](name, predicate)
