"""All kinds of findings, registered here: pure functions of a report."""

from collections.abc import Callable

from tflops_native.reports.findings.below_roof import below_roof
from tflops_native.reports.findings.compiled_parts import compiled_parts
from tflops_native.reports.findings.conversions import conversions
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.findings.latency_tail import latency_tail
from tflops_native.reports.findings.memory_bound_weights import memory_bound_weights
from tflops_native.reports.findings.newer_runtime import newer_runtime
from tflops_native.reports.findings.open_lengths import open_lengths
from tflops_native.reports.findings.outside_delegate import outside_delegate
from tflops_native.reports.findings.outside_operators import outside_operators
from tflops_native.reports.findings.partitions import partitions
from tflops_native.reports.findings.profiler_distorts import added_inside, profiler_distorts
from tflops_native.reports.findings.single_iteration import single_iteration
from tflops_native.reports.findings.tiny_operators import tiny_operators
from tflops_native.reports.findings.too_many_threads import too_many_threads
from tflops_native.reports.findings.unread_operators import unread_operators
from tflops_native.reports.report import Report

# Of findings that matter as much, in this order.
FINDERS: tuple[Callable[[Report], list[Finding]], ...] = (
    compiled_parts,
    single_iteration,
    open_lengths,
    unread_operators,
    profiler_distorts,
    outside_delegate,
    conversions,
    memory_bound_weights,
    below_roof,
    tiny_operators,
    partitions,
    outside_operators,
    too_many_threads,
    latency_tail,
    newer_runtime,
)
# From where on the operators' times are more the profiler's than their own.
_MOSTLY_PROFILER = 1.0
_ORDER = {"high": 0, "medium": 1, "low": 2}


def find(report: Report) -> tuple[Finding, ...]:
    """What stands out, the weightiest first: what makes figures misread, then by the time at stake."""
    found = [finding for finder in FINDERS for finding in finder(report)]
    if added_inside(report) > _MOSTLY_PROFILER:
        # Shares of the time are those of the profiler: nothing follows from them.
        found = [finding for finding in found if finding.time_share is None]
    return tuple(sorted(found, key=_weight))


def _weight(finding: Finding) -> tuple[int, float]:
    share = finding.time_share
    if share is None:
        share = 1.0 if finding.severity == "high" else 0.0
    return _ORDER[finding.severity], -share
