"""Takes the lines of logs one after the other and sorts what they say by benchmark."""

import re
from collections.abc import Callable

from tflops_native.imported.figures import count
from tflops_native.imported.log_facts import LogFacts
from tflops_native.imported.log_lines import kind_of
from tflops_native.imported.log_notes import DROPPED_EVENTS, TEXT_PROTO
from tflops_native.imported.profile_tables import INSIDE
from tflops_native.notes import Note

_PARAMETER = re.compile(r"(?P<name>[#A-Z][^:\[\]]*): \[(?P<value>.*)\]")
# The names of the same figures in the summaries of all versions.
_TOTAL_NAMES = {
    "Init": "Init",
    "First inference": "First inference",
    "Warmup (avg)": "Warmup",
    "Warmup": "Warmup",
    "Inference (avg)": "Inference",
    "Inference": "Inference",
    "no stats": "Inference",
}
_TOTALS = re.compile(
    rf"(?P<name>{'|'.join(map(re.escape, _TOTAL_NAMES))}): (?P<value>-?[0-9.]+(?:e[+-]?\d+)?|-?nan|-?inf)"
)
_OLDEST_TOTAL = re.compile(r"(?P<value>[0-9.]+(?:e[+-]?\d+)?) ?,")
_INDEX = re.compile(r"\(index: (\d{1,9})")
_RUNS = re.compile(r"Timings \(microseconds\): count=(\d{1,12})\b")
_DELEGATE = re.compile(
    r"Explicitly applied (?P<explicit>\S+) delegate, and the model graph will be "
    r"|Created TensorFlow Lite (?P<created>\S+) delegate for "
)
_RESULT = re.compile(r" *(?P<value>\S+)(?P<unit> ms)?(?: \((?P<runs>\d+) runs\))?$")
_PROTO_LINE = re.compile(r"\s*(?:\w+: .*|\w+ \{|\})$")


class LogReader:
    """Takes the payloads one after the other and sorts them by benchmark."""

    def __init__(self) -> None:
        self.benchmarks: list[LogFacts] = [LogFacts()]
        self.options: list[tuple[str, str]] = []
        self.unknown: list[tuple[int, str]] = []
        self.is_proto = False

    @property
    def facts(self) -> LogFacts:
        return self.benchmarks[-1]

    def line(self, number: int, payload: str) -> None:
        """Take a line; what is impossible in it is damage of its benchmark, and of no other."""
        try:
            self._take(number, payload)
        except ValueError as error:
            self.facts.damage = self.facts.damage or error

    def _take(self, number: int, payload: str) -> None:
        tables = self.facts.tables
        text = payload.strip()
        if not text:
            tables.close()
            return
        kind, rest = kind_of(text)
        if not kind:
            if tables.is_open:
                tables.line(number, payload)
            elif not (self.is_proto and _PROTO_LINE.match(payload)):
                self.unknown.append((number, payload))
            return
        self.is_proto = kind == "proto" or self.is_proto
        if (handler := _HANDLERS.get(kind)) is not None:
            handler(self, text, rest)

    def begin(self, *, always: bool = False) -> None:
        """Another benchmark begins, unless this one has only begun."""
        if self.facts.is_ended or (always and self.facts.has_anything):
            self.facts.tables.close()
            self.benchmarks.append(LogFacts())

    def start(self, payload: str, rest: str) -> None:
        self.begin(always=True)

    def size(self, payload: str, rest: str) -> None:
        self.begin()
        self.facts.size_mb = rest.split()[0] if rest.split() else ""

    def session(self, payload: str, rest: str) -> None:
        # Viewers that show two streams show a line twice.
        self.begin(always=self.facts.session not in (None, rest))
        self.facts.session = rest

    def running(self, payload: str, rest: str) -> None:
        self.begin()
        announced = self.facts.announcements
        is_repeated = announced[-1:] == [rest] and len(self.facts.phases) < len(announced)
        if not is_repeated:
            announced.append(rest)

    def statistics(self, payload: str, rest: str) -> None:
        phase = (len(self.facts.announcements), payload)
        if self.facts.phases[-1:] != [phase]:
            self.facts.phases.append(phase)

    def summary(self, payload: str, rest: str) -> None:
        totals = {_TOTAL_NAMES[m["name"]]: m["value"] for m in _TOTALS.finditer(payload)}
        if "Inference" not in totals and (match := _OLDEST_TOTAL.match(rest)):
            totals["Inference"] = match["value"]
        if "Inference" not in totals and totals:
            # The line is cut off, perhaps in its last number.
            totals.popitem()
        if self.facts.totals not in ({}, totals):
            # Statistics behind the other summary are of this one.
            ended = self.facts
            late = [(0, line) for _, line in ended.phases[ended.phases_at_end :]]
            del ended.phases[ended.phases_at_end :]
            self.begin(always=True)
            self.facts.phases += late
        if not self.facts.totals:
            self.facts.phases_at_end = len(self.facts.phases)
        self.facts.totals = totals

    def own_parameter(self, payload: str, rest: str) -> None:
        self.begin()
        self.parameter(payload, rest)

    def parameter(self, payload: str, rest: str) -> None:
        if match := _PARAMETER.fullmatch(payload):
            self.facts.parameters.setdefault(match["name"], match["value"])

    def console(self, payload: str, rest: str) -> None:
        self.begin()
        self.facts.has_console = True
        name, value = payload.split(":")[0], rest.strip()
        if name == "Accelerators":
            self.facts.delegates.update(dict.fromkeys(re.split(r", *", value)))
        else:
            key = "Signature to run" if name == "Using signature" else name
            self.facts.parameters.setdefault("Graph" if name == "Model" else key, value)

    def console_size(self, payload: str, rest: str) -> None:
        self.facts.size_mib = rest.split()[0]

    def result(self, payload: str, rest: str) -> None:
        name = payload.partition(":")[0]
        match = _RESULT.match(rest)
        # Without a unit it is the end of another line, in other units; only the deviation has none.
        if match is None or not (match["unit"] or "(std)" in name):
            return
        found = (match["value"], match["runs"])
        if self.facts.results.get(name, found) != found:
            self.begin(always=True)
        self.facts.results[name] = found

    def delegate(self, payload: str, rest: str) -> None:
        if match := _DELEGATE.search(payload):
            self.facts.delegates[match["explicit"] or match["created"]] = None

    def option(self, payload: str, rest: str) -> None:
        self.options.append((payload[: -len(rest)].strip(" :"), rest))

    def note(self, note: Note) -> None:
        self.facts.notes[note.code] = note

    def failed(self, payload: str, rest: str) -> None:
        self.facts.has_failed = payload
        # Before any run a delegate may fail, and the benchmark goes on without it.
        self.facts.has_aborted |= bool(self.facts.announcements)

    def remark(self, payload: str, rest: str) -> None:
        # The end of a fenced block is that of a table in it.
        if payload.startswith("```"):
            self.facts.tables.close()

    def regular(self, payload: str, rest: str) -> None:
        if self.facts.tables.has_rows:
            self.begin(always=True)
        self.facts.tables.begin(0, is_initialization=False)

    def subgraph(self, payload: str, rest: str) -> None:
        if payload.endswith("profile:"):
            match = _INDEX.search(payload)
            self.part(0 if match is None else int(match[1]))
        else:
            self.timings(payload, rest)

    def part(self, index: int) -> None:
        tables = self.facts.tables
        tables.begin(index, is_initialization=tables.is_initialization)

    def timings(self, payload: str, rest: str) -> None:
        match = _INDEX.search(payload)
        if (runs := _RUNS.search(payload)) is not None:
            self.facts.tables.timings(None if match is None else int(match[1]), int(runs[1]))


_Handler = Callable[[LogReader, str, str], None]
_HANDLERS: dict[str, _Handler] = {
    "start": LogReader.start,
    "size": LogReader.size,
    "session": LogReader.session,
    "running": LogReader.running,
    "statistics": LogReader.statistics,
    "summary": LogReader.summary,
    "parameter": LogReader.own_parameter,
    "any_parameter": LogReader.parameter,
    "console": LogReader.console,
    "console_model": LogReader.console,
    "model": LogReader.console_size,
    "result": LogReader.result,
    "delegate": LogReader.delegate,
    "option": LogReader.option,
    "failed": LogReader.failed,
    "remark": LogReader.remark,
    "initialization": lambda reader, *_: reader.facts.tables.begin(0, is_initialization=True),
    "regular": LogReader.regular,
    "subgraph": LogReader.subgraph,
    "inside": lambda reader, *_: reader.part(INSIDE),
    "title": lambda reader, payload, _: reader.facts.tables.title(payload),
    "header": lambda reader, payload, _: reader.facts.tables.header(payload),
    "executed": lambda reader, payload, _: reader.facts.tables.executed(
        count(payload.rpartition(" ")[2])
    ),
    "timings": LogReader.timings,
    "dropped": lambda reader, *_: reader.note(DROPPED_EVENTS),
    "proto": lambda reader, *_: reader.note(TEXT_PROTO),
}
