"""The JSON Schema of what `plain.to_plain` writes for a class, with the descriptions of its docstring."""

import dataclasses
import inspect
import re
import typing
from collections import abc
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from tflops_native.plain import (
    Names,
    derived_names,
    is_union,
    omits_defaults,
    to_plain,
    type_hints,
    written_fields,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
# "lower, upper   None where there are too few": names at the margin, two blanks or more, and what they are.
_FIELD_LINE = re.compile(r"(?P<names>\w+(?:, \w+)*)  +(?P<text>\S.*)")


def json_schema(cls: type, names: Names | None = None) -> dict[str, Any]:
    """The schema of the data of a dataclass, draft 2020-12, each class under `$defs`.

    All keys that are always written are required; others are allowed, since they are ignored on reading.

    Args:
        names: as for `plain.from_plain`.
    """
    maker = _Maker(names or {})
    reference = maker.schema(cls)
    return {"$schema": DRAFT, **reference, "$defs": dict(sorted(maker.definitions.items()))}


class _Maker:
    def __init__(self, names: Names) -> None:
        self.names = names
        self.definitions: dict[str, Any] = {}
        self.classes: dict[str, type] = {}

    def schema(self, annotation: Any) -> dict[str, Any]:
        """The schema of an annotated type."""
        if annotation is Any or annotation is object:
            return {}
        if annotation is None or annotation in _SCALARS:
            return {"type": _SCALARS[type(None) if annotation is None else annotation]}
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated:
            return self.schema(arguments[0])
        if origin is Literal:
            return {"enum": list(arguments)}
        if is_union(annotation):
            return self._union(arguments)
        if isinstance(annotation, type) and not arguments:
            return self._of_type(annotation)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return {
                "type": "array",
                "prefixItems": [self.schema(item) for item in arguments],
                "items": False,
                "minItems": len(arguments),
            }
        if origin in (frozenset, set, abc.Set):
            return {"type": "array", "items": self.schema(arguments[0]), "uniqueItems": True}
        if origin in (tuple, list, abc.Sequence):
            return {"type": "array", "items": self.schema(arguments[0])}
        if origin in (dict, abc.Mapping):
            return {"type": "object", "additionalProperties": self.schema(arguments[1])}
        raise TypeError(f"{annotation!r} has no plain form")

    def _union(self, arguments: tuple[Any, ...]) -> dict[str, Any]:
        found = [self.schema(item) for item in arguments]
        types = [item["type"] for item in found if set(item) == {"type"}]
        if len(types) == len(found):
            return {"type": types}
        return {"anyOf": found}

    def _of_type(self, cls: type) -> dict[str, Any]:
        if issubclass(cls, Enum):
            return {"enum": [member.value for member in cls]}
        if issubclass(cls, Path):
            return {"type": "string"}
        if not dataclasses.is_dataclass(cls):
            raise TypeError(f"{cls!r} has no plain form")
        name = cls.__name__
        if self.classes.setdefault(name, cls) is not cls:
            raise TypeError(f"{cls!r} and {self.classes[name]!r} have the same name")
        if name not in self.definitions:
            # First the name, so that a class may contain itself.
            self.definitions[name] = {}
            self.definitions[name] = self._object(cls)
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, cls: type) -> dict[str, Any]:
        hints = type_hints(cls, cls.__module__, self.names)
        types = {field.name: hints[field.name] for field in written_fields(cls)}
        for name in derived_names(cls):
            getter = inspect.getattr_static(cls, name).fget
            types[name] = type_hints(getter, getter.__module__, self.names)["return"]
        prose, texts = described(cls)
        summary = " ".join(prose.partition("\n\n")[0].split())
        omitted = _omitted(cls)
        properties = {}
        for name, annotation in types.items():
            found = self.schema(annotation)
            text = texts.get(name) or _property_text(cls, name)
            properties[name] = {**found, "description": text} if text else found
            if name in omitted:
                properties[name] = {**properties[name], "default": omitted[name]}
        return {
            "type": "object",
            **({"description": summary} if summary else {}),
            "properties": properties,
            "required": [name for name in properties if name not in omitted],
        }


def _omitted(cls: type) -> dict[str, Any]:
    """The fields that are left out where they have their default, and that as plain data."""
    if not omits_defaults(cls):
        return {}
    found = {}
    for field in written_fields(cls):
        if field.default_factory is not dataclasses.MISSING:
            found[field.name] = to_plain(field.default_factory())
        elif field.default is not dataclasses.MISSING:
            found[field.name] = to_plain(field.default)
    return found


def _property_text(cls: type, name: str) -> str:
    """The first paragraph of a property's docstring."""
    found = inspect.getattr_static(cls, name, None)
    text = inspect.getdoc(found) if isinstance(found, property) else None
    return " ".join((text or "").partition("\n\n")[0].split())


def described(cls: type) -> tuple[str, dict[str, str]]:
    """A class's docstring without the lines that describe its fields, and what these say of each."""
    document = inspect.getdoc(cls) or ""
    if document.startswith(f"{cls.__name__}("):
        # What `dataclass` writes where there is no docstring.
        return "", {}
    texts: dict[str, str] = {}
    current: list[str] = []
    prose: list[str] = []
    for line in document.splitlines():
        found = _FIELD_LINE.fullmatch(line)
        if found is not None:
            current = found["names"].split(", ")
            texts.update(dict.fromkeys(current, found["text"]))
        elif line.startswith(" ") and current:
            texts.update({name: f"{texts[name]} {line.strip()}" for name in current})
        else:
            current = []
            prose.append(line)
    return "\n".join(prose).strip(), texts
