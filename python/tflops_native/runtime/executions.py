"""Branches and iterations of one run, from the events of the runtime's profiler.

Kernels of the runtime report each operator as it begins, also inside of subgraphs that operators run. No
operator is left out, so that the events of one execution of a subgraph are its operators in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tflops_native.model.graph import Model, Operator
from tflops_native.ops.executions import Execution, Executions

if TYPE_CHECKING:
    from tflops_native._native import ProfiledRuns

# By operator and subgraph, in the order of the first execution.
_Calls: TypeAlias = dict[tuple[int, int], list[tuple[Execution, int]]]


class UnclearEventsError(Exception):
    """The events do not say what ran; the message says why."""


@dataclass(slots=True)
class _Open:
    """An execution that has begun: its subgraph, how many operators have begun, and what they ran."""

    subgraph: int
    begun: int = 0
    calls: _Calls = field(default_factory=dict)


def execution_of(
    model: Model, start: int, runs: "ProfiledRuns", *, shown_as: int | None = None
) -> Execution:
    """What the operators of a subgraph ran in the first of these runs.

    Args:
        shown_as: the index that the subgraph has in the events, where it was put in another place.

    Raises:
        UnclearEventsError: events are missing, or fit in more than one way.
    """
    tree = _Tree(model, start)
    for operator, subgraph in _events(runs):
        tree.add(operator, start if subgraph == shown_as else subgraph)
    return tree.finished()


def _events(runs: "ProfiledRuns") -> Iterator[tuple[int, int]]:
    """Operator and subgraph of each event of the first run."""
    for event in runs.event_ids[: runs.run_offsets[1]]:
        _, operator, subgraph, is_delegated = runs.events[event]
        if is_delegated:
            raise UnclearEventsError("a delegate ran operators")
        yield operator, subgraph


class _Tree:
    """Executions inside of each other, of which the last one of each depth is open.

    The depth of an event is not asked for: LiteRT does not say it.
    """

    def __init__(self, model: Model, start: int) -> None:
        self._model = model
        self._open = [_Open(start)]
        self._known: dict[Execution, Execution] = {}  # equal ones are kept once

    def add(self, operator: int, subgraph: int) -> None:
        """The next operator that began."""
        depth, is_first = self._place(operator, subgraph)
        while len(self._open) > depth + 1:
            self._close()
        if is_first:
            self._open.append(_Open(subgraph))
        self._open[-1].begun += 1

    def finished(self) -> Execution:
        """The execution of the first subgraph, after the last event."""
        while len(self._open) > 1:
            self._close()
        return self._ended(self._open[0])

    def _place(self, operator: int, subgraph: int) -> tuple[int, bool]:
        """The depth of the execution that an operator belongs to, or of the one whose last operator runs
        its subgraph, for the first operator of an execution."""
        fitting = []
        for depth in reversed(range(len(self._open))):
            found = self._open[depth]
            if found.subgraph == subgraph and found.begun == operator:
                fitting.append((depth, False))
            elif operator == 0 and self._runs(found, subgraph):
                fitting.append((depth, True))
            if found.begun < len(self._model.subgraphs[found.subgraph].operators):
                break  # those around it wait until it has ended
        if len(fitting) != 1:
            how = "in more than one way" if fitting else "in no way"
            raise UnclearEventsError(f"its events of subgraph {subgraph} fit together {how}")
        return fitting[0]

    def _runs(self, found: _Open, subgraph: int) -> bool:
        """Whether the operator that began last runs this subgraph."""
        if not found.begun:
            return False
        last: Operator = self._model.subgraphs[found.subgraph].operators[found.begun - 1]
        return any(called.index == subgraph for called in last.subgraphs)

    def _close(self) -> None:
        """End the innermost execution, and note it in the one around it."""
        ended = self._open.pop()
        execution = self._ended(ended)
        around = self._open[-1]
        groups = around.calls.setdefault((around.begun - 1, ended.subgraph), [])
        if groups and groups[-1][0] is execution:
            groups[-1] = execution, groups[-1][1] + 1
        else:
            groups.append((execution, 1))

    def _ended(self, ended: _Open) -> Execution:
        if ended.begun != len(self._model.subgraphs[ended.subgraph].operators):
            raise UnclearEventsError(
                f"it has no events of some operators of subgraph {ended.subgraph}"
            )
        execution = Execution(
            tuple(
                Executions(operator, subgraph, tuple(groups))
                for (operator, subgraph), groups in ended.calls.items()
            )
        )
        return self._known.setdefault(execution, execution)
