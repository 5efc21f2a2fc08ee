"""The arena as a picture: a rectangle for each tensor, its address against the operators that need it."""

from tflops_native import formatting as numbers
from tflops_native.formats.figures.plot import BLUE, GREEN, ORANGE, RED, Plot, Scale
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.memory_plan import MemoryPlan, MemoryTensor

# What hover texts need would make the pages of large models too large to send; the smallest go.
_MOST = 2_000
_COLOURS = {"scratch": ORANGE, "input": GREEN, "output": GREEN}
_HEADROOM = 1.12  # above the tensors, for words
_UNITS = ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))


def memory_figures(plan: MemoryPlan) -> dict[int, str]:
    """By subgraph, that of the entry point first; none of those without a tensor in an arena."""
    placed: dict[int, list[MemoryTensor]] = {}
    for tensor in plan.tensors:
        is_drawn = tensor.home == "arena" and tensor.shares is None and tensor.size_bytes
        if is_drawn and tensor.offset_bytes is not None:
            placed.setdefault(tensor.subgraph_index, []).append(tensor)
    entry = plan.tensors[0].subgraph_index if plan.tensors else 0
    return {
        index: _figure(plan, tensors, None if index == entry else index)
        for index, tensors in placed.items()
    }


def _figure(plan: MemoryPlan, placed: list[MemoryTensor], subgraph: int | None) -> str:
    height = max((tensor.offset_bytes or 0) + tensor.size_bytes for tensor in placed)
    size, unit = next(item for item in _UNITS if height >= 2 * item[0] or item[0] == 1)
    operators = max(plan.operators, 1)
    of = plan.model.name
    if subgraph is not None:
        operators = 1 + max(t.last_operator or t.first_operator for t in placed)
        of += f", subgraph {subgraph}"
    plot = Plot(
        x=Scale("operator", 0, operators, is_counted=True),
        y=Scale(f"address in {unit}", 0, _HEADROOM * height / size),
        label=f"Arena of {of}: the address of each tensor, by operator",
    )
    placed.sort(key=lambda tensor: _area(tensor, operators), reverse=True)
    for tensor in placed[:_MOST]:
        low = (tensor.offset_bytes or 0) / size
        plot.rectangle(
            (tensor.first_operator, low),
            (_end(tensor, operators), low + tensor.size_bytes / size),
            _hover(tensor),
            colour=_COLOURS.get(tensor.kind, BLUE),
        )
    at = plan.peak.operator_index
    if at is not None and subgraph is None:
        middle, top = at + 0.5, plot.y.high
        plot.line([(middle, 0), (middle, top)], colour=RED, dash="4 3")
        # Where nothing lies beneath the words.
        plot.line([(middle, 0.93 * top), (middle, top)], f"peak: operator {at}", colour=RED)
    if len(placed) > _MOST:
        plot.note(f"{len(placed) - _MOST:,} smaller tensors are not drawn", colour=RED)
    return plot.svg(lambda value: f"{value:,.0f}", lambda value: numbers.brief(value, 4))


def _end(tensor: MemoryTensor, operators: int) -> int:
    return operators if tensor.last_operator is None else min(tensor.last_operator + 1, operators)


def _area(tensor: MemoryTensor, operators: int) -> int:
    return tensor.size_bytes * (_end(tensor, operators) - tensor.first_operator)


def _hover(tensor: MemoryTensor) -> str:
    last = "the end" if tensor.last_operator is None else str(tensor.last_operator)
    name = printable(tensor.name, NAME_LIMIT)
    made = "" if tensor.operator_name is None else f", {printable(tensor.operator_name, 40)}"
    layer = "" if not tensor.layer else f", layer {printable(tensor.layer, NAME_LIMIT)}"
    return (
        f"{tensor.index} {name}: {tensor.kind}{made}{layer}; "
        f"{tensor.size_bytes:,} bytes at {tensor.offset_bytes:,}, "
        f"operators {tensor.first_operator} to {last}"
    )
