"""Whether a recorded profile can be of this model: the first contradiction is an error."""

from collections.abc import Mapping, Sequence

from tflops_native.errors import ProfileFormatError
from tflops_native.imported.check_events import check_events
from tflops_native.imported.placing import other_model
from tflops_native.imported.recorded import InputShape, ModelMark, Recorded, RecordedEvent
from tflops_native.model.entry import Entry
from tflops_native.model.graph import Model
from tflops_native.notes import Note


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
        found = recorded.profile_of(entry.subgraph.index)
        is_whole = found is None or found.is_whole
        check_events(events, recorded.inside, entry.subgraph, is_whole=is_whole)
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
