"""Models as objects of this process: Keras models, functions, modules and converters of TensorFlow."""

from importlib import import_module
from typing import Any

from tflops_native.errors import ModelFormatError
from tflops_native.model.sources.conversion import Conversion, ConversionOptions
from tflops_native.model.sources.converter import convert_object

# A class that an object may be of, by module and name -> what kind of object it is; in this order, for
# a Keras model is a module too. Nothing is imported to find out.
_CLASSES = (
    (("keras",), ("Model", "Sequential", "Functional"), "Keras"),
    (("tensorflow", "tf_keras"), ("TFLiteConverterBase", "TFLiteConverterBaseV2"), "converter"),
    (("tf_keras", "tensorflow"), ("Model",), "Keras"),
    (
        ("tensorflow",),
        ("ConcreteFunction", "PolymorphicFunction", "Function", "GenericFunction"),
        "function",
    ),
    (("tensorflow",), ("Module", "AutoTrackable", "Trackable"), "module"),
)


def kind_of(given: Any) -> str | None:
    """What kind of object of TensorFlow it is, as `Conversion.kind`; None if it is none."""
    bases = [(base.__module__.split(".")[0], base.__name__) for base in type(given).__mro__]
    for packages, names, kind in _CLASSES:
        if any(package in packages and name in names for package, name in bases):
            return kind
    return None


def convert_given(given: Any, options: ConversionOptions) -> tuple[bytes, Conversion]:
    """The model that an object of TensorFlow becomes, and how.

    Raises:
        ModelFormatError: it is not such an object.
        ConversionError: it cannot be converted.
    """
    kind = kind_of(given)
    if kind is None:
        raise ModelFormatError(
            f"a model is a path, bytes or an object of TensorFlow, not {type(given).__name__}"
        )
    # It is imported already, but for a Keras model of another backend.
    tf = import_module("tensorflow")
    name = _name(given)
    data, layers = convert_object(tf, given, kind, name, options)
    conversion = Conversion(
        source=name,
        kind=kind,
        quantization=None if kind == "converter" else options.quantize,
        calibration=None if kind == "converter" else options.calibration,
        tensorflow=str(tf.__version__),
        layers=layers,
    )
    return data, conversion


def _name(given: Any) -> str:
    """What a person would call it."""
    for attribute in ("name", "__name__"):
        name = getattr(given, attribute, None)
        if isinstance(name, str) and name:
            return name
    return type(given).__name__
