"""Memory traffic: the bytes that an operator must move, however well its kernel is written.

The rule, which holds for every operator:

  inputs      each is read once, a tensor given twice too; of an input only the elements that the result
              depends on: of a slice what is taken, of windows and resized images what they touch, of a
              table the rows looked up, but never more than the table has
  constants   as they are stored: sparse ones with their indices, block-wise quantized ones with
              their scales; once for all images or rows of a batch: what a kernel fetches anew for
              each of them is more than it must
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
from tflops_native.ops._op import Inferred
from tflops_native.ops.tensor_spec import TensorSpec


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
        """Kernel positions of all windows that hit an element of the input."""
        return self._hits(self.count, self.taps, self.before)

    def touched(self) -> int:
        """Elements of the input that some window hits."""
        # Position k of window o, and position k + stride / g of window o - dilation / g, are the same
        # element. All positions of one element make such a chain: as many links fewer than positions.
        g = math.gcd(self.stride, self.dilation)
        windows, positions = self.dilation // g, self.stride // g
        return self.valid_taps() - self._hits(
            self.count - windows, self.taps - positions, self.before - windows * self.stride
        )

    def _hits(self, count: int, taps: int, before: int) -> int:
        """Pairs of o < count and k < taps with 0 <= o * stride + k * dilation - before < size."""
        if count <= 0 or taps <= 0:
            return 0
        return self._below(count, taps, self.size + before) - self._below(count, taps, before)

    def _below(self, count: int, taps: int, end: int) -> int:
        """Pairs of o < count and k < taps with o * stride + k * dilation < end."""
        rows, columns = count * self.stride, taps * self.dilation
        return (
            _pairs_up_to(end - 1, self.stride, self.dilation)
            - _pairs_up_to(end - 1 - rows, self.stride, self.dilation)
            - _pairs_up_to(end - 1 - columns, self.stride, self.dilation)
            + _pairs_up_to(end - 1 - rows - columns, self.stride, self.dilation)
        )


def _pairs_up_to(limit: int, a: int, b: int) -> int:
    """Pairs of i, j >= 0 with i * a + j * b <= limit."""
    if limit < 0:
        return 0
    last = limit // b
    return last + 1 + _floor_sum(last + 1, a, b, limit - last * b)


def _floor_sum(n: int, m: int, a: int, b: int) -> int:
    """The sum of (a * i + b) // m over i < n, in as many steps as Euclid's algorithm takes for a and m."""
    total = 0
    while n > 0:
        total += (a // m) * (n * (n - 1) // 2) + (b // m) * n
        a, b = a % m, b % m
        most = a * n + b
        n, b = most // m, most % m
        m, a = a, m
        if m == 0:
            break
    return total


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
