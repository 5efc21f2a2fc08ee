"""Calls TensorFlow's converter. The only file that uses TensorFlow to convert."""

import math
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from tflops_native.errors import ConversionError, TflopsError
from tflops_native.model.sources.conversion import CALIBRATED, ConversionOptions, KerasLayer
from tflops_native.progress import Progress

_RANDOM_SAMPLES = 8
_OPEN_LENGTH = 32  # of random samples: more than most windows, less than most limits
_LONGEST_TEXT = 300  # characters of the converter's own words
_OLDEST = (2, 16)
# A line of the compiler in it: "file:1:2: error: loc(...): what is wrong".
_COMPILER_ERROR = re.compile(r"error: (.+)")

# What the converter says, in lower case -> what helps.
_ADVICE = (
    (
        ("select tf ops", "tf select", "flex op"),
        "it has operators that TensorFlow Lite lacks: set up a TFLiteConverter with "
        "tf.lite.OpsSet.SELECT_TF_OPS in Python, and pass that",
    ),
    (
        ("no model config",),
        "it holds weights only: save the whole model, model.save('model.keras')",
    ),
    (("tensorlist",), "build its recurrent layers with unroll=True, or fix the batch size"),
    (
        ("unknown layer", "could not locate", "custom_object", "deserialize", "unknown object"),
        "load it in Python, where its classes are known, and pass the model: tflops_native.report(model)",
    ),
    (
        ("lambda", "safe_mode"),
        "load it in Python with safe_mode=False if you trust it, and pass the model",
    ),
    (
        ("overflowed", "zero or negative"),
        "its inputs have open lengths: give samples of a size that it takes with --representative",
    ),
    (("signature",), "save it with tf.saved_model.save(module, folder, signatures=...)"),
    (
        ("dynamic", "unknown rank", "static shape"),
        "fix the shapes of its inputs, the batch size too",
    ),
)


Layers = tuple[KerasLayer, ...]


def convert_stored(
    path: str, kind: str, options: ConversionOptions, progress: Progress
) -> tuple[bytes, Layers]:
    """Convert a Keras file or the folder of a SavedModel; also the layers of the Keras model.

    Raises:
        ConversionError: what the loader or the converter says, and what may help.
    """
    name = Path(path).name
    progress("TensorFlow", 0.0)
    with _explained(repr(path)):
        import tensorflow as tf

        _check_version(tf)
        progress(f"load {name}", 0.2)
        layers: Layers = ()
        if kind == "SavedModel":
            converter = tf.lite.TFLiteConverter.from_saved_model(path)
        else:
            model = tf.keras.models.load_model(path, compile=False)
            layers = tuple(_keras_layers(model))
            converter = tf.lite.TFLiteConverter.from_keras_model(model)
        progress(f"convert {name}", 0.4)
        return _converted(tf, converter, options), layers


def convert_object(
    tf: Any, given: Any, kind: str, name: str, options: ConversionOptions
) -> tuple[bytes, Layers]:
    """Convert what lives in this process; also the layers of a Keras model.

    Args:
        tf: the module that the object is of.
        kind: as `Conversion.kind`.
        name: of the object, for messages.

    Raises:
        ConversionError: as `convert_stored`.
    """
    with _explained(name):
        _check_version(tf)
        if kind == "converter":
            return bytes(given.convert()), ()
        if kind == "module":
            with tempfile.TemporaryDirectory() as folder:
                tf.saved_model.save(given, folder, signatures=_signatures(given))
                return _converted(tf, tf.lite.TFLiteConverter.from_saved_model(folder), options), ()
        make = tf.lite.TFLiteConverter
        if kind == "Keras":
            return _converted(tf, make.from_keras_model(given), options), tuple(
                _keras_layers(given)
            )
        get: Any = getattr(given, "get_concrete_function", None)
        concrete = given if get is None else get()
        return _converted(tf, make.from_concrete_functions([concrete]), options), ()


def _keras_layers(model: Any, above: str = "") -> Iterator[KerasLayer]:
    """The layers that hold no others, in the order of the model."""
    for layer in model.layers:
        path = above + str(layer.name)
        if getattr(layer, "layers", None):
            yield from _keras_layers(layer, f"{path}/")
        else:
            yield KerasLayer(
                path=path,
                class_name=type(layer).__name__,
                parameters=int(layer.count_params()) if layer.built else 0,
            )


def _signatures(module: Any) -> Any:
    """Those that it was loaded with, else its functions of which the inputs are known."""
    if getattr(module, "signatures", None):
        return module.signatures
    found = {}
    for name in {**dict.fromkeys(dir(type(module))), **vars(module)}:
        function: Any = getattr(module, name, None)
        if not name.startswith("_") and getattr(function, "input_signature", None) is not None:
            found[name] = function.get_concrete_function()
    return found or None


def _converted(tf: Any, converter: Any, options: ConversionOptions) -> bytes:
    optimize = [tf.lite.Optimize.DEFAULT]
    if options.quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if options.quantize in CALIBRATED:
        # How its inputs are called and shaped, only the converted model says.
        samples = _samples(bytes(converter.convert()), options.representative)
        converter.representative_dataset = samples
        operators = tf.lite.OpsSet
        if options.quantize == "int8":
            converter.target_spec.supported_ops = [operators.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        else:
            converter.target_spec.supported_ops = [
                operators.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
            ]
    if options.quantize != "none":
        converter.optimizations = optimize
    return bytes(converter.convert())


def _samples(model: bytes, file: str | None) -> Callable[[], Iterator[dict[str, Any]]]:
    """What the converter asks for samples: inputs by name, one sample at a time."""
    import numpy as np
    import tensorflow as tf

    runner = tf.lite.Interpreter(model_content=model).get_signature_runner()
    # Open lengths are -1.
    inputs = {
        name: ([int(length) for length in detail["shape_signature"]], detail["dtype"])
        for name, detail in runner.get_input_details().items()
    }
    if file is None:
        drawn = np.random.default_rng(0)

        def random() -> Iterator[dict[str, Any]]:
            for _ in range(_RANDOM_SAMPLES):
                yield {
                    name: drawn.standard_normal(_random_shape(shape)).astype(dtype)
                    if np.issubdtype(dtype, np.floating)
                    else drawn.integers(0, 2, _random_shape(shape)).astype(dtype)
                    for name, (shape, dtype) in inputs.items()
                }

        return random
    arrays = _arrays(file, inputs)

    def given() -> Iterator[dict[str, Any]]:
        for index in range(min(len(array) for array in arrays.values())):
            yield {
                name: arrays[name][index].reshape(_sample_shape(arrays[name], shape)).astype(dtype)
                for name, (shape, dtype) in inputs.items()
            }

    return given


def _random_shape(shape: list[int]) -> list[int]:
    """One sample; other lengths that the model leaves open are such as most models take."""
    return [
        length if length >= 0 else 1 if axis == 0 else _OPEN_LENGTH
        for axis, length in enumerate(shape)
    ]


def _sample_shape(array: Any, shape: list[int]) -> list[int] | None:
    """That of the samples of an array, for an input of this shape; None where they do not fit.

    Samples have the input's dimensions, or all but the first, which is that of a batch of one. Where the
    input leaves no length open, their number of elements alone counts.
    """
    own = list(array.shape[1:])
    if len(own) == len(shape) - 1:
        own = [1, *own]
    pairs = zip(own, shape, strict=False)
    if len(own) == len(shape) and all(given == length or length < 0 for given, length in pairs):
        return own
    fixed = _random_shape(shape)
    is_open = any(length < 0 for length in shape[1:])
    return None if is_open or math.prod(own) != math.prod(fixed) else fixed


def _arrays(file: str, inputs: dict[str, tuple[list[int], Any]]) -> dict[str, Any]:
    """An array for each input, its first dimension that of the samples."""
    import numpy as np

    try:
        loaded = np.load(file, allow_pickle=False)
        arrays = dict(loaded.items()) if hasattr(loaded, "items") else {"": loaded}
    except (OSError, ValueError) as error:
        raise ConversionError(f"cannot read representative data from {file!r}: {error}") from error
    if len(inputs) == len(arrays) == 1:
        arrays = {name: array for name in inputs for array in arrays.values()}
    if set(arrays) != set(inputs):
        raise ConversionError(
            f"{file!r} has arrays {', '.join(sorted(arrays))}; "
            f"the model's inputs are {', '.join(sorted(inputs))}"
        )
    for name, (shape, _) in inputs.items():
        array = arrays[name]
        if not array.size or array.ndim == 0 or _sample_shape(array, shape) is None:
            one, *others = ["?" if length < 0 else str(length) for length in shape] or [""]
            wanted = ", ".join(["1" if one == "?" else one, *others])
            raise ConversionError(
                f"{file!r}: array {name!r} of shape {array.shape} does not hold samples of shape ({wanted})"
            )
    return arrays


def _check_version(tf: Any) -> None:
    numbers = tuple(int(number) for number in tf.__version__.split(".")[:2])
    if numbers < _OLDEST:
        raise ConversionError(
            f"TensorFlow {tf.__version__} is too old to convert with: 2.16 or newer is needed "
            "(pip install --upgrade tensorflow)"
        )


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """What TensorFlow raises, as one line with what may help; without what it prints and warns of."""
    try:
        with redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TflopsError:
        raise
    # Anything: loaders of models run code of models.
    except Exception as error:
        words = _in_one_line(error)
        advice = next(
            (advice for marks, advice in _ADVICE if any(mark in words.lower() for mark in marks)),
            None,
        )
        raise ConversionError(
            f"{name} cannot be converted: {words}" + (f"; {advice}" if advice else "")
        ) from error


def _in_one_line(error: Exception) -> str:
    """What an error says, without traces of the stack and places in the graph."""
    found = _COMPILER_ERROR.search(str(error))
    text = " ".join(str(error).split()) if found is None else found[1].rpartition("): ")[2]
    text = text or type(error).__name__
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
