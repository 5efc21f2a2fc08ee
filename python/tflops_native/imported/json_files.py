"""JSON files of timings: parsed with care, and told apart by their keys."""

import json
from collections.abc import Iterator
from typing import Any

from tflops_native.imported.app_json import is_app_json, read_app_json
from tflops_native.imported.litert_json import is_litert_json, read_litert_json
from tflops_native.imported.log_lines import marked
from tflops_native.imported.recorded import Recorded
from tflops_native.imported.timer_json import is_timer_json, read_timer_json
from tflops_native.imported.timer_record import TimerRecord

# Logs inside of documents that test runners and build systems keep: {"stdout": "..."}, lists of lines.
_DEEPEST = 20


def read_json(text: str) -> Recorded | TimerRecord | str | None:
    """What it says; the log that it holds; None if it is one JSON object a line, as loggers keep them.

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
    if not isinstance(plain, dict):
        plain = {"": plain}
    if is_timer_json(plain):
        return read_timer_json(plain)
    if is_litert_json(plain):
        return read_litert_json(plain)
    if is_app_json(plain):
        return read_app_json(plain)
    if any(isinstance(plain.get(key), str) for key in ("log", "MESSAGE")):
        return None
    # One program's output may be there as a text and as a list of its lines.
    if logs := dict.fromkeys(found.strip() for found in _texts(plain, _DEEPEST) if _is_log(found)):
        return "\n".join(logs)
    raise ValueError(
        "it is JSON, but not that of litert-benchmark, of tflops-timer or of the benchmark app"
    )


def _texts(plain: Any, depth: int) -> Iterator[str]:
    """All texts of several lines."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list) and plain and all(isinstance(line, str) for line in plain):
        yield "\n".join(line.removesuffix("\n") for line in plain)
    elif depth and isinstance(plain, list | dict):
        for value in plain if isinstance(plain, list) else plain.values():
            yield from _texts(value, depth - 1)


def _is_log(text: str) -> bool:
    return any(marked(line) >= 0 for line in text.splitlines())


def _refuse(constant: str) -> Any:
    raise ValueError(f"it holds {constant} where a number is expected")
