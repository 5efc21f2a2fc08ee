"""The summary of a report, at most ten lines of 80 columns: how much, how long, how fast, where, what next.

How it was measured and counted stands in `formats/details.py`.
"""

from pathlib import PurePath
from typing import TYPE_CHECKING

from tflops_native import formatting as numbers
from tflops_native.analysis.result import Analysis, Coverage, InputAnalysis
from tflops_native.formats import convention_counts
from tflops_native.formats.document import Found, Line, labelled
from tflops_native.formats.findings import ROOM, all_findings, all_notes, brief_findings, height
from tflops_native.formats.memory_text import memory_text
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.formats.printable import NAME_LIMIT, TEXT_LIMIT, cut, printable
from tflops_native.reports.report import Report
from tflops_native.runtime.options import KERNELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tflops_native.measurement.timing import Timing
    from tflops_native.profile.result import Profile
    from tflops_native.timing.statistics import Latency

_SHORTEST_NAME = 12
_LINES = 10  # of a summary on a terminal of 80 columns
_SMALL_SHARE = 0.005
_VAGUE = 0.5
_EXACT = 1_000_000  # below it operations are not rounded


def summary(report: Report, *, has_details: bool) -> Found:
    """The lines, those that have nothing to say left out, with all findings behind them.

    Args:
        has_details: whether details follow, which hold the notes.
    """
    notes = [] if has_details else all_notes(report)
    return [*_figures(report), *all_findings(report), *notes]


def brief_summary(report: Report) -> Found:
    """The same in about ten lines of a terminal."""
    found = _figures(report)
    # Where a name is in front, it is shortened until the line is one.
    taken = sum(
        1 if isinstance(item, Line) and item.name else height(labelled(item)[1]) for item in found
    )
    return [*found, *brief_findings(report, _LINES - taken)]


def _figures(report: Report) -> Found:
    analysis, timing = report.analysis, report.timing
    found: Found = [_model(report)]
    if report.model.conversion is not None:
        found.append(Line("source", printable(report.model.conversion.text, TEXT_LIMIT)))
    found += _inputs(report)
    if analysis is not None:
        found.append(Line("compute", _compute(analysis)))
        if not analysis.coverage.is_complete:
            found.append(Line("coverage", coverage_text(analysis.coverage)))
    if timing is not None:
        found += _latency(timing)
        found += _speed(report)
    if analysis is not None:
        found.append(Line("memory", _memory(report, analysis)))
        found += _where(report)
        found += convention_counts.lines(report, analysis)
    if timing is not None:
        found += _stability(timing)
    return found


def _model(report: Report) -> Line:
    text = f", {numbers.byte_count(report.model.size_bytes)}B"
    analysis = report.analysis
    if analysis is not None:
        parameters = "parameter" if analysis.parameters == 1 else "parameters"
        text += f", {numbers.plural(len(analysis.operators), 'operator')}"
        text += f", {numbers.count(analysis.parameters)} {parameters}"
    return Line("model", text, printable(report.model.name, NAME_LIMIT))


def _inputs(report: Report) -> Found:
    """The inputs as far as there is room, and the signature where it is not the usual one."""
    analysis = report.analysis
    inputs: list[tuple[str, str]] = []
    if analysis is not None:
        inputs = [(item.name, _input(item)) for item in analysis.inputs]
    elif report.timing is not None:
        shapes = report.timing.input_shapes
        inputs = [(name, f" {numbers.shape(shape)}") for name, shape in shapes.items()]
    found: Found = []
    if analysis is not None and analysis.signature not in (None, "serving_default"):
        same = len(analysis.same_signatures)
        text = f" and {same:,} more with the same subgraph and shapes" if same else ""
        found.append(Line("signature", text, printable(analysis.signature or "", NAME_LIMIT)))
    inputs = [(printable(name, NAME_LIMIT), text + _file(report, name)) for name, text in inputs]
    if len(inputs) == 1:
        ((name, text),) = inputs
        found.append(Line("input", text, name))
    elif inputs:
        texts = [
            cut(name, max(ROOM // 2 - len(text), _SHORTEST_NAME)) + text for name, text in inputs
        ]
        found.append(Line("inputs", _fitting(texts, "; ")))
    return found


def _input(item: InputAnalysis) -> str:
    text = f" {numbers.shape(item.shape)} {item.type}"
    opened = [axis for axis, length in enumerate(item.shape_signature) if length < 0]
    if opened == [0] and item.shape:
        text += f", batch size {item.shape[0]} (open in the file)"
    elif opened:
        text += f" (in the file {numbers.shape(item.shape_signature)})"
    return text


def _file(report: Report, name: str) -> str:
    """Where an input comes from, if from a file."""
    records = () if report.timing is None else report.timing.inputs
    file = next((record.file for record in records if record.name == name), None)
    return "" if file is None else f", from {PurePath(file).name}"


def _fitting(texts: list[str], between: str) -> str:
    """As many of the texts as there is room for, and how many there are beside these."""
    shown = texts[0]
    for position, text in enumerate(texts[1:], 1):
        more = len(texts) - position - 1
        longer = f"{shown}{between}{text}"
        if len(longer) + (len(f"{between}{more} more") if more else 0) > ROOM:
            return f"{shown}{between}{more + 1} more"
        shown = longer
    return shown


def _compute(analysis: Analysis) -> str:
    """ "7.75 M MACs, 16.2 MFLOPs (16,193,262)", and the types where there are several.

    Below a million as they are: "194,688 MACs, 432,640 FLOPs".
    """
    total = analysis.total.operations
    unit = f"{operation_unit(analysis)}s"
    text = f"{analysis.macs:,} MACs, {total:,} {unit}"
    if total >= _EXACT:
        macs = _with_unit(analysis.macs, "MACs", " ")
        text = f"{macs}, {_with_unit(total, unit, '')} ({total:,})"
    if len(analysis.operations) > 1:
        parts = sorted(analysis.operations.items(), key=lambda item: -item[1])
        text += ": " + ", ".join(f"{_share(number / total)} {name}" for name, number in parts)
    return text


def _with_unit(number: int, unit: str, between: str) -> str:
    """ "16.2 MFLOPs", "7.75 M MACs", "12 FLOPs"."""
    text = numbers.count(number)
    digits = text.rstrip("kMGTPEZY")
    prefix = text[len(digits) :]
    return f"{digits} {prefix}{between if prefix else ''}{unit}"


def coverage_text(coverage: Coverage) -> str:
    """What is missing from the totals, or is not exact."""
    parts = []
    if coverage.unsupported:
        names = ", ".join(printable(name, NAME_LIMIT) for name in coverage.unsupported_names)
        parts.append(f"{coverage.unsupported} of {coverage.operators} NOT counted ({names})")
    if coverage.one_iteration:
        parts.append(f"{numbers.plural(coverage.one_iteration, 'loop')} counted for one iteration")
    if coverage.bounded:
        verb = "depends" if coverage.bounded == 1 else "depend"
        parts.append(f"{coverage.bounded} of {coverage.operators} {verb} on data")
    if not parts:
        parts.append(f"{coverage.counted} counted, {coverage.no_arithmetic} without arithmetic")
    return f"{', '.join(parts)}: {coverage_ending(coverage)}"


def coverage_ending(coverage: Coverage) -> str:
    """What that means for the totals."""
    if coverage.is_lower_bound:
        return "totals are too low"
    if coverage.bounded:
        return "totals are upper bounds"
    return "some shapes are assumed" if coverage.shapes_assumed else "complete"


def _latency(timing: "Timing") -> Found:
    latency = timing.latency
    typical, step = latency.typical_seconds, latency.resolution_seconds
    if typical is None:
        return []
    statistic = "mean" if latency.median_seconds is None else "median"
    text = f"{statistic} {at_least_a_step(typical, step)}"
    text += precision_of(latency)
    if latency.p95_seconds is not None:
        text += f", p95 {at_least_a_step(latency.p95_seconds, step)}"
    text += f"; {', '.join(_setting(timing))}"
    found: Found = [Line("latency", text)]
    if timing.origin.measured != "here":
        found.append(Line("source", source_text(timing)))
    return found


def _setting(timing: "Timing") -> list[str]:
    """Threads, kernels and runtime."""
    kernels = "kernels unknown" if timing.kernels is None else timing.kernels
    if timing.kernels in KERNELS:
        kernels = "XNNPACK" if timing.kernels == "xnnpack" else f"{kernels} kernels"
    threads = "threads unknown"
    if timing.threads is not None:
        threads = numbers.plural(timing.threads, "thread")
    parts = [threads, kernels]
    if timing.delegate is not None:
        parts.insert(1, f"delegate {printable(PurePath(timing.delegate).name, NAME_LIMIT)}")
    if timing.runtime is not None:
        # Of a library that is given by its path, the name of the file.
        title = timing.runtime.title.replace("TensorFlow Lite", "TFLite")
        parts.append(title.rpartition("/")[2])
    return parts


def source_text(timing: "Timing") -> str:
    """Where the times come from, if not from here."""
    origin = timing.origin
    where = "elsewhere"
    if origin.machine is not None:
        machine = origin.machine
        name = " ".join(filter(None, (machine.processor, machine.architecture)))
        where = f"on {name} ({machine.system})"
    if origin.device is not None:
        where = f"on {origin.device}"
    file = "" if origin.file is None else f"{PurePath(origin.file).name}, {origin.form} of "
    return f"{file}{origin.tool}: measured {where}, not on this machine"


def at_least_a_step(value: float, step: float) -> str:
    """A time, or that it is below what the source can tell."""
    return f"<{numbers.seconds(step)}" if value < step else numbers.seconds(value)


def precision_of(latency: "Latency") -> str:
    """How well the median is known, " ±1.2%"; from half of it on, between which values it lies."""
    precision, interval = latency.precision, latency.median_interval_seconds
    if precision is None:
        return ""
    if precision < _VAGUE or interval is None:
        return f" ±{numbers.precision(precision)}"
    return f" ({numbers.seconds(interval.lower)} to {numbers.seconds(interval.upper)})"


def _speed(report: Report) -> Found:
    rate = report.operations_per_second
    if report.analysis is None or not rate:
        return []
    unit = operation_unit(report.analysis)
    coverage = report.analysis.coverage
    text = f"{numbers.three_digits(rate / 1e9)} G{unit}/s"
    if not coverage.is_complete:
        text += " or more" if coverage.is_lower_bound else " or less" if coverage.bounded else ""
    attainable = report.attainable_operations_per_second
    is_here = report.timing is not None and report.timing.origin.measured == "here"
    if report.utilization is not None and attainable is not None:
        text += (
            f", {numbers.share(report.utilization)} of the {numbers.three_digits(attainable / 1e9)} "
            f"G{unit}/s attainable {'here' if is_here else 'there'}"
        )
    return [Line("speed", text)]


def _memory(report: Report, analysis: Analysis) -> str:
    moved = analysis.bytes_read + analysis.bytes_written
    arena = report.arena
    if arena is not None:
        text = memory_text(
            analysis.weight_bytes, arena.arena_bytes, arena.state_bytes, arena.copied_bytes
        )
        return f"{text}, {numbers.byte_count(moved)}B moved"
    state = f", state {numbers.byte_count(analysis.state_bytes)}B" if analysis.state_bytes else ""
    return (
        f"weights {numbers.byte_count(analysis.weight_bytes)}B, activations "
        f"{numbers.byte_count(analysis.peak_memory.size_bytes)}B at most{state}, "
        f"{numbers.byte_count(moved)}B moved"
    )


def _where(report: Report) -> Found:
    """The types of operators that take the time, or do the work where nothing was timed."""
    profile = None if report.timing is None else report.timing.profile
    if profile is None or not profile.operators:
        unit = "" if report.analysis is None else operation_unit(report.analysis)
        parts = [
            (group.share or 0.0, _type(group.name, group.operators)) for group in report.by_type
        ]
        return _shares(f"{unit}s", parts)
    known = profile.operators_seconds
    is_own = report.is_disturbed
    whole = known if is_own else profile.inference_seconds
    if not whole:
        return []
    parts = [
        ((group.time_seconds or 0.0) / whole, _type(group.name, group.operators))
        for group in report.by_type
    ]
    parts += [
        (event.estimate.typical_seconds / whole, printable(event.name, NAME_LIMIT))
        for event in profile.unmatched
    ]
    if not is_own:
        parts.append((profile.outside_seconds / whole, "outside operators"))
    found = _shares("time", parts)
    if is_own:
        found.append(Line("", _own_shares(profile, known)))
    return found


def _own_shares(profile: "Profile", known: float) -> str:
    return (
        f"of the operators' own time: {_share(known / profile.inference_seconds)} of an inference of "
        f"{numbers.seconds(profile.inference_seconds)}"
    )


def _type(name: str | None, operators: int) -> str:
    return f"{printable(name or '', 40)} ({operators:,})"


def _shares(what: str, parts: "Iterable[tuple[float, str]]") -> Found:
    texts = [
        f"{_share(share)} {name}"
        for share, name in sorted(parts, key=lambda part: -part[0])
        if share >= _SMALL_SHARE
    ]
    return [Line(what, _fitting(texts, ", "))] if texts else []


def _share(share: float) -> str:
    """Whole percents."""
    return f"{100 * share:.0f}%" if share >= _SMALL_SHARE else "<1%"


def _stability(timing: "Timing") -> Found:
    """The verdict if it is not a good one, and the first thing to try."""
    stability = timing.stability
    if not timing.samples_ns or stability.verdict == "stable":
        return []
    text = f"{stability.verdict}: {stability.because.partition(';')[0]}"
    # Others need their cause before them, which the details say.
    options = [cause.remedy for cause in stability.causes if cause.remedy.startswith("--")]
    if options and len(text) + len(f"; try {options[0]}") <= ROOM:
        text += f"; try {options[0]}"
    return [Line("stability", text)]
