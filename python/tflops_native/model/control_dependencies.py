"""The metadata `model_control_dependencies`: which operators run after which, beside what data says.

Source: tflite/converter/experimental/remat/metadata_util.cc.
"""

from collections.abc import Iterator

KEY = "model_control_dependencies"
_VERSION = 1
_BITS = 32

ControlEdges = tuple[tuple[int, int], ...]


def control_dependencies(data: bytes | memoryview) -> tuple[ControlEdges, ...] | None:
    """Per subgraph pairs of operator indices, the first of which runs before the second.

    None for what cannot be read: the runtime ignores such metadata, so it is not an error.
    """
    if not data or data[-1] & 0x80:
        return None
    numbers = _varints(bytes(data))
    try:
        if next(numbers) != _VERSION:
            return None
        subgraphs = tuple(
            tuple((_signed(next(numbers)), _signed(next(numbers))) for _ in range(next(numbers)))
            for _ in range(next(numbers))
        )
    except (StopIteration, RuntimeError):
        return None
    return subgraphs if next(numbers, None) is None else None


def _varints(data: bytes) -> Iterator[int]:
    """Unsigned numbers of 7 bits a byte, least significant first; the top bit says that more follow."""
    value, shift = 0, 0
    for byte in data:
        if shift < _BITS:
            value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            yield value
            value, shift = 0, 0


def _signed(value: int) -> int:
    """Of a zigzag code: 0, -1, 1, -2, 2, ..."""
    return -(value // 2) - 1 if value % 2 else value // 2
