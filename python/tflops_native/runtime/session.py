"""A model in the runtime: loaded, its inputs resized and filled, its tensors allocated."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tflops_native.machine.memory import MemoryWatch
from tflops_native.model import Entry, Model, entry_point, named_input, resolve_input_shapes
from tflops_native.runtime.inputs import (
    GivenInput,
    InputRecord,
    ShapeOf,
    index_limits,
    input_data,
    read_given,
)
from tflops_native.runtime.libraries import Runtime
from tflops_native.timing.options import MeasureOptions, Progress

if TYPE_CHECKING:
    from tflops_native._native import Interpreter


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An allocated interpreter, and how long that took.

    shapes      the shape of each input, by our position
    given       the user's data, by our position
    positions   our position of each input -> the runtime's
    """

    interpreter: "Interpreter"
    model: Model
    entry: Entry
    shapes: Mapping[int, tuple[int, ...]]
    given: Mapping[int, GivenInput]
    positions: Mapping[int, int]
    load_ns: int
    allocate_ns: int


def open_session(
    model: Model,
    entry: Entry,
    options: MeasureOptions,
    runtime: Runtime,
    *,
    profile: bool = False,
    memory: MemoryWatch | None = None,
    progress: Progress | None = None,
) -> Session:
    """Load a model, give its inputs their shapes, and allocate its tensors.

    `memory` is looked at before, between and after; `progress` hears of "load" and "allocate".

    Raises:
        ShapeError: an input shape is refused.
        InputDataError: the user's data cannot be read, or does not fit an input.
        RuntimeLibraryError: the runtime lacks what is asked for.
        InvokeError: the runtime refuses the model or the shapes, with its own words.
    """
    given = read_given(entry, options.inputs, options.input_shapes)
    shapes = resolve_input_shapes(entry, options.input_shapes)
    shapes.update((position, data.shape) for position, data in given.items())
    # The main subgraph is run as such: the runtime then shows all of its tensors.
    signature = entry.signature if entry.subgraph.index else None
    look = memory.look if memory is not None else lambda moment: None
    report = progress or (lambda what, done: None)
    report("load", 0.0)
    look("before")
    start = time.perf_counter_ns()
    interpreter = runtime.open(model, options, signature=signature, profile=profile)
    loaded = time.perf_counter_ns()
    look("loaded")
    report("allocate", 0.0)
    resume = time.perf_counter_ns()
    positions = _positions(interpreter, entry, signature)
    for item in entry.inputs:
        if shapes[item.position] != item.tensor.shape:
            interpreter.resize_input(positions[item.position], shapes[item.position])
    interpreter.allocate()
    allocated = time.perf_counter_ns()
    look("allocated")
    return Session(
        interpreter=interpreter,
        model=model,
        entry=entry,
        shapes=shapes,
        given=given,
        positions=positions,
        load_ns=loaded - start,
        allocate_ns=allocated - resume,
    )


def fill_inputs(session: Session, options: MeasureOptions) -> tuple[InputRecord, ...]:
    """Give every input its data: the user's, else zeros or seeded random numbers.

    Raises:
        InvokeError: no data can be made for the type of an input.
    """
    limits: dict[int, int] = {}
    if options.fill == "random" and len(session.given) < len(session.entry.inputs):
        limits = index_limits(session.model, session.entry.subgraph, _shape_of(session))
    records = []
    for item in session.entry.inputs:
        array, record = input_data(
            item,
            session.shapes[item.position],
            given=session.given.get(item.position),
            fill=options.fill,
            seed=options.seed,
            index_limit=limits.get(item.tensor.index),
        )
        session.interpreter.set_input(session.positions[item.position], array)
        records.append(record)
    return tuple(records)


def with_given_shapes(model: Model, options: MeasureOptions) -> MeasureOptions:
    """The options with the shapes of the user's data among the input shapes.

    Reads and checks all of that data, so that a mistake is found before anything is run.

    Raises:
        ModelFormatError: there is no such signature.
        InputDataError: data cannot be read, or does not fit an input.
        ShapeError: there is no such input, or a shape asked for is refused.
    """
    if not options.inputs:
        return options
    entry = entry_point(model, options.signature)
    given = read_given(entry, options.inputs, options.input_shapes)
    asked = {named_input(entry, name).position for name in options.input_shapes}
    shapes = {
        data.item.name: data.shape for position, data in given.items() if position not in asked
    }
    return replace(options, input_shapes={**options.input_shapes, **shapes})


def _shape_of(session: Session) -> ShapeOf:
    """The shapes of the tensors of the entry point as they are allocated."""

    def shape_of(index: int) -> tuple[int, ...] | None:
        if session.entry.subgraph.index:
            return None  # the runtime does not show its tensors
        info = session.interpreter.tensor(index)
        return None if info is None else info.shape

    return shape_of


def _positions(interpreter: "Interpreter", entry: Entry, signature: str | None) -> dict[int, int]:
    """Our position of each input -> the runtime's, which sorts the inputs of a signature by name."""
    if signature is None:
        return {item.position: item.position for item in entry.inputs}
    names = [info.name for info in interpreter.inputs]
    return {item.position: names.index(item.name) for item in entry.inputs}
