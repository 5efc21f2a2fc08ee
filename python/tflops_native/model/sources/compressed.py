"""One model, or one bundle, packed with gzip or xz."""

import gzip
import lzma
import zlib
from collections.abc import Iterator
from typing import IO, cast

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.kind import Given, Kind, Part, is_tar
from tflops_native.model.sources.view_file import ViewFile

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\0"


def _recognizes(given: Given) -> bool:
    return given.start.startswith((_GZIP, _XZ))


def _models(given: Given) -> Iterator[Part]:
    given.budget.look_at(given.name, 1)
    title = "gzip" if given.start.startswith(_GZIP) else "xz"
    unpacking = gzip.open if title == "gzip" else lzma.open
    try:
        with unpacking(cast("IO[bytes]", ViewFile(given.data))) as file:
            data = given.budget.read(given.name, cast("IO[bytes]", file))
    except ModelFormatError:
        raise
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ModelFormatError(f"{given.name} is a damaged {title} file: {error}") from error
    if given.path is not None and is_tar(data):
        raise ModelFormatError(
            f"{given.name} is a packed tar archive: unpack it with 'tar -xf {given.path.name}', and give "
            "the model or the folder in it"
        )
    yield Part("", data)


KIND = Kind(_recognizes, _models)
