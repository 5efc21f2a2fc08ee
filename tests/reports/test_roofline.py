"""The roofline on made-up figures, every time written out by hand."""

import dataclasses

import pytest

from tflops_native.analysis.operators import Status
from tflops_native.formats.document import labelled
from tflops_native.formats.roofline import roofline_lines
from tflops_native.machine.peaks.peaks import ComputePeak, MemoryPeak, ThreadPeaks
from tflops_native.ops import Cost
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.reports.roofline import Utilization, roofs, seconds_per_byte


def memory(name, capacity, bandwidth):
    return MemoryPeak(
        name=name, capacity_bytes=capacity, buffer_bytes=4096, bytes_per_second=bandwidth
    )


L1, L2, DRAM = memory("L1", 100, 100.0), memory("L2", 400, 10.0), memory("DRAM", None, 1.0)
FLOAT32 = ComputePeak(arithmetic="float32", operations_per_second=50.0, instructions="FMA")
INT8 = ComputePeak(arithmetic="int8", operations_per_second=200.0, instructions="AVX2")
PEAKS = ThreadPeaks(threads=1, compute=(FLOAT32, INT8), memory=(L1, L2, DRAM))


@pytest.mark.parametrize(
    ("footprint", "expected"),
    [
        (0, (0, 0, 0)),
        (50, (0.01, 0, 0)),
        (100, (0.01, 0, 0)),
        # Half of it stays in the first level.
        (200, (0.5 / 100, 0.5 / 10, 0)),
        (400, (0.25 / 100, 0.75 / 10, 0)),
        (1000, (0.1 / 100, 0.3 / 10, 0.6 / 1)),
    ],
)
def test_where_bytes_come_from(footprint, expected):
    assert seconds_per_byte((L1, L2, DRAM), footprint) == pytest.approx(expected)


def test_the_last_level_holds_all():
    assert seconds_per_byte((L1, L2), 1000) == pytest.approx((0.1 / 100, 0.9 / 10))
    # A level no larger than the nearer one keeps nothing more.
    small = memory("L2", 80, 10.0)
    assert seconds_per_byte((L1, small, DRAM), 200) == pytest.approx((0.5 / 100, 0, 0.5 / 1))


@pytest.fixture
def analysis(made):
    """The operators given, in a model with so many bytes of weights and 100 of activations."""
    whole = made("count").analysis

    def make(*operators, weights=0):
        peak = dataclasses.replace(whole.peak_memory, size_bytes=100)
        return dataclasses.replace(
            whole, operators=operators, weight_bytes=weights, peak_memory=peak
        )

    return make


@pytest.fixture
def operator(made):
    first = made("count").analysis.operators[0]

    def make(read=0, written=0, constants=0, macs=0, other=0, **changes):
        fields = {
            "own_cost": Cost(macs=macs, scalar_ops=other),
            "mac_arithmetic": "float32" if macs else None,
            "own_bytes_read": read,
            "own_bytes_written": written,
            "constant_bytes": constants,
            **changes,
        }
        return dataclasses.replace(first, **fields)

    return make


def test_compute_bound(analysis, operator):
    (roof,) = roofs(analysis(operator(read=40, written=10, macs=100)), PEAKS)
    assert roof.compute_seconds == pytest.approx(200 / 50)
    assert roof.memory_seconds == pytest.approx(50 / 100)
    assert (roof.seconds, roof.limit) == (pytest.approx(4), "compute")
    assert roof.rate == pytest.approx(50)
    assert roof.intensity == 4


def test_memory_bound(analysis, operator):
    # The output may take the place of an input: 300 bytes are touched, 100 of them are in L1.
    (roof,) = roofs(analysis(operator(read=300, written=100, other=10)), PEAKS)
    assert roof.memory_seconds == pytest.approx(400 / 3 / 100 + 800 / 3 / 10)
    assert (roof.seconds, roof.limit) == (pytest.approx(28), "L2")
    assert roof.rate == pytest.approx(10 / 28)
    assert roof.intensity == 10 / 400


def test_constants_come_from_where_the_whole_model_fits(analysis, operator):
    # The activations of 20 bytes are in the first level; weights of 900 and activations of 100 are
    # touched before the 30 bytes of this operator come again.
    item = operator(read=40, written=10, constants=30, other=1)
    (roof,) = roofs(analysis(item, weights=900), PEAKS)
    assert roof.memory_seconds == pytest.approx(20 / 100 + 30 * (0.1 / 100 + 0.3 / 10 + 0.6))
    assert roof.limit == "DRAM"
    # No more is read of a table than the rows that are asked for.
    item = operator(read=40, written=10, constants=10_000, other=1)
    (roof,) = roofs(analysis(item, weights=900), PEAKS)
    assert roof.memory_seconds == pytest.approx(10 / 100 + 40 * (0.1 / 100 + 0.3 / 10 + 0.6))


def test_the_times_of_arithmetic_types_add_up(analysis, operator):
    item = operator(read=10, macs=100, other=25, mac_arithmetic="int8")
    (roof,) = roofs(analysis(item), PEAKS)
    assert roof.compute_seconds == pytest.approx(200 / 200 + 25 / 50)
    assert roof.rate == pytest.approx(225 / 1.5)


def test_moving_data_has_a_roof_too(analysis, operator):
    (roof,) = roofs(analysis(operator(read=50, written=50, status=Status.NO_ARITHMETIC)), PEAKS)
    assert (roof.seconds, roof.rate, roof.limit) == (pytest.approx(1), None, "L1")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.BOUNDED},
        {"status": Status.ONE_ITERATION},
        {"status": Status.UNSUPPORTED},
        {"arithmetic": "int64"},  # no peak was measured for it
        {"calls": (None,)},
        {"read": 0, "other": 0},
    ],
    ids=repr,
)
def test_no_roof_where_the_work_is_not_known(analysis, operator, changes):
    fields = {"read": 10, "other": 1, **changes}
    if "calls" in fields:
        call = object.__new__(type("Call", (), {"is_counted": False}))
        fields["calls"] = (call,)
    assert roofs(analysis(operator(**fields)), PEAKS) == (None,)


@pytest.fixture
def roof(analysis, operator):
    """A roof of 1 us: 50 operations at 50 MFLOP/s."""
    peaks = dataclasses.replace(
        PEAKS, compute=(dataclasses.replace(FLOAT32, operations_per_second=50e6),)
    )
    peaks = dataclasses.replace(peaks, memory=(memory("L1", 1000, 1e12),))
    (found,) = roofs(analysis(operator(read=10, other=50)), peaks)
    assert found.seconds == pytest.approx(1e-6)
    return found


US = 1e-6


@pytest.mark.parametrize(
    ("time", "share", "bound", "is_exceeded"),
    [
        ((2, 2, 2), 0.5, "compute", False),
        # Below 5 us, and less than a quarter explained.
        ((4.1, 4.1, 4.1), 1 / 4.1, "overhead", False),
        ((3.9, 3.9, 3.9), 1 / 3.9, "compute", False),
        ((5.1, 5.1, 5.1), 1 / 5.1, "compute", False),
        # The time may be longer.
        ((3.5, 3.0, 4.5), 1 / 3.5, "overhead", False),
        # It may be nothing: only the upper bound is known.
        ((0.5, 0.0, 1.0), 1, "compute", False),
        ((0.0, 0.0, 0.0), None, "compute", True),
        # Above the roof: by less than the margin, and by more.
        ((0.81, 0.81, 0.81), 1 / 0.81, "compute", False),
        ((0.79, 0.79, 0.79), 1 / 0.79, "compute", True),
        ((0.5, 0.2, 1.0), 2, "compute", False),
        ((0.5, 0.4, 0.6), 2, "compute", True),
    ],
)
def test_what_bounds_a_measured_time(roof, time, share, bound, is_exceeded):
    typical, lower, upper = time
    estimate = TimeEstimate(
        typical_seconds=typical * US, lower_seconds=lower * US, upper_seconds=upper * US
    )
    found = Utilization.of(roof, estimate)
    assert found.share == (None if share is None else pytest.approx(share))
    assert (found.bound, found.is_exceeded) == (bound, is_exceeded)


def test_the_roof_of_a_report_by_hand(made):
    report = made("roofline")
    convolution, reshape, softmax = report.rows
    # 89,664 bytes of activations, at most 86,528 at once, and 1,280 of weights in a model of 90,944: each
    # time 40,000 of them in L1 and the rest in L2.
    activations = 89_664 / 86_528 * (40_000 / 100e9 + 46_528 / 50e9)
    weights = 1_280 / 90_944 * (40_000 / 100e9 + 50_944 / 50e9)
    assert convolution.roof.memory_seconds == pytest.approx(activations + weights)
    assert convolution.roof.seconds == pytest.approx(432_640 / 25e9)
    assert convolution.utilization.share == pytest.approx(432_640 / 25e9 / 25e-6)
    assert reshape.roof is None
    assert softmax.roof.memory_seconds == pytest.approx(2 * (40_000 / 100e9 + 46_528 / 50e9))
    assert softmax.roof.limit == "compute"
    least = 432_640 / 25e9 + 108_159 / 25e9
    assert report.attainable_seconds == pytest.approx(least)
    assert report.attainable_operations_per_second == pytest.approx(25e9)
    # The median of the clean runs is 2.1 us.
    assert report.utilization == pytest.approx(least / 2.1e-6)


def test_an_operator_above_its_roof_is_told(made):
    # 432,640 operations at 12 GFLOP/s are 36 us, and 108,159 are 9; measured were 25.5 and 6.5 at most.
    above = [row.utilization and row.utilization.is_exceeded for row in made("above").rows]
    assert above == [True, None, True]
    wanted = "faster than this machine allows: 0 CONV_2D, 2 SOFTMAX"
    assert any(wanted in note.text for note in made("above").notes)
    assert not any("faster than this machine" in note.text for note in made("roofline").notes)


def test_fused_operators_spare_their_reads_and_writes(made):
    report = made("roofline")
    timing = report.timing
    profile = dataclasses.replace(
        timing.profile, operators=timing.profile.operators[:1], fused=(1, 2)
    )
    fused = report.with_parts(timing=dataclasses.replace(timing, profile=profile))
    assert fused.attainable_seconds == pytest.approx(432_640 / 25e9)


def test_arithmetic_without_a_peak_is_named_and_has_no_roof(made):
    report = made("roofline")
    assert not [note for note in report.notes if note.code == "no_peak"]
    without = report.with_parts(peaks=dataclasses.replace(report.peaks, compute=(INT8,)))
    floats = [row for row in without.rows if "float32" in row.operator.operations]
    assert all(row.roof is None for row in floats)
    (note,) = [note for note in without.notes if note.code == "no_peak"]
    count = f"{len(floats)} operator{'s' if len(floats) > 1 else ''}"
    assert note.text == (f"{count} without a ceiling: peaks are measured of int8, not of float32")
    # What is left would make a roof of a small part of the model.
    assert without.utilization is None
    assert without.attainable_operations_per_second is None
    text = "\n".join(f"{a} {b}" for a, b in map(labelled, roofline_lines(without)))
    assert text == f"note {note.text}"
