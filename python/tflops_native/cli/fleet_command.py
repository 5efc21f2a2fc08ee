"""`tflops fleet`: a plan of models and devices."""

from pathlib import Path
from typing import Any

import click

from tflops_native.cli.completion import complete_files
from tflops_native.cli.errors import FAILED, echo_note
from tflops_native.cli.help import Command
from tflops_native.cli.model_input import expanded
from tflops_native.cli.output import Output, show_result
from tflops_native.cli.quantities import WholeNumber
from tflops_native.errors import OptionError, TflopsError
from tflops_native.fleets.counts import count_shard
from tflops_native.fleets.jobs import run_job
from tflops_native.fleets.run import fleet
from tflops_native.formats.registry import OF_ALL

_LINE_LIMIT = 400


@click.command("fleet", cls=Command)
@click.argument("plan", metavar="PLAN.yaml", shell_complete=complete_files)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- SNAKEMAKE...]")
@click.option("--dry-run", "-n", is_flag=True, help="Show the jobs that are left, and run none.")
@click.option(
    "--cores", type=WholeNumber(), help="Jobs that run at once here. [default: one per CPU]"
)
@click.option("--job", hidden=True)
@click.option("--attempt", type=WholeNumber(), default=1, hidden=True)
@click.option("--shard", hidden=True)
@click.option(
    "--format", "output_format", type=click.Choice(OF_ALL), default="text", show_default=True
)
@click.pass_context
def command(
    context: click.Context,
    /,
    plan: str,
    arguments: tuple[str, ...],
    job: str | None,
    attempt: int,
    shard: str | None,
    output_format: str,
    **options: Any,
) -> None:
    """Measure models on several devices (this machine, ssh, adb), as a plan says; or count a zoo.

    Snakemake runs the jobs: what is done is kept, a device that is lost fails its own jobs only. What
    stands after -- is passed on to it, as `-- --executor slurm --jobs 100`.
    docs/fleet.md goes from one model to a fleet.

    \b
    tflops fleet plan.yaml --dry-run
    tflops fleet plan.yaml
    tflops collect results/ -o table.csv
    """
    if shard is not None:
        count_shard(Path(plan), shard)
        return
    if job is not None:
        # What failed is in its file, and no failure of the workflow.
        run_job(Path(plan), job, attempt)
        return
    if any(not item.strip() for item in arguments):
        raise OptionError("an empty argument for Snakemake")
    try:
        found = fleet(plan, arguments=arguments, expand=expanded, job_done=_say, **options)
    except TflopsError as error:
        # What was done is not lost.
        if error.batch is not None:
            show_result(error.batch, Output(output_format))
        raise
    if options["dry_run"]:
        return
    show_result(found, Output(output_format))
    if found.failed:
        context.exit(FAILED)


def _say(device: str, model: str, done: int, total: int) -> None:
    echo_note(f"{done}/{total} {device}: {model}", _LINE_LIMIT)
