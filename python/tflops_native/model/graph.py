"""What a model file says, as frozen data: subgraphs, tensors, operators, buffers, signatures.

Owns the meaning of the fields, such as which tensor is constant and how its bytes become numbers.
It knows neither the encoding of the file nor any rule about an operator.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tflops_native.errors import ModelFormatError
from tflops_native.model.called import SUBGRAPH_OPTIONS, CalledSubgraph, called_subgraphs
from tflops_native.model.control_dependencies import ControlEdges
from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.schema import TensorType
from tflops_native.model.sources.files import FileStamp, sha256_of
from tflops_native.model.sources.source import Source
from tflops_native.model.sparsity import Sparsity


@dataclass(frozen=True, slots=True)
class QuantizationDetails:
    """Quantization that one scale per channel cannot express; `kind` is the schema's table name.

    For "BlockwiseQuantization" and "MultiAxisQuantization" the scales and zero points are tensors:
    `scales` and `zero_points` are their indices in the same subgraph (`zero_points` is `None` where
    the zero point is 0), and `block_size` counts elements, 0 if there are no blocks. Of any other
    kind only the name is known.
    """

    kind: str
    scales: int | None = None
    zero_points: int | None = None
    block_size: int = 0
    block_shape: tuple[int, ...] = ()
    quantized_dimensions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """How stored integers stand for real numbers: `real = scale * (stored - zero_point)`.

    The vectors are kept as little-endian bytes and decoded on demand, for there may be one scale
    per channel. With `details` they do not apply.
    """

    quantized_dimension: int
    scale_data: memoryview
    zero_point_data: memoryview
    min_data: memoryview
    max_data: memoryview
    details: QuantizationDetails | None

    @property
    def scale(self) -> tuple[float, ...]:
        """One scale for the tensor, or one for each index of the quantized dimension."""
        return struct.unpack(f"<{len(self.scale_data) // 4}f", self.scale_data)

    @property
    def zero_point(self) -> tuple[int, ...]:
        """As `scale`; may be empty, which means 0."""
        return struct.unpack(f"<{len(self.zero_point_data) // 8}q", self.zero_point_data)

    @property
    def min(self) -> tuple[float, ...]:
        """The smallest real value seen while the model was quantized; mostly empty."""
        return struct.unpack(f"<{len(self.min_data) // 4}f", self.min_data)

    @property
    def max(self) -> tuple[float, ...]:
        """The largest real value seen while the model was quantized; mostly empty."""
        return struct.unpack(f"<{len(self.max_data) // 4}f", self.max_data)


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One tensor of a subgraph.

    `shape` is what was stored at conversion, with 1 where a dimension was unknown;
    `shape_signature` has -1 there and is otherwise equal to it. `has_rank` is false if even the
    number of dimensions is unknown; files older than that field store an unknown rank and a scalar
    alike, as an empty shape, and then `is_rank_stated` is false. `data` is a view of the constant's
    bytes in the file, `None` if the tensor is not constant or its bytes are in another file
    (`external_buffer`, 0 if none). With `sparsity` the bytes hold only some of the elements of the
    dense `shape`; the others are 0.
    """

    index: int
    name: str
    type: TensorType
    shape: tuple[int, ...]
    shape_signature: tuple[int, ...]
    has_rank: bool
    buffer: int
    data: memoryview | None = field(repr=False)
    is_variable: bool
    external_buffer: int
    sparsity: Sparsity | None
    quantization: Quantization | None = field(repr=False)
    is_rank_stated: bool = True

    @property
    def is_constant(self) -> bool:
        """Whether the model fixes the values, be it in this file or in another one."""
        return self.data is not None or self.external_buffer != 0

    @property
    def element_count(self) -> int:
        """Elements of the stored shape: 1 for a scalar."""
        return math.prod(self.shape)

    def values(self, limit: int = 65_536) -> tuple[int | float | bool, ...]:
        """The elements of a constant, flat, last dimension fastest.

        Raises `ValueError` if the tensor is not constant, its values are in another file, it is
        sparse, it has more than `limit` elements, or its type is not one of BOOL, INT8 to INT64,
        UINT8 to UINT64, FLOAT16 to FLOAT64.
        """
        if self.data is None:
            where = "in another file" if self.external_buffer else "not known before the model runs"
            raise ValueError(f"the values of tensor {self.index} ({self.name}) are {where}")
        code = ELEMENT_TYPES[self.type].struct_code
        if code is None or self.sparsity:
            form = "a sparse tensor" if self.sparsity else f"type {self.type.name}"
            raise ValueError(f"tensor {self.index} ({self.name}): {form} is not decoded")
        count = self.element_count
        if count > limit:
            raise ValueError(
                f"tensor {self.index} ({self.name}) has {count} elements, more than {limit}"
            )
        return struct.unpack_from(f"<{count}{code}", self.data)


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One operator of a subgraph.

    `name` is the builtin's name ("CONV_2D"), the custom code of a custom operator ("CUSTOM" if
    it has none), or "UNKNOWN_BUILTIN_231". `custom_code` is that of a custom operator: on a
    builtin one the runtime ignores it, and so does the reader. `inputs` are tensor indices,
    `None` where an optional input is absent. `options_type` names the table of options,
    "UNKNOWN_OPTIONS_130" if it is newer than the schema, and is `None` if the operator has no
    such table at all, which is not the same as a table whose fields have their defaults.
    `options` maps the schema's field names to values: enums are members, vectors are tuples,
    vectors of bytes are `bytes`, absent strings are `None`.
    """

    index: int
    name: str
    code: int
    custom_code: str | None
    version: int
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    intermediates: tuple[int | None, ...]
    options_type: str | None
    options: Mapping[str, object]
    custom_options: memoryview | None = field(repr=False)

    @property
    def subgraphs(self) -> tuple[CalledSubgraph, ...]:
        """The subgraphs that it may run, in the order of its options."""
        return called_subgraphs(self.options_type, self.options)


@dataclass(frozen=True, slots=True, eq=False)
class Subgraph:
    """One graph of the model; the main one has index 0, others are bodies or other signatures.

    `inputs` and `outputs` are tensor indices. Operators are in the order of execution. `control_edges`
    are pairs of operators of which the first must run before the second, `None` if the converter wrote
    no such metadata, which is not the same as no pairs.
    """

    index: int
    name: str
    tensors: tuple[Tensor, ...] = field(repr=False)
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operators: tuple[Operator, ...] = field(repr=False)
    control_edges: ControlEdges | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """A named entry point: names of inputs and outputs -> tensor indices in one subgraph."""

    key: str
    subgraph_index: int
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Metadata:
    """A named buffer that is not part of the computation."""

    name: str
    buffer: int


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """Bytes in the file. `data` is `None` if it has none, which is not the same as 0 bytes."""

    data: memoryview | None = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Bytes of the data, 0 if there are none."""
        return 0 if self.data is None else len(self.data)


@dataclass(frozen=True, slots=True)
class ExternalBuffer:
    """Bytes in another file, which `group` names; `offset` and `length` are in bytes."""

    id: int
    group: str
    offset: int
    length: int
    packing: str


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A TensorFlow Lite model. `size_bytes` and `data` are those of the entire model."""

    source: Source
    size_bytes: int
    version: int
    description: str
    subgraphs: tuple[Subgraph, ...] = field(repr=False)
    signatures: tuple[Signature, ...]
    metadata: tuple[Metadata, ...]
    buffers: tuple[Buffer, ...] = field(repr=False)
    external_buffers: tuple[ExternalBuffer, ...] = field(repr=False)

    @property
    def path(self) -> Path | None:
        """The file that a runtime can open; None where the model came as bytes, or in a bundle."""
        return self.source.file

    @property
    def stamp(self) -> FileStamp | None:
        """What identifies the file; None without one."""
        return self.source.stamp

    @property
    def data(self) -> memoryview:
        """The bytes of the model."""
        return self.source.data

    def signature(self, key: str) -> Signature:
        """The signature with this key; raises `ModelFormatError` if there is none."""
        for signature in self.signatures:
            if signature.key == key:
                return signature
        known = ", ".join(signature.key for signature in self.signatures) or "none"
        raise ModelFormatError(f"no signature {key!r}; the model has: {known}")

    def reachable(self, *starts: int, without: Iterable[int] = ()) -> Iterator[Subgraph]:
        """The subgraphs of these indices and all that their operators may run, each once.

        Indices that are out of range are left out, and so is what is only reached by way of `without`.
        """
        seen = set(without)
        waiting = list(reversed(starts))
        while waiting:
            index = waiting.pop()
            if index in seen or not 0 <= index < len(self.subgraphs):
                continue
            seen.add(index)
            subgraph = self.subgraphs[index]
            yield subgraph
            for operator in subgraph.operators:
                if operator.options_type in SUBGRAPH_OPTIONS:
                    waiting += [called.index for called in operator.subgraphs]

    def sha256(self) -> str:
        """The SHA-256 of the file in hexadecimal, computed anew at each call."""
        return sha256_of(self.data)

    @property
    def minimum_runtime_version(self) -> str | None:
        """The oldest runtime that has all operator versions in use, if the converter says so."""
        for entry in self.metadata:
            data = self.buffers[entry.buffer].data
            if entry.name == "min_runtime_version" and data is not None:
                return str(data, "ascii", "replace").split("\0", 1)[0].strip() or None
        return None
