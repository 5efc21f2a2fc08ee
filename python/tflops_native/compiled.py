"""The compiled part, imported on first use. The only place that imports it."""

from types import ModuleType

from tflops_native.errors import RuntimeLibraryError


def native() -> ModuleType:
    """The compiled part.

    Raises:
        RuntimeLibraryError: it is not there, or its libraries cannot be loaded.
    """
    try:
        from tflops_native import _native
    except ImportError as error:
        raise RuntimeLibraryError(
            f"this installation cannot time models: its compiled part does not load ({error}); "
            "counting works without it"
        ) from error
    return _native
