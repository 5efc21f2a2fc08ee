"""`tflops batch`: many models, each once."""

from typing import Any

import click

from tflops_native import batches, formatting
from tflops_native.cli.completion import complete_models
from tflops_native.cli.errors import FAILED, echo_note
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import expanded, source_of
from tflops_native.cli.options import input_options, measuring_options
from tflops_native.cli.output import Output, show_result
from tflops_native.cli.progress import progress_bar
from tflops_native.cli.quantities import Duration, WholeNumber
from tflops_native.cli.results_folder import results_folder
from tflops_native.errors import OptionError, TflopsError
from tflops_native.formats.registry import OF_ALL
from tflops_native.reports.batch_job import BatchJob

_LINE_LIMIT = 400
# Of those that measure, what a count takes.
_BESIDE_MEASURING = frozenset(
    {"models", "folder", "count", "strict", "processes", "order", "retry", "output_format", "seed"}
    | {"signature", "input_shapes"}
)


@click.command("batch", cls=Command)
@click.argument(
    "models", nargs=-1, required=True, metavar="MODEL...", shell_complete=complete_models
)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="FOLDER",
    callback=results_folder,
    help="Keep a report for each job; what is there is not done again, so that an interrupted batch "
    "goes on.",
)
@click.option("--count", is_flag=True, help="Count only, on all CPUs, without measuring.")
@click.option("--strict", is_flag=True, help="With --count: fail unless every operator is counted.")
@click.option(
    "--processes", type=WholeNumber(), help="With --count: how many count. [default: one per CPU]"
)
@click.option(
    "--device",
    metavar="LABEL",
    help="A label for this device, in the reports and the table.",
)
@click.option(
    "--order",
    type=click.Choice(batches.ORDERS),
    default=batches.ORDERS[0],
    show_default=True,
    help="Order of the models: as given, one of each folder in turn, or random (--seed).",
)
@click.option(
    "--cool-down",
    type=Duration(),
    default=0.0,
    help="Where a machine became slower or was throttled, wait and measure again; waits at most "
    "SECONDS for each job. [default: 0]",
)
@click.option("--retry", is_flag=True, help="Do jobs again that failed before.")
@input_options
@measuring_options(takes_data=False)
@click.option(
    "--format", "output_format", type=click.Choice(OF_ALL), default="text", show_default=True
)
@click.pass_context
def command(
    context: click.Context,
    /,
    models: tuple[str, ...],
    output_format: str,
    count: bool,
    strict: bool,
    **options: Any,
) -> None:
    """Count or measure many models, one after the other; each content once, whatever its names.

    MODEL is a file, a bundle, of which all models are taken, or a folder. One that fails, as one without
    the input that --input-shape names, stays in the table with its reason.

    \b
    tflops batch models/ -o results/                 Ctrl-C, and the same again goes on
    tflops batch models/ -o counts/ --count          without measuring, on all CPUs
    tflops batch models/ --input-shape ids=1,128     one shape for all of them
    tflops batch old/ new/ -o results/ --order interleaved --cool-down 2min
    tflops collect results/ -o table.csv
    """
    if count:
        _refuse_measuring(context)
        given = ("folder", "processes", "order", "retry", "seed", "signature", "input_shapes")
        options = {**{name: options[name] for name in given}, "strict": strict}
    elif strict:
        raise OptionError("--strict goes with --count")
    options["input_shapes"] = options["input_shapes"] or None
    sources = [[source_of(path) for path in expanded(argument)] for argument in models]
    output = Output(output_format)
    try:
        with progress_bar() as progress:
            found = batches.batch(
                *sources, count=count, job_done=_say, progress=progress, **options
            )
    except (TflopsError, KeyboardInterrupt) as error:
        # What was done is not lost.
        if (partial := getattr(error, "batch", None)) is not None:
            show_result(partial, output)
        raise
    show_result(found, output)
    if found.failed:
        context.exit(FAILED)


def _refuse_measuring(context: click.Context) -> None:
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        is_given = source is click.core.ParameterSource.COMMANDLINE
        if is_given and parameter.name not in _BESIDE_MEASURING:
            raise click.UsageError(
                f"{parameter.opts[0]} cannot be combined with --count: nothing is measured"
            )


def _say(job: BatchJob, done: int, total: int) -> None:
    if job.reason is None and job.median_seconds is None:
        return  # counts are too fast to be read
    found = f"failed ({job.reason}): {job.error}" if job.reason else ""
    time = "" if job.median_seconds is None else formatting.seconds(job.median_seconds)
    echo_note(f"{done}/{total} {job.names[0]}: {found or time}", _LINE_LIMIT)
