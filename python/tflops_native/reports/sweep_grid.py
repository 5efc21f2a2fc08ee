"""The cells of a sweep: what is varied, and all combinations of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from numbers import Integral
from typing import Any, TypeAlias

from tflops_native.checks import bounded, shown
from tflops_native.errors import OptionError

Shape: TypeAlias = tuple[int, ...]
# Each axis with its lengths; a range stays one, however long it is.
ShapePattern: TypeAlias = tuple[Sequence[int], ...]
# Of one input: a pattern or a shape, or alternatives of both.
Shapes: TypeAlias = str | Sequence[str | Sequence[int]]
InputPatterns: TypeAlias = Shapes | Mapping[str, Shapes]
# Weeks of measuring: nobody means more.
CELLS_LIMIT = 10_000
_RANGE = re.compile(r"(\d+)\.\.(\d+)(?:\.\.(\d+))?")
_AXES = re.compile(r"(\{[^{}]*\}|\d+)(?:[,x]|$)")
_EXAMPLE = "write it as 1,224,224,3 or 1,{128..320..32},{128..320..32},3 or {1,2,4},224,224,3"


def shape_pattern(text: str) -> ShapePattern:
    """The lengths of each axis: "1,{128..320..32},{1,2},3", as a shell expands braces.

    Raises:
        OptionError: it is not a shape.
    """
    axes: list[Sequence[int]] = []
    position = 0
    compact = text.replace(" ", "")
    if re.search(r"\d{20}", compact):
        raise OptionError(f"{shown(text)} holds a length of 20 digits or more: {_EXAMPLE}")
    while position < len(compact):
        found = _AXES.match(compact, position)
        if found is None:
            raise OptionError(f"{shown(text)} is not a shape: {_EXAMPLE}")
        axes.append(_lengths(found[1], text))
        position = found.end()
    if not axes or compact[-1] in ",x":
        raise OptionError(f"{shown(text)} is not a shape: {_EXAMPLE}")
    return tuple(axes)


def _lengths(axis: str, text: str) -> Sequence[int]:
    if not axis.startswith("{"):
        return (int(axis),)
    inner = axis[1:-1]
    if found := _RANGE.fullmatch(inner):
        first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
        if step == 0:
            raise OptionError(f"{axis} in {shown(text)} has a step of 0")
        lengths = range(first, last + 1, step)
        if not lengths:
            raise OptionError(
                f"{axis} in {shown(text)} holds no length: {first} is above {last}; write the smaller first"
            )
        return lengths
    if re.fullmatch(r"\d+(,\d+)*", inner):
        return tuple(dict.fromkeys(map(int, inner.split(","))))
    raise OptionError(f"{axis} in {shown(text)} is neither a range nor a list: {_EXAMPLE}")


def shape_patterns(given: InputPatterns | None) -> dict[str, tuple[ShapePattern, ...]]:
    """The patterns of each input; "" is the only one."""
    if given is None:
        return {}
    by_name = given if isinstance(given, Mapping) else {"": given}
    found = {}
    for name, shapes in by_name.items():
        if isinstance(shapes, str):
            shapes = [shapes]
        if not isinstance(name, str) or not isinstance(shapes, Sequence):
            raise OptionError(f"input shapes of {shown(name)} must be shapes, got {shown(shapes)}")
        if shapes and all(map(_is_length, shapes)):
            shapes = [shapes]  # type: ignore[list-item]
        found[name] = tuple(map(_pattern, shapes))
    return found


def _is_length(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _pattern(shape: Any) -> ShapePattern:
    if isinstance(shape, str):
        return shape_pattern(shape)
    if isinstance(shape, Sequence) and all(map(_is_length, shape)):
        return tuple((bounded("a length", int(length)),) for length in shape)
    raise OptionError(
        f"{shown(shape)} is not a shape: give a tuple of lengths, or a pattern as a text"
    )


def shape_combinations(given: InputPatterns | None) -> list[dict[str, Shape]]:
    """All combinations of the shapes of inputs, each once; one that asks for nothing without any.

    Raises:
        OptionError: a pattern is not one, or there are more than `CELLS_LIMIT`.
    """
    grid = Grid(
        models=1,
        input_shapes=shape_patterns(given),
        quantizations=(None,),
        runtimes=("",),
        kernels=("",),
        threads=(1,),
    )
    return [dict(cell.input_shapes) for cell in grid.configurations()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What one cell is measured with.

    model          position of the model in the sweep
    input_shapes   input name -> shape, of the inputs that are given one; "" is the only input
    quantization   how the model is converted; None: not at all, or in float32
    """

    model: int
    input_shapes: Mapping[str, Shape]
    quantization: str | None
    runtime: str
    kernels: str
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is varied; the cells are all combinations.

    models         how many
    input_shapes   input name -> patterns, whose shapes are alternatives
    """

    models: int
    input_shapes: Mapping[str, tuple[ShapePattern, ...]]
    quantizations: tuple[str | None, ...]
    runtimes: tuple[str, ...]
    kernels: tuple[str, ...]
    threads: tuple[int, ...]

    def __post_init__(self) -> None:
        cells = self.cells
        if cells == 0:
            empty = [
                name
                for name, values in (
                    ("models", self.models),
                    ("quantize", self.quantizations),
                    ("runtime", self.runtimes),
                    ("kernels", self.kernels),
                    ("threads", self.threads),
                )
                if not values
            ]
            raise OptionError(
                f"the grid has no cells: {', '.join(empty) or 'input_shapes'} has no value"
            )
        if cells > CELLS_LIMIT:
            factors = " x ".join(
                f"{number:,} {what}" for number, what in self._factors if number > 1
            )
            raise OptionError(
                f"the grid has {cells:,} cells ({factors}), at most {CELLS_LIMIT:,} are measured: "
                "give fewer values, or larger steps as {128..320..64}"
            )

    @property
    def _factors(self) -> tuple[tuple[int, str], ...]:
        shapes = prod(
            sum(prod(map(len, pattern)) for pattern in patterns)
            for patterns in self.input_shapes.values()
        )
        return (
            (self.models, "models"),
            (shapes, "shapes"),
            (len(self.quantizations), "quantizations"),
            (len(self.runtimes), "runtimes"),
            (len(self.kernels), "kernels"),
            (len(self.threads), "numbers of threads"),
        )

    @property
    def cells(self) -> int:
        """How many there are, without making them."""
        return prod(number for number, _ in self._factors)

    def configurations(self) -> Iterator[Configuration]:
        """All of them, the threads varied fastest; what is given twice comes once."""
        seen = set()
        for model, shapes, quantization, runtime, kernels, threads in product(
            range(self.models),
            self._shapes(),
            self.quantizations,
            self.runtimes,
            self.kernels,
            self.threads,
        ):
            key = (model, tuple(shapes.items()), quantization, runtime, kernels, threads)
            if key in seen:
                continue
            seen.add(key)
            yield Configuration(
                model=model,
                input_shapes=shapes,
                quantization=quantization,
                runtime=runtime,
                kernels=kernels,
                threads=threads,
            )

    def _shapes(self) -> list[dict[str, Shape]]:
        names = list(self.input_shapes)
        alternatives = [
            [shape for pattern in patterns for shape in product(*pattern)]
            for patterns in self.input_shapes.values()
        ]
        return [dict(zip(names, chosen, strict=True)) for chosen in product(*alternatives)]
