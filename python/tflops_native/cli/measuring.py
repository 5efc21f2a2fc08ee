"""Measuring with a progress bar."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tflops_native.timing import ChildLimits, MeasureOptions, Timing, measure_isolated

_BAR_WIDTH = 30


def measure_with_progress(path: Path, options: MeasureOptions, limits: ChildLimits) -> Timing:
    """Measure in a child process; the bar is shown on a terminal only, and leaves no trace."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return measure_isolated(path, options, limits=limits)
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

        return measure_isolated(path, options, show, limits)
