"""How a report was counted and measured: the lines that stand behind the summary, for those who ask."""

from pathlib import PurePath

from tflops_native import formatting as numbers
from tflops_native.analysis.keras_layers import FOLDED
from tflops_native.analysis.operators import is_float, leaves
from tflops_native.analysis.result import CONVENTION, Analysis, Coverage
from tflops_native.formats.constants import constant_lines
from tflops_native.formats.delegation import delegation_lines
from tflops_native.formats.document import Found, Line
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.formats.summary import coverage_text
from tflops_native.formats.times import times
from tflops_native.reports.remarks import counting_notes
from tflops_native.reports.report import Report

_NAMED_SIGNATURES = 8  # beside the first one, where there are more


def details(report: Report) -> Found:
    """Inputs, totals to the last digit, notes, and all about the measurement."""
    return [
        *_inputs(report),
        *_counts(report),
        *times(report),
        *delegation_lines(report),
        *report.remarks,
    ]


def _inputs(report: Report) -> Found:
    if report.analysis is None:
        shapes = {} if report.timing is None else report.timing.input_shapes
        return [
            Line(
                "input",
                f"{printable(name, NAME_LIMIT)} {numbers.shape(shape)}{_source(report, name)}",
            )
            for name, shape in shapes.items()
        ]
    lines: Found = []
    if report.analysis.signature is not None:
        lines.append(Line("signature", _signatures(report.analysis.signature, report.analysis)))
    for item in report.analysis.inputs:
        text = f"{printable(item.name, NAME_LIMIT)} {numbers.shape(item.shape)} {item.type}"
        if item.shape != item.shape_signature:
            text += f" (in the file {numbers.shape(item.shape_signature)})"
        lines.append(Line("input", text + _source(report, item.name)))
    return lines


def _signatures(key: str, analysis: Analysis) -> str:
    """The signature, and those that are the same but for their names."""
    key = printable(key, NAME_LIMIT)
    same = [printable(name, NAME_LIMIT) for name in analysis.same_signatures]
    if not same:
        return key
    rest = len(same) - _NAMED_SIGNATURES
    named = ", ".join(same[:_NAMED_SIGNATURES]) + (f" and {rest:,} more" if rest > 0 else "")
    return f"{key}; the same subgraph and shapes: {named}"


def _source(report: Report, name: str) -> str:
    """What an input held while it was measured, ", zeros" say; nothing without a measurement."""
    records = () if report.timing is None else report.timing.inputs
    record = next((record for record in records if record.name == name), None)
    if record is None:
        return ""
    if record.file is not None:
        return f", from {PurePath(record.file).name}"
    if record.seed is None:
        return f", {record.kind}"
    text = ", random"
    if record.low == 0 and record.high is not None:
        text += f" 0 to {record.high - 1:,}"
    return f"{text} (seed {record.seed})"


def _counts(report: Report) -> Found:
    """Totals, coverage and the counting convention."""
    analysis = report.analysis
    if analysis is None:
        return []
    return [
        Line("total", _total(analysis)),
        Line("memory", _memory(analysis)),
        *constant_lines(analysis),
        *_keras_parameters(report, analysis.parameters),
        *_once(analysis),
        Line("coverage", _coverage(analysis.coverage)),
        *counting_notes(analysis),
        Line("counting", CONVENTION),
    ]


def _keras_parameters(report: Report, parameters: int) -> Found:
    """How many parameters Keras counts, and why they are not as many here."""
    conversion = report.model.conversion
    layers = () if conversion is None else conversion.layers
    if not layers:
        return []
    total = sum(layer.parameters for layer in layers)
    folded = sum(layer.parameters for layer in layers if layer.class_name == FOLDED)
    text = f"{total:,} parameters by count_params()"
    if folded:
        text += f"; {folded:,} of them are batch normalization, folded into other constants"
    if rest := parameters - (total - folded):
        why = (
            "biases and constants that the converter adds"
            if rest > 0
            else "constants shared or unused"
        )
        text += f"; {abs(rest):,} {'more' if rest > 0 else 'fewer'} are {why}"
    return [Line("Keras", text)]


def _total(analysis: Analysis) -> str:
    parts = [f"{analysis.macs:,} MACs{_sparse(analysis)}"]
    for name, number in sorted(analysis.operations.items(), key=lambda item: -item[1]):
        unit = "FLOPs" if is_float(name) else "OPs"
        parts.append(f"{number:,} {unit} ({name})")
    return ", ".join(parts)


def _sparse(analysis: Analysis) -> str:
    """How many of their elements sparse weights have, and the MACs with all of them."""
    sparse = [item for item in leaves(analysis.operators) if item.own_dense_macs]
    if not sparse:
        return ""
    share = sum(item.own_cost.macs for item in sparse) / sum(
        item.own_dense_macs or 0 for item in sparse
    )
    return (
        f" (weights {numbers.precision(share)} dense; {analysis.dense_macs:,} if all were stored)"
    )


def _memory(analysis: Analysis) -> str:
    moved = analysis.bytes_read + analysis.bytes_written
    text = (
        f"weights {numbers.byte_count(analysis.weight_bytes)}B, "
        f"activations {numbers.byte_count(analysis.peak_memory.size_bytes)}B at most"
        f"{_where(analysis)}{_state(analysis)}, "
        f"operators read {numbers.byte_count(analysis.bytes_read)}B "
        f"and write {numbers.byte_count(analysis.bytes_written)}B"
    )
    if moved:
        unit = operation_unit(analysis)
        intensity = analysis.total.operations / moved
        text += f", {numbers.three_digits(intensity)} {unit}/byte"
    return text


def _where(analysis: Analysis) -> str:
    index = analysis.peak_memory.operator_index
    return "" if index is None else f" (operator {index})"


def _state(analysis: Analysis) -> str:
    size = analysis.state_bytes
    return f", state {numbers.byte_count(size)}B" if size else ""


def _once(analysis: Analysis) -> Found:
    operations = analysis.initialization.operations
    return [Line("once", f"{operations:,} operations at the first invoke")] if operations else []


def _coverage(coverage: Coverage) -> str:
    counted = f"{coverage.counted} counted, {coverage.no_arithmetic} without arithmetic"
    if coverage.is_complete:
        return f"{counted}: complete"
    text = coverage_text(coverage)
    return text if text.startswith(counted) else f"{counted}, {text}"
