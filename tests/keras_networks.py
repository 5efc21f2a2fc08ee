"""Networks of Keras that several files of tests convert."""

# Of the small one: 28·28·8·9 + 6272·10.
MACS = 28 * 28 * 8 * 9 + 28 * 28 * 8 * 10


def small_network():
    """One convolution and one dense layer."""
    import keras

    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1)),
            keras.layers.Conv2D(8, 3, padding="same"),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ],
        name="net",
    )
