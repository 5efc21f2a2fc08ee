"""Where the outputs of builtin kernels have their memory.

Source: tflite/kernels/*.cc, Prepare: what calls SetTensorToDynamic or SetTensorToPersistentRo, or sets
`allocation_type`.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from tflops_native.arenas.kernel import Home, Kernel
from tflops_native.arenas.recurrent_scratch import BASIC_LSTM_INPUTS, BASIC_LSTM_STATES
from tflops_native.model.graph import Tensor
from tflops_native.model.schema import TensorType

_Decide: TypeAlias = Callable[[Kernel], Home]
# Their size is known only once they are written.
_ON_THE_HEAP: Final = frozenset({TensorType.STRING, TensorType.RESOURCE, TensorType.VARIANT})
# Outputs whose shape is the value of these inputs: on the heap unless that is known beforehand.
_SHAPED_BY: Final[dict[str, tuple[int, ...]]] = {
    "ARG_MAX": (1,),
    "ARG_MIN": (1,),
    "BATCH_TO_SPACE_ND": (1, 2),
    "BROADCAST_TO": (1,),
    "CONV_3D_TRANSPOSE": (0,),
    "DILATE": (1,),
    "EXPAND_DIMS": (1,),
    "FILL": (0,),
    "IRFFT2D": (1,),
    "MEAN": (1,),
    "MIRROR_PAD": (1,),
    "MULTINOMIAL": (0, 1),
    "NON_MAX_SUPPRESSION_V4": (2,),
    "NON_MAX_SUPPRESSION_V5": (2,),
    "ONE_HOT": (1,),
    "PAD": (1,),
    "PADV2": (1,),
    "RANDOM_STANDARD_NORMAL": (0,),
    "RANDOM_UNIFORM": (0,),
    "REDUCE_ALL": (1,),
    "REDUCE_ANY": (1,),
    "REDUCE_MAX": (1,),
    "REDUCE_MIN": (1,),
    "RESIZE_BILINEAR": (1,),
    "RESIZE_NEAREST_NEIGHBOR": (1,),
    "RFFT2D": (1,),
    "SCATTER_ND": (2,),
    "SEGMENT_SUM": (0, 1),
    "SPACE_TO_BATCH_ND": (1, 2),
    "SPARSE_TO_DENSE": (1,),
    "SPLIT": (0,),
    "SPLIT_V": (1, 2),
    "SUM": (1,),
    "TRANSPOSE": (1,),
    "TRANSPOSE_CONV": (0,),
    "UNSORTED_SEGMENT_MAX": (1, 2),
    "UNSORTED_SEGMENT_MIN": (1, 2),
    "UNSORTED_SEGMENT_PROD": (1, 2),
    "UNSORTED_SEGMENT_SUM": (1, 2),
}
# Of these only a constant of the file counts, not what is computed when memory is allocated.
_SHAPED_BY_CONSTANTS: Final = frozenset({"DILATE", "TRANSPOSE_CONV"})
# Their last output has a known size: indices into the others, or how many there are.
_LAST_IS_KNOWN: Final = frozenset({"NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "UNIQUE"})
_ALWAYS_ON_THE_HEAP: Final = frozenset({"EMBEDDING_LOOKUP_SPARSE", "UNIQUE"})
# Computed when memory is allocated, if all inputs are known by then.
_FOLDED: Final = frozenset({"BROADCAST_ARGS", "CONCATENATION", "GATHER", "MUL"})
# Constants in another form, made at the first run and kept.
_KEPT: Final = frozenset({"DENSIFY", "DEQUANTIZE"})


def first_home(tensor: Tensor) -> Home:
    """Where a tensor has its memory if no kernel decides otherwise."""
    if tensor.is_constant:
        return Home.FILE
    if tensor.type in _ON_THE_HEAP:
        return Home.HEAP
    return Home.STATE if tensor.is_variable else Home.ARENA


def decide_homes(kernel: Kernel) -> None:
    """Give the outputs of an operator the memory that its kernel chooses."""
    name = kernel.operator.name
    if name == "VAR_HANDLE":
        kernel.homes[kernel.operator.outputs[0]] = Home.STATE
    if name == "LSTM" and len(kernel.operator.inputs) <= BASIC_LSTM_INPUTS:
        for position in BASIC_LSTM_STATES:
            kernel.homes[kernel.input(position).index] = Home.STATE
    decide = _RULES.get(name)
    home = None if decide is None else decide(kernel)
    if home is None and name in _SHAPED_BY:
        counts = kernel.is_constant if name in _SHAPED_BY_CONSTANTS else kernel.is_fixed
        is_known = all(map(counts, _SHAPED_BY[name]))
        home = Home.ARENA if is_known else Home.HEAP
    outputs = kernel.operator.outputs
    for index in outputs[:-1] if name in _LAST_IS_KNOWN else outputs:
        if home is not None and kernel.homes[index] is Home.ARENA:
            kernel.homes[index] = home


def _always(home: Home) -> _Decide:
    return lambda kernel: home


def _folded(kernel: Kernel) -> Home:
    return _once_if(kernel, *range(len(kernel.operator.inputs)))


def _once_if(kernel: Kernel, *positions: int) -> Home:
    return Home.ONCE if all(map(kernel.is_fixed, positions)) else Home.ARENA


def _kept(kernel: Kernel) -> Home:
    return Home.STATE if kernel.is_constant(0) else Home.ARENA


def _range(kernel: Kernel) -> Home:
    return Home.ONCE if _folded(kernel) is Home.ONCE else Home.HEAP


def _reshape(kernel: Kernel) -> Home:
    return _once_if(kernel, 0) if kernel.is_fixed(1) else Home.HEAP


def _read_variable(kernel: Kernel) -> Home:
    # A scalar and a tensor of unknown rank look alike.
    is_ranked = bool(kernel.tensors[kernel.operator.outputs[0]].shape)
    return Home.ARENA if is_ranked else Home.HEAP


def _slice(kernel: Kernel) -> Home:
    output = kernel.tensors[kernel.operator.outputs[0]]
    if output.shape and -1 not in output.shape_signature:
        return Home.ARENA  # the shape of the file is taken
    is_known = kernel.is_fixed(1) and kernel.is_fixed(2)
    return Home.ARENA if is_known and -1 not in kernel.input(0).shape_signature else Home.HEAP


def _strided_slice(kernel: Kernel) -> Home:
    is_offset = bool(kernel.operator.options.get("offset", False))
    if not (kernel.is_fixed(3) and (is_offset or (kernel.is_fixed(1) and kernel.is_fixed(2)))):
        return Home.HEAP
    return _once_if(kernel, 0, 1, 2)


def _tile(kernel: Kernel) -> Home:
    return _once_if(kernel, 0) if kernel.is_fixed(1) else Home.HEAP


def _top_k(kernel: Kernel) -> Home:
    is_known = kernel.is_fixed(1) and -1 not in kernel.input(0).shape_signature
    return Home.ARENA if is_known else Home.HEAP


def _where(kernel: Kernel) -> Home:
    return Home.ARENA if kernel.is_fixed(0) else Home.HEAP


def _reduce_prod(kernel: Kernel) -> Home:
    # Only small results: they come from shapes.
    return _once_if(kernel, 0) if kernel.is_fixed(1) else Home.HEAP


_RULES: Final[dict[str, _Decide]] = {
    **dict.fromkeys(_ALWAYS_ON_THE_HEAP, _always(Home.HEAP)),
    **dict.fromkeys(_FOLDED, _folded),
    **dict.fromkeys(_KEPT, _kept),
    "NumericVerify": _always(Home.STATE),
    "RANGE": _range,
    "RANK": _always(Home.ONCE),
    "REDUCE_PROD": _reduce_prod,
    "READ_VARIABLE": _read_variable,
    "RESHAPE": _reshape,
    "SHAPE": _always(Home.ONCE),
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "TILE": _tile,
    "TOPK_V2": _top_k,
    "WHERE": _where,
}
