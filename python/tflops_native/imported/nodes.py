"""Names of nodes as TensorFlow Lite's profile summaries write them.

Source: tflite/profiling/profile_summarizer.cc, ProfileSummarizer::ProcessProfiles.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tflops_native.imported.recorded import RecordedEvent

_INSIDE = re.compile(r"Delegate/(?P<name>.*):(?P<index>\d{1,9})", re.DOTALL)
_NODE = re.compile(r"\[(?P<outputs>.*)\]:(?P<index>\d{1,9})", re.DOTALL)
# What LiteRT's own summary (litert/runtime/profiler_summarizer.cc) has in place of the outputs.
_LITERT = ("Builtin", "Delegate")


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of a summary: type and name as written, mean seconds per inference, calls."""

    type: str
    name: str
    seconds: float
    calls: int


def events_of(lines: Iterable[SummaryLine]) -> tuple[RecordedEvent, ...]:
    """The events that lines tell of; those that are none, memory allocation say, are left out.

    Raises:
        ValueError: they are of LiteRT's own profiler, which does not say of how many runs.
    """
    return tuple(event for line in lines if (event := _event(line)) is not None)


def _event(line: SummaryLine) -> RecordedEvent | None:
    outputs = None
    if match := _INSIDE.fullmatch(line.name):
        # A CSV file has tabs in place of the commas in names.
        name = match["name"].replace("\t", ",")
    elif match := _NODE.fullmatch(line.name):
        # Some kernels add what they do: "CONV_2D/...".
        name, outputs = line.type.partition("/")[0], match["outputs"]
        if outputs in _LITERT:
            raise ValueError("the summary of LiteRT's own profiler does not say of how many runs")
    else:
        return None
    return RecordedEvent(
        name=name,
        index=int(match["index"]),
        is_inside=outputs is None,
        outputs=outputs,
        seconds=line.seconds,
        calls=line.calls,
    )
