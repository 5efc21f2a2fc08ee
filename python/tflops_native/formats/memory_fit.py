"""The document of a fit into memory: what was planned, what fits, and by how much."""

from tflops_native import formatting as numbers
from tflops_native.formats.document import (
    Cell,
    Column,
    Document,
    Emphasis,
    Line,
    Lines,
    Role,
    Row,
    Table,
    row_of,
)
from tflops_native.formats.memory_plan import PLANNERS
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.memory_fit import MemoryFit, MemoryFitShape
from tflops_native.reports.saved import saved

_COLUMNS = (
    Column(key="input_shapes", heading="input", is_number=False, readable=16, shortest=8),
    Column(key="ram_bytes", heading="memory", meaning="arena and state"),
    Column(key="arena_bytes", heading="arena", drop=2),
    Column(key="state_bytes", heading="state", drop=1),
    Column(
        key="left_bytes", heading="left", meaning="of the budget; negative where it is exceeded"
    ),
    Column(key="fits", heading="fits", is_number=False),
    Column(key="reason", heading="reason", is_shown=False),
)


def fit_document(fit: MemoryFit) -> Document:
    """A row for each of several input shapes, and what fits."""
    table = Table(
        title="Input shapes",
        columns=_COLUMNS,
        rows=tuple(_row(fit, position) for position in range(len(fit.shapes))),
    )
    lines = Lines(tuple(_lines(fit)), role=Role.SUMMARY)
    return Document(
        title="Fit into memory",
        parts=(table, lines) if len(fit.shapes) > 1 else (lines,),
        data=lambda: saved("memory_fit", fit.to_dict()),
        records=table,
    )


def _lines(fit: MemoryFit) -> list[Line]:
    size = fit.model.size_bytes
    found = [
        Line("model", f", {numbers.byte_count(size)}B", printable(fit.model.name, NAME_LIMIT)),
        Line("planner", PLANNERS[fit.planner]),
    ]
    if fit.flash_bytes is not None:
        text = f"model {numbers.byte_count(size)}B {_against(size, fit.flash_bytes)}"
        found.append(Line("flash", text))
    shown = fit.shapes[0 if fit.largest is None else fit.largest]
    if fit.budget_bytes is not None and len(fit.shapes) == 1:
        found.append(Line("budget", f"{_memory(shown)} {_budget(fit, shown)}"))
    elif fit.largest is not None:
        found.append(Line("largest", f"{_inputs(shown)}, {_memory(shown)} {_budget(fit, shown)}"))
    elif len(fit.shapes) > 1:
        nearest = min(
            (shape for shape in fit.shapes if shape.ram_bytes is not None),
            key=lambda shape: shape.ram_bytes or 0,
        )
        text = f"none fits; the least is {_inputs(nearest)}, {_memory(nearest)}"
        found.append(Line("largest", f"{text} {_budget(fit, nearest)}"))
    return found


def _memory(shape: MemoryFitShape) -> str:
    text = f"arena {numbers.byte_count(shape.arena_bytes or 0)}B"
    if shape.state_bytes:
        text += f" + state {numbers.byte_count(shape.state_bytes)}B"
        text += f" = {numbers.byte_count(shape.ram_bytes or 0)}B"
    return text


def _budget(fit: MemoryFit, shape: MemoryFitShape) -> str:
    if not shape.is_known:
        return "or more: sizes of some tensors are known only during a run"
    if fit.budget_bytes is None:
        return "without a limit"
    return _against(shape.ram_bytes or 0, fit.budget_bytes)


def _against(size: int, limit: int) -> str:
    """ "of 256KiB, fits: 43.0KiB left"."""
    text = f"of {numbers.byte_count(limit)}B"
    if size <= limit:
        return f"{text}, fits: {numbers.byte_count(limit - size)}B left"
    return f"{text}, does NOT fit: {numbers.byte_count(size - limit)}B too much"


def _inputs(shape: MemoryFitShape) -> str:
    if len(shape.inputs) == 1:
        return numbers.shape(shape.inputs[0].shape)
    return "; ".join(
        f"{printable(item.name, NAME_LIMIT)} {numbers.shape(item.shape)}" for item in shape.inputs
    )


def _row(fit: MemoryFit, position: int) -> Row:
    shape = fit.shapes[position]
    size = shape.ram_bytes
    if size is None:
        asked = "; ".join(
            f"{printable(name, NAME_LIMIT)} {numbers.shape(lengths)}".strip()
            for name, lengths in shape.asked.items()
        )
        refused = {"input_shapes": Cell(asked, asked), "fits": Cell(False, "refused")}
        return row_of(_COLUMNS, {**refused, "reason": Cell(shape.reason)})
    left = None if fit.budget_bytes is None else fit.budget_bytes - size
    does_fit = shape.is_known and (left is None or left >= 0)
    cells = {
        "input_shapes": Cell(_inputs(shape), _inputs(shape)),
        "ram_bytes": Cell(size, f"{numbers.byte_count(size)}B"),
        "arena_bytes": Cell(shape.arena_bytes, f"{numbers.byte_count(shape.arena_bytes or 0)}B"),
        "state_bytes": Cell(shape.state_bytes, f"{numbers.byte_count(shape.state_bytes or 0)}B"),
        "left_bytes": Cell(left, "-" if left is None else _signed(left)),
        "fits": Cell(does_fit, "yes" if does_fit else "no" if shape.is_known else "?"),
    }
    emphasis = Emphasis.STRONG if position == fit.largest else Emphasis.NONE
    return row_of(_COLUMNS, cells, emphasis=emphasis)


def _signed(size: int) -> str:
    return f"{'-' if size < 0 else ''}{numbers.byte_count(abs(size))}B"
