"""LiteRT against TensorFlow Lite: the ratio of their times on three models, with its interval.

What `tflops compare MODEL --runtime tflite,litert` prints, with 0.5 % as the precision of the ratio: both
runtimes in one process, interleaved and in both orders. XNNPACK kernels, one thread, the same seeded
inputs.

Needs the package `ai-edge-litert`, and TensorFlow to make two of the models with random weights.
"""

import sys
import tempfile
from pathlib import Path

import tflops_native
from models import ROOT, image_classifier
from side_by_side import format_ratio, format_seconds, median_seconds
from tflops_native import TflopsError

TFLITE, LITERT = "tflite", "litert"
PRECISION = 0.005
MAX_SECONDS = 60.0


def compare(title: str, model: Path) -> None:
    found = tflops_native.compare(
        model, runtime=[TFLITE, LITERT], precision=PRECISION, max_time=MAX_SECONDS, profile=False
    )
    ratio, stop = found.interleaved[0], found.stop
    assert ratio is not None
    assert stop is not None
    print(f"{title}, {ratio.blocks} blocks in {stop.seconds:.0f} s")
    for timing in (contender.report.timing for contender in found.contenders):
        assert timing is not None
        assert timing.runtime is not None
        print(f"  {timing.runtime.title:24} {format_seconds(median_seconds(timing.latency))}")
    bounds = "interval unknown"
    if ratio.lower is not None and ratio.upper is not None:
        bounds = f"from {format_ratio(ratio.lower)} to {format_ratio(ratio.upper)}"
    print(f"  ratio {format_ratio(ratio.value)}, {bounds}")


def main() -> None:
    try:
        compare(
            "MobileNet V1 0.25, 96x96",
            ROOT / "examples" / "mobilenet_v1_0.25_96_float32.tflite",
        )
    except TflopsError as error:
        sys.exit(f"LiteRT cannot be measured here: {error}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for short, constructor, title in (
            ("mobilenet_v2", "MobileNetV2", "MobileNet V2, 224x224"),
            ("mobilenet_v3_small", "MobileNetV3Small", "MobileNet V3 small, 224x224"),
        ):
            compare(title, image_classifier(short, constructor, folder))


if __name__ == "__main__":
    main()
