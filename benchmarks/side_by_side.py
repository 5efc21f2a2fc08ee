"""What the benchmarks share: interleaved rounds, and a table of the contenders with their ratios.

Machines are noisy, so no figure stands alone: in every round all contenders run once, one after the
other, and only figures of the same round are related. Ratios are medians over the rounds.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from tflops_native import Latency

# What was measured -> seconds, one figure per round.
Figures = dict[str, list[float]]

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def run_rounds(contenders: Mapping[str, Callable[[], float]], rounds: int) -> Figures:
    """Run all contenders in turn, `rounds` times. Each returns seconds."""
    figures: Figures = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            figures[name].append(run())
    return figures


def ratio(figures: Figures, name: str, reference: str) -> float:
    """How many times as long as the reference: the median over the rounds."""
    pairs = zip(figures[name], figures[reference], strict=True)
    return median(seconds / by for seconds, by in pairs)


def difference(figures: Figures, name: str, reference: str) -> float:
    """Seconds above the reference: the median over the rounds."""
    pairs = zip(figures[name], figures[reference], strict=True)
    return median(seconds - by for seconds, by in pairs)


def process_seconds(command: Sequence[str | Path]) -> float:
    """Wall time of a whole process, in seconds. Ends the benchmark if the process fails."""
    start = time.perf_counter()
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        line = " ".join(map(str, command))
        sys.exit(f"`{line}` ended with {process.returncode}:\n{process.stderr}")
    return seconds


def print_table(figures: Figures, reference: str) -> None:
    """Median, quickest and slowest round of each contender, and its ratio to the reference."""
    width = max(map(len, figures))
    rounds = len(figures[reference])
    print(f"{f'{rounds} rounds':{width}}  {'median':>9} {'min':>9} {'max':>9}   ratio")
    for name, seconds in figures.items():
        columns = (median(seconds), min(seconds), max(seconds))
        texts = " ".join(f"{format_seconds(value):>9}" for value in columns)
        print(f"{name:{width}}  {texts} {ratio(figures, name, reference):7.3g}")


def print_goal(what: str, value: float, limit: float, format_value: Callable[[float], str]) -> None:
    """State a goal, an upper limit, and whether it was met."""
    verdict = "met" if value <= limit else "MISSED"
    print(f"goal {verdict}: {what} at most {format_value(limit)}, measured {format_value(value)}")


def format_ratio(value: float) -> str:
    """A ratio for the eye: "1.02x"."""
    return f"{value:.3f}x"


def median_seconds(latency: Latency) -> float:
    """The median of samples that were taken here."""
    if latency.median_seconds is None:
        raise ValueError("a latency without a median was not measured here")
    return latency.median_seconds


def format_seconds(seconds: float) -> str:
    """Seconds for the eye, with three digits: "2.90 ms"."""
    scale, unit = next(((s, u) for s, u in _UNITS if abs(seconds) >= s), _UNITS[-1])
    value = seconds / scale
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f} {unit}"


def format_percent(fraction: float) -> str:
    """A fraction for the eye: "1.25%"."""
    return f"{100 * fraction:.2f}%"
