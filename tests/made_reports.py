"""Reports on made-up models, with every figure written out: nothing here is counted or measured.

`TFLOPS_OVERWRITE_GOLDEN=1 pytest tests/formats` writes the golden files anew; look at the
difference before it is kept.
"""

import os
from pathlib import Path

import pytest

from machines import evidence
from tflops_native.analysis.memory import PeakMemory
from tflops_native.analysis.operators import OperatorAnalysis, Status
from tflops_native.analysis.result import Analysis, InputAnalysis
from tflops_native.machine.machine import Machine
from tflops_native.machine.memory import Memory
from tflops_native.machine.peaks.peaks import ComputePeak, MemoryPeak, ThreadPeaks
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.model.graph import Model
from tflops_native.model.sources.source import Source
from tflops_native.ops import Cost
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.result import OperatorTime, Overhead, Profile, UnmatchedEvent
from tflops_native.reports.report import Report
from tflops_native.runtime.inputs.record import InputRecord
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.stability.causes import Cause
from tflops_native.stability.patterns import Drift, Modes
from tflops_native.stability.verdict import Figures, Stability
from tflops_native.timing.clock import Clock
from tflops_native.timing.precision import Stop
from tflops_native.timing.statistics import Latency
from tflops_native.timing.warm_up import WarmUp

GOLDEN = Path(__file__).parent / "formats" / "golden"


@pytest.fixture
def golden():
    """Compares a text with the golden file of that name."""

    def compare(name, text):
        path = GOLDEN / name
        if os.environ.get("TFLOPS_OVERWRITE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


# As many as have a 95th percentile.
SAMPLES_NS = (21_000, 19_000, 20_000, 22_000, 50_000) * 4


def model(name="tiny.tflite", data=b"made up"):
    return Model(
        source=Source(memoryview(data), None if name is None else Path("/some/where") / name),
        size_bytes=12_345,
        version=3,
        description="made up",
        subgraphs=(),
        signatures=(),
        metadata=(),
        buffers=(),
        external_buffers=(),
    )


def operator(index, name, inputs, outputs, cost, **changes):
    fields = {
        "output_types": ("float32",) * len(outputs),
        "shapes_assumed": False,
        "status": Status.COUNTED,
        "mac_arithmetic": "float32" if cost.macs else None,
        "arithmetic": "float32",
        "bytes_read": 0,
        "bytes_written": 0,
        "constant_bytes": 0,
        "minimum": None,
        "calls": (),
        "note": None,
        **changes,
    }
    fields["own_bytes_read"] = fields.pop("bytes_read")
    fields["own_bytes_written"] = fields.pop("bytes_written")
    return OperatorAnalysis(
        index=index,
        name=name,
        input_shapes=inputs,
        output_shapes=outputs,
        own_cost=cost,
        **fields,
    )


def float_analysis():
    """Three operators, the second of them without arithmetic."""
    image, features = (1, 28, 28, 1), (1, 26, 26, 32)
    return Analysis(
        signature="serving_default",
        subgraph_index=0,
        inputs=(
            InputAnalysis(
                name="image",
                type="float32",
                shape=image,
                shape_signature=(-1, 28, 28, 1),
                is_defaulted=True,
            ),
        ),
        operators=(
            operator(
                0,
                "CONV_2D",
                (image, (32, 3, 3, 1), (32,)),
                (features,),
                Cost(macs=194_688, scalar_ops=43_264),
                bytes_read=4_416,
                bytes_written=86_528,
                constant_bytes=1_280,
            ),
            operator(
                1, "RESHAPE", (features,), ((1, 21_632),), Cost(), status=Status.NO_ARITHMETIC
            ),
            operator(
                2,
                "SOFTMAX",
                ((1, 21_632),),
                ((1, 21_632),),
                Cost(scalar_ops=86_527, transcendentals=21_632),
                bytes_read=86_528,
                bytes_written=86_528,
            ),
        ),
        tensor_shapes=(),
        peak_memory=PeakMemory(
            size_bytes=89_664, operator_index=0, tensors=(("features", 86_528),)
        ),
        weight_bytes=1_280,
        parameters=320,
    )


def mixed_analysis():
    """Two arithmetic types, an operator without a rule, one bounded; names that ask for trouble."""
    rows = (100, 1000)
    return Analysis(
        signature=None,
        subgraph_index=0,
        inputs=(
            InputAnalysis(
                name="<b>x</b>",
                type="int8",
                shape=rows,
                shape_signature=rows,
                is_defaulted=False,
            ),
        ),
        operators=(
            operator(
                0,
                "FULLY_CONNECTED",
                (rows, (10_000_000, 1000), None),
                ((100, 10_000_000),),
                Cost(macs=10**12, scalar_ops=10**9),
                mac_arithmetic="int8",
                bytes_read=10_000_100_000,
                bytes_written=4 * 10**9,
                constant_bytes=10**10,
            ),
            operator(
                1,
                "<script>alert(1)</script>",
                ((100, 10_000_000),),
                ((100, 7), None),
                Cost(),
                status=Status.UNSUPPORTED,
                shapes_assumed=True,
                bytes_read=4 * 10**9,
                bytes_written=2_800,
                note="no rule for this custom operator",
            ),
            operator(
                2,
                "NON_MAX_SUPPRESSION_V5",
                ((100, 7),),
                ((100,), (100,), ()),
                Cost(scalar_ops=5),
                status=Status.BOUNDED,
                bytes_read=2_800,
                bytes_written=804,
                note="at most: depends on the boxes",
            ),
        ),
        tensor_shapes=(),
        peak_memory=PeakMemory(
            size_bytes=89_664, operator_index=0, tensors=(("features", 86_528),)
        ),
        weight_bytes=10**10,
        parameters=10**10,
    )


def timing(profile):
    """Five samples of ten invokes: 2.1, 1.9, 2.0, 2.2, 5.0 us an invoke."""
    return Timing(
        origin=Origin(measured="here", tool="tflops_native 1.2.3", machine=MACHINE),
        runtime=RuntimeInfo(name="tflite", version="2.17.1", library="/lib/libtensorflowlite_c.so"),
        kernels="xnnpack",
        threads=2,
        signature="serving_default",
        input_shapes={"image": (1, 28, 28, 1)},
        seed=0,
        clock=Clock(resolution_ns=30, read_ns=25.5),
        load_ns=3_210_000,
        allocate_ns=110_000,
        first_invoke_ns=250_400,
        warm_up=WarmUp(runs=2, samples_ns=(30_000, 29_000), is_steady=False),
        invokes_per_sample=10,
        samples_ns=SAMPLES_NS,
        latency=Latency.of(SAMPLES_NS, invokes_per_sample=10),
        stop=Stop(reason="max_time", precision=0.01, is_reached=False, seconds=0.25),
        profile=profile,
        inputs=(
            InputRecord(
                name="image",
                type="float32",
                shape=(1, 28, 28, 1),
                kind="random",
                seed=0,
                low=-1,
                high=1,
            ),
        ),
        stability=Stability(
            verdict="noisy",
            because="the 95th percentile is 2.22 times the median",
            figures=Figures(
                seconds=1.0,
                spread=0.05,
                tail=1.22,
                stalls=1,
                stalled=0.25,
                drift=Drift(share=0.01, is_significant=False),
                slowdown=0.03,
                autocorrelation=0.1,
                modes=Modes(fast_ns=2e4, slow_ns=3e4, slow_share=0.25),
            ),
            causes=(
                Cause(
                    seen="37 involuntary context switches/s",
                    why="other processes run there",
                    remedy="--pin 1",
                ),
            ),
        ),
        evidence=evidence(is_pinned=True, cpus_allowed=(0,)),
        memory=Memory(
            before_bytes=32 << 20,
            loaded_bytes=40 << 20,
            allocated_bytes=(40 << 20) - 4096,
            filled_bytes=None,
            first_invoke_bytes=44 << 20,
            peak_bytes=45 << 20,
        ),
    )


def estimate(typical, lower, upper):
    """In nanoseconds."""
    return TimeEstimate(
        typical_seconds=typical * 1e-9, lower_seconds=lower * 1e-9, upper_seconds=upper * 1e-9
    )


def time_of(index, bounds, *samples_ns, kernel="builtin", events=0):
    """The time of an operator; with `events`, of so many of a delegate."""
    return OperatorTime(
        index=index,
        kernel=kernel,
        is_delegated=events > 0,
        resolution_ns=1000 * events or 1,
        estimate=estimate(*bounds),
        samples_ns=samples_ns,
    )


def overhead(relative, lower=None, upper=None):
    return Overhead(relative=relative, lower=lower, upper=upper, rounds=20, empty_operator_ns=30.0)


def stop(reason, is_reached):
    return Stop(reason=reason, precision=0.03, is_reached=is_reached, seconds=5.25)


MACHINE = Machine(
    processor="Example CPU @ 3 GHz",
    architecture="x86_64",
    system="Linux 6.0",
    logical_cpus=4,
    usable_cpus=2,
)


def peaks(float32):
    """Two threads' peaks in round numbers: of float32 so many operations per second, and of int8 twice."""
    return ThreadPeaks(
        threads=2,
        compute=(
            ComputePeak(arithmetic="float32", operations_per_second=float32, instructions="FMA"),
            ComputePeak(arithmetic="int8", operations_per_second=2 * float32, instructions="AVX2"),
        ),
        memory=(
            level("L1", 40_000, 100e9),
            level("L2", 1_000_000, 50e9),
            level("DRAM", None, 10e9),
        ),
    )


def level(name, capacity, bandwidth):
    """One level of memory."""
    return MemoryPeak(
        name=name,
        capacity_bytes=capacity,
        buffer_bytes=100_000_000 if capacity is None else capacity // 4,
        bytes_per_second=bandwidth,
    )


def make_report(name):
    """One of the reports by name."""
    if name == "count":
        return Report.of(model(), float_analysis())
    if name in ("float", "roofline", "above"):
        # Median of the runs 40 us: 30.75 us in operators, 9 outside.
        profile = Profile.of_runs(
            invoke_ns=(41_000, 39_000),
            operators=(
                time_of(
                    0,
                    (25_000, 24_500, 25_500),
                    25_000,
                    24_000,
                    kernel="Convolution (NHWC, F32) IGEMM",
                    events=1,
                ),
                time_of(
                    2, (5_750, 5_000, 6_500), 6_000, 5_000, kernel="Softmax (NC, F32)", events=1
                ),
            ),
            unmatched=(),
            fused=(1,),
            outside_seconds=9e-6,
            overhead=overhead(0.048, 0.041, 0.055),
            stop=stop("precision", True),
        )
        # 432,640 operations of the first operator in 25 us are 17 GFLOP/s.
        at_most = {"float": None, "roofline": peaks(25e9), "above": peaks(12e9)}[name]
        return Report.of(model(), float_analysis(), timing=timing(profile), peaks=at_most)
    if name == "mixed":
        profile = Profile.of_runs(
            invoke_ns=(2_000_000_000,),
            operators=(
                time_of(0, (1_900_000_000, 1_800_000_000, 2_000_000_000), 1_900_000_000),
                time_of(1, (99_000_000, 98_900_000, 99_100_000), 99_000_000),
                time_of(2, (500, 0, 1_000), 0, kernel="Custom (NC)", events=1),
            ),
            unmatched=(
                UnmatchedEvent(
                    name="Copy (<NC>, X32)",
                    estimate=estimate(600_500, 600_000, 601_000),
                    samples_ns=(600_000,),
                ),
            ),
            fused=(),
            outside_seconds=390e-6,
            overhead=overhead(-0.004, -0.02, 0.012),
            stop=stop("max_time", False),
        )
        return Report.of(model(None), mixed_analysis(), timing=timing(profile))
    if name == "time":
        return Report.of(model(), timing=timing(None))
    if name == "refused":
        return Report.of(model(), float_analysis(), timing_error="said no")
    raise ValueError(f"there is no report {name!r}")


@pytest.fixture
def made():
    return make_report


@pytest.fixture(params=["count", "float", "mixed", "roofline", "above", "time", "refused"])
def case(request):
    """(name, report) of each."""
    return request.param, make_report(request.param)
