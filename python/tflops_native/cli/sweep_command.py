"""`tflops sweep`: a grid of configurations."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click

from tflops_native import formatting as numbers
from tflops_native import sweeps
from tflops_native.cli.errors import FAILED, echo_note
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import expanded, source_of
from tflops_native.cli.options import measuring_options
from tflops_native.cli.output import Output, show_result
from tflops_native.cli.progress import progress_bar
from tflops_native.cli.quantities import Several, ShapeGrid
from tflops_native.cli.results_folder import results_folder
from tflops_native.errors import TflopsError
from tflops_native.formats.registry import OF_ALL
from tflops_native.formats.sweep import cell_table, input_text
from tflops_native.machine.affinity import usable_cpus
from tflops_native.model.sources.conversion import QUANTIZATIONS
from tflops_native.progress import Progress
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell

# Of a terminal: what is left is for the bar and the heading.
_LINES_BESIDE = 6
_LINE_LIMIT = 400


def _shapes(
    context: click.Context,
    parameter: click.Parameter,
    pairs: tuple[tuple[str, str], ...],
) -> dict[str, list[str]]:
    """The patterns of each input: several for one are alternatives."""
    found: dict[str, list[str]] = {}
    for name, pattern in pairs:
        found.setdefault(name, []).append(pattern)
    return found


@click.command("sweep", cls=Command)
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--signature", metavar="KEY", help="Signature to measure.")
@click.option(
    "--input-shape",
    "input_shapes",
    type=ShapeGrid(),
    multiple=True,
    callback=_shapes,
    help="Shapes of an input, as '1,{128..320..32},224,3' or '{1,2,4,8},224,224,3': all combinations. "
    "Given again for the same input, alternatives.",
)
@click.option(
    "--quantize",
    type=Several(click.Choice(QUANTIZATIONS)),
    multiple=True,
    callback=lambda context, parameter, values: (
        tuple(item for several in values for item in several) or None
    ),
    metavar="|".join(QUANTIZATIONS),
    help="How to convert Keras models and SavedModels; several, with commas between them.",
)
@click.option(
    "--representative", metavar="FILE", help="Data for --quantize int8 and int16x8: a .npz file."
)
@measuring_options(compares=True, takes_data=False)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    callback=results_folder,
    help="Keep a report for each cell; what is there is not measured again, so that an interrupted "
    "sweep goes on.",
)
@click.option("--retry", is_flag=True, help="Measure cells again that failed before.")
@click.option(
    "--format", "output_format", type=click.Choice(OF_ALL), default="text", show_default=True
)
@click.pass_context
def command(
    context: click.Context,
    /,
    models: tuple[str, ...],
    input_shapes: dict[str, list[str]],
    output_format: str,
    **options: Any,
) -> None:
    """Measure all combinations of models, shapes, threads, runtimes, kernels and quantizations.

    The cells are measured in random order. A cell that fails stays in the table with its reason.

    \b
    tflops sweep MODEL --threads 1,2,4 --runtime tflite,litert
    tflops sweep MODEL --input-shape '1,{128..320..32},{128..320..32},3' -o sweep/
    tflops sweep MODEL --input-shape '{1,2,4,8,16},224,224,3' --format html > sweep.html
    tflops sweep model.keras --quantize none,float16,int8
    """
    output = Output(output_format)
    sources = [source_of(path) for argument in models for path in expanded(argument)]
    try:
        with _watching() as (cell_done, progress):
            found = sweeps.sweep(
                *sources,
                input_shapes=input_shapes or None,
                isolated=True,
                cell_done=cell_done,
                progress=progress,
                **options,
            )
    except (TflopsError, KeyboardInterrupt) as error:
        # What was measured is not lost.
        if (partial := getattr(error, "sweep", None)) is not None:
            show_result(partial, output)
        raise
    show_result(found, output)
    if any(cell.error is not None for cell in found.cells):
        context.exit(FAILED)


@contextmanager
def _watching() -> Iterator[tuple[Callable[[SweepCell, int, int], None], Progress]]:
    """On a terminal a table that grows above a bar, and leaves no trace; else a line per cell."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        with _live_table(console) as hooks:
            yield hooks
        return

    def say(cell: SweepCell, done: int, planned: int) -> None:
        what = ", ".join(
            [
                cell.model,
                input_text(cell.input_shapes),
                *filter(None, [cell.quantization]),
                cell.runtime,
                cell.kernels,
                numbers.plural(cell.threads, "thread"),
            ]
        )
        time = "" if cell.median_seconds is None else numbers.seconds(cell.median_seconds)
        found = time if cell.error is None else f"failed: {cell.error}"
        echo_note(f"{done}/{planned} {what}: {found}", _LINE_LIMIT)

    with progress_bar() as progress:
        yield say, progress


@dataclass(slots=True)
class _Shown:
    """What the live table shows."""

    cells: list[SweepCell] = field(default_factory=list)
    planned: int = 0


@contextmanager
def _live_table(
    console: Any,
) -> Iterator[tuple[Callable[[SweepCell, int, int], None], Progress]]:
    from rich.console import Group
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    from tflops_native.formats.text import table_text

    state = _Shown()
    cpus = len(usable_cpus())

    def draw(what: str, done: float) -> Any:
        parts: list[Any] = []
        if state.cells:
            sweep = Sweep(
                cells=tuple(state.cells), planned=state.planned, kept=0, seed=0, cpus=cpus
            )
            last = max(console.height - _LINES_BESIDE, 1)
            parts.append(table_text(cell_table(sweep, last=last), console.width))
        bar = ProgressBar(total=1.0, completed=done, width=30)
        return Group(*parts, Text(what, style="bold"), bar)

    # No thread that wakes up beside the measurement: drawn when the measurement speaks.
    with Live(console=console, transient=True, auto_refresh=False) as live:

        def show(what: str, done: float) -> None:
            live.update(draw(what, done), refresh=True)

        def add(cell: SweepCell, done: int, planned: int) -> None:
            state.cells.append(cell)
            state.planned = planned
            show(f"{done}/{planned}", done / planned)

        yield add, show
