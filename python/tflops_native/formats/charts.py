"""Drawings as SVG: lines over a plane, and tables of colours. Nothing from elsewhere, no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tflops_native.formats.document import Figure
from tflops_native.formats.printable import printable
from tflops_native.formatting import brief

# Colours that people who do not tell red from green can tell apart (Okabe and Ito, 2008).
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_WIDTH, _HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 16, 12, 44
_LEGEND_LINE = 16
_SERIES_LIMIT = 14
_TICKS = 6
_CELL_WIDTH, _CELL_HEIGHT = 78, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points of one colour, and a line.

    points   x, y
    line     its own points; those of `points` are joined where it is empty
    """

    name: str
    points: tuple[tuple[float, float], ...]
    line: tuple[tuple[float, float], ...] = ()


def line_chart(
    title: str,
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    x_unit: float,
    y_unit: float,
    *,
    counts: bool = False,
) -> Figure:
    """Both axes begin at 0. Only the first 14 series are drawn; a line says how many are left out.

    Args:
        x_unit, y_unit: what one unit of the labels is: 1e6 for MFLOPs, 1e-3 for ms.
        counts: whether x is a whole number.
    """
    drawn = series[:_SERIES_LIMIT]
    points = [point for item in drawn for point in (*item.points, *item.line)]
    x_most = max((x for x, _ in points), default=1.0) or 1.0
    y_most = max((y for _, y in points), default=1.0) or 1.0
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(point: tuple[float, float]) -> str:
        x = _LEFT + inner_width * point[0] / x_most
        y = _TOP + inner_height * (1 - point[1] / y_most)
        return f"{x:.1f},{y:.1f}"

    found = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{inner_width}" height="{inner_height}" fill="none" '
        'stroke="currentColor" stroke-opacity="0.4"/>'
    ]
    for tick in _ticks(x_most / x_unit, smallest=1.0 if counts else 0.0):
        x = _LEFT + inner_width * tick * x_unit / x_most
        found.append(_text(x, _HEIGHT - _BOTTOM + 16, brief(tick, 6), "middle"))
    for tick in _ticks(y_most / y_unit):
        y = _TOP + inner_height * (1 - tick * y_unit / y_most)
        found.append(_text(_LEFT - 6, y + 4, brief(tick, 6), "end"))
    found.append(_text(_LEFT + inner_width / 2, _HEIGHT - 8, x_label, "middle"))
    middle = _TOP + inner_height / 2
    found.append(
        f'<text x="14" y="{middle}" text-anchor="middle" fill="currentColor" '
        f'transform="rotate(-90 14 {middle})">{_safe(y_label)}</text>'
    )
    names = [item.name for item in drawn]
    if len(series) > len(drawn):
        names.append(f"{len(series) - len(drawn)} more in the table")
    for number, item in enumerate(drawn):
        colour = _COLOURS[number % len(_COLOURS)]
        dash = "" if number < len(_COLOURS) else ' stroke-dasharray="5 3"'
        line = " ".join(map(place, item.line or sorted(item.points)))
        found.append(
            f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'
        )
        for point in item.points:
            left, top = place(point).split(",")
            found.append(f'<circle cx="{left}" cy="{top}" r="3" fill="{colour}"/>')
    for number, name in enumerate(names):
        y = _HEIGHT + _LEGEND_LINE * (number + 0.7)
        if number < len(drawn):
            colour = _COLOURS[number % len(_COLOURS)]
            found.append(f'<circle cx="{_LEFT + 5}" cy="{y - 4:.1f}" r="4" fill="{colour}"/>')
        found.append(_text(_LEFT + 16, y, name, "start"))
    return Figure(title, _svg(_WIDTH, _HEIGHT + _LEGEND_LINE * len(names) + 8, title, found))


def heat_table(
    title: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
) -> Figure:
    """A table whose cells are the darker the larger their values are, by the logarithm."""
    known = [value for line in values for value in line if value]
    least, most = min(known, default=1.0), max(known, default=1.0)
    left = 12 + 7 * max(map(len, rows), default=0)
    found = []
    for at, name in enumerate(columns):
        found.append(_text(left + _CELL_WIDTH * (at + 0.5), 16, name, "middle"))
    for line, name in enumerate(rows):
        y = 24 + _CELL_HEIGHT * line
        found.append(_text(left - 6, y + 17, name, "end"))
        for at in range(len(columns)):
            value = values[line][at]
            share = 0.0
            if value and most > least:
                share = math.log(value / least) / math.log(most / least)
            fill = f"rgba(0,114,178,{0.1 + 0.8 * share:.2f})" if value else "none"
            x = left + _CELL_WIDTH * at
            found.append(
                f'<rect x="{x}" y="{y}" width="{_CELL_WIDTH - 2}" height="{_CELL_HEIGHT - 2}" '
                f'fill="{fill}"/>'
            )
            colour = "white" if share > 0.55 else "currentColor"
            found.append(_text(x + _CELL_WIDTH / 2 - 1, y + 17, texts[line][at], "middle", colour))
    width = left + _CELL_WIDTH * len(columns) + 8
    return Figure(title, _svg(width, 32 + _CELL_HEIGHT * len(rows), title, found))


def _ticks(most: float, smallest: float = 0.0) -> list[float]:
    """Round numbers from 0 to `most`, at steps of at least `smallest`."""
    step = 10.0 ** math.floor(math.log10(most / _TICKS))
    step *= next((factor for factor in (1, 2, 5) if most / (step * factor) <= _TICKS), 10)
    step = max(step, smallest)
    return [round(step * number, 12) for number in range(int(most / step * (1 + 1e-9)) + 1)]


def _svg(width: float, height: float, title: str, found: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{_safe(title)}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        'style="display:block;max-width:100%;font:12px sans-serif">' + "".join(found) + "</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str = "currentColor") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{_safe(text)}</text>'
    )


def _safe(text: str) -> str:
    return escape(printable(text))
