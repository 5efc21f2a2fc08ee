"""The options of an operator whose options table is missing from the file."""

from typing import Any

from tflops_native.model.schema import OPTIONS


def zero_options(options_type: str | None) -> dict[str, Any]:
    """The options of a zero-filled parameter struct."""
    if options_type is None:
        return {}
    zeros: dict[str, Any] = {}
    for option in OPTIONS[options_type]:
        if option.enum is not None:
            zeros[option.name] = option.enum(0)
        elif option.kind.startswith("["):
            zeros[option.name] = ()
        else:
            zeros[option.name] = None if option.kind == "string" else 0
    return zeros
