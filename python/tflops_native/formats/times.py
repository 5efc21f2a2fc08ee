"""The lines about a measurement: latency, how far it can be trusted, and what it was made with."""

from typing import TYPE_CHECKING

from tflops_native.formats import imported_times, numbers
from tflops_native.formats.document import Found, Line
from tflops_native.formats.operator_table import operation_unit
from tflops_native.formats.roofline import roofline_lines
from tflops_native.notes import Note
from tflops_native.reports.joined import Report

if TYPE_CHECKING:
    from tflops_native.measurement.timing import Timing
    from tflops_native.profile.result import Overhead, Profile


def times(report: Report) -> Found:
    """Latency, profile and runtime."""
    timing = report.timing
    if timing is None:
        return []
    # A count does not import how to time.
    from tflops_native.imported import ImportedTiming

    if isinstance(timing, ImportedTiming):
        return [
            *imported_times.source(report),
            *imported_times.latency(timing),
            *_rate(report),
            *imported_times.details(timing),
        ]
    return [
        *imported_times.source(report),
        Line("latency", _latency(timing)),
        *_stability(timing),
        *_rate(report),
        *roofline_lines(report),
        Line("runs", _runs(timing)),
        Line("before", _before(timing)),
        Line("clock", _clock(timing)),
        *_resident(timing),
        *_profile(timing),
        Line("runtime", _runtime(timing)),
    ]


def _latency(timing: "Timing") -> str:
    latency = timing.latency
    precision = latency.precision
    known = "" if precision is None else f" ±{_percent(precision)}%"
    p99 = "" if latency.p99 is None else f", p99 {numbers.seconds(latency.p99)}"
    return (
        f"{numbers.seconds(latency.median)}{known} median (min {numbers.seconds(latency.minimum)}, "
        f"p5 {numbers.seconds(latency.p5)}, p95 {numbers.seconds(latency.p95)}{p99}, "
        f"max {numbers.seconds(latency.maximum)})"
    )


def _stability(timing: "Timing") -> Found:
    stability = timing.stability
    if stability is None:
        return []
    return [
        Line("stability", f"{stability.verdict}: {stability.because}"),
        *(
            Note(code="disturbed", text=f"{cause.seen}: {cause.why}", hint=f"try {cause.remedy}")
            for cause in stability.causes
        ),
    ]


def _resident(timing: "Timing") -> Found:
    """What each step added to the memory of the process, as far as the system tells."""
    memory = timing.memory
    if memory is None or memory.before is None:
        return []
    parts = [f"{numbers.byte_count(memory.before)}B before"]
    for start, end, what in (
        (memory.before, memory.loaded, "loaded"),
        (memory.loaded, memory.allocated, "allocated"),
        (memory.filled, memory.first_invoke, "first invoke"),
    ):
        if start is not None and end is not None:
            sign = "-" if end < start else "+"
            parts.append(f"{sign}{numbers.byte_count(abs(end - start))}B {what}")
    if memory.peak is not None:
        parts.append(f"peak {numbers.byte_count(memory.peak)}B")
    return [Line("resident", ", ".join(parts))]


def _runs(timing: "Timing") -> str:
    """How many runs, and why no more."""
    latency, stop = timing.latency, timing.stop
    text = numbers.plural(latency.samples, "run")
    if timing.invokes_per_sample > 1:
        text = f"{numbers.plural(latency.samples, 'sample')} of {timing.invokes_per_sample:,} runs each"
    text += f" in {numbers.seconds(stop.seconds)}"
    if stop.precision is not None:
        missed = {"max_time": "the time was over", "runs": "no more were allowed"}
        text += f": ±{_percent(stop.precision)}% " + (
            "reached"
            if stop.is_reached
            else f"not reached, {missed.get(stop.reason, 'no more are kept')}"
        )
    spread = latency.mad / latency.median if latency.median else 0.0
    return f"{text}; MAD {numbers.percent(spread)}%, {numbers.plural(latency.outliers, 'outlier')}"


def _percent(fraction: float) -> str:
    """Two digits: 0.0123 -> "1.2", 0.00042 -> "0.042"; less than a hundredth is "<0.01"."""
    return f"{100 * fraction:.2g}" if fraction >= 1e-4 else "<0.01"


def _before(timing: "Timing") -> str:
    warm_up = timing.warm_up
    state = "steady" if warm_up.is_steady else "not shown to be steady"
    return (
        f"load {_ns(timing.load_ns)}, allocate {_ns(timing.allocate_ns)}, "
        f"first invoke {_ns(timing.first_invoke_ns)}, "
        f"{numbers.plural(warm_up.runs, 'warm-up run')}: {state}"
    )


def _clock(timing: "Timing") -> str:
    clock = timing.clock
    return f"steps of {clock.resolution_ns} ns, a read costs {clock.read_ns:.3g} ns"


def _rate(report: Report) -> Found:
    if report.analysis is None or not report.rate:
        return []
    unit = operation_unit(report.analysis)
    coverage = report.analysis.coverage
    direction = " or more" if coverage.is_lower_bound else " or less" if coverage.bounded else ""
    incomplete = "" if coverage.is_complete else f"{direction}: see coverage"
    return [Line("rate", f"{numbers.three_digits(report.rate / 1e9)} G{unit}/s{incomplete}")]


def _profile(timing: "Timing") -> Found:
    profile = timing.profile
    if profile is None:
        return []
    runs = numbers.plural(len(profile.invoke_ns), "further run")
    parts = [f"medians of {runs}, ±% is half their 95% interval"]
    if any(operator.is_delegated for operator in profile.operators):
        parts.append("what XNNPACK most likely cut off its whole µs is added back")
    parts.append(f"profiling overhead {_overhead(profile.overhead)}")
    lines: Found = [Line("profile", "; ".join(parts))]
    if profile.vague:
        lines.append(Note(code="imprecise_operators", text=_vague(profile)))
    if profile.unmatched:
        events = numbers.plural(len(profile.unmatched), "unmatched event")
        lines.append(Note(code="unmatched_events", text=f"{events} of the delegate"))
    return lines


def _overhead(overhead: "Overhead") -> str:
    """With its interval, where there is one."""
    relative = 100 * overhead.relative
    if overhead.lower is None or overhead.upper is None:
        return f"{relative:+.1f}%"
    bounds = f"{100 * overhead.lower:+.1f} to {100 * overhead.upper:+.1f}%"
    return f"within noise ({bounds})" if overhead.is_noise else f"{relative:+.1f}% ({bounds})"


def _vague(profile: "Profile") -> str:
    """Why operators are marked."""
    wanted = f"±{100 * (profile.stop.precision or 0):g}%"
    if profile.stop.is_reached:
        reason = "more runs would not help: whole µs are too coarse"
    elif profile.stop.reason == "max_time":
        reason = f"stopped after {numbers.seconds(profile.stop.seconds)}"
    else:
        reason = "stopped at the most runs that are kept"
    return f"! {numbers.plural(len(profile.vague), 'operator')} known less well than {wanted}: {reason}"


def _runtime(timing: "Timing") -> str:
    threads = numbers.plural(timing.threads, "thread")
    evidence = timing.evidence
    if evidence is not None and evidence.is_pinned and evidence.cpus_allowed:
        threads += f" on CPU {','.join(map(str, evidence.cpus_allowed))}"
    kernels = f"{timing.kernels} kernels"
    if timing.delegate is not None:
        kernels = f"delegate {timing.delegate}, then {kernels}"
    python = "" if timing.runtime.is_native else "; timed through Python, without a profile"
    return f"{timing.runtime.title}, {kernels}, {threads}{python}"


def _ns(nanoseconds: int) -> str:
    return numbers.seconds(nanoseconds / 1e9)
