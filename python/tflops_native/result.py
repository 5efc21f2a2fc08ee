"""What all results of the public functions have in common."""

from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from tflops_native.plain import to_plain


@cache
def tool_name() -> str:
    """This package and its version, as the name of a tool."""
    from importlib.metadata import (
        version,  # takes as long as all else that a count imports for a file
    )

    return f"tflops_native {version('tflops-native')}"


class Result:
    """A frozen dataclass that shows itself, and whose `repr` is one line."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: field names are the keys. The model is hashed for it."""
        result: Any = self
        model: Any = getattr(self, "model", None)
        if hasattr(model, "hashed"):
            result = replace(result, model=model.hashed())
        plain: dict[str, Any] = to_plain(result)
        return plain

    def __str__(self) -> str:
        return self._shown("text")

    def _repr_html_(self) -> str:
        return self._shown("notebook")

    def _shown(self, name: str) -> str:
        """By name, because the formats import the results."""
        formats = import_module("tflops_native.formats.showing")
        text: str = formats.shown(self, name)
        return text
