"""A progress bar on standard error, for commands that measure."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tflops_native.progress import Progress, early_stop, no_progress

_BAR_WIDTH = 30
# The elapsed time runs on during long steps. To draw takes a millisecond of a processor that the measuring
# child process may want: too little, and too seldom, for its medians.
_REDRAWS_PER_SECOND = 2
# What steps are called; others by their own names.
_NAMES = {
    "load": "load model",
    "allocate": "allocate tensors",
    "warm up": "warm-up",
    "measure": "measure latency",
    "profile": "time operators",
    "operators alone": "time operators alone",
    "peaks": "measure peaks of this machine",
}


@contextmanager
def progress_if_any() -> Iterator[Progress]:
    """A bar as soon as there is progress: most models are loaded without."""
    with ExitStack() as opened:
        shown: Progress | None = None

        def show(what: str, done: float) -> None:
            nonlocal shown
            if shown is None:
                shown = opened.enter_context(progress_bar())
            shown(what, done)

        yield show


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Shown on a terminal only; leaves no trace."""
    if not _may_be_terminal():
        # Without rich, which takes long to import.
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield no_progress
        return
    bar = Bar(
        TimeElapsedColumn(),
        BarColumn(_BAR_WIDTH),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        refresh_per_second=_REDRAWS_PER_SECOND,
    )
    with bar:
        task = bar.add_task("start", total=None)

        def show(what: str, done: float) -> None:
            name = (
                "stopping; Ctrl-C again leaves"
                if early_stop.is_requested
                else _NAMES.get(what, what)
            )
            # What does not say how far it is has a bar that moves to and fro.
            bar.update(task, description=name, total=1.0 if done else None, completed=done)

        yield show


def _may_be_terminal() -> bool:
    return sys.stderr.isatty() or any(
        name in os.environ for name in ("FORCE_COLOR", "TTY_COMPATIBLE")
    )
