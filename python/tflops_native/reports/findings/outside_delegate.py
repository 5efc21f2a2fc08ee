"""Operators that stayed on the runtime's own kernels although there was a delegate."""

from pathlib import PurePath
from typing import TYPE_CHECKING

from tflops_native.formatting import share as percent
from tflops_native.reports.findings.conversions import CONVERSIONS
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.stakes import (
    SMALLEST_SHARE,
    indices,
    severity_of,
    time_seconds,
    time_share,
)
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow

if TYPE_CHECKING:
    from tflops_native.profile.result import KeptOperator

_QUANTIZED = frozenset({"int8", "uint8", "int16"})
# What XNNPACK has in float only, and an operator for the same purpose that it has in int8 as well.
# Source: tflite/delegates/xnnpack/xnnpack_delegate.cc, VisitHardSwishNode.
_FLOAT_ONLY = {"HARD_SWISH": "RELU6"}


def outside_delegate(report: Report) -> list[Finding]:
    """One per operator and type that takes 5 % of the time; one for the others if they do together."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None or not profile.kept:
        return []
    kept = {operator.index: operator for operator in profile.kept}
    groups: dict[tuple[str, str], list[ReportRow]] = {}
    for row in report.rows:
        operator = row.operator
        # Those that convert between types are a finding of their own.
        if operator.index in kept and row.time is not None and operator.name not in CONVERSIONS:
            kind = operator.output_types[0] if operator.output_types else operator.arithmetic
            groups.setdefault((operator.name, kind), []).append(row)
    delegate = _delegate(report)
    found, others = [], []
    for (name, kind), rows in groups.items():
        share = time_share(report, rows)
        if share < SMALLEST_SHARE:
            others += rows
            continue
        found.append(
            _finding(
                report,
                rows,
                f"{len(rows):,} {kind} {name} outside {delegate}",
                _advice(name, kind, delegate, [kept[row.operator.index] for row in rows]),
                {"operator": name, "type": kind},
            )
        )
    share = time_share(report, others)
    if share >= SMALLEST_SHARE:
        names = sorted({row.operator.name for row in others})
        found.append(
            _finding(
                report,
                others,
                f"{len(others):,} operators of {len(names)} types outside {delegate}",
                "see the column `kernel` of `tflops report --columns operator,kernel,time%`",
                {"types": len(names)},
            )
        )
    return found


def _finding(
    report: Report,
    rows: list[ReportRow],
    what: str,
    advice: str,
    evidence: dict[str, int | str],
) -> Finding:
    share = time_share(report, rows)
    return Finding(
        code="outside_delegate",
        severity=severity_of(share),
        text=f"{what}: {percent(share)} of the time",
        advice=advice,
        time_share=share,
        operators=indices(rows),
        evidence={**evidence, "operators": len(rows), "time_seconds": time_seconds(rows)},
    )


def _delegate(report: Report) -> str:
    """The name of the one that there was, else "the delegate"."""
    names = {part.delegate for part in report.partitions if part.is_delegated}
    name = names.pop() if len(names) == 1 else None
    return "the delegate" if name is None else PurePath(name).name


def _advice(name: str, kind: str, delegate: str, kept: "list[KeptOperator]") -> str:
    if kind in _QUANTIZED and delegate == "XNNPACK" and name in _FLOAT_ONLY:
        return (
            f"XNNPACK takes {name} in float only: try {_FLOAT_ONLY[name]}, or compare with the "
            "float model"
        )
    reasons = {(operator.reason, operator.reason_code) for operator in kept}
    if len(reasons) == 1:
        (reason, code), *_ = reasons
        if reason is not None:
            return f"{reason}: {_remedy(code, kind, delegate)}"
    if kind in _QUANTIZED:
        return "compare with the float model (`tflops compare`): types decide what is taken"
    return (
        "a newer runtime may take it (`tflops runtimes`); `tflops explain` shows shapes and options"
    )


def _remedy(code: str | None, kind: str, delegate: str) -> str:
    if code == "type" and kind in _QUANTIZED:
        return "compare with the float model (`tflops compare`)"
    if code == "constant":
        return "try converting the model with fixed lengths"
    if code == "scale":
        return "other representative data gives other scales"
    return f"try building the model of operators that {delegate} takes"
