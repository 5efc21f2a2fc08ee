"""The details of a measurement: latency, how far it can be trusted, and what it was made with.

What the origin of the times does not say is left out.
"""

from typing import TYPE_CHECKING

from tflops_native import formatting as numbers
from tflops_native.formats.document import Found, Line
from tflops_native.formats.roofline import roofline_lines
from tflops_native.formats.summary import at_least_a_step, precision_of, source_text
from tflops_native.reports.remarks import profile_notes, stability_notes
from tflops_native.reports.report import Report
from tflops_native.runtime.options import KERNELS

if TYPE_CHECKING:
    from tflops_native.measurement.timing import Timing
    from tflops_native.profile.result import Overhead
    from tflops_native.timing.precision import Stop

# From here on the steps of a file make less than 5 % of a time.
_CLEAR_OF_RESOLUTION = 20


def times(report: Report) -> Found:
    """Latency, profile and runtime."""
    timing = report.timing
    if timing is None:
        return []
    return [
        *_origin(timing),
        *_latency(timing),
        *_stability(timing),
        *roofline_lines(report),
        *_runs(timing),
        *_before(timing),
        *_clock(timing),
        *_resident(timing),
        *_profile(timing),
        *timing.notes,
        *profile_notes(timing),
        Line("runtime", _runtime(timing)),
    ]


def _origin(timing: "Timing") -> Found:
    """Where the times come from, if not from here."""
    return [] if timing.origin.measured == "here" else [Line("source", source_text(timing))]


def _latency(timing: "Timing") -> Found:
    latency = timing.latency
    typical = latency.typical_seconds
    if typical is None:
        return []
    is_mean = latency.median_seconds is None
    known = precision_of(latency)
    count = "" if timing.samples_ns or latency.runs is None else _of_runs(latency.runs)
    parts = [
        ("min", latency.minimum_seconds),
        ("p5", latency.p5_seconds),
        # Where there are samples, the report has their median, and the mean says less.
        ("mean", None if is_mean or timing.samples_ns else latency.mean_seconds),
        ("p95", latency.p95_seconds),
        ("p99", latency.p99_seconds),
        ("max", latency.maximum_seconds),
        ("std", None if timing.samples_ns else latency.std_seconds),
    ]
    step = latency.resolution_seconds
    found = [f"{name} {at_least_a_step(value, step)}" for name, value in parts if value is not None]
    text = f"{at_least_a_step(typical, step)}{known} {'mean' if is_mean else 'median'}{count}"
    if found:
        text += f" ({', '.join(found)})"
    if typical < _CLEAR_OF_RESOLUTION * step:
        text += f"; known to {numbers.seconds(step)} only"
    if timing.is_profiled:
        text += "; a profiler was running"
    return [Line("latency", text)]


def _of_runs(runs: int) -> str:
    return f" of {numbers.plural(runs, 'run')}"


def _stability(timing: "Timing") -> Found:
    stability = timing.stability
    if not timing.samples_ns:
        return []
    return [
        Line("stability", f"{stability.verdict}: {stability.because}"),
        *stability_notes(timing),
    ]


def _runs(timing: "Timing") -> Found:
    """How many runs, and why no more."""
    latency, stop = timing.latency, timing.stop
    if stop is None or latency.samples is None:
        return []
    text = numbers.plural(latency.samples, "run")
    if timing.invokes_per_sample is not None and timing.invokes_per_sample > 1:
        text = f"{numbers.plural(latency.samples, 'sample')} of {timing.invokes_per_sample:,} runs each"
    text += f" in {numbers.seconds(stop.seconds)}{_reached(stop)}"
    if latency.mad_seconds is not None and latency.outliers is not None:
        typical = latency.median_seconds or 0.0
        spread = latency.mad_seconds / typical if typical else 0.0
        outliers = numbers.plural(latency.outliers, "outlier")
        text += f"; MAD {numbers.percent(spread)}%, {outliers}"
    return [Line("runs", text)]


def _reached(stop: "Stop") -> str:
    if stop.precision is None:
        ends = {"interrupted": ": interrupted", "max_time": ": stopped at --max-time before --runs"}
        return ends.get(stop.reason, "")
    wanted = f"±{numbers.precision(stop.precision)}"
    if stop.is_reached:
        return f": {wanted} reached"
    if stop.reason == "interrupted":
        return f": interrupted before reaching {wanted}"
    if stop.reason == "max_time":
        return f": stopped at --max-time before reaching {wanted}"
    if stop.reason == "runs":
        return f": stopped at --runs before reaching {wanted}"
    return f": stopped at the maximum number of samples before reaching {wanted}"


def _before(timing: "Timing") -> Found:
    warm_up = timing.warm_up
    parts = [
        f"{what} {numbers.seconds(nanoseconds / 1e9)}"
        for what, nanoseconds in (
            ("load", timing.load_ns),
            ("allocate", timing.allocate_ns),
            ("load and allocate", timing.initialization_ns),
            ("first invoke", timing.first_invoke_ns),
        )
        if nanoseconds is not None
    ]
    if warm_up is not None and warm_up.runs is not None:
        text = numbers.plural(warm_up.runs, "warm-up run")
        if warm_up.is_steady is not None:
            text += ": steady" if warm_up.is_steady else ": may not have reached steady speed"
        parts.append(text)
    return [Line("before", ", ".join(parts))] if parts else []


def _clock(timing: "Timing") -> Found:
    clock = timing.clock
    if clock is None:
        return []
    text = f"steps of {clock.resolution_ns} ns, a read costs {numbers.brief(clock.read_ns, 3)} ns"
    return [Line("clock", text)]


def _resident(timing: "Timing") -> Found:
    """What each step added to the memory of the process, as far as the system tells."""
    memory = timing.memory
    if memory is None or memory.before_bytes is None:
        return []
    parts = [f"{numbers.byte_count(memory.before_bytes)}B before"]
    for start, end, what in (
        (memory.before_bytes, memory.loaded_bytes, "loaded"),
        (memory.loaded_bytes, memory.allocated_bytes, "allocated"),
        (memory.filled_bytes, memory.first_invoke_bytes, "first invoke"),
    ):
        if start is not None and end is not None:
            sign = "-" if end < start else "+"
            parts.append(f"{sign}{numbers.byte_count(abs(end - start))}B {what}")
    if memory.peak_bytes is not None:
        parts.append(f"peak {numbers.byte_count(memory.peak_bytes)}B")
    return [Line("resident", ", ".join(parts))]


def _profile(timing: "Timing") -> Found:
    profile = timing.profile
    if profile is None:
        return []
    if profile.statistic == "mean":
        runs = "" if profile.runs is None else _of_runs(profile.runs)
        return [Line("profile", f"times per operator are means{runs}, measured in whole µs")]
    runs = numbers.plural(profile.runs or 0, "further run")
    parts = [f"medians of {runs}, ±% is half their 95% interval"]
    if any(o.is_delegated and o.resolution_ns > 1 for o in profile.operators):
        parts.append("corrected for XNNPACK rounding down to whole µs")
    if any(o.alone_seconds is not None and o.resolution_ns > 1 for o in profile.operators):
        parts.append("within a µs by what each operator takes alone and by the sum")
    if profile.overhead is not None:
        apart = ""
        if profile.profiler_seconds:
            apart = f", {numbers.seconds(profile.profiler_seconds)} outside operators subtracted"
        parts.append(f"profiling overhead {_overhead(profile.overhead)}{apart}")
    return [Line("profile", "; ".join(parts))]


def _overhead(overhead: "Overhead") -> str:
    """With its interval, where there is one."""
    relative = 100 * overhead.relative
    if overhead.lower is None or overhead.upper is None:
        return f"{relative:+.1f}%"
    bounds = f"{100 * overhead.lower:+.1f} to {100 * overhead.upper:+.1f}%"
    return f"within noise ({bounds})" if overhead.is_noise else f"{relative:+.1f}% ({bounds})"


def _runtime(timing: "Timing") -> str:
    parts = [] if timing.runtime is None else [timing.runtime.title]
    kernels = "kernels unknown" if timing.kernels is None else timing.kernels
    if kernels in KERNELS:
        kernels += " kernels"
    if timing.delegate is not None:
        kernels = f"delegate {timing.delegate}, then {kernels}"
    parts.append(kernels)
    if timing.threads is None:
        parts.append("threads unknown")
    else:
        threads = numbers.plural(timing.threads, "thread")
        evidence = timing.evidence
        if evidence is not None and evidence.is_pinned and evidence.cpus_allowed:
            threads += f" on CPU {','.join(map(str, evidence.cpus_allowed))}"
        parts.append(threads)
    text = ", ".join(parts)
    if timing.runtime is not None and not timing.runtime.is_native:
        text += "; timed through Python, without a profile"
    return text
