"""Operators of TensorFlow itself in a model (select TF operators), and which interpreter has them."""

import sys
from importlib import metadata
from importlib.util import find_spec

from tflops_native.model.graph import Model
from tflops_native.runtime.options import TENSORFLOW

# How a runtime says that it has no Flex delegate.
_NO_FLEX = "Select TensorFlow op(s)"
# TensorFlow 2.19 is the last whose wheel links that delegate, and Python 3.12 the last it is made for.
_WITHOUT_FLEX = (2, 20)
_WITHOUT_WHEEL = (3, 13)
_NAMED = 3


def lacks_select_tf(words: str) -> bool:
    """Whether a runtime refuses a model for its select TF operators."""
    return _NO_FLEX in words


def select_tf_words(model: Model) -> str:
    """What the model has that a runtime lacks, and what would run it."""
    names = list(
        dict.fromkeys(
            operator.name
            for subgraph in model.subgraphs
            for operator in subgraph.operators
            if operator.name.startswith("Flex")
        )
    )
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    listed = f": {', '.join(names[:_NAMED])}{more}" if names else ""
    return (
        f"the model has operators of TensorFlow itself (select TF operators{listed}), "
        f"which this runtime does not have: {_advice()}"
    )


def _advice() -> str:
    version = _installed_version()
    if version is not None and _release(version) < _WITHOUT_FLEX:
        return f"TensorFlow {version}, which is installed, runs them: --runtime {TENSORFLOW}"
    python = " in Python 3.12 or older" if sys.version_info >= _WITHOUT_WHEEL else ""
    installed = f" ({version} is installed)" if version is not None else ""
    return (
        f"the interpreter of TensorFlow 2.19 is the last that runs them{installed}: "
        f"pip install 'tensorflow<2.20'{python}, then --runtime {TENSORFLOW}"
    )


def _installed_version() -> str | None:
    if find_spec("tensorflow") is None:
        return None
    try:
        return metadata.version("tensorflow")
    except metadata.PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
