"""The document of several models: a row for each."""

from collections.abc import Sequence
from dataclasses import replace

from tflops_native import formatting as numbers
from tflops_native.formats.document import Cell, Column, Document, Emphasis, Table, row_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.report import Report
from tflops_native.reports.saved import saved_reports

_COLUMNS = (
    Column(key="model", heading="model", is_number=False, readable=20, shortest=8),
    Column(key="quantization", heading="quantized", is_number=False),
    Column(key="signature", heading="signature", is_number=False, drop=3, readable=12, shortest=6),
    Column(key="input_shapes", heading="input", is_number=False, drop=2, readable=12, shortest=8),
    Column(key="operators", heading="operators", drop=1),
    Column(key="macs", heading="MACs"),
    Column(key="operations", heading="FLOPs"),
    Column(key="parameters", heading="parameters", drop=4),
    Column(key="weight_bytes", heading="weights"),
    Column(key="median_seconds", heading="median"),
    Column(key="p95_seconds", heading="p95", drop=5),
    Column(key="operations_per_second", heading="FLOP/s"),
)
_TIMED = ("median_seconds", "p95_seconds", "operations_per_second")
_COUNTED = ("operators", "macs", "operations", "parameters", "weight_bytes")


def overview_document(reports: Sequence[Report], *, samples: bool = True) -> Document:
    """One row per report: what was counted, and what was measured, of each model.

    Args:
        samples: whether its data has raw samples.
    """
    columns = [
        column
        for column in _COLUMNS
        if (column.key not in _TIMED or any(report.timing for report in reports))
        and (column.key not in _COUNTED or any(report.analysis for report in reports))
        and (column.key != "signature" or any(report.signature for report in reports))
        and (column.key != "quantization" or any(report.model.conversion for report in reports))
        and (column.key != "operations_per_second" or any(map(_speed, reports)))
    ]
    if any(report.analysis and report.analysis.integer_ops for report in reports):
        # Of some models these are operations on integers.
        columns = [
            replace(column, heading=column.heading.replace("FLOP", "OP")) for column in columns
        ]
    return Document(
        title=numbers.plural(len(reports), "model"),
        parts=(
            Table(
                title="models",
                columns=tuple(columns),
                rows=tuple(
                    row_of(columns, _cells(report), emphasis=_emphasis(report))
                    for report in reports
                ),
                gap=2,
            ),
        ),
        data=lambda: saved_reports(reports, samples=samples),
        reports=tuple(reports),
    )


def _speed(report: Report) -> float | None:
    """None where nothing was counted, too."""
    return None if report.analysis is None else report.operations_per_second


def _emphasis(report: Report) -> Emphasis:
    is_complete = report.analysis is None or report.analysis.coverage.is_complete
    return Emphasis.NONE if is_complete else Emphasis.PROBLEM


def _cells(report: Report) -> dict[str, Cell]:
    cells = {
        "model": Cell(report.model.name, printable(report.model.name, NAME_LIMIT)),
        "signature": Cell(report.signature, printable(report.signature or "", NAME_LIMIT)),
    }
    if report.model.conversion is not None and (how := report.model.conversion.quantization):
        cells["quantization"] = Cell(how, how)
    analysis, timing = report.analysis, report.timing
    if analysis is not None:
        shapes = ", ".join(numbers.shape(item.shape) for item in analysis.inputs)
        operations = analysis.total.operations
        about = "≥" if analysis.coverage.is_lower_bound else ""
        cells |= {
            "input_shapes": Cell(shapes, shapes),
            "operators": Cell(len(analysis.operators), f"{len(analysis.operators):,}"),
            "macs": Cell(analysis.macs, about + numbers.count(analysis.macs)),
            "operations": Cell(operations, about + numbers.count(operations)),
            "parameters": Cell(analysis.parameters, numbers.count(analysis.parameters)),
            "weight_bytes": Cell(
                analysis.weight_bytes, numbers.byte_count(analysis.weight_bytes) + "B"
            ),
        }
    elif timing is not None:
        shapes = ", ".join(map(numbers.shape, timing.input_shapes.values()))
        cells["input_shapes"] = Cell(shapes, shapes)
    if timing is not None:
        latency = timing.latency
        cells |= {
            key: Cell(value, numbers.seconds(value))
            for key, value in (
                ("median_seconds", latency.median_seconds),
                ("p95_seconds", latency.p95_seconds),
            )
            if value is not None
        }
        speed = _speed(report)
        if speed is not None:
            cells["operations_per_second"] = Cell(speed, f"{numbers.rate(speed)}FLOP/s")
    return cells
