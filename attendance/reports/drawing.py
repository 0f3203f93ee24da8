"""Charts as SVG, drawn by pygal. Pure functions.

What comes out has shapes, words and classes, and no style, script or address of its own: the site's stylesheet gives
it its colours, so that it is readable in the dark, on paper and under a strict content security policy. A screen
reader is told that it is a picture, and what of; the figures are in the table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any
from xml.etree import ElementTree

import pygal
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from pygal.style import Style

type Values = Sequence[int | None]

_BARE: dict[str, Any] = {
    "js": [],
    "css": [],
    "defs": [],
    "show_legend": False,
    "truncate_label": -1,
    "margin": 4,
    "spacing": 6,
    "tooltip_fancy_mode": False,
    "formatter": lambda value: _said(round(value)),
}
_LETTERS = {"label_font_size": 13, "major_label_font_size": 13, "value_font_size": 13}
_GONE = {"defs", "desc", "title"}


@dataclass(frozen=True)
class Size:
    """Of the drawing, in its own units: the page scales it. Every how many of the labels below are written."""

    width: int
    height: int
    every: int = 1


WIDE, NARROW, SMALL = Size(720, 280), Size(280, 220, every=3), Size(270, 130, every=4)


def columns(
    values: Values,
    *,
    labels: Sequence[str],
    holidays: Sequence[bool],
    described_by: str,
    size: Size = WIDE,
    target: int | None = None,
    top: int = 0,
) -> SafeString:
    """One for each value. `top` is a figure that several drawings share, so that they can be held side by side."""
    ticks = _ticks(max([top, target or 0, *(value or 0 for value in values)]))
    chart = _chart(pygal.Bar, labels, ticks, size)
    chart.add("", list(values))
    svg = chart.render_tree()
    plot = _plot(svg)
    _shade(plot, holidays, every=size.every)
    if target is not None:
        _draw_target(plot, target, ticks)
    return _cleaned(svg, described_by)


def lines(
    series: Sequence[Values],
    *,
    labels: Sequence[str],
    holidays: Sequence[bool],
    described_by: str,
    size: Size = WIDE,
) -> SafeString:
    """The first of them is the one it is about."""
    ticks = _ticks(max((value or 0 for values in series for value in values), default=0))
    chart = _chart(pygal.Line, labels, ticks, size, show_dots=False, allow_interruptions=True)
    for values in series:
        chart.add("", list(values))
    svg = chart.render_tree()
    _shade(_plot(svg), holidays, every=size.every)
    return _cleaned(svg, described_by)


def bars(values: Values, *, labels: Sequence[str], described_by: str, width: int = 280) -> SafeString:
    """Lying ones, each with its figure at its end, from the top down."""
    top = max([1, *(value or 0 for value in values)])
    chart = pygal.HorizontalBar(
        **_BARE,
        style=Style(**_LETTERS),
        width=width,
        height=34 * len(values) + 12,
        # Room for the figure behind the longest bar.
        range=(0, top * 1.25),
        show_x_labels=False,
        show_x_guides=False,
        show_y_guides=False,
        print_values=True,
        print_values_position="top",
    )
    # It draws from the bottom up.
    chart.x_labels = list(labels)[::-1]
    chart.add("", list(values)[::-1])
    return _cleaned(chart.render_tree(), described_by)


def _chart(kind: Any, labels: Sequence[str], ticks: list[int], size: Size, **more: Any) -> Any:
    chart = kind(
        **_BARE,
        **more,
        style=Style(**_LETTERS),
        width=size.width,
        height=size.height,
        range=(0, ticks[-1]),
        x_labels_major_every=size.every,
        show_minor_x_labels=False,
        show_x_guides=False,
    )
    chart.x_labels = list(labels)
    chart.y_labels = [{"value": tick, "label": _said(tick)} for tick in ticks]
    return chart


def _said(figure: int) -> str:
    return number_format(figure, force_grouping=True)


def _ticks(highest: int) -> list[int]:
    """From 0 up to the figure or just above it, in at most five steps of a round size."""
    sizes = (step * 10**power for power in count() for step in (1, 2, 5))
    size = next(size for size in sizes if size * 5 >= highest)
    return [size * number for number in range(max(1, -(-highest // size)) + 1)]


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def _named(root: Any, tag: str, *classes: str) -> list[Any]:
    return [one for one in root.iter() if _tag(one) == tag and set(classes) <= set(one.get("class", "").split())]


def _plot(svg: Any) -> Any:
    return _named(svg, "g", "plot")[0]


def _shade(plot: Any, holidays: Sequence[bool], *, every: int) -> None:
    """A strip behind every run of weeks with a holiday, from halfway to the week before to halfway to the next."""
    if not any(holidays):
        return
    background = _named(plot, "rect", "background")[0]
    width, height = float(background.get("width")), float(background.get("height"))
    places = [float(path.get("d").split()[0].lstrip("M")) for path in _named(_named(plot, "g", "axis", "x")[0], "path")]
    places = sorted(set(places) - {0.0})
    step = (places[1] - places[0]) / every if len(places) > 1 else width
    edges = [number for number, (one, other) in enumerate(pairwise([False, *holidays, False])) if one != other]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        left, right = (min(width, max(0.0, places[0] + (edge - 0.5) * step)) for edge in (start, end))
        shape = {"x": f"{left:.1f}", "y": "0", "width": f"{right - left:.1f}", "height": f"{height:.1f}"}
        plot.insert(1, ElementTree.Element("rect", {"class": "holiday", **shape}))


def _draw_target(plot: Any, target: int, ticks: list[int]) -> None:
    heights = [
        float(path.get("d").split()[1].lstrip("M")) for path in _named(_named(plot, "g", "axis", "y")[0], "path")
    ]
    width = float(_named(plot, "rect", "background")[0].get("width"))
    bottom, top = max(heights), min(heights)
    height = bottom - (bottom - top) * target / ticks[-1]
    plot.append(ElementTree.Element("path", {"class": "target", "d": f"M0 {height:.1f}h{width:.1f}"}))


def _cleaned(svg: Any, described_by: str) -> SafeString:
    for parent in list(svg.iter()):
        for child in list(parent):
            is_tooltip = "tooltip-overlay" in child.get("class", "") if isinstance(child.tag, str) else True
            if is_tooltip or _tag(child) in _GONE:
                parent.remove(child)
    for element in svg.iter():
        element.attrib.pop("style", None)
    svg.attrib.pop("id", None)
    svg.set("class", "drawing")
    svg.set("role", "img")
    svg.set("aria-labelledby", described_by)
    svg.set("focusable", "false")
    return mark_safe(ElementTree.tostring(svg, encoding="unicode"))  # noqa: S308  pygal escapes what it is given
