"""Input data for a measurement: drawn at random, zeros, or the user's own."""

from tflops_native.runtime.inputs.data import input_data
from tflops_native.runtime.inputs.drawn import FILLS
from tflops_native.runtime.inputs.given import GivenInput, InputData, read_given
from tflops_native.runtime.inputs.index_limits import ShapeOf, index_limits
from tflops_native.runtime.inputs.record import InputRecord

__all__ = [
    "FILLS",
    "GivenInput",
    "InputData",
    "InputRecord",
    "ShapeOf",
    "index_limits",
    "input_data",
    "read_given",
]
