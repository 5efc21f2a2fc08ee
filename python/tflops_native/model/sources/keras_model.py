"""Keras models in files (`.keras`, `.h5`) and SavedModel folders, which TensorFlow converts."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.converted import Converted, convert_path
from tflops_native.model.sources.kind import Given, Kind, Part
from tflops_native.model.sources.view_file import zip_names

_HDF5 = b"\x89HDF\r\n\x1a\n"
_SAVED_MODEL = "saved_model.pb"
_SAVED_MODEL_START = b"\x08\x01\x12"


def _recognizes(given: Given) -> bool:
    if given.is_folder:
        return given.path is not None and (given.path / _SAVED_MODEL).exists()
    return (
        given.start.startswith(_HDF5)
        or {"config.json", "metadata.json"} <= set(zip_names(given.data))
        # ONNX begins alike, with a name of a producer.
        or (given.start.startswith(_SAVED_MODEL_START) and given.suffix == ".pb")
    )


def _models(given: Given) -> Iterator[Part]:
    converted = _converted(given)
    yield Part("", memoryview(converted.data), converted.path, converted.conversion)


def _converted(given: Given) -> Converted:
    path = given.path
    if given.is_folder and path is not None:
        return convert_path(path, path.resolve().name, "SavedModel", given.options, given.progress)
    if given.start.startswith(_SAVED_MODEL_START):
        raise ModelFormatError(
            f"{given.name} is a part of a SavedModel: give its folder"
            + ("" if path is None else f", {str(path.parent)!r}")
        )
    if path is not None and path.suffix in (".keras", ".h5", ".hdf5"):
        return convert_path(path, path.name, "Keras", given.options, given.progress)
    # Keras goes by the name of the file.
    suffix = ".h5" if given.start.startswith(_HDF5) else ".keras"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"model{suffix}"
        copy.write_bytes(given.data)
        name = f"(bytes){suffix}" if path is None else path.name
        return convert_path(copy, name, "Keras", given.options, given.progress)


KIND = Kind(_recognizes, _models, is_bundle=False, is_converted=True)
