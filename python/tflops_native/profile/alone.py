"""Each operator alone: cut out of the model, fed with what it gets there, and timed with hot caches."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from tflops_native.errors import InvokeError, ModelFormatError, RuntimeLibraryError
from tflops_native.model.graph import Subgraph
from tflops_native.progress import Progress, early_stop
from tflops_native.runtime.cut import cut_model, ends
from tflops_native.runtime.kept import filled, kept_values
from tflops_native.runtime.libraries import NativeRuntime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session
from tflops_native.timing.clock import Clock
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

# Of each operator: enough samples for a median, and no more time than makes the whole quick.
SAMPLES = 30
SECONDS_EACH = 0.02
# What an invoke costs by itself is seen from so many pairs of the shortest operators.
PAIRS = 7
# Padding is done by the operator that takes its result.
_INTO_CONSUMER = frozenset({"PAD", "PADV2", "DEQUANTIZE"})
# Views inside a model, but copies at the end of one.
_VIEWS = frozenset({"RESHAPE", "EXPAND_DIMS", "SQUEEZE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneTimes:
    """What operators take alone, in seconds.

    seconds          by operator index; an operator that cannot run alone is left out
    invoke_seconds   what an invoke of a delegate costs by itself; it is subtracted already
    """

    seconds: Mapping[int, float]
    invoke_seconds: float


def time_alone(
    session: Session,
    runtime: NativeRuntime,
    options: RunOptions,
    operators: Sequence[int],
    *,
    delegated: Collection[int] = (),
    fused: Sequence[int] = (),
    max_seconds: float,
    report: Progress,
) -> AloneTimes:
    """Time operators of the main subgraph one by one, the shortest runs batched as those of a model are.

    Args:
        session: of the whole model, its inputs filled.
        operators: their indices; each runs with what is fused into it.
        delegated: those that a delegate runs, which costs an invoke more.
        fused: operators that a delegate ran as part of others.
        max_seconds: no operator is begun after that time.
    """
    report("operators alone", 0.0)
    start = time.perf_counter()
    workload = session.workload
    graph = workload.entry.subgraph
    stage = _Stage(session, runtime, options)
    try:
        stage.keep()
    except (InvokeError, ModelFormatError, RuntimeLibraryError, MemoryError):
        return AloneTimes(seconds={}, invoke_seconds=0.0)
    groups = groups_of(graph, operators, fused)
    whole: dict[int, float] = {}
    for number, (index, group) in enumerate(groups.items()):
        if time.perf_counter() - start >= max_seconds or early_stop.is_requested:
            break
        report("operators alone", number / len(groups))
        seconds = stage.seconds(group)
        if seconds is not None:
            whole[index] = seconds
    empty = stage.seconds(()) or 0.0
    own = max(stage.invoke_seconds(groups, whole, delegated), empty)
    return AloneTimes(
        seconds={
            index: max(seconds - (own if index in delegated else empty), 0.0)
            for index, seconds in whole.items()
        },
        invoke_seconds=own,
    )


def groups_of(
    graph: Subgraph, operators: Sequence[int], fused: Sequence[int]
) -> dict[int, tuple[int, ...]]:
    """Each operator with those that a delegate runs as part of it, in the order of the model."""
    maker = {tensor: o.index for o in graph.operators for tensor in o.outputs}
    takers: dict[int, list[int]] = {}
    for operator in graph.operators:
        for tensor in operator.inputs:
            if tensor is not None:
                takers.setdefault(tensor, []).append(operator.index)
    groups = {index: [index] for index in operators}
    home = {index: index for index in operators}
    # Forward for what follows its operator, backward for what comes before it.
    for index in (*sorted(fused), *sorted(fused, reverse=True)):
        operator = graph.operators[index]
        if index in home or operator.name in _VIEWS:
            continue
        if operator.name in _INTO_CONSUMER:
            near = [taker for tensor in operator.outputs for taker in takers.get(tensor, ())]
        else:
            near = [maker[i] for i in operator.inputs if i is not None and i in maker]
        hosts = {home[other] for other in near if other in home}
        if len(hosts) == 1:
            (host,) = hosts
            home[index] = host
            groups[host].append(index)
    return {index: tuple(sorted(group)) for index, group in groups.items()}


class _Stage:
    """Runs parts of a model on what a run of the whole model gave their inputs."""

    def __init__(self, session: Session, runtime: NativeRuntime, options: RunOptions) -> None:
        self._model = session.workload.model
        self._graph = session.workload.entry.subgraph
        self._session, self._runtime, self._options = session, runtime, options
        self._clock = Clock.calibrate()
        self._values: dict[int, NDArray[Any]] = {}

    def keep(self) -> None:
        """One run of all operators, of which the values of all tensors are kept."""
        self._values = kept_values(self._session, self._runtime, self._options)

    def seconds(self, group: Sequence[int]) -> float | None:
        """The median of an invoke of these operators; None if they cannot run alone."""
        import numpy as np

        inputs, outputs = ends(self._graph, group)
        if any(index not in self._values for index in inputs):
            return None
        try:
            cut = cut_model(
                self._model, group, subgraph=self._graph.index, inputs=inputs, outputs=outputs
            )
            interpreter = filled(cut, inputs, self._values, self._runtime, self._options)
            interpreter.invoke()
            invokes = self._clock.invokes_per_sample(interpreter)
            taken = interpreter.time_invokes(SAMPLES, SECONDS_EACH, invokes)
        except (InvokeError, ModelFormatError, RuntimeLibraryError, ValueError):
            return None
        return float(np.median(taken)) / invokes / NANOSECONDS_PER_SECOND

    def invoke_seconds(
        self,
        groups: Mapping[int, Sequence[int]],
        whole: Mapping[int, float],
        delegated: Collection[int],
    ) -> float:
        """What an invoke costs beside delegated operators: what two take in one invoke less than in two.

        Of the shortest neighbours, whose own times hide it least; 0 where there are none.
        """
        import numpy as np

        indices = sorted(index for index in whole if index in delegated)
        pairs = sorted(pairwise(indices), key=lambda p: whole[p[0]] + whole[p[1]])
        saved = []
        for first, second in pairs[:PAIRS]:
            both = self.seconds(tuple(sorted((*groups[first], *groups[second]))))
            if both is not None:
                saved.append(whole[first] + whole[second] - both)
        return float(np.median(saved)) if saved else 0.0
