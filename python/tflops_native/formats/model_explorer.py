"""Node data for Model Explorer: `model-explorer MODEL --node_data_paths=FILE,...`.

A file colours the operators of each graph by one quantity. Keys are operator indices, which are the ids of
its nodes; graphs go by the names of subgraphs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tflops_native.analysis.operators import OperatorAnalysis, Status, SubgraphAnalysis
from tflops_native.errors import OptionError
from tflops_native.formats.document import Document
from tflops_native.formats.of_reports import reports_of
from tflops_native.formats.operator_columns import operation_unit
from tflops_native.plain_json import dump_json
from tflops_native.reports.report import Report
from tflops_native.reports.rows import ReportRow

_WHITE, _YELLOW, _RED = "#ffffff", "#fff0a0", "#e8503a"
# The most expensive are red; of what should be high, the lowest.
_COST = [
    {"stop": 0, "bgColor": _WHITE},
    {"stop": 0.3, "bgColor": _YELLOW},
    {"stop": 1, "bgColor": _RED},
]
_SPEED = [
    {"stop": 0, "bgColor": _RED},
    {"stop": 0.5, "bgColor": _YELLOW},
    {"stop": 1, "bgColor": _WHITE},
]
_COLOURS = {
    "compute": "#b8e0b0",
    "overhead": "#d8d8d8",
    "L1": "#d4e6f7",
    "L2": "#b3d1f0",
    "L3": "#86b4e6",
    "DRAM": "#e8a0a0",
}

Value = float | int | str


@dataclass(frozen=True, slots=True)
class _Set:
    """One quantity.

    key       part of the name of its file
    title     what the viewer calls it; {unit} is FLOP or OP
    value_of  an operator of the entry point; None where it has none
    """

    key: str
    title: str
    value_of: Callable[[ReportRow], Value | None]
    gradient: Sequence[Mapping[str, Any]] = ()


def _time(row: ReportRow) -> float | None:
    return None if row.time is None else 1e6 * row.time.estimate.typical_seconds


def _macs(row: ReportRow) -> int | None:
    return _macs_of(row.operator)


def _macs_of(operator: OperatorAnalysis) -> int | None:
    """Of one inference; None where they are not known."""
    return None if operator.status is Status.UNSUPPORTED else operator.cost.macs


def _rate(row: ReportRow) -> float | None:
    return None if row.rate is None else row.rate / 1e9


def _of_roof(row: ReportRow) -> float | None:
    reached = row.utilization
    return None if reached is None or reached.share is None else 100 * reached.share


def _limited_by(row: ReportRow) -> str | None:
    return None if row.utilization is None else row.utilization.bound


_SETS = (
    _Set("time", "time (µs)", _time, _COST),
    _Set("macs", "MACs", _macs, _COST),
    _Set("speed", "G{unit}/s", _rate, _SPEED),
    _Set("of-roof", "of roof (%)", _of_roof, _SPEED),
    _Set("limited-by", "limited by", _limited_by),
)


def render_files(documents: Sequence[Document]) -> dict[str, str]:
    """The text of a file for each quantity that is known, by the key that its name ends in.

    Raises:
        OptionError: they are of several models, or of none that was counted.
    """
    found = {}
    for kind, graphs in node_data(reports_of(documents, "model-explorer")).items():
        found[kind] = dump_json(graphs)
    return found


def node_data(reports: Sequence[Report]) -> dict[str, dict[str, Any]]:
    """By quantity and graph, as the viewer reads it; errors are as those of `render_files`."""
    counted = [report for report in reports if report.analysis is not None]
    if not counted:
        raise OptionError("node data of Model Explorer is of operators: `tflops report` has them")
    if len({(report.model.path, report.model.name) for report in counted}) > 1:
        raise OptionError("node data of Model Explorer is of one model: give one")
    found: dict[str, dict[str, Any]] = {}
    for item in _SETS:
        graphs: dict[str, Any] = {}
        for report in counted:
            graphs |= _graphs(item, report)
        if any(graph["results"] for graph in graphs.values()):
            found[item.key] = graphs
    return found


def _graphs(item: _Set, report: Report) -> dict[str, Any]:
    analysis = report.analysis
    if analysis is None:
        return {}
    values = {
        row.operator.index: value
        for row in report.rows
        if (value := item.value_of(row)) is not None
    }
    title = item.title.format(unit=operation_unit(analysis))
    name = _graph_id(analysis.subgraph_name, analysis.subgraph_index, report.signature)
    found = {name: _graph(item, title, values)}
    if item.value_of is _macs:
        for called in _called(analysis.operators):
            counts = {o.index: macs for o in called.operators if (macs := _macs_of(o)) is not None}
            key = _graph_id(called.name, called.subgraph_index, None)
            found.setdefault(key, _graph(item, f"{title} of one iteration", counts))
    return found


def _called(operators: Sequence[OperatorAnalysis]) -> Iterator[SubgraphAnalysis]:
    """The subgraphs that they run, and those that these run."""
    for operator in operators:
        for called in operator.calls:
            yield called
            yield from _called(called.operators)


def _graph_id(name: str, index: int, signature: str | None) -> str:
    """How Model Explorer calls a subgraph: by its name, by its signature, or by its place."""
    return name or signature or ("main" if index == 0 else f"subgraph_{index}")


def _readable(value: Value) -> Value:
    """The viewer writes all digits of a number."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _graph(item: _Set, title: str, values: Mapping[int, Value]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for index, value in values.items():
        results[str(index)] = {"value": _readable(value)}
        if isinstance(value, str):
            results[str(index)]["bgColor"] = _COLOURS.get(value, _WHITE)
    found: dict[str, Any] = {"name": title, "results": results}
    if item.gradient:
        found["gradient"] = list(item.gradient)
    return found
