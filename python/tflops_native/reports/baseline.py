"""What a model was once: a small file to commit, which later versions are held against."""

from collections.abc import Mapping
from dataclasses import dataclass

from tflops_native.model.info import ModelInfo
from tflops_native.result import Result
from tflops_native.timing.statistics import Latency


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Baseline(Result):
    """The figures of a model that a gate can hold another version of it against.

    counts       metric -> its value: "macs", "flops", "params", "weights", "arena", "coverage"
    latency      None where nothing was measured
    conditions   what the latency was measured with, by name: "machine", "runtime", "threads", ...
    """

    model: ModelInfo
    counts: Mapping[str, float]
    latency: Latency | None
    conditions: Mapping[str, str | None]

    def __repr__(self) -> str:
        return f"<Baseline {self.model.name}, {self.counts.get('macs', 0):,.0f} MACs>"
