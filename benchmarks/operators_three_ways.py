"""The time of each operator in three ways, the sum against the invoke, and the spread over processes.

`python benchmarks/operators_three_ways.py [MODEL [PROCESSES]]`. By the runtime's events; alone, with hot
caches; and by differences: the model ends after each operator in turn, and what the next one adds is its
time. Models that end earlier are interleaved, so that a machine that changes its speed changes all of them.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from side_by_side import format_percent, print_goal
from tflops_native import OperatorTime, load, measure
from tflops_native.runtime.cut import cut_model, ends
from tflops_native.runtime.kept import filled, kept_values
from tflops_native.runtime.libraries import NativeRuntime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.workload import Workload

EXAMPLE = Path(__file__).parent.parent / "examples" / "mobilenet_v1_0.25_96_float32.tflite"
ROUNDS = 40
SAMPLES = 20
PROCESSES = 10
RELEVANT = 0.01  # of the time
WELL_KNOWN = 0.05
MEDIANS = (
    "import sys, tflops_native\n"
    "profile = tflops_native.measure(sys.argv[1], runs=1).profile\n"
    "for o in profile.operators: print(o.index, o.estimate.typical_seconds, o.estimate.uncertainty)"
)


def differences(path: str, operators: Sequence[int]) -> dict[int, float]:
    """By operator index, what it adds to a model that ends before it, in seconds."""
    model, options, runtime = load(path), RunOptions(), open_runtime()
    assert isinstance(runtime, NativeRuntime)
    session = open_session(Workload.resolve(model), options, runtime)
    fill_inputs(session, options)
    values = kept_values(session, runtime, options)
    graph = model.subgraphs[0]
    shortened = {}
    for index in operators:
        part = range(index + 1)
        inputs, outputs = ends(graph, part)
        cut = cut_model(model, part, inputs=inputs, outputs=outputs)
        shortened[index] = filled(cut, inputs, values, runtime, options)
    taken: dict[int, list[float]] = {index: [] for index in operators}
    for _ in range(ROUNDS):
        for index, interpreter in shortened.items():
            interpreter.invoke()
            taken[index].append(median(interpreter.time_invokes(SAMPLES, 0.1)) / 1e9)
    # Of each round, for a machine is not the same in all of them.
    before = [0.0] * ROUNDS
    found = {}
    for index in operators:
        found[index] = median(now - then for now, then in zip(taken[index], before, strict=True))
        before = taken[index]
    return found


def spread(path: str, processes: int) -> tuple[dict[int, float], list[float]]:
    """By operator index, half the range of processes but for the extremes, relative to their median.

    Also of each process by how much of itself the row that is known worst may be off.
    """
    times: dict[int, list[float]] = {}
    worst = []
    for _ in range(processes):
        out = subprocess.run(
            [sys.executable, "-c", MEDIANS, path], capture_output=True, text=True, check=True
        ).stdout
        lines = [line.split() for line in out.splitlines()]
        for index, seconds, _uncertainty in lines:
            times.setdefault(int(index), []).append(float(seconds))
        worst.append(max(float(uncertainty) for _, _, uncertainty in lines))
    found = {}
    for operator, of_processes in times.items():
        ordered = sorted(of_processes)[1:-1]
        found[operator] = (ordered[-1] - ordered[0]) / 2 / max(median(of_processes), 1e-12)
    return found, worst


def row(operator: OperatorTime, difference: float, over_processes: float) -> str:
    estimate = operator.estimate
    alone = operator.alone_seconds or 0.0
    return (
        f"{operator.index:4} {estimate.typical_seconds * 1e6:9.2f} "
        f"{format_percent(estimate.uncertainty or 0.0):>8} {alone * 1e6:9.2f} {difference * 1e6:9.2f} "
        f"{format_percent(over_processes):>8}"
    )


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else str(EXAMPLE)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    timing = measure(path, isolated_operators=True)
    profile = timing.profile
    assert profile is not None
    operators = profile.operators
    by_difference = differences(path, [operator.index for operator in operators])
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else PROCESSES
    over_processes, worst_rows = spread(path, processes)
    print("   #  events us        ±  alone us  added us   spread")
    for operator in operators:
        index = operator.index
        print(row(operator, by_difference[index], over_processes[index]))
    invoke = profile.inference_seconds
    relevant = [o for o in operators if o.estimate.typical_seconds >= RELEVANT * invoke]
    sums = {
        "events": profile.operators_seconds,
        "alone": sum(o.alone_seconds or 0.0 for o in operators),
        "differences": sum(by_difference.values()),
    }
    for name, seconds in sums.items():
        print(
            f"sum of {name}: {format_percent(seconds / invoke)} of the invoke without the profiler"
        )
    rest = profile.outside_seconds + (profile.beyond_medians_seconds or 0.0)
    whole = (profile.operators_seconds + rest) / invoke
    print(f"outside of operators, and beyond medians: {format_percent(rest / invoke)}")
    print_goal("what rows and the rest miss of the invoke", abs(whole - 1), 1e-6, format_percent)
    latency = timing.latency.typical_seconds or invoke
    print(f"the rows and the rest against the latency: {format_percent(invoke / latency - 1)}")
    worst = max(o.estimate.uncertainty or 0.0 for o in operators)
    print_goal("the row known worst", worst, WELL_KNOWN, format_percent)
    good = sum(one <= WELL_KNOWN for one in worst_rows)
    print(f"profiles without a row known to worse than 5 %: {good} of {processes}")
    apart = max(over_processes[o.index] for o in relevant)
    print_goal("half the range over processes, above 1 % of the time", apart, 0.03, format_percent)


if __name__ == "__main__":
    main()
