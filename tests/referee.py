"""The runtime as referee: which shapes it gives to the outputs of a model, or that it refuses."""

from functools import cache

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native._native import Interpreter, Library
from tflops_native.model.reader import load
from workloads import analyze_model


@cache
def library():
    return Library.linked()


def allocated_shapes(model):
    """Output shapes before anything is run. Raises `InvokeError` if the runtime refuses."""
    interpreter = Interpreter(library(), model, kernels="builtin")
    interpreter.allocate()
    return tuple(output.shape for output in interpreter.outputs)


def invoked_shapes(model, arrays):
    """Output shapes after one run with these inputs. Raises `InvokeError` as above."""
    interpreter = Interpreter(library(), model, kernels="builtin")
    interpreter.allocate()
    for position, array in enumerate(arrays):
        interpreter.set_input(position, np.ascontiguousarray(array))
    interpreter.invoke()
    return tuple(output.shape for output in interpreter.outputs)


def analyzed(model):
    """Our analysis of the only operator. Raises `ShapeError` if its rule refuses."""
    (operator,) = analyze_model(load(model)).operators
    return operator
