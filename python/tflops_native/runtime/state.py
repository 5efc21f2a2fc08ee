"""What a model remembers from one invoke to the next: variable tensors and resource variables."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tflops_native.errors import InvokeError, RuntimeLibraryError
from tflops_native.model.graph import Model, Operator, Subgraph
from tflops_native.runtime.libraries import Runtime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session, fill_inputs, open_session
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from tflops_native._native import ProfiledRuns

_VARIABLE = "VAR_HANDLE"


def reset_state(session: Session, options: RunOptions, runtime: Runtime) -> Session:
    """A session in which the model remembers nothing but what its first invoke initialized.

    Variable tensors are set back in place. Resource variables live as long as the interpreter, so that
    it is made anew, filled and invoked once. A model without state keeps its session as it is.

    Raises:
        The same as `open_session`, `fill_inputs` and `first_invoke`.
    """
    model = session.workload.model
    operators = (operator for subgraph in model.subgraphs for operator in subgraph.operators)
    if not any(operator.name == _VARIABLE for operator in operators):
        if not any(tensor.is_variable for graph in model.subgraphs for tensor in graph.tensors):
            return session
        try:
            session.interpreter.reset_variables()
        except RuntimeLibraryError:
            pass  # this runtime cannot: made anew
        else:
            return session
    fresh = open_session(session.workload, options, runtime)
    fill_inputs(fresh, options)
    first_invoke(fresh)
    return fresh


def first_invoke(session: Session) -> int:
    """The nanoseconds of the first invoke, which initializes what the model remembers.

    Raises:
        InvokeError: the runtime fails; the message says so where the model reads variables that
            nothing initializes.
    """
    with _variables_explained(session.workload):
        return session.interpreter.invoke()


def first_profile(session: Session) -> "ProfiledRuns":
    """The events of the first invoke, of a session with a profiler; raises as `first_invoke`."""
    with _variables_explained(session.workload):
        return session.interpreter.profile_invokes(1, 0.0)


@contextmanager
def _variables_explained(workload: Workload) -> Iterator[None]:
    try:
        yield
    except InvokeError as error:
        hint = _missing_variables(workload)
        if hint is None:
            raise
        raise InvokeError(f"{error}; {hint}") from error


def _missing_variables(workload: Workload) -> str | None:
    """Why an entry point must fail that reads variables which it never assigns."""
    model, entry = workload.model, workload.entry
    names = {operator.name for operator in _reached(model, entry.subgraph)}
    if "READ_VARIABLE" not in names or "ASSIGN_VARIABLE" in names:
        return None
    others = [
        repr(signature.key)
        for signature in model.signatures
        if any(
            operator.name == "ASSIGN_VARIABLE"
            for operator in _reached(model, model.subgraphs[signature.subgraph_index])
        )
    ]
    if others:
        return f"only signature {', '.join(others)} assigns the variables that this one reads"
    return (
        "nothing in the file assigns the variables that the model reads: "
        "a conversion from a SavedModel or a Keras model writes their values, "
        "one from a concrete function does not"
    )


def _reached(model: Model, subgraph: Subgraph) -> Iterable[Operator]:
    """All operators of a subgraph and of those that it runs."""
    for reached in model.reachable(subgraph.index):
        yield from reached.operators
