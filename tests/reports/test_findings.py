"""Findings of made-up reports: each with a case that has it and one that just has not; and of real ones."""

import dataclasses

import pytest

from made_reports import (
    float_analysis,
    mixed_analysis,
    model,
    operator,
    overhead,
    peaks,
    stop,
    time_of,
    timing,
)
from tflops_native import api
from tflops_native.analysis.operators import Status
from tflops_native.analysis.result import InputAnalysis
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.machine.peaks.peaks import ThreadPeaks
from tflops_native.model.reader import load
from tflops_native.notes import Note
from tflops_native.ops import Cost
from tflops_native.plain_schema import json_schema
from tflops_native.profile.result import KeptOperator, Profile, ProfilePartition, SeamTensor
from tflops_native.reports.findings.finding import Finding
from tflops_native.reports.report import Report
from zoo import case_model, zoo_model

MICROSECOND = 1_000


def report(
    *operators, times=(), outside=0, kept=(), partitions=(), price=None, at_most=None, **changes
):
    """Of operators of so many µs, and of timing fields in `changes`; all of it is the profiled run."""
    analysis = dataclasses.replace(
        float_analysis(), inputs=changes.pop("inputs", ()), operators=operators
    )
    nanoseconds = [MICROSECOND * time for time in times]
    profile = Profile.of_runs(
        invoke_ns=(int(sum(nanoseconds) + MICROSECOND * outside),),
        operators=tuple(
            time_of(index, (time, time, time)) for index, time in enumerate(nanoseconds)
        ),
        unmatched=(),
        fused=(),
        outside_seconds=outside * 1e-6,
        overhead=price or overhead(0.0, -0.01, 0.01),
        stop=stop("precision", True),
        partitions=partitions,
    )
    profile = dataclasses.replace(
        profile,
        kept=tuple(
            KeptOperator(
                index=index,
                name=operators[index].name,
                reason=None if reason is None else f"XNNPACK refuses it for its {reason}",
                reason_code=reason,
            )
            for index, reason in dict(kept).items()
        ),
    )
    return Report.of(
        model(),
        analysis,
        timing=dataclasses.replace(timing(profile if times else None), **{"threads": 1, **changes}),
        peaks=at_most,
    )


def plain(index, name="CONV_2D", kind="float32", **changes):
    cost = changes.pop("cost", Cost(macs=1000))
    return operator(index, name, ((1, 8),), ((1, 8),), cost, output_types=(kind,), **changes)


def found(report, code):
    return [finding for finding in report.findings if finding.code == code]


def xnnpack(*operators):
    return ProfilePartition(
        is_delegated=True, delegate="XNNPACK", operators=operators, taken_over=()
    )


def builtin(*operators, taken_over=()):
    return ProfilePartition(is_delegated=False, operators=operators, taken_over=taken_over)


OUTSIDE = (
    plain(0),
    plain(1, "HARD_SWISH", "int8"),
    plain(2, "HARD_SWISH", "int8"),
    plain(3, "HARD_SWISH", "float32"),
)


def test_operators_outside_the_delegate_by_type_and_dtype():
    parts = (xnnpack(0), builtin(1, 2, 3))
    kept = {1: None, 2: None, 3: None}
    made = report(*OUTSIDE, times=(50, 20, 20, 10), kept=kept, partitions=parts)
    first, second = found(made, "outside_delegate")
    assert first.text == "2 int8 HARD_SWISH outside XNNPACK: 40% of the time"
    assert "RELU6" in first.advice
    assert (first.severity, second.severity) == ("high", "medium")
    assert first.operators == (1, 2)
    assert first.time_share == pytest.approx(0.4)
    assert first.evidence["time_seconds"] == pytest.approx(40e-6)
    assert second.text == "1 float32 HARD_SWISH outside XNNPACK: 10% of the time"
    assert "RELU6" not in second.advice


def test_operators_outside_the_delegate_that_take_nearly_nothing():
    made = report(*OUTSIDE, times=(96, 1, 1, 2), kept={1: None, 2: None, 3: None})
    assert found(made, "outside_delegate") == []
    # Without a delegate nothing was left outside.
    assert found(report(*OUTSIDE, times=(50, 20, 20, 10)), "outside_delegate") == []


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("no_kernel", "try building the model of operators that the delegate takes"),
        ("type", "compare with the float model (`tflops compare`)"),
        ("scale", "other representative data gives other scales"),
        ("constant", "try converting the model with fixed lengths"),
        ("option", "try building the model of operators that the delegate takes"),
    ],
)
def test_each_reason_has_its_remedy(code, remedy):
    operators = (plain(0), plain(1, "MEAN", "int8"), plain(2, "MEAN", "int8"))
    (finding,) = found(
        report(*operators, times=(50, 25, 25), kept={1: code, 2: code}), "outside_delegate"
    )
    assert finding.advice == f"XNNPACK refuses it for its {code}: {remedy}"
    # Of operators that are refused for several reasons none is that of all.
    (finding,) = found(
        report(*operators, times=(50, 25, 25), kept={1: code, 2: None}), "outside_delegate"
    )
    assert finding.advice.startswith("compare with the float model")


def test_many_small_operators_outside_the_delegate_are_named_together():
    names = ("A", "B", "C")
    operators = [plain(0), *(plain(i, name, "int8") for i, name in enumerate(names, 1))]
    made = report(*operators, times=(88, 4, 4, 4), kept=dict.fromkeys((1, 2, 3)))
    (finding,) = found(made, "outside_delegate")
    assert finding.text == "3 operators of 3 types outside the delegate: 12% of the time"
    assert finding.operators == (1, 2, 3)


SPLIT = (
    xnnpack(0),
    builtin(1, taken_over=(SeamTensor(index=1, from_partition=0, size_bytes=2048),)),
    xnnpack(2),
)


def test_partitions_cost_time_between_them():
    made = report(*OUTSIDE[:3], times=(40, 10, 40), outside=10, partitions=SPLIT)
    (finding,) = found(made, "partitions")
    assert finding.text == "3 partitions, 2 delegated: 10.0µs (10%) outside operators"
    assert finding.advice.endswith("2.00KiB pass between them")
    assert finding.evidence["taken_over_bytes"] == 2048
    assert found(made, "outside_operators") == []


def test_partitions_that_cost_nothing_or_are_one():
    made = report(*OUTSIDE[:3], times=(40, 10, 46), outside=4, partitions=SPLIT)
    assert found(made, "partitions") == []
    made = report(*OUTSIDE[:3], times=(40, 10, 40), outside=10, partitions=SPLIT[:2])
    assert found(made, "partitions") == []


def test_time_outside_operators():
    made = report(*OUTSIDE[:2], times=(59, 30), outside=11)
    (finding,) = found(made, "outside_operators")
    assert finding.text == "11.0µs (11%) of an inference are outside its 2 operators"
    assert finding.severity == "medium"
    assert found(report(*OUTSIDE[:2], times=(61, 30), outside=9), "outside_operators") == []


# 25 MFLOP take 1 ms at the peak of 25 GFLOP/s; memory is no limit.
LARGE = Cost(macs=12_500_000)


def test_types_far_below_their_roof_that_matter():
    operators = (plain(0, cost=LARGE), plain(1, "ADD"))
    made = report(*operators, times=(5_000, 5_000), at_most=peaks(25e9))
    (finding,) = [f for f in found(made, "below_roof") if f.evidence["operator"] == "CONV_2D"]
    assert finding.text == "1 CONV_2D: 50% of the time, at 20% of the roof"
    # At the roof, four fifths of its half would be saved.
    assert finding.time_share == pytest.approx(0.4)
    assert finding.evidence["utilization"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("times", "kept"),
    [((3_900, 5_000), {}), ((5_000, 45_000), {}), ((5_000, 5_000), {0: None})],
    ids=["a quarter of its roof", "a tenth of the time", "outside the delegate"],
)
def test_types_near_their_roof_or_that_do_not_matter(times, kept):
    operators = (plain(0, cost=LARGE), plain(1, "ADD"))
    made = report(*operators, times=times, at_most=peaks(25e9), kept=kept)
    assert [f for f in found(made, "below_roof") if f.evidence["operator"] == "CONV_2D"] == []


def test_without_peaks_nothing_is_below_them():
    assert found(report(plain(0, cost=LARGE), times=(9_000,)), "below_roof") == []


def weights(batch, time, size=10_000_000, parameters=2_500_000):
    """A fully connected layer of 10 MB: 1 ms at the 10 GB/s of the memory."""
    fully = operator(
        0,
        "FULLY_CONNECTED",
        (),
        ((batch, 8),),
        Cost(macs=2_500_000),
        bytes_read=size,
        constant_bytes=size,
        parameters=parameters,
    )
    shape = (batch, 8)
    entry = InputAnalysis(
        name="x", type="float32", shape=shape, shape_signature=shape, is_defaulted=False
    )
    slow_memory = ThreadPeaks(
        threads=2, compute=peaks(1e12).compute, memory=peaks(1e12).memory[-1:]
    )
    return report(fully, times=(time,), at_most=slow_memory, inputs=(entry,))


def test_memory_bound_weights_at_batch_1():
    (finding,) = found(weights(1, 2_000), "memory_bound_weights")
    assert finding.text == (
        "1 FULLY_CONNECTED: 100% of the time, bound by reading 9.54MiB of weights"
    )
    assert finding.advice == (
        "store the weights as int8 or float16, or use a larger batch (0.500 operations per byte at "
        "batch 1)"
    )
    assert finding.evidence["bytes_per_parameter"] == 4
    (of_int8,) = found(weights(1, 2_000, parameters=10_000_000), "memory_bound_weights")
    assert of_int8.advice.startswith("a larger batch uses each weight more often")


def test_weights_that_do_not_bound():
    assert found(weights(2, 2_000), "memory_bound_weights") == []
    # At an eighth of the memory's speed, something else takes the time.
    assert found(weights(1, 8_000), "memory_bound_weights") == []


def tiny(count, rest, threads=2):
    operators = [*(plain(i, "ADD") for i in range(count)), plain(count, cost=LARGE)]
    return report(*operators, times=(*[2] * count, rest), at_most=peaks(25e9), threads=threads)


def test_many_tiny_operators():
    (finding,) = found(tiny(50, 400), "tiny_operators")
    assert finding.text == "50 tiny operators (2.00µs each) take 20% of the time"
    assert "--threads 1" in finding.advice
    assert "--threads" not in found(tiny(50, 400, threads=1), "tiny_operators")[0].advice


def test_few_tiny_operators_or_that_take_nearly_nothing():
    assert found(tiny(9, 10), "tiny_operators") == []
    assert found(tiny(50, 1_000), "tiny_operators") == []


def test_conversions_between_types():
    operators = (plain(0), plain(1, "DEQUANTIZE"), plain(2, "QUANTIZE", "int8"))
    made = report(*operators, times=(90, 6, 4), kept={1: None, 2: None})
    (finding,) = found(made, "conversions")
    assert finding.text == "2 conversions between number types take 10% of the time"
    # Said once.
    assert found(made, "outside_delegate") == []
    assert found(report(*operators, times=(96, 2, 2)), "conversions") == []


def test_a_profiler_that_distorts():
    made = report(plain(0), times=(9,), price=overhead(0.4, 0.3, 0.5))
    (finding,) = found(made, "profiler_distorts")
    assert finding.text == "the profiler makes the operators take 40% longer"
    assert made.findings[0] is not None
    assert made.findings[0].code == "profiler_distorts"


@pytest.mark.parametrize(("relative", "is_much"), [(0.9, False), (1.1, True)])
def test_of_times_that_are_mostly_the_profilers_nothing_follows(relative, is_much):
    price = overhead(relative, relative - 0.1, relative + 0.1)
    made = report(*OUTSIDE, times=(50, 20, 20, 10), kept={1: None, 2: None, 3: None}, price=price)
    codes = {finding.code for finding in made.findings}
    assert "profiler_distorts" in codes
    assert ("outside_delegate" in codes) is not is_much


@pytest.mark.parametrize("price", [overhead(0.25, 0.2, 0.3), overhead(0.4, -0.1, 0.9)])
def test_a_profiler_that_does_not_or_may_not(price):
    assert found(report(plain(0), times=(9,), price=price), "profiler_distorts") == []


def test_a_profiler_that_takes_its_time_outside_of_operators():
    """As LiteRT's does: 90 of 100 µs are its own, and 8 of the other 10 are those of the operator."""
    made = report(plain(0), times=(8,), outside=92, price=overhead(9.0, 8.0, 10.0))
    assert [finding.code for finding in made.findings] == ["outside_operators"]
    assert made.findings[0].time_share == pytest.approx(0.2)
    assert made.rows[0].time_share == pytest.approx(0.8)
    # Where operators take their part of it, no more is set apart than what is outside of them.
    (finding,) = found(
        report(plain(0), times=(29,), outside=71, price=overhead(9.0, 8.0, 10.0)),
        "profiler_distorts",
    )
    assert finding.text == "the profiler makes the operators take 190% longer"


def entry(signature, *, is_defaulted=True):
    return InputAnalysis(
        name="ids",
        type="int32",
        shape=tuple(max(length, 1) for length in signature),
        shape_signature=signature,
        is_defaulted=is_defaulted,
    )


def test_open_lengths_beside_the_batch():
    (finding,) = report(plain(0), inputs=(entry((-1, -1, 8)),)).findings
    assert finding.text == "input 'ids' is ?x?x8 in the file, and was counted as 1x1x8"
    assert finding.advice == "give real lengths: --input-shape ids=1xNx8"


@pytest.mark.parametrize("item", [entry((-1, 8)), entry((1, -1), is_defaulted=False)])
def test_an_open_batch_and_lengths_that_were_given_are_nothing(item):
    assert report(plain(0), inputs=(item,)).findings == ()


def latency(**changes):
    made = report(plain(0))
    fields = {"samples": 40, "median_seconds": 1e-3, "p95_seconds": 1.5e-3, **changes}
    found_latency = dataclasses.replace(made.timing.latency, **fields)
    return report(plain(0), latency=found_latency)


def test_a_95th_percentile_far_above_the_median():
    (finding,) = found(latency(), "latency_tail")
    assert finding.text == ("5% of inferences take 1.50ms or longer, 1.50 times the median")
    assert finding.advice == "plan with p95, or try --pin 1"


@pytest.mark.parametrize("change", [{"p95_seconds": 1.49e-3}, {"samples": 39}])
def test_a_95th_percentile_near_the_median_or_of_few_samples(change):
    assert found(latency(**change), "latency_tail") == []


def test_a_newer_runtime():
    note = Note(code="newer_runtime", text="newer runtimes are installed: litert", hint="compare")
    (finding,) = report(plain(0), notes=(note,)).findings
    assert (finding.code, finding.severity, finding.advice) == ("newer_runtime", "low", "compare")
    assert report(plain(0), notes=(Note(code="other", text="something"),)).findings == ()


def test_more_threads_than_cpus():
    made = report(plain(0), threads=3, evidence=None)
    (finding,) = found(made, "too_many_threads")
    assert finding.text == "3 threads share 2 CPUs and wait for each other"
    assert finding.advice == "try --threads 2"
    assert found(report(plain(0), threads=2, evidence=None), "too_many_threads") == []


def test_operators_that_are_counted_and_not_run():
    """They are in the totals and in no speed; an operator without a time is otherwise unknown."""
    made = report(plain(0), plain(1), plain(2, "ADD", cost=Cost(scalar_ops=400)), times=(50,))
    profile = dataclasses.replace(made.timing.profile, unread=(1, 2))
    made = made.with_parts(timing=dataclasses.replace(made.timing, profile=profile))
    (finding,) = found(made, "unread_operators")
    assert finding.text == (
        "2 operators with 55% of the operations are counted, but not run: nothing reads the output"
    )
    assert (finding.severity, finding.operators) == ("high", (1, 2))
    assert made.operations_per_second == 2000 / made.timing.latency.typical_seconds
    text = render(report_document(made), "text")
    assert text.count(" unread ") == 2
    by_name = {group.name: group for group in made.by_type}
    assert (by_name["CONV_2D"].untimed, by_name["ADD"].untimed) == (0, 0)
    assert by_name["CONV_2D"].operations_per_second == pytest.approx(2000 / 50e-6)
    assert by_name["ADD"].operations_per_second is None
    assert by_name["ADD"].time_seconds == 0.0
    fused = dataclasses.replace(profile, unread=(), fused=(1, 2))
    made = made.with_parts(timing=dataclasses.replace(made.timing, profile=fused))
    assert found(made, "unread_operators") == []


def test_loops_counted_for_one_iteration():
    made = report(plain(0), plain(1, "WHILE", status=Status.ONE_ITERATION))
    (finding,) = made.findings
    assert finding.text == "1 loop is counted for one iteration: totals are too low"
    assert finding.operators == (1,)
    waits = plain(1, "WHILE", status=Status.ONE_ITERATION, waits_for=("n",))
    assert "give the values of 'n' with --input" in report(waits).findings[0].advice
    assert report(plain(0), plain(1, "WHILE")).findings == ()


def test_parts_that_were_compiled():
    blob = plain(0, "edgetpu-custom-op", status=Status.UNSUPPORTED, constant_bytes=2048)
    (finding,) = report(blob).findings
    assert finding.text == "1 operator compiled for the Edge TPU is not counted"
    assert finding.evidence["constant_bytes"] == 2048
    assert finding.advice == "count the model before it was compiled"
    assert report(plain(0, "MyOp", status=Status.UNSUPPORTED)).findings == ()


def test_the_weightiest_first_and_as_plain_data():
    parts = (xnnpack(0), builtin(1, 2, 3))
    note = Note(code="newer_runtime", text="newer runtimes are installed: litert")
    made = report(
        *OUTSIDE,
        times=(50, 20, 20, 10),
        kept={1: None, 2: None, 3: None},
        partitions=parts,
        price=overhead(0.4, 0.3, 0.5),
        notes=(note,),
        threads=3,
        evidence=None,
    )
    codes = [finding.code for finding in made.findings]
    assert codes == [
        "profiler_distorts",
        "outside_delegate",
        "outside_delegate",
        "too_many_threads",
        "newer_runtime",
    ]
    (_, first, *_) = made.to_dict()["findings"]
    assert first["evidence"]["operators"] == 2
    assert set(json_schema(Finding)["$defs"]["Finding"]["properties"]) == set(first)


def test_a_terminal_has_the_first_finding_and_a_page_has_all_with_what_to_try(made):
    cramped = made("mixed")
    blobs = tuple(
        dataclasses.replace(item, name="ethos-u") if item.status is Status.UNSUPPORTED else item
        for item in mixed_analysis().operators
    )
    cramped = cramped.with_parts(
        analysis=dataclasses.replace(cramped.analysis, operators=blobs), remarks=()
    )
    (finding, *_) = cramped.findings
    document = report_document(cramped)
    summary = render(document, "text").split("\n\n")[-1]
    assert f"finding   {finding.text}" in summary
    for form in ("markdown", "html"):
        assert finding.advice in render(document, form)


def test_hard_swish_outside_xnnpack_comes_first(short_protocol):
    made = api.report(zoo_model("mobilenet_v3_small-int8"), peaks=False, max_time=1)
    profile = made.timing.profile
    kept = {operator.name for operator in profile.kept}
    assert "HARD_SWISH" in kept
    about = [f for f in made.findings if f.code == "outside_delegate"]
    (swish,) = [f for f in about if f.evidence["operator"] == "HARD_SWISH"]
    names = {made.rows[index].operator.name for index in swish.operators}
    assert names == {"HARD_SWISH"}
    assert all(not time.is_delegated for time in profile.operators if time.index in swish.operators)


def counted(name, **options):
    loaded = load(case_model(name))
    return Report.of(loaded, api.analyze(loaded, **options))


def test_a_real_model_with_open_lengths():
    made = counted("attention_open")
    assert [finding.code for finding in made.findings] == ["open_lengths"]
    given = {item.name: (1, *(max(n, 4) for n in item.shape[1:])) for item in made.analysis.inputs}
    assert counted("attention_open", input_shapes=given).findings == ()


def test_a_real_model_that_was_compiled():
    made = counted("ethos_u_scratch")
    assert [finding.code for finding in made.findings] == ["compiled_parts"]
