"""The figures of a sweep: what their legends and axes say."""

import re

from tflops_native.formats.sweep_figures import sweep_figures
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell


def cells(models=("m",), kernels=("xnnpack",), threads=(1,), sizes=(1, 2, 3)):
    """Times in proportion to the operations, halved by each doubling of the threads."""
    return tuple(
        SweepCell(
            key="0",
            model=model,
            input_shapes={"x": (1, size)},
            quantization=None,
            runtime="tflite",
            kernels=kernel,
            threads=count,
            operations=1000 * size,
            median_seconds=1e-3 * size / count,
        )
        for model in models
        for kernel in kernels
        for count in threads
        for size in sizes
    )


def texts(*measured):
    """Title -> texts, of the figures of a sweep."""
    sweep = Sweep(cells=measured, planned=len(measured), kept=0, seed=0, cpus=4)
    return {
        figure.title: re.findall(r"<text[^>]*>([^<]*)</text>", figure.svg)
        for figure in sweep_figures(sweep)
    }


def test_legends_say_what_differs():
    found = texts(*cells(kernels=("xnnpack", "builtin"), threads=(1, 2)))
    assert found["Time against FLOPs"][-4:] == [
        "xnnpack, 1 thread",
        "xnnpack, 2 threads",
        "builtin, 1 thread",
        "builtin, 2 threads",
    ]
    assert "xnnpack, 1x3" in found["Speed over threads"]
    assert texts(*cells())["Time against FLOPs"][-1] == "m"


def test_threads_are_whole_numbers():
    found = texts(*cells(threads=(1, 2)))["Speed over threads"]
    axis = found[: found.index("threads")]
    assert axis[:3] == ["0", "1", "2"]
