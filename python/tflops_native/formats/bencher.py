"""Bencher's metric format (BMF): for `bencher run --adapter json --file FILE`."""

from collections.abc import Sequence
from typing import Any

from tflops_native.formats.document import Document
from tflops_native.formats.of_reports import benchmark_names, reports_of
from tflops_native.plain_json import dump_json
from tflops_native.reports.report import Report
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, MedianInterval


def render(document: Document) -> str:
    """Of one document, as `render_all`."""
    return render_all([document])


def render_all(documents: Sequence[Document]) -> str:
    """A benchmark per report; intervals are lower and upper values, at 95 %.

    `latency` is Bencher's own measure, in nanoseconds, and `file-size` the one of its documentation, in
    bytes.
    """
    reports = reports_of(documents, "bencher")
    names = benchmark_names(reports)
    return dump_json(dict(zip(names, map(_measures, reports), strict=True)))


def _measures(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {}
    latency = None if report.timing is None else report.timing.latency
    if latency is not None and latency.typical_seconds is not None:
        found["latency"] = _nanoseconds(latency.typical_seconds, latency.median_interval_seconds)
        if latency.p95_seconds is not None:
            found["latency-p95"] = _nanoseconds(latency.p95_seconds, latency.p95_interval_seconds)
    if report.analysis is not None:
        found["macs"] = {"value": report.analysis.macs}
        found["operations"] = {"value": report.analysis.total.operations}
    if report.model.size_bytes:
        found["file-size"] = {"value": report.model.size_bytes}
    return found


def _nanoseconds(seconds: float, interval: MedianInterval | None) -> dict[str, float]:
    found = {"value": seconds * NANOSECONDS_PER_SECOND}
    if interval is not None:
        found["lower_value"] = interval.lower * NANOSECONDS_PER_SECOND
        found["upper_value"] = interval.upper * NANOSECONDS_PER_SECOND
    return found
