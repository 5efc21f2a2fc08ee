"""Input data for a measurement: drawn at random, zeros, or the user's own."""

from tflops_native.timing.inputs.data import input_data
from tflops_native.timing.inputs.drawn import FILLS
from tflops_native.timing.inputs.given import GivenInput, InputData, read_given
from tflops_native.timing.inputs.index_limits import ShapeOf, index_limits
from tflops_native.timing.inputs.record import InputRecord

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
