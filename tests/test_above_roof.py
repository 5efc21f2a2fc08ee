"""No operator of the example models is quicker than this machine allows: that would be a count too high.

This relates measured times with measured peaks, in the one direction in which noise is no excuse: other
work on the machine makes operators slower. It can make a peak too low, which is given further chances.
"""

import pytest

import tflops_native
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

SHAPES = {"single_conv_dynamic": (1, 112, 112, 1), "attention_encoder_dynamic": (4, 64, 64)}


def above_roof(path, peaks):
    shapes = {"": SHAPES[path.stem]} if path.stem in SHAPES else {}
    report = tflops_native.report(path, input_shapes=shapes, runs=10, peaks=peaks)
    compared = [row for row in report.rows if row.utilization is not None]
    assert compared
    return [
        (row.operator.index, row.operator.name, row.utilization.share)
        for row in compared
        if row.utilization.is_exceeded
    ]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.tflite")), ids=lambda path: path.stem)
def test_no_operator_of_an_example_is_above_its_roof(path):
    for attempt in range(3):
        peaks = tflops_native.peaks(threads=1, force=attempt > 0)
        above = above_roof(path, peaks)
        if not above:
            return
    assert above == []
