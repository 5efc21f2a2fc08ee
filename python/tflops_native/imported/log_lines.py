"""What TensorFlow Lite's `benchmark_model` prints around its tables.

Source: tflite/tools/benchmark/benchmark_model.cc and benchmark_tflite_model.cc.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from tflops_native.imported.recorded import MICROSECOND, DurationSummary, ModelMark

SUMMARY = "Inference timings in us:"
_RUNNING = "Running benchmark for at least"
_PARAMETER = re.compile(r"(?P<name>[#A-Z][^:\[\]]*): \[(?P<value>.*)\]")
_SIZE = re.compile(r"The input model file size \(MB\): (?P<size>[0-9.e+-]+)")
_DELEGATE = re.compile(
    r"Explicitly applied (?P<explicit>\S+) delegate, and the model graph will be "
    r"|Created TensorFlow Lite (?P<created>\S+) delegate for "
)
_STATISTIC = re.compile(
    r"\b(?P<name>count|first|curr|min|max|avg|std|p5|median|p95)=(?P<value>[-0-9.e+]+)"
)
_TOTALS = re.compile(
    r"(?P<name>Init|First inference|Warmup \(avg\)|Inference \(avg\)): (?P<value>[0-9.e+]+)"
)
_SIGNIFICANT_DIGITS = 6  # as C++ streams print floats


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFacts:
    """What the lines tell; None or empty where they do not."""

    model: ModelMark
    parameters: dict[str, str]
    delegates: tuple[str, ...]
    totals: dict[str, float]
    warm_up: DurationSummary | None
    latency: DurationSummary | None


def read_log(lines: Sequence[str]) -> LogFacts:
    """The facts in the lines of one benchmark.

    Raises:
        ValueError: they are of several benchmarks, or numbers are damaged.
    """
    parameters: dict[str, str] = {}
    totals: dict[str, float] = {}
    delegates: dict[str, None] = {}
    phases: list[DurationSummary] = []
    size = None
    awaits_statistics = False
    for line in lines:
        if SUMMARY in line:
            if totals:
                raise ValueError("it holds several benchmarks: cut out one of them")
            totals = {m["name"]: number_of(m["value"]) for m in _TOTALS.finditer(line)}
        elif line.startswith(_RUNNING):
            awaits_statistics = True
        elif awaits_statistics and line.startswith("count="):
            phases += _phase(line)
            awaits_statistics = False
        elif match := _SIZE.match(line):
            size = number_of(match["size"])
        elif match := _DELEGATE.search(line):
            delegates[match["explicit"] or match["created"]] = None
        elif match := _PARAMETER.fullmatch(line):
            parameters.setdefault(match["name"], match["value"])
    return LogFacts(
        model=_mark(parameters.get("Graph"), size),
        parameters=parameters,
        delegates=tuple(delegates),
        totals=totals,
        warm_up=phases[0] if len(phases) > 1 else None,
        latency=phases[-1] if phases else _mean(totals.get("Inference (avg)")),
    )


def _phase(line: str) -> list[DurationSummary]:
    """The statistics in microseconds of one phase: none if it had no run."""
    values = {match["name"]: number_of(match["value"]) for match in _STATISTIC.finditer(line)}
    count = int(values["count"]) if "count" in values else 0
    if not count:
        return []
    seconds = {name: value * MICROSECOND for name, value in values.items()}
    # Where all runs took the same time only that one is written, as the latest.
    latest = seconds.get("curr")
    mean = seconds.get("avg", latest)
    if mean is None:
        raise ValueError(f"no average in {line!r}")
    return [
        DurationSummary(
            count=count,
            mean=mean,
            minimum=seconds.get("min", latest),
            maximum=seconds.get("max", latest),
            p5=seconds.get("p5"),
            median=seconds.get("median"),
            p95=seconds.get("p95"),
            std=seconds.get("std"),
        )
    ]


def _mean(microseconds: float | None) -> DurationSummary | None:
    return None if microseconds is None else DurationSummary(mean=microseconds * MICROSECOND)


def _mark(graph: str | None, megabytes: float | None) -> ModelMark:
    """The model's file name, of whatever system it lay on, and its size in millions of bytes."""
    name = None if not graph else PureWindowsPath(PurePosixPath(graph).name).name
    if not megabytes:
        return ModelMark(name=name)
    last_digit = 10.0 ** (math.floor(math.log10(megabytes)) + 1 - _SIGNIFICANT_DIGITS)
    return ModelMark(name=name, size_bytes=megabytes * 1e6, size_error_bytes=last_digit * 1e6 / 2)


def number_of(text: str) -> float:
    """A number of 0 or more, as C++ prints it.

    Raises:
        ValueError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{text!r} where a number is expected")
    return value
