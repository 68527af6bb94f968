# SPDX-License-Identifier: Apache-2.0
"""The style sheet keeps WCAG 2.2 AA contrast in the light, in the dark and on paper."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = files("proofhouse.dossier").joinpath("dossier.css").read_text(encoding="utf-8")

TEXT = [
    ("ink", "paper"),
    ("muted", "paper"),
    ("accent", "paper"),
    ("seal-ink", "seal"),
    ("ink", "accent-soft"),
    ("muted", "accent-soft"),
    ("ink", "sheet"),
    ("paper", "ink"),
]
"""Text on its background: at least 4.5 to 1 (success criterion 1.4.3)."""

GRAPHICS = [("accent", "paper"), ("line", "paper"), ("ink", "paper"), ("accent", "accent-soft")]
"""What a chart must show against what it lies on: at least 3 to 1 (1.4.11)."""


def palettes() -> dict[str, dict[str, str]]:
    """The variables of each scheme; the dark ones and the printed ones replace the light ones."""
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", block)) for block in blocks]
    assert len(found) == 3
    return dict(zip(("light", "dark", "print"), found, strict=True))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * one for one in colour[1:])
    channels = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_the_guidelines_do() -> None:
    """Black on white is 21 to 1, and a colour on itself 1 to 1."""
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in GRAPHICS],
)
def test_every_pair_of_colours_has_contrast(
    scheme: str, front: str, back: str, least: float
) -> None:
    """Text has 4.5 to 1 and graphics 3 to 1, in each scheme."""
    colours = palettes()[scheme]
    assert contrast(colours[front], colours[back]) >= least


def test_every_scheme_has_every_colour() -> None:
    """No colour of the light scheme is left over in the dark or on paper."""
    light, dark, printed = palettes().values()
    assert set(light) == set(dark) == set(printed)


def test_every_colour_that_is_used_exists() -> None:
    """No variable is used that no scheme sets, and none is set that nothing uses."""
    used = set(re.findall(r"var\(--([\w-]+)\)", STYLE)) - {"sans", "mono"}
    assert used == set(palettes()["light"])


def test_outcomes_have_no_colours() -> None:
    """No rule is about one outcome: none is green and none is red (R1)."""
    assert not re.search(
        r"\.(covered|not-covered|inconclusive|withdrawn|no-finding)\b", STYLE, re.I
    )


def test_paper_keeps_figures_whole_and_opens_what_is_folded() -> None:
    """Printed, a figure is never cut and every folded table is shown."""
    printed = STYLE[STYLE.index("@media print") :]
    assert re.search(r"figure,[^{]*\{ break-inside: avoid; \}", printed)
    assert "details::details-content { content-visibility: visible" in printed
