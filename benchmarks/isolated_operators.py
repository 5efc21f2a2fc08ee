"""How well whole microseconds are narrowed down, and the rows of a report that this gives.

`python benchmarks/isolated_operators.py [MODEL]`. The times of builtin kernels are known to the nanosecond:
cut to whole steps of 1 to 20 microseconds, as XNNPACK's are, they are narrowed down with the times of the
operators alone, and held against what they were. Run it on a quiet machine.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from side_by_side import format_percent, print_goal
from tflops_native import OperatorTime, measure
from tflops_native.model.graph import Subgraph
from tflops_native.model.reader import load
from tflops_native.profile.estimate import CutTimes
from tflops_native.profile.reconcile import Bounded, reconcile

EXAMPLE = Path(__file__).parent.parent / "examples" / "mobilenet_v1_0.25_96_float32.tflite"
RECENT = 8


def bounded(operator: OperatorTime, graph: Subgraph, step: int) -> Bounded:
    """As if the machine were `step` times as fast, and the clock cut whole microseconds."""
    samples = np.array(operator.samples_ns) / step
    times = CutTimes(
        reported_ns=np.floor(samples / 1000).astype(np.int64) * 1000,
        likely_cut_ns=np.full(len(samples), 500.0),
        most_cut_ns=np.full(len(samples), 1000.0),
    )
    kinds = [item.name for item in graph.operators]
    index = operator.index
    data = (graph.tensors[i].data for i in graph.operators[index].inputs if i is not None)
    return Bounded(
        estimate=times.estimate(),
        alone_seconds=(operator.alone_seconds or 0.0) / step,
        constant_bytes=sum(len(constant) for constant in data if constant is not None),
        is_cold=kinds[index] not in kinds[max(0, index - RECENT) : index],
    )


def coverage(operators: list[OperatorTime], graph: Subgraph, step: int) -> Mapping[str, float]:
    """The share of ranges that hold the time, their half width, and the error of the typical times."""
    truth = np.array([operator.estimate.typical_seconds for operator in operators]) / step
    known = [bounded(operator, graph, step) for operator in operators]
    found = reconcile(known, float(truth.sum()), 0.02 * float(truth.sum()))
    lower, typical, upper = (
        np.array([getattr(estimate, f"{name}_seconds") for estimate in found])
        for name in ("lower", "typical", "upper")
    )
    return {
        "held": float(np.mean((lower <= truth) & (truth <= upper))),
        "half width": float(np.median((upper - lower) / 2 / typical)),
        "error": float(np.median(np.abs(typical / truth - 1))),
    }


def main() -> None:
    model = load(sys.argv[1] if len(sys.argv) > 1 else EXAMPLE)
    timing = measure(model, kernels="builtin", isolated_operators=True)
    assert timing.profile is not None
    operators = [item for item in timing.profile.operators if item.alone_seconds is not None]
    held = []
    for step in (1, 2, 5, 10, 20):
        found = coverage(operators, model.subgraphs[0], step)
        held.append(found["held"])
        print(
            f"{step} times as fast: "
            + ", ".join(f"{name} {format_percent(value)}" for name, value in found.items())
        )
    print_goal("ranges that do not hold the time", 1 - float(np.mean(held)), 0.07, format_percent)
    timing = measure(model, isolated_operators=True)
    profile = timing.profile
    assert profile is not None
    worst = max(operator.estimate.uncertainty or 1.0 for operator in profile.operators)
    print_goal("half width of the row that is known worst", worst, 0.05, format_percent)
    left = 1 - profile.operators_seconds / profile.inference_seconds
    print_goal("invoke outside of all rows", left, 0.05, format_percent)


if __name__ == "__main__":
    main()
