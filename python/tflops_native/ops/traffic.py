"""Memory traffic: the bytes that an operator must move, however well its kernel is written.

The rule, which holds for every operator:

  inputs      each is read once, a tensor given twice too; of an input only the elements that the result
              depends on: of a slice what is taken, of windows and resized images what they touch, of a
              table the rows looked up, but never more than the table has
  constants   as they are stored: sparse ones with their indices, block-wise quantized ones with
              their scales
  outputs     each is written once; states are read and written
  in place    an output that takes the memory of an input costs nothing (RESHAPE), or the part that changes
              (DYNAMIC_UPDATE_SLICE). Inputs and outputs of a graph, constants and variables keep their
              memory, and so does, where it is changed, an input that others read: then all is copied
              (tflite/arena_planner.cc, InputTensorCanBeShared)
  recurrence  an operator over a sequence reads its weights at every step, as a loop of single steps does.
              From where, the roofline says: from a cache if the weights of one step fit into it
  loops       the variables that a loop changes are copied at its start and after each iteration
              (tflite/kernels/while.cc)

What `Inferred.bytes_read` and `bytes_written` leave open is the first and the third line.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tflops_native.model.schema import Padding
from tflops_native.ops._op import Inferred, TensorSpec

# Positions of windows that are listed to find which elements they touch; beyond it the count is bounded.
_LISTED = 100_000


@dataclass(frozen=True, slots=True)
class Window:
    """The windows along one axis.

    size      length of the input
    taps      elements of one window
    count     number of windows
    stride    elements from one window to the next
    dilation  elements from one tap to the next
    """

    size: int
    taps: int
    count: int
    stride: int
    dilation: int
    padding: Padding

    @property
    def before(self) -> int:
        """Elements of padding in front: the smaller half (tflite/kernels/padding.h, ComputePadding)."""
        if self.padding is not Padding.SAME:
            return 0
        span = (self.count - 1) * self.stride + (self.taps - 1) * self.dilation + 1
        return max(span - self.size, 0) // 2

    def valid_taps(self) -> int:
        """Taps of all windows that hit an element of the input."""
        before = self.before
        # Tap k of window o is at o * stride + k * dilation - before: the shorter of the two is walked.
        (few, step), (many, apart) = sorted([(self.taps, self.dilation), (self.count, self.stride)])
        taps = 0
        for start in range(-before, few * step - before, step):
            first = max(-(start // apart), 0)
            last = min((self.size - 1 - start) // apart, many - 1)
            taps += max(last - first + 1, 0)
        return taps

    def touched(self) -> int:
        """Elements of the input that some tap hits."""
        if self.dilation == 1 and self.stride <= self.taps:
            end = (self.count - 1) * self.stride + self.taps - self.before
            return max(min(self.size, end), 0) if self.count else 0
        if self.count * self.taps <= _LISTED:
            starts = range(-self.before, self.count * self.stride - self.before, self.stride)
            reach = self.taps * self.dilation
            return len(
                {
                    place
                    for start in starts
                    for place in range(start, start + reach, self.dilation)
                    if 0 <= place < self.size
                }
            )
        apart = math.gcd(self.stride, self.dilation)
        return min(self.valid_taps(), -(-self.size // apart))


def touching(
    result: Inferred, input: TensorSpec, windows: Sequence[Window], *others: TensorSpec | None
) -> Inferred:
    """The result of an operator on [N, spatial ..., C] that reads only what its windows touch.

    `others` are the inputs that it reads whole.
    """
    spatial = math.prod(window.touched() for window in windows)
    return reading(result, input, spatial * input.shape[0] * input.shape[-1], *others)


def reading(
    result: Inferred, input: TensorSpec, elements: int, *others: TensorSpec | None
) -> Inferred:
    """The result of an operator that reads so many elements of an input, and all of the others."""
    if elements >= input.size:
        return result
    return replace(result, bytes_read=input.bytes_of(elements) + whole(others))


def whole(tensors: Iterable[TensorSpec | None]) -> int:
    """Bytes of these tensors as they are stored."""
    return sum(tensor.size_bytes for tensor in tensors if tensor is not None)


def looked_up(table: TensorSpec, elements: int) -> int:
    """Bytes of so many elements of a table, some of them perhaps twice: at most those of the table."""
    if elements >= table.size:
        return table.size_bytes
    scales = -(-table.scale_bytes * elements // table.size)
    return table.bytes_of(elements) + scales


def recurrent(
    result: Inferred,
    steps: int,
    weights: Sequence[TensorSpec | None],
    states: Sequence[TensorSpec | None],
    once: Sequence[TensorSpec | None],
) -> Inferred:
    """The result of an operator over a sequence, which reads weights and states at every step."""
    again = max(steps - 1, 0) * whole(weights)
    read = whole(once) + whole(weights) + again + steps * whole(states)
    written = (result.bytes_written or 0) + max(steps - 1, 0) * whole(states)
    return replace(result, bytes_read=read, bytes_written=written, bytes_read_again=again)
