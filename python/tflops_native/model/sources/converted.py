"""Models of TensorFlow that lie in files: converted in a child process, and kept."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from tflops_native.cache import cache_folder, keep
from tflops_native.errors import ConversionError, InvokeError
from tflops_native.isolation.isolated import run_isolated
from tflops_native.model.sources.conversion import Conversion, ConversionOptions, KerasLayer
from tflops_native.model.sources.converter import convert_stored
from tflops_native.plain import to_plain
from tflops_native.plain_json import dump_json
from tflops_native.plain_reading import from_plain
from tflops_native.progress import Progress

# Raised with every change of how models are converted, so that older results are made again.
_VERSION = 2
_MOST_KEPT_BYTES = 4 << 30
_DISTRIBUTIONS = (
    "tensorflow",
    "tensorflow-cpu",
    "tf-nightly",
    "tensorflow-rocm",
    "tensorflow-macos",
)
_INSTALL = "pip install 'tflops-native[tensorflow]'"


@dataclass(frozen=True, slots=True)
class Converted:
    """A model that was converted: its bytes, and where they are kept, if they are."""

    data: bytes = field(repr=False)
    path: Path | None
    conversion: Conversion


def convert_path(
    path: Path, name: str, kind: str, options: ConversionOptions, progress: Progress
) -> Converted:
    """Convert a file or folder in a child process, or take what was converted before.

    Args:
        name: what the result is said to be converted from.
        kind: "Keras" or "SavedModel".

    Raises:
        ConversionError: TensorFlow is not installed, or cannot convert it.
    """
    tensorflow = installed_tensorflow(
        f"{str(path)!r} is {'a Keras model' if kind == 'Keras' else 'a SavedModel'}"
    )
    conversion = Conversion(
        source=name,
        kind=kind,
        quantization=options.quantize,
        calibration=options.calibration,
        tensorflow=tensorflow,
    )
    kept = _place(path, options, conversion)
    if kept is not None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            known = from_plain(Conversion, json.loads(kept.with_suffix(".json").read_bytes()))
            return Converted(kept.read_bytes(), kept, replace(known, source=name))
    data, layers = _in_child(path, kind, options, progress)
    conversion = replace(conversion, layers=layers)
    # The model last: where it is, all is.
    if (
        kept is not None
        and keep(kept.with_suffix(".json"), dump_json(to_plain(conversion)).encode())
        and keep(kept, data)
    ):
        _make_room(kept.parent)
        return Converted(data, kept, conversion)
    return Converted(data, None, conversion)


def installed_tensorflow(what: str) -> str:
    """The version of TensorFlow, without importing it.

    Args:
        what: what would be converted, for the message.

    Raises:
        ConversionError: it is not installed.
    """
    for distribution in _DISTRIBUTIONS:
        with suppress(PackageNotFoundError):
            return version(distribution)
    if find_spec("tensorflow") is not None:
        return "(version unknown)"
    raise ConversionError(f"{what}: to convert it, TensorFlow is needed: {_INSTALL}")


def _in_child(
    path: Path, kind: str, options: ConversionOptions, progress: Progress
) -> tuple[bytes, tuple[KerasLayer, ...]]:
    """The model and its layers, converted where a crash of TensorFlow costs an error only."""
    with _quiet_tensorflow():
        try:
            return run_isolated(convert_stored, str(path), kind, options, progress=progress)
        except InvokeError as error:
            raise ConversionError(f"{str(path)!r} cannot be converted: {error}") from error


@contextmanager
def _quiet_tensorflow() -> Iterator[None]:
    """Without what TensorFlow prints of machines and GPUs, which would be taken for its last words."""
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
    before = {name: os.environ.get(name) for name in quiet}
    os.environ.update(quiet)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _place(path: Path, options: ConversionOptions, conversion: Conversion) -> Path | None:
    """Where the result is kept: a name that says the content and the options."""
    folder = cache_folder()
    if folder is None:
        return None
    parts = [f"{_VERSION} {conversion.tensorflow} {options.quantize}"]
    data = None if options.representative is None else Path(options.representative)
    for file in (*_files(path), *(() if data is None else (data,))):
        try:
            parts.append(
                f"{file.relative_to(path) if path.is_dir() and file != data else ''} {_digest(file)}"
            )
        except OSError:
            return None
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return folder / "converted" / f"{key[:32]}.tflite"


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_room(folder: Path) -> None:
    """Remove the oldest until the rest takes no more than `_MOST_KEPT_BYTES`."""
    with suppress(OSError):
        found = sorted(
            ((file.stat(), file) for file in folder.glob("*.tflite")),
            key=lambda entry: entry[0].st_mtime,
            reverse=True,
        )
        kept_bytes = 0
        for status, file in found:
            kept_bytes += status.st_size
            if kept_bytes > _MOST_KEPT_BYTES:
                file.unlink()
                file.with_suffix(".json").unlink(missing_ok=True)
