"""What is packed with gzip or xz: a model, a bundle, or the log of a benchmark."""

import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.kind import GZIP_START, XZ_START, Given, Kind, Part, is_tar
from tflops_native.model.sources.view_file import ViewFile

# What the readers raise where the packed data are damaged or end too early.
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError)


def packing(start: bytes) -> str | None:
    """What the first bytes say that a file is packed with, "gzip" or "xz"; None where it is not."""
    if start.startswith(GZIP_START):
        return "gzip"
    return "xz" if start.startswith(XZ_START) else None


@contextmanager
def unpacking(title: str, packed: IO[bytes]) -> Iterator[IO[bytes]]:
    """A stream of what another one, packed so, holds; reading it raises one of `DAMAGED`."""
    with gzip.GzipFile(fileobj=packed) if title == "gzip" else lzma.LZMAFile(packed) as file:
        yield cast("IO[bytes]", file)


def _recognizes(given: Given) -> bool:
    return packing(given.start) is not None


def _models(given: Given) -> Iterator[Part]:
    given.budget.look_at(given.name, 1)
    title = packing(given.start) or ""
    try:
        with unpacking(title, cast("IO[bytes]", ViewFile(given.data))) as file:
            data = given.budget.read(given.name, file)
    except ModelFormatError:
        raise
    except DAMAGED as error:
        raise ModelFormatError(f"{given.name} is a damaged {title} file: {error}") from error
    if given.path is not None and is_tar(data):
        raise ModelFormatError(
            f"{given.name} is a packed tar archive: unpack it with 'tar -xf {given.path.name}', and give "
            "the model or the folder in it"
        )
    yield Part("", data)


KIND = Kind(_recognizes, _models)
