"""Write the models of `tests/models/`: real converter outputs with their weights zeroed.

    python tools/make_test_models.py [--output tests/models] [--only mobilenet_v2 ...]

Every model is converted in four ways, its constants are overwritten with zeros (which no count and
no shape depends on), and the file is compressed with xz: tests read what the converter really
writes, and need neither TensorFlow nor a download. Each file is checked to run before it is kept.

Needs the packages `tensorflow` and `ai-edge-litert`.
"""

import json
import lzma
import re
import tempfile
from collections import defaultdict
from pathlib import Path

import click
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from keras_models import (
    SEED,
    Conversion,
    Converted,
    Recipe,
    attention_encoder,
    build,
    convert,
    export_saved_model,
    image_classifier,
    unrolled_lstm,
)

RECIPES = (
    attention_encoder("attention_encoder", 1, 32),
    attention_encoder("attention_encoder_dynamic", None, None),
    unrolled_lstm("lstm_unrolled"),
    image_classifier("mobilenet_v1", "MobileNet", 224),
    image_classifier("mobilenet_v2", "MobileNetV2", 224),
    image_classifier("mobilenet_v3_small", "MobileNetV3Small", 224),
    image_classifier("mobilenet_v3_large", "MobileNetV3Large", 224),
    image_classifier("efficientnet_v2_b0", "EfficientNetV2B0", 224),
    image_classifier("resnet50", "ResNet50", 224),
    image_classifier("inception_v3", "InceptionV3", 299),
    image_classifier("densenet121", "DenseNet121", 224),
)

SMALLEST_ZEROED_BYTES = 256
SMALLEST_FLATTENED_SCALES = 16
FLATTENED_SCALE = 0.0078125

WEIGHT_TYPES = {
    schema.TensorType.FLOAT32,
    schema.TensorType.FLOAT16,
    schema.TensorType.INT4,
    schema.TensorType.INT8,
    schema.TensorType.UINT8,
    schema.TensorType.INT16,
}
OPERATORS_WITH_BIAS = {
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
}
BIAS_INPUT = 2

ESTIMATE = re.compile(r"Estimated count of arithmetic ops: .*MACs")


def zero_weights(data: bytes) -> bytes:
    """Overwrite large constants with zeros and long scale vectors with one value, in place.

    Integer constants of 32 and 64 bits may be shapes, axes or indices: they are kept, unless they
    are only used as biases.
    """
    zeroed = bytearray(data)
    model = schema.Model.GetRootAs(zeroed)
    zeroable: dict[int, bool] = defaultdict(lambda: True)
    for subgraph in map(model.Subgraphs, range(model.SubgraphsLength())):
        biases = _tensors_used_only_as_bias(model, subgraph)
        for index in range(subgraph.TensorsLength()):
            tensor = subgraph.Tensors(index)
            zeroable[tensor.Buffer()] &= tensor.Type() in WEIGHT_TYPES or index in biases
            quantization = tensor.Quantization()
            if quantization and quantization.ScaleLength() >= SMALLEST_FLATTENED_SCALES:
                quantization.ScaleAsNumpy()[:] = FLATTENED_SCALE
    for index, allowed in zeroable.items():
        buffer = model.Buffers(index)
        if allowed and buffer.DataLength() >= SMALLEST_ZEROED_BYTES:
            buffer.DataAsNumpy()[:] = 0
    return bytes(zeroed)


def _tensors_used_only_as_bias(model: schema.Model, subgraph: schema.SubGraph) -> set[int]:
    as_bias: set[int] = set()
    otherwise: set[int] = set()
    for operator in map(subgraph.Operators, range(subgraph.OperatorsLength())):
        code = model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()
        for position in range(operator.InputsLength()):
            is_bias = position == BIAS_INPUT and code in OPERATORS_WITH_BIAS
            (as_bias if is_bias else otherwise).add(operator.Inputs(position))
    return as_bias - otherwise


def check_runs(data: bytes, sample_shape: tuple[int, ...]) -> int:
    """Allocate and invoke the model with and without XNNPACK; return its number of operators.

    Raises RuntimeError or ValueError, from the interpreter, if it does not run.
    """
    operators = 0
    for resolver in (
        OpResolverType.AUTO,
        OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    ):
        interpreter = Interpreter(model_content=data, experimental_op_resolver_type=resolver)
        (details,) = interpreter.get_input_details()
        interpreter.resize_tensor_input(details["index"], sample_shape)
        interpreter.allocate_tensors()
        sample = np.random.default_rng(SEED).uniform(0, 100, sample_shape)
        interpreter.set_tensor(details["index"], sample.astype(details["dtype"]))
        interpreter.invoke()
        operators = len(interpreter._get_ops_details())
    return operators


def converter_estimate(recipe: Recipe) -> str:
    """Return the line with the converter's own count of arithmetic, for the sample shape.

    The converter prints it only where every shape is known, so the model is converted once more
    with its input fixed.

    Raises ValueError if the converter printed no such line.
    """
    with tempfile.TemporaryDirectory() as directory:
        export_saved_model(build(recipe), recipe.sample_shape, Path(directory))
        log = convert(Path(directory), Conversion.FLOAT32, recipe.sample_shape).log
    match = ESTIMATE.search(log)
    if match is None:
        raise ValueError(f"the converter printed no arithmetic estimate for {recipe.name}")
    return match.group()


def convert_or_fall_back(saved_model: Path, conversion: Conversion, recipe: Recipe) -> Converted:
    """Convert; where full int8 fails, leave operators without an int8 kernel in float32."""
    try:
        return convert(saved_model, conversion, recipe.sample_shape)
    except Exception as error:
        if conversion is not Conversion.INT8:
            raise
        click.echo(f"{recipe.name}-{conversion}: no full int8, float fallback: {error}")
        return convert(saved_model, conversion, recipe.sample_shape, float_fallback=True)


def make_models(recipe: Recipe, output: Path, with_weights: Path | None) -> str:
    """Write all conversions of one model; return the converter's estimate."""
    with tempfile.TemporaryDirectory() as directory:
        export_saved_model(build(recipe), recipe.input_shape, Path(directory))
        for conversion in Conversion:
            name = f"{recipe.name}-{conversion}.tflite"
            data = convert_or_fall_back(Path(directory), conversion, recipe).data
            if with_weights is not None:
                (with_weights / name).write_bytes(data)
            data = zero_weights(data)
            operators = check_runs(data, recipe.sample_shape)
            compressed = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
            (output / f"{name}.xz").write_bytes(compressed)
            click.echo(
                f"{name}: {operators} operators, {len(data):,} bytes, {len(compressed):,} as xz"
            )
    return converter_estimate(recipe)


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("tests/models"),
    show_default=True,
    help="Directory that the compressed models are written to.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([recipe.name for recipe in RECIPES]),
    help="Make this model only; may be repeated.",
)
@click.option(
    "--with-weights",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the models as they were converted, with their weights, to this directory.",
)
def main(output: Path, only: tuple[str, ...], with_weights: Path | None) -> None:
    """Write the models that the tests read."""
    for directory in (output, with_weights):
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
    estimates_path = output / "converter_estimates.json"
    estimates = json.loads(estimates_path.read_text()) if estimates_path.exists() else {}
    for recipe in RECIPES:
        if only and recipe.name not in only:
            continue
        line = make_models(recipe, output, with_weights)
        estimates[f"{recipe.name}-float32"] = {"input_shape": recipe.sample_shape, "line": line}
        estimates_path.write_text(json.dumps(estimates, indent=2, sort_keys=True) + "\n")
        click.echo(f"{recipe.name}: {line}")


if __name__ == "__main__":
    main()
