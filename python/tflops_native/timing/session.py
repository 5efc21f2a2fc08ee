"""A model in the runtime: loaded, its inputs resized and filled, its tensors allocated."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.model import Entry, Model, resolve_input_shapes
from tflops_native.timing.inputs import random_input
from tflops_native.timing.options import MeasureOptions
from tflops_native.timing.runtimes import native

if TYPE_CHECKING:
    from tflops_native._native import Interpreter, Library


@dataclass(frozen=True, slots=True)
class Session:
    """An allocated interpreter, and how long that took.

    shapes      the shape of each input, by our position
    positions   our position of each input -> the runtime's
    """

    interpreter: "Interpreter"
    entry: Entry
    shapes: Mapping[int, tuple[int, ...]]
    positions: Mapping[int, int]
    load_ns: int
    allocate_ns: int


def open_session(
    model: Model,
    entry: Entry,
    options: MeasureOptions,
    library: "Library",
    *,
    profile: bool = False,
) -> Session:
    """Load a model, give its inputs their shapes, and allocate its tensors.

    Raises:
        ShapeError: an input shape is refused.
        RuntimeLibraryError: the runtime lacks what is asked for.
        InvokeError: the runtime refuses the model or the shapes, with its own words.
    """
    shapes = resolve_input_shapes(entry, options.input_shapes)
    # The main subgraph is run as such: the runtime then shows all of its tensors.
    signature = entry.signature if entry.subgraph.index else None
    start = time.perf_counter_ns()
    interpreter = native().Interpreter(
        library,
        model.data if model.path is None else model.path,
        threads=options.threads,
        kernels=options.kernels,
        profile=profile,
        signature=signature,
    )
    loaded = time.perf_counter_ns()
    positions = _positions(interpreter, entry, signature)
    for item in entry.inputs:
        if shapes[item.position] != item.tensor.shape:
            interpreter.resize_input(positions[item.position], shapes[item.position])
    interpreter.allocate()
    allocated = time.perf_counter_ns()
    return Session(interpreter, entry, shapes, positions, loaded - start, allocated - loaded)


def set_random_inputs(session: Session, seed: int) -> None:
    """Fill all inputs with seeded random numbers.

    Raises:
        InvokeError: no data can be made for the type of an input.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    for item in session.entry.inputs:
        data = random_input(item, session.shapes[item.position], generator)
        session.interpreter.set_input(session.positions[item.position], data)


def _positions(interpreter: "Interpreter", entry: Entry, signature: str | None) -> dict[int, int]:
    """Our position of each input -> the runtime's, which sorts the inputs of a signature by name."""
    if signature is None:
        return {item.position: item.position for item in entry.inputs}
    names = [info.name for info in interpreter.inputs]
    return {item.position: names.index(item.name) for item in entry.inputs}
