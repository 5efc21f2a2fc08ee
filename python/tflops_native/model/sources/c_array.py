"""Models as arrays in C or C++ source, as TensorFlow Lite Micro and Arduino sketches carry them."""

import re
from collections.abc import Iterator

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.kind import Given, Kind, Part
from tflops_native.model.sources.tflite import IDENTIFIER

_LARGEST_BYTES = 512 << 20  # of source text: a model of 80 MB
_MOST_COMMENTS = 1_000_000  # each takes a hundred bytes while they are removed
_TEXT = re.compile(rb"[\t\n\r\f -~\x80-\xff]*")
_LOOK_BYTES = 4096  # at the start, for what is not text
_COMMENT = re.compile(rb"/\*.*?\*/|//[^\n]*", re.DOTALL)
# A name, its length in brackets, whatever attributes, and where the values begin. Bounded, so that no
# text takes longer than its length.
_ARRAY = re.compile(rb"\b([A-Za-z_]\w{0,127})\s{0,9}\[[^\]{}]{0,99}\][^=;{}\[]{0,199}=\s{0,99}\{")
_SPACE = b" \t\r\n\f"
_BYTES = re.compile(rb"(?:0[xX][0-9a-fA-F]{2},)*")
_FIRST = re.compile(rb"[^,}]*(?:,[^,}]*){7}")  # the first eight values


def _recognizes(given: Given) -> bool:
    if not 8 <= len(given.data) <= _LARGEST_BYTES:
        return False
    look = given.data[:_LOOK_BYTES]
    if _TEXT.fullmatch(look) is None:
        return False
    data = bytes(given.data)
    if data.count(b"/*") + data.count(b"//") > _MOST_COMMENTS:
        return False
    return any(True for _ in _arrays(_COMMENT.sub(b"", data)))


def _models(given: Given) -> Iterator[Part]:
    text = _COMMENT.sub(b"", given.data)
    for name, start in _arrays(text):
        given.budget.look_at(given.name, 1)
        end = text.find(b"}", start)
        if end < 0:
            raise ModelFormatError(
                f"array {name!r} in {given.name} is cut: its closing brace is missing"
            )
        data = _decoded(text[start:end], f"array {name!r} in {given.name}")
        given.budget.unpack(given.name, len(data))
        yield Part(name, memoryview(data))


def _arrays(text: bytes) -> Iterator[tuple[str, int]]:
    """The arrays that begin as a model does: name, and where their values start."""
    for found in _ARRAY.finditer(text):
        first = _FIRST.match(text, found.end(), found.end() + 400)
        if first is None:
            continue
        try:
            start = _decoded(first[0], "")
        except ModelFormatError:
            continue
        if start[4:8] == IDENTIFIER:
            yield found[1].decode("ascii"), found.end()


def _decoded(values: bytes, what: str) -> bytes:
    """The bytes that the values of an array are."""
    values = values.translate(None, _SPACE).removesuffix(b",")
    if _BYTES.fullmatch(values + b","):
        # The usual form, and many times faster so.
        digits = values.translate(None, b",").lower().replace(b"0x", b"")
        return bytes.fromhex(digits.decode("ascii"))
    found = bytearray()
    for place, value in enumerate(values.split(b",")):
        try:
            number = int(value.rstrip(b"uU"), 0)
        except ValueError:
            number = 256
        if not -128 <= number <= 255:
            raise ModelFormatError(
                f"{what} has {value[:20].decode('ascii', 'replace')!r} as value {place}: not a byte"
            )
        found.append(number & 0xFF)
    return bytes(found)


KIND = Kind(_recognizes, _models)
