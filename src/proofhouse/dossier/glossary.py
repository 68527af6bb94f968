# SPDX-License-Identifier: Apache-2.0
"""The few terms that the page uses in a sense of their own: key, term, meaning.

The key is the fragment that the text links to (``#word-bank``).
"""

from __future__ import annotations

from typing import Final

GLOSSARY: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "covered",
        "Covered frontier model",
        "A model whose measured ability lies above a threshold that was fixed before it was "
        "submitted. Being covered opens the way to a voluntary review, and to nothing else.",
    ),
    (
        "bank",
        "Bank",
        "The sealed collection of test items, in versions. Every submission meets items of its "
        "own, made from a secret that was fixed beforehand and is opened when the version retires.",
    ),
    (
        "threshold",
        "Threshold",
        "The point on the bank’s scale that the test decides about, with a zone around it in which "
        "either answer is tolerable. It is fixed by commitment before any submission.",
    ),
    (
        "evidence",
        "Evidence",
        "How much better the outcomes fit a model just above the threshold’s zone than one just "
        "below it: a log-likelihood ratio, in nats. Three nats are about twenty to one.",
    ),
    (
        "interval",
        "Interval",
        "A range that would hold the true value in the stated share of repetitions, if the named "
        "method’s assumptions are right.",
    ),
    (
        "checkpoint",
        "Version of the model",
        "One saved state of a model under development. The result is about this one.",
    ),
    (
        "scaffold",
        "Scaffold",
        "The program around the model that gives it tools and turns its answers into actions.",
    ),
    (
        "window",
        "Access window",
        "The time in which access for a review is held, at most 30 days, counted back from the "
        "planned release to other trusted partners. The system ends it; nobody has to remember.",
    ),
    (
        "leaf",
        "Leaf",
        "A place in the append-only public log. What stands there stays; of a confidential "
        "statement only a salted digest does.",
    ),
)
