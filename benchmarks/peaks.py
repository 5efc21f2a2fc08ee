"""How far up the measured peaks are: against numpy's matrix product, and from process to process.

A peak that a real program exceeds is none. In each round a process of its own measures both, one after the
other: the float32 peak of one thread, and the best of many products of two matrices in numpy on one thread.
At last all test models are timed, operator by operator: the ten nearest to their roofs are printed, and
none may be above by more than the margin. `--models` leaves out the rounds, `--models PART ...` takes the
models only whose names hold one of these, or these files, `--kernels builtin` times TensorFlow Lite's own
kernels.

Other programs make a peak look lower and a time longer, each in its own moment. So the peaks are measured
again before every model, and the best of all counts; a model with an operator above its roof is timed
again, and the median of its shares counts. A time that is known to whole microseconds only counts as the
longest it can have been. Operators above their roofs that were given nothing but zeros are left out, and
listed: kernels of dynamic-range quantization skip rows of zeros, which the networks without trained weights
are full of.
"""

import json
import lzma
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import tflops_native
from side_by_side import format_percent, format_ratio, print_goal
from tflops_native.isolation.isolated import run_isolated
from tflops_native.machine.affinity import usable_cpus
from tflops_native.machine.caches import data_caches
from tflops_native.machine.peaks.peaks import ThreadPeaks
from tflops_native.machine.peaks.trials import measure_thread_peaks
from tflops_native.reports.report import Report
from tflops_native.runtime.kept import kept_values
from tflops_native.runtime.libraries import NativeRuntime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.workload import Workload

HERE = Path(__file__).parent
MODELS = sorted(
    [*HERE.parent.glob("examples/*.tflite"), *HERE.parent.glob("tests/models/**/*.tflite.xz")]
)
ROUNDS = 10
WORST = 10
ROOF_GOAL = 1.05
REPEATS = 2  # of a model with an operator above that
# What the clock of a processor that others use too varies by.
SPREAD_GOAL = 0.05

# In a process of its own, because numpy reads the number of threads only once.
ROUND = """
import json
import time

import numpy as np

from tflops_native.machine.peaks.trials import measure_compute_peaks

SIZE = 768
a, b = np.random.default_rng(0).random((2, SIZE, SIZE), dtype=np.float32)
out = np.empty_like(a)
best = np.inf
for _ in range(60):
    start = time.perf_counter()
    np.matmul(a, b, out=out)
    best = min(best, time.perf_counter() - start)
peaks = {peak.arithmetic: peak.operations_per_second for peak in measure_compute_peaks(1)}
print(json.dumps({"numpy": 2 * SIZE**3 / best, **peaks}))
"""


def measure() -> dict[str, float]:
    """Operations per second: numpy's float32, and the peak of each arithmetic type."""
    # A variable of the environment may choose a slower kernel for numpy.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    for name in ("OPENBLAS", "OMP", "MKL"):
        environment[f"{name}_NUM_THREADS"] = "1"
    ended = subprocess.run(
        [sys.executable, "-c", ROUND], env=environment, capture_output=True, text=True, check=True
    )
    figures: dict[str, float] = json.loads(ended.stdout)
    return figures


def main() -> None:
    rounds = [measure() for _ in range(ROUNDS)]
    print(f"{ROUNDS} processes, 1 thread, in units of 10^9 operations per second")
    for name in rounds[0]:
        rates = [figures[name] / 1e9 for figures in rounds]
        print(f"{name:8} median {median(rates):6.1f}  min {min(rates):6.1f}  max {max(rates):6.1f}")
    ratios = [figures["numpy"] / figures["float32"] for figures in rounds]
    print_goal("numpy over the float32 peak", max(ratios), 1.0, format_ratio)
    for name in ("float32", "int8"):
        rates = [figures[name] for figures in rounds]
        spread = (max(rates) - min(rates)) / median(rates)
        print_goal(f"spread of the {name} peak", spread, SPREAD_GOAL, format_percent)
    sweep((), "xnnpack")


def best_peaks(measured: Sequence[ThreadPeaks]) -> ThreadPeaks:
    """Of each peak the highest measurement."""
    return ThreadPeaks(
        threads=1,
        compute=tuple(
            max(same, key=lambda peak: peak.operations_per_second)
            for same in zip(*(peaks.compute for peaks in measured), strict=True)
        ),
        memory=tuple(
            max(same, key=lambda peak: peak.bytes_per_second)
            for same in zip(*(peaks.memory for peaks in measured), strict=True)
        ),
    )


def shares(reports: Sequence[Report], peaks: ThreadPeaks) -> dict[tuple[int, str], float]:
    """Per operator the median, over the reports of one model, of its least time over its longest."""
    found: dict[tuple[int, str], list[float]] = {}
    for report in reports:
        for row in report.with_parts(peaks=peaks).rows:
            if row.roof is not None and row.time is not None and row.time.estimate.upper_seconds:
                name = f"{row.operator.name} ({row.roof.limit})"
                share = row.roof.seconds / row.time.estimate.upper_seconds
                found.setdefault((row.operator.index, name), []).append(share)
    return {operator: median(values) for operator, values in found.items()}


def given_zeros(data: bytes, kernels: str) -> set[int]:
    """The operators of a model whose first input holds nothing but zeros in a run like the timed one."""
    model, options, runtime = tflops_native.load(data), RunOptions(kernels=kernels), open_runtime()
    assert isinstance(runtime, NativeRuntime)
    session = open_session(Workload.resolve(model), options, runtime)
    fill_inputs(session, options)
    values = kept_values(session, runtime, options)
    return {
        operator.index
        for operator in model.subgraphs[0].operators
        if operator.inputs[0] in values and not values[operator.inputs[0]].any()
    }


def sweep(parts: Sequence[str], kernels: str) -> None:
    """Time the operators of all test models, and print how near they come to their roofs."""
    models: dict[str, bytes] = {}
    files = [path for path in map(Path, parts) if path.is_file()]
    for path in files or MODELS:
        name = path.name.removesuffix(".xz").removesuffix(".tflite")
        if files or not parts or any(part in name for part in parts):
            data = path.read_bytes()
            models[name] = lzma.decompress(data) if path.suffix == ".xz" else data
    measured: list[ThreadPeaks] = []
    reports: dict[str, list[Report]] = {}

    def time_model(name: str) -> None:
        measured.append(run_isolated(measure_thread_peaks, 1, data_caches(usable_cpus())))
        try:
            report = tflops_native.report(
                models[name],
                peaks=False,
                kernels=kernels,
                max_time=1,
                isolated=True,
                isolated_operators=False,
            )
        except tflops_native.TflopsError as error:
            print(f"{name}: {str(error)[:100]}")
            return
        reports.setdefault(name, []).append(report)

    for name in models:
        time_model(name)
    for _ in range(REPEATS):
        peaks = best_peaks(measured)
        for name, found in reports.items():
            if max(shares(found, peaks).values(), default=0.0) > ROOF_GOAL:
                time_model(name)
    peaks = best_peaks(measured)
    nearest: list[tuple[float, str]] = []
    idle: list[tuple[float, str]] = []
    for name, same in reports.items():
        of_model = shares(same, peaks)
        is_above = max(of_model.values(), default=0.0) > ROOF_GOAL
        zeros = given_zeros(models[name], kernels) if is_above else set()
        for (index, operator), share in of_model.items():
            left_out = share > ROOF_GOAL and index in zeros
            (idle if left_out else nearest).append((share, f"{name} {index} {operator}"))
    nearest.sort(reverse=True)
    print(f"{len(nearest)} operators of {len(reports)} models; nearest to their roofs:")
    for share, name in nearest[:WORST]:
        print(f"{100 * share:5.0f}%  {name}")
    for share, name in idle:
        print(f"left out, given nothing but zeros: {name}, {100 * share:.0f}%")
    print_goal("nearest to its roof", nearest[0][0], ROOF_GOAL, format_percent)


if __name__ == "__main__":
    if "--models" in sys.argv[1:]:
        arguments = [word for word in sys.argv[1:] if word != "--models"]
        chosen = "xnnpack"
        if "--kernels" in arguments:
            at = arguments.index("--kernels")
            chosen = arguments[at + 1]
            del arguments[at : at + 2]
        sweep(arguments, chosen)
    else:
        main()
