# SPDX-License-Identifier: Apache-2.0
"""Sums with everyday substances, drawn with their numbers; every answer is exact, as a fraction.

Masses of elements are rounded and told in the question, so that there is one right answer:
H 1, C 12, N 14, O 16, Na 23, Mg 24, S 32, Cl 35.5, Ca 40 (g/mol). Answers may be off by one part
in a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from proofhouse.bank.questions import Question
from proofhouse.bank.stream import Stream

ELEMENTS = {
    "H": Fraction(1),
    "C": Fraction(12),
    "N": Fraction(14),
    "O": Fraction(16),
    "Na": Fraction(23),
    "Mg": Fraction(24),
    "S": Fraction(32),
    "Cl": Fraction(71, 2),
    "Ca": Fraction(40),
}

SUBSTANCES: Mapping[str, tuple[str, dict[str, int]]] = MappingProxyType(
    {
        "water": ("H2O", {"H": 2, "O": 1}),
        "table salt": ("NaCl", {"Na": 1, "Cl": 1}),
        "table sugar": ("C12H22O11", {"C": 12, "H": 22, "O": 11}),
        "grape sugar": ("C6H12O6", {"C": 6, "H": 12, "O": 6}),
        "baking soda": ("NaHCO3", {"Na": 1, "H": 1, "C": 1, "O": 3}),
        "washing soda": ("Na2CO3", {"Na": 2, "C": 1, "O": 3}),
        "chalk": ("CaCO3", {"Ca": 1, "C": 1, "O": 3}),
        "the acid of vinegar": ("CH3COOH", {"C": 2, "H": 4, "O": 2}),
        "citric acid": ("C6H8O7", {"C": 6, "H": 8, "O": 7}),
        "Epsom salt without its water": ("MgSO4", {"Mg": 1, "S": 1, "O": 4}),
        "carbon dioxide": ("CO2", {"C": 1, "O": 2}),
        "gypsum without its water": ("CaSO4", {"Ca": 1, "S": 1, "O": 4}),
    }
)
"""Name → formula and atoms."""

_TOLD = "(Take H 1, C 12, N 14, O 16, Na 23, Mg 24, S 32, Cl 35.5, Ca 40 g/mol.)"
_SOLUBLE = ("table salt", "table sugar", "grape sugar", "baking soda", "citric acid")

Kind = Callable[[Stream], Question]


def molar_mass(name: str) -> Fraction:
    """Grams to a mole, of the elements' rounded masses."""
    return sum((ELEMENTS[e] * n for e, n in SUBSTANCES[name][1].items()), Fraction(0))


def _grams(stream: Stream, low: int, high: int) -> Fraction:
    return Fraction(stream.between(low * 10, high * 10), 10)


def _show(value: Fraction) -> str:
    return f"{float(value):g}"


def _sum(kind: str, text: str, answer: Fraction) -> Question:
    return Question(f"{kind}", f"{text} {_TOLD}", number=answer)


def _named(name: str) -> str:
    return f"{name} ({SUBSTANCES[name][0]})"


# ------------------------------------------------------------------------------------- level 2


def _mass_of_a_mole(stream: Stream) -> Question:
    name = stream.choice(tuple(SUBSTANCES))
    text = f"What is the molar mass of {_named(name)}, in g/mol?"
    return _sum("molar-mass", text, molar_mass(name))


def _moles(stream: Stream) -> Question:
    name, grams = stream.choice(tuple(SUBSTANCES)), _grams(stream, 5, 400)
    text = f"How many moles are {_show(grams)} g of {_named(name)}?"
    return _sum("moles", text, grams / molar_mass(name))


def _mass(stream: Stream) -> Question:
    name, moles = stream.choice(tuple(SUBSTANCES)), Fraction(stream.between(10, 900), 100)
    text = f"What is the mass of {_show(moles)} mol of {_named(name)}, in grams?"
    return _sum("mass", text, moles * molar_mass(name))


def _share(stream: Stream) -> Question:
    name = stream.choice(tuple(SUBSTANCES))
    element = stream.choice(tuple(SUBSTANCES[name][1]))
    part = ELEMENTS[element] * SUBSTANCES[name][1][element] / molar_mass(name)
    text = f"What percentage of the mass of {_named(name)} is {element}?"
    return _sum("share", text, part * 100)


# ------------------------------------------------------------------------------------- level 3


def _dilute(stream: Stream) -> Question:
    name = stream.choice(_SOLUBLE)
    strong, take = Fraction(stream.between(10, 40), 10), stream.between(10, 200)
    total = take * stream.between(2, 9) + stream.between(1, 40)
    text = (
        f"{take} mL of a solution with {_show(strong)} mol/L of {name} are made up with water to "
        f"{total} mL. How many mol/L of {name} has it now?"
    )
    return _sum("dilute", text, strong * take / total)


def _mix(stream: Stream) -> Question:
    name = stream.choice(_SOLUBLE)
    first, second = (stream.between(50, 900) for _ in range(2))
    weak, strong = (Fraction(stream.between(1, 30), 10) for _ in range(2))
    text = (
        f"{first} mL of a solution with {_show(weak)} mol/L of {name} and {second} mL of one with "
        f"{_show(strong)} mol/L are poured together, and volumes add up. How many mol/L has the "
        "mixture?"
    )
    return _sum("mix", text, (weak * first + strong * second) / (first + second))


def _weigh_in(stream: Stream) -> Question:
    name = stream.choice(_SOLUBLE)
    millilitres, strength = stream.between(50, 2000), Fraction(stream.between(2, 25), 20)
    grams = strength * millilitres / 1000 * molar_mass(name)
    text = (
        f"How many grams of {_named(name)} go into {millilitres} mL of a solution with "
        f"{_show(strength)} mol/L?"
    )
    return _sum("weigh-in", text, grams)


def _twice(stream: Stream) -> Question:
    name = stream.choice(_SOLUBLE)
    strength = Fraction(stream.between(10, 40), 10)
    steps = [(stream.between(5, 50), stream.between(100, 500)) for _ in range(2)]
    text = f"A solution has {_show(strength)} mol/L of {name}. " + " ".join(
        f"{take} mL of {'it' if not at else 'that'} are made up with water to {total} mL."
        for at, (take, total) in enumerate(steps)
    )
    answer = strength
    for take, total in steps:
        answer = answer * take / total
    return _sum("dilute-twice", f"{text} How many mmol/L has the last one?", answer * 1000)


# --------------------------------------------------------------------------------- levels 4, 5

_REACTIONS = (
    (
        "baking soda and the acid of vinegar give sodium acetate, water and carbon dioxide "
        "(NaHCO3 + CH3COOH → CH3COONa + H2O + CO2)",
        (("baking soda", 1), ("the acid of vinegar", 1)),
        ("carbon dioxide", 1),
    ),
    (
        "chalk and the acid of vinegar give calcium acetate, water and carbon dioxide "
        "(CaCO3 + 2 CH3COOH → Ca(CH3COO)2 + H2O + CO2)",
        (("chalk", 1), ("the acid of vinegar", 2)),
        ("carbon dioxide", 1),
    ),
    (
        "baking soda and citric acid give sodium citrate, water and carbon dioxide "
        "(3 NaHCO3 + C6H8O7 → Na3C6H5O7 + 3 H2O + 3 CO2)",
        (("baking soda", 3), ("citric acid", 1)),
        ("carbon dioxide", 3),
    ),
    (
        "washing soda and the acid of vinegar give sodium acetate, water and carbon dioxide "
        "(Na2CO3 + 2 CH3COOH → 2 CH3COONa + H2O + CO2)",
        (("washing soda", 1), ("the acid of vinegar", 2)),
        ("carbon dioxide", 1),
    ),
)


def _gives(stream: Stream) -> Question:
    told, sources, (product, yielded) = stream.choice(_REACTIONS)
    name, needed = stream.choice(sources)
    grams = _grams(stream, 5, 200)
    answer = grams / molar_mass(name) / needed * yielded * molar_mass(product)
    text = (
        f"When {told}: how many grams of {product} come from {_show(grams)} g of {name}, with "
        "enough of the other?"
    )
    return _sum("gives", text, answer)


def _takes(stream: Stream) -> Question:
    told, sources, _ = stream.choice(_REACTIONS)
    (first, a), (second, b) = stream.shuffled(sources)
    grams = _grams(stream, 5, 200)
    text = f"When {told}: how many grams of {second} does it take for {_show(grams)} g of {first}?"
    return _sum("takes", text, grams / molar_mass(first) / a * b * molar_mass(second))


def _from_solution(stream: Stream) -> Question:
    told, ((first, a), (second, b)), _ = stream.choice(_REACTIONS)
    millilitres, strength = stream.between(50, 900), Fraction(stream.between(2, 40), 20)
    text = (
        f"When {told}: how many grams of {first} react with {millilitres} mL of a solution that "
        f"has {_show(strength)} mol/L of {second}?"
    )
    return _sum("from-solution", text, strength * millilitres / 1000 / b * a * molar_mass(first))


def _both(stream: Stream) -> tuple[str, Fraction, tuple[tuple[str, int, Fraction], ...], Fraction]:
    """A reaction with a mass of each: what is told, how often it runs, both, and the product."""
    told, sources, (product, yielded) = stream.choice(_REACTIONS)
    both = tuple((name, needed, _grams(stream, 5, 150)) for name, needed in sources)
    runs = min(grams / molar_mass(name) / needed for name, needed, grams in both)
    masses = " and ".join(f"{_show(grams)} g of {name}" for name, _, grams in both)
    return (
        f"{masses} are put together, and {told}",
        runs,
        both,
        runs * yielded * molar_mass(product),
    )


def _limiting(stream: Stream) -> Question:
    told, _, _, made = _both(stream)
    return _sum("limiting", f"{told}. How many grams of carbon dioxide come of it?", made)


def _left(stream: Stream) -> Question:
    told, runs, both, _ = _both(stream)
    left = [grams - runs * needed * molar_mass(name) for name, needed, grams in both]
    text = f"{told}. One of the two is left over in part: how many grams of it are left?"
    if max(left) < 1:  # both nearly used up: a hundredth of the answer would be too fine a scale
        return _limiting(stream.fork("instead"))
    return _sum("left", text, max(left))


def _with_yield(stream: Stream) -> Question:
    told, _, _, made = _both(stream)
    percent = stream.between(40, 95)
    text = f"{told}. {percent} % of the carbon dioxide is caught. How many grams is that?"
    return _sum("with-yield", text, made * percent / 100)


def _pure(stream: Stream) -> Question:
    told, sources, (product, yielded) = stream.choice(_REACTIONS)
    (name, needed), percent = stream.choice(sources), stream.between(50, 95)
    sample = _grams(stream, 5, 120)
    made = sample * percent / 100 / molar_mass(name) / needed * yielded * molar_mass(product)
    caught = Fraction(round(made * 1000), 1000)
    exact = caught / (yielded * molar_mass(product)) * needed * molar_mass(name) / sample * 100
    text = (
        f"When {told}: {_show(sample)} g of a powder, of which a part is {name}, give "
        f"{float(caught):.3f} g of {product} with enough of the other. What percentage of the "
        f"powder is {name}?"
    )
    return _sum("pure", text, exact)


BY_LEVEL: Mapping[int, tuple[Kind, ...]] = MappingProxyType(
    {
        2: (_mass_of_a_mole, _moles, _mass, _share),
        3: (_dilute, _mix, _weigh_in, _twice),
        4: (_gives, _takes, _from_solution),
        5: (_limiting, _left, _with_yield, _pure),
    }
)
"""The kinds of question at each level; an item has three different ones."""
