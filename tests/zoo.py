"""Real converter outputs for tests: `tests/models/README.md` says what they are."""

import json
import lzma
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
MODELS = ROOT / "tests" / "models"

NAMES = sorted(path.name.removesuffix(".tflite.xz") for path in MODELS.glob("*.tflite.xz"))
ESTIMATES = json.loads((MODELS / "converter_estimates.json").read_text())


@cache
def zoo_model(name: str) -> bytes:
    """The bytes of a model, "mobilenet_v2-float32"."""
    return lzma.decompress((MODELS / f"{name}.tflite.xz").read_bytes())


@cache
def case_model(name: str) -> bytes:
    """The bytes of a small model of a report or a trial, "cnn_open"."""
    return lzma.decompress((MODELS / "cases" / f"{name}.tflite.xz").read_bytes())
