"""The user's own data: read from files or taken as arrays, and held against the inputs of the model."""

import io
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tflops_native.checks import file_path
from tflops_native.errors import InputDataError
from tflops_native.model.element_types import ELEMENT_TYPES, bits, packed_bytes
from tflops_native.model.entry import Entry, EntryInput, named_input
from tflops_native.model.sources.files import sha256_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# An array, or the path of a file that holds one.
InputData: TypeAlias = "ArrayLike | str | PathLike[str]"

_SUFFIXES = (".npy", ".npz", ".bin")


@dataclass(frozen=True, slots=True, eq=False)
class GivenInput:
    """Data that fits one input: of its type and shape, in C order.

    array    uint8 and of one dimension where the file held bare bytes
    file     where it was read; None for an array that was passed
    sha256   of the file, else of the bytes of the array
    """

    item: EntryInput
    shape: tuple[int, ...]
    array: "NDArray[Any]"
    file: Path | None
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """Data for the input of a name, not yet held against it.

    array     uint8 where only bytes are known, `is_bare`, and neither type nor shape
    where     what to call it in messages
    """

    name: str
    array: "NDArray[Any]"
    is_bare: bool
    file: Path | None
    sha256: str
    where: str


def read_given(
    entry: Entry,
    inputs: Mapping[str, InputData],
    shapes: Mapping[int, tuple[int, ...]],
    asked: Collection[int],
) -> dict[int, GivenInput]:
    """Data for some of the inputs, by position.

    An array has the shape that is asked for its input; where none is asked, it sets the lengths that the
    file leaves open.

    Args:
        entry: what will be run.
        inputs: input name -> an array, or the path of a file: ".npy" holds one array, ".npz" several
            by name, ".bin" the bare bytes of one, little-endian. The empty name stands for the only
            input, or for all that an ".npz" names.
        shapes: of all inputs by position, with 1 for open lengths.
        asked: positions of the inputs whose shape was asked for.

    Raises:
        InputDataError: a file cannot be read, or data does not fit its input.
        ShapeError: there is no such input.
    """
    found: dict[int, GivenInput] = {}
    for name, data in inputs.items():
        for candidate in _candidates(entry, name, data):
            item = named_input(entry, candidate.name)
            if item.position in found:
                raise InputDataError(f"input {item.name!r} is given twice")
            shape = shapes[item.position]
            if candidate.is_bare:
                array = _fitting_bytes(item, shape, candidate)
            else:
                array = _fitting_array(item, candidate)
                wanted = shape if item.position in asked else None
                shape = _fitting_shape(item, candidate, wanted)
            found[item.position] = GivenInput(item, shape, array, candidate.file, candidate.sha256)
    return found


def data_digest(name: str, data: InputData) -> str:
    """What tells data for an input from other data: of its file or its array, all of it.

    Raises:
        InputDataError: a file cannot be read, or it is not an array.
    """
    if isinstance(data, (str, PathLike)):
        return sha256_of(_read(file_path(f"the data for input {name!r}", data, InputDataError)))
    array = _array(name, data)
    return f"{array.dtype.str}{array.shape}{sha256_of(array.tobytes())}"


def _array(name: str, data: InputData) -> "NDArray[Any]":
    import numpy as np

    try:
        return np.asarray(data)
    except Exception as error:
        # An object of anybody may raise anything.
        raise InputDataError(f"the data for input {name!r} is not an array: {error}") from error


def _candidates(entry: Entry, name: str, data: InputData) -> Iterator[_Candidate]:
    import numpy as np

    if not isinstance(data, (str, PathLike)):
        array = _array(name, data)
        digest = sha256_of(array.tobytes())
        yield _Candidate(name, array, False, None, digest, f"the array for input {name!r}")
        return
    path = file_path(f"the data for input {name!r}", data, InputDataError)
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise InputDataError(f"input file '{path}' must end in .npy, .npz or .bin")
    content = _read(path)
    arrays: Mapping[str, NDArray[Any]]
    if suffix == ".bin":
        arrays = {name: np.frombuffer(content, np.uint8)}
    elif suffix == ".npy":
        arrays = {name: _parse(path, content, b"\x93NUMPY")}
    else:
        arrays = _chosen(entry, name, _parse(path, content, b"PK"), path)
    digest = sha256_of(content)
    for key, array in arrays.items():
        yield _Candidate(key, array, suffix == ".bin", path, digest, f"'{path}'")


def _read(path: Path) -> bytes:
    try:
        # Before opening: to open a pipe may wait forever.
        if path.exists() and not path.is_file():
            raise InputDataError(f"cannot read input file '{path}': it is not a regular file")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputDataError(f"cannot read input file '{path}': no such file") from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputDataError(f"cannot read input file '{path}': {reason}") from error


def _parse(path: Path, content: bytes, start: bytes) -> Any:
    """The array of an .npy file, or the arrays by name of an .npz file; each starts as numpy writes it."""
    import numpy as np

    try:
        if not content.startswith(start):
            raise ValueError(f"its content is not that of a {path.suffix.lower()} file")
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        return loaded if isinstance(loaded, np.ndarray) else {key: loaded[key] for key in loaded}
    except Exception as error:
        # numpy and zipfile have no common error for a damaged file.
        reason = str(error) or type(error).__name__
        if "pickle" in reason:
            reason = "it holds Python objects, not numbers"
        raise InputDataError(f"cannot read input file '{path}': {reason}") from error


def _chosen(
    entry: Entry, name: str, arrays: Mapping[str, "NDArray[Any]"], path: Path
) -> Mapping[str, "NDArray[Any]"]:
    """The arrays of an archive by input name: all of them, or the one that is meant by a name."""
    if not name and (len(entry.inputs) != 1 or len(arrays) != 1):
        return arrays
    if name in arrays:
        return {name: arrays[name]}
    if len(arrays) == 1:
        return {name: next(iter(arrays.values()))}
    held = ", ".join(arrays) or "none"
    raise InputDataError(f"'{path}' has no array {name!r}; it has: {held}")


def _fitting_bytes(
    item: EntryInput, shape: tuple[int, ...], candidate: _Candidate
) -> "NDArray[Any]":
    kind = item.tensor.type
    if bits(kind) is None:
        raise InputDataError(_no_data(item))
    size = packed_bytes(kind, math.prod(shape))
    if candidate.array.size != size:
        raise InputDataError(
            f"{candidate.where} has {candidate.array.size} bytes, but input {item.name!r} takes "
            f"{size}: shape {_text(shape)} of {kind.name.lower()}"
        )
    return candidate.array


def _fitting_array(item: EntryInput, candidate: _Candidate) -> "NDArray[Any]":
    import numpy as np

    array = candidate.array
    name = ELEMENT_TYPES[item.tensor.type].numpy_name
    if name is None:
        raise InputDataError(_no_data(item))
    if array.dtype.newbyteorder("=") != np.dtype(name):
        raise InputDataError(
            f"{candidate.where} has dtype {array.dtype.name}, but input {item.name!r} takes {name}"
        )
    return np.asarray(array, name, order="C")


def _fitting_shape(
    item: EntryInput, candidate: _Candidate, wanted: tuple[int, ...] | None
) -> tuple[int, ...]:
    """The shape of an array, if it is the one that is wanted, or else one that the file leaves open."""
    shape = candidate.array.shape
    has = f"{candidate.where} has shape {_text(shape)}"
    if wanted is not None:
        if shape != wanted:
            raise InputDataError(f"{has}, but {_text(wanted)} is asked for input {item.name!r}")
        return shape
    pattern = item.tensor.shape_signature
    fits = not item.tensor.has_rank or (
        len(shape) == len(pattern)
        and all(length in (-1, mine) for length, mine in zip(pattern, shape, strict=True))
    )
    if not fits:
        raise InputDataError(
            f"{has}, but input {item.name!r} takes {item.pattern or '()'}; "
            "where it is to take another shape, ask for it with --input-shape"
        )
    return shape


def _no_data(item: EntryInput) -> str:
    kind = item.tensor.type
    if bits(kind) is None:
        return f"input {item.name!r} has type {kind.name}: no data can be given for it"
    return f"input {item.name!r} has type {kind.name}, which numpy lacks: give its bytes in a .bin file"


def _text(shape: tuple[int, ...]) -> str:
    return ",".join(map(str, shape)) or "()"
