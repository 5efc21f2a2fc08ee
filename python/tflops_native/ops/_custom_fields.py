"""The fields of a rule for a custom operator, from the options that the file holds for it.

Nothing says what types these options have, and kernels convert freely between numbers: so do we.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field
from typing import Any

from tflops_native.model.custom_options import OptionsLayout, StructLayout

_CONVERSIONS = {"int": int, "float": float, "bool": bool}


def custom_option_names(
    rule: str, fields: "Sequence[Field[Any]]", layout: OptionsLayout, other: set[str]
) -> tuple[str, ...]:
    """The fields of the rule of this name that are options: all but these others, and what the layout has.

    Raises:
        ValueError: a field is neither, and has no default.
    """
    names = [field.name for field in fields if field.name not in other]
    if isinstance(layout, StructLayout):
        stray = [
            field.name
            for field in fields
            if field.name in names and field.name not in layout.names and not _has_default(field)
        ]
        if stray:
            raise ValueError(f"{rule} has fields that its layout does not: {stray}")
        names = [name for name in names if name in layout.names]
    return tuple(names)


def custom_fields(
    fields: "Sequence[Field[Any]]", names: tuple[str, ...], options: Mapping[str, Any]
) -> dict[str, Any]:
    """The options by field name; one that the file leaves out keeps the default of the class.

    Raises:
        ValueError: an option without a default is left out, or is of a kind that does not fit.
    """
    given: dict[str, Any] = {}
    for field in fields:
        if field.name not in names:
            continue
        value = options.get(field.name)
        if value is not None:
            given[field.name] = _converted(field, value)
        elif not _has_default(field):
            raise ValueError(f"its custom options lack {field.name!r}")
    return given


def _has_default(field: "Field[Any]") -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _converted(field: "Field[Any]", value: Any) -> Any:
    wanted = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")
    wanted = wanted.split("[")[0]
    if wanted in _CONVERSIONS and isinstance(value, bool | int | float):
        try:
            return _CONVERSIONS[wanted](value)
        except (OverflowError, ValueError):  # an infinity or a NaN as an integer
            pass
    elif wanted not in {*_CONVERSIONS, "str", "tuple"} or type(value).__name__ == wanted:
        return value
    raise ValueError(f"its custom option {field.name!r} must be of type {wanted}, but is {value!r}")
