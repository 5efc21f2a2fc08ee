"""Measures with TensorFlow's interpreter and writes what a test looks at; a process of its own, because
TensorFlow and other packages register the same protocol buffers."""

import json
import sys
import warnings

import tensorflow as tf

import tflops_native
from tflops_native.profile import profiling
from tflops_native.timing import warm_up

warm_up.SECONDS_LIMIT = 0.001
profiling.SECONDS_LIMIT = 1e-9
profiling.ROUNDS_IN_ANY_CASE = 2


def select_tf_model():
    """Running products, which only TensorFlow itself knows."""
    function = tf.function(
        lambda x: tf.math.cumprod(x, axis=1), input_signature=[tf.TensorSpec([1, 4], tf.float32)]
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
    converter.target_spec.supported_ops = [
        tf.lite.OpsSet.TFLITE_BUILTINS,
        tf.lite.OpsSet.SELECT_TF_OPS,
    ]
    return converter.convert()


def is_run_by_tensorflow(model):
    """Some packages of TensorFlow lack the Flex delegate: 2.21 for Linux does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(model_content=model)
    try:
        interpreter.allocate_tensors()
    except RuntimeError:
        return False
    return True


def refusal(model, **options):
    try:
        tflops_native.measure(model, runtime="tensorflow", runs=2, **options)
    except tflops_native.TflopsError as error:
        return str(error)
    return None


def main(fixed, dynamic):
    model = select_tf_model()
    facts = {
        "version": tf.__version__,
        "kernels": {},
        "select_tf": {
            "operators": [o.name for o in tflops_native.load(model).subgraphs[0].operators],
            "is_run": is_run_by_tensorflow(model),
            "refusal": refusal(model),
        },
        "delegate": refusal(fixed, delegate="libx.so"),
    }
    for kernels in ("xnnpack", "builtin", "reference"):
        timing = tflops_native.measure(
            dynamic, runtime="tensorflow", kernels=kernels, runs=2, input_shapes={"": (1, 9, 9, 1)}
        )
        facts["kernels"][kernels] = timing.to_dict()
    compared = tflops_native.compare(fixed, runtime=["tflite", "tensorflow"], runs=2)
    facts["compared"] = [
        contender.report.timing.runtime.is_native for contender in compared.contenders
    ]
    litert = tflops_native.measure(fixed, runtime="litert", runs=2)
    facts["litert_operators"] = [operator.index for operator in litert.profile.operators]
    json.dump(facts, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
