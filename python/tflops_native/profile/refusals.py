"""Why XNNPACK left an operator to the runtime's own kernels, where its checks say so for certain.

The delegate logs nothing about this: it checks each operator with its messages suppressed, unless the
library was compiled with XNNPACK_DELEGATE_ENABLE_LOGGING, and those of packages are not. So this repeats
checks that need nothing but the file: of types, scales, constants and options. Each is one that all
versions up to the source make, so that none takes an operator that fails it. Where none of them fails, the
reason is another check, of shapes or of the version at hand, and stays unsaid.
Source: tflite/delegates/xnnpack/xnnpack_delegate.cc, Visit...Node and Check..., of August 2026.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from tflops_native.formatting import brief
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.graph import Operator, Subgraph, Tensor
from tflops_native.model.schema import TensorType
from tflops_native.ops.plugins import find_rule
from tflops_native.profile.xnnpack_operators import has_xnnpack_kernel

_FLOAT = (TensorType.FLOAT32, TensorType.FLOAT16)
_EIGHT_BITS = (TensorType.INT8, TensorType.UINT8)
_SIGNED = (TensorType.INT8,)
RefusalCode: TypeAlias = Literal["no_kernel", "type", "scale", "constant", "option"]
# Of FULLY_CONNECTED with sparse weights.
_SPARSE_VERSION = 8
_MOST_CONCATENATED = 5
# Scales of inputs over that of the output: below the first, or from the second on.
_SCALES: Mapping[str, tuple[float, float]] = dict.fromkeys(("ADD", "SUB"), (2.0**-10, 2.0**8))
_MASKS = ("ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
# What is unpacked once, before the delegate looks at what takes it.
_UNPACKED = frozenset({"DEQUANTIZE", "DENSIFY"})


class Refusal(NamedTuple):
    """A check that an operator fails.

    code   what is checked: whether there is a kernel, types, scales of quantized data, inputs that must be
           constants, or options
    text   the reason, as a sentence without its end
    """

    code: RefusalCode
    text: str


@dataclass(frozen=True, slots=True)
class _Checks:
    """What is checked of an operator.

    data        inputs that hold its data; None for all
    types       of its data, and of its outputs
    constants   inputs that must be constants
    weights     inputs that must be constants, or unpacked from one
    """

    types: tuple[TensorType, ...]
    data: tuple[int, ...] | None = (0,)
    constants: tuple[int, ...] = ()
    weights: tuple[int, ...] = ()


# Data and outputs are of the same type.
_OF_ONE_TYPE = frozenset({"ADD", "CONV_2D", "DEPTHWISE_CONV_2D", "MUL", "SUB"})
_FLOATS = _Checks(_FLOAT, data=None)
_QUANTIZED = _Checks((*_FLOAT, *_EIGHT_BITS))


def _quantized(*constants: int, data: int = 0, weights: tuple[int, ...] = ()) -> _Checks:
    return _Checks(_QUANTIZED.types, (data,), constants, weights)


_CHECKS: Mapping[str, _Checks] = {
    **dict.fromkeys(
        (
            *("ABS", "AVERAGE_POOL_2D", "CEIL", "COS", "DIV", "EXP", "FLOOR", "GELU", "HARD_SWISH"),
            *("LOG", "MAXIMUM", "MINIMUM", "NEG", "RELU", "RELU6", "RELU_N1_TO_1", "ROUND"),
            *("RSQRT", "SIN", "SOFTMAX", "SQRT", "SQUARE", "SQUARED_DIFFERENCE"),
        ),
        _FLOATS,
    ),
    "PRELU": _Checks(_FLOAT, data=None, weights=(1,)),
    "ELU": _Checks((*_FLOAT, *_SIGNED)),
    **dict.fromkeys(
        ("DEPTH_TO_SPACE", "LEAKY_RELU", "LOGISTIC", "MAX_POOL_2D", "SPACE_TO_DEPTH", "TANH"),
        _QUANTIZED,
    ),
    **dict.fromkeys(
        ("EXPAND_DIMS", "MEAN", "PAD", "REDUCE_MAX", "REDUCE_MIN", "RESHAPE", "RESIZE_BILINEAR"),
        _quantized(1),
    ),
    "SUM": _quantized(1),
    "TRANSPOSE": _quantized(1),
    "SLICE": _quantized(1, 2),
    "STRIDED_SLICE": _quantized(1, 2, 3),
    "SPLIT": _quantized(0, data=1),
    **dict.fromkeys(("ADD", "CONCATENATION", "MUL", "SUB"), _Checks(_QUANTIZED.types, data=None)),
    "BATCH_MATMUL": _QUANTIZED,
    "FULLY_CONNECTED": _QUANTIZED,
    "CONV_2D": _quantized(weights=(1, 2)),
    "DEPTHWISE_CONV_2D": _quantized(weights=(1, 2)),
    "TRANSPOSE_CONV": _quantized(0, data=2, weights=(1, 3)),
    "QUANTIZE": _Checks(_QUANTIZED.types),
    "DEQUANTIZE": _Checks((*_FLOAT, *_EIGHT_BITS)),
}


def refusal(graph: Subgraph, operator: Operator) -> Refusal | None:
    """Why XNNPACK takes no such operator; None where that is not certain."""
    name = operator.name
    if not has_xnnpack_kernel(name):
        return Refusal("no_kernel", f"XNNPACK has no kernel for {name}")
    checks = _CHECKS.get(name)
    if checks is None:
        return None
    tensors = [None if index is None else graph.tensors[index] for index in operator.inputs]
    positions = range(len(tensors)) if checks.data is None else checks.data
    data = [tensor for position in positions if (tensor := _at(tensors, position)) is not None]
    outputs = [graph.tensors[index] for index in operator.outputs]
    if not data or not outputs:
        return None
    return (
        _of_types(name, checks, (*data, *outputs))
        or _of_scales(name, data, outputs)
        or _of_constants(graph, operator, checks)
        or _of_weights(operator, data[0], _at(tensors, 1))
        or _of_options(operator, tensors)
    )


def _at(tensors: Sequence[Tensor | None], position: int) -> Tensor | None:
    return tensors[position] if position < len(tensors) else None


def _of_types(name: str, checks: _Checks, tensors: Iterable[Tensor]) -> Refusal | None:
    """One of a type that there is no kernel for."""
    found = list(dict.fromkeys(tensor.type for tensor in tensors))
    for kind in found:
        if kind not in checks.types:
            # float16 is taken where it is unpacked, or on a processor that has it: that is no advice.
            names = [_name(one) for one in checks.types if one is not TensorType.FLOAT16]
            text = f"XNNPACK takes {name} in {_listed(names)} only, not {_name(kind)}"
            return Refusal("type", text)
    if name in _OF_ONE_TYPE and len(found) > 1 and set(found) - set(_FLOAT):
        text = f"XNNPACK takes {name} of one type only, not of {_listed(list(map(_name, found)))}"
        return Refusal("type", text)
    if name == "QUANTIZE" and set(found) == set(_EIGHT_BITS):
        return Refusal("type", "XNNPACK takes QUANTIZE between int8 and uint8 in neither direction")
    return None


def _of_scales(name: str, data: Sequence[Tensor], outputs: Sequence[Tensor]) -> Refusal | None:
    """Data of 8 bits without a scale, with several, or with scales too far apart."""
    for tensor in (*data, *outputs):
        quantization = tensor.quantization
        if tensor.type not in _EIGHT_BITS or (quantization and quantization.details):
            continue
        count = 0 if quantization is None else len(quantization.scale_data) // 4
        if count != 1:
            kind, number = _name(tensor.type), "none" if not count else f"{count:,}"
            return Refusal(
                "scale", f"XNNPACK takes {kind} data with one scale only, and this has {number}"
            )
    if name not in _SCALES:
        return None
    low, high = _SCALES[name]
    scale = _scale(outputs[0])
    for tensor in data:
        own = _scale(tensor)
        if own and scale and not low <= own / scale < high:
            return Refusal(
                "scale",
                f"XNNPACK takes {name} with scales of the inputs from {brief(low, 6)} to below "
                f"{brief(high, 6)} times that of the output only, and one has {brief(own / scale, 3)}",
            )
    return None


def _scale(tensor: Tensor) -> float | None:
    """The scale of data of 8 bits."""
    quantization = tensor.quantization
    if tensor.type not in _EIGHT_BITS or quantization is None or not quantization.scale_data:
        return None
    return quantization.scale[0]


def _of_constants(graph: Subgraph, operator: Operator, checks: _Checks) -> Refusal | None:
    """An input that must be a constant of the file, and is computed instead."""
    for position in (*checks.constants, *checks.weights):
        index = operator.inputs[position] if position < len(operator.inputs) else None
        if index is None or graph.tensors[index].is_constant:
            continue
        if position in checks.weights and any(
            index in other.outputs and other.name in _UNPACKED for other in graph.operators
        ):
            continue
        rule = find_rule(operator.name)
        role = f"input {position}" if rule is None else f"`{rule.roles[position]}`"
        return Refusal("constant", f"XNNPACK takes {operator.name} only where {role} is a constant")
    return None


def _of_weights(operator: Operator, data: Tensor, weights: Tensor | None) -> Refusal | None:
    """Weights of a kind that its kernels do not take."""
    if weights is None:
        return None
    name, is_sparse = operator.name, weights.sparsity is not None
    if name == "FULLY_CONNECTED" and operator.version == _SPARSE_VERSION and is_sparse:
        return Refusal("option", "XNNPACK takes FULLY_CONNECTED with dense weights only")
    is_mixed = weights.type in _EIGHT_BITS and data.type is TensorType.FLOAT32
    if name == "DEPTHWISE_CONV_2D" and is_mixed:
        return Refusal(
            "type",
            "XNNPACK takes DEPTHWISE_CONV_2D with weights of the type of the data only, not "
            f"{_name(weights.type)} for float32",
        )
    return None


def _of_options(operator: Operator, tensors: Sequence[Tensor | None]) -> Refusal | None:
    if operator.name == "CONCATENATION" and len(tensors) > _MOST_CONCATENATED:
        text = f"XNNPACK takes CONCATENATION of {_MOST_CONCATENATED} inputs at most, not {len(tensors)}"
        return Refusal("option", text)
    if operator.name == "STRIDED_SLICE":
        for option in _MASKS:
            if operator.options.get(option):
                return Refusal("option", f"XNNPACK takes STRIDED_SLICE without `{option}` only")
    return None


def _name(kind: TensorType) -> str:
    return ELEMENT_TYPES[kind].name


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
