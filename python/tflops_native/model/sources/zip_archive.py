"""ZIP archives: the `.task` bundles of MediaPipe, and models that somebody packed."""

import struct
import zipfile
import zlib
from collections.abc import Iterator

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.kind import START_BYTES, Given, Kind, Part, may_hold_model
from tflops_native.model.sources.view_file import ViewFile, zip_entries

_ENCRYPTED = 1  # of a member's flags
# Of a member: its header in front of its data, which says how long its name and extra field are.
# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.7
_HEADER_BYTES = 30
_read_lengths = struct.Struct("<HH").unpack_from


def _recognizes(given: Given) -> bool:
    # Not by the first bytes: some bundles are padded in front.
    return bool(given.data) and zipfile.is_zipfile(ViewFile(given.data))


def _models(given: Given) -> Iterator[Part]:
    try:
        given.budget.look_at(given.name, zip_entries(given.data))
        with zipfile.ZipFile(ViewFile(given.data)) as archive:
            for member in archive.infolist():
                data = _content(given, archive, member)
                if data is not None:
                    yield Part(member.filename, data)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
    ) as error:
        if isinstance(error, ModelFormatError):
            raise
        raise ModelFormatError(f"{given.name} is a damaged ZIP archive: {error}") from error


def _content(given: Given, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> memoryview | None:
    """The bytes of a member that may hold a model; those that are stored as they are, in place."""
    if member.flag_bits & _ENCRYPTED:
        if member.filename.endswith(".tflite"):
            raise ModelFormatError(
                f"{member.filename!r} in {given.name} is encrypted: decrypt it first"
            )
        return None
    if member.compress_type == zipfile.ZIP_STORED:
        data = _stored(given.data, member)
        return data if may_hold_model(bytes(data[:START_BYTES])) else None
    with archive.open(member) as file:
        start = file.read(START_BYTES)
        if not may_hold_model(start):
            return None
        # Of other methods the standard library unpacks all that so many packed bytes come to.
        is_usual = member.compress_type == zipfile.ZIP_DEFLATED
        name = f"{member.filename!r} in {given.name}"
        return given.budget.read(name, file, start, 1 << 20 if is_usual else 4096)


def _stored(data: memoryview, member: zipfile.ZipInfo) -> memoryview:
    start = member.header_offset + _HEADER_BYTES
    if start > len(data):
        raise zipfile.BadZipFile(f"{member.filename!r} starts behind its end")
    start += sum(_read_lengths(data, start - 4))
    if start + member.file_size > len(data):
        raise zipfile.BadZipFile(f"{member.filename!r} is cut")
    return data[start : start + member.file_size]


KIND = Kind(_recognizes, _models)
