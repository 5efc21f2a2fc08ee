"""Whether a model fits into the memory of a board, and the largest input that does."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from tflops_native.analysis.result import InputAnalysis
from tflops_native.model.info import ModelInfo
from tflops_native.reports.memory_plan import check_planner
from tflops_native.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryFitShape:
    """The memory of one inference on one set of input shapes.

    asked       input name -> shape; "" is the only input
    inputs      of the entry point; empty where the shapes were refused
    arena_bytes as in `MemoryPlan`; None where the shapes were refused
    state_bytes the same
    is_known    whether the sizes of all tensors are known: otherwise the figures are too low
    reason      why the shapes were refused, or None
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("ram_bytes",)

    asked: Mapping[str, tuple[int, ...]]
    inputs: tuple[InputAnalysis, ...]
    arena_bytes: int | None
    state_bytes: int | None
    is_known: bool = True
    reason: str | None = None

    @property
    def ram_bytes(self) -> int | None:
        """Arena and state: both are memory that can be written."""
        if self.arena_bytes is None or self.state_bytes is None:
            return None
        return self.arena_bytes + self.state_bytes

    @property
    def elements(self) -> int:
        """Of all inputs together."""
        return sum(prod(item.shape or ()) for item in self.inputs)

    @property
    def edges(self) -> int:
        """The sum of all lengths: of shapes with as many elements, a square has the fewest."""
        return sum(sum(item.shape or ()) for item in self.inputs)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MemoryFit(Result):
    """What came of planning a model for a memory of a given size.

    planner       as in `MemoryPlan`
    budget_bytes  for arena and state; None where there is no limit
    flash_bytes   for the file of the model; None where there is no limit
    shapes        what was planned, in the order asked for
    largest       position of the shapes with the most input elements that fit; None where none do
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("fits", "flash_fits")

    model: ModelInfo
    planner: str
    threads: int
    budget_bytes: int | None
    flash_bytes: int | None
    shapes: tuple[MemoryFitShape, ...]
    largest: int | None

    def __post_init__(self) -> None:
        check_planner(self.planner)
        if not self.shapes or not 0 <= (self.largest or 0) < len(self.shapes):
            raise ValueError(
                f"there are {len(self.shapes)} shapes, and the largest is {self.largest}"
            )

    @property
    def flash_fits(self) -> bool:
        """Whether the file of the model does."""
        return self.flash_bytes is None or self.model.size_bytes <= self.flash_bytes

    @property
    def fits(self) -> bool:
        """Whether the file does, and the memory of some shapes."""
        return self.flash_fits and self.largest is not None

    def __repr__(self) -> str:
        return f"<MemoryFit {self.model.name}, {'fits' if self.fits else 'does not fit'}>"


def largest_fit(shapes: tuple[MemoryFitShape, ...], budget_bytes: int | None) -> int | None:
    """The position of those with the most elements that fit; of several, of the least memory, then the
    squarest."""
    fitting = [
        (shape.elements, -(shape.ram_bytes or 0), -shape.edges, -position)
        for position, shape in enumerate(shapes)
        if shape.ram_bytes is not None
        and shape.is_known
        and (budget_bytes is None or shape.ram_bytes <= budget_bytes)
    ]
    return -max(fitting)[-1] if fitting else None
