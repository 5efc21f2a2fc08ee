"""The JSON file of `litert-benchmark --result_json`.

Source: ai_edge_litert/tools/benchmark_litert_model.py, run_benchmark. It rounds to 0.01 ms.
"""

from collections.abc import Mapping
from typing import Any

from tflops_native.imported.figures import checked_duration
from tflops_native.imported.log_notes import NO_OPERATOR_TIMES
from tflops_native.imported.recorded import DurationSummary, ModelMark, Recorded

_MEBIBYTE = 1 << 20
_RESOLUTION = 1e-5
_BOUND = 1e15  # of bytes, runs and milliseconds: far above all of them


def is_litert_json(plain: Mapping[str, Any]) -> bool:
    """Whether parsed JSON looks like that of litert-benchmark."""
    return {"model", "latency", "accelerators"} <= plain.keys()


def read_litert_json(plain: Mapping[str, Any]) -> Recorded:
    """What it says.

    Raises:
        ValueError: a field is missing or of another type.
    """
    latency = plain["latency"]
    accelerators = plain["accelerators"]
    if not isinstance(latency, dict) or not isinstance(accelerators, list):
        raise ValueError("'latency' must be an object and 'accelerators' a list")
    warm_ups = int(_number(latency, "num_warmup_runs"))
    size = _number(plain, "model_size_mb") * _MEBIBYTE
    return Recorded(
        tool="litert-benchmark",
        form="JSON",
        model=ModelMark(
            name=str(plain["model"]), size_bytes=size, size_error_bytes=0.005 * _MEBIBYTE + 1
        ),
        threads=int(_number(plain, "num_threads")),
        delegates=tuple(str(name) for name in accelerators),
        signature=str(plain["signature"]) if plain.get("signature") else None,
        latency=DurationSummary(
            count=int(_number(latency, "num_runs")),
            **{name: _milliseconds(latency, key) for name, key in _LATENCY.items()},
            resolution=_RESOLUTION,
        ),
        is_profiled=False,
        initialization=_milliseconds(latency, "init_ms"),
        first_invoke=_milliseconds(latency, "warmup_first_ms") if warm_ups else None,
        warm_up=DurationSummary(
            count=warm_ups, mean=_milliseconds(latency, "warmup_avg_ms"), resolution=_RESOLUTION
        )
        if warm_ups
        else None,
        notes=(NO_OPERATOR_TIMES,),
    )


_LATENCY = {
    "mean": "avg_ms",
    "minimum": "min_ms",
    "p5": "p5_ms",
    "median": "median_ms",
    "p95": "p95_ms",
    "maximum": "max_ms",
    "std": "std_ms",
}


def _milliseconds(values: Mapping[str, Any], key: str) -> float:
    return checked_duration(_number(values, key), 1e-3, values[key])


def _number(values: Mapping[str, Any], key: str) -> float:
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key!r} is {str(value)[:40]!r} where a number is expected")
    # Written so that a NaN is refused too; whole numbers in JSON have no end.
    if not 0 <= value < _BOUND:
        shown = (
            value
            if isinstance(value, float)
            else f"{value:.3g}"
            if value.bit_length() < 999
            else "huge"
        )
        raise ValueError(f"{key!r} is {shown} where a number of 0 or more is expected")
    return value
