"""What a report says of times that were measured elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING

from tflops_native.formats import numbers
from tflops_native.formats.document import Found, Line
from tflops_native.notes import Note

if TYPE_CHECKING:
    from tflops_native.imported import DurationSummary, ImportedProfile, ImportedTiming
    from tflops_native.profile.result import Profile
    from tflops_native.reports.joined import Report

# From here on the steps of a file make less than 5 % of a time.
_CLEAR_OF_RESOLUTION = 20


def source(report: "Report") -> Found:
    """Where the times come from, if not from here."""
    found = report.source
    if found is None:
        return []
    where = "elsewhere" if report.machine is None else _machine(report)
    return [
        Line(
            "source",
            f"{Path(found.path).name}, {found.form} of {found.tool}: measured {where}, "
            "not on this machine",
        )
    ]


def _machine(report: "Report") -> str:
    machine = report.machine
    if machine is None:
        return "elsewhere"
    name = " ".join(filter(None, (machine.processor, machine.architecture)))
    return f"on {name} ({machine.system})"


def latency(timing: "ImportedTiming") -> Found:
    """The latency as far as the file tells it."""
    found = timing.recorded.latency
    if found is None:
        return []
    kind = "mean" if found.median is None else "median"
    runs = "" if found.count is None else f" of {numbers.plural(found.count, 'run')}"
    parts = [
        ("min", found.minimum),
        ("p5", found.p5),
        ("mean", None if found.median is None else found.mean),
        ("p95", found.p95),
        ("max", found.maximum),
        ("std", found.std),
    ]
    told = ", ".join(f"{name} {_time(value, found)}" for name, value in parts if value is not None)
    text = f"{_time(found.typical, found)} {kind}{runs}"
    if told:
        text += f" ({told})"
    if found.typical < _CLEAR_OF_RESOLUTION * found.resolution:
        text += f"; known to {numbers.seconds(found.resolution)} only"
    if timing.recorded.is_profiled:
        text += "; a profiler was running"
    return [Line("latency", text)]


def details(timing: "ImportedTiming") -> Found:
    """What came before the runs, the profile and the runtime."""
    return [*_before(timing), *_profile(timing), Line("runtime", _runtime(timing))]


def ending(profile: "Profile | ImportedProfile") -> list[tuple[str, float]]:
    """What makes the times of the operators add up, and the sum."""
    if not getattr(profile, "is_whole", True):
        parts = [("outside operators", profile.outside)] if profile.outside >= 1e-6 else []
        return [*parts, ("all that ran", profile.invoke)]
    parts = [("outside operators", profile.outside)]
    # Means add up, medians do not.
    if (beyond := getattr(profile, "beyond_medians", None)) is not None:
        parts.append(("beyond medians", beyond))
    return [*parts, ("profiled invoke", profile.invoke)]


def _time(value: float, found: "DurationSummary") -> str:
    """A time, or that it is below what the file can tell."""
    if value < found.resolution:
        return f"<{numbers.seconds(found.resolution)}"
    return numbers.seconds(value)


def _before(timing: "ImportedTiming") -> Found:
    recorded = timing.recorded
    parts = []
    if recorded.initialization is not None:
        parts.append(f"load and allocate {numbers.seconds(recorded.initialization)}")
    if recorded.first_invoke is not None:
        parts.append(f"first invoke {numbers.seconds(recorded.first_invoke)}")
    if recorded.warm_up is not None and recorded.warm_up.count is not None:
        parts.append(numbers.plural(recorded.warm_up.count, "warm-up run"))
    return [Line("before", ", ".join(parts))] if parts else []


def _profile(timing: "ImportedTiming") -> Found:
    profile = timing.profile
    if profile is None:
        return [Note(code="no_operator_times", text="the file tells no times of operators")]
    runs = "" if profile.runs is None else f" of {numbers.plural(profile.runs, 'run')}"
    lines: Found = [Line("profile", f"times per operator are means{runs}, measured in whole µs")]
    if profile.unmatched:
        events = numbers.plural(len(profile.unmatched), "event")
        lines.append(
            Note(
                code="unmatched_events",
                text=f"{events} of the delegate without a certain operator",
            )
        )
    return lines


def _runtime(timing: "ImportedTiming") -> str:
    recorded = timing.recorded
    kernels = "kernels unknown" if timing.kernels is None else f"{timing.kernels} kernels"
    if recorded.threads is None:
        return f"{kernels}, threads unknown"
    return f"{kernels}, {numbers.plural(recorded.threads, 'thread')}"
