"""Who ran what: partitions, what passes between them in bytes, and operators that no delegate took."""

import math
from collections.abc import Sequence
from dataclasses import replace

from tflops_native.analysis.result import Analysis
from tflops_native.measurement.timing import Timing
from tflops_native.model.element_types import bits, packed_bytes
from tflops_native.model.graph import Operator, Subgraph
from tflops_native.profile.partition import partition
from tflops_native.profile.refusals import refusal
from tflops_native.profile.result import KeptOperator, Profile, ProfilePartition
from tflops_native.profile.seams import with_seams
from tflops_native.workload import Workload

XNNPACK = "XNNPACK"
# What options and logs call it.
_XNNPACK_NAMES = frozenset({"xnnpack", "TfLiteXNNPackDelegate"})
_UNNAMED = "a delegate"  # of which a log has events, but no name
_OWN_KERNELS = frozenset({"builtin", "reference"})


def with_delegation(timing: Timing, workload: Workload, analysis: Analysis) -> Timing:
    """Times whose profile says who ran each partition, what passes between them, and what stayed."""
    profile, graph = timing.profile, workload.entry.subgraph
    if profile is None:
        return timing
    delegates = _delegates(timing)
    parts = profile.partitions or _of_kernels(profile, graph)
    name = delegates[0] if len(delegates) == 1 and delegates != [_UNNAMED] else None
    kept = [o for part in parts if not part.is_delegated for o in part.operators]
    if not parts:
        kept = [operator.index for operator in profile.operators if not operator.is_delegated]
    return replace(
        timing,
        profile=replace(
            profile,
            partitions=tuple(_named(part, name, graph, analysis) for part in parts),
            kept=tuple(
                _kept(graph, graph.operators[index], delegates)
                for index in sorted(kept)
                if delegates
            ),
        ),
    )


def _delegates(timing: Timing) -> list[str]:
    """Those that might take operators; names or paths."""
    found = [] if timing.delegate is None else [timing.delegate]
    if timing.kernels in _XNNPACK_NAMES:
        found.append(XNNPACK)
    elif timing.kernels is not None and timing.kernels not in _OWN_KERNELS:
        found.append(timing.kernels)
    return found


def _of_kernels(profile: Profile, graph: Subgraph) -> tuple[ProfilePartition, ...]:
    """By the runtime's rule from who ran each operator, where a log says it of all of them."""
    taken = {operator.index for operator in profile.operators if operator.is_delegated}
    taken.update(index for event in profile.unmatched for index in event.operators)
    if not taken or any(not event.operators for event in profile.unmatched):
        return ()
    taken.update(profile.fused, profile.unread)
    own = {operator.index for operator in profile.operators if not operator.is_delegated}
    if taken & own or len(taken | own) != len(graph.operators):
        return ()
    return with_seams(partition(graph, taken))


def _named(
    part: ProfilePartition, delegate: str | None, graph: Subgraph, analysis: Analysis
) -> ProfilePartition:
    return replace(
        part,
        delegate=delegate if part.is_delegated else None,
        taken_over=tuple(
            replace(
                tensor,
                name=_name(tensor.index, graph),
                size_bytes=_size(tensor.index, graph, analysis),
            )
            for tensor in part.taken_over
        ),
    )


def _name(index: int, graph: Subgraph) -> str:
    """Of a tensor; "" for one that LiteRT appends to those of the file, from a composite."""
    return graph.tensors[index].name if index < len(graph.tensors) else ""


def _size(index: int, graph: Subgraph, analysis: Analysis) -> int | None:
    """Bytes of a tensor; None where its shape or the size of its elements is not known."""
    if index >= len(graph.tensors):
        return None
    kind, shape = graph.tensors[index].type, analysis.tensor_shapes[index]
    if shape is None or not bits(kind) or index in analysis.bounded_tensors:
        return None
    return packed_bytes(kind, math.prod(shape))


def _kept(graph: Subgraph, operator: Operator, delegates: Sequence[str]) -> KeptOperator:
    """With the reason, where XNNPACK alone could have taken it."""
    found = refusal(graph, operator) if list(delegates) == [XNNPACK] else None
    return KeptOperator(
        index=operator.index,
        name=operator.name,
        reason=None if found is None else found.text,
        reason_code=None if found is None else found.code,
    )
