"""How far up the measured peaks are: against numpy's matrix product, and from process to process.

A peak that a real program exceeds is none. In each round a process of its own measures both, one after the
other: the float32 peak of one thread, and the best of many products of two matrices in numpy on one thread.
At last all test models are timed, operator by operator: the ten nearest to their roofs are printed, and
none may be above by more than the margin. `--models` leaves out the rounds.
"""

import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import tflops_native
from side_by_side import format_percent, format_ratio, print_goal

HERE = Path(__file__).parent
MODELS = sorted(
    [*HERE.parent.glob("examples/*.tflite"), *HERE.parent.glob("tests/models/**/*.tflite.xz")]
)
ROUNDS = 10
WORST = 10
# Peaks and times are measured one after the other.
ROOF_GOAL = 1.05
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
    sweep()


def sweep() -> None:
    """Time the operators of all test models, and print how near they come to their roofs."""
    peaks = tflops_native.peaks(threads=1, force=True)
    found = []
    for path in MODELS:
        name = path.name.removesuffix(".xz").removesuffix(".tflite")
        data = path.read_bytes()
        if path.suffix == ".xz":
            data = lzma.decompress(data)
        try:
            report = tflops_native.report(data, peaks=peaks, max_time=2, isolated=True)
        except tflops_native.TflopsError as error:
            print(f"{name}: {error}")
            continue
        found += [
            (row.utilization.share, f"{name} {row.operator.index} {row.operator.name}")
            for row in report.rows
            if row.utilization is not None
            and row.utilization.share is not None
            and not row.rate_is_bound
        ]
    found.sort(reverse=True)
    print(f"{len(found)} operators of {len(MODELS)} models; nearest to their roofs:")
    for share, name in found[:WORST]:
        print(f"{100 * share:5.0f}%  {name}")
    print_goal("nearest to its roof", found[0][0], ROOF_GOAL, format_percent)


if __name__ == "__main__":
    if "--models" in sys.argv[1:]:
        sweep()
    else:
        main()
