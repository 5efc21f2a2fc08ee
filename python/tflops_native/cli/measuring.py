"""Measuring with a progress bar."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tflops_native.isolation.isolation import compare_isolated, measure_isolated
from tflops_native.isolation.limits import ChildLimits
from tflops_native.timing.comparison import Comparison
from tflops_native.timing.options import MeasureOptions
from tflops_native.timing.options import Progress as Hear
from tflops_native.timing.result import Timing

Outcome = TypeVar("Outcome")

_BAR_WIDTH = 30


def measure_with_progress(path: Path, options: MeasureOptions, limits: ChildLimits) -> Timing:
    """Measure in a child process; the bar is shown on a terminal only, and leaves no trace."""
    return _with_progress(lambda show: measure_isolated(path, options, show, limits))


def compare_with_progress(path: Path, options: MeasureOptions, limits: ChildLimits) -> Comparison:
    """Compare runtimes in a child process, as `measure_with_progress` measures one."""
    return _with_progress(lambda show: compare_isolated(path, options, show, limits))


def _with_progress(run: Callable[[Hear | None], Outcome]) -> Outcome:
    console = Console(stderr=True)
    if not console.is_terminal:
        return run(None)
    bar = Progress(
        TextColumn("{task.description:8}"),
        BarColumn(_BAR_WIDTH),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # No thread that wakes up beside the measurement: drawn when the child speaks.
        auto_refresh=False,
    )
    with bar:
        task = bar.add_task("start", total=1.0)

        def show(what: str, done: float) -> None:
            bar.update(task, description=what, completed=done, refresh=True)

        return run(show)
