"""LiteRT against TensorFlow Lite: the ratio of their times on three models, with its interval.

In every round both runtimes measure the model in this process, in turn which is first, and the ratio of
that round is that of their medians. Printed is the median of the ratios over the rounds and the interval
in which the true one lies with 95 %, by order statistics: it holds for any distribution, if the rounds
are independent. XNNPACK kernels, one thread, the same seeded inputs.

Needs the package `ai-edge-litert`, and TensorFlow to make two of the models with random weights.
"""

import sys
import tempfile
from collections.abc import Sequence
from math import comb
from pathlib import Path

import tflops_native
from models import ROOT, image_classifier
from side_by_side import Figures, format_ratio, print_table
from tflops_native import TflopsError

ROUNDS = 15
CONFIDENCE = 0.95
TFLITE, LITERT = "tflite", "litert"


def median_seconds(model: Path, runtime: str) -> float:
    return tflops_native.measure(model, runtime=runtime, profile=False).latency.median


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Where the median of what the values are drawn from lies: a pair of order statistics."""
    ordered = sorted(values)
    count = len(ordered)
    outside = 0
    # The median lies below all but `left` values as often as a fair coin shows so few heads.
    left = 0
    while (outside + comb(count, left)) / 2**count <= (1 - CONFIDENCE) / 2:
        outside += comb(count, left)
        left += 1
    if left == 0:
        sys.exit(f"{count} rounds are too few for an interval")
    return ordered[left - 1], ordered[count - left]


def compare(name: str, model: Path) -> None:
    figures: Figures = {TFLITE: [], LITERT: []}
    order = [TFLITE, LITERT]
    for _ in range(ROUNDS):
        for runtime in order:
            figures[runtime].append(median_seconds(model, runtime))
        order.reverse()
    print(name)
    print_table(figures, TFLITE)
    ratios = [ours / by for ours, by in zip(figures[LITERT], figures[TFLITE], strict=True)]
    low, high = interval(ratios)
    verdict = (
        "LiteRT is slower"
        if low > 1
        else "LiteRT is faster"
        if high < 1
        else "the order is not certain"
    )
    print(f"ratio between {format_ratio(low)} and {format_ratio(high)}: {verdict}")


def main() -> None:
    example = ROOT / "examples" / "mobilenet_v1_0.25_96_float32.tflite"
    try:
        median_seconds(example, LITERT)
    except TflopsError as error:
        sys.exit(f"LiteRT cannot be measured here: {error}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compare("MobileNet V1 0.25, 96x96", example)
        for short, constructor, title in (
            ("mobilenet_v2", "MobileNetV2", "MobileNet V2, 224x224"),
            ("mobilenet_v3_small", "MobileNetV3Small", "MobileNet V3 small, 224x224"),
        ):
            compare(title, image_classifier(short, constructor, folder))


if __name__ == "__main__":
    main()
