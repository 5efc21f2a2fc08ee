"""Axes, scales and marks of a figure, as SVG that takes the colours of the page around it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TypeAlias

from tflops_native.formats.printable import printable

Formatter: TypeAlias = Callable[[float], str]

WIDTH, HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 16, 12, 44
# Readable on white and on black.
BLUE, ORANGE, GREEN, RED, PURPLE = "#3b82f6", "#e8833a", "#2a9d6f", "#e5484d", "#9b6dd6"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, RED)
_MOST_TICKS = 8
# Of a character at 12 pixels: the width of a digit in a wide font, and what a line of text needs.
_CHARACTER, _ASCENT, _DESCENT = 7.7, 11, 3
_LINE = _ASCENT + _DESCENT
_SLIDES = 24  # places along a line that are tried for its name
_Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis: what it shows, from where to where, in powers of ten or evenly.

    is_counted   whether only whole numbers are marked
    """

    label: str
    low: float
    high: float
    is_log: bool = False
    is_counted: bool = False

    @classmethod
    def around(cls, label: str, values: Sequence[float], *, is_log: bool = False) -> "Scale":
        """Around positive values with some room; evenly spaced ones from 0."""
        low, high = min(values), max(values)
        if is_log:
            return cls(label, low / 1.5, high * 1.5, is_log=True)
        return cls(label, 0.0, high * 1.05 or 1.0)

    def share(self, value: float) -> float:
        """Where a value lies, 0 to 1."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values that are marked."""
        if not self.low < self.high:
            return []  # of a saved result that was edited: nothing is at least something
        if not self.is_log:
            step = 10 ** math.floor(math.log10((self.high - self.low) / 4))
            step *= next(
                n for n in (1, 2, 5, 10) if (self.high - self.low) / (step * n) <= _MOST_TICKS
            )
            step = max(step, 1) if self.is_counted else step
            first = math.ceil(self.low / step)
            return [n * step for n in range(first, math.floor(self.high / step) + 1)]
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        every = max(1, math.ceil((last - first + 1) / _MOST_TICKS))
        found = [10.0**power for power in range(first, last + 1, every)]
        return found if len(found) > 1 else [self.low * 1.5, self.high / 1.5]


@dataclass(slots=True)
class Plot:
    """A figure while it is drawn; `svg` is the result."""

    x: Scale
    y: Scale
    label: str
    marks: list[str] = field(default_factory=list)
    _names: list[_Box] = field(default_factory=list, init=False)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a place."""
        across, up = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
        return _LEFT + self.x.share(x) * across, _TOP + (1 - self.y.share(y)) * up

    def dot(self, x: float, y: float, hover: str, *, colour: str = BLUE, radius: float = 4) -> None:
        """A mark with a text for the pointer."""
        across, down = self.at(x, y)
        self.marks.append(
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{radius:.1f}" fill="{colour}" '
            f'fill-opacity=".65">{_title(hover)}</circle>'
        )

    def line(
        self, points: Sequence[tuple[float, float]], text: str = "", *, colour: str, dash: str = ""
    ) -> None:
        """A line with its name at its end, or at its beginning where it rises; names keep apart."""
        places = [self.at(x, y) for x, y in points]
        path = "L".join(f"{across:.1f} {down:.1f}" for across, down in places)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self.marks.append(
            f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dashes}/>'
        )
        if text:
            rises = len(points) > 1 and points[0][1] < points[-1][1]
            left, down = self._free_place(places if rises else places[::-1], text, rises)
            place = f'x="{left:.1f}"'
            if not rises:
                place = f'x="{left + _width(text):.1f}" text-anchor="end"'
            self.marks.append(f'<text {place} y="{down:.1f}" fill="{colour}">{_text(text)}</text>')

    def _free_place(
        self, path: Sequence[tuple[float, float]], text: str, rises: bool
    ) -> tuple[float, float]:
        """Where a name starts, and its base line: as near to the beginning of the path as others let it."""
        width, lowest = _width(text), HEIGHT - _BOTTOM + _DESCENT
        places = [_along(path, step / _SLIDES) for step in range(_SLIDES)]
        # Where the line is too short for that, above or below its beginning.
        (across, down), lines = path[0], range(1, int(HEIGHT / _LINE))
        places += [(across, down + side * _LINE * line) for line in lines for side in (-1, 1)]
        found = []
        for across, down in places:
            # Behind the beginning of a rising line, so that it does not run through its name.
            left = across + 8 if rises else across - 4 - width
            base = down + (4 if rises else -5)
            box = (left, base - _ASCENT, left + width, base + _DESCENT)
            is_inside = left >= _LEFT and box[2] <= WIDTH and box[1] >= 0 and box[3] <= lowest
            if is_inside and not any(_overlap(box, other) for other in self._names):
                found = [(left, base)]
                self._names.append(box)
                break
            found = found or [(left, base)]
        return found[0]

    def specks(self, points: Sequence[tuple[float, float]], *, colour: str = BLUE) -> None:
        """Many small dots in one path."""
        path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in (self.at(*point) for point in points))
        self.marks.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="4" stroke-linecap="round" '
            'stroke-opacity=".6"/>'
        )

    def bar(self, low: float, high: float, y: float, hover: str, *, colour: str = BLUE) -> None:
        """From the bottom up."""
        left, top = self.at(low, y)
        right, bottom = self.at(high, self.y.low)
        self.marks.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left - 0.5, 0.5):.1f}" '
            f'height="{bottom - top:.1f}" fill="{colour}">{_title(hover)}</rect>'
        )

    def rectangle(
        self, low: tuple[float, float], high: tuple[float, float], hover: str, *, colour: str = BLUE
    ) -> None:
        """Between two corners; two that touch are told apart by their edges."""
        left, bottom = self.at(*low)
        right, top = self.at(*high)
        self.marks.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 0.5):.1f}" '
            f'height="{max(bottom - top, 0.5):.1f}" fill="{colour}" fill-opacity=".55" '
            f'stroke="currentColor" stroke-width=".4">{_title(hover)}</rect>'
        )

    def note(self, text: str, *, colour: str) -> None:
        """In the upper left corner."""
        left, base = _LEFT + 6, _TOP + 18
        self._names.append((left, base - _ASCENT, left + _width(text), base + _DESCENT))
        self.marks.append(f'<text x="{left}" y="{base}" fill="{colour}">{_text(text)}</text>')

    def svg(self, x_text: Formatter, y_text: Formatter) -> str:
        """The figure with its axes."""
        left, right, bottom = _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM
        found = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
            f'aria-label="{_text(self.label)}" font-family="sans-serif" font-size="12" '
            'fill="currentColor" style="max-width:100%;height:auto">'
        ]
        grid = []
        for value in self.x.ticks():
            across, _ = self.at(value, self.y.low)
            grid.append(f"M{across:.1f} {_TOP}V{bottom}")
            found.append(_label(across, bottom + 16, "middle", x_text(value)))
        for value in self.y.ticks():
            _, down = self.at(self.x.low, value)
            grid.append(f"M{left} {down:.1f}H{right}")
            found.append(_label(left - 6, down + 4, "end", y_text(value)))
        found.append(f'<path d="{"".join(grid)}" stroke="currentColor" stroke-opacity=".15"/>')
        found.append(_label((left + right) / 2, HEIGHT - 8, "middle", self.x.label))
        found.append(
            f'<text x="14" y="{(_TOP + bottom) / 2:.0f}" text-anchor="middle" '
            f'transform="rotate(-90 14 {(_TOP + bottom) / 2:.0f})">{_text(self.y.label)}</text>'
        )
        return "".join([*found, *self.marks, "</svg>"])


def _along(path: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The place at this share of the first stretch of a path."""
    (x, y), (to_x, to_y) = path[0], path[min(1, len(path) - 1)]
    return x + share * (to_x - x), y + share * (to_y - y)


def _width(text: str) -> float:
    """Pixels that a text takes at most."""
    return _CHARACTER * len(text)


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_text(text)}</text>'


def _title(text: str) -> str:
    return f"<title>{_text(text)}</title>"


def _text(text: str) -> str:
    return escape(printable(text))
