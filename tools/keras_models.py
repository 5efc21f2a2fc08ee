"""Seeded Keras models and their conversion to TensorFlow Lite.

Owns what `make_examples.py` and `make_test_models.py` share: the small models that are written
out by hand, the export to a SavedModel and the four conversions. No weights are downloaded: all
are drawn from one seed, so that the same versions of TensorFlow and Keras write the same bytes.

Needs the package `tensorflow`; nothing of `tflops_native` is used.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO

# Read once, while TensorFlow loads. Level 0 because the converter logs its own arithmetic
# estimate at INFO; `convert` keeps that log off the terminal.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

SEED = 20240229

Shape = tuple[int | None, ...]


class Conversion(StrEnum):
    """How the weights and the arithmetic of a model are stored."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    """float16 weights, dequantized when the model is loaded; float32 arithmetic."""
    DYNAMIC = "dynamic"
    """Dynamic range: int8 weights; activations are quantized while running."""
    INT8 = "int8"
    """int8 weights, activations, inputs and outputs."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One Keras model, and the shapes it is exported and calibrated with.

    `input_shape` is what the file promises (None: any size); `sample_shape` has every dimension
    set and is one valid input.
    """

    name: str
    build: Callable[[], keras.Model]
    input_shape: Shape
    sample_shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted model (the bytes of a `.tflite` file) and what the converter logged."""

    data: bytes
    log: str


def build(recipe: Recipe) -> keras.Model:
    """Build the model with seeded weights and names that do not depend on earlier models."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(SEED)
    model = recipe.build()
    _perturb_constant_weights(model)
    return model


def export_saved_model(model: keras.Model, shape: Shape, directory: Path) -> None:
    """Write `model`, traced for one float32 input of `shape`, as a SavedModel.

    The converter is fed from a SavedModel because a concrete function would leave uninitialized
    variables in the file.
    """
    signature = [tf.TensorSpec(shape, tf.float32, name="input")]
    model.export(str(directory), format="tf_saved_model", verbose=False, input_signature=signature)


def convert(
    saved_model: Path,
    conversion: Conversion,
    sample_shape: tuple[int, ...],
    *,
    float_fallback: bool = False,
) -> Converted:
    """Convert a SavedModel with one float32 input.

    INT8 is calibrated with one sample of `sample_shape`, uniform in [0, 1). `float_fallback` lets
    it keep operators that have no int8 kernel in float32.

    Raises whatever the converter raises, after writing its log to standard error.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    if conversion is not Conversion.FLOAT32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if conversion is Conversion.FLOAT16:
        converter.target_spec.supported_types = [tf.float16]
    if conversion is Conversion.INT8:
        operators = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        if float_fallback:
            operators.append(tf.lite.OpsSet.TFLITE_BUILTINS)
        sample = np.random.default_rng(SEED).random(sample_shape, dtype=np.float32)
        converter.representative_dataset = lambda: [[sample]]
        converter.target_spec.supported_ops = operators
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        try:
            with _standard_error_to(log):
                data = bytes(converter.convert())
        except Exception:
            log.seek(0)
            sys.stderr.write(log.read())
            raise
        log.seek(0)
        return Converted(data, log.read())


def convert_recipe(recipe: Recipe, conversion: Conversion) -> bytes:
    """Build, export and convert in one go; the bytes of a `.tflite` file."""
    with tempfile.TemporaryDirectory() as directory:
        export_saved_model(build(recipe), recipe.input_shape, Path(directory))
        return convert(Path(directory), conversion, recipe.sample_shape).data


def attention_encoder(name: str, batch: int | None, length: int | None) -> Recipe:
    """One transformer encoder block of width 64, with 4 heads and a GELU feed-forward of 256."""
    width = 64

    def build_encoder() -> keras.Model:
        tokens = keras.Input(batch_shape=(batch, length, width))
        attended = keras.layers.MultiHeadAttention(num_heads=4, key_dim=16)(tokens, tokens)
        hidden = keras.layers.LayerNormalization()(tokens + attended)
        expanded = keras.layers.Dense(4 * width, activation="gelu")(hidden)
        projected = keras.layers.Dense(width)(expanded)
        output = keras.layers.LayerNormalization()(hidden + projected)
        return keras.Model(tokens, output, name="attention_encoder")

    return Recipe(name, build_encoder, (batch, length, width), (batch or 1, length or 32, width))


def single_convolution(name: str, batch: int | None, side: int | None) -> Recipe:
    """Exactly one 3x3 convolution of one channel to 32, without padding, with ReLU."""

    def build_convolution() -> keras.Model:
        image = keras.Input(batch_shape=(batch, side, side, 1))
        output = keras.layers.Conv2D(32, 3, padding="valid", activation="relu")(image)
        return keras.Model(image, output, name="single_convolution")

    return Recipe(name, build_convolution, (batch, side, side, 1), (1, side or 28, side or 28, 1))


def unrolled_lstm(name: str) -> Recipe:
    """One LSTM of 24 units over 12 steps of 16 features, unrolled, then 10 classes."""

    def build_lstm() -> keras.Model:
        steps = keras.Input(batch_shape=(1, 12, 16))
        last = keras.layers.LSTM(24, unroll=True)(steps)
        output = keras.layers.Dense(10, activation="softmax")(last)
        return keras.Model(steps, output, name="unrolled_lstm")

    return Recipe(name, build_lstm, (1, 12, 16), (1, 12, 16))


def image_classifier(name: str, constructor: str, side: int, **arguments: float) -> Recipe:
    """One model of `keras.applications` for `side` x `side` RGB images and 1000 classes.

    The batch size is left open, which is what Keras exports by default.
    """

    def build_classifier() -> keras.Model:
        construct = getattr(keras.applications, constructor)
        return construct(weights=None, input_shape=(side, side, 3), **arguments)

    return Recipe(name, build_classifier, (None, side, side, 3), (1, side, side, 3))


def _perturb_constant_weights(model: keras.Model) -> None:
    """Move weights that start as all zeros or all ones off these values, as training would.

    The converter drops an addition of zeros; a trained model keeps its biases.
    """
    generator = np.random.default_rng(SEED)
    for weight in model.weights:
        values = weight.numpy()
        if np.issubdtype(values.dtype, np.floating) and np.ptp(values) == 0:
            weight.assign(values + generator.uniform(-0.1, 0.1, values.shape))


@contextmanager
def _standard_error_to(log: IO[str]) -> Iterator[None]:
    """Send file descriptor 2 to `log`: the converter is C++ and knows no `sys.stderr`."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        os.dup2(log.fileno(), 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
