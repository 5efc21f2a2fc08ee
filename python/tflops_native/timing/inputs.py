"""Input data for a measurement: seeded random numbers that suit each type."""

from typing import TYPE_CHECKING, Any

from tflops_native.errors import InvokeError
from tflops_native.model import EntryInput, TensorType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def random_input(
    item: EntryInput, shape: tuple[int, ...], generator: "np.random.Generator"
) -> "NDArray[Any]":
    """Random data for one input.

    Floats lie in [-1, 1). Quantized integers take their whole range. Other integers are mostly
    indices, into tables whose length nobody told us: they are 0 or 1.

    Raises:
        InvokeError: no data can be made for this type.
    """
    import numpy as np

    kind = item.tensor.type
    data: NDArray[Any]
    if kind in (TensorType.FLOAT16, TensorType.FLOAT32, TensorType.FLOAT64):
        data = generator.uniform(-1.0, 1.0, shape).astype(kind.name.lower())
    elif kind in (TensorType.COMPLEX64, TensorType.COMPLEX128):
        real, imaginary = generator.uniform(-1.0, 1.0, (2, *shape))
        data = (real + 1j * imaginary).astype(kind.name.lower())
    elif kind is TensorType.BOOL:
        data = generator.integers(0, 2, shape).astype(np.bool_)
    elif kind in (TensorType.INT8, TensorType.UINT8, TensorType.INT16) and _is_quantized(item):
        limits = np.iinfo(kind.name.lower())
        data = generator.integers(limits.min, limits.max + 1, shape).astype(kind.name.lower())
    elif kind.name.startswith(("INT", "UINT")) and kind.name not in ("INT4", "INT2", "UINT4"):
        data = generator.integers(0, 2, shape).astype(kind.name.lower())
    else:
        raise InvokeError(
            f"input {item.name!r} has type {kind.name}: no random data can be made for it"
        )
    return data


def _is_quantized(item: EntryInput) -> bool:
    quantization = item.tensor.quantization
    return quantization is not None and len(quantization.scale_data) > 0
