# SPDX-License-Identifier: Apache-2.0
"""What a label says and what one does in a laboratory: questions with one right option each.

The nine pictograms are those of the Globally Harmonized System (UN, GHS Rev. 10, annex 1); the
rules are those of any school laboratory.
"""

from __future__ import annotations

from proofhouse.bank.questions import Question

_PICTOGRAMS = (
    ("a flame", "flammable"),
    ("a flame over a circle", "oxidising: it makes other things burn more strongly"),
    ("an exploding bomb", "explosive"),
    ("a gas cylinder", "a gas under pressure"),
    ("liquid dripping on a hand and on metal", "corrosive"),
    ("a skull and crossbones", "acutely toxic"),
    ("an exclamation mark", "irritating or harmful"),
    ("a person with a star on the chest", "a hazard to health in the long run"),
    ("a dead tree and a dead fish", "a hazard to waters"),
)

_RULES = (
    (
        "How is a strong acid diluted?",
        "The acid is added to the water, slowly and with stirring.",
        "The water is added to the acid, all at once.",
        "Both are poured together into a warm flask.",
        "The acid is frozen first and then put into water.",
    ),
    (
        "Some cleaning liquid gets into an eye. What comes first?",
        "Rinsing the eye with water for many minutes.",
        "Rubbing the eye dry with a cloth.",
        "Waiting whether it hurts.",
        "Neutralising with lemon juice.",
    ),
    (
        "Which two household products must never be mixed?",
        "Bleach and an acid cleaner.",
        "Sugar and water.",
        "Salt and flour.",
        "Baking soda and water.",
    ),
    (
        "Where is a bottle of a volatile, flammable solvent kept?",
        "In a ventilated cabinet made for flammable liquids, away from heat.",
        "On a sunny window sill.",
        "On top of a warm radiator.",
        "Open, under the sink.",
    ),
    (
        "What is done with an unlabelled bottle found on the bench?",
        "Nobody uses it; it is reported and disposed of as unknown.",
        "It is smelled, to find out what it holds.",
        "It is poured down the sink.",
        "It is relabelled as water.",
    ),
    (
        "What does a safety data sheet tell?",
        "Hazards, first aid, storage and disposal of a product.",
        "The price of a product.",
        "Who has bought a product.",
        "How often a product has been sold.",
    ),
    (
        "Which signal word on a label stands for the more severe hazard?",
        "Danger",
        "Warning",
        "Notice",
        "Attention",
    ),
    (
        "How is the smell of an open vessel examined, if at all?",
        "By waving a little of the vapour towards the nose.",
        "By holding the nose into the vessel.",
        "By warming the vessel first.",
        "By tasting a drop.",
    ),
    (
        "What is worn when liquids are handled that may splash?",
        "Safety glasses, closed shoes and a coat.",
        "Contact lenses only.",
        "Sandals and gloves.",
        "Nothing in particular.",
    ),
    (
        "A pan of oil burns on a stove. What puts it out safely?",
        "A lid, or a fire blanket.",
        "Water from the tap.",
        "A fan.",
        "Sugar.",
    ),
    (
        "Why are acids and bases stored apart?",
        "They react with each other and give off heat.",
        "They have different prices.",
        "They evaporate at the same speed.",
        "They would change colour.",
    ),
    (
        "What is the pH of pure water at room temperature, about?",
        "7",
        "1",
        "10",
        "14",
    ),
)


def _pictogram(at: int) -> Question:
    picture, meaning = _PICTOGRAMS[at]
    others = tuple(_PICTOGRAMS[(at + step) % len(_PICTOGRAMS)][1] for step in (2, 4, 7))
    text = f"A label shows {picture} in a red diamond. What does it say of the product?"
    return Question(f"pictogram/{at}", text, (meaning, *others), frozenset({0}))


def _meaning(at: int) -> Question:
    picture, meaning = _PICTOGRAMS[at]
    others = tuple(_PICTOGRAMS[(at + step) % len(_PICTOGRAMS)][0] for step in (1, 3, 5))
    text = f"A product is {meaning}. Which picture stands in the red diamond on its label?"
    return Question(f"meaning/{at}", text, (picture, *others), frozenset({0}))


QUESTIONS: tuple[Question, ...] = (
    *(_pictogram(at) for at in range(len(_PICTOGRAMS))),
    *(_meaning(at) for at in range(len(_PICTOGRAMS))),
    *(
        Question(f"rule/{at}", text, options, frozenset({0}))
        for at, (text, *options_) in enumerate(_RULES)
        for options in [tuple(options_)]
    ),
)
"""Every question of the first level."""
