"""The report of the Android benchmark app, as test farms collect it.

Source: tflite/tools/benchmark/experimental/firebase/android/jni/benchmark_model_jni.cc: one text with the
means in microseconds.
"""

import re
from collections.abc import Mapping
from typing import Any

from tflops_native.imported.figures import duration
from tflops_native.imported.log_notes import NO_OPERATOR_TIMES
from tflops_native.imported.recorded import (
    BENCHMARK_MODEL,
    MICROSECOND,
    DurationSummary,
    Recorded,
)

_TIMES = "average time in us"
_TIME = re.compile(r"(?P<name>init|warmup|inference): (?P<value>[^,\s]+)")


def is_app_json(plain: Mapping[str, Any]) -> bool:
    """Whether parsed JSON looks like the app's."""
    return isinstance(plain.get(_TIMES), str)


def read_app_json(plain: Mapping[str, Any]) -> Recorded:
    """What it says.

    Raises:
        ValueError: a figure is missing or impossible.
    """
    status = plain.get("status", "OK")
    if status != "OK":
        raise ValueError(f"no inference was timed: the benchmark ended with {str(status)[:60]!r}")
    times = {
        match["name"]: duration(match["value"], MICROSECOND)
        for match in _TIME.finditer(plain[_TIMES])
    }
    if not times.get("inference"):
        raise ValueError(f"no time of an inference in {plain[_TIMES][:60]!r}")
    return Recorded(
        tool=BENCHMARK_MODEL,
        form="app report",
        latency=DurationSummary(mean=times["inference"]),
        initialization=times.get("init"),
        warm_up=DurationSummary(mean=times["warmup"]) if "warmup" in times else None,
        notes=(NO_OPERATOR_TIMES,),
    )
