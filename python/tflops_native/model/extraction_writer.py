"""Writes parts of a model as a file of their own.

Tables are copied field by field as the schema lists them; only indices change. The encoding is that of the
official `flatbuffers` package.
"""

import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as data_field
from typing import Any

from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model import schema
from tflops_native.model.called import SUBGRAPH_OPTIONS
from tflops_native.model.flatbuffer import FlatBuffer, TableType
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.model.resources import Maker
from tflops_native.model.subgraph import structure

INSTALL = "pip install 'tflops-native[extract]'"
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
_OPERATOR = structure("Operator", "opcode_index builtin_options builtin_options_2")


@dataclass(frozen=True, slots=True)
class Part:
    """What is written of one subgraph.

    operators   indices, in the order of the file
    shapes      of tensors that have another one than the file says, by index
    makers      operators of other subgraphs that run before these
    tensors     their indices in the file -> the new ones
    name        None for the operators that are extracted, whose inputs get names of their own
    """

    graph: Subgraph
    operators: Sequence[int]
    inputs: Sequence[int]
    outputs: Sequence[int]
    shapes: Mapping[int, tuple[int, ...]]
    makers: Sequence[Maker] = ()
    name: str | None = None
    tensors: dict[int, int] = data_field(default_factory=dict)

    @classmethod
    def whole(cls, graph: Subgraph) -> "Part":
        """A subgraph that an operator runs."""
        count = len(graph.tensors)
        return cls(
            graph,
            range(len(graph.operators)),
            graph.inputs,
            graph.outputs,
            {},
            (),
            graph.name,
            dict(zip(range(count), range(count), strict=True)),
        )


class ModelWriter:
    """Copies what operators need, under new indices; the first part becomes the main subgraph."""

    def __init__(self, model: Model, parts: Sequence[Part]) -> None:
        try:
            import flatbuffers
        except ImportError as error:
            raise OptionError(
                f"to write a model needs the package flatbuffers: {INSTALL}"
            ) from error
        self._model, self._parts = model, parts
        self._file = FlatBuffer(model.data)
        self._builder: Any = flatbuffers.Builder(1 << 16)
        self._subgraphs = {part.graph.index: n for n, part in enumerate(parts[1:], 1)}
        # Buffer 0 is that of all tensors without data.
        self._buffers: dict[int, int] = {0: 0}
        self._codes: dict[int, int] = {}
        self._subgraphs_at: list[int] = []

    def write(self) -> bytes:
        file, builder, first = self._file, self._builder, self._parts[0]
        root = file.table(file.follow(0, "root offset"), _MODEL)
        version, codes_at, subgraphs_at, _ = root
        self._subgraphs_at = list(file.tables(subgraphs_at, "subgraphs"))
        for index in (*first.inputs, *_used(first), *first.outputs):
            first.tensors.setdefault(index, len(first.tensors))
        subgraphs = [
            self._subgraph(part, self._subgraphs_at[part.graph.index]) for part in self._parts
        ]
        code_tables = list(file.tables(codes_at, "operator codes"))
        codes = [self._table(code_tables[old], "OperatorCode") for old in self._codes]
        buffers = [self._buffer(old) for old in self._buffers]
        names = ", ".join(f"{i} ({first.graph.operators[i].name})" for i in first.operators)
        model = {
            "version": version,
            "operator_codes": self._offsets(codes),
            "subgraphs": self._offsets(subgraphs),
            "description": builder.CreateString(f"operator {names} of a model, by tflops extract"),
            "buffers": self._offsets(buffers),
        }
        builder.Finish(self._object("Model", model), file_identifier=_IDENTIFIER)
        return bytes(builder.Output())

    def _subgraph(self, part: Part, at: int) -> int:
        tensors_at, operators_at = self._file.table(at, _SUBGRAPH)
        tensors = list(self._file.tables(tensors_at, "tensors"))
        operators = list(self._file.tables(operators_at, "operators"))
        operator_offsets = [self._maker(part, maker) for maker in part.makers]
        operator_offsets += [
            self._operator(part, operators[i], part.graph.operators[i]) for i in part.operators
        ]
        # An extracted model is fed by name.
        names = {} if part.name is not None else _input_names(part)
        tensor_offsets = [self._tensor(part, tensors[i], i, names.get(i)) for i in part.tensors]
        fields = {
            "tensors": self._offsets(tensor_offsets),
            "inputs": self._indices(part, part.inputs),
            "outputs": self._indices(part, part.outputs),
            "operators": self._offsets(operator_offsets),
        }
        if part.name is not None:
            fields["name"] = int(self._builder.CreateString(part.name))
        return self._object("SubGraph", fields)

    def _maker(self, part: Part, maker: Maker) -> int:
        """It takes nothing, so all that it knows of its own subgraph is the tensor that it makes."""
        _, operators_at = self._file.table(self._subgraphs_at[maker.graph.index], _SUBGRAPH)
        at = list(self._file.tables(operators_at, "operators"))[maker.operator.index]
        made = () if maker.handle is None else (maker.handle,)
        return self._operator(part, at, replace(maker.operator, inputs=(), outputs=made))

    def _operator(self, part: Part, at: int, operator: Operator) -> int:
        code, *options = self._file.table(at, _OPERATOR)
        changed: dict[str, Any] = {
            "opcode_index": self._codes.setdefault(code, len(self._codes)),
            "inputs": self._indices(part, operator.inputs),
            "outputs": self._indices(part, operator.outputs),
            "debug_metadata_index": -1,
            "large_custom_options_offset": 0,
            "large_custom_options_size": 0,
        }
        if operator.intermediates:
            changed["intermediates"] = self._indices(part, operator.intermediates)
        if operator.custom_options is not None:
            # What large models keep behind their tables is in them here.
            changed["custom_options"] = self._bytes(operator.custom_options, 1, _DATA_ALIGNMENT)
        for name, place in zip(("builtin_options", "builtin_options_2"), options, strict=True):
            if place is not None and operator.subgraphs:
                table = self._file.follow(place, name)
                kind = operator.options_type or ""
                changed[name] = self._table(table, kind, self._called(operator), part)
        return self._table(at, "Operator", changed, part)

    def _called(self, operator: Operator) -> dict[str, Any]:
        """The fields of its options that name subgraphs, under their new indices."""
        changed: dict[str, Any] = {}
        for name in SUBGRAPH_OPTIONS[operator.options_type or ""]:
            value = operator.options[name]
            changed[name] = (
                self._integers([self._subgraphs[index] for index in value])
                if isinstance(value, tuple)
                else self._subgraphs[value]  # type: ignore[index]
            )
        return changed

    def _tensor(self, part: Part, at: int, index: int, name: str | None) -> int:
        tensor = part.graph.tensors[index]
        changed: dict[str, Any] = {
            "buffer": self._buffers.setdefault(
                tensor.buffer if tensor.data is not None else 0, len(self._buffers)
            ),
            "variant_tensors": None,
        }
        if index in part.shapes:
            changed["shape"] = self._integers(part.shapes[index])
            changed["shape_signature"] = None
            changed["has_rank"] = True
        if name is not None:
            changed["name"] = int(self._builder.CreateString(name))
        return self._table(at, "Tensor", changed, part)

    def _buffer(self, index: int) -> int:
        data = self._model.buffers[index].data if index else None
        if data is None:
            return self._object("Buffer", {})
        return self._object("Buffer", {"data": self._bytes(data, 1, _DATA_ALIGNMENT)})

    def _table(
        self,
        at: int,
        name: str,
        changed: Mapping[str, Any] | None = None,
        part: Part | None = None,
    ) -> int:
        """A copy of a table; what is changed is a scalar, the offset of what is written already, or None
        for a field to leave out. `part` is that of the tensors that it refers to."""
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
                if part is not None and field.name in _DETAIL_TENSORS and value >= 0:
                    values[field.name] = part.tensors[value]
            else:
                values[field.name] = self._reference(field, value, read, part)
        return self._object(name, values)

    def _reference(
        self, field: schema.Field, at: int, read: Mapping[str, Any], part: Part | None
    ) -> int | None:
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
            return self._table(file.follow(at, what), members[kind], None, part)
        if field.kind == "table":
            return self._table(file.follow(at, what), _CHILDREN[what], None, part)
        if field.kind == "[table]":
            return self._offsets(
                [self._table(one, _CHILDREN[what], None, part) for one in file.tables(at, what)]
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

    def _indices(self, part: Part, indices: Sequence[int | None]) -> int:
        """Tensors under their new indices, -1 for an absent one."""
        return self._integers([-1 if index is None else part.tensors[index] for index in indices])

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


def _used(part: Part) -> list[int]:
    """The tensors of operators, those that hold their scales included."""
    used = []
    for index in part.operators:
        operator = part.graph.operators[index]
        for tensor in (*operator.inputs, *operator.intermediates, *operator.outputs):
            if tensor is None:
                continue
            used.append(tensor)
            quantization = part.graph.tensors[tensor].quantization
            if quantization is not None and (details := quantization.details) is not None:
                used += [i for i in (details.scales, details.zero_points) if i is not None]
    return used


def _input_names(part: Part) -> dict[int, str]:
    """Names of inputs that share theirs with another one, or have none."""
    names = [part.graph.tensors[index].name for index in part.inputs]
    count = Counter(names)
    return {
        index: f"{name or 'input'}_{position}"
        for position, (index, name) in enumerate(zip(part.inputs, names, strict=True))
        if not name or count[name] > 1
    }
