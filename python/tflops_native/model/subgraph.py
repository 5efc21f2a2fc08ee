"""The subgraphs of a model file: tensors, operators, and what they refer to.

Owns the reading of everything below `SubGraph` in the schema, and the checks that its indices are
in range and that constants are as large as their shapes say.
"""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from tflops_native.errors import ModelFormatError
from tflops_native.model import schema
from tflops_native.model.element_types import bits, packed_bytes
from tflops_native.model.flatbuffer import FlatBuffer, TableType
from tflops_native.model.graph import (
    Buffer,
    Operator,
    Quantization,
    QuantizationDetails,
    Subgraph,
    Tensor,
)
from tflops_native.model.limits import MAX_RANK
from tflops_native.model.sparsity import read_sparsity


def structure(name: str, fields: str) -> TableType:
    """The table `name` of the schema with the named fields, in that order."""
    return TableType.select(name, schema.STRUCTURE[name], fields)


_SUBGRAPH = structure("SubGraph", "tensors inputs outputs operators name")
_TENSOR = structure(
    "Tensor",
    "shape type buffer name quantization is_variable sparsity shape_signature has_rank"
    " external_buffer",
)
_QUANTIZATION = structure(
    "QuantizationParameters",
    "quantized_dimension scale zero_point min max details_type details",
)
_OPERATOR = structure(
    "Operator",
    "opcode_index inputs outputs intermediates builtin_options_type builtin_options"
    " builtin_options_2_type builtin_options_2 custom_options large_custom_options_offset"
    " large_custom_options_size",
)
_DETAILS = {
    name: TableType(name, schema.STRUCTURE[name])
    for name in ("BlockwiseQuantization", "MultiAxisQuantization")
}
_OPTIONS = {name: TableType(name, fields) for name, fields in schema.OPTIONS.items()}
_NO_OPTIONS: Mapping[str, object] = MappingProxyType({})
# The fields of an `Operator` behind its index.
_Contents: TypeAlias = tuple[
    str,
    int,
    str | None,
    int,
    tuple[int | None, ...],
    tuple[int, ...],
    tuple[int | None, ...],
    str | None,
    Mapping[str, object],
    memoryview | None,
]


class OperatorCode(NamedTuple):
    """What operators share that do the same."""

    name: str
    code: int
    custom_code: str | None
    version: int


class SubgraphReader:
    """Reads the subgraphs; the attributes are what their tables refer to."""

    def __init__(
        self,
        file: FlatBuffer,
        buffers: tuple[Buffer, ...],
        operator_codes: list[OperatorCode],
        external_ids: set[int],
    ) -> None:
        self._file = file
        self._buffers = buffers
        self._operator_codes = operator_codes
        self._external_ids = external_ids
        self._states_rank = False

    def read(self, positions: Iterable[int]) -> tuple[Subgraph, ...]:
        """The subgraphs whose tables are at `positions`."""
        tables = []
        for index, position in enumerate(positions):
            try:
                table = self._file.table(position, _SUBGRAPH)
                table[0] = [
                    self._file.table(at, _TENSOR) for at in self._file.tables(table[0], "tensors")
                ]
            except ModelFormatError as error:
                raise ModelFormatError(f"subgraph {index}: {error}") from error
            tables.append(table)
        if not tables:
            raise ModelFormatError("it has no subgraph")
        # A file that never sets has_rank is older than this field: its empty shapes are scalars, or
        # unknown (see `Tensor.is_rank_stated`).
        self._states_rank = any(tensor[8] for table in tables for tensor in table[0])

        subgraphs = []
        for index, table in enumerate(tables):
            try:
                subgraphs.append(self._subgraph(index, *table))
            except ModelFormatError as error:
                raise ModelFormatError(f"subgraph {index}: {error}") from error
        return tuple(subgraphs)

    def _subgraph(
        self,
        index: int,
        tensor_tables: list[list[Any]],
        inputs: int | None,
        outputs: int | None,
        operators: int | None,
        name: int | None,
    ) -> Subgraph:
        count = len(tensor_tables)
        tensors = []
        for place, table in enumerate(tensor_tables):
            try:
                tensors.append(self._tensor(place, count, *table))
            except ModelFormatError as error:
                raise ModelFormatError(f"tensor {place}: {error}") from error
        return Subgraph(
            index=index,
            name=self._file.string(name, "name"),
            tensors=tuple(tensors),
            inputs=self._indices(inputs, count, "inputs"),
            outputs=self._indices(outputs, count, "outputs"),
            operators=self._operator_list(operators, count),
        )

    def _operator_list(self, at: int | None, tensor_count: int) -> tuple[Operator, ...]:
        """The operators. Entries may share a table: it is read once, and unfolds for each."""
        read: dict[int, tuple[_Contents, int]] = {}
        found = []
        for index, position in enumerate(self._file.tables(at, "operators")):
            if position in read:
                contents, size_bytes = read[position]
                self._file.spend(size_bytes)
            else:
                before = self._file.unspent_bytes
                contents = self._operator(index, position, tensor_count)
                read[position] = contents, before - self._file.unspent_bytes
            found.append(Operator(index, *contents))
        return tuple(found)

    def _tensor(
        self,
        index: int,
        tensor_count: int,
        shape_at: int | None,
        tensor_type: schema.TensorType,
        buffer: int,
        name_at: int | None,
        quantization: int | None,
        is_variable: bool,
        sparsity_at: int | None,
        signature_at: int | None,
        has_rank: bool,
        external_buffer: int,
    ) -> Tensor:
        name = self._file.string(name_at, "name")
        shape = self._shape(shape_at, "shape", 0)
        signature = self._shape(signature_at, "shape_signature", -1) or shape
        if len(signature) != len(shape):
            raise ModelFormatError(f"shape_signature {signature} does not fit shape {shape}")
        if external_buffer and external_buffer not in self._external_ids:
            raise ModelFormatError(f"there is no external buffer {external_buffer}")
        data = None
        if buffer:
            if buffer >= len(self._buffers):
                raise ModelFormatError(
                    f"buffer is {buffer}, there are {len(self._buffers)} buffers"
                )
            data = self._buffers[buffer].data
        sparsity = None
        if sparsity_at is not None:
            sparsity = read_sparsity(self._file, self._file.follow(sparsity_at, "sparsity"))
        if data is not None and bits(tensor_type) is not None:
            elements = math.prod(shape) if sparsity is None else sparsity.stored_elements
            needed = packed_bytes(tensor_type, elements)
            if len(data) < needed:
                raise ModelFormatError(
                    f"{tensor_type.name} of shape {shape} needs {needed} bytes,"
                    f" buffer {buffer} has {len(data)}"
                )
        return Tensor(
            index,
            name,
            tensor_type,
            shape,
            signature,
            has_rank or bool(shape) or not self._states_rank,
            buffer,
            data,
            is_variable,
            external_buffer,
            sparsity,
            None if quantization is None else self._quantization(quantization, tensor_count),
            has_rank or bool(shape) or self._states_rank,
        )

    def _shape(self, position: int | None, what: str, lowest: int) -> tuple[int, ...]:
        dimensions = self._file.vector(position, "int32", what, MAX_RANK)
        if dimensions and min(dimensions) < lowest:
            raise ModelFormatError(f"{what} {dimensions} has a dimension below {lowest}")
        return dimensions

    def _quantization(self, at: int, tensor_count: int) -> Quantization | None:
        file = self._file
        dimension, scale, zero_point, low, high, details_type, details = file.table(
            file.follow(at, "quantization"), _QUANTIZATION
        )
        # Converters write an empty table for tensors that are not quantized.
        if scale is zero_point is low is high is details is None:
            return None
        return Quantization(
            dimension,
            file.view(scale, 4, "scale"),
            file.view(zero_point, 8, "zero_point"),
            file.view(low, 4, "min"),
            file.view(high, 4, "max"),
            None
            if details is None or not details_type
            else self._quantization_details(details_type, details, tensor_count),
        )

    def _quantization_details(
        self, details_type: int, at: int, tensor_count: int
    ) -> QuantizationDetails:
        known = schema.QUANTIZATION_DETAILS
        if details_type >= len(known):
            return QuantizationDetails(f"UNKNOWN_DETAILS_{details_type}")
        kind = known[details_type]
        if kind not in _DETAILS:
            return QuantizationDetails(kind)
        fields = self._file.record(self._file.follow(at, kind), _DETAILS[kind])
        for name, lowest in (("scales", 0), ("zero_points", -1)):
            if not lowest <= fields[name] < tensor_count:
                raise ModelFormatError(
                    f"{kind}.{name} is tensor {fields[name]}, there are {tensor_count} tensors"
                )
        if fields["zero_points"] == -1:
            fields["zero_points"] = None
        return QuantizationDetails(kind=kind, **fields)

    def _operator(self, index: int, position: int, tensor_count: int) -> _Contents:
        """What a table says of an operator; errors name the first one that has it."""
        name = ""
        try:
            (
                code_index,
                inputs_at,
                outputs_at,
                intermediates_at,
                options_type,
                options_at,
                options_2_type,
                options_2_at,
                custom_at,
                large_offset,
                large_size,
            ) = self._file.table(position, _OPERATOR)
            if code_index >= len(self._operator_codes):
                raise ModelFormatError(
                    f"operator code {code_index}, there are {len(self._operator_codes)} codes"
                )
            name, code, custom_code, version = self._operator_codes[code_index]
            inputs = self._indices(inputs_at, tensor_count, "inputs", -1)
            intermediates = self._indices(intermediates_at, tensor_count, "intermediates", -1)
            options_name, options = self._options(
                options_type, options_at, schema.BUILTIN_OPTIONS, ""
            )
            if options_name is None:
                options_name, options = self._options(
                    options_2_type, options_2_at, schema.BUILTIN_OPTIONS_2, "2_"
                )
            return (
                name,
                code,
                custom_code,
                version,
                _optional(inputs),
                self._indices(outputs_at, tensor_count, "outputs"),
                _optional(intermediates),
                options_name,
                options,
                self._custom_options(custom_at, large_offset, large_size),
            )
        except ModelFormatError as error:
            where = f"operator {index} ({name})" if name else f"operator {index}"
            raise ModelFormatError(f"{where}: {error}") from error

    def _options(
        self, type_byte: int, at: int | None, members: tuple[str, ...], mark: str
    ) -> tuple[str | None, Mapping[str, object]]:
        """The name and the fields of a member of one of the two unions; `None` if it is absent."""
        if not type_byte or at is None:
            return None, _NO_OPTIONS
        if type_byte >= len(members):
            return f"UNKNOWN_OPTIONS_{mark}{type_byte}", _NO_OPTIONS
        name = members[type_byte]
        position = self._file.follow(at, name)
        return name, MappingProxyType(self._file.record(position, _OPTIONS[name]))

    def _custom_options(self, at: int | None, offset: int, size_bytes: int) -> memoryview | None:
        if at is not None:
            return self._file.view(at, 1, "custom options")
        if offset > 1:
            return self._file.region(offset, size_bytes, "custom options after the tables")
        return None

    def _indices(
        self, position: int | None, count: int, what: str, lowest: int = 0
    ) -> tuple[int, ...]:
        """Tensor indices, checked to be from `lowest` to `count` - 1."""
        indices: list[int] = []
        for values in self._file.parts(position, "int32", what):
            if min(values) < lowest or max(values) >= count:
                bad = next(value for value in values if not lowest <= value < count)
                raise ModelFormatError(f"{what} have tensor index {bad}, there are {count} tensors")
            indices += values
        return tuple(indices)


def _optional(indices: tuple[int, ...]) -> tuple[int | None, ...]:
    """-1, the schema's mark of an absent tensor, as `None`: -1 would index the last tensor."""
    return tuple(None if index < 0 else index for index in indices) if -1 in indices else indices
