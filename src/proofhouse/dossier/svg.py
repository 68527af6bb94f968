# SPDX-License-Identifier: Apache-2.0
"""SVG that keeps its letters at reading size at every width.

    figure("fig-evidence", 300, "Evidence", "A step line …", rect(0, 10, 50, 20, "zone"), …)

A chart with a viewBox shrinks its text on a phone. So ours have none: across, positions are per
cent of the width; downwards, they are CSS pixels; text stays text. Only paths, which know no per
cent, sit in a ``stretched`` inner picture in the data's own units, with strokes that don't scale.

Every attribute and every text is escaped here, so a chart can hold anybody's words.
"""

from __future__ import annotations

from markupsafe import Markup, escape

Number = int | float


def element(name: str, *children: str, **attributes: str | Number | None) -> Markup:
    """An element; ``class_`` is class, ``stroke_width`` is stroke-width, None leaves one out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(escape(child) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>")  # noqa: S704 — both parts are escaped above


def number(value: str | Number | None) -> str:
    """At most two decimals and no trailing zeros; a string as it is."""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0") if value else "0"
    return str(value)


def percent(value: float) -> str:
    """``12.5`` → ``12.5%``, kept within −1 to 101 so that nothing is drawn far outside."""
    return f"{number(float(min(101.0, max(-1.0, value))))}%"


def numbered(name: str, place: int) -> str:
    """The name of the ``place``-th figure of a kind: ``fig-evidence``, ``fig-evidence-2``, …"""
    return name if place == 1 else f"{name}-{place}"


def figure(name: str, height: int, title: str, description: str, *children: str) -> Markup:
    """The outer picture: an image with a name and a description for whoever can't see it."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", description, id=f"{name}-desc"),
        *children,
        class_="chart",
        role="img",
        width="100%",
        height=height,
        aria_labelledby=f"{name}-title {name}-desc",
    )


def stretched(
    box: tuple[Number, Number, Number, Number], top: Number, height: Number, *children: str
) -> Markup:
    """A picture in data units ``(left, top, width, height)``, pulled over the chart's width."""
    return element(
        "svg",
        *children,
        x="0",
        y=top,
        width="100%",
        height=height,
        viewBox=" ".join(map(number, box)),
        preserveAspectRatio="none",
        class_="stretched",
    )


def rect(
    left: float, top: float, width: float, height: float, class_: str, fill: str | None = None
) -> Markup:
    """A rectangle; ``left`` and ``width`` in per cent."""
    return element(
        "rect",
        x=percent(left),
        y=top,
        width=percent(max(0.0, width)),
        height=max(0.0, height),
        class_=class_,
        fill=fill,
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A line; across in per cent."""
    return element("line", x1=percent(x1), y1=y1, x2=percent(x2), y2=y2, class_=class_)


def dot(x: float, y: float, radius: float, class_: str) -> Markup:
    """A circle; ``x`` in per cent."""
    return element("circle", cx=percent(x), cy=y, r=radius, class_=class_)


def arrow(x: float, y: float, way: str, class_: str) -> Markup:
    """A head at ``x`` per cent that points out of the picture, ``left`` or ``right``.

    A path knows no per cent, so it lies in a picture of its own that starts at ``x``.
    """
    d = "M9-8L0 0L9 8" if way == "left" else "M-9-8L0 0L-9 8"
    return element("svg", element("path", d=d, class_=class_), x=percent(x), y=y, class_="arrow-at")


def text(
    x: float, y: float, words: str, class_: str = "", *, anchor: str = "start", shift: int = 0
) -> Markup:
    """A line of text; ``x`` in per cent, moved by ``shift`` pixels."""
    return element(
        "text",
        words,
        x=percent(x),
        y=y,
        dx=shift or None,
        text_anchor=None if anchor == "start" else anchor,
        class_=class_ or None,
    )


def anchored(x: float) -> str:
    """How text at ``x`` per cent is anchored to keep inside the picture."""
    if x < 22:
        return "start"
    return "end" if x > 78 else "middle"


def hatch(name: str, class_: str = "hatch") -> Markup:
    """A pattern of slanted lines, to be filled with ``url(#name)``."""
    stroke = element("line", x1=0, y1=0, x2=0, y2=6, class_=class_)
    return element(
        "defs",
        element(
            "pattern",
            stroke,
            id=name,
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        ),
    )
