"""What other counting conventions say beside our own numbers: cells, totals and lines."""

from collections.abc import Callable

from tflops_native.analysis import Analysis, ConventionCounts, OperatorAnalysis, Status
from tflops_native.reports import numbers
from tflops_native.reports.joined import Report

Cells = list[tuple[str, Callable[[OperatorAnalysis], str]]]
_VALID = "valid MACs"


def replaces_table(report: Report) -> bool:
    """Whether several conventions stand side by side, in place of the usual columns."""
    return len(report.conventions) > 1


def cells(report: Report) -> Cells:
    """Headings of further columns, with what they say of an operator of the entry point."""
    found: Cells = []
    if report.valid_macs is not None:
        found.append((_VALID, _cell(report, report.valid_macs)))
    found += [(item.convention, _cell(report, item.counts)) for item in report.conventions]
    return found


def totals(report: Report) -> dict[str, str]:
    """The last line of the table by heading; empty without further columns."""
    found = {item.convention: numbers.count(item.total) for item in report.conventions}
    if report.valid_macs is not None:
        found[_VALID] = numbers.count(sum(report.valid_macs))
    return {"operator": "total", **found} if found else {}


def lines(report: Report, analysis: Analysis) -> list[tuple[str, str]]:
    """Label and text: the totals to the last digit, and what they count."""
    found = []
    if report.valid_macs is not None:
        found.append(("valid", _valid(sum(report.valid_macs), analysis)))
    for item in report.conventions:
        found.append(("counts", f"{item.convention}: {item.total:,} {item.unit}. {item.meaning}"))
        found += [("note", f"{item.convention}: {remark}") for remark in _remarks(item)]
    return found


def _cell(report: Report, counts: tuple[int | None, ...]) -> Callable[[OperatorAnalysis], str]:
    by_operator = {id(row.operator): count for row, count in zip(report.rows, counts, strict=True)}

    def text(operator: OperatorAnalysis) -> str:
        # Operators of subgraphs are counted with the operator that runs them.
        if id(operator) not in by_operator:
            return ""
        count = by_operator[id(operator)]
        if count == 0:
            # A zero where there is arithmetic is shown, one that all agree on is not.
            is_work = operator.cost.operations or operator.status is Status.UNSUPPORTED
            return "0" if is_work else "-"
        return "?" if count is None else numbers.count(count)

    return text


def _valid(macs: int, analysis: Analysis) -> str:
    share = f" ({numbers.percent(macs / analysis.macs)}%)" if analysis.macs else ""
    return f"{macs:,} MACs{share} without the taps of convolutions that fall on padding"


def _remarks(item: ConventionCounts) -> list[str]:
    remarks = []
    if item.silent_zeros:
        remarks.append(f"0 for {', '.join(item.silent_zeros)}")
    if item.unknown:
        remarks.append(f"nothing can be told of {', '.join(item.unknown)}")
    if item.line is not None:
        remarks.append(
            f"the converter logs `{item.line}`"
            if item.is_printed is not False
            else "the converter logs nothing for this file, which leaves shapes open; with these "
            f"shapes fixed `{item.line}`"
        )
    elif item.is_printed is False:
        remarks.append("the converter logs nothing: shapes of operators that it counts are open")
    return remarks
