"""What other counting conventions say beside our own numbers: cells, totals and lines."""

from tflops_native import formatting as numbers
from tflops_native.analysis.conventions import ConventionCounts
from tflops_native.analysis.operators import OperatorAnalysis
from tflops_native.analysis.result import Analysis
from tflops_native.formats.document import Cell, Column, Found, Line
from tflops_native.reports.remarks import convention_notes
from tflops_native.reports.report import Report

_VALID = "valid_macs"
_LAST = 100  # of the columns that narrow terminals leave out: it was asked for


def replaces_table(report: Report) -> bool:
    """Whether several conventions stand side by side, in place of the usual columns."""
    return len(report.conventions) > 1


def columns(report: Report) -> list[Column]:
    """Further columns of the table of operators."""
    found = []
    if report.valid_macs is not None:
        found.append(Column(key=_VALID, heading="valid MACs", drop=_LAST))
    return found + [Column(key=_key(item), heading=item.convention) for item in report.conventions]


def cells(report: Report, position: int) -> dict[str, Cell]:
    """What they say of the operator in row `position` of the report."""
    operator = report.rows[position].operator
    found = {}
    if report.valid_macs is not None:
        found[_VALID] = _cell(operator, report.valid_macs[position])
    for item in report.conventions:
        found[_key(item)] = _cell(operator, item.counts[position])
    return found


def totals(report: Report) -> dict[str, Cell]:
    """The last row of the table by key; empty without further columns."""
    found = {_key(item): _total(item.total) for item in report.conventions}
    if report.valid_macs is not None:
        found[_VALID] = _total(sum(report.valid_macs))
    return found


def lines(report: Report, analysis: Analysis) -> Found:
    """The totals to the last digit, and what they count."""
    found: Found = []
    if report.valid_macs is not None:
        found.append(Line("valid", _valid(sum(report.valid_macs), analysis)))
    for item in report.conventions:
        text = f"{item.convention}: {item.total:,} {item.unit}. {item.meaning}"
        found.append(Line("counts", text))
        found += convention_notes(item)
    return found


def _key(item: ConventionCounts) -> str:
    """Ours may be among them: it must not take the key of another column."""
    return f"by_{item.convention.replace('-', '_')}"


def _total(number: int) -> Cell:
    return Cell(number, numbers.count(number))


def _cell(operator: OperatorAnalysis, count: int | None) -> Cell:
    return Cell(count, "?" if count is None else numbers.count(count))


def _valid(macs: int, analysis: Analysis) -> str:
    share = f" ({numbers.percent(macs / analysis.macs)}%)" if analysis.macs else ""
    return f"{macs:,} MACs{share} without kernel positions on padding"
