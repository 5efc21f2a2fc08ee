"""Profiled runs as a trace: for ui.perfetto.dev and chrome://tracing."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tflops_native import formatting as numbers
from tflops_native.errors import OptionError
from tflops_native.formats.document import Document
from tflops_native.formats.of_reports import model_name, reports_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.plain_json import dump_json
from tflops_native.profile.record import RecordedEvent, RecordedRun, RecordedRuns
from tflops_native.reports.report import Report

_NANOSECONDS_PER_MICROSECOND = 1000


def render(document: Document) -> str:
    """Of one document, as `render_all`."""
    return render_all([document])


def render_all(documents: Sequence[Document]) -> str:
    """A process per report; in it a track for each run: the fastest, the median and the slowest.

    Raises:
        OptionError: no report has runs with all their events.
    """
    events: list[dict[str, Any]] = []
    for process, report in enumerate(reports_of(documents, "trace"), start=1):
        profile = None if report.timing is None else report.timing.profile
        if profile is not None and profile.recorded is not None:
            events += _process(process, report, profile.recorded, profile.runs)
    if not events:
        raise OptionError(
            "a trace shows profiled runs, and none are recorded here: `tflops report MODEL --format "
            "trace -o trace.json` records some; logs of benchmark_model hold means only, and "
            "--no-samples leaves runs out"
        )
    return dump_json({"displayTimeUnit": "ns", "traceEvents": events})


def _process(
    process: int, report: Report, recorded: RecordedRuns, runs: int | None
) -> Iterator[dict[str, Any]]:
    yield _named("process_name", process, 0, model_name(report))
    for track, run in enumerate(recorded.runs, start=1):
        among = "" if runs is None else f" of {numbers.plural(runs, 'profiled run')}"
        title = f"{run.rank}{among}: {numbers.seconds(run.invoke_ns / 1e9)}"
        yield _named("thread_name", process, track, title)
        yield {
            "name": "inference",
            "cat": "run",
            "ph": "X",
            **_span(0, run.invoke_ns),
            "pid": process,
            "tid": track,
        }
        yield from _events(process, track, report, recorded, run)


def _events(
    process: int, track: int, report: Report, recorded: RecordedRuns, run: RecordedRun
) -> Iterator[dict[str, Any]]:
    for event, start, duration in zip(run.events, run.starts_ns, run.durations_ns, strict=True):
        what = recorded.events[event]
        name, arguments = _described(what, report)
        yield {
            "name": name,
            "cat": "delegate" if what.is_delegated else "builtin",
            "ph": "X",
            **_span(start, duration),
            "pid": process,
            "tid": track,
            "args": arguments,
        }


def _described(event: RecordedEvent, report: Report) -> tuple[str, dict[str, Any]]:
    """The name of an event and what to say of it, by the operator of the model if that is known."""
    name = printable(event.name, NAME_LIMIT)
    arguments: dict[str, Any] = {"kernel": name if event.is_delegated else "builtin"}
    if event.is_delegated:
        arguments["start"] = "derived: the delegate reports durations only"
    analysis = report.analysis
    if event.operator is None:
        return name, arguments
    arguments["operator"] = event.operator
    if analysis is None or event.subgraph_index != analysis.subgraph_index:
        return f"{name} #{event.operator}", {**arguments, "subgraph": event.subgraph_index}
    operators = analysis.operators
    if not 0 <= event.operator < len(operators):
        return name, arguments
    operator = operators[event.operator]
    if operator.layer is not None:
        arguments["layer"] = printable(operator.layer, NAME_LIMIT)
    if operator.output_shapes:
        arguments["output"] = numbers.shape(operator.output_shapes[0])
    arguments |= {"macs": operator.cost.macs, "operations": operator.cost.operations}
    return f"{printable(operator.name, NAME_LIMIT)} #{event.operator}", arguments


def _named(kind: str, process: int, track: int, name: str) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": process, "tid": track, "args": {"name": name}}


def _span(start_ns: int, duration_ns: int) -> dict[str, float]:
    return {"ts": _microseconds(start_ns), "dur": _microseconds(duration_ns)}


def _microseconds(nanoseconds: int) -> float:
    """The unit of the format. Viewers multiply by 1000 and cut: what comes out must be the nanosecond."""
    found = nanoseconds / _NANOSECONDS_PER_MICROSECOND
    while int(found * _NANOSECONDS_PER_MICROSECOND) < nanoseconds:
        found = math.nextafter(found, math.inf)
    return found
