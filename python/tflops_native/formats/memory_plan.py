"""The document of planned memory: what it takes, the tensors at the peak, and what would lower it."""

from tflops_native import formatting as numbers
from tflops_native.formats.document import (
    Cell,
    Column,
    Document,
    Emphasis,
    Figure,
    Found,
    Line,
    Lines,
    Role,
    Row,
    Table,
    row_of,
)
from tflops_native.formats.memory_text import memory_text
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.memory_plan import MemoryPlan, MemoryTensor
from tflops_native.reports.saved import saved

PLANNERS = {
    "tflite": "TensorFlow Lite, builtin kernels",
    "tflm": "TensorFlow Lite for Microcontrollers, reference kernels",
    "none": "none: what is alive at once",
}
_COLUMNS = (
    Column(key="subgraph", heading="subgraph", is_shown=False),
    Column(key="tensor_index", heading="tensor", drop=4),
    Column(key="size_bytes", heading="bytes"),
    Column(key="offset_bytes", heading="offset", meaning="place in the arena"),
    Column(key="home", heading="in", is_number=False, is_shown=False),
    Column(key="kind", heading="kind", is_number=False),
    Column(key="operator_index", heading="#", meaning="operator that makes it", drop=3),
    Column(key="operator", heading="operator", is_number=False, drop=5, readable=12, shortest=8),
    Column(key="first_operator", heading="from", meaning="first operator that needs it"),
    Column(key="last_operator", heading="to", meaning="last operator that needs it"),
    Column(key="shares", heading="shares", is_shown=False),
    Column(key="layer", heading="layer", is_number=False, drop=2, readable=16, shortest=8),
    Column(key="name", heading="name", is_number=False, drop=1, readable=16, shortest=8),
)


def memory_document(plan: MemoryPlan) -> Document:
    """The summary, and a table of the tensors that are alive at the peak; all tensors as CSV."""
    parts: list[Lines | Table] = [Lines(tuple(_lines(plan)), role=Role.SUMMARY)]
    if plan.peak.tensors:
        parts.append(_peak_table(plan))
    return Document(
        title="Planned memory",
        parts=tuple(parts),
        data=lambda: saved("memory", plan.to_dict()),
        records=Table(
            title="Tensors",
            columns=_COLUMNS,
            rows=tuple(_row(tensor) for tensor in plan.tensors),
        ),
        figures=lambda: _figures(plan),
    )


def _figures(plan: MemoryPlan) -> list[Figure]:
    # Imported when drawn: text needs none of it.
    from tflops_native.formats.figures.memory_figure import memory_figures

    colours = "activations blue, scratch orange, inputs and outputs green"
    return [
        Figure(
            f"Arena of subgraph {index} by operator" if number else f"Arena by operator: {colours}",
            svg,
        )
        for number, (index, svg) in enumerate(memory_figures(plan).items())
    ]


def _lines(plan: MemoryPlan) -> Found:
    inputs = "; ".join(
        f"{printable(item.name, NAME_LIMIT)} {numbers.shape(item.shape)} {item.type}"
        for item in plan.inputs
    )
    size = numbers.byte_count(plan.model.size_bytes)
    found: Found = [
        Line("model", f", {size}B", printable(plan.model.name, NAME_LIMIT)),
        Line("inputs" if len(plan.inputs) > 1 else "input", inputs),
        Line("planner", PLANNERS[plan.planner]),
        Line(
            "memory",
            memory_text(
                plan.weight_bytes,
                plan.arena_bytes,
                plan.state_bytes - plan.copied_bytes,
                plan.copied_bytes,
            ),
        ),
        Line("arena", _arena(plan)),
    ]
    if plan.heap_bytes:
        found.append(
            Line(
                "heap",
                f"{_exact(plan.heap_bytes)} outside of arenas: computed beforehand, or sized during a run",
            )
        )
    peak = plan.peak
    if peak.operator_index is not None:
        text = f"operator {peak.operator_index} ({printable(peak.operator_name or '', 40)})"
        text += f": {_exact(peak.alive_bytes)} alive"
        if peak.scratch_bytes:
            text += f", {numbers.byte_count(peak.scratch_bytes)}B of it scratch"
        found.append(Line("peak", text))
    return [*found, *plan.notes]


def _arena(plan: MemoryPlan) -> str:
    text = f"{_exact(plan.arena_bytes)}, at least {_exact(plan.lower_bound_bytes)} by what is alive"
    if plan.subgraph_bytes:
        text += f"; {numbers.byte_count(plan.subgraph_bytes)}B of it for subgraphs"
    return text


def _exact(size: int) -> str:
    """ "423KiB (433,152)"."""
    if size < 1024:
        return f"{size}B"
    return f"{numbers.byte_count(size)}B ({size:,})"


def _peak_table(plan: MemoryPlan) -> Table:
    at = plan.peak.operator_index
    return Table(
        title=f"Tensors that are alive at operator {at}",
        columns=_COLUMNS,
        rows=tuple(_row(plan.tensors[place]) for place in plan.peak.tensors),
    )


def _row(tensor: MemoryTensor) -> Row:
    last = tensor.last_operator
    cells = {
        "subgraph": Cell(tensor.subgraph_index, str(tensor.subgraph_index)),
        "tensor_index": Cell(tensor.index, str(tensor.index)),
        "size_bytes": Cell(tensor.size_bytes, f"{tensor.size_bytes:,}"),
        "offset_bytes": Cell(
            tensor.offset_bytes, "-" if tensor.offset_bytes is None else f"{tensor.offset_bytes:,}"
        ),
        "home": Cell(tensor.home, tensor.home),
        "kind": Cell(tensor.kind, tensor.kind),
        "operator_index": Cell(
            tensor.operator_index,
            "-" if tensor.operator_index is None else str(tensor.operator_index),
        ),
        "operator": Cell(tensor.operator_name, printable(tensor.operator_name or "-", NAME_LIMIT)),
        "first_operator": Cell(tensor.first_operator, str(tensor.first_operator)),
        "last_operator": Cell(last, "end" if last is None else str(last)),
        "shares": Cell(tensor.shares, "" if tensor.shares is None else str(tensor.shares)),
        "layer": Cell(tensor.layer, printable(tensor.layer or "-", NAME_LIMIT)),
        "name": Cell(tensor.name, printable(tensor.name, NAME_LIMIT)),
    }
    weak = Emphasis.WEAK if tensor.kind == "scratch" else Emphasis.NONE
    return row_of(_COLUMNS, cells, emphasis=weak)
