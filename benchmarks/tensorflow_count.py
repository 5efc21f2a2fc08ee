"""Print the FLOPs of MobileNet V2 as TensorFlow's own profiler counts them, for `static_count.py`.

The usual recipe: trace the Keras model for a batch of 1 and profile the graph.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf


def main() -> None:
    model = tf.keras.applications.MobileNetV2(weights=None)
    image = tf.TensorSpec((1, 224, 224, 3), tf.float32)
    graph = tf.function(model).get_concrete_function(image).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    result = profiler.profile(graph=graph, options=options.with_empty_output().build())
    print(f"{result.total_float_ops:,} FLOPs")


if __name__ == "__main__":
    main()
