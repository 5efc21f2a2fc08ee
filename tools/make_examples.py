"""Write the example models of `examples/`.

    python tools/make_examples.py [--output examples]

The weights are random but seeded: the same versions of TensorFlow and Keras write the same bytes.
Needs the package `tensorflow`.
"""

from pathlib import Path

import click

from keras_models import (
    Conversion,
    Recipe,
    attention_encoder,
    convert_recipe,
    image_classifier,
    single_convolution,
)

MOBILENET = image_classifier("mobilenet_v1_0.25_96", "MobileNet", 96, alpha=0.25)

EXAMPLES: dict[str, tuple[Recipe, Conversion]] = {
    "mobilenet_v1_0.25_96_float32": (MOBILENET, Conversion.FLOAT32),
    "mobilenet_v1_0.25_96_int8": (MOBILENET, Conversion.INT8),
    "attention_encoder_dynamic": (
        attention_encoder("attention_encoder", None, None),
        Conversion.FLOAT32,
    ),
    "single_conv_dynamic": (
        single_convolution("single_conv", None, None),
        Conversion.FLOAT32,
    ),
    "single_conv_28x28": (
        single_convolution("single_conv", 1, 28),
        Conversion.FLOAT32,
    ),
}


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("examples"),
    show_default=True,
    help="Directory that the models are written to.",
)
def main(output: Path) -> None:
    """Write the example models."""
    output.mkdir(parents=True, exist_ok=True)
    for name, (recipe, conversion) in EXAMPLES.items():
        path = output / f"{name}.tflite"
        path.write_bytes(convert_recipe(recipe, conversion))
        click.echo(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
