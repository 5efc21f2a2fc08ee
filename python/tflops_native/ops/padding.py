"""Operators that add elements around a tensor or between its elements."""

from dataclasses import dataclass
from typing import ClassVar

from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.families import family
from tflops_native.ops.geometry import with_rank
from tflops_native.ops.indices import PASSES_FIRST
from tflops_native.ops.tensor_spec import TensorSpec


@dataclass(frozen=True, slots=True)
class Pad(Op):
    """Surrounds the input: PAD with zeros, PADV2 with a constant, MIRROR_PAD with its mirror image.

    input            any shape
    paddings         [rank, 2], elements before and after along each axis
    constant_values  one element, with PADV2 only
    output           input.shape[i] + paddings[i][0] + paddings[i][1]

    Moves data, no arithmetic.
    Source   tflite/kernels/pad.cc, ResizeOutputTensor; mirror_pad.cc, GetPaddedOutputShape
    """

    only_moves_data: ClassVar = True

    def infer(
        self,
        input: TensorSpec,
        paddings: TensorSpec,
        constant_values: TensorSpec | None = None,
    ) -> Inferred:
        with_rank(paddings, 2, "paddings")
        numbers = paddings.required_integers("paddings")
        if len(numbers) != 2 * len(input.shape):
            raise ValueError(
                f"`paddings` {list(paddings.shape)} must be [{len(input.shape)}, 2], "
                f"a pair for each axis of `input`"
            )
        if min(numbers, default=0) < 0:
            raise ValueError(f"`paddings` must not be negative, but are {list(numbers)}")
        output = tuple(
            length + before + after
            for length, before, after in zip(input.shape, numbers[::2], numbers[1::2], strict=True)
        )
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


family(
    Pad,
    {
        "PAD": ("PadOptions", {}),
        "PADV2": ("PadV2Options", {}),
        "MIRROR_PAD": ("MirrorPadOptions", {}),
    },
    indices={"PAD": PASSES_FIRST},
    events={
        "PAD": DelegateEvents(main=("Constant Pad",)),
        "PADV2": DelegateEvents(main=("Constant Pad",)),
    },
)


@register("DILATE", options="DilateOptions")
@dataclass(frozen=True, slots=True)
class Dilate(Op):
    """The input with gaps between its elements.

    input          any shape but a scalar
    dilations      [rank], distance of neighbours along each axis
    padding_value  one element, for the gaps
    output         (input.shape[i] - 1) * dilations[i] + 1, 0 for an empty axis

    Moves data, no arithmetic.
    Source   tflite/kernels/dilate.cc, SetupOutputTensor
    """

    only_moves_data: ClassVar = True

    def infer(
        self, input: TensorSpec, dilations: TensorSpec, padding_value: TensorSpec
    ) -> Inferred:
        apart = dilations.required_integers("dilations")
        if not input.shape or len(apart) != len(input.shape) or min(apart) < 1:
            raise ValueError(
                f"`dilations` {list(apart)} must be 1 or more, one for each axis of `input` "
                f"{list(input.shape)}"
            )
        output = tuple(
            (length - 1) * distance + 1 if length else 0
            for length, distance in zip(input.shape, apart, strict=True)
        )
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)
