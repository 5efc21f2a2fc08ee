"""A TensorFlow Lite model as a FlatBuffer of its own."""

from tflops_native.model.sources.kind import Given, Kind, Part

IDENTIFIER = b"TFL3"


def _recognizes(given: Given) -> bool:
    return given.data[4:8] == IDENTIFIER


def _models(given: Given) -> tuple[Part, ...]:
    return (Part("", given.data),)


KIND = Kind(_recognizes, _models, is_model=True)
