"""Options that several subcommands share. Each is named as the argument of the API that it gives."""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import click
from click.core import ParameterSource

from tflops_native.analysis.conventions import CONVENTIONS
from tflops_native.cli.quantities import (
    ByteSize,
    CpuList,
    Duration,
    Fraction,
    InputFile,
    InputShape,
    KeyValue,
    Several,
    WholeNumber,
)
from tflops_native.errors import RuntimeLibraryError
from tflops_native.machine.affinity import usable_cpus
from tflops_native.runtime.options import (
    DEFAULT_RUNTIME,
    FILLS,
    KERNELS,
    RUNTIME_NAMES,
    THREADS_LIMIT,
)

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator: TypeAlias = Callable[[Any], Any]
MANY_PER_CPU = 8
RUNTIME_METAVAR = "|".join((*RUNTIME_NAMES, "PATH"))


def options(*decorators: Decorator) -> Decorator:
    """Several options as one decorator; `--help` lists them in this order."""

    def decorate(command: Any) -> Any:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def by_name(what: str) -> Callable[..., dict[str, Any]]:
    """The values of a repeatable option by name, each name once."""

    def collect(
        context: click.Context, parameter: click.Parameter, pairs: tuple[tuple[str, Any], ...]
    ) -> dict[str, Any]:
        for name, count in Counter(name for name, _ in pairs).items():
            if count > 1:
                which = f"input {name!r}" if name else "the only input"
                raise click.BadParameter(f"{count} {what} are given for {which}")
        return dict(pairs)

    return collect


def refuse_with_profile(context: click.Context, allowed: frozenset[str]) -> None:
    """Raise if an option is given together with --profile, which measures nothing."""
    for parameter in context.command.params:
        name = parameter.name or ""
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and name not in allowed:
            raise click.UsageError(
                f"{parameter.opts[0]} cannot be combined with --profile (times come from the file)"
            )


def _flat(
    context: click.Context, parameter: click.Parameter, values: tuple[tuple[Any, ...], ...]
) -> tuple[Any, ...]:
    """The values of an option that takes several, and may be given again."""
    return tuple(item for several in values for item in several)


def _several(name: str, kind: Any, default: Any, **settings: Any) -> Decorator:
    """An option that takes several values, with commas between them or given again."""
    return click.option(
        name,
        type=Several(kind),
        multiple=True,
        default=[(default,)],
        **{"callback": _flat, **settings},
    )


input_options = options(
    click.option("--signature", metavar="KEY", help="Signature to analyze."),
    click.option(
        "--input-shape",
        "input_shapes",
        type=InputShape(),
        multiple=True,
        callback=by_name("shapes"),
        help="Shape of an input; repeatable. The name may be left out where there is one input.",
    ),
)
input_file_option = click.option(
    "--input",
    "inputs",
    type=InputFile(),
    multiple=True,
    callback=by_name("files"),
    help="Data of an input, from a .npy, .npz or .bin file; repeatable. Sets open lengths too.",
)
counting_options = options(
    click.option(
        "--shapes",
        type=click.Choice(["inferred", "runtime"]),
        default="inferred",
        show_default=True,
        help="Use inferred shapes, or shapes, branches and iterations observed in one run.",
    ),
    click.option(
        "--trip-count",
        type=WholeNumber(minimum=0),
        help="Iterations to assume for loops whose count depends on data.",
    ),
    click.option("--strict", is_flag=True, help="Fail unless every operator is counted exactly."),
)


def _conventions(
    context: click.Context, parameter: click.Parameter, name: str | None
) -> tuple[str, ...]:
    if name == "all":
        return tuple(CONVENTIONS)
    return () if name is None else (name,)


convention_options = options(
    click.option(
        "--convention",
        "conventions",
        type=click.Choice([*CONVENTIONS, "all"]),
        callback=_conventions,
        help="Count as another tool does, too; all: side by side.",
    ),
    click.option(
        "--valid-taps", is_flag=True, help="Count MACs without kernel positions on padding, too."
    ),
)
_random_options = options(
    click.option(
        "--fill",
        type=click.Choice(FILLS),
        default=FILLS[0],
        show_default=True,
        help="Data of the inputs for which none is given.",
    ),
    click.option(
        "--seed",
        type=WholeNumber(minimum=0),
        default=0,
        show_default=True,
        help="Seed for random inputs.",
    ),
)
data_options = options(input_file_option, _random_options)


_RUNTIME_HELP = (
    "The library of this package, that of ai-edge-litert or litert-lm-api, TensorFlow's interpreter in "
    "Python, or the path of a library; `tflops runtimes` lists what is installed."
)
_SEVERAL_HELP = "several, with commas between them, are compared"
runtime_option = click.option(
    "--runtime",
    default=DEFAULT_RUNTIME,
    show_default=True,
    metavar=RUNTIME_METAVAR,
    help=_RUNTIME_HELP,
)


def _warn_of_many(count: int) -> int:
    """Say before anything starts that threads will wait for each other."""
    try:
        cpus = len(usable_cpus()) if count > 1 else count
    except RuntimeLibraryError:
        return count  # without the compiled part nothing is measured, which is said later
    if cpus < count <= THREADS_LIMIT:
        cpu_text = "1 CPU" if cpus == 1 else f"{cpus} CPUs"
        is_many = count > MANY_PER_CPU * cpus
        effect = "this may take long" if is_many else "times will be longer and vary more"
        click.echo(f"note: {count} threads share {cpu_text}: {effect}", err=True)
    return count


def _flat_threads(
    context: click.Context, parameter: click.Parameter, values: tuple[tuple[int, ...], ...]
) -> tuple[int, ...]:
    threads: tuple[int, ...] = _flat(context, parameter, values)
    _warn_of_many(max(threads))
    return threads


_THREADS_HELP = f"Threads of the runtime, 1 to {THREADS_LIMIT:,}"
threads_option = click.option(
    "--threads",
    type=WholeNumber(),
    default=1,
    show_default=True,
    callback=lambda context, parameter, value: _warn_of_many(value),
    help=f"{_THREADS_HELP}.",
)
_run_options = options(
    runtime_option,
    click.option(
        "--kernels",
        type=click.Choice(KERNELS),
        default=KERNELS[0],
        show_default=True,
        help="The XNNPACK delegate, TensorFlow Lite's own kernels, or LiteRT's reference kernels.",
    ),
    threads_option,
)
# The same of commands that compare: several values of each.
_several_run_options = options(
    _several(
        "--runtime",
        click.STRING,
        DEFAULT_RUNTIME,
        metavar=RUNTIME_METAVAR,
        help=f"{_RUNTIME_HELP} To compare: {_SEVERAL_HELP}. [default: {DEFAULT_RUNTIME}]",
    ),
    _several(
        "--kernels",
        click.Choice(KERNELS),
        KERNELS[0],
        metavar="|".join(KERNELS),
        help=f"Kernels; {_SEVERAL_HELP}. [default: {KERNELS[0]}]",
    ),
    _several(
        "--threads",
        WholeNumber(),
        1,
        metavar="N",
        callback=_flat_threads,
        help=f"{_THREADS_HELP}; {_SEVERAL_HELP}. [default: 1]",
    ),
)
limit_options = options(
    click.option(
        "--timeout",
        type=Duration(),
        help="Stop a measurement after SECONDS. [default: 5min without a report and without processor "
        "time (Linux); unlimited while it computes, and with --delegate]",
    ),
    click.option(
        "--memory-limit",
        type=ByteSize(),
        help="Memory that runtime and model may allocate, as 500MB or 2GiB (Linux). (`report` loads the "
        "model twice.)",
    ),
)


def measuring_options(*, compares: bool = False, takes_data: bool = True) -> Decorator:
    """Options of commands that measure.

    Args:
        compares: whether runtime, kernels and threads may be several.
        takes_data: whether inputs may be given data.
    """
    return options(
        _several_run_options if compares else _run_options,
        click.option("--pin", type=CpuList(), help="Run on these CPUs only: 1 or 0,2 or 0-3."),
        click.option(
            "--delegate",
            metavar="PATH",
            help="External delegate library, applied before XNNPACK.",
        ),
        click.option(
            "--delegate-option",
            "delegate_options",
            type=KeyValue(),
            multiple=True,
            callback=lambda context, parameter, pairs: dict(pairs),
            help="Option passed to the delegate, KEY=VALUE; repeatable.",
        ),
        data_options if takes_data else _random_options,
        click.option(
            "--precision",
            type=Fraction(),
            help="Stop once the median is known to within ±PERCENT (95% confidence). [default: 1% unless "
            "--runs is given]",
        ),
        click.option(
            "--runs",
            type=WholeNumber(),
            help="Number of samples (the maximum if --precision is given).",
        ),
        click.option(
            "--min-runs",
            type=WholeNumber(),
            default=1,
            show_default=True,
            help="Minimum number of samples.",
        ),
        click.option(
            "--max-time",
            type=Duration(),
            help="Maximum sampling time. [default: 10s; unlimited if only --runs is given]",
        ),
        click.option(
            "--interval",
            type=Duration(),
            default=0.0,
            help="Start one inference every SECONDS (33ms for 30 frames per second).",
        ),
        limit_options,
    )
