"""What people give by mistake, or before it is converted: recognized, to say what to do with it."""

from collections.abc import Iterable

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.kind import Given, Kind, Part

_SAVED_MODEL = (
    "a SavedModel",
    "convert its folder first, with tf.lite.TFLiteConverter.from_saved_model",
)
# The first bytes -> what it is, and what to do.
_STARTS = {
    b"\xff\xd8\xff": ("a JPEG image", ""),
    b"\x89PNG": ("a PNG image", ""),
    b"PK\x03\x04": ("a ZIP archive", "unpack a .task bundle with unzip, it holds .tflite files"),
    b"\x89HDF": (
        "an HDF5 file, as are .h5 Keras models",
        "convert it first, with tf.lite.TFLiteConverter.from_keras_model",
    ),
    b"\x1f\x8b": ("a gzip archive", "unpack it first"),
    b"LITERTLM": ("a LiteRT-LM container", ""),
    b"version https://git-lfs": ("a Git LFS pointer", "run git lfs pull"),
    b"<": ("HTML or XML, perhaps of a failed download", ""),
    b"{": ("JSON", ""),
    b"\x08\x01\x12": _SAVED_MODEL,
    b"\x08": ("a protocol buffer, such as an ONNX model", ""),
}
# Of fewer bytes nothing can be said.
_SHORTEST_BYTES = 8


def _description(given: Given) -> tuple[str, str] | None:
    if given.path is not None and given.is_folder:
        return _SAVED_MODEL if (given.path / "saved_model.pb").exists() else None
    if len(given.data) < _SHORTEST_BYTES:
        return None
    for start, found in _STARTS.items():
        if given.start.startswith(start):
            if start[:2] in (b"PK", b"\x89H") and given.suffix == ".keras":
                return "a Keras model", _STARTS[b"\x89HDF"][1]
            return found
    return None


def _recognizes(given: Given) -> bool:
    return _description(given) is not None


def _models(given: Given) -> Iterable[Part]:
    """None: raises `ModelFormatError` with what it is."""
    description, remedy = _description(given) or ("something else", "")
    raise ModelFormatError(
        f"{given.name} is {description}, not a TensorFlow Lite model"
        + (f": {remedy}" if remedy else "")
    )


KIND = Kind(_recognizes, _models, is_bundle=False)
