"""Model files as trees of plain tables, and back: what the schema can say, a tree can say.

The official builder writes what converters write. Here a table that stands in several places of the tree is
stored once and referred to from each, and no value is checked: files are well-formed, not sensible.
"""

import struct
from functools import cache

from tflops_native.model.schema import (
    BUILTIN_OPTIONS,
    BUILTIN_OPTIONS_2,
    OPTIONS,
    QUANTIZATION_DETAILS,
    SPARSE_INDEX_VECTOR,
    STRUCTURE,
)

# What a field of tables, or of one table, holds: the schema module does not say.
_HELD = {
    "operator_codes": "OperatorCode",
    "subgraphs": "SubGraph",
    "buffers": "Buffer",
    "metadata": "Metadata",
    "signature_defs": "SignatureDef",
    "external_buffer_groups": "ExternalBufferGroup",
    "external_buffers": "ExternalBuffer",
    "tensors": "Tensor",
    "operators": "Operator",
    "quantization": "QuantizationParameters",
    "sparsity": "SparsityParameters",
    "dim_metadata": "DimensionMetadata",
}
_UNIONS = {
    "builtin_options": BUILTIN_OPTIONS,
    "builtin_options_2": BUILTIN_OPTIONS_2,
    "details": QUANTIZATION_DETAILS,
    "array_segments": SPARSE_INDEX_VECTOR,
    "array_indices": SPARSE_INDEX_VECTOR,
}
_CODES = {
    "bool": "?",
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
}
_DEFAULTS = {
    "Model": {"operator_codes": [], "subgraphs": [], "buffers": []},
    "SubGraph": {"tensors": [], "inputs": [], "outputs": [], "operators": []},
    "Tensor": {"shape": [], "type": 0},
    "Operator": {"inputs": [], "outputs": []},
}
_ROOT = 8  # offset of the root and the file identifier


class Node(dict):
    """A table: values by field; numbers, bytes, text, nodes, and lists of numbers or nodes.

    A vector of bytes may be `bytes`. The type of a union is that of the node and is not a field.
    """

    __slots__ = ("table",)

    def __init__(self, table, **fields):
        super().__init__(fields)
        self.table = table


@cache
def fields_of(table):
    """Slot, kind and default of each field of a table, by name."""
    found = STRUCTURE.get(table) or OPTIONS.get(table) or ()
    return {field.name: (field.slot, field.kind, field.default) for field in found}


def _held(table, name):
    return "TensorMap" if table == "SignatureDef" else _HELD.get(name)


def copied(tree):
    """The tree anew, without copying what cannot change; what was shared is shared again."""
    made = {}

    def copy(value):
        if not isinstance(value, list | Node):
            return value
        if id(value) not in made:
            if isinstance(value, list):
                made[id(value)] = [copy(item) for item in value]
            else:
                node = made[id(value)] = Node(value.table)
                node.update((name, copy(item)) for name, item in value.items())
        return made[id(value)]

    return copy(tree)


def with_defaults(node):
    """With the fields that whoever changes a table may rely on."""
    for field, default in _DEFAULTS.get(node.table, {}).items():
        if field not in node:
            node[field] = list(default) if default == [] else default
    return node


def read(data):
    """The tree of a file that is not damaged."""
    seen = {}

    def number(code, at):
        return struct.unpack_from("<" + code, data, at)[0]

    def vector(kind, at, held):
        count, start = number("I", at), at + 4
        if kind == "table":
            return [table(held, i + number("I", i)) for i in range(start, start + 4 * count, 4)]
        if kind == "uint8":
            return bytes(data[start : start + count])
        return list(struct.unpack_from(f"<{count}{_CODES[kind]}", data, start))

    def table(name, at):
        if (name, at) in seen:
            return seen[name, at]
        node = seen[name, at] = Node(name)
        entries = at - number("i", at)
        slots = (number("H", entries) - 4) // 2
        for field, (slot, kind, _) in fields_of(name).items():
            place = number("H", entries + 4 + 2 * slot) if slot < slots else 0
            if not place:
                continue
            if kind in _CODES:
                node[field] = number(_CODES[kind], at + place)
                continue
            target = at + place + number("I", at + place)
            if kind == "string":
                node[field] = bytes(data[target + 4 : target + 4 + number("I", target)])
            elif kind == "table":
                node[field] = table(_held(name, field), target)
            elif kind == "union":
                kinds, position = _UNIONS[field], node.pop(field + "_type", 0)
                node[field] = table(kinds[position], target)
            elif kind != "[table]" or _held(name, field):
                node[field] = vector(kind[1:-1], target, _held(name, field))
        return with_defaults(node)

    return table("Model", number("I", 0))


def pack(tree):
    """The bytes of a file.

    Written from its end, so that every offset points forward, as it must, also to what is shared.
    """
    chunks, places, vtables = [], {}, {}
    size = 0  # bytes so far; a place is the distance of a start from the end

    def put(chunk, align, head=0):
        """Prepend bytes of which those after `head` begin at a multiple of `align`."""
        nonlocal size
        padding = -(size + len(chunk) - head) % align
        chunks.append(bytes(padding))
        chunks.append(chunk)
        size += padding + len(chunk)
        return size

    def vector(value, kind):
        if kind == "string":
            text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            return put(struct.pack("<I", len(text)) + text + b"\0", 4)
        kind = kind[1:-1]
        if kind == "table":
            where = [table(item) for item in value]
            at = put(bytes(4 + 4 * len(where)), 4)
            offsets = [at - 4 - 4 * i - place for i, place in enumerate(where)]
            chunks[-1] = struct.pack(f"<I{len(where)}I", len(where), *offsets)
            return at
        if isinstance(value, bytes):
            return put(struct.pack("<I", len(value)) + value, 16, 4)
        code = _CODES[kind]
        data = struct.pack(f"<{len(value)}{code}", *value)
        return put(struct.pack("<I", len(value)) + data, max(4, struct.calcsize(code)), 4)

    def child(value, kind):
        if isinstance(value, Node):
            return table(value)
        # One object may be a text here and bytes there.
        key = id(value), kind
        if key not in places:
            places[key] = vector(value, kind)
        return places[key]

    def table(node):
        if id(node) in places:
            return places[id(node)]
        fields = fields_of(node.table)
        found = []
        for name, value in node.items():
            slot, kind, _ = fields[name]
            if kind not in _CODES:
                if kind == "union":
                    types = fields[name + "_type"][0]
                    found.append((1, types, "B", _UNIONS[name].index(value.table)))
                found.append((4, slot, None, child(value, kind)))
            else:
                code = _CODES[kind]
                found.append((struct.calcsize(code), slot, code, value))
        found.sort(key=lambda item: -item[0])
        # The largest first, after the offset of the vtable.
        start = 8 if found and found[0][0] == 8 else 4
        body = bytearray(start + sum(item[0] for item in found))
        entries = [0] * (1 + max((item[1] for item in found), default=-1))
        offset = start
        for width, slot, code, value in found:
            entries[slot] = offset
            if code is not None:
                struct.pack_into("<" + code, body, offset, value)
            offset += width
        vtable = struct.pack(f"<HH{len(entries)}H", 4 + 2 * len(entries), len(body), *entries)
        if vtable not in vtables:
            vtables[vtable] = put(vtable, 4)
        at = put(bytes(body), 8)
        offset = start
        for width, _, code, value in found:
            if code is None:
                struct.pack_into("<I", body, offset, at - offset - value)
            offset += width
        struct.pack_into("<i", body, 0, vtables[vtable] - at)
        chunks[-1] = bytes(body)
        places[id(node)] = at
        return at

    root = table(tree)
    put(b"", 16, -_ROOT)
    chunks.append(struct.pack("<I", size + _ROOT - root) + b"TFL3")
    return b"".join(reversed(chunks))
