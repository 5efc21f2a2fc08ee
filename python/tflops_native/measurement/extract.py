"""Operators of a model written as a model of their own, with what they are fed in a run of the model."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tflops_native.analysis.entry import analyze_workload
from tflops_native.errors import (
    InvokeError,
    ModelFormatError,
    OptionError,
    RuntimeLibraryError,
    TflopsError,
)
from tflops_native.isolation.isolated import run_isolated
from tflops_native.measurement.fit import advised
from tflops_native.model.address import Place, operators_at
from tflops_native.model.called import CallRole
from tflops_native.model.extraction import extract_operators
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.model.resources import Maker, makers_around, with_resources
from tflops_native.model.schema import TensorType
from tflops_native.notes import Note
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.cut import ends
from tflops_native.runtime.inputs.data import input_data
from tflops_native.runtime.inputs.index_limits import index_limits
from tflops_native.runtime.kept import kept_inside
from tflops_native.runtime.libraries import NativeRuntime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.whole_files import refusing, write_whole, written
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from tflops_native.analysis.operators import OperatorAnalysis
    from tflops_native.analysis.result import Analysis


def extracted(
    workload: Workload,
    path: str,
    options: RunOptions,
    *,
    output: Path | None,
    inputs_file: Path | None,
    isolated: bool,
    note: Callable[[Note], None],
) -> Model:
    """The model; args and errors are as those of `api.extract`."""
    if inputs_file is not None and inputs_file.suffix.lower() != ".npz":
        raise OptionError(f"the file for inputs must end in .npz, got '{inputs_file}'")
    place = operators_at(workload.model, workload.entry.subgraph, path)
    analysis = _analysis(workload)
    chosen = with_resources(place)
    makers = makers_around(workload.model, workload.entry.subgraph, place, chosen)
    inputs, made = _ends(place, chosen, makers)
    tensors = place.subgraph.tensors
    # Other operators use a variable by its handle, which is not a result.
    outputs = [i for i in made if tensors[i].type is not TensorType.RESOURCE] or made
    values: Mapping[int, NDArray[Any]] = {}
    reason = None
    if inputs_file is not None:
        values, reason = _fed(workload, path, place, analysis, options, isolated)
    known = {} if analysis is None else _inferred_shapes(analysis, place)
    known.update((index, tuple(values[index].shape)) for index in inputs if index in values)
    data = extract_operators(
        workload.model,
        place.subgraph,
        chosen,
        inputs=inputs,
        outputs=outputs,
        makers=makers,
        shapes={i: known[i] for i in inputs if i in known and known[i] != tensors[i].shape},
    )
    model = load(data)
    if inputs_file is not None:
        _save_inputs(inputs_file, model, inputs, values, options)
        if reason is not None and inputs:
            what = "zeros" if options.fill == "zeros" else "random values"
            text = f"{inputs_file} has {what}: what the operators are fed cannot be had ({reason})"
            note(Note(code="inputs_made_up", text=text))
        elif any(called.role in (CallRole.BODY, CallRole.CONDITION) for _, called in place.calls):
            text = f"{inputs_file} has what the operators are fed in the first iteration"
            note(Note(code="first_iteration", text=text))
    if output is not None:
        write_whole(output, data)
    return model


def _ends(
    place: Place, chosen: Sequence[int], makers: Sequence[Maker]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What the extracted model takes and gives: no handle that it makes itself."""
    inputs, made = ends(place.subgraph, chosen)
    handles = {maker.handle for maker in makers}
    return tuple(index for index in inputs if index not in handles), made


def _analysis(workload: Workload) -> "Analysis | None":
    """None where the shapes of the file are all there is."""
    try:
        return analyze_workload(workload)
    except TflopsError:
        return None


def _fed(
    workload: Workload,
    path: str,
    place: Place,
    analysis: "Analysis | None",
    options: RunOptions,
    isolated: bool,
) -> "tuple[Mapping[int, NDArray[Any]], str | None]":
    """What the operators of the path take in a run of the model, by tensor, or why that is not known."""
    call = partial(run_isolated, _run) if isolated else _run
    try:
        with nullcontext() if analysis is None else advised(workload, analysis, options):
            return call(workload, path, options, progress=no_progress), None
    except RuntimeLibraryError:
        raise
    except (InvokeError, ModelFormatError) as error:
        if not place.calls:
            raise
        return {}, str(error)


def _run(
    workload: Workload, path: str, options: RunOptions, progress: Progress
) -> "Mapping[int, NDArray[Any]]":
    runtime = open_runtime(options.runtime)
    if not isinstance(runtime, NativeRuntime):
        raise OptionError(f"runtime {options.runtime!r} cannot show what operators are fed")
    session = open_session(workload, options, runtime, progress=progress)
    fill_inputs(session, options)
    place = operators_at(workload.model, workload.entry.subgraph, path)
    chosen = with_resources(place)
    makers = makers_around(workload.model, workload.entry.subgraph, place, chosen)
    inputs, _ = _ends(place, chosen, makers)
    try:
        values = kept_inside(session, runtime, options, place.calls)
    except MemoryError as error:
        raise InvokeError("what its operators are fed has more than 1 GiB") from error
    return {index: values[index] for index in inputs if index in values}


def _inferred_shapes(analysis: "Analysis", place: Place) -> dict[int, tuple[int, ...]]:
    """Shapes of what the operators take and make, by tensor, where they are inferred.

    Those of a subgraph that runs several times with several shapes are those of the first time.
    """
    listed: tuple[OperatorAnalysis, ...] = analysis.operators
    for operator, called in place.calls:
        ran = (call for call in listed[operator.index].calls if call.role == called.name)
        first = next(ran, None)
        if first is None:
            return {}
        listed = first.operators
    found: dict[int, tuple[int, ...]] = {}
    for index in place.operators:
        operator = place.subgraph.operators[index]
        for tensor, shape in (
            *zip(operator.inputs, listed[index].input_shapes, strict=False),
            *zip(operator.outputs, listed[index].output_shapes, strict=False),
        ):
            if tensor is not None and shape is not None:
                found.setdefault(tensor, shape)
    return found


def _save_inputs(
    path: Path,
    model: Model,
    inputs: tuple[int, ...],
    values: "Mapping[int, NDArray[Any]]",
    options: RunOptions,
) -> None:
    """Write what each input of the new model is fed; what is not known is made up."""
    import numpy as np

    entry = Workload.resolve(model).entry
    limits = index_limits(model, entry.subgraph, lambda index: entry.subgraph.tensors[index].shape)
    fed = {}
    for item, index in zip(entry.inputs, inputs, strict=True):
        if index in values:
            fed[item.name] = values[index]
            continue
        fed[item.name], _ = input_data(
            item,
            item.tensor.shape,
            given=None,
            fill=options.fill,
            seed=options.seed,
            index_limit=limits.get(item.tensor.index),
        )
    with refusing(path), written(path) as stream:
        np.savez(stream, **fed)  # type: ignore[arg-type]
