"""How much the figure of one model differs from one process to the next: our median, and a mean of 50.

The model is MobileNet V2, 224x224, float32, XNNPACK kernels, one thread. In every round two processes run
one after the other, alternating which is first:

- `tflops time`, of which the median is taken;
- the protocol that `benchmark_model` has by default, over the same library through our native
  interpreter: warm up for half a second, then at least 50 runs and at least a second, and the mean of
  them in whole microseconds. It is not that program: what differs is the protocol alone.

The spread is the difference of the largest and the smallest figure over their median; it grows with
the number of processes, and one bad one decides it. The deviation is that of all of them over their mean.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from statistics import fmean, median, stdev

from models import image_classifier
from side_by_side import Figures, format_percent, print_goal, print_table
from tflops_native import _native

PROCESSES = 10
WARM_UP_SECONDS = 0.5
RUNS = 50
SECONDS = 1.0
HALF = 0.5
LARGEST_SPREAD = 0.02

OURS = "median of `tflops time`"
THEIRS = "mean as benchmark_model"


def our_median_seconds(model: Path) -> float:
    tflops = Path(sysconfig.get_path("scripts")) / "tflops"
    command: list[str | Path] = [tflops, "time", model, "--format", "json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(output)["reports"][0]["timing"]["latency"]["median_seconds"])


def their_mean_seconds(model: Path) -> float:
    command: list[str | Path] = [sys.executable, __file__, model]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_their_protocol(model: Path) -> None:
    """Print the mean in seconds."""
    import numpy as np

    interpreter = _native.Interpreter(_native.Library.linked(), model)
    interpreter.allocate()
    (info,) = interpreter.inputs
    data = np.random.default_rng(0).uniform(-1, 1, info.shape).astype(np.float32)
    interpreter.set_input(0, data)
    interpreter.time_invokes(10**9, WARM_UP_SECONDS)
    samples = [*interpreter.time_invokes(RUNS, 1e9)]
    while sum(samples) < SECONDS * 1e9:
        samples += [*interpreter.time_invokes(1, 0.0)]
    print(fmean(int(sample) // 1000 for sample in samples) / 1e6)


def spread(seconds: list[float]) -> float:
    return (max(seconds) - min(seconds)) / median(seconds)


def deviation(seconds: list[float]) -> float:
    return stdev(seconds) / fmean(seconds)


def main() -> None:
    figures: Figures = {THEIRS: [], OURS: []}
    with tempfile.TemporaryDirectory() as name:
        model = image_classifier("mobilenet_v2", "MobileNetV2", Path(name))
        contenders = [(OURS, our_median_seconds), (THEIRS, their_mean_seconds)]
        for _ in range(PROCESSES):
            for contender, run in contenders:
                figures[contender].append(run(model))
            contenders.reverse()
    print(f"MobileNet V2, {PROCESSES} processes of each")
    print_table(figures, THEIRS)
    for contender, seconds in figures.items():
        print(
            f"{contender}: spread {format_percent(spread(seconds))}, "
            f"deviation {format_percent(deviation(seconds))}"
        )
    ours, theirs = spread(figures[OURS]), spread(figures[THEIRS])
    print_goal("our spread, of theirs", ours / theirs, HALF, format_percent)
    print_goal("our spread", ours, LARGEST_SPREAD, format_percent)
    ratio_of_deviations = deviation(figures[OURS]) / deviation(figures[THEIRS])
    print(f"our deviation, of theirs: {format_percent(ratio_of_deviations)}")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        run_their_protocol(Path(sys.argv[1]))
    else:
        main()
