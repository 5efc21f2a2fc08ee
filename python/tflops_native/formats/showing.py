"""The document of any result."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tflops_native.analysis.result import Analysis
from tflops_native.errors import OptionError
from tflops_native.formats import notebook
from tflops_native.formats.batch import batch_document, job_document
from tflops_native.formats.budgets import baseline_document, check_document
from tflops_native.formats.comparison import comparison_document
from tflops_native.formats.document import Document
from tflops_native.formats.memory_fit import fit_document
from tflops_native.formats.memory_plan import memory_document
from tflops_native.formats.peaks import peaks_document
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.formats.runtimes import runtimes_document
from tflops_native.formats.sweep import cell_document, sweep_document
from tflops_native.formats.verification import verification_document
from tflops_native.machine.peaks.peaks import Peaks
from tflops_native.measurement.timing import Timing
from tflops_native.model.info import ModelInfo
from tflops_native.reports.baseline import Baseline
from tflops_native.reports.batch import Batch
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.budgets import Check
from tflops_native.reports.comparison import Comparison
from tflops_native.reports.memory_fit import MemoryFit
from tflops_native.reports.memory_plan import MemoryPlan
from tflops_native.reports.report import Report
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell
from tflops_native.reports.verification import Verification
from tflops_native.runtime.installed import InstalledRuntimes


def document_of(result: Any) -> Document:
    """What there is to say of a result.

    Raises:
        OptionError: it is not a result of this package.
    """
    for kind, make in _DOCUMENTS.items():
        if isinstance(result, kind):
            return make(result)
    raise OptionError(f"a {type(result).__name__} is not a result that can be shown")


def shown(result: Any, name: str) -> str:
    """A result in the format of this name, or as the HTML fragment of a notebook."""
    document = document_of(result)
    return notebook.render(document) if name == "notebook" else render(document, name)


def _of_analysis(analysis: Analysis) -> Document:
    return report_document(Report(model=analysis.model or _UNNAMED, analysis=analysis))


def _of_timing(timing: Timing) -> Document:
    report = report_document(Report(model=_UNNAMED, timing=timing))
    return replace(report, title="Timing", data=timing.to_dict)


_UNNAMED = ModelInfo(name="(unnamed)", path=None, size_bytes=0, description="")
_DOCUMENTS: dict[type, Callable[[Any], Document]] = {
    Analysis: _of_analysis,
    Baseline: baseline_document,
    Batch: batch_document,
    BatchJob: job_document,
    Check: check_document,
    Comparison: comparison_document,
    InstalledRuntimes: runtimes_document,
    MemoryFit: fit_document,
    MemoryPlan: memory_document,
    Peaks: peaks_document,
    Report: report_document,
    Sweep: sweep_document,
    SweepCell: cell_document,
    Timing: _of_timing,
    Verification: verification_document,
}
