"""The runtime as referee of planned memory: every tensor's place, size and offset after allocation."""

import numpy as np

from referee import library
from tflops_native._native import Interpreter
from tflops_native.arenas.kernel import Home
from tflops_native.arenas.tflite_planner import plan_arenas
from tflops_native.model.reader import load
from tflops_native.runtime.tensor_memory import observed_memory
from workloads import analyze_model

ARENAS = (Home.ARENA, Home.STATE)


def planned(model, threads=1, **asked):
    """The plan of a model, with the shapes of its analysis."""
    loaded = load(model)
    analysis = analyze_model(loaded, **asked)
    graph = loaded.subgraphs[analysis.subgraph_index]
    shapes = {**analysis.called_shapes, graph.index: analysis.tensor_shapes}
    return plan_arenas(loaded, graph, shapes, threads=threads)


def allocated(model, *, shapes=(), arrays=None, threads=1):
    """The memory of a model in the runtime; after a run with these inputs, if there are any."""
    interpreter = allocated_interpreter(model, shapes=shapes, arrays=arrays, threads=threads)
    return observed_memory(interpreter)


def allocated_interpreter(model, *, shapes=(), arrays=None, threads=1, **options):
    interpreter = Interpreter(library(), model, kernels="builtin", threads=threads, **options)
    for position, shape in enumerate(shapes):
        interpreter.resize_input(position, shape)
    interpreter.allocate()
    if arrays is not None:
        for position, array in enumerate(arrays):
            interpreter.set_input(position, np.ascontiguousarray(array))
        interpreter.invoke()
    return interpreter


def differences(plan, seen):
    """What differs, in words: sizes of arenas, and each tensor with another place, size or offset."""
    found = [
        f"{what} {getattr(plan, what)}, runtime {getattr(seen, what)}"
        for what in ("arena_bytes", "state_bytes")
        if getattr(plan, what) != getattr(seen, what)
    ]
    for tensor in plan.tensors:
        observed = seen.tensors[tensor.index]
        if not tensor.size_bytes:
            continue
        mine = [tensor.home, None, None]
        theirs = [observed.home, None, None]
        if tensor.home in ARENAS:
            mine[1:] = tensor.size_bytes, tensor.offset
            theirs[1:] = observed.size_bytes, observed.offset
        if mine != theirs:
            found.append(f"tensor {tensor.index} ({tensor.name}) {mine}, runtime {theirs}")
    known = {tensor.index for tensor in plan.tensors}
    found += [
        f"tensor {index} of the runtime, {tensor.size_bytes} bytes, is not planned"
        for index, tensor in enumerate(seen.tensors)
        if index not in known and tensor.offset is not None and tensor.size_bytes
    ]
    return found
