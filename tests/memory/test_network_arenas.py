"""Planned arenas of networks that are built here against the runtime's, in all forms of the converter."""

import numpy as np
import pytest

from later import later
from memory_referee import allocated, differences, planned
from tflops_native.model.reader import load

keras, tf = later("keras"), later("tensorflow")

pytestmark = [pytest.mark.families, pytest.mark.filterwarnings("ignore")]
LENGTH, WIDTH, HEADS, HIDDEN = 16, 64, 4, 172


def squeeze_net():
    """SqueezeNet 1.1 (Iandola et al., 2016)."""
    layers = keras.layers

    def fire(x, squeezed, expanded):
        x = layers.Conv2D(squeezed, 1, activation="relu")(x)
        sides = [
            layers.Conv2D(expanded, size, padding="same", activation="relu")(x) for size in (1, 3)
        ]
        return layers.Concatenate()(sides)

    image = keras.Input((224, 224, 3), batch_size=1)
    x = layers.Conv2D(64, 3, strides=2, activation="relu")(image)
    for widths in (((16, 64),) * 2, ((32, 128),) * 2, ((48, 192),) * 2 + ((64, 256),) * 2):
        x = layers.MaxPooling2D(3, strides=2)(x)
        for squeezed, expanded in widths:
            x = fire(x, squeezed, expanded)
    x = layers.Conv2D(1000, 1, activation="relu")(x)
    return keras.Model(image, layers.Softmax()(layers.GlobalAveragePooling2D()(x)))


def llama_block():
    class LlamaBlock(tf.Module):
        """One block of a decoder: RMS norms, rotary positions, causal attention, a gated network."""

        def __init__(self):
            generator = np.random.default_rng(0)
            shapes = {"q": WIDTH, "k": WIDTH, "v": WIDTH, "o": WIDTH, "gate": HIDDEN, "up": HIDDEN}
            self.weights = {
                name: tf.constant(generator.normal(size=(WIDTH, units)), tf.float32)
                for name, units in shapes.items()
            }
            self.down = tf.constant(generator.normal(size=(HIDDEN, WIDTH)), tf.float32)
            angles = np.outer(
                np.arange(LENGTH), 10_000.0 ** -np.linspace(0, 1, WIDTH // HEADS // 2)
            )
            self.cos, self.sin = (
                tf.constant(np.cos(angles), tf.float32),
                tf.constant(np.sin(angles), tf.float32),
            )
            self.mask = tf.constant(np.triu(np.full((LENGTH, LENGTH), -1e9), 1), tf.float32)

        def norm(self, x):
            return x * tf.math.rsqrt(tf.reduce_mean(x * x, -1, keepdims=True) + 1e-6)

        def heads(self, x, name):
            split = tf.reshape(x @ self.weights[name], [LENGTH, HEADS, WIDTH // HEADS])
            return tf.transpose(split, [1, 0, 2])

        def rotated(self, x):
            left, right = tf.split(x, 2, axis=-1)
            return tf.concat(
                [left * self.cos - right * self.sin, left * self.sin + right * self.cos], -1
            )

        @tf.function(input_signature=[tf.TensorSpec([LENGTH, WIDTH], tf.float32)])
        def block(self, x):
            y = self.norm(x)
            q, k = (self.rotated(self.heads(y, name)) for name in "qk")
            scores = tf.matmul(q, k, transpose_b=True) / (WIDTH // HEADS) ** 0.5 + self.mask
            joined = tf.transpose(tf.nn.softmax(scores) @ self.heads(y, "v"), [1, 0, 2])
            x += tf.reshape(joined, [LENGTH, WIDTH]) @ self.weights["o"]
            y = self.norm(x)
            return x + (tf.nn.silu(y @ self.weights["gate"]) * (y @ self.weights["up"])) @ self.down

    return LlamaBlock()


def converter_of(name):
    """The converter, and what must stay alive with it."""
    if name == "squeeze_net":
        return tf.lite.TFLiteConverter.from_keras_model(squeeze_net()), (1, 224, 224, 3)
    block = llama_block()
    traced = block.block.get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([traced], block), (LENGTH, WIDTH)


@pytest.mark.parametrize("form", ["float32", "float16", "dynamic", "int8"])
@pytest.mark.parametrize("name", ["squeeze_net", "llama_block"])
def test_the_arena_is_the_runtimes(name, form):
    converter, shape = converter_of(name)
    if form != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form == "int8":
        generator = np.random.default_rng(0)
        data = [[generator.normal(size=shape).astype(np.float32)] for _ in range(2)]
        converter.representative_dataset = lambda: iter(data)
    model = converter.convert()
    plan = planned(model)
    arrays = [np.zeros(shape, np.float32)] if plan.has_dynamic else None
    assert differences(plan, allocated(model, arrays=arrays)) == []
    assert plan.arena_bytes > 0
    assert len(load(model).subgraphs[0].operators) > 20
