"""Operators that move blocks of pixels into channels or into the batch, and back."""

import math
from dataclasses import dataclass
from typing import ClassVar

from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, register
from tflops_native.ops.geometry import with_rank
from tflops_native.ops.tensor_spec import TensorSpec


@register("SPACE_TO_DEPTH", options="SpaceToDepthOptions")
@dataclass(frozen=True, slots=True)
class SpaceToDepth(Op):
    """Moves blocks of pixels into channels.

    input    [N, H, W, C]
    output   [N, H / b, W / b, C * b * b], b the block size

    Moves data, no arithmetic.
    Source   tflite/kernels/space_to_depth.cc, Prepare
    """

    block_size: int

    def infer(self, input: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        b = self.block_size
        if b < 1 or h % b or w % b:
            raise ValueError(f"blocks of {b} do not divide an input of {h}x{w}")
        return Inferred(outputs=((n, h // b, w // b, c * b * b),), cost=NO_ARITHMETIC)


@register("DEPTH_TO_SPACE", options="DepthToSpaceOptions")
@dataclass(frozen=True, slots=True)
class DepthToSpace(Op):
    """Moves channels into blocks of pixels.

    input    [N, H, W, C]
    output   [N, H * b, W * b, C / (b * b)], b the block size

    Moves data, no arithmetic.
    Source   tflite/kernels/depth_to_space.cc, Prepare
    """

    block_size: int

    def infer(self, input: TensorSpec) -> Inferred:
        n, h, w, c = with_rank(input, 4, "input")
        b = self.block_size
        if b < 1 or c % (b * b):
            raise ValueError(f"blocks of {b} by {b} do not divide {c} channels")
        return Inferred(outputs=((n, h * b, w * b, c // (b * b)),), cost=NO_ARITHMETIC)


def _blocks(
    input: TensorSpec, block_shape: TensorSpec, borders: TensorSpec, role: str
) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
    """Block lengths and border pairs of the spatial axes of SPACE_TO_BATCH_ND and its inverse."""
    if len(input.shape) not in (3, 4):
        raise ValueError(f"`input` must have rank 3 or 4, but is {list(input.shape)}")
    blocks = block_shape.required_integers("block_shape")
    numbers = borders.required_integers(role)
    spatial = len(input.shape) - 2
    if len(blocks) != spatial or len(numbers) != 2 * spatial or min(blocks) < 1:
        raise ValueError(
            f"`block_shape` {list(blocks)} and `{role}` {list(numbers)} do not fit {spatial} "
            "spatial axes"
        )
    return blocks, list(zip(numbers[::2], numbers[1::2], strict=True))


@register("SPACE_TO_BATCH_ND", options="SpaceToBatchNDOptions")
@dataclass(frozen=True, slots=True)
class SpaceToBatchND(Op):
    """Moves blocks of pixels into the batch.

    input        [N, spatial ..., C], one or two spatial axes
    block_shape  [spatial axes]
    paddings     [spatial axes, 2]
    output       [N * product of blocks, (spatial + paddings) / block ..., C]

    Moves data, no arithmetic.
    Source   tflite/kernels/space_to_batch_nd.cc, ResizeOutputTensor
    """

    only_moves_data: ClassVar = True

    def infer(self, input: TensorSpec, block_shape: TensorSpec, paddings: TensorSpec) -> Inferred:
        blocks, borders = _blocks(input, block_shape, paddings, "paddings")
        spatial = []
        for length, block, (before, after) in zip(input.shape[1:-1], blocks, borders, strict=True):
            if (length + before + after) % block:
                raise ValueError(f"blocks of {block} do not divide {length}+{before}+{after}")
            spatial.append((length + before + after) // block)
        output = (input.shape[0] * math.prod(blocks), *spatial, input.shape[-1])
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)


@register("BATCH_TO_SPACE_ND", options="BatchToSpaceNDOptions")
@dataclass(frozen=True, slots=True)
class BatchToSpaceND(Op):
    """Moves the batch into blocks of pixels.

    input        [N, spatial ..., C], one or two spatial axes
    block_shape  [spatial axes]
    crops        [spatial axes, 2]
    output       [N / product of blocks, spatial * block - crops ..., C]

    Moves data, no arithmetic.
    Source   tflite/kernels/batch_to_space_nd.cc, ResizeOutputTensor
    """

    only_moves_data: ClassVar = True

    def infer(self, input: TensorSpec, block_shape: TensorSpec, crops: TensorSpec) -> Inferred:
        blocks, borders = _blocks(input, block_shape, crops, "crops")
        if input.shape[0] % math.prod(blocks):
            raise ValueError(
                f"a batch of {input.shape[0]} is not a multiple of blocks {list(blocks)}"
            )
        spatial = [
            length * block - before - after
            for length, block, (before, after) in zip(
                input.shape[1:-1], blocks, borders, strict=True
            )
        ]
        if min(spatial) < 0:
            raise ValueError(f"`crops` {borders} are larger than the output {spatial}")
        output = (input.shape[0] // math.prod(blocks), *spatial, input.shape[-1])
        return Inferred(outputs=(output,), cost=NO_ARITHMETIC)
