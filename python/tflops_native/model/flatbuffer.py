"""A small FlatBuffers reader that checks every offset before it follows it.

Owns the binary encoding (https://flatbuffers.dev/internals/): tables, vtables, vectors, strings. It
knows no TensorFlow Lite; `TableType` says which fields a table has. Every defect of the
bytes is a `ModelFormatError` that says what was read, and at which byte. Nothing is copied but what
is decoded.

Speed comes from one observation: the writer shares vtables, so a file has few. Each is turned
once into a `_Layout`, which then reads all scalar fields of a table with one `struct` call.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from tflops_native.errors import ModelFormatError
from tflops_native.model.schema import SCHEMA_SOURCE, Field

_SCALARS = {
    "bool": "?",
    "int8": "b",
    "uint8": "B",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
}
_SIZES = {kind: struct.calcsize(f"<{code}") for kind, code in _SCALARS.items()}
_OFFSET_SIZE = 4
_NO_BYTES = memoryview(b"")
_PART = 1 << 14  # elements of a long vector that are decoded at once
_LONGEST_STRING = 1 << 18  # bytes; the longest are names of fused layers, some kilobytes
_LONGEST = 1 << 16  # elements of a vector of options, which hold axes, lengths and paddings

_read_int32 = struct.Struct("<i").unpack_from
_read_uint32 = struct.Struct("<I").unpack_from
_read_two_uint16 = struct.Struct("<HH").unpack_from


class TableType:
    """The fields of one table to be read, in the order in which `FlatBuffer.table` returns them."""

    __slots__ = ("fields", "name", "names")

    def __init__(self, name: str, fields: Iterable[Field]) -> None:
        self.name = name
        self.fields = tuple(fields)
        self.names = tuple(field.name for field in self.fields)

    @classmethod
    def select(cls, name: str, fields: tuple[Field, ...], names: str) -> "TableType":
        """The table `name` with only the fields in `names`, separated by blanks, in that order."""
        by_name = {field.name: field for field in fields}
        return cls(name, (by_name[word] for word in names.split()))


class _Layout(NamedTuple):
    """How the tables that share one vtable are read."""

    inline_bytes: int
    unpack: Callable[[memoryview, int], tuple[Any, ...]]
    absent: tuple[Any, ...]  # the defaults of absent fields, appended to what was unpacked
    order: Callable[[tuple[Any, ...]], tuple[Any, ...]]  # into the order of the table type
    references: tuple[tuple[int, int], ...]  # (place in the result, offset in the table)
    enums: tuple[tuple[int, dict[int, Any]], ...]  # (place in the result, value -> member)


class FlatBuffer:
    """Checked access to the tables of one buffer. Positions are bytes from its start.

    The bytes decoded are limited to a small multiple of the file: offsets may point anywhere, so a
    few kilobytes whose tables all share the same children could otherwise unfold into gigabytes.
    """

    __slots__ = ("_layouts", "data", "size_bytes", "unspent_bytes")

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.size_bytes = len(data)
        self.unspent_bytes = 4 * len(data) + (1 << 20)
        self._layouts: dict[tuple[int, TableType], _Layout] = {}

    def follow(self, position: int, what: str) -> int:
        """The position that the offset stored at `position` refers to."""
        if position + _OFFSET_SIZE > self.size_bytes:
            raise self._beyond(what, position, _OFFSET_SIZE)
        target: int = position + _read_uint32(self.data, position)[0]
        if target + _OFFSET_SIZE > self.size_bytes:
            raise self._beyond(what, target, _OFFSET_SIZE)
        return target

    def table(self, position: int, table_type: TableType) -> list[Any]:
        """The fields of the table at `position`, in the order of `table_type`.

        Scalars are decoded, enums are members. Of strings, vectors, tables and unions it gives the
        position where their offset is stored, for `string`, `vector`, `follow` and so on, or `None`
        if absent.
        """
        if position + _OFFSET_SIZE > self.size_bytes:
            raise self._beyond(f"table {table_type.name}", position, _OFFSET_SIZE)
        vtable = position - _read_int32(self.data, position)[0]
        layout = self._layouts.get((vtable, table_type))
        if layout is None:
            layout = self._layouts[vtable, table_type] = self._layout(vtable, table_type, position)
        if position + layout.inline_bytes > self.size_bytes:
            raise self._beyond(f"table {table_type.name}", position, layout.inline_bytes)
        self.spend(layout.inline_bytes)

        values = [*layout.order(layout.unpack(self.data, position) + layout.absent)]
        for place, offset in layout.references:
            values[place] = position + offset
        for place, members in layout.enums:
            try:
                values[place] = members[values[place]]
            except KeyError:
                field = table_type.fields[place]
                what = f"{table_type.name}.{field.name}"
                raise _unknown_member(what, values[place], field) from None
        return values

    def record(self, position: int, table_type: TableType) -> dict[str, Any]:
        """The table at `position` by field name, with strings and vectors decoded.

        A vector is a tuple, empty if absent; a vector of bytes is `bytes`.
        """
        values = self.table(position, table_type)
        for place, field in enumerate(table_type.fields):
            if field.kind in _SCALARS:
                continue
            name = f"{table_type.name}.{field.name}"
            at = values[place]
            if field.kind == "string":
                values[place] = None if at is None else self.string(at, name)
            elif field.kind == "[uint8]":
                values[place] = self.octets(at, name)
            else:
                values[place] = _members(
                    self.vector(at, field.kind[1:-1], name, _LONGEST), field, name
                )
        return dict(zip(table_type.names, values, strict=True))

    def vector(self, position: int | None, kind: str, what: str, longest: int) -> tuple[Any, ...]:
        """The scalars of the vector whose offset is stored at `position`, () if that is `None`.

        Raises:
            ModelFormatError: there are more than `longest`; they are not listed.
        """
        if position is None:
            return ()
        start, length = self._vector_bounds(position, _SIZES[kind], what)
        if length > longest:
            raise ModelFormatError(f"{what} has {length} elements, more than {longest}")
        self.spend(length * _SIZES[kind])
        return struct.unpack_from(f"<{length}{_SCALARS[kind]}", self.data, start)

    def parts(self, position: int | None, kind: str, what: str) -> Iterator[tuple[Any, ...]]:
        """As `vector`, for one that may be long: some elements at a time.

        Their reader refuses what cannot be: so a damaged length is found before all are listed, which
        takes ten times the memory of the file.
        """
        if position is None:
            return
        start, length = self._vector_bounds(position, _SIZES[kind], what)
        self.spend(length * _SIZES[kind])
        for first in range(0, length, _PART):
            form = f"<{min(_PART, length - first)}{_SCALARS[kind]}"
            yield struct.unpack_from(form, self.data, start + first * _SIZES[kind])

    def tables(self, position: int | None, what: str) -> Iterator[int]:
        """The positions of the tables in the vector whose offset is stored at `position`."""
        if position is None:
            return
        at = self._vector_bounds(position, _OFFSET_SIZE, what)[0]
        for offsets in self.parts(position, "uint32", what):
            for offset in offsets:
                yield at + offset
                at += _OFFSET_SIZE

    def string(self, position: int | None, what: str) -> str:
        """The string whose offset is stored at `position`, "" if that is `None`."""
        if position is None:
            return ""
        start, length = self._vector_bounds(position, 1, what)
        if length > _LONGEST_STRING:
            raise ModelFormatError(f"{what} has {length} bytes, more than {_LONGEST_STRING}")
        self.spend(length)
        # The format asks for UTF-8, but names serve people and look-up alone: other bytes are written
        # out ("caf\xe9"), so that names which differ stay different and can always be printed.
        return str(self.data[start : start + length], "utf-8", "backslashreplace")

    def octets(self, position: int | None, what: str) -> bytes:
        """A copy of the vector of bytes whose offset is stored at `position`."""
        if position is None:
            return b""
        start, length = self._vector_bounds(position, 1, what)
        self.spend(length)
        return bytes(self.data[start : start + length])

    def view(self, position: int | None, item_bytes: int, what: str) -> memoryview:
        """The elements of the vector whose offset is stored at `position`, not copied."""
        if position is None:
            return _NO_BYTES
        start, length = self._vector_bounds(position, item_bytes, what)
        return self.data[start : start + length * item_bytes]

    def region(self, offset: int, size_bytes: int, what: str) -> memoryview:
        """Bytes that are stored outside of the tables, at an offset from the start of the file."""
        if offset + size_bytes > self.size_bytes:
            raise self._beyond(what, offset, size_bytes)
        return self.data[offset : offset + size_bytes]

    def _vector_bounds(self, position: int, item_bytes: int, what: str) -> tuple[int, int]:
        """Where the elements start, and how many there are."""
        target: int = position + _read_uint32(self.data, position)[0]
        start = target + _OFFSET_SIZE
        if start > self.size_bytes:
            raise self._beyond(what, target, _OFFSET_SIZE)
        length: int = _read_uint32(self.data, target)[0]
        if start + length * item_bytes > self.size_bytes:
            raise self._beyond(what, start, length * item_bytes)
        return start, length

    def _layout(self, vtable: int, table_type: TableType, position: int) -> _Layout:
        """Checks a vtable, and prepares the reading of its tables."""
        what = f"vtable of table {table_type.name} (at byte {position})"
        if vtable < 0 or vtable + 4 > self.size_bytes:
            raise self._beyond(what, vtable, 4)
        vtable_bytes, inline_bytes = _read_two_uint16(self.data, vtable)
        if vtable_bytes < 4 or vtable_bytes % 2 or inline_bytes < _OFFSET_SIZE:
            raise ModelFormatError(
                f"{what} at byte {vtable} has impossible sizes: {vtable_bytes} bytes"
                f" for a table of {inline_bytes} bytes"
            )
        if vtable + vtable_bytes > self.size_bytes:
            raise self._beyond(what, vtable, vtable_bytes)
        slots = struct.unpack_from(f"<{vtable_bytes // 2 - 2}H", self.data, vtable + 4)
        offsets = [
            slots[field.slot] if field.slot < len(slots) else 0 for field in table_type.fields
        ]
        stored = sorted((offset, place) for place, offset in enumerate(offsets) if offset)
        form, references, end = "<", [], 0
        for offset, place in stored:
            kind = table_type.fields[place].kind
            size = _SIZES.get(kind, _OFFSET_SIZE)
            if offset < max(end, _OFFSET_SIZE) or offset + size > inline_bytes:
                raise ModelFormatError(
                    f"{what} at byte {vtable} puts field {table_type.names[place]} at {offset},"
                    f" outside of the table's {inline_bytes} bytes or onto another field"
                )
            form += f"{offset - end}x{_SCALARS.get(kind, '4x')}"
            end = offset + size
            if kind not in _SCALARS:
                references.append((place, offset))
        return _layout_of(table_type, inline_bytes, form, stored, references)

    def spend(self, size_bytes: int) -> None:
        """Take from the bytes that the tables may unfold to.

        Raises:
            ModelFormatError: there are not so many left.
        """
        self.unspent_bytes -= size_bytes
        if self.unspent_bytes < 0:
            raise ModelFormatError(
                "its tables share their contents so often that they unfold to far more than"
                f" the file's {self.size_bytes} bytes"
            )

    def _beyond(self, what: str, position: int, size_bytes: int) -> ModelFormatError:
        return ModelFormatError(
            f"{what} at byte {position} needs {size_bytes} bytes,"
            f" the file has {self.size_bytes} bytes"
        )


def _layout_of(
    table_type: TableType,
    inline_bytes: int,
    form: str,
    stored: list[tuple[int, int]],
    references: list[tuple[int, int]],
) -> _Layout:
    """The layout for fields `stored` as (offset, place) that are unpacked by `form`."""
    fields = table_type.fields
    is_reference = {place for place, _ in references}
    present = [place for _, place in stored if place not in is_reference]
    missing = [place for place in range(len(fields)) if place not in present]
    absent = tuple(
        fields[place].default if fields[place].kind in _SCALARS else None for place in missing
    )
    enums = tuple(
        (place, {member.value: member for member in field.enum})
        for place, field in enumerate(fields)
        if field.enum is not None and field.kind in _SCALARS
    )
    unpacked = [*present, *missing]
    sources = [unpacked.index(place) for place in range(len(fields))]
    return _Layout(
        inline_bytes,
        struct.Struct(form).unpack_from,
        absent,
        _picker(sources),
        tuple(references),
        enums,
    )


def _picker(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """`itemgetter` that gives a tuple for one place and for none, too."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


def _members(values: tuple[Any, ...], field: Field, what: str) -> tuple[Any, ...]:
    """The enum members of a vector, or the values as they are if the field has no enum."""
    if field.enum is None:
        return values
    known = {member.value: member for member in field.enum}
    for value in values:
        if value not in known:
            raise _unknown_member(what, value, field)
    return tuple(known[value] for value in values)


def _unknown_member(what: str, value: int, field: Field) -> ModelFormatError:
    """The error for a stored value that is not a member of the field's enum."""
    known = ", ".join(member.name for member in field.enum or ())
    return ModelFormatError(
        f"{what} is {value}, which is none of {known}; or it is newer than {SCHEMA_SOURCE}"
    )
