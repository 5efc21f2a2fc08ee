"""Plain data to dataclasses: what `tflops_native.plain` wrote is read, and checked on the way."""

import dataclasses
import math
import typing
from collections import abc
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from reprlib import Repr
from typing import Any, Literal, TypeVar

from tflops_native.plain import (
    Names,
    derived_names,
    has_default,
    is_key,
    is_union,
    type_hints,
    written_fields,
)

T = TypeVar("T")
_Read = Callable[[Any, str], Any]

_NO_NAMES: Names = {}
# Beyond all that is ever counted; products of a few of them are still within what floats hold.
_INTEGERS_BELOW = 2**128
_BY_TYPE: dict[Any, tuple[str, tuple[type, ...]]] = {
    bool: ("true or false", (bool,)),
    int: ("an integer", (int,)),
    float: ("a finite number", (float, int)),
    str: ("a text", (str,)),
    type(None): ("null", (type(None),)),
}
_short = Repr()
_short.maxstring = _short.maxother = 60


class PlainDataError(ValueError):
    """Data is not what a type needs; the message begins with the place, `timing.samples_ns[3]`."""


def from_plain(cls: type[T], data: Any, names: Names = _NO_NAMES) -> T:
    """What `to_plain` wrote, as an instance of `cls`. Unknown keys are ignored.

    Args:
        names: what annotations mean that the module of a class imports for type checkers only.

    Raises:
        PlainDataError: a key is missing, or a value is of the wrong type.
    """
    # Made once where nothing depends on the caller: a table of thousands of rows reads one class.
    kind: type = cls
    read = _reader_of(kind) if names is _NO_NAMES else _Reader(names).reader(kind)
    try:
        found: T = read(data, "")
    except RecursionError:
        raise PlainDataError("the data is nested too deeply") from None
    return found


def _within(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _refuse(place: str, expected: str, value: Any) -> typing.NoReturn:
    raise PlainDataError(f"{place or 'the data'}: expected {expected}, got {_short.repr(value)}")


class _Reader:
    """Makes functions that read a type; those of dataclasses once, so that types may contain themselves."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.of_class: dict[type, _Read] = {}

    def reader(self, annotation: Any) -> _Read:
        """What reads values of an annotated type, given a value and its place."""
        if annotation is Any or annotation is object:
            return lambda value, place: value
        if annotation is None or annotation in _BY_TYPE:
            return _scalar(type(None) if annotation is None else annotation)
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self.reader(arguments[0])
        if origin is Literal:
            return _literal(arguments)
        if is_union(annotation):
            return self._union(arguments)
        if isinstance(annotation, type) and not arguments:
            return self._of_type(annotation)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return self._fixed(arguments)
        if origin in (tuple, list, frozenset, set, abc.Sequence, abc.Set):
            return self._sequence(tuple if origin is abc.Sequence else origin, arguments[0])
        if origin in (dict, abc.Mapping) and arguments[0] in (str, int):
            return self._mapping(*arguments)
        raise TypeError(f"{annotation!r} has no plain form")

    def _of_type(self, cls: type) -> _Read:
        if dataclasses.is_dataclass(cls):
            if cls not in self.of_class:
                made: list[_Read] = []
                self.of_class[cls] = lambda value, place: made[0](value, place)
                made.append(self._dataclass(cls))
            return self.of_class[cls]
        if issubclass(cls, Enum):
            by_value = {member.value: member for member in cls}
            read = _literal(tuple(by_value))
            return lambda value, place: by_value[read(value, place)]
        if issubclass(cls, Path):
            text = _scalar(str)
            return lambda value, place: cls(text(value, place))
        raise TypeError(f"{cls!r} has no plain form")

    def _dataclass(self, cls: type) -> _Read:
        hints = type_hints(cls, cls.__module__, self.names)
        readers = {
            field.name: (self.reader(hints[field.name]), has_default(field))
            for field in written_fields(cls)
            if field.init
        }

        def read(value: Any, place: str) -> Any:
            if not isinstance(value, Mapping):
                _refuse(place, "an object", value)
            found = {}
            for name, (of_field, is_optional) in readers.items():
                if name in value:
                    found[name] = of_field(value[name], _within(place, name))
                elif not is_optional:
                    raise PlainDataError(f"{_within(place, name)}: is missing")
            try:
                return cls(**found)
            except PlainDataError:
                raise
            except ValueError as error:
                raise PlainDataError(f"{place or 'the data'}: {error}") from error

        return read

    def _fixed(self, arguments: tuple[Any, ...]) -> _Read:
        # tuple[()] has no arguments in some versions, and an empty tuple for its only one in others.
        readers = [self.reader(argument) for argument in arguments if argument != ()]

        def read(value: Any, place: str) -> Any:
            if not isinstance(value, list | tuple) or len(value) != len(readers):
                _refuse(place, f"a list of {len(readers)}", value)
            return tuple(
                of_item(item, f"{place}[{index}]")
                for index, (of_item, item) in enumerate(zip(readers, value, strict=True))
            )

        return read

    def _sequence(self, origin: Any, argument: Any) -> _Read:
        of_item = self.reader(argument)
        make: Callable[[Iterable[Any]], Any] = frozenset if origin is abc.Set else origin

        def read(value: Any, place: str) -> Any:
            if not isinstance(value, list | tuple):
                _refuse(place, "a list", value)
            # Samples are many: they are looked at one by one only if something is wrong.
            if (
                argument is int
                and set(map(type, value)) <= {int}
                and all(map(_is_bounded, _ends(value)))
            ):
                return make(value)
            return make([of_item(item, f"{place}[{index}]") for index, item in enumerate(value)])

        return read

    def _mapping(self, of_key: type, argument: Any) -> _Read:
        of_item = self.reader(argument)

        def read_key(key: Any, place: str) -> Any:
            if of_key is str:
                return str(key) if is_key(key) else _refuse(place, "a text as key", key)
            try:
                return int(key)
            except ValueError:
                _refuse(place, "an integer as key", key)

        def read(value: Any, place: str) -> Any:
            if not isinstance(value, Mapping):
                _refuse(place, "an object", value)
            return {
                read_key(key, place): of_item(item, f"{place}[{key!r}]")
                for key, item in value.items()
            }

        return read

    def _union(self, arguments: tuple[Any, ...]) -> _Read:
        """The member whose own type it is; else one that reads it, an int as a float for example."""
        classes = [item for item in arguments if dataclasses.is_dataclass(item)]
        others = [item for item in arguments if item not in classes]
        readers = [(item, self.reader(item)) for item in others]
        of_class = self._one_of(typing.cast("list[type]", classes)) if classes else None

        @cache
        def by_type(kind: type) -> list[tuple[Any, _Read]]:
            return sorted(readers, key=lambda pair: pair[0] is not kind)

        has_none = type(None) in others

        def read(value: Any, place: str) -> Any:
            if value is None and has_none:
                return None
            if of_class is not None and isinstance(value, Mapping):
                return of_class(value, place)
            problems = {}
            kind: type = type(value)
            for item, of_item in by_type(kind):
                try:
                    return of_item(value, place)
                except PlainDataError as error:
                    problems[item] = error
            wanted = [item for item in others if item is not type(None)]
            if value is not None and len(wanted) == 1 and len(arguments) == 2 == len(others):
                # Optional: what is wrong with the value itself, which may lie deep in it.
                raise problems[wanted[0]]
            _refuse(place, " or ".join(map(_title, arguments)), value)

        return read

    def _one_of(self, classes: list[type]) -> _Read:
        readers = {cls: self.reader(cls) for cls in classes}
        kinds = {kind: cls for cls in classes for kind in self._kinds(cls)}
        keys = {cls: _keys(cls) for cls in classes}
        if not kinds and len(set(keys.values())) < len(classes):
            raise TypeError(f"{', '.join(map(_title, classes))} have the same keys and no `kind`")

        def read(value: Any, place: str) -> Any:
            if len(classes) == 1:
                return readers[classes[0]](value, place)
            if kinds:
                kind = value.get("kind")
                if not isinstance(kind, str) or kind not in kinds:
                    _refuse(_within(place, "kind"), " or ".join(map(repr, kinds)), kind)
                return readers[kinds[kind]](value, place)
            found = frozenset(value)
            return readers[min(classes, key=lambda cls: len(keys[cls] ^ found))](value, place)

        return read

    def _kinds(self, cls: type) -> tuple[Any, ...]:
        hint = type_hints(cls, cls.__module__, self.names).get("kind")
        return typing.get_args(hint) if typing.get_origin(hint) is Literal else ()


def _keys(cls: type) -> frozenset[str]:
    return frozenset((*(field.name for field in written_fields(cls)), *derived_names(cls)))


def _scalar(kind: type) -> _Read:
    expected, accepted = _BY_TYPE[kind]

    def read(value: Any, place: str) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            _refuse(place, expected, value)
        number: Any = value
        if kind is int and not _is_bounded(number):
            _refuse(place, "an integer below 2**128", value)
        if kind is not float:
            return value
        try:
            number = float(number)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            _refuse(place, expected, value)
        return number

    return read


def _is_bounded(value: int) -> bool:
    return -_INTEGERS_BELOW < value < _INTEGERS_BELOW


def _ends(values: abc.Sequence[int]) -> tuple[int, ...]:
    return (min(values), max(values)) if values else ()


def _literal(allowed: tuple[Any, ...]) -> _Read:
    def read(value: Any, place: str) -> Any:
        for item in allowed:
            # 1 is not True here.
            if type(item) is type(value) and item == value:
                return item
        _refuse(place, " or ".join(map(repr, allowed)), value)

    return read


@cache
def _reader_of(cls: type) -> _Read:
    return _Reader(_NO_NAMES).reader(cls)


def _title(annotation: Any) -> str:
    if annotation in _BY_TYPE:
        return _BY_TYPE[annotation][0]
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
