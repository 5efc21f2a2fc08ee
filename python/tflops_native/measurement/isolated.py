"""Measuring in a child process, which a runtime may crash, hang or fill.

What measures is imported there: this process need not load it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tflops_native.errors import InvokeError, TflopsError
from tflops_native.isolation.child import Reporter
from tflops_native.isolation.isolated import run_isolated
from tflops_native.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.measurement.post_mortem import last_operator
from tflops_native.measurement.timing import Timing
from tflops_native.notes import Note
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.options import RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from tflops_native.measurement.interleaved import Interleaved


def measure_isolated(
    workload: Workload,
    options: RunOptions,
    rule: StopRule,
    profile: bool = True,
    isolated_operators: bool | None = None,
    progress: Progress = no_progress,
    limits: ChildLimits = NO_LIMITS,
) -> Timing:
    """As `measure_workload`, in a child process.

    Also raises:
        InvokeError: the runtime crashed or reached a limit; the message says how and at which step,
            the operator last seen, and the last lines that the runtime printed.
    """
    finished: list[Timing] = []
    try:
        return run_isolated(
            _measure_and_keep,
            workload,
            options,
            rule,
            profile,
            isolated_operators,
            progress=progress,
            limits=_patient(limits, (options,), rule),
            explain=partial(last_operator, workload, options, limits),
            keep=finished.append,
        )
    except (TflopsError, KeyboardInterrupt) as error:
        if not finished:
            raise
        timing = finished[-1]
        if isinstance(error, InvokeError) and (timing.profile is not None or not profile):
            # All was measured: only closing the runtime failed.
            note = Note(code="crashed_at_end", text=f"the measurement is complete, but {error}")
            return replace(timing, notes=(*timing.notes, note))
        error.timing = timing  # type: ignore[union-attr]
        raise


def _measure_and_keep(
    workload: Workload,
    options: RunOptions,
    rule: StopRule,
    profile: bool,
    isolated_operators: bool | None,
    reporter: Reporter,
) -> Timing:
    from tflops_native.measurement.measure import measure_workload

    return measure_workload(
        workload, options, rule, profile, isolated_operators, reporter, reporter.keep
    )


def interleaved_isolated(
    runs: Sequence[tuple[Workload, RunOptions]],
    rule: StopRule,
    profile: bool = True,
    progress: Progress = no_progress,
    limits: ChildLimits = NO_LIMITS,
) -> "Interleaved":
    """As `measure_interleaved`, in a child process; also raises as `run_isolated`."""
    return run_isolated(
        _measure_interleaved,
        tuple(runs),
        rule,
        profile,
        progress=progress,
        limits=_patient(limits, [options for _, options in runs], rule),
    )


def _measure_interleaved(
    runs: Sequence[tuple[Workload, RunOptions]], rule: StopRule, profile: bool, reporter: Reporter
) -> "Interleaved":
    from tflops_native.measurement.interleaved import measure_interleaved

    return measure_interleaved(runs, rule, profile, reporter)


def _patient(limits: ChildLimits, options: Sequence[RunOptions], rule: StopRule) -> ChildLimits:
    """The limits, where waiting is part of a measurement: between runs, or for an accelerator."""
    seconds = limits.stall_seconds
    if seconds is None or any(one.delegate is not None for one in options):
        return replace(limits, stall_seconds=None)
    return replace(limits, stall_seconds=seconds + rule.interval)
