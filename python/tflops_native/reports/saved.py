"""Results as files: a format and its version around plain data. `loaded` reads them back."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tflops_native.checks import file_path, with_checked_arguments
from tflops_native.errors import OptionError
from tflops_native.plain_json import dump_json
from tflops_native.reports.report import Report
from tflops_native.result import tool_name
from tflops_native.whole_files import write_whole

if TYPE_CHECKING:
    from tflops_native.reports.comparison import Comparison

FORMAT_VERSION = 3
FORMAT_PREFIX = "tflops_native/"
REPORT = "report"
# What stands before the data in a page.
PAGE_DATA = '<script type="application/json" id="tflops-data">'


def saved(kind: str, plain: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data with what it is in front."""
    return {
        "format": f"{FORMAT_PREFIX}{kind}",
        "format_version": FORMAT_VERSION,
        "tool": tool_name(),
        **plain,
    }


def saved_reports(reports: Sequence[Report], *, samples: bool = True) -> dict[str, Any]:
    """Reports, one or several of a model with several signatures: the shape is the same.

    Args:
        samples: whether raw samples are kept; statistics always are.
    """
    if not samples:
        reports = list(map(without_samples, reports))
    return saved(REPORT, {"reports": [report.to_dict() for report in reports]})


def comparison_without_samples(comparison: "Comparison") -> "Comparison":
    """A comparison without raw samples."""
    contenders = tuple(
        replace(item, report=without_samples(item.report)) for item in comparison.contenders
    )
    return replace(comparison, contenders=contenders)


def without_samples(report: Report) -> Report:
    """A report without raw samples."""
    timing = report.timing
    if timing is None:
        return report
    warm_up, profile, evidence = timing.warm_up, timing.profile, timing.evidence
    kept = replace(
        timing,
        samples_ns=(),
        warm_up=None if warm_up is None else replace(warm_up, samples_ns=()),
        profile=None if profile is None else replace(profile, invoke_ns=(), recorded=None),
        evidence=None if evidence is None else replace(evidence, windows=(evidence.total,)),
    )
    return report.with_parts(timing=kept)


@with_checked_arguments
def save_report(report: Report, path: str | os.PathLike[str], *, samples: bool = True) -> None:
    """Write a report as JSON, which `load_report` and `tflops show` read.

    Args:
        samples: whether raw samples are kept; statistics always are.

    Raises:
        OptionError: the file cannot be written.
    """
    if not isinstance(report, Report):
        raise OptionError(f"what is saved must be a Report, got a {type(report).__name__}")
    path = file_path("the output", path)
    text = dump_json(saved_reports([report], samples=samples)) + "\n"
    write_whole(path, text.encode())


def is_saved(path: str | os.PathLike[str]) -> bool:
    """Whether a file looks like JSON rather than a model: its name or its first byte say so."""
    found = file_path("the file", path)
    if found.suffix.lower() in (".json", ".html", ".htm"):
        return True
    try:
        if not found.is_file():
            return False
        with found.open("rb") as stream:
            return stream.read(16).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
    except OSError:
        return False
