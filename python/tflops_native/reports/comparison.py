"""Several runtimes side by side, for people and as plain data."""

from typing import TYPE_CHECKING, Any

from tflops_native.model import Model
from tflops_native.reports import numbers

if TYPE_CHECKING:
    from tflops_native.machine.machine import Machine
    from tflops_native.measurement.comparison import Comparison, Ratio, RuntimeTiming

FORMAT = "tflops_native/comparison"
FORMAT_VERSION = 1
_HEADINGS = ("runtime", "median", "min", "p95", "first", "load", "ratio", "95% interval")


def comparison_to_dict(
    model: Model, comparison: "Comparison", machine: "Machine"
) -> dict[str, Any]:
    """Plain data for JSON, in base units."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model": {
            "path": None if model.path is None else str(model.path),
            "size_bytes": model.size_bytes,
        },
        "machine": machine.to_dict(),
        "comparison": comparison.to_dict(),
    }


def comparison_to_text(model: Model, comparison: "Comparison", machine: "Machine") -> str:
    """One line per runtime, and what is the same for all of them."""
    name = "(bytes)" if model.path is None else model.path.name
    lines = [f"model     {name}, {numbers.byte_count(model.size_bytes)}B"]
    lines += [f"input     {record}" for record in _inputs(comparison)]
    rows = [_HEADINGS] + [
        _cells(timing, ratio)
        for timing, ratio in zip(comparison.runtimes, (None, *comparison.ratios), strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines.append("")
    for row in rows:
        first, *others = (
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    lines += ["", *_findings(comparison)]
    threads = numbers.plural(comparison.threads, "thread")
    lines.append(f"runs      {_stop(comparison)}")
    lines.append(f"runtime   {comparison.kernels} kernels, {threads}")
    if machine.processor is not None:
        lines.append(f"machine   {machine.processor}")
    return "\n".join(lines)


def _inputs(comparison: "Comparison") -> list[str]:
    return [f"{name} {numbers.shape(shape)}" for name, shape in comparison.input_shapes.items()]


def _cells(timing: "RuntimeTiming", ratio: "Ratio | None") -> tuple[str, ...]:
    latency = timing.latency
    interval = "" if ratio is None else "unknown"
    if ratio is not None and ratio.lower is not None and ratio.upper is not None:
        interval = f"{ratio.lower:.3f}..{ratio.upper:.3f}"
    return (
        timing.runtime.title,
        numbers.seconds(latency.median),
        numbers.seconds(latency.minimum),
        numbers.seconds(latency.p95),
        numbers.seconds(timing.first_invoke_ns / 1e9),
        numbers.seconds((timing.load_ns + timing.allocate_ns) / 1e9),
        "1" if ratio is None else f"{ratio.value:.3f}",
        interval,
    )


def _findings(comparison: "Comparison") -> list[str]:
    """In words, for each runtime but the first."""
    first = comparison.runtimes[0].runtime.title
    found = []
    for timing, ratio in zip(comparison.runtimes[1:], comparison.ratios, strict=True):
        name = timing.runtime.title
        if ratio.differs is None:
            found.append(f"result    too few independent rounds to tell {name} from {first}")
        elif not ratio.differs:
            found.append(f"result    no difference to be seen between {name} and {first}")
        else:
            change = abs(ratio.value - 1) * 100
            direction = "more" if ratio.value > 1 else "less"
            found.append(f"result    {name} takes {change:.1f}% {direction} time than {first}")
    return found


def _stop(comparison: "Comparison") -> str:
    stop = comparison.stop
    rounds = numbers.plural(comparison.ratios[0].rounds, "round")
    text = f"{rounds} in {stop.seconds:.1f}s, the runtimes in turns, in both orders"
    if stop.precision is None:
        return text
    wanted = f"{numbers.percent(stop.precision)}%"
    if stop.is_reached:
        return f"{text}; the ratios are known to {wanted}"
    return f"{text}; the wanted {wanted} was not reached"
