"""One codec between frozen dataclasses and plain data, as JSON has it; `plain_reading` is the way back.

Field names are the keys. What can be written:

    bool, int, float, str, None     as they are; floats must be finite, integers that are read below 2**128
    Enum, Path                      its value, its text
    tuple, list, frozenset          a list, that of a set sorted
    Mapping with str or int keys    a dict, as JSON has it with str keys
    dataclass                       a dict of its fields in order, then of the properties that its
                                    `DERIVED: ClassVar[tuple[str, ...]]` names, which are not read

A field with `metadata={"plain": False}` is neither written nor read, and must have a default. Of a class
with `OMIT_DEFAULTS = True`, fields that have their default are not written. Dataclasses
of a union are told apart by a `kind: Literal["..."]` field of each, or else by their keys.
"""

import dataclasses
import math
import sys
import types
import typing
from collections import abc
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

Names = Mapping[str, Any]

_MISSING = dataclasses.MISSING
_PLAIN = frozenset({type(None), bool, int, str})


def to_plain(value: Any) -> Any:
    """Plain data of a dataclass, or of anything that a field can hold.

    Raises:
        ValueError: a float is not finite, or a value is of a type that has no plain form; with its place.
    """
    try:
        return _to_plain(value)
    except _NoPlainFormError as error:
        raise ValueError(f"{error.place or 'the value'} {error}") from None


@cache
def written_fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    """The fields that are written and read."""
    found = []
    for field in dataclasses.fields(cls):
        if field.metadata.get("plain", True):
            found.append(field)
        elif not has_default(field):
            raise TypeError(f"{cls.__name__}.{field.name} is not plain and has no default")
    return tuple(found)


def omits_defaults(cls: type) -> bool:
    """Whether fields that have their default are left out: of classes that there are many of."""
    return bool(getattr(cls, "OMIT_DEFAULTS", False))


def derived_names(cls: type) -> tuple[str, ...]:
    """The properties that are written, but not read."""
    return tuple(getattr(cls, "DERIVED", ()))


def type_hints(of: Any, module: str, names: Names) -> dict[str, Any]:
    """Annotations of a class or function; what its module does not import is looked up in `names`."""
    own = vars(sys.modules[module]) if module in sys.modules else {}
    return typing.get_type_hints(of, {**names, **own})


def is_union(annotation: Any) -> bool:
    """Whether it is `X | Y` or `Optional[X]`."""
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not _MISSING or field.default_factory is not _MISSING


class _NoPlainFormError(ValueError):
    """What is wrong with a value; `place` says where it is, and is put together on the way out."""

    place = ""

    def within(self, part: str) -> "_NoPlainFormError":
        """The same error, of what holds the value."""
        joined = not self.place or self.place.startswith("[")
        self.place = part + self.place if joined else f"{part}.{self.place}"
        return self


def _to_plain(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, Enum):
        return _to_plain(value.value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _NoPlainFormError(f"is {value}, which has no plain form")
        return float(value)
    if isinstance(value, tuple | list):
        return list(value) if set(map(type, value)) <= {int} else _items_to_plain(value)
    if isinstance(value, abc.Set):
        return sorted(map(_to_plain, value))
    if isinstance(value, Mapping):
        return _mapping_to_plain(value)
    if isinstance(value, str | Path):
        return str(value)  # The texts of numpy, too
    if dataclasses.is_dataclass(kind):
        return _fields_to_plain(value)
    raise _NoPlainFormError(f"is of {kind}, which has no plain form")


def _items_to_plain(values: Iterable[Any]) -> list[Any]:
    found = []
    for index, item in enumerate(values):
        try:
            found.append(_to_plain(item))
        except _NoPlainFormError as error:
            raise error.within(f"[{index}]") from None
    return found


def _mapping_to_plain(values: Mapping[Any, Any]) -> dict[str, Any]:
    found = {}
    for key, item in values.items():
        if not is_key(key):
            raise _NoPlainFormError(f"has the key {key!r}, which is not a text")
        try:
            found[str(key)] = _to_plain(item)
        except _NoPlainFormError as error:
            raise error.within(f"[{key!r}]") from None
    return found


def is_key(key: Any) -> bool:
    """Whether it can be a key of JSON."""
    return type(key) is int or isinstance(key, str)


def _fields_to_plain(value: Any) -> dict[str, Any]:
    kind: type = type(value)
    found = {}
    for key, default in _written_keys(kind):
        item = getattr(value, key)
        if default is not _MISSING and default == item:
            continue
        try:
            found[key] = _to_plain(item)
        except _NoPlainFormError as error:
            raise error.within(key) from None
    return found


@cache
def _written_keys(cls: type) -> tuple[tuple[str, Any], ...]:
    """What is written of a class, with the values that are left out."""
    found = [
        (field.name, _default(field) if omits_defaults(cls) else _MISSING)
        for field in written_fields(cls)
    ]
    return (*found, *((name, _MISSING) for name in derived_names(cls)))


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is _MISSING else field.default_factory()
