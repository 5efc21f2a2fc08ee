"""What people give by mistake, or before it is converted: recognized, to say what to do with it."""

import re
import zipfile
from collections.abc import Iterable

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.kind import Given, Kind, Part, is_tar
from tflops_native.model.sources.view_file import ViewFile, zip_names

# The first bytes -> what it is, and what to do.
_STARTS = {
    b"\xff\xd8\xff": ("a JPEG image", ""),
    b"\x89PNG": ("a PNG image", ""),
    b"PK\x03\x04": ("a damaged or truncated ZIP archive", "download it again"),
    b"version https://git-lfs": ("a Git LFS pointer", "run git lfs pull"),
    b"GGUF": ("a GGUF model of llama.cpp", "look for a .tflite or .litertlm of the same model"),
    b"<": ("HTML or XML, perhaps of a failed download", ""),
}
# Of fewer bytes nothing can be said.
_SHORTEST_BYTES = 8
_LOOK_BYTES = 1 << 12
_LARGEST_JSON_BYTES = 1 << 26
_ONNX = (
    "an ONNX model",
    "convert it with 'onnx2tf -i {file} -o converted', then give converted/{stem}_float32.tflite",
)
_PYTORCH = (
    "a PyTorch model",
    "convert it in Python with litert-torch, "
    "litert_torch.convert(model.eval(), (example_input,)).export('{stem}.tflite'), "
    "then give {stem}.tflite",
)
_TFJS_LAYERS = (
    "a TensorFlow.js model",
    "convert it with 'tensorflowjs_converter --input_format=tfjs_layers_model "
    "--output_format=keras {file} {stem}.h5', then give {stem}.h5",
)
_TFJS_GRAPH = (
    "a TensorFlow.js graph model",
    "convert it with 'tfjs_graph_converter {folder} converted --output_format tf_saved_model', "
    "then give converted",
)
_CORE_ML = ("a Core ML model", "convert the model that it was made from: there is no way back")
_FROZEN = (
    "a frozen TensorFlow graph",
    "convert it in Python with tf.compat.v1.lite.TFLiteConverter.from_frozen_graph('{file}', "
    "input_arrays=[...], output_arrays=[...]), then give the .tflite file",
)
_MEDIAPIPE = (
    "a MediaPipe graph",
    "it holds no weights: give the .tflite files, or the .task bundle, that it is used with",
)
_PROTOBUF = ("a protocol buffer, such as an ONNX model", "convert it to .tflite first")

# ONNX: field 1, the IR version, then the name of the producer, or another of the first fields.
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
_ONNX_START = re.compile(rb"\x08[\x03-\x1f](?:\x12.[ -~]|[\x1a\x22\x3a\x42])", re.DOTALL)
# Core ML: field 1, the version, then a message of the inputs.
_CORE_ML_START = re.compile(rb"\x08[\x01-\x0f]\x12(?:.|[\x80-\xff].)\x0a", re.DOTALL)
_GRAPH_DEF = re.compile(rb"\x12(?:\x05Const|\x0bPlaceholder)")


def _description(given: Given) -> tuple[str, str] | None:
    if given.is_folder:
        return _of_folder(given)
    if len(given.data) < _SHORTEST_BYTES:
        return None
    start = given.start
    if is_tar(given.data):
        return (
            "a tar archive",
            "unpack it with 'tar -xf {file}', and give the model or the folder in it",
        )
    if start.startswith(b"{"):
        return _of_json(given)
    if start.startswith((b"\x80\x02", b"\x80\x04")) or _is_pytorch_archive(given):
        return _PYTORCH
    if re.match(rb".{6}\0\0\{", start, re.DOTALL):
        return "a safetensors file", "it holds weights alone: convert the model that uses them"
    if start.startswith(b"\x08"):
        return _of_protobuf(given)
    if start.startswith(b"\x0a"):
        return _of_graph(given)
    if start.startswith(b"PK") and zipfile.is_zipfile(ViewFile(given.data)):
        return None
    return next((found for known, found in _STARTS.items() if start.startswith(known)), None)


def _of_folder(given: Given) -> tuple[str, str] | None:
    is_package = given.path is not None and (given.path / "Manifest.json").exists()
    return _CORE_ML if is_package else None


def _of_json(given: Given) -> tuple[str, str]:
    look = bytes(given.data[:_LOOK_BYTES])
    if b'"format_version"' in look:
        return "a saved report", "show it with 'tflops show {file}'"
    content = bytes(given.data[:_LARGEST_JSON_BYTES])
    if b'"modelTopology"' in content:
        return _TFJS_GRAPH if b'"graph-model"' in content else _TFJS_LAYERS
    return "JSON", ""


def _of_protobuf(given: Given) -> tuple[str, str]:
    if given.suffix in (".mlmodel", ".mlpackage"):
        return _CORE_ML
    if _ONNX_START.match(given.start):
        return _ONNX
    return _CORE_ML if _CORE_ML_START.match(given.start) else _PROTOBUF


def _of_graph(given: Given) -> tuple[str, str] | None:
    look = bytes(given.data[:_LOOK_BYTES])
    if b"Calculator" in look:
        return _MEDIAPIPE
    return _FROZEN if _GRAPH_DEF.search(look) else None


def _is_pytorch_archive(given: Given) -> bool:
    """A ZIP archive that holds pickles or an exported program."""
    ends = ("/data.pkl", "serialized_exported_program.json", "/models/model.json")
    return any(name.endswith(ends) for name in zip_names(given.data)[:100])


def _recognizes(given: Given) -> bool:
    return _description(given) is not None


def _models(given: Given) -> Iterable[Part]:
    """None: raises `ModelFormatError` with what it is."""
    description, remedy = _description(given) or ("something else", "")
    path = given.path
    words = {
        "file": "the file" if path is None else path.name,
        "stem": "model" if path is None else path.stem,
        "folder": "FOLDER" if path is None else str(path.parent),
    }
    raise ModelFormatError(
        f"{given.name} is {description}, not a TensorFlow Lite model"
        + (f": {remedy.format(**words)}" if remedy else "")
    )


KIND = Kind(_recognizes, _models, is_bundle=False)
