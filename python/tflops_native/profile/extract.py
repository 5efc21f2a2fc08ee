"""Operators of a model written as a model of their own, with what they are fed in a run of the model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tflops_native.errors import InvokeError, OptionError
from tflops_native.model.extraction import extract_operators
from tflops_native.model.graph import Model
from tflops_native.model.reader import load
from tflops_native.runtime.cut import ends
from tflops_native.runtime.kept import kept_values
from tflops_native.runtime.libraries import NativeRuntime, open_runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.workload import Workload


def extracted(
    workload: Workload,
    operators: Sequence[int],
    options: RunOptions,
    *,
    output: Path | None,
    inputs_file: Path | None,
) -> Model:
    """The model; args and errors are as those of `api.extract`."""
    graph = workload.model.subgraphs[0]
    count = len(graph.operators)
    if not operators:
        raise OptionError(f"no operator is given: an index from 0 to {count - 1}")
    if bad := [index for index in operators if not 0 <= index < count]:
        raise OptionError(f"there is no operator {bad[0]}: the model has 0 to {count - 1}")
    if len(set(operators)) != len(operators):
        raise OptionError(f"each operator can be given once only, got {list(operators)}")
    chosen = sorted(operators)
    inputs, outputs = ends(graph, chosen)
    if inputs_file is None:
        data = extract_operators(workload.model, chosen, inputs=inputs, outputs=outputs)
        model = load(data)
    else:
        import numpy as np

        if inputs_file.suffix.lower() != ".npz":
            raise OptionError(f"the file for inputs must end in .npz, got '{inputs_file}'")
        runtime = open_runtime(options.runtime)
        if not isinstance(runtime, NativeRuntime):
            raise OptionError(f"runtime {options.runtime!r} cannot show what operators are fed")
        session = open_session(workload, options, runtime)
        fill_inputs(session, options)
        try:
            values = kept_values(session, runtime, options)
        except MemoryError as error:
            raise InvokeError("what its operators are fed has more than 1 GiB") from error
        shapes = {index: tuple(values[index].shape) for index in inputs if index in values}
        data = extract_operators(
            workload.model, chosen, inputs=inputs, outputs=outputs, shapes=shapes
        )
        model = load(data)
        names = [item.name for item in Workload.resolve(model).entry.inputs]
        fed = {name: values[index] for name, index in zip(names, inputs, strict=True)}
        with _writing(inputs_file):
            np.savez(inputs_file, **fed)  # type: ignore[arg-type]
    if output is not None:
        with _writing(output):
            output.write_bytes(data)
    return model


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """A file that cannot be written is an error of ours."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write '{path}': {reason}") from error
