"""What the formats for other tools have in common: they are of reports, and name what was measured."""

from collections.abc import Sequence
from pathlib import PurePath

from tflops_native import formatting as numbers
from tflops_native.errors import OptionError
from tflops_native.formats.document import Document
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.report import Report


def reports_of(documents: Sequence[Document], name: str) -> list[Report]:
    """Those that documents are about.

    Raises:
        OptionError: there are none.
    """
    found = [report for document in documents for report in document.reports]
    if not found:
        raise OptionError(
            f"the format {name} is for reports and times of models; this result can be written as "
            f"text, json, csv, markdown, html or latex"
        )
    return found


def model_name(report: Report) -> str:
    """The model, and its signature where that matters."""
    name = printable(PurePath(report.model.name).name, NAME_LIMIT)
    return (
        name if report.signature is None else f"{name} ({printable(report.signature, NAME_LIMIT)})"
    )


def benchmark_names(reports: Sequence[Report]) -> list[str]:
    """Per report what was measured: the same at each run of a pipeline, and no name twice."""
    found: list[str] = []
    for report in reports:
        name = _benchmark_name(report)
        count = 1
        while (unique := name if count == 1 else f"{name}, {count}") in found:
            count += 1
        found.append(unique)
    return found


def _benchmark_name(report: Report) -> str:
    timing = report.timing
    parts = [model_name(report)]
    if timing is not None:
        runtime = "" if timing.runtime is None else timing.runtime.name
        parts.append(f"{runtime} {timing.kernels or ''}".strip())
        if timing.threads is not None:
            parts.append(numbers.plural(timing.threads, "thread"))
    return ", ".join(filter(None, parts))
