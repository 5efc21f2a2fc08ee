"""A measurement that was made elsewhere, joined to a model: what a file tells, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tflops_native.imported.recorded import Recorded
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.runtime.inputs.record import InputRecord
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingSource:
    """The file that times come from: its path, the tool that made it, and its form ("CSV")."""

    path: str
    tool: str
    form: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"path": self.path, "tool": self.tool, "form": self.form}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedOperatorTime:
    """The mean time of one operator of the model.

    index           operator index in the subgraph
    kernel          what ran it: "builtin", or the names that the delegate gives its own operators
    resolution_ns   how far off the time of one run may be: the tool counts whole microseconds
    mean            seconds per inference
    """

    index: int
    kernel: str
    is_delegated: bool
    resolution_ns: int
    mean: float

    @property
    def estimate(self) -> TimeEstimate:
        """The mean, and how far off it may be for the steps it was counted in; chance is not told."""
        step = self.resolution_ns / NANOSECONDS_PER_SECOND
        return TimeEstimate(
            typical=self.mean, lower=max(self.mean - step, 0.0), upper=self.mean + step
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "index": self.index,
            "kernel": self.kernel,
            "delegated": self.is_delegated,
            "resolution_ns": self.resolution_ns,
            "mean_seconds": self.mean,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedEvent:
    """Something that ran and belongs to no certain operator; mean seconds per inference."""

    name: str
    mean: float

    @property
    def estimate(self) -> TimeEstimate:
        """The mean; how well it is known is not told."""
        return TimeEstimate(typical=self.mean, lower=self.mean, upper=self.mean)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"name": self.name, "mean_seconds": self.mean}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProfile:
    """Mean time per operator.

    runs               profiled inferences; None if it is not told
    operators          those that ran, in the order of the model
    unmatched          what belongs to no certain operator
    fused              operators without an event of their own: the delegate fused them into another
                       one, or had nothing to do for them
    invoke             mean seconds of an inference: as a whole where the file tells that, else the sum
                       of all that ran
    is_whole           whether `invoke` is that of inferences as a whole
    """

    runs: int | None
    operators: tuple[ImportedOperatorTime, ...]
    unmatched: tuple[ImportedEvent, ...]
    fused: tuple[int, ...]
    invoke: float
    is_whole: bool

    @property
    def outside(self) -> float:
        """Mean seconds outside of all operators and events."""
        inside = sum(operator.mean for operator in self.operators)
        return self.invoke - inside - sum(event.mean for event in self.unmatched)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "runs": self.runs,
            "invoke_mean_seconds": self.invoke,
            "invoke_is_whole": self.is_whole,
            "outside_operators_mean_seconds": self.outside,
            "operators": [operator.to_dict() for operator in self.operators],
            "unmatched": [event.to_dict() for event in self.unmatched],
            "fused": list(self.fused),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTiming:
    """What a file of another tool tells of a model, and its operators joined to those of the model.

    kernels   "builtin", or the delegates that took operators; None if it is not told
    """

    recorded: Recorded
    kernels: str | None
    profile: ImportedProfile | None

    @property
    def typical(self) -> float | None:
        """Seconds of an inference: the median where it is told, else the mean; None without either."""
        latency = self.recorded.latency
        return None if latency is None else latency.typical

    @property
    def input_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Input name -> shape; empty where the file does not tell."""
        return self.recorded.input_shapes or {}

    @property
    def inputs(self) -> tuple[InputRecord, ...]:
        """What each input held: no file tells that."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        recorded = self.recorded
        return {
            "kernels": self.kernels,
            "threads": recorded.threads,
            "signature": recorded.signature,
            "input_shapes": {name: list(shape) for name, shape in self.input_shapes.items()},
            "initialization_seconds": recorded.initialization,
            "first_invoke_seconds": recorded.first_invoke,
            "warm_up": None if recorded.warm_up is None else recorded.warm_up.to_dict(),
            "latency": None if recorded.latency is None else recorded.latency.to_dict(),
            "latency_holds_profiling": recorded.is_profiled,
            "profile": None if self.profile is None else self.profile.to_dict(),
        }
