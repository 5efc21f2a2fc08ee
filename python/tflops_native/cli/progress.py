"""A progress bar on standard error, for commands that measure."""

from collections.abc import Iterator
from contextlib import contextmanager

from tflops_native.progress import Progress, no_progress

_BAR_WIDTH = 30


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Shown on a terminal only; leaves no trace."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield no_progress
        return
    bar = Bar(
        TextColumn("{task.description:12}"),
        BarColumn(_BAR_WIDTH),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        # No thread that wakes up beside the measurement: drawn when the measurement speaks.
        auto_refresh=False,
    )
    with bar:
        task = bar.add_task("start", total=1.0)

        def show(what: str, done: float) -> None:
            bar.update(task, description=what, completed=done, refresh=True)

        yield show
