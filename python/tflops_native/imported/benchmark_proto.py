"""The two protocol buffers that TensorFlow Lite's `benchmark_model` writes.

Sources: tflite/profiling/proto/profiling_info.proto (BenchmarkProfilingData) and
tflite/tools/benchmark/proto/benchmark_result.proto (BenchmarkResult).
"""

from dataclasses import dataclass

from tflops_native.imported.nodes import SummaryLine, events_of
from tflops_native.imported.recorded import (
    BENCHMARK_MODEL,
    MICROSECOND,
    DurationSummary,
    ModelMark,
    Recorded,
)
from tflops_native.imported.wire import BYTES, FIXED32, VARINT, Field, fields

_PER_MILLISECOND = 1e-3
# A float of 32 bits holds a number to a part in 2**24.
_FLOAT32_ERROR = 2.0**-24
_LATENCY_NAMES = {
    1: "mean",
    2: "minimum",
    3: "maximum",
    4: "std",
    5: "median",
    6: "p5",
    7: "p95",
    8: "initialization",
    9: "first_invoke",
    10: "warm_up",
}


def read_proto(data: memoryview) -> Recorded:
    """One of the two messages.

    Raises:
        ValueError: the bytes are neither.
    """
    found = list(fields(data))
    if not found or any(field.wire_type != BYTES or field.number > 4 for field in found):
        raise ValueError("fields of another message")
    if any(field.number == 4 for field in found) or _holds_floats(found):
        return _result(found)
    return _profile(found)


def _holds_floats(found: list[Field]) -> bool:
    """Whether field 2 holds plain floats, as the latencies of BenchmarkResult are."""
    for field in found:
        if field.number == 2:
            return any(inner.wire_type == FIXED32 for inner in fields(field.message()))
    return False


def _result(found: list[Field]) -> Recorded:
    latencies: dict[str, float] = {}
    size_bytes = None
    counts: dict[int, int] = {}
    for field in found:
        if field.number == 2:
            for inner in fields(field.message()):
                if inner.number in _LATENCY_NAMES:
                    name = _LATENCY_NAMES[inner.number]
                    latencies[name] = inner.float32() * _PER_MILLISECOND
        elif field.number == 4:
            for inner in fields(field.message()):
                if inner.number == 1:
                    size_bytes = inner.float32() * 1e6
                elif inner.number in (2, 3):
                    counts[inner.number] = inner.integer()
    warm_up = latencies.pop("warm_up", None)
    initialization = latencies.pop("initialization", None)
    first_invoke = latencies.pop("first_invoke", None)
    if "mean" not in latencies:
        raise ValueError("a BenchmarkResult without avg_ms")
    return Recorded(
        tool=BENCHMARK_MODEL,
        form="BenchmarkResult",
        model=ModelMark(
            size_bytes=size_bytes or None, size_error_bytes=1 + (size_bytes or 0) * _FLOAT32_ERROR
        ),
        latency=DurationSummary(count=counts.get(2), **latencies),
        initialization=initialization,
        first_invoke=first_invoke,
        warm_up=None if warm_up is None else DurationSummary(mean=warm_up, count=counts.get(3)),
    )


@dataclass(slots=True)
class _Operator:
    """One OpProfileData."""

    type: str = ""
    name: str = ""
    total_us: int = 0
    count: int = 0
    times_called: int = 0
    run_order: int = 0


def _profile(found: list[Field]) -> Recorded:
    name = None
    nodes: list[_Operator] = []
    delegated: list[_Operator] = []
    for field in found:
        if field.number == 1:
            name = field.text() or None
        elif field.number == 3:
            for inner in fields(field.message()):
                if inner.number == 1:
                    nodes += _subgraph(inner.message())
                elif inner.number == 2:
                    delegated += _operators(inner.message(), 2)
    if not nodes:
        raise ValueError("a BenchmarkProfilingData without operators")
    runs = max((o.count // o.times_called for o in nodes if o.times_called), default=0)
    if runs < 1:
        raise ValueError("a BenchmarkProfilingData whose operators never ran")
    return Recorded(
        tool=BENCHMARK_MODEL,
        form="BenchmarkProfilingData",
        model=ModelMark(name=name),
        profiled_runs=runs,
        events=events_of(_lines(nodes, runs)),
        inside=events_of(_lines(delegated, runs)),
    )


def _subgraph(data: memoryview) -> list[_Operator]:
    """The operators of SubGraphProfilingData, none unless it is the main subgraph."""
    index = next((field.integer() for field in fields(data) if field.number == 2), 0)
    return _operators(data, 3) if index == 0 else []


def _operators(data: memoryview, number: int) -> list[_Operator]:
    found = [_operator(field.message()) for field in fields(data) if field.number == number]
    return sorted(found, key=lambda operator: operator.run_order)


def _operator(data: memoryview) -> _Operator:
    operator = _Operator()
    for field in fields(data):
        if field.number == 1:
            operator.type = field.text()
        elif field.number == 2:
            for inner in fields(field.message()):
                # Not `avg`, which is cut to whole microseconds.
                if inner.number == 8:
                    operator.total_us = inner.integer()
                elif inner.number == 9:
                    operator.count = inner.integer()
        elif field.number == 5:
            operator.name = field.text()
        elif field.wire_type == VARINT and field.number == 4:
            operator.times_called = field.integer()
        elif field.wire_type == VARINT and field.number == 6:
            operator.run_order = field.integer()
    return operator


def _lines(operators: list[_Operator], runs: int) -> list[SummaryLine]:
    return [
        SummaryLine(o.type, o.name, o.total_us * MICROSECOND / runs, o.times_called)
        for o in operators
    ]
