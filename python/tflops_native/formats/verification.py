"""The document of a verification: what differs, what could not be compared, and the result."""

from collections.abc import Iterator, Sequence

from tflops_native import formatting as numbers
from tflops_native.formats.document import Block, Cell, Column, Document, Table, row_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.memory_check import MemoryCheck
from tflops_native.reports.saved import saved
from tflops_native.reports.verification import TensorDifference, Verification, VerifiedEntry

_NAMED = 3  # tensors of one reason that are named, where there are more
_COLUMNS = tuple(
    Column(key=key, heading=key)
    for key in (
        "result",
        "signature",
        "operator_index",
        "operator",
        "tensor_index",
        "tensor",
        "inferred_shape",
        "runtime_shape",
        "is_upper_bound",
        "reason",
    )
)


def verification_document(verification: Verification) -> Document:
    """A line per difference, one for each of several signatures, and one that sums up."""
    return Document(
        title="Inferred shapes and planned memory against the runtime",
        parts=(Block("\n".join(_lines(verification))),),
        data=lambda: saved("verification", verification.to_dict()),
        records=Table(
            title="differences",
            columns=_COLUMNS,
            rows=tuple(
                row_of(_COLUMNS, _cells(item, result))
                for result, items in (
                    ("mismatch", verification.mismatches),
                    ("not compared", verification.not_compared),
                )
                for item in items
            ),
        ),
    )


def _cells(item: TensorDifference, result: str) -> dict[str, Cell]:
    return {
        "result": Cell(result),
        "signature": Cell(item.signature),
        "operator_index": Cell(item.operator_index),
        "operator": Cell(item.operator_name),
        "tensor_index": Cell(item.tensor_index),
        "tensor": Cell(item.tensor_name),
        "inferred_shape": Cell(None if item.inferred is None else numbers.shape(item.inferred)),
        "runtime_shape": Cell(None if item.runtime is None else numbers.shape(item.runtime)),
        "is_upper_bound": Cell(item.is_bound),
        "reason": Cell(item.reason),
    }


def _lines(verification: Verification) -> Iterator[str]:
    several = len(verification.entries) > 1
    for item in verification.mismatches:
        limit = " at most" if item.is_bound else ""
        yield (
            f"{_place(item, several)}: inferred{limit} {_shape(item.inferred)}, "
            f"but the runtime has {_shape(item.runtime)}"
        )
    by_reason: dict[str, list[TensorDifference]] = {}
    for item in verification.not_compared:
        by_reason.setdefault(item.reason, []).append(item)
    for reason, items in by_reason.items():
        places = "; ".join(_place(item, several) for item in items[:_NAMED])
        more = f"; and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
        yield f"not compared, {printable(reason)}: {places}{more}"
    if several:
        for entry in verification.entries:
            found = f"{entry.mismatches} of them" if entry.mismatches else "none"
            differ = "differs" if entry.mismatches < 2 else "differ"
            yield f"{_name(entry)}: {_compared(entry)} compared, {found} {differ}"
        where = numbers.plural(len(verification.entries), "signature")
    else:
        where = _name(verification.entries[0]) if verification.entries else ""
    compared = f"{_compared(verification)}{f' of {where}' if where else ''} compared"
    if not verification.mismatches:
        yield f"all shapes match the runtime: {compared}"
    else:
        count = len(verification.mismatches)
        wrong = f"{numbers.plural(count, 'shape')} {'differs' if count == 1 else 'differ'}"
        yield f"{wrong} from the runtime's: {compared}"
    checked = [entry for entry in verification.entries if entry.memory]
    for entry in checked:
        for number, memory in enumerate(entry.memory):
            place = f"{_name(entry)}: " if several else ""
            if number:
                place += f"subgraph {memory.subgraph_index}: "
            if not memory.is_right:
                yield from _memory_lines(memory, place)
    if checked and verification.is_right:
        yield f"planned memory matches the runtime: {_memory(checked)}"


def _memory(checked: Sequence[VerifiedEntry]) -> str:
    """ "arena 423KiB, state 8B, and 2 subgraphs", of several entry points the most."""
    arena, state = (
        max(getattr(entry.memory[0], name) for entry in checked)
        for name in ("arena_bytes", "state_bytes")
    )
    text = f"arena {numbers.byte_count(arena)}B"
    if state:
        text += f", state {numbers.byte_count(state)}B"
    if len(checked) > 1:
        text += f" at most, of {len(checked)} signatures"
    called = {memory.subgraph_index for entry in checked for memory in entry.memory[1:]}
    if called:
        text += f"; also of {numbers.plural(len(called), 'subgraph')}"
    return text


def _memory_lines(memory: MemoryCheck, place: str) -> Iterator[str]:
    for item in memory.differences[:_NAMED]:
        made = "" if item.operator_index is None else f"operator {item.operator_index}, "
        name = f" ({printable(item.tensor_name, NAME_LIMIT)})" if item.tensor_name else ""
        yield (
            f"{place}{made}tensor {item.tensor_index}{name}: planned {item.planned or 'nothing'}, "
            f"but the runtime has {item.runtime or 'none'}"
        )
    if len(memory.differences) > _NAMED:
        yield f"{place}and {numbers.plural(len(memory.differences) - _NAMED, 'more tensor')}"
    yield (
        f"{place}planned memory differs from the runtime's: "
        f"arena {memory.arena_bytes:,} bytes, there {memory.runtime_arena_bytes:,}; "
        f"state {memory.state_bytes:,} bytes, there {memory.runtime_state_bytes:,}"
    )


def _compared(of: Verification | VerifiedEntry) -> str:
    return f"{numbers.plural(of.tensors, 'tensor')} of {numbers.plural(of.operators, 'operator')}"


def _name(entry: VerifiedEntry) -> str:
    """ "signature 'decode' (the same as 'prefill' and 3 more)"; "" for a model without any."""
    if entry.signature is None:
        return ""
    name = f"signature '{printable(entry.signature, NAME_LIMIT)}'"
    if not entry.same_signatures:
        return name
    same = ", ".join(f"'{printable(key, NAME_LIMIT)}'" for key in entry.same_signatures[:_NAMED])
    more = len(entry.same_signatures) - _NAMED
    return f"{name} (the same as {same}{f' and {more} more' if more > 0 else ''})"


def _place(item: TensorDifference, with_signature: bool) -> str:
    parts = []
    if with_signature and item.signature is not None:
        parts.append(f"signature '{printable(item.signature, NAME_LIMIT)}'")
    if item.operator_index is not None:
        operator = printable(item.operator_name or "", NAME_LIMIT)
        parts.append(f"operator {item.operator_index} ({operator})")
    parts.append(f"tensor {item.tensor_index} ({printable(item.tensor_name, NAME_LIMIT)})")
    return ", ".join(parts)


def _shape(shape: tuple[int, ...] | None) -> str:
    return "unknown" if shape is None else numbers.shape(shape)
