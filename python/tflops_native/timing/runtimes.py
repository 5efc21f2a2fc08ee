"""Finds the library that runs models. The only place that imports the compiled part."""

from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from tflops_native.errors import RuntimeLibraryError

if TYPE_CHECKING:
    from tflops_native._native import Library

DEFAULT_RUNTIME = "tflite"
KERNELS = ("xnnpack", "builtin")


def native() -> ModuleType:
    """The compiled part, imported on first use.

    Raises:
        RuntimeLibraryError: it is not there, or its libraries cannot be loaded.
    """
    if find_spec("tflops_native._native") is None:
        raise RuntimeLibraryError(
            "this build of tflops_native has no timing: it is the static analyzer alone; "
            "counting works, and a wheel made for this machine times as well"
        )
    try:
        from tflops_native import _native
    except ImportError as error:
        raise RuntimeLibraryError(
            f"this installation cannot time models: its compiled part does not load ({error}); "
            "counting works without it"
        ) from error
    return _native


def open_runtime(runtime: str = DEFAULT_RUNTIME) -> "Library":
    """The library to run models with.

    Args:
        runtime: "tflite" for the one that the package carries, else the path of a TensorFlow Lite C
            library.

    Raises:
        RuntimeLibraryError: there is none, or it is no TensorFlow Lite C library.
    """
    libraries = native().Library
    library: Library = libraries.linked() if runtime == DEFAULT_RUNTIME else libraries.open(runtime)
    return library
