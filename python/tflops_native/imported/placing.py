"""Which operator of a model each event of a file is, where the file does not number them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tflops_native.errors import ProfileFormatError
from tflops_native.imported.recorded import RecordedEvent
from tflops_native.model.graph import Operator, Subgraph


def other_model(difference: str) -> ProfileFormatError:
    """The error for a profile of another model: the first difference, as a clause."""
    return ProfileFormatError(f"the profile belongs to another model: {difference}")


def number_of(event: RecordedEvent) -> int:
    """The number of an event, which `numbered` has given it."""
    return -1 if event.index is None else event.index


def plain(names: str) -> str:
    """Names without what writing changes: a CSV file has tabs for commas, a copied log spaces for tabs."""
    return "".join(names.replace(",", "").split())


def numbered(events: Sequence[RecordedEvent], subgraph: Subgraph) -> tuple[RecordedEvent, ...]:
    """The events, each with the index of its node.

    An event without a number is the next operator of its type and with its outputs; what is none of the
    model's operators is a delegate, and stands behind them.

    Raises:
        ProfileFormatError: the model has no such operator.
    """
    if all(event.index is not None for event in events):
        return tuple(events)
    known = {operator.name for operator in subgraph.operators}
    waiting = _by_outputs(subgraph)
    appended = len(subgraph.operators)
    result = []
    for event in events:
        if event.index is not None:
            result.append(event)
        elif event.name in known:
            found = waiting.get((event.name, plain(event.outputs or "")), [])
            if not found:
                raise other_model(
                    f"its operator {event.name} makes {event.outputs!r}, no {event.name} of this one does"
                )
            result.append(replace(event, index=found.pop().index))
        else:
            result.append(replace(event, index=appended))
            appended += 1
    return tuple(result)


def _by_outputs(subgraph: Subgraph) -> Mapping[tuple[str, str], list[Operator]]:
    """Type and output names -> the operators, the first one last."""
    found: dict[tuple[str, str], list[Operator]] = {}
    for operator in reversed(subgraph.operators):
        names = ", ".join(subgraph.tensors[index].name for index in operator.outputs)
        found.setdefault((operator.name, plain(names)), []).append(operator)
    return found
