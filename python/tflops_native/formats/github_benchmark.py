"""JSON for github-action-benchmark, tool `customSmallerIsBetter`."""

from collections.abc import Iterator, Sequence
from typing import Any

from tflops_native import formatting as numbers
from tflops_native.formats.document import Document
from tflops_native.formats.of_reports import benchmark_names, reports_of
from tflops_native.plain_json import dump_json
from tflops_native.reports.report import Report
from tflops_native.timing.statistics import MedianInterval

# One unit for all: a chart has one axis, whatever the model takes.
_UNIT, _PER_SECOND = "ms", 1000


def render(document: Document) -> str:
    """Of one document, as `render_all`."""
    return render_all([document])


def render_all(documents: Sequence[Document]) -> str:
    """Latency, 95th percentile and counts of each report; all of them are better if smaller."""
    reports = reports_of(documents, "github-benchmark")
    names = benchmark_names(reports)
    pairs = zip(names, reports, strict=True)
    return dump_json([entry for name, report in pairs for entry in _entries(name, report)])


def _entries(name: str, report: Report) -> Iterator[dict[str, Any]]:
    timing = report.timing
    latency = None if timing is None else timing.latency
    if timing is not None and latency is not None and latency.typical_seconds is not None:
        samples = "" if latency.samples is None else numbers.plural(latency.samples, "sample")
        extra = [samples, timing.stability.verdict if timing.samples_ns else ""]
        for what, seconds, interval in (
            ("latency", latency.typical_seconds, latency.median_interval_seconds),
            ("p95 latency", latency.p95_seconds, latency.p95_interval_seconds),
        ):
            if seconds is not None:
                yield _time(f"{name}: {what}", seconds, interval, extra)
    if report.analysis is not None:
        yield {"name": f"{name}: MACs", "unit": "MACs", "value": report.analysis.macs}
        operations = report.analysis.total.operations
        yield {"name": f"{name}: operations", "unit": "OPs", "value": operations}


def _time(
    name: str, seconds: float, interval: MedianInterval | None, extra: Sequence[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "unit": _UNIT, "value": seconds * _PER_SECOND}
    lines = list(extra)
    if interval is not None:
        found["range"] = f"± {numbers.brief(interval.half_width * _PER_SECOND, 6)}"
        lower, upper = interval.lower * _PER_SECOND, interval.upper * _PER_SECOND
        lines.insert(
            0, f"95% interval {numbers.brief(lower, 6)} to {numbers.brief(upper, 6)} {_UNIT}"
        )
    if text := "; ".join(filter(None, lines)):
        found["extra"] = text
    return found
