"""The console log and the CSV file of TensorFlow Lite's `benchmark_model`: facts and tables of operators.

Sources: tflite/profiling/profile_summary_formatter.cc (order of the tables) and
tsl/util/stats_calculator.cc (columns: older versions have [start] as well). A line of the log may have a
severity, or what Android's log adds, in front of it.
"""

import re
from dataclasses import dataclass, field

from tflops_native.imported.log_lines import SUMMARY, LogFacts, number_of, read_log
from tflops_native.imported.nodes import SummaryLine, events_of
from tflops_native.imported.recorded import BENCHMARK_MODEL, Recorded, RecordedEvent

_INITIALIZATION = "Profiling Info for Benchmark Initialization:"
_REGULAR = "Operator-wise Profiling Info for Regular Benchmark Runs:"
_RUN_ORDER = "Run Order"
# A file without any of them is none of this program's.
MARKS = (SUMMARY, _INITIALIZATION, _REGULAR, f" {_RUN_ORDER} ==")

_PREFIX = re.compile(
    r"(?:\d\d-\d\d [\d:.]+ +\d+ +\d+ [VDIWEF] [^:]*: )?(?:(?:INFO|WARN|WARNING|ERROR): )?"
)
_TITLE = re.compile(r"=+ (?P<title>\S.*?) =+")
_SUBGRAPH = re.compile(
    r"(?:Primary graph \(|Subgraph \(index: (?P<index>\d+), )name: .*\) profile:"
)
_RUNS = re.compile(r"Timings \(microseconds\): count=(?P<count>\d{1,12})\b")
_MAIN, _INSIDE, _OTHER = "main", "inside", "other"

_NUMBER = r"-?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|nan|inf)"
_HEADERS = {
    "csv": re.compile(
        r"node type, (?P<start>start, )?first, avg_ms, %, cdf%, mem KB, times called, name"
    ),
    "table": re.compile(
        r"\s*\[node type\]\s+(?P<start>\[start\]\s+)?\[first\]\s+\[avg ms\]\s+\[%\]\s+\[cdf%\]\s+"
        r"\[mem KB\]\s+\[times called\]\s+\[Name\]\s*"
    ),
}


def _row(separator: str, *, has_start: bool) -> re.Pattern[str]:
    # Types and names may hold the separator: the numbers between them tell them apart. Never two
    # spaces in a type, so that a line of spaces is not tried in every way.
    columns = [
        r"\s*+(?P<type>\S+(?: \S+)*?)",
        *([_NUMBER] if has_start else []),
        _NUMBER,
        rf"(?P<average>{_NUMBER})",
        f"{_NUMBER}%",
        f"{_NUMBER}%",
        _NUMBER,
        r"(?P<calls>\d{1,12})",
        r"(?P<name>\S.*)",
    ]
    return re.compile(separator.join(columns))


_ROWS = {
    (form, has_start): _row(separator, has_start=has_start)
    for form, separator in (("csv", ", "), ("table", r"\s++"))
    for has_start in (False, True)
}


@dataclass(slots=True)
class _Tables:
    """The lines of the regular runs in the order of the run, and where the reading stands."""

    lines: dict[str, list[SummaryLine]] = field(default_factory=lambda: {_MAIN: [], _INSIDE: []})
    runs: int | None = None
    is_regular: bool = True
    part: str = _MAIN
    title: str = ""
    row: re.Pattern[str] | None = None

    def read(self, number: int, line: str) -> None:
        """Take the next line; `number` is for messages.

        Raises:
            ValueError: a row of a table is damaged.
        """
        if self.row is not None and line.strip():
            self._add(number, line)
            return
        self.row = None
        text = line[_prefix_length(line) :]
        if text.startswith((_INITIALIZATION, _REGULAR)):
            if text.startswith(_REGULAR) and any(self.lines.values()):
                raise ValueError("it holds several profiles: cut out one of them")
            self.is_regular, self.part = text.startswith(_REGULAR), _MAIN
        elif text.startswith("Delegate internal:"):
            self.part = _INSIDE
        elif match := _SUBGRAPH.match(text):
            self.part = _MAIN if match["index"] is None else _OTHER
        elif match := _TITLE.match(text):
            self.title = match["title"]
        elif self.is_regular and self.part == _MAIN and (match := _RUNS.match(text)):
            self.runs = int(match["count"])
        elif self.title == _RUN_ORDER and self.is_regular and self.part != _OTHER:
            for form, header in _HEADERS.items():
                if match := header.fullmatch(text):
                    self.row = _ROWS[form, match["start"] is not None]

    def _add(self, number: int, line: str) -> None:
        match = None if self.row is None else self.row.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} is no row of the table it stands in: {line[:60]!r}")
        calls = int(match["calls"])
        if not calls:
            raise ValueError(f"the operator in line {number} did not run in every inference")
        seconds = number_of(match["average"]) * 1e-3 * calls
        self.lines[self.part].append(SummaryLine(match["type"], match["name"], seconds, calls))


def read_text(text: str) -> Recorded:
    """What the text tells.

    Raises:
        ValueError: it is damaged, tells of several benchmarks, or tells no times at all.
    """
    lines = [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]
    tables = _Tables()
    for number, line in enumerate(lines, 1):
        tables.read(number, line)
    if tables.row is not None:
        raise ValueError(f"it is cut off: the table in line {len(lines)} does not end")
    facts = read_log([line[_prefix_length(line) :] for line in lines])
    events = events_of(tables.lines[_MAIN])
    if facts.latency is None and not events:
        raise ValueError("it tells no times, neither of inferences nor of operators")
    return _recorded(facts, tables, events)


def _recorded(facts: LogFacts, tables: _Tables, events: tuple[RecordedEvent, ...]) -> Recorded:
    parameters, totals = facts.parameters, facts.totals
    is_log = bool(totals or parameters)
    threads = parameters.get("#threads used for CPU inference") or parameters.get("Num threads")
    profiling = parameters.get("Enable op profiling")
    return Recorded(
        tool=BENCHMARK_MODEL,
        form="log" if is_log else "CSV",
        model=facts.model,
        threads=int(threads) if threads and threads.isdecimal() and int(threads) else None,
        delegates=facts.delegates,
        signature=parameters.get("Signature to run") or None,
        input_shapes=_shapes(parameters),
        latency=facts.latency,
        is_profiled=bool(events) or (profiling == "1" if is_log else None),
        initialization=_seconds(totals.get("Init")),
        first_invoke=_seconds(totals.get("First inference")),
        warm_up=facts.warm_up,
        profiled_runs=tables.runs,
        events=events,
        inside=events_of(tables.lines[_INSIDE]),
    )


def _shapes(parameters: dict[str, str]) -> dict[str, tuple[int, ...]] | None:
    """Input name -> shape; the lists are separated by commas and by colons."""
    names, shapes = parameters.get("Input layers"), parameters.get("Input shapes")
    if not names or not shapes:
        return None
    try:
        lengths = [tuple(int(length) for length in one.split(",")) for one in shapes.split(":")]
        return dict(zip(names.split(","), lengths, strict=True))
    except ValueError as error:
        raise ValueError(f"the input shapes {shapes!r} do not fit the inputs {names!r}") from error


def _seconds(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds * 1e-6


def _prefix_length(line: str) -> int:
    match = _PREFIX.match(line)
    return match.end() if match else 0
