"""Comparisons: the laws that their differences obey, and what may be compared."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import tflops_native
from made_reports import MACHINE, estimate, make_report, model
from tflops_native.measurement.timing import Origin
from tflops_native.plain_reading import from_plain
from tflops_native.profile.result import UnmatchedEvent
from tflops_native.reports.comparison import Comparison, label_of
from tflops_native.reports.loaded import NAMES, load_saved
from tflops_native.reports.parts import REST, PartDifference, modules_of
from tflops_native.reports.report import Report
from tflops_native.timing.ratio import Ratio
from tflops_native.timing.unsteady import unsteady_median_bounds
from workloads import workload
from zoo import EXAMPLES

FLOAT = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"
SINGLE = EXAMPLES / "single_conv_28x28.tflite"


def compared(*reports, **fields):
    return Comparison.of([(f"{at}.json", report) for at, report in enumerate(reports)], **fields)


def slower(report, factor):
    """A report whose times are so many times as long."""
    timing, profile = report.timing, report.timing.profile

    def longer(item):
        found = item.estimate
        return replace(
            item,
            estimate=replace(
                found,
                typical_seconds=factor * found.typical_seconds,
                lower_seconds=factor * found.lower_seconds,
                upper_seconds=factor * found.upper_seconds,
            ),
        )

    latency = replace(timing.latency, median_seconds=factor * timing.latency.median_seconds)
    return report.with_parts(
        timing=replace(
            timing,
            latency=latency,
            profile=replace(
                profile,
                operators=tuple(map(longer, profile.operators)),
                unmatched=tuple(map(longer, profile.unmatched)),
                outside_seconds=factor * profile.outside_seconds,
            ),
        )
    )


def on(report, **changes):
    """A report that was measured otherwise; `machine` is the name of a processor."""
    timing = report.timing
    if (name := changes.pop("machine", None)) is not None:
        machine = replace(MACHINE, processor=name)
        changes["origin"] = Origin(measured="here", tool="tflops", machine=machine)
    return report.with_parts(timing=replace(timing, **changes))


def another_model(report):
    found = Report.of(model("other.tflite", b"another"), report.analysis, timing=report.timing)
    return found.with_parts(model=replace(found.model, size_bytes=1))


@pytest.fixture
def measured():
    return make_report("float")


def test_parts_add_up_to_the_difference(measured):
    (difference,) = compared(measured, slower(measured, 1.25)).differences
    latency = measured.timing.latency.median_seconds
    assert difference.seconds == pytest.approx(latency / 4)
    total = sum(part.difference_seconds or 0.0 for part in difference.parts)
    assert total == pytest.approx(difference.seconds)
    assert sum(item.difference_seconds or 0.0 for item in difference.types) == pytest.approx(total)
    assert difference.ratio.value == pytest.approx(1.25)
    # A quarter more of each operator: 6.25 us of the first, 1.4375 us of the last; RESHAPE was fused.
    found = {part.name: part.difference_seconds for part in difference.parts}
    assert found["CONV_2D"] == pytest.approx(6.25e-6)
    assert found["SOFTMAX"] == pytest.approx(1.4375e-6)
    assert found["RESHAPE"] == 0
    operators = [part.name for part in difference.parts if part.part == "operator"]
    assert operators == ["CONV_2D", "SOFTMAX", "RESHAPE"]


def test_an_interval_of_an_operators_difference(measured):
    (difference,) = compared(measured, slower(measured, 1.25)).differences
    convolution, softmax = (
        next(part for part in difference.parts if part.name == name)
        for name in ("CONV_2D", "SOFTMAX")
    )
    # 25 (24.5 to 25.5) us became 31.25 (30.625 to 31.875): known for certain to be longer.
    assert convolution.lower_seconds < 6.25e-6 < convolution.upper_seconds
    assert convolution.is_certain
    # 5.75 (5 to 6.5) became 7.1875 (6.25 to 8.125): by 0.24 to 2.64 us, at one speed of the machine. How
    # well that is known is in the length of the runs, and in no interval of an operator; nor is what
    # another layout of the memory would do.
    invoke_ns = np.array(measured.timing.profile.invoke_ns)
    lower, upper = unsteady_median_bounds(invoke_ns) / np.median(invoke_ns)
    layout = (0.05 * 7.1875 + 0.05, 0.05 * 5.75 + 0.05)
    below = (0.9375, 0.75, 7.1875 * (1 - lower), 5.75 * (upper - 1), *layout)
    assert softmax.lower_seconds == pytest.approx((1.4375 - math.hypot(*below)) * 1e-6)


def test_operators_that_were_added_or_removed():
    one, two = (
        Report.of(item.model, tflops_native.analyze(item.model))
        for item in (workload(SINGLE), workload(FLOAT))
    )
    (difference,) = compared(one, two).differences
    assert difference.ratio is difference.seconds is difference.obstacle is None
    before, after = one.analysis.macs, two.analysis.macs
    assert sum(part.macs for part in difference.parts) == after
    assert sum(part.first_macs for part in difference.parts) == before
    changes = [part.change for part in difference.parts]
    assert changes.count("added") - changes.count("removed") == len(two.rows) - len(one.rows)
    assert sum(item.count for item in difference.types) == len(two.rows)


def test_what_a_delegate_timed_as_a_whole_is_one_part(measured):
    """The first report has times of operators 0 and 2, the other one event for 0 to 2, of 20 us."""
    timing = measured.timing
    lump = UnmatchedEvent(
        name="GPU", estimate=estimate(20_000, 19_000, 21_000), operators=(0, 1, 2)
    )
    profile = replace(timing.profile, operators=(), fused=(), unmatched=(lump,))
    phone = measured.with_parts(timing=replace(timing, profile=profile))
    (difference,) = compared(measured, phone).differences
    (part,) = [item for item in difference.parts if item.part == "delegate"]
    assert part.name == "inside GPU: 3 operators"
    assert (part.first_macs, part.macs) == (194_688, 194_688)
    assert part.first_seconds == pytest.approx(30.75e-6)
    assert part.seconds == pytest.approx(20e-6)
    assert not [item for item in difference.parts if item.part == "operator"]
    total = sum(item.difference_seconds for item in difference.parts)
    assert total == pytest.approx(difference.seconds, abs=1e-12)


def codes(comparison):
    return [note.code for note in comparison.notes]


def test_equal_conditions(measured):
    found = compared(measured, another_model(measured))
    assert found.differences[0].obstacle is None
    assert found.differences[0].ratio.value == 1
    assert "conditions_differ" not in codes(found)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"machine": "Another CPU"}, "machine (Example CPU @ 3 GHz, Another CPU)"),
        ({"threads": 4}, "threads (2, 4)"),
        ({"kernels": "builtin"}, "kernels (xnnpack, builtin)"),
        ({"runtime": None}, "unknown"),
    ],
)
def test_two_models_that_were_measured_differently_are_compared_by_their_counts(
    measured, changes, words
):
    found = compared(measured, on(another_model(measured), **changes))
    (difference,) = found.differences
    assert (difference.ratio, difference.seconds) == (None, None)
    assert words in difference.obstacle
    assert "not_comparable" in codes(found)
    assert all(part.difference_seconds is None for part in difference.parts)
    # One model on both: what differs is what is compared, and is said.
    found = compared(measured, on(measured, **changes))
    assert found.differences[0].ratio is not None
    assert {"conditions_differ", "measured_elsewhere"} & set(codes(found))


def test_what_was_measured_interleaved_is_taken_as_it_is(measured):
    ratio = Ratio(value=1.2, lower=1.1, upper=1.3, blocks=12)
    found = compared(measured, on(another_model(measured), threads=4), interleaved=[ratio])
    assert found.differences[0].ratio == ratio
    # Medians of whole series, in which the machine may have become slower, say less than ratios of blocks.
    (difference,) = found.differences
    assert difference.seconds == pytest.approx(0.2 * measured.timing.latency.median_seconds)
    total = sum(part.difference_seconds or 0.0 for part in difference.parts)
    assert total == pytest.approx(difference.seconds)
    assert found.differences[0].obstacle is None
    assert "measured_apart" not in codes(found)


def test_it_reads_back_as_it_was(measured, tmp_path):
    ratio = Ratio(value=1.2, lower=1.1, upper=1.3, blocks=12)
    found = compared(measured, slower(measured, 1.25), interleaved=[ratio])
    path = tmp_path / "comparison.json"
    path.write_text(
        json.dumps({"format": "tflops_native/comparison", "format_version": 3, **found.to_dict()})
    )
    again = load_saved(path)
    assert again.differences == found.differences
    assert (
        again.to_dict()
        == found.to_dict()
        == from_plain(Comparison, found.to_dict(), NAMES).to_dict()
    )


@pytest.mark.parametrize(
    ("position", "label"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")]
)
def test_labels(position, label):
    assert label_of(position) == label


def part(layer, difference, kind="operator"):
    return PartDifference(
        part=kind, name="ADD", layer=layer, difference_seconds=difference, first_macs=1, macs=3
    )


REST_PART = replace(part(None, -2.0, "rest"), name=REST)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        # By their first names, of which there are three.
        (
            {"a/x": 1.0, "a/y/z": 4.0, "b/x": -8.0, "c": 0.5, None: 3.0},
            {"b": -8.0, "a": 5.0, None: 3.0, REST: -2.0, "c": 0.5},
        ),
        # By two names where the first one says nothing.
        (
            {"net/a": 1.0, "net/b/x": 2.0, "net/b/y": 7.0, "net/c": 3.0},
            {"net/b": 9.0, "net/c": 3.0, REST: -2.0, "net/a": 1.0},
        ),
        # Two groups are better than none.
        ({"a/x": 1.0, "b": 2.0, "a/y": 4.0}, {"a": 5.0, REST: -2.0, "b": 2.0}),
        ({"a/x": 1.0, "a/y": 4.0}, {"a/y": 4.0, REST: -2.0, "a/x": 1.0, "": 0}),
    ],
    ids=["first", "second", "two", "single"],
)
def test_sums_by_layer(layers, expected):
    parts = [*(part(layer, seconds) for layer, seconds in layers.items()), REST_PART]
    found = modules_of(parts)
    if "" in expected:
        assert found == ()  # each is an operator of its own: the table of operators says it
        return
    assert {group.name: group.difference_seconds for group in found} == expected
    sizes = [abs(group.difference_seconds) for group in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(group.macs - group.first_macs for group in found) == 2 * len(parts)
    assert sum(group.count for group in found) == len(parts)


def test_parts_without_layers_are_in_no_table():
    assert modules_of([part(None, 1.0), part(None, 2.0), REST_PART]) == ()
