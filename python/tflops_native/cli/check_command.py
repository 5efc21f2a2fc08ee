"""`tflops check`: whether a model keeps its limits."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from tflops_native import gate
from tflops_native.checks import file_path
from tflops_native.cli.errors import echo_note, message_of
from tflops_native.cli.help import Command
from tflops_native.cli.limits_file import KEYS, limits_of
from tflops_native.cli.model_input import report_or_model_argument
from tflops_native.cli.options import input_options, measuring_options
from tflops_native.cli.output import Output, check_place, output_options, show_result
from tflops_native.cli.overwriting import refuse_overwriting
from tflops_native.cli.progress import progress_bar
from tflops_native.cli.quantities import ByteSize, Count, Duration, Growth, Share
from tflops_native.cli.streams import say
from tflops_native.errors import OptionError, TflopsError
from tflops_native.formats.budgets import check_document
from tflops_native.formats.ci_reports import annotations, junit, junit_of_error
from tflops_native.formats.registry import render
from tflops_native.model.graph import Model
from tflops_native.reports.budgets import Check
from tflops_native.whole_files import write_whole

EXIT_CODES = {"pass": 0, "fail": 1, "undecided": 3}
_SUMMARY = "GITHUB_STEP_SUMMARY"


class _Check(Command):
    """Writes the JUnit file where the check ends with an error, too: one of an earlier run would pass."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except click.exceptions.Exit:
            raise
        except BaseException as error:
            with suppress(TflopsError, OSError):
                _write_error(context.params, error)
            raise


def _write_error(parameters: Mapping[str, Any], error: BaseException) -> None:
    if (path := parameters["junit_path"]) is None:
        return
    refuse_overwriting(parameters)
    check: Check | None = getattr(error, "check", None)
    is_interrupted = isinstance(error, KeyboardInterrupt)
    text = junit_of_error(
        Path(parameters["model"]).name if check is None else check.model.name,
        () if check is None else check.lines,
        "interrupted" if is_interrupted else message_of(error) or type(error).__name__,
    )
    write_whole(file_path("the JUnit file", path), text.encode())


@click.command("check", cls=_Check)
@report_or_model_argument
@click.option("--max-macs", type=Count(), help="Maximum MACs: 600M, 1.2G or a number.")
@click.option("--max-flops", type=Count(), help="Maximum FLOPs, or OPs of integers.")
@click.option("--max-params", type=Count(), help="Maximum parameters.")
@click.option("--max-weights", type=ByteSize(), help="Maximum bytes of constants: 4MiB.")
@click.option("--max-arena", type=ByteSize(), help="Maximum bytes of the planned arena: 256KiB.")
@click.option("--max-latency", type=Duration(needs_unit=True), help="Maximum median: 7ms.")
@click.option("--max-p95", type=Duration(needs_unit=True), help="Maximum 95th percentile.")
@click.option(
    "--min-coverage", type=Share(), help="Minimum share of operators that are counted: 100%."
)
@click.option(
    "--baseline", metavar="FILE", help="File that `tflops baseline` wrote for an earlier version."
)
@click.option(
    "--max-regression",
    type=Growth(),
    multiple=True,
    callback=lambda context, parameter, pairs: dict(pairs) or None,
    help="Maximum growth over the baseline: latency=5% or macs=0%; repeatable. "
    "[default: no count may grow]",
)
@click.option(
    "--undecided",
    "policy",
    type=click.Choice(["pass", "fail"]),
    help="Count an undecided check as passed or failed. [default: exit code 3]",
)
@click.option("--junit", "junit_path", metavar="FILE", help="Write JUnit XML, too.")
@click.option(
    "--github",
    is_flag=True,
    help="Print annotations for GitHub, and add Markdown to the summary of the job.",
)
@input_options
@measuring_options()
@output_options
@click.pass_context
def command(
    context: click.Context,
    /,
    model: str | Model,
    policy: str | None,
    junit_path: str | None,
    github: bool,
    output: Output,
    **options: Any,
) -> None:
    """Check that MODEL, or a report that was saved of it, keeps its limits.

    The exit code is 0 if all are kept, 1 if one is not, 3 if undecided, 2 for an error. A time
    fails only where its whole interval lies above the limit, and passes only where all of it lies below.
    Limits may stand in tflops.toml, or in [tool.tflops] of pyproject.toml: see docs/ci.md.

    \b
    tflops check MODEL --max-macs 600M --max-weights 4MiB  runs nothing
    tflops check MODEL --max-latency 7ms --max-p95 9ms     for up to a minute
    tflops check MODEL --baseline base.json --max-regression latency=5%
    tflops check MODEL                                     limits of tflops.toml
    """
    # What is as it would be without being given says nothing of how to measure.
    given = {
        name: value
        for name, value in options.items()
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
    }
    if junit_path is not None:
        check_place(file_path("the JUnit file", junit_path))
    policy = _with_limits_of_file(context, given, policy)
    try:
        with progress_bar() as progress:
            found = gate.check(model, isolated=True, progress=progress, **given)
    except (TflopsError, KeyboardInterrupt) as error:
        # What was counted, and measured before, is not lost.
        if (partial := getattr(error, "check", None)) is not None:
            _report(partial, output, None, github)
        raise
    _report(found, output, junit_path, github)
    verdict = found.verdict
    if verdict == "undecided" and policy is not None:
        verdict = "pass" if policy == "pass" else "fail"
    context.exit(EXIT_CODES[verdict])


def _report(found: Check, output: Output, junit_path: str | None, github: bool) -> None:
    if junit_path is not None:
        write_whole(Path(junit_path), junit(found).encode())
    show_result(found, output)
    if github:
        _github(found)


def _with_limits_of_file(
    context: click.Context, given: dict[str, Any], policy: str | None
) -> str | None:
    """Add what a file says of the model to what is given, which overrides it; returns the policy."""
    argument = context.params["model"]
    found = limits_of(argument, context.command, Path.cwd())
    if found is None:
        return policy
    names = {key.replace("-", "_") for key in KEYS}
    if not found.values and not names & set(given):
        raise OptionError(
            f"there is nothing to check: no glob in '{found.path}' matches {argument!r}, and no limit is "
            "given, as --max-latency 7ms"
        )
    if found.globs:
        globs = ", ".join(map(repr, found.globs))
        echo_note(f"limits of {found.path}: {globs}")
    values = dict(found.values)
    policy = policy or values.pop("policy", None)
    values.pop("policy", None)
    given.update({name: value for name, value in values.items() if name not in given})
    return policy


def _github(found: Check) -> None:
    for line in annotations(found):
        say(line)
    if summary := os.environ.get(_SUMMARY):
        _append(Path(summary), render(check_document(found), "markdown") + "\n\n")


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write '{path}': {reason}") from error
