"""What a reader of a report must know beside its figures: notes, composed here once."""

from collections import Counter
from typing import TYPE_CHECKING

from tflops_native.analysis.conventions import ConventionCounts
from tflops_native.analysis.operators import EXACT
from tflops_native.analysis.result import Analysis
from tflops_native.formatting import brief, plural, seconds
from tflops_native.model.sources.conversion import RANDOM
from tflops_native.notes import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tflops_native.analysis.result import InputAnalysis
    from tflops_native.machine.peaks.peaks import ThreadPeaks
    from tflops_native.measurement.timing import Timing
    from tflops_native.model.info import ModelInfo
    from tflops_native.profile.result import Profile
    from tflops_native.reports.rows import ReportRow

_NAMED = 3  # operators above their roof that are named, where there are more


def conversion_notes(model: "ModelInfo") -> list[Note]:
    """Of a model that was converted."""
    if model.conversion is None or model.conversion.calibration != RANDOM:
        return []
    text = "quantized on random data: its times are right, its results are not"
    return [Note(code="random_calibration", text=text, hint="pass --representative data.npz")]


def counting_notes(analysis: Analysis) -> list[Note]:
    """Before trusting the totals."""
    notes = _of_operators(analysis, "not_exact", is_exact=False)
    if analysis.coverage.shapes_assumed:
        notes.append(
            Note(code="shapes_from_file", text="* shape taken from the file, not inferred")
        )
    if analysis.has_runtime_shapes:
        notes.append(Note(code="shapes_of_run", text="shapes are those of one run, not inferred"))
    if analysis.has_runtime_iterations:
        text = "branches and iterations that data decides are those of the same run"
        notes.append(Note(code="iterations_of_run", text=text))
    if analysis.unobserved is not None:
        text = f"the run does not show branches and iterations: {analysis.unobserved}"
        notes.append(Note(code="iterations_unobserved", text=text))
    notes += [
        Note(
            code="open_lengths",
            text=_open_lengths(item),
            hint="change with --input-shape",
        )
        for item in analysis.inputs
        if item.is_defaulted
    ]
    # What is counted as it is, and to be known all the same: weights without a kernel, say.
    return notes + _of_operators(analysis, "exact", is_exact=True)


def _of_operators(analysis: Analysis, code: str, *, is_exact: bool) -> list[Note]:
    """One for all operators of which the same is to be said."""
    found: dict[tuple[str, str | None], list[int]] = {}
    for operator in analysis.operators:
        if (operator.status in EXACT) is is_exact and (operator.note or not is_exact):
            found.setdefault((operator.name, operator.note), []).append(operator.index)
    notes = []
    for (name, note), indices in found.items():
        named = f"{indices[0]} {name}"
        if len(indices) > 1:
            more = ", ..." if len(indices) > _NAMED else ""
            listed = ", ".join(map(str, indices[:_NAMED]))
            named = f"{len(indices)} times {name} ({listed}{more})"
        notes.append(Note(code=code, text=f"{named}: {note}"))
    return notes


def _open_lengths(item: "InputAnalysis") -> str:
    axes = [axis for axis, length in enumerate(item.shape_signature) if length < 0]
    what = "the batch size" if axes == [0] else plural(len(axes), "length")
    verb = "is" if len(axes) == 1 else "are"
    return f"{what} of input {item.name!r} {verb} open in the file, counted as 1"


def stability_notes(timing: "Timing") -> list[Note]:
    """What may have disturbed the samples."""
    return [
        Note(code="disturbed", text=f"{cause.seen}: {cause.why}", hint=f"try {cause.remedy}")
        for cause in timing.stability.causes
    ]


def profile_notes(timing: "Timing") -> list[Note]:
    """Before trusting the times of operators."""
    profile = timing.profile
    if profile is None:
        return []
    notes = []
    if profile.imprecise:
        notes.append(Note(code="imprecise_operators", text=_imprecise(profile)))
    if profile.unmatched:
        if profile.statistic == "mean":
            events = plural(len(profile.unmatched), "event")
            text = f"{events} of the delegate without a certain operator"
        else:
            text = f"{plural(len(profile.unmatched), 'unmatched event')} of the delegate"
        notes.append(Note(code="unmatched_events", text=text))
    return notes


def _imprecise(profile: "Profile") -> str:
    stop = profile.stop
    wanted = "" if stop is None else f"±{brief(100 * (stop.precision or 0), 6)}%"
    if stop is None or stop.is_reached:
        reason = _limit_of_the_clock(profile)
    elif stop.reason == "max_time":
        reason = f"stopped after {seconds(stop.seconds)}"
    else:
        reason = "stopped at the maximum number of runs"
    count = plural(len(profile.imprecise), "operator")
    is_many = len(profile.imprecise) != 1
    return f"! {count} {'are' if is_many else 'is'} known to worse than {wanted}: {reason}"


def _limit_of_the_clock(profile: "Profile") -> str:
    """Why more runs would not help."""
    steps = {o.resolution_ns for o in profile.operators if o.index in profile.imprecise}
    if profile.overhead is None or any(step > 1 for step in steps):
        return "XNNPACK reports whole µs only"
    return f"reading the clock takes {profile.overhead.empty_operator_ns:.0f}ns of each time"


def roofline_notes(rows: "Sequence[ReportRow]", peaks: "ThreadPeaks | None") -> list[Note]:
    """Of operators whose arithmetic has no peak, and of those that are faster than they can be."""
    return [*_without_peaks(rows, peaks), *_above(rows)]


def _without_peaks(rows: "Sequence[ReportRow]", peaks: "ThreadPeaks | None") -> list[Note]:
    if peaks is None or not peaks.compute:
        return []
    missing: Counter[str] = Counter()
    count = 0
    for row in rows:
        if row.roof is None and row.operator.status in EXACT and not row.operator.calls:
            found = [n for n in row.operator.operations if peaks.operations_per_second(n) is None]
            missing.update(found)
            count += bool(found)
    if not count:
        return []
    known = ", ".join(peak.arithmetic for peak in peaks.compute)
    names = ", ".join(name for name, _ in missing.most_common())
    return [
        Note(
            code="no_peak",
            text=f"{plural(count, 'operator')} without a ceiling: peaks are measured of {known}, "
            f"not of {names}",
        )
    ]


def _above(rows: "Sequence[ReportRow]") -> list[Note]:
    above = [row.operator for row in rows if row.utilization and row.utilization.is_exceeded]
    if not above:
        return []
    named = ", ".join(f"{operator.index} {operator.name}" for operator in above[:_NAMED])
    more = f" and {len(above) - _NAMED} more" if len(above) > _NAMED else ""
    return [
        Note(
            code="above_roof",
            text=f"faster than this machine allows: {named}{more}; a peak is too low "
            "(`tflops peaks --force` measures again), or the runtime left work out, as some kernels "
            "do for an input of zeros, or the count is too high: please report that",
        )
    ]


def convention_notes(item: ConventionCounts) -> list[Note]:
    """What another convention leaves out."""
    remarks = []
    if item.silent_zeros:
        remarks.append(f"0 for {', '.join(item.silent_zeros)}")
    if item.unknown:
        remarks.append(f"not known for {', '.join(item.unknown)}")
    if item.line is not None:
        remarks.append(
            f"the converter logs `{item.line}`"
            if item.is_printed is not False
            else "the converter logs nothing for this file, which leaves shapes open; with these "
            f"shapes fixed `{item.line}`"
        )
    elif item.is_printed is False:
        remarks.append("the converter logs nothing: shapes of operators that it counts are open")
    return [Note(code="convention", text=f"{item.convention}: {remark}") for remark in remarks]
