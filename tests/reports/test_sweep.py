"""What a sweep says of its cells, against times that follow a known law."""

import itertools
import random

import pytest

from tflops_native.errors import OptionError
from tflops_native.plain import to_plain
from tflops_native.plain_reading import from_plain
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell
from tflops_native.reports.sweep_grid import Grid, shape_pattern


def cell(seconds, *, shape=(1, 8), threads=1, operations=1000, error=None):
    return SweepCell(
        key="0",
        model="m",
        input_shapes={"x": shape},
        quantization=None,
        runtime="tflite",
        kernels="xnnpack",
        threads=threads,
        operations=operations,
        median_seconds=seconds,
        error=error,
    )


def sweep(cells, cpus=4):
    return Sweep(cells=tuple(cells), planned=len(cells), kept=0, seed=0, cpus=cpus)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_fit_finds_the_fixed_cost_and_the_rate(noise):
    chance = random.Random(1)
    cells = [
        cell((1e-3 + n / 5e9) * (1 + chance.uniform(-noise, noise)), shape=(1, n), operations=n)
        for n in range(1_000_000, 60_000_000, 3_000_000)
    ]
    (fit,) = sweep(cells).fits
    assert fit.fixed_seconds == pytest.approx(1e-3, rel=1e-9 + 3 * noise)
    assert fit.operations_per_second == pytest.approx(5e9, rel=1e-9 + 3 * noise)
    assert fit.rms_residual <= 1e-9 + noise
    assert fit.largest_residual <= 1e-9 + 2 * noise


def test_no_fit_through_two_shapes_or_failures():
    assert sweep([cell(1.0, operations=1), cell(2.0, operations=2)]).fits == ()
    assert sweep([cell(None, operations=n, error="no") for n in range(9)]).fits == ()


def test_time_that_falls_with_operations_has_no_rate():
    cells = [cell(4.0 - n, shape=(n,), operations=n) for n in range(1, 4)]
    assert sweep(cells).fits[0].operations_per_second is None


@pytest.mark.parametrize("serial", [0.0, 0.2, 1.0])
def test_scaling_finds_the_serial_fraction(serial):
    cells = [cell(serial + (1 - serial) / n, threads=n) for n in (1, 2, 4)]
    # More threads than CPUs: slower, marked, and not part of the fit.
    cells.append(cell(2.0, threads=8))
    (scaling,) = sweep(cells, cpus=4).scalings
    assert scaling.serial_fraction == pytest.approx(serial, abs=1e-9)
    assert [item.is_oversubscribed for item in scaling.speedups] == [False, False, False, True]
    assert scaling.speedups[1].speedup == pytest.approx(1 / (serial + (1 - serial) / 2))


def test_the_smallest_batch_near_the_best_throughput():
    rates = {1: 100, 2: 180, 4: 194, 8: 200, 16: 190}
    cells = [cell(batch / rate, shape=(batch, 8)) for batch, rate in rates.items()]
    (found,) = sweep(cells).batches
    near = [batch for batch, rate in rates.items() if rate >= 0.95 * 200]
    assert (found.batch, found.best_batch) == (min(near), 8)


def test_a_sweep_goes_through_plain_data():
    made = sweep([cell(0.1, threads=1), cell(0.2, threads=2), cell(None, error="no")])
    assert from_plain(Sweep, to_plain(made)) == made


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("1,224,224,3", [[1], [224], [224], [3]]),
        ("1x224x224x3", [[1], [224], [224], [3]]),
        ("1,{128..320..32},3", [[1], [128, 160, 192, 224, 256, 288, 320], [3]]),
        ("{1,2,8},{5..7}", [[1, 2, 8], [5, 6, 7]]),
        ("{1..10..4}", [[1, 5, 9]]),
    ],
)
def test_patterns(text, axes):
    assert [list(axis) for axis in shape_pattern(text)] == axes


@pytest.mark.parametrize(
    "text", ["", ",", "1,,2", "1,2,", "{1..2", "{}", "{1..}", "a", "{1-2}", "-1"]
)
def test_what_is_not_a_pattern(text):
    with pytest.raises(OptionError, match="write it as 1,224"):
        shape_pattern(text)


def test_the_grid_is_all_combinations_once():
    grid = Grid(
        models=2,
        input_shapes={"a": (shape_pattern("{1,2},3"), shape_pattern("2,3")), "b": (((5,),),)},
        quantizations=(None,),
        runtimes=("tflite", "litert"),
        kernels=("xnnpack",),
        threads=(1, 2),
    )
    found = [(c.model, c.input_shapes["a"], c.runtime, c.threads) for c in grid.configurations()]
    wanted = itertools.product(range(2), [(1, 3), (2, 3)], ["tflite", "litert"], [1, 2])
    assert found == list(wanted)


def test_a_grid_of_nothing():
    with pytest.raises(OptionError, match="no cells: threads"):
        Grid(
            models=1,
            input_shapes={},
            quantizations=(None,),
            runtimes=("tflite",),
            kernels=("xnnpack",),
            threads=(),
        )
