"""What times were measured with, and whether a difference between two of them can be named."""

from collections.abc import Mapping
from dataclasses import dataclass

from tflops_native.formatting import shape
from tflops_native.measurement.timing import Timing
from tflops_native.model.info import ModelInfo
from tflops_native.reports.report import Report

MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that differs between two measurements.

    name           "machine", "runtime", "threads", ...
    first, other   None where the source does not say
    """

    name: str
    first: str | None
    other: str | None

    def __str__(self) -> str:
        return f"{self.name} ({self.first or 'unknown'}, {self.other or 'unknown'})"


def conditions_of(timing: Timing) -> Mapping[str, str | None]:
    """What a measurement was made with, by name; the machine first."""
    origin = timing.origin
    machine = origin.device or (None if origin.machine is None else origin.machine.processor)
    return {
        MACHINE: machine,
        "runtime": None if timing.runtime is None else timing.runtime.title,
        "kernels": timing.kernels,
        "delegate": timing.delegate,
        "threads": None if timing.threads is None else str(timing.threads),
        "input": ", ".join(
            f"{name} {shape(lengths)}" for name, lengths in sorted(timing.input_shapes.items())
        )
        or None,
        "profiler": None if timing.is_profiled is None else ("on" if timing.is_profiled else "off"),
    }


def differing(first: Timing, other: Timing) -> tuple[Condition, ...]:
    """What differs between two measurements."""
    ours, theirs = conditions_of(first), conditions_of(other)
    return tuple(
        Condition(name=name, first=value, other=theirs[name])
        for name, value in ours.items()
        if value != theirs[name]
    )


def is_same_model(first: ModelInfo, other: ModelInfo) -> bool:
    """Whether the content is the same; reads both files where they have the same size."""
    if first.size_bytes != other.size_bytes:
        return False
    ours, theirs = first.hashed().sha256, other.hashed().sha256
    return ours is not None and ours == theirs


def obstacle(first: Report, other: Report, found: tuple[Condition, ...]) -> str | None:
    """Why the times of two reports that were measured apart say nothing of each other; None if they do.

    Of one model, what differs is what is compared. Of two models, all else must be the same, or no one
    knows what makes the difference; their inputs belong to them.
    """
    if not found or is_same_model(first.model, other.model):
        return None
    names = [str(item) for item in found if item.name != "input"]
    if not names:
        return None
    return f"both the models and how they were measured differ: {', '.join(names)}"
