"""What a run shows: the shapes of tensors, the referee of inferred ones, and how control flow went."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeGuard

from tflops_native.arenas.called import untouched_outputs
from tflops_native.compiled import native
from tflops_native.errors import InvokeError
from tflops_native.model.graph import Model
from tflops_native.ops.executions import Execution
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.cut import cut_model
from tflops_native.runtime.executions import UnclearEventsError, execution_of
from tflops_native.runtime.libraries import NativeRuntime, Runtime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session, fill_inputs, open_session
from tflops_native.runtime.state import first_invoke, first_profile
from tflops_native.runtime.tensor_memory import PLANNED_RELEASE, ObservedMemory, observed_subgraphs
from tflops_native.workload import Workload

# How TensorFlow Lite says that it has no kernel of its own for an operator.
_NO_KERNEL = ("unresolved custom op", "Didn't find op for builtin opcode")
Shapes: TypeAlias = tuple[tuple[int, ...] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRun:
    """One run of an entry point.

    shapes      one per tensor of the subgraph. None for those that the runtime does not show: of
                LiteRT, all but inputs and outputs; of XNNPACK, those inside
    execution   the branches and iterations; None where they were not asked for, or are not known
    unobserved  why they are not known, where the model has any
    memory      by subgraph that it can run, its own first, where the tensors are; None where the runtime
                or its kernels are not those of `arenas`
    """

    shapes: Shapes
    execution: Execution | None = None
    unobserved: str | None = None
    memory: Mapping[int, ObservedMemory] | None = None


def observe_tensors(
    workload: Workload, options: RunOptions, progress: Progress = no_progress
) -> ObservedRun:
    """The shape of every tensor of one entry point, as the runtime's own kernels make it, and its place.

    The model is allocated and, where shapes are known only then, invoked once. Args and errors are as
    those of `observe_run`.
    """
    return _with_any_kernels(workload, options, progress, wants_control=False)


def observe_run(
    workload: Workload, options: RunOptions, progress: Progress = no_progress
) -> ObservedRun:
    """The shapes of one entry point and, where it has branches or loops, which of them ran how often.

    Where the runtime's own kernels lack an operator, XNNPACK runs what it can: tensors inside of what it
    runs are not shown, and neither are branches and loops.

    Args:
        workload: what to run.
        options: runtime, threads and data; the kernels are "builtin" where possible, because a delegate
            hides the tensors between its operators.
        progress: called with what is being done and how much of it, 0 to 1.

    Raises:
        RuntimeLibraryError: the runtime cannot be loaded, or lacks what is asked for.
        InvokeError: the runtime refuses the model, with its own words.
    """
    has_control = len(list(workload.model.reachable(workload.entry.subgraph.index))) > 1
    return _with_any_kernels(workload, options, progress, wants_control=has_control)


def _with_any_kernels(
    workload: Workload, options: RunOptions, progress: Progress, *, wants_control: bool
) -> ObservedRun:
    try:
        return _run_with("builtin", workload, options, progress, wants_control)
    except InvokeError as error:
        if not any(words in str(error) for words in _NO_KERNEL):
            raise
        try:
            return _run_with("xnnpack", workload, options, progress, wants_control)
        except InvokeError:
            raise error from None


def _run_with(
    kernels: str,
    workload: Workload,
    options: RunOptions,
    progress: Progress,
    wants_control: bool,
) -> ObservedRun:
    options = replace(options, kernels=kernels)
    runtime = open_runtime(options.runtime)
    unobserved = None
    if wants_control and kernels != "builtin":
        unobserved = "the runtime has no kernels of its own for this model, and XNNPACK hides them"
    elif wants_control and not (
        isinstance(runtime, NativeRuntime) and runtime.library.has_profiler
    ):
        unobserved = f"{runtime.info.title} has no profiler"
    is_profiled = wants_control and unobserved is None
    start = shown = workload.entry.subgraph.index
    is_planned = kernels == "builtin" and _is_planned(runtime)
    if _shows_main_only(runtime, workload):
        shown = 0
        session = _as_main(workload, options, runtime, is_profiled, is_planned, progress)
    else:
        session = open_session(
            workload,
            options,
            runtime,
            profile=is_profiled,
            shows_subgraphs=is_planned,
            progress=progress,
        )
    watched = session if is_planned and session.shows_tensors else None
    memory = None if watched is None else _memory(watched)
    execution = None
    if is_profiled or not _is_settled(session):
        fill_inputs(session, options)
        progress("invoke", 0.0)
        if is_profiled:
            try:
                execution = execution_of(
                    workload.model, start, first_profile(session), shown_as=shown
                )
            except UnclearEventsError as error:
                unobserved = f"the profile of {runtime.info.title} does not show them: {error}"
        else:
            first_invoke(session)
        if watched is not None and memory is not None:
            # Now those tensors have theirs whose size only data decides; loops have given theirs back.
            memory = {**(_memory(watched) or {}), **{i: m for i, m in memory.items() if i != start}}
    shapes = list(_shapes(workload.model, session, is_delegated=kernels != "builtin"))
    for index in untouched_outputs(workload.model, workload.entry.subgraph):
        # As the file has it, or as another run left it.
        shapes[index] = None
    return ObservedRun(
        shapes=tuple(shapes), execution=execution, unobserved=unobserved, memory=memory
    )


def _memory(session: Session) -> Mapping[int, ObservedMemory] | None:
    workload = session.workload
    return observed_subgraphs(session.interpreter, workload.model, workload.entry.subgraph)


def _is_planned(runtime: Runtime) -> bool:
    """Whether `arenas` plans what this library does."""
    library = runtime.library if isinstance(runtime, NativeRuntime) else None
    return (
        library is not None
        and library.kind == "tflite"
        and library.has_subgraphs
        and (runtime.info.version or "").startswith(PLANNED_RELEASE)
    )


def _shows_main_only(runtime: Runtime, workload: Workload) -> TypeGuard[NativeRuntime]:
    """Whether the runtime would show the tensors of the entry point if it were the main subgraph."""
    graph = workload.entry.subgraph
    return (
        graph.index > 0
        and len(set(graph.inputs)) == len(graph.inputs)
        and isinstance(runtime, NativeRuntime)
        and runtime.library.kind == "tflite"
    )


def _as_main(
    workload: Workload,
    options: RunOptions,
    runtime: NativeRuntime,
    is_profiled: bool,
    shows_subgraphs: bool,
    progress: Progress,
) -> Session:
    """A session of the subgraph of a signature in the place of the main one."""
    graph = workload.entry.subgraph
    progress("load", 0.0)
    copy = cut_model(
        workload.model,
        range(len(graph.operators)),
        subgraph=graph.index,
        inputs=graph.inputs,
        outputs=tuple(dict.fromkeys(graph.outputs)),
    )
    interpreter = native().Interpreter(
        runtime.library,
        copy,
        threads=options.threads,
        kernels=options.kernels,
        profile=is_profiled,
        shows_subgraphs=shows_subgraphs,
    )
    for position, shape in workload.shapes.items():
        if shape != graph.tensors[graph.inputs[position]].shape:
            interpreter.resize_input(position, shape)
    progress("allocate", 0.0)
    interpreter.allocate()
    return Session(
        interpreter=interpreter,
        workload=workload,
        positions={position: position for position in workload.shapes},
        load_ns=0,
        allocate_ns=0,
        shows_tensors=True,
    )


def _is_settled(session: Session) -> bool:
    """Whether the shapes are final once memory is allocated: no operator decides on one as it runs.

    The runtime gives no memory to such a tensor, nor to any that depends on it.
    """
    if not session.shows_tensors:
        return False
    made = (i for operator in session.workload.entry.subgraph.operators for i in operator.outputs)
    return all(_has_memory(session, index) for index in made)


def _has_memory(session: Session, index: int) -> bool:
    try:
        return session.interpreter.get_tensor(index).size > 0
    except InvokeError:
        return False


def _shapes(model: Model, session: Session, *, is_delegated: bool) -> Shapes:
    interpreter, subgraph = session.interpreter, session.workload.entry.subgraph
    if session.shows_tensors:
        found = [interpreter.tensor(tensor.index) for tensor in subgraph.tensors]
        if any(found):
            # What a delegate keeps to itself has the shape of the file, whatever it was in the run.
            return tuple(
                None
                if info is None or (is_delegated and not _has_memory(session, index))
                else info.shape
                for index, info in enumerate(found)
            )
    # Only inputs and outputs are shown.
    shapes = {
        subgraph.inputs[position]: interpreter.inputs[theirs].shape
        for position, theirs in session.positions.items()
    }
    names = {}
    if session.workload.entry.signature is not None:
        names = dict(model.signature(session.workload.entry.signature).outputs)
    for info in interpreter.outputs:
        shapes[info.index if info.index >= 0 else names[info.name]] = info.shape
    return tuple(shapes.get(tensor.index) for tensor in subgraph.tensors)
