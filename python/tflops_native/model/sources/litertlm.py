"""LiteRT-LM bundles, `.litertlm`: several models with what a language model needs beside them.

Their layout: `LITERTLM`, three version numbers, at byte 24 where the header ends, at byte 32 the header
as a FlatBuffer, then sections at the offsets that it names (litert-lm-builder 0.18.1).
"""

import struct
from collections import Counter
from collections.abc import Iterator

from tflops_native.errors import ModelFormatError
from tflops_native.model.flatbuffer import FlatBuffer, TableType
from tflops_native.model.schema import Field
from tflops_native.model.sources.kind import Given, Kind, Part

_MAGIC = b"LITERTLM"
_END_AT_BYTE = 24
_HEADER_AT_BYTE = 32
_MODEL = 3  # of AnySectionDataType
_STRING = 9  # of VData

_METADATA = TableType("LiteRTLMMetaData", [Field("section_metadata", 1, "table", None, None)])
_SECTIONS = TableType("SectionMetadata", [Field("objects", 0, "[table]", None, None)])
_SECTION = TableType(
    "SectionObject",
    [
        Field("items", 0, "[table]", None, None),
        Field("begin_offset", 1, "uint64", 0, None),
        Field("end_offset", 2, "uint64", 0, None),
        Field("data_type", 3, "int8", 0, None),
    ],
)
_ITEM = TableType(
    "KeyValuePair",
    [
        Field("key", 0, "string", None, None),
        Field("value_type", 1, "uint8", 0, None),
        Field("value", 2, "union", None, None),
    ],
)
_TEXT = TableType("StringValue", [Field("value", 0, "string", None, None)])


def _recognizes(given: Given) -> bool:
    return given.start.startswith(_MAGIC)


def _models(given: Given) -> Iterator[Part]:
    try:
        found = list(_sections(given))
    except ModelFormatError as error:
        raise ModelFormatError(
            f"{given.name} is a damaged or truncated LiteRT-LM bundle: {error}"
        ) from error
    names = Counter(name for name, _ in found)
    for index, (name, data) in enumerate(found):
        yield Part(name if name and names[name] == 1 else f"{name or 'model'}_{index}", data)


def _sections(given: Given) -> Iterator[tuple[str, memoryview]]:
    """The sections that are models: what kind of model each is said to be, and its bytes in place."""
    size_bytes = len(given.data)
    if size_bytes < _HEADER_AT_BYTE:
        raise ModelFormatError(
            f"it has {size_bytes} bytes, and its header begins at {_HEADER_AT_BYTE}"
        )
    (end,) = struct.unpack_from("<Q", given.data, _END_AT_BYTE)
    if not _HEADER_AT_BYTE < end <= size_bytes:
        raise ModelFormatError(f"its header is said to end at byte {end} of {size_bytes}")
    header = FlatBuffer(given.data[_HEADER_AT_BYTE:end])
    (sections_at,) = header.table(header.follow(0, "root offset"), _METADATA)
    if sections_at is None:
        return
    (objects_at,) = header.table(header.follow(sections_at, "sections"), _SECTIONS)
    for position in header.tables(objects_at, "sections"):
        given.budget.look_at(given.name, 1)
        items_at, begin, past, data_type = header.table(position, _SECTION)
        if data_type != _MODEL:
            continue
        if not begin <= past <= size_bytes:
            raise ModelFormatError(
                f"a model is said to lie at bytes {begin} to {past}, the file has {size_bytes}"
            )
        yield _name(header, items_at), given.data[begin:past]


def _name(header: FlatBuffer, items_at: int | None) -> str:
    """What kind of model it is, "prefill_decode" say; "" if nothing says so."""
    for position in header.tables(items_at, "items of a section"):
        key_at, value_type, value_at = header.table(position, _ITEM)
        if (
            header.string(key_at, "key") != "model_type"
            or value_type != _STRING
            or value_at is None
        ):
            continue
        (text_at,) = header.table(header.follow(value_at, "model type"), _TEXT)
        return header.string(text_at, "model type").lower().removeprefix("tf_lite_")
    return ""


KIND = Kind(_recognizes, _models)
