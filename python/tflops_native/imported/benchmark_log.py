"""Reads what TensorFlow Lite's and LiteRT's benchmark tools print, and their CSV files."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from tflops_native.imported.log_notes import unknown_lines
from tflops_native.imported.log_reader import LogReader
from tflops_native.imported.payloads import payloads
from tflops_native.imported.phases import statistics_of
from tflops_native.imported.recorded import BENCHMARK_MODEL, DurationSummary, Recorded


class NoBenchmarkError(ValueError):
    """The text is not of a benchmark."""


def read_log(text: str) -> list[Recorded | ValueError]:
    """Every benchmark in the text, in order; of one that cannot be read, why.

    Raises:
        NoBenchmarkError: there is none.
        ValueError: it has too many lines, or is of one that failed before anything ran.
    """
    reader = LogReader()
    # Blanks at the very end are the beginning of another row, not an empty line.
    for number, payload in enumerate(payloads(text.rstrip(" \t")), 1):
        reader.line(number, payload)
    reader.facts.tables.close(at_end=True)
    found: list[Recorded | ValueError] = []
    whole = [facts for facts in reader.benchmarks if facts.has_anything]
    for facts in whole:
        try:
            found.append(facts.recorded())
        except ValueError as error:
            found.append(error)
    if not found:
        found = [*_options(reader.options)]
    failed = next((facts for facts in reader.benchmarks if facts.has_failed is not None), None)
    if not found and failed is not None:
        raise ValueError(failed.why_nothing())
    if not found:
        raise NoBenchmarkError("it holds no benchmark")
    labelled = [_labelled(recorded, reader.options) for recorded in found]
    return [_with_unknown(labelled[0], reader.unknown), *labelled[1:]]


def _options(options: Sequence[tuple[str, str]]) -> list[Recorded | ValueError]:
    """What the last table of benchmark_model_performance_options alone says."""
    found: list[Recorded | ValueError] = []
    for name, line in options:
        try:
            latency = _statistics_of_option(line)
        except ValueError as error:
            found.append(error)
            continue
        found.append(
            Recorded(tool=BENCHMARK_MODEL, form="log", label=name, latency=latency)
            if latency is not None
            else ValueError(f"no inference was timed with {name}")
        )
    return found


def _statistics_of_option(line: str) -> DurationSummary | None:
    return statistics_of(line) if line.startswith("count=") else None


def _labelled(
    recorded: Recorded | ValueError, options: Sequence[tuple[str, str]]
) -> Recorded | ValueError:
    """With the name that the last table gives the benchmark of the same statistics."""
    if isinstance(recorded, ValueError) or recorded.latency is None or recorded.label is not None:
        return recorded
    names = []
    for name, line in options:
        with suppress(ValueError):
            if _statistics_of_option(line) == recorded.latency:
                names.append(name)
    return replace(recorded, label=names[0]) if len(names) == 1 else recorded


def _with_unknown(
    recorded: Recorded | ValueError, unknown: list[tuple[int, str]]
) -> Recorded | ValueError:
    if isinstance(recorded, ValueError) or not unknown:
        return recorded
    return replace(recorded, notes=(*recorded.notes, unknown_lines(unknown)))
