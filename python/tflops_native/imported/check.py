"""Whether a recorded profile can be of this model: the first contradiction is an error."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tflops_native.errors import ProfileFormatError
from tflops_native.imported.placing import number_of, other_model, plain
from tflops_native.imported.recorded import InputShape, ModelMark, Recorded, RecordedEvent
from tflops_native.model.entry import Entry
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.notes import Note
from tflops_native.ops.delegate_events import event_key
from tflops_native.profile.delegated import known_keys, may_stand_for

_BUILTIN_NAMES = frozenset(BUILTIN_OPERATORS)
# They multiply: a delegate fuses none of them into another operator.
_CONVOLUTIONS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
_HEAVY = _CONVOLUTIONS | {"FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"}


def check_model(
    recorded: Recorded,
    model: Model,
    entry: Entry,
    shapes: Mapping[int, tuple[int, ...]],
    events: Sequence[RecordedEvent],
) -> tuple[Note, ...]:
    """Raise unless what was recorded can be of this model, entry point and input shapes.

    Args:
        events: of the entry point's subgraph, numbered.

    Returns: a note if nothing in the file ties it to the model.

    Raises:
        ProfileFormatError: with the first difference.
    """
    check_size(recorded.model, model)
    # Runtimes make up a name where a model has no signatures.
    if recorded.signature is not None and model.signatures:
        check_signature(recorded.signature, model, entry)
    if not events and (other := next((p for p in recorded.profiles if p.events), None)):
        raise ProfileFormatError(
            f"the profile is of subgraph {other.subgraph_index}, but the count is of subgraph "
            f"{entry.subgraph.index}: {_signature_of(other.subgraph_index, model)}"
        )
    if events:
        _check_nodes(events, entry.subgraph)
        _check_delegated((*events, *recorded.inside), entry.subgraph)
    for profile in recorded.profiles:
        if profile.subgraph_index >= len(model.subgraphs) and profile.events:
            raise other_model(
                f"it ran subgraph {profile.subgraph_index}, this one has {len(model.subgraphs)}"
            )
    _check_positions(recorded.input_shapes or (), entry, shapes)
    return () if events else _untied(recorded.model, model)


def _signature_of(subgraph_index: int, model: Model) -> str:
    key = next((s.key for s in model.signatures if s.subgraph_index == subgraph_index), None)
    if key is not None:
        return f"pass --signature {key}"
    return "leave --signature out" if subgraph_index == 0 else "no signature runs that"


def _untied(mark: ModelMark, model: Model) -> tuple[Note, ...]:
    """A note where neither a size nor the name of a file says which model was run."""
    if mark.size_bytes is not None:
        return ()
    own = None if model.source.path is None else model.source.path.name
    if mark.name is None:
        text = "the log does not say which model it is of"
    elif own is not None and mark.name != own:
        text = f"the log is of {mark.name}, and nothing in it ties that to {own}"
    else:
        return ()
    return (Note(code="model_unknown", text=text),)


def _check_positions(
    recorded: Sequence[InputShape], entry: Entry, shapes: Mapping[int, tuple[int, ...]]
) -> None:
    """benchmark_model takes shapes by position: the names in front of them may be anything."""
    if recorded and len(recorded) != len(entry.inputs):
        raise other_model(f"it has {len(recorded)} inputs, this one has {len(entry.inputs)}")
    for item, found in zip(entry.inputs, recorded, strict=False):
        _check_shape(item.name, found.shape, shapes[item.position])


def check_size(mark: ModelMark, model: Model) -> None:
    """Raise if the recorded size of the model is another one. A file may have been renamed."""
    if mark.size_bytes is None:
        return
    if abs(mark.size_bytes - model.size_bytes) > mark.size_error_bytes:
        name = "" if mark.name is None else f" ({mark.name})"
        raise other_model(
            f"it was a model{name} of about {mark.size_bytes:,.0f} bytes, "
            f"this one has {model.size_bytes:,}"
        )


def check_shapes(
    recorded: Mapping[str, tuple[int, ...]], entry: Entry, shapes: Mapping[int, tuple[int, ...]]
) -> None:
    """Raise unless the recorded shapes of inputs are those that are counted."""
    for name, shape in recorded.items():
        for item in entry.inputs:
            if name in (item.name, item.tensor.name):
                _check_shape(name, shape, shapes[item.position])


def _check_shape(name: str, shape: tuple[int, ...], counted: tuple[int, ...]) -> None:
    if shape != counted:
        taken = _joined(shape)
        raise ProfileFormatError(
            f"the profile was taken with {taken} for input {name!r}, but the count is for "
            f"{_joined(counted)}: pass --input-shape {name}={taken}"
        )


def _joined(shape: tuple[int, ...]) -> str:
    return ",".join(map(str, shape))


def check_signature(signature: str | None, model: Model, entry: Entry) -> None:
    """Raise unless this signature, None for the main subgraph, runs what is counted."""
    subgraph = 0
    if signature is not None:
        known = {found.key: found.subgraph_index for found in model.signatures}
        if signature not in known:
            raise other_model(f"it ran signature {signature!r}, this one has: {', '.join(known)}")
        subgraph = known[signature]
    if subgraph != entry.subgraph.index:
        ran = "the main subgraph" if signature is None else f"signature {signature!r}"
        asked = "leave --signature out" if signature is None else f"pass --signature {signature}"
        raise ProfileFormatError(
            f"the profile is of {ran}, but the count is of signature {entry.signature!r}: {asked}"
        )


def _check_nodes(events: Sequence[RecordedEvent], subgraph: Subgraph) -> None:
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
    if not delegates and len(nodes) == len(events):
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


def _check_delegated(events: Sequence[RecordedEvent], subgraph: Subgraph) -> None:
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
    if heavy < least and all(event_key(event.name) in keys for event in inside):
        raise other_model(
            f"only {heavy} convolutions and matrix products ran in its delegate, "
            f"this one has {least}"
        )
