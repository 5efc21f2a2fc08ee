"""Write the models of `tests/models/control_flow/`: loops and branches as the converter writes them.

    python tools/make_control_flow_models.py [--output tests/models/control_flow]

They are small: weights are kept. Recurrent layers come from a concrete function of a fixed batch, which
leaves the values of their variables out of the file: it can be counted but not run. Those of the model
(`_loop`) have them. Needs the package `tensorflow`.
"""

import lzma
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import keras
import tensorflow as tf

SEED = 0
SIDE = 8
STEPS, FEATURES, UNITS, CLASSES = 12, 16, 24, 10


class Loops(tf.Module):  # type: ignore[misc]
    """Ten turns, turns that an input says, and a branch that an input says; 8x8 matrix products."""

    def _weights(self) -> tf.Tensor:
        return tf.reshape(tf.range(SIDE * SIDE, dtype=tf.float32), [SIDE, SIDE])

    def _product(self, turns: Any, x: tf.Tensor) -> tf.Tensor:
        weights = self._weights()
        return tf.while_loop(
            lambda turn, _: turn < turns,
            lambda turn, y: (turn + 1, tf.matmul(y, weights)),
            [tf.constant(0), x],
        )[1]

    @tf.function(input_signature=[tf.TensorSpec([SIDE, SIDE], tf.float32)])  # type: ignore[untyped-decorator]
    def while_ten_matmuls(self, x: tf.Tensor) -> tf.Tensor:
        return self._product(10, x)

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([SIDE, SIDE], tf.float32), tf.TensorSpec([], tf.int32)]
    )
    def while_n_matmuls(self, x: tf.Tensor, n: tf.Tensor) -> tf.Tensor:
        return self._product(n, x)

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([SIDE, SIDE], tf.float32), tf.TensorSpec([], tf.bool)]
    )
    def if_matmul(self, x: tf.Tensor, condition: tf.Tensor) -> tf.Tensor:
        return tf.cond(condition, lambda: tf.matmul(x, self._weights()), lambda: x + 1.0)


def recurrent(kind: str, *, unroll: bool) -> Any:
    """A Keras recurrent layer and a dense one."""
    keras.utils.set_random_seed(SEED)
    return keras.Sequential(
        [
            keras.Input((STEPS, FEATURES), batch_size=1),
            getattr(keras.layers, kind)(UNITS, unroll=unroll),
            keras.layers.Dense(CLASSES),
        ]
    )


def models() -> dict[str, Callable[[], bytes]]:
    """Model name -> what converts it."""
    loops = Loops()
    made: dict[str, Callable[[], bytes]] = {}
    for name in ("while_ten_matmuls", "while_n_matmuls", "if_matmul"):
        made[name] = partial(_of_function, getattr(loops, name).get_concrete_function(), loops)
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        for form, unroll in (("rolled", False), ("unrolled", True)):
            made[f"keras_{kind.lower()}_{form}"] = partial(_of_call, kind, unroll)
    for kind in ("LSTM", "GRU"):
        made[f"keras_{kind.lower()}_loop"] = partial(_of_model, kind)
    return made


def _of_function(traced: Any, owner: Any) -> bytes:
    """`owner` holds the variables of the function."""
    return tf.lite.TFLiteConverter.from_concrete_functions([traced], owner).convert()  # type: ignore[no-any-return]


def _of_call(kind: str, unroll: bool) -> bytes:
    model = recurrent(kind, unroll=unroll)
    shape = tf.TensorSpec([1, STEPS, FEATURES], tf.float32)
    return _of_function(tf.function(lambda x: model(x)).get_concrete_function(shape), model)


def _of_model(kind: str) -> bytes:
    model = recurrent(kind, unroll=False)
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()  # type: ignore[no-any-return]


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("tests/models/control_flow"),
    show_default=True,
)
def main(output: Path) -> None:
    """Write all models."""
    output.mkdir(parents=True, exist_ok=True)
    for name, make in models().items():
        data = make()
        path = output / f"{name}.tflite.xz"
        path.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
        print(f"{path}: {len(data):,} bytes, {path.stat().st_size:,} compressed")


if __name__ == "__main__":
    main()
