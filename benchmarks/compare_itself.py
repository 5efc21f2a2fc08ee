"""Whether `tflops compare` says what is true of contenders that are known.

    python benchmarks/compare_itself.py [--runs 20]

1. MobileNet V2 against itself: how many of the runs of the command say that there is a difference. One in
   twenty may, by chance; each of those is wrong. Of the operators of MobileNet V1 0.25 against itself, how
   many are said to differ.
2. MobileNet V2 against a copy with one more convolution: the operators it says were added, and the share of
   the difference that it gives them.
3. NASNet Mobile and an attention encoder with TensorFlow Lite and LiteRT: the types of operators that make
   the difference.

Each is the command in a process of its own. Needs TensorFlow, to make the models with random weights, and
the package `ai-edge-litert`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from models import ROOT, image_classifier

_SHOWN = 3
# The copy is made of the same layers, under the same names and with the same weights.
_CONVERT = """
import sys
from pathlib import Path
import keras
from keras_models import Conversion, Recipe, convert_recipe, image_classifier
base = image_classifier("mobilenet_v2", "MobileNetV2", 224)
def build():
    model = base.build()
    features = model.get_layer("out_relu").output
    extra = keras.layers.Conv2D(320, 1, activation="relu", name="one_more")(features)
    pooled = keras.layers.GlobalAveragePooling2D(name="global_average_pooling2d")(extra)
    output = keras.layers.Dense(1000, activation="softmax", name="predictions")(pooled)
    return keras.Model(model.input, output, name=model.name)
recipe = Recipe("one_more", build, base.input_shape, base.sample_shape)
Path(sys.argv[1]).write_bytes(convert_recipe(recipe, Conversion.FLOAT32))
"""


def compared(*arguments: Any) -> dict[str, Any]:
    """The JSON of the command."""
    command = [sys.executable, "-c", "from tflops_native.cli import main; main()", "compare"]
    ended = subprocess.run(
        [*command, *map(str, arguments), "--format", "json", "--no-samples"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"tflops compare failed: {ended.stderr}")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def interval(ratio: dict[str, Any]) -> str:
    """ "0.998 (0.991 to 1.004)"."""
    if ratio["lower"] is None:
        return f"{ratio['value']:.3f} (interval unknown)"
    return f"{ratio['value']:.3f} ({ratio['lower']:.3f} to {ratio['upper']:.3f})"


def against_itself(model: Path, runs: int) -> None:
    wrong = 0
    for run in range(runs):
        found = compared(model, model, "--no-operators")
        ratio = found["differences"][0]["ratio"]
        wrong += ratio["differs"] is True
        print(f"  {run + 1:2}: {interval(ratio)}, {ratio['blocks']} blocks", flush=True)
    print(f"MobileNet V2 against itself: a difference in {wrong} of {runs} runs")


def operators_against_themselves(model: Path, runs: int) -> None:
    count = wrong = 0
    for _ in range(runs):
        for part in compared(model, model)["differences"][0]["parts"]:
            if part["part"] == "operator" and part["lower_seconds"] is not None:
                count += 1
                wrong += not part["lower_seconds"] <= 0 <= part["upper_seconds"]
    print(f"MobileNet V1 0.25 against itself: {wrong} of {count} operators differ")


def one_more(model: Path, other: Path) -> None:
    (difference,) = compared(model, other)["differences"]
    print(f"MobileNet V2 with one more convolution: {interval(difference['ratio'])}")
    for part in difference["parts"][:_SHOWN]:
        share = part["difference_seconds"] / difference["seconds"]
        print(f"  {part['change']:7} {part['name']} {part['layer'] or ''}: {share:.1%}")


def runtimes(title: str, model: Path, *arguments: str) -> None:
    (difference,) = compared(model, "--runtime", "tflite,litert", *arguments)["differences"]
    print(f"{title}, LiteRT against TensorFlow Lite: {interval(difference['ratio'])}")
    for item in difference["types"][:_SHOWN]:
        share = item["difference_seconds"] / difference["seconds"]
        print(f"  {item['name']}: {1e3 * item['difference_seconds']:+.3f} ms, {share:.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = image_classifier("mobilenet_v2", "MobileNetV2", folder)
        other = folder / "mobilenet_v2_one_more.tflite"
        subprocess.run(
            [sys.executable, "-c", _CONVERT, other],
            cwd=ROOT / "tools",
            check=True,
            capture_output=True,
        )
        one_more(model, other)
        runtimes("NASNet Mobile", image_classifier("nasnet_mobile", "NASNetMobile", folder))
        encoder = ROOT / "examples" / "attention_encoder_dynamic.tflite"
        runtimes("Attention encoder, 32 tokens", encoder, "--input-shape", "1,32,64")
        small = ROOT / "examples" / "mobilenet_v1_0.25_96_float32.tflite"
        operators_against_themselves(small, chosen.runs)
        against_itself(model, chosen.runs)


if __name__ == "__main__":
    main()
