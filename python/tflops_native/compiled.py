"""The compiled part, imported on first use. The only place that imports it."""

from importlib.util import find_spec
from types import ModuleType

from tflops_native.errors import RuntimeLibraryError


def native() -> ModuleType:
    """The compiled part.

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
