"""The models that several benchmarks time."""

import lzma
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
_CONVERT = """
import sys
from pathlib import Path
from keras_models import Conversion, convert_recipe, image_classifier
name, constructor, side, path = sys.argv[1:]
recipe = image_classifier(name, constructor, int(side))
Path(path).write_bytes(convert_recipe(recipe, Conversion.FLOAT32))
"""


def image_classifier(name: str, constructor: str, folder: Path, side: int = 224) -> Path:
    """A Keras classifier in float32 with random weights: the path of its .tflite file.

    Where TensorFlow is missing, the one of the tests is taken, whose weights are zeros: the same
    operators and shapes. Which one it is gets printed.
    """
    path = folder / f"{name}.tflite"
    if find_spec("tensorflow") is None:
        packed = ROOT / "tests" / "models" / f"{name}-float32.tflite.xz"
        path.write_bytes(lzma.decompress(packed.read_bytes()))
        print(f"{name}: weights are zeros, because TensorFlow is not installed")
        return path
    # In a process of its own: TensorFlow's threads stay out of the measurement.
    command: list[str | Path] = [sys.executable, "-c", _CONVERT, name, constructor, str(side), path]
    converted = subprocess.run(
        command, cwd=ROOT / "tools", capture_output=True, text=True, check=False
    )
    if converted.returncode != 0:
        sys.exit(f"{name} could not be converted:\n{converted.stderr}")
    print(f"{name}: made with Keras, weights are random")
    return path
