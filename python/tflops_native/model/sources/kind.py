"""What a kind of input is: how it is recognized, and which models it holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.conversion import Conversion, ConversionOptions
from tflops_native.model.sources.files import FileStamp
from tflops_native.progress import Progress, no_progress

# What unpacking one file may come to, so that a small one cannot fill the memory.
MOST_UNPACKED_BYTES = 1 << 30
MOST_UNKNOWN_BYTES = 64 << 20  # of what does not begin as a model or a bundle does
MOST_PIECES = 10_000
START_BYTES = 32
_ZIP_START = b"PK\x03\x04"
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_PADDING_BYTES = 16  # that builders of bundles write in front, to align what is in them
GZIP_START = b"\x1f\x8b"
XZ_START = b"\xfd7zXZ\0"
_BUNDLE_STARTS = (GZIP_START, XZ_START, b"LITERTLM")


class Budget:
    """What may still be unpacked of one file, with all bundles that lie in it."""

    __slots__ = ("_bytes", "_pieces")

    def __init__(self) -> None:
        self._bytes = MOST_UNPACKED_BYTES
        self._pieces = MOST_PIECES

    def read(
        self, name: str, stream: IO[bytes], start: bytes = b"", piece_bytes: int = 1 << 20
    ) -> memoryview:
        """What is left of a stream behind its start; raises `ModelFormatError` if it is too much.

        Of what does not begin as a model or a bundle, no more is unpacked than a text could need.
        """
        found = bytearray(start)
        if not start:
            found += stream.read(START_BYTES)
        is_known = may_hold_model(bytes(found[:START_BYTES]))
        most = self._bytes if is_known else min(self._bytes, MOST_UNKNOWN_BYTES)
        while piece := stream.read(piece_bytes):
            found += piece
            if len(found) > most:
                break
        if not is_known and len(found) > most and most < self._bytes:
            raise ModelFormatError(
                f"{name} unpacks to more than {most >> 20} MiB of what is not recognized: unpack it to a "
                "file first"
            )
        self.unpack(name, len(found))
        return memoryview(found).toreadonly()

    def unpack(self, name: str, size_bytes: int) -> None:
        """Take so many bytes; raises `ModelFormatError` if they are too many."""
        self._bytes -= size_bytes
        if self._bytes < 0:
            raise ModelFormatError(
                f"{name} unpacks to more than {MOST_UNPACKED_BYTES >> 20} MiB: unpack it to a file first"
            )

    def look_at(self, name: str, pieces: int) -> None:
        """Take so many pieces; raises `ModelFormatError` if they are too many."""
        self._pieces -= pieces
        if self._pieces < 0:
            raise ModelFormatError(f"{name} has more than {MOST_PIECES:,} pieces: unpack it first")


@dataclass(frozen=True, slots=True)
class Given:
    """What was given where a model is expected.

    name      what messages call it: the path in quotes, or "the model"
    path      of the file or folder; None for bytes, and for what lies in a file
    stamp     of the file
    data      its bytes; none of a folder
    options   how to convert it, where that is needed
    progress  called while it is converted
    budget    what may be unpacked of it
    """

    name: str
    path: Path | None
    stamp: FileStamp | None
    data: memoryview
    options: ConversionOptions = field(default_factory=ConversionOptions)
    progress: Progress = no_progress
    budget: Budget = field(default_factory=Budget)

    @property
    def start(self) -> bytes:
        """The first bytes, by which most kinds are recognized."""
        return bytes(self.data[:64])

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder; it has no bytes then, as no file has."""
        return self.path is not None and self.stamp is None

    def piece(self, part: "Part") -> "Given":
        """A part of it, as something given."""
        name = f"{part.name!r} in {self.name}" if part.name else self.name
        return Given(name, None, None, part.data, budget=self.budget)

    @property
    def suffix(self) -> str:
        """The end of its name with the dot, in lower case; it decides nothing that the content can."""
        return Path(self.name.strip("'")).suffix.lower()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of what was given, of which the kind is to be found out in turn.

    name        "" where there is only one, and it has no name of its own
    path        a file that is this piece and nothing else; None where there is none
    conversion  how it was made; None where it is as it was found
    """

    name: str
    data: memoryview
    path: Path | None = None
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input. Each file beside this one, named in `recognize`, defines one as `KIND`.

    recognizes    whether something is of this kind, by content alone
    models        the model that it is, or the pieces that may hold some; raises `ModelFormatError`
    is_model      whether it is a TensorFlow Lite model itself, and its only part the whole
    is_bundle     whether it may hold models, and may lie in another bundle itself
    is_converted  whether its model is made of it, in the way that options say
    """

    recognizes: Callable[[Given], bool]
    models: Callable[[Given], Iterable[Part]]
    is_model: bool = False
    is_bundle: bool = True
    is_converted: bool = False


def is_tar(data: memoryview) -> bool:
    """Whether these are the bytes of a tar archive, as POSIX and GNU write it."""
    return data[_TAR_MARK_AT : _TAR_MARK_AT + len(_TAR_MARK)] == _TAR_MARK


def may_hold_model(start: bytes) -> bool:
    """Whether the first bytes of a piece of a bundle are those of a model, or of another bundle."""
    is_archive = _ZIP_START in start[: _PADDING_BYTES + len(_ZIP_START)]
    return is_archive or start[4:8] == b"TFL3" or start.startswith(_BUNDLE_STARTS)
