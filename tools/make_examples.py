"""Write the example models of `examples/`.

    python tools/make_examples.py [--output examples]

The weights are random but seeded: the same versions of TensorFlow and Keras write the same bytes.
Needs the packages `tensorflow` and `litert-lm-builder`.
"""

import zipfile
from pathlib import Path

import click
from litert_lm_builder import litertlm_builder

from keras_models import (
    Conversion,
    Recipe,
    attention_encoder,
    build,
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

# What the bundles hold.
BUNDLED = ("single_conv_28x28", "single_conv_dynamic")
STORED_AT = (2024, 2, 29, 0, 0, 0)


def write_bundles(folder: Path) -> None:
    """A MediaPipe task and a LiteRT-LM bundle of two models each."""
    with zipfile.ZipFile(folder / "two_models.task", "w") as archive:
        for name in BUNDLED:
            data = (folder / f"{name}.tflite").read_bytes()
            archive.writestr(zipfile.ZipInfo(f"{name}.tflite", STORED_AT), data)
    kinds = litertlm_builder.TfLiteModelType
    bundle = litertlm_builder.LitertLmFileBuilder()
    bundle.add_system_metadata(
        litertlm_builder.Metadata(
            key="Authors", value="tflops_native", dtype=litertlm_builder.DType.STRING
        )
    )
    for name, kind in zip(BUNDLED, (kinds.PREFILL_DECODE, kinds.EMBEDDER), strict=True):
        bundle.add_tflite_model(str(folder / f"{name}.tflite"), kind)
    with (folder / "two_models.litertlm").open("wb") as file:
        bundle.build(file)


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
    build(EXAMPLES["single_conv_dynamic"][0]).save(output / "single_conv.keras")
    write_bundles(output)


if __name__ == "__main__":
    main()
