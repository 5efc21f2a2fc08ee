"""Sparse constants: how many elements a file keeps of a tensor, and what their places take.

The format walks the axes in `traversal_order`, blocks last. A dense level has all its places; a compressed
one ("SPARSE_CSR") keeps, for each entry of the level before, where its own entries begin and at which
positions they are (tflite/kernels/internal/utils/sparsity_format_converter.h).
"""

import math
import struct
from dataclasses import dataclass

from tflops_native.errors import ModelFormatError
from tflops_native.model import schema
from tflops_native.model.flatbuffer import FlatBuffer, TableType
from tflops_native.model.limits import MAX_RANK

_SPARSITY = TableType("SparsityParameters", schema.STRUCTURE["SparsityParameters"])
_LEVEL = TableType("DimensionMetadata", schema.STRUCTURE["DimensionMetadata"])
_VECTORS = {
    name: (TableType(name, schema.STRUCTURE[name]), code)
    for name, code in (("Int32Vector", "i"), ("Uint16Vector", "H"), ("Uint8Vector", "B"))
}


@dataclass(frozen=True, slots=True)
class Sparsity:
    """The form in which a sparse constant is stored.

    stored_elements  elements in the file, the zeros inside of blocks among them
    index_bytes      bytes of the segments and indices that say where they belong
    is_compressed    per level, in the order of the walk, whether only some of its places are kept
    block_shape      lengths of a block along the axes that have one; () without blocks
    kept_places      of the first level of which only some places are kept: its rows, and those places
    """

    stored_elements: int
    index_bytes: int
    is_compressed: tuple[bool, ...]
    block_shape: tuple[int, ...]
    kept_places: int = 0

    @property
    def block_size(self) -> int:
        """Elements of a block, 1 without blocks."""
        return math.prod(self.block_shape)


def read_sparsity(file: FlatBuffer, position: int) -> Sparsity:
    """The table `SparsityParameters` at `position`.

    Raises:
        ModelFormatError: a compressed level does not fit the level before it.
    """
    order_at, block_map_at, levels_at = file.table(position, _SPARSITY)
    blocks = len(file.vector(block_map_at, "int32", "block_map", MAX_RANK))
    order = file.vector(order_at, "int32", "traversal_order", 2 * MAX_RANK)
    entries, index_bytes, kept_places = 1, 0, 0
    compressed, sizes = [], []
    for number, at in enumerate(file.tables(levels_at, "dim_metadata")):
        kind, size, segments_type, segments_at, indices_type, indices_at = file.table(at, _LEVEL)
        compressed.append(kind is schema.DimensionType.SPARSE_CSR)
        sizes.append(size)
        if not compressed[-1]:
            if size < 0:
                raise ModelFormatError(f"sparse level {number} has a dense size of {size}")
            entries *= size
            continue
        segments = _vector(file, segments_type, segments_at, "array_segments")
        indices = _vector(file, indices_type, indices_at, "array_indices")
        if segments.count != entries + 1 or segments.last != indices.count:
            raise ModelFormatError(
                f"sparse level {number} has {segments.count} segments that end at {segments.last}, "
                f"where {entries + 1} that end at its {indices.count} indices are expected"
            )
        kept_places = kept_places or segments.count - 1 + indices.count
        entries = indices.count
        index_bytes += segments.size_bytes + indices.size_bytes
    if len(order) != len(sizes):
        raise ModelFormatError(
            f"its traversal_order has {len(order)} axes, its dim_metadata {len(sizes)} levels"
        )
    return Sparsity(
        entries, index_bytes, tuple(compressed), tuple(sizes[len(sizes) - blocks :]), kept_places
    )


@dataclass(frozen=True, slots=True)
class _Vector:
    """Number of elements, the last of them (0 if there is none), and the bytes of all."""

    count: int
    last: int
    size_bytes: int


def _vector(file: FlatBuffer, type_byte: int, at: int | None, what: str) -> _Vector:
    names = schema.SPARSE_INDEX_VECTOR
    name = names[type_byte] if type_byte < len(names) else ""
    if at is None or name not in _VECTORS:
        return _Vector(0, 0, 0)
    table, code = _VECTORS[name]
    (values_at,) = file.table(file.follow(at, what), table)
    width = struct.calcsize(code)
    data = file.view(values_at, width, what)
    count = len(data) // width
    last = struct.unpack_from(f"<{code}", data, len(data) - width)[0] if count else 0
    return _Vector(count, last, len(data))
