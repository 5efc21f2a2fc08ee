"""Names of nodes as profile summaries write them.

Sources: tflite/profiling/profile_summarizer.cc, ProfileSummarizer::ProcessProfiles (TensorFlow 1.10 to
2.21: the index came with 1.15); litert/runtime/profiler_summarizer.cc.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tflops_native.imported.figures import LONGEST_SECONDS
from tflops_native.imported.recorded import RecordedEvent
from tflops_native.imported.tables import TableRow

_INSIDE = re.compile(r"Delegate/(?P<name>.*):(?P<index>\d{1,9})", re.DOTALL)
# Some builds print ":ld" for the index: their formatting does not know 64-bit numbers.
_NODE = re.compile(r"\[(?P<outputs>.*)\](?::(?:(?P<index>\d{1,9})|ld))?", re.DOTALL)
# What LiteRT's own summary has in place of the outputs.
_LITERT = ("Builtin", "Delegate")
# The type of operators inside of delegates in TensorFlow 2.2 to 2.12.
_NESTED = "DelegateOpInvoke"


def is_whole_name(name: str) -> bool:
    """Whether a name is that of a node, or of an operator inside of a delegate, to its end."""
    return _NODE.fullmatch(name) is not None or _INSIDE.fullmatch(name) is not None


def events_of(rows: Sequence[TableRow]) -> tuple[RecordedEvent, ...]:
    """The events of a table; rows that are not operators, memory allocation say, are left out.

    Raises:
        ValueError: the times of an operator add up to more than any benchmark takes.
    """
    found = [(row, event) for row in rows if (event := _event(row)) is not None]
    # LiteRT counts the calls of all runs together: an operator that ran least often ran once in each.
    is_total = any(_is_litert(row) for row, _ in found)
    runs = min((row.calls or 0 for row, _ in found), default=0) if is_total else 1
    # Versions before 1.14 write 0 for all of them.
    is_counted = any(row.calls for row, _ in found)
    return tuple(
        _per_inference(event, (row.calls or 0) // max(runs, 1) if is_counted else 1)
        for row, event in found
    )


def _per_inference(event: RecordedEvent, calls: int) -> RecordedEvent:
    seconds = event.seconds * max(calls, 1)
    if seconds > LONGEST_SECONDS:
        raise ValueError(
            f"{event.name[:40]} takes longer than any benchmark: {calls} calls in each run"
        )
    return replace(event, seconds=seconds, calls=calls)


def _is_litert(row: TableRow) -> bool:
    return row.name.startswith(tuple(f"[{mark}]:" for mark in _LITERT))


def _event(row: TableRow) -> RecordedEvent | None:
    if match := _INSIDE.fullmatch(row.name):
        # A CSV file has tabs in place of the commas in names.
        return RecordedEvent(
            name=match["name"].replace("\t", ","),
            index=int(match["index"]),
            is_inside=True,
            is_nested=row.type == _NESTED,
            outputs=None,
            seconds=row.seconds,
            calls=0,
        )
    match = _NODE.fullmatch(row.name)
    if match is None:
        return None
    # Some kernels add what they do: "CONV_2D/...".
    name, outputs, is_inside = row.type.partition("/")[0], match["outputs"], False
    if _is_litert(row):
        is_inside = outputs == _LITERT[1]
        name = row.type.removeprefix("Delegate/") if is_inside else name
        outputs = None
    return RecordedEvent(
        name=name,
        index=None if match["index"] is None else int(match["index"]),
        is_inside=is_inside,
        outputs=outputs,
        seconds=row.seconds,
        calls=0,
    )
