"""A model in the runtime: loaded, its inputs resized and filled, its tensors allocated."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.errors import InvokeError
from tflops_native.machine.memory import MemoryWatch
from tflops_native.model.entry import Entry
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.inputs.data import input_data
from tflops_native.runtime.inputs.index_limits import ShapeOf, index_limits
from tflops_native.runtime.inputs.record import InputRecord
from tflops_native.runtime.libraries import Runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.select_tf import lacks_select_tf, select_tf_words
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from tflops_native._native import Interpreter


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An allocated interpreter, and how long that took.

    positions       our position of each input -> the runtime's
    shows_tensors   whether the runtime shows the tensors of the entry point: those of its main subgraph
    """

    interpreter: "Interpreter"
    workload: Workload
    positions: Mapping[int, int]
    load_ns: int
    allocate_ns: int
    shows_tensors: bool


def open_session(
    workload: Workload,
    options: RunOptions,
    runtime: Runtime,
    *,
    profile: bool = False,
    shows_subgraphs: bool = False,
    memory: MemoryWatch | None = None,
    progress: Progress = no_progress,
) -> Session:
    """Load a model, give its inputs their shapes, and allocate its tensors.

    `memory` is looked at before, between and after; `progress` hears of "load" and "allocate".

    Raises:
        RuntimeLibraryError: the runtime lacks what is asked for.
        InvokeError: the runtime refuses the model or the shapes, with its own words.
    """
    entry = workload.entry
    # The main subgraph is run as such: the runtime then shows all of its tensors.
    signature = entry.signature if entry.subgraph.index else None
    look = memory.look if memory is not None else lambda moment: None
    progress("load", 0.0)
    look("before")
    start = time.perf_counter_ns()
    interpreter = runtime.open(
        workload.model,
        options,
        signature=signature,
        profile=profile,
        shows_subgraphs=shows_subgraphs,
    )
    loaded = time.perf_counter_ns()
    look("loaded")
    progress("allocate", 0.0)
    resume = time.perf_counter_ns()
    positions = _positions(interpreter, entry, signature)
    try:
        for item in entry.inputs:
            if workload.shapes[item.position] != item.tensor.shape:
                interpreter.resize_input(positions[item.position], workload.shapes[item.position])
        interpreter.allocate()
    except InvokeError as error:
        if not lacks_select_tf(str(error)):
            raise
        # What the runtime says instead is meant for Android.
        what, _, _ = str(error).partition(": ")
        raise InvokeError(f"{what}: {select_tf_words(workload.model)}") from error
    allocated = time.perf_counter_ns()
    look("allocated")
    return Session(
        interpreter=interpreter,
        workload=workload,
        positions=positions,
        load_ns=loaded - start,
        allocate_ns=allocated - resume,
        shows_tensors=not entry.subgraph.index,
    )


def fill_inputs(session: Session, options: RunOptions) -> tuple[InputRecord, ...]:
    """Give every input its data: the user's, else zeros or seeded random numbers.

    Raises:
        InvokeError: no data can be made for the type of an input.
    """
    workload = session.workload
    inputs = workload.entry.inputs
    limits: dict[int, int] = {}
    if options.fill == "random" and len(workload.given) < len(inputs):
        limits = index_limits(workload.model, workload.entry.subgraph, _shape_of(session))
    records = []
    for item in inputs:
        array, record = input_data(
            item,
            workload.shapes[item.position],
            given=workload.given.get(item.position),
            fill=options.fill,
            seed=options.seed,
            index_limit=limits.get(item.tensor.index),
        )
        session.interpreter.set_input(session.positions[item.position], array)
        records.append(record)
    return tuple(records)


def _shape_of(session: Session) -> ShapeOf:
    """The shapes of the tensors of the entry point as they are allocated."""

    def shape_of(index: int) -> tuple[int, ...] | None:
        if not session.shows_tensors:
            return None
        info = session.interpreter.tensor(index)
        return None if info is None else info.shape

    return shape_of


def _positions(interpreter: "Interpreter", entry: Entry, signature: str | None) -> dict[int, int]:
    """Our position of each input -> the runtime's, which sorts the inputs of a signature by name."""
    if signature is None:
        return {item.position: item.position for item in entry.inputs}
    names = [info.name for info in interpreter.inputs]
    return {item.position: names.index(item.name) for item in entry.inputs}
