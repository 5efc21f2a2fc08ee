"""JSON files of timings: parsed with care, and told apart by their keys."""

import json
from typing import Any

from tflops_native.imported.app_json import is_app_json, read_app_json
from tflops_native.imported.litert_json import is_litert_json, read_litert_json
from tflops_native.imported.recorded import Recorded
from tflops_native.imported.timer_json import is_timer_json, read_timer_json
from tflops_native.imported.timer_record import TimerRecord


def read_json(text: str) -> Recorded | TimerRecord | None:
    """What it says; None if it is one JSON object a line, as loggers keep them.

    Raises:
        ValueError: it is damaged or none of the known kinds.
        RecursionError: it is nested too deeply.
    """
    try:
        plain = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return None
        raise
    if is_timer_json(plain):
        return read_timer_json(plain)
    if is_litert_json(plain):
        return read_litert_json(plain)
    if is_app_json(plain):
        return read_app_json(plain)
    if any(isinstance(plain.get(key), str) for key in ("log", "MESSAGE")):
        return None
    raise ValueError(
        "it is JSON, but not that of litert-benchmark, of tflops-timer or of the benchmark app"
    )


def _refuse(constant: str) -> Any:
    raise ValueError(f"it holds {constant} where a number is expected")
