"""The document of a verification: what differs, what could not be compared, and the result."""

from collections.abc import Iterator

from tflops_native import formatting as numbers
from tflops_native.formats.document import Block, Cell, Column, Document, Table, row_of
from tflops_native.formats.printable import NAME_LIMIT, printable
from tflops_native.reports.saved import saved
from tflops_native.reports.verification import TensorDifference, Verification

_NAMED = 3  # tensors of one reason that are named, where there are more
_COLUMNS = tuple(
    Column(key=key, heading=key)
    for key in (
        "result",
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
    """A line per difference, and one that sums up."""
    return Document(
        title="Inferred shapes against those of the runtime",
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
    for item in verification.mismatches:
        limit = " at most" if item.is_bound else ""
        yield (
            f"{_place(item)}: inferred{limit} {_shape(item.inferred)}, "
            f"but the runtime has {_shape(item.runtime)}"
        )
    by_reason: dict[str, list[TensorDifference]] = {}
    for item in verification.not_compared:
        by_reason.setdefault(item.reason, []).append(item)
    for reason, items in by_reason.items():
        places = "; ".join(map(_place, items[:_NAMED]))
        more = f"; and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
        yield f"not compared, {printable(reason)}: {places}{more}"
    compared = (
        f"{numbers.plural(verification.tensors, 'tensor')} "
        f"of {numbers.plural(verification.operators, 'operator')}"
    )
    if verification.is_right:
        yield f"all shapes match the runtime: {compared} compared"
    else:
        count = len(verification.mismatches)
        wrong = f"{numbers.plural(count, 'shape')} {'differs' if count == 1 else 'differ'}"
        yield f"{wrong} from the runtime's: {compared} compared"


def _place(item: TensorDifference) -> str:
    tensor = f"tensor {item.tensor_index} ({printable(item.tensor_name, NAME_LIMIT)})"
    if item.operator_index is None:
        return tensor
    operator = printable(item.operator_name or "", NAME_LIMIT)
    return f"operator {item.operator_index} ({operator}), {tensor}"


def _shape(shape: tuple[int, ...] | None) -> str:
    return "unknown" if shape is None else numbers.shape(shape)
