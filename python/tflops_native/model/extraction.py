"""Some operators of a model as a file of their own: their tables, weights and shapes, and nothing else.

Tables are copied field by field as the schema lists them; only indices change. The encoding is that of the
official `flatbuffers` package.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model import schema
from tflops_native.model.flatbuffer import FlatBuffer, TableType
from tflops_native.model.graph import Model, Subgraph
from tflops_native.model.schema import TensorType
from tflops_native.model.subgraph import structure

INSTALL = "pip install 'tflops-native[extract]'"
# What a builder can write, and what the file format can refer to.
_LARGEST_BYTES = (1 << 31) - (1 << 20)
_IDENTIFIER = b"TFL3"
# Kernels read constants with aligned loads.
_DATA_ALIGNMENT = 16
_ITEM_BYTES = {
    "bool": 1,
    "int8": 1,
    "uint8": 1,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "float32": 4,
    "int64": 8,
}
_PREPEND = {
    "bool": "Bool",
    "int8": "Int8",
    "uint8": "Uint8",
    "int32": "Int32",
    "uint32": "Uint32",
    "int64": "Int64",
    "uint64": "Uint64",
    "float32": "Float32",
}
# The tables that fields of others refer to, and the members of unions.
_CHILDREN = {
    "quantization": "QuantizationParameters",
    "sparsity": "SparsityParameters",
    "dim_metadata": "DimensionMetadata",
}
_UNIONS = {
    "details": schema.QUANTIZATION_DETAILS,
    "array_segments": schema.SPARSE_INDEX_VECTOR,
    "array_indices": schema.SPARSE_INDEX_VECTOR,
    "builtin_options": schema.BUILTIN_OPTIONS,
    "builtin_options_2": schema.BUILTIN_OPTIONS_2,
}
# Tensors that are named by other fields than the operator's.
_DETAIL_TENSORS = ("scales", "zero_points")
_MODEL = structure("Model", "version operator_codes subgraphs buffers")
_SUBGRAPH = structure("SubGraph", "tensors operators")
_OPERATOR = structure("Operator", "opcode_index")
_UNFED = (TensorType.RESOURCE, TensorType.VARIANT)


def extract_operators(
    model: Model,
    operators: Sequence[int],
    *,
    inputs: Sequence[int],
    outputs: Sequence[int],
    shapes: Mapping[int, tuple[int, ...]] | None = None,
) -> bytes:
    """The bytes of a model that runs these operators of the main subgraph, in this order.

    Args:
        operators: their indices.
        inputs, outputs: indices of the tensors that it takes and gives.
        shapes: of tensors that have another one than the file says, by index.

    Raises:
        OptionError: an operator cannot run by itself, or the package `flatbuffers` is missing.
        ModelFormatError: it uses what is newer than the schema.
    """
    graph = model.subgraphs[0]
    _check(model, graph, operators, inputs)
    return _Writer(model, graph, shapes or {}).write(operators, inputs, outputs)


def _check(model: Model, graph: Subgraph, operators: Iterable[int], inputs: Iterable[int]) -> None:
    for index in operators:
        operator = graph.operators[index]
        if operator.subgraphs:
            raise OptionError(
                f"operator {index} ({operator.name}) runs other subgraphs, which are no part of one "
                "operator: extract operators without subgraphs"
            )
        for place in operator.inputs:
            if place is not None and graph.tensors[place].external_buffer:
                raise OptionError(
                    f"operator {index} ({operator.name}) has its constants in another file"
                )
    for index in inputs:
        tensor = graph.tensors[index]
        if tensor.type in _UNFED:
            raise OptionError(
                f"input {tensor.name!r} of the operators is a {tensor.type.name}, which cannot be "
                "given as data: extract the operator that makes it too"
            )
    if model.size_bytes > _LARGEST_BYTES:
        size = sum(
            len(data)
            for index in operators
            for i in graph.operators[index].inputs
            if i is not None and (data := graph.tensors[i].data) is not None
        )
        if size > _LARGEST_BYTES:
            raise OptionError(
                f"the constants of the operators have {size} bytes, more than {_LARGEST_BYTES}"
            )


class _Writer:
    """Copies what operators need, under new indices."""

    def __init__(
        self, model: Model, graph: Subgraph, shapes: Mapping[int, tuple[int, ...]]
    ) -> None:
        try:
            import flatbuffers
        except ImportError as error:
            raise OptionError(
                f"to write a model needs the package flatbuffers: {INSTALL}"
            ) from error
        self._model, self._graph, self._shapes = model, graph, shapes
        self._file = FlatBuffer(model.data)
        self._builder: Any = flatbuffers.Builder(1 << 16)
        self._tensors: dict[int, int] = {}
        # Buffer 0 is that of all tensors without data.
        self._buffers: dict[int, int] = {0: 0}

    def write(
        self, operators: Sequence[int], inputs: Sequence[int], outputs: Sequence[int]
    ) -> bytes:
        file, builder = self._file, self._builder
        root = file.table(file.follow(0, "root offset"), _MODEL)
        version, codes_at, subgraphs_at, _ = root
        tensors_at, operators_at = file.table(
            next(iter(file.tables(subgraphs_at, "subgraphs"))), _SUBGRAPH
        )
        tensor_tables = list(file.tables(tensors_at, "tensors"))
        operator_tables = list(file.tables(operators_at, "operators"))
        code_tables = list(file.tables(codes_at, "operator codes"))
        for index in (*inputs, *self._used(operators), *outputs):
            self._tensors.setdefault(index, len(self._tensors))
        codes = {index: file.table(operator_tables[index], _OPERATOR)[0] for index in operators}
        new_codes = {old: new for new, old in enumerate(dict.fromkeys(codes.values()))}
        code_offsets = [self._table(code_tables[old], "OperatorCode") for old in new_codes]
        operator_offsets = [
            self._operator(operator_tables[index], index, new_codes[codes[index]])
            for index in operators
        ]
        tensor_offsets = [self._tensor(tensor_tables[index], index) for index in self._tensors]
        fields = {
            "tensors": self._offsets(tensor_offsets),
            "inputs": self._indices(inputs),
            "outputs": self._indices(outputs),
            "operators": self._offsets(operator_offsets),
        }
        subgraph = self._object("SubGraph", fields)
        buffers = [self._buffer(old) for old in self._buffers]
        names = ", ".join(f"{index} ({self._graph.operators[index].name})" for index in operators)
        model = {
            "version": version,
            "operator_codes": self._offsets(code_offsets),
            "subgraphs": self._offsets([subgraph]),
            "description": builder.CreateString(f"operator {names} of a model, by tflops extract"),
            "buffers": self._offsets(buffers),
        }
        builder.Finish(self._object("Model", model), file_identifier=_IDENTIFIER)
        return bytes(builder.Output())

    def _used(self, operators: Sequence[int]) -> list[int]:
        """The tensors of operators, those that hold their scales included."""
        used = []
        for index in operators:
            operator = self._graph.operators[index]
            for tensor in (*operator.inputs, *operator.intermediates, *operator.outputs):
                if tensor is None:
                    continue
                used.append(tensor)
                quantization = self._graph.tensors[tensor].quantization
                if quantization is not None and (details := quantization.details) is not None:
                    used += [i for i in (details.scales, details.zero_points) if i is not None]
        return used

    def _operator(self, at: int, index: int, code: int) -> int:
        operator = self._graph.operators[index]
        if operator.options_type is not None and operator.options_type.startswith("UNKNOWN"):
            raise ModelFormatError(
                f"operator {index} ({operator.name}) has options that are newer than {schema.SCHEMA_SOURCE}"
            )
        changed: dict[str, Any] = {
            "opcode_index": code,
            "inputs": self._indices(operator.inputs),
            "outputs": self._indices(operator.outputs),
            "debug_metadata_index": -1,
            "large_custom_options_offset": 0,
            "large_custom_options_size": 0,
        }
        if operator.intermediates:
            changed["intermediates"] = self._indices(operator.intermediates)
        if operator.custom_options is not None:
            # What large models keep behind their tables is in them here.
            changed["custom_options"] = self._bytes(operator.custom_options, 1, _DATA_ALIGNMENT)
        return self._table(at, "Operator", changed)

    def _tensor(self, at: int, index: int) -> int:
        tensor = self._graph.tensors[index]
        changed: dict[str, Any] = {
            "buffer": self._buffers.setdefault(
                tensor.buffer if tensor.data is not None else 0, len(self._buffers)
            ),
            "variant_tensors": None,
        }
        if index in self._shapes:
            changed["shape"] = self._integers(self._shapes[index])
            changed["shape_signature"] = None
        return self._table(at, "Tensor", changed)

    def _buffer(self, index: int) -> int:
        data = self._model.buffers[index].data if index else None
        if data is None:
            return self._object("Buffer", {})
        return self._object("Buffer", {"data": self._bytes(data, 1, _DATA_ALIGNMENT)})

    def _table(self, at: int, name: str, changed: Mapping[str, Any] | None = None) -> int:
        """A copy of a table; what is changed is a scalar, the offset of what is written already, or None
        for a field to leave out."""
        fields = schema.STRUCTURE.get(name, schema.OPTIONS.get(name, ()))
        read = dict(
            zip(
                (f.name for f in fields), self._file.table(at, TableType(name, fields)), strict=True
            )
        )
        values: dict[str, Any] = {}
        for field in fields:
            value = read[field.name]
            if changed is not None and field.name in changed:
                values[field.name] = changed[field.name]
            elif value is None:
                continue
            elif field.kind in _PREPEND:
                values[field.name] = int(value) if field.enum is not None else value
                if field.name in _DETAIL_TENSORS and value >= 0:
                    values[field.name] = self._tensors[value]
            else:
                values[field.name] = self._reference(field, value, read)
        return self._object(name, values)

    def _reference(self, field: schema.Field, at: int, read: Mapping[str, Any]) -> int | None:
        file, builder = self._file, self._builder
        what = field.name
        if field.kind == "string":
            return int(builder.CreateString(bytes(file.view(at, 1, what))))
        if field.kind == "union":
            members = _UNIONS[what]
            kind = read[f"{what}_type"]
            if not 0 < kind < len(members):
                raise ModelFormatError(
                    f"{what} of type {kind} is newer than {schema.SCHEMA_SOURCE}"
                )
            return self._table(file.follow(at, what), members[kind])
        if field.kind == "table":
            return self._table(file.follow(at, what), _CHILDREN[what])
        if field.kind == "[table]":
            return self._offsets(
                [self._table(one, _CHILDREN[what]) for one in file.tables(at, what)]
            )
        size = _ITEM_BYTES[field.kind[1:-1]]
        return self._bytes(file.view(at, size, what), size, size)

    def _object(self, name: str, values: Mapping[str, Any]) -> int:
        builder = self._builder
        fields = schema.STRUCTURE.get(name, schema.OPTIONS.get(name, ()))
        builder.StartObject(max((field.slot for field in fields), default=-1) + 1)
        for field in fields:
            value = values.get(field.name)
            if value is None:
                continue
            if field.kind in _PREPEND:
                getattr(builder, f"Prepend{_PREPEND[field.kind]}Slot")(
                    field.slot, value, field.default
                )
            else:
                builder.PrependUOffsetTRelativeSlot(field.slot, value, 0)
        return int(builder.EndObject())

    def _offsets(self, offsets: Sequence[int | None]) -> int:
        builder = self._builder
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return int(builder.EndVector())

    def _indices(self, indices: Sequence[int | None]) -> int:
        """Tensors under their new indices, -1 for an absent one."""
        return self._integers([-1 if index is None else self._tensors[index] for index in indices])

    def _integers(self, values: Sequence[int]) -> int:
        data = struct.pack(f"<{len(values)}i", *values)
        return self._bytes(memoryview(data), 4, 4)

    def _bytes(self, data: memoryview, item_bytes: int, alignment: int) -> int:
        """A vector of scalars, as its bytes."""
        builder = self._builder
        builder.StartVector(item_bytes, len(data) // item_bytes, alignment)
        head = builder.Head() - len(data)
        builder.head = head
        builder.Bytes[head : head + len(data)] = data
        return int(builder.EndVector())
