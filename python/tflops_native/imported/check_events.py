"""Whether events of a recorded profile can be those of a subgraph: its nodes, and what delegates ran."""

from collections import Counter
from collections.abc import Sequence

from tflops_native.imported.placing import number_of, other_model, plain
from tflops_native.imported.recorded import RecordedEvent
from tflops_native.model.graph import Operator, Subgraph
from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.ops.delegate_events import event_key
from tflops_native.profile.delegated import known_keys, may_stand_for

_BUILTIN_NAMES = frozenset(BUILTIN_OPERATORS)
# They multiply: a delegate fuses none of them into another operator.
_CONVOLUTIONS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
_HEAVY = _CONVOLUTIONS | {"FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"}


def check_events(
    events: Sequence[RecordedEvent],
    inside: Sequence[RecordedEvent],
    subgraph: Subgraph,
    *,
    is_whole: bool = True,
) -> None:
    """Raise unless these can be the events of a subgraph.

    Args:
        events: numbered.
        inside: what ran in delegates, where the log lists it apart.
        is_whole: whether no event is missing in the file.

    Raises:
        ProfileFormatError: with the first difference.
    """
    _check_nodes(events, subgraph, is_whole=is_whole)
    _check_delegated((*events, *inside), subgraph, is_whole=is_whole)


def _check_nodes(events: Sequence[RecordedEvent], subgraph: Subgraph, *, is_whole: bool) -> None:
    operators = subgraph.operators
    nodes = [(number_of(event), event) for event in events if not event.is_inside]
    for index, node in sorted(nodes, key=lambda pair: pair[0]):
        if index < len(operators):
            _check_node(node, operators[index], subgraph)
        elif node.name in _BUILTIN_NAMES:
            raise other_model(
                f"its operator {index} is {node.name}, this one has {len(operators)} operators"
            )
    own = {index for index, _ in nodes if index < len(operators)}
    delegates = sorted(index for index, _ in nodes if index >= len(operators))
    if delegates and delegates[0] > len(operators):
        raise other_model(
            f"it had {delegates[0]} operators before the delegate took some, "
            f"this one has {len(operators)}"
        )
    if len(delegates) > len(operators):
        raise other_model(
            f"its delegates made {len(delegates):,} nodes, this one has {len(operators)} operators"
        )
    if is_whole and not delegates and len(nodes) == len(events):
        missing = next((o for o in operators if o.index not in own), None)
        if missing is not None:
            raise other_model(
                f"it has no operator {missing.index}, which is {missing.name} in this one"
            )


def _check_node(node: RecordedEvent, operator: Operator, subgraph: Subgraph) -> None:
    if node.name != operator.name:
        raise other_model(
            f"its operator {node.index} is {node.name}, in this one it is {operator.name}"
        )
    if node.outputs is None:
        return
    names = [subgraph.tensors[index].name for index in operator.outputs]
    if all(names) and plain(node.outputs) != plain(", ".join(names)):
        raise other_model(
            f"its operator {node.index} ({node.name}) makes {node.outputs!r}, "
            f"in this one it makes {', '.join(names)!r}"
        )


def _check_delegated(
    events: Sequence[RecordedEvent], subgraph: Subgraph, *, is_whole: bool
) -> None:
    """Compare how many operators of each kind ran inside of delegates with those there are.

    Names that are not XNNPACK's say nothing.
    """
    inside = [event for event in events if event.is_inside]
    if not inside:
        return
    own = {number_of(event) for event in events if not event.is_inside}
    taken = Counter(o.name for o in subgraph.operators if o.index not in own)
    keys = known_keys()
    convolutions = sum(
        event.calls for event in inside if event_key(event.name) == event_key("Convolution")
    )
    most = sum(taken[name] for name in _CONVOLUTIONS)
    if convolutions > most:
        raise other_model(
            f"{convolutions} of CONV_2D and DEPTHWISE_CONV_2D ran in its delegate, this one has {most}"
        )
    heavy = sum(
        event.calls
        for event in inside
        if any(may_stand_for(event.name, operator) for operator in _HEAVY)
    )
    least = sum(taken[name] for name in _HEAVY)
    if is_whole and heavy < least and all(event_key(event.name) in keys for event in inside):
        raise other_model(
            f"only {heavy} convolutions and matrix products ran in its delegate, "
            f"this one has {least}"
        )
