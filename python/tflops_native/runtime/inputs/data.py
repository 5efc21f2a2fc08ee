"""What one input holds while a model runs, and the record of it."""

from typing import TYPE_CHECKING, Any

from tflops_native.errors import InvokeError
from tflops_native.given_data import GivenInput
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.entry import EntryInput
from tflops_native.model.limits import shown_shape
from tflops_native.runtime.inputs.drawn import draw, zeros
from tflops_native.runtime.inputs.record import InputRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray


def input_data(
    item: EntryInput,
    shape: tuple[int, ...],
    *,
    given: GivenInput | None,
    fill: str,
    seed: int,
    index_limit: int | None,
) -> tuple["NDArray[Any]", InputRecord]:
    """The user's data if there is any, else what `fill` says: "random" or "zeros".

    Raises:
        InvokeError: no data can be made for this type, or no array has such a shape.
    """
    facts: dict[str, Any]
    try:
        if given is not None:
            array = given.array
            file = None if given.file is None else str(given.file)
            facts = {
                "kind": "array" if file is None else "file",
                "file": file,
                "sha256": given.sha256,
            }
        elif fill == "zeros":
            array, facts = zeros(item, shape), {"kind": "zeros"}
        else:
            drawn = draw(item, shape, seed, index_limit)
            array = drawn.data
            facts = {"kind": "random", "seed": seed, "low": drawn.low, "high": drawn.high}
    except ValueError as error:
        # More dimensions or bytes than numpy has arrays for.
        raise InvokeError(
            f"no data can be made for input {item.name!r} of shape {shown_shape(shape)}: {error}"
        ) from error
    name = ELEMENT_TYPES[item.tensor.type].name
    return array, InputRecord(name=item.name, type=name, shape=shape, **facts)
