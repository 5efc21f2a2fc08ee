"""Partitions as a result says them: what each takes from which other one."""

from collections.abc import Iterable

from tflops_native.profile.partition import Partition
from tflops_native.profile.result import ProfilePartition, SeamTensor


def with_seams(parts: Iterable[Partition]) -> tuple[ProfilePartition, ...]:
    """Partitions in the order in which they ran, with the tensors that pass between them."""
    made_by: dict[int, int] = {}
    found = []
    for position, part in enumerate(parts):
        found.append(
            ProfilePartition(
                is_delegated=part.is_delegated,
                operators=part.indices,
                taken_over=tuple(
                    SeamTensor(index=index, from_partition=made_by[index])
                    for index in part.taken_over
                ),
            )
        )
        made_by.update((index, position) for o in part.operators for index in o.outputs)
    return tuple(found)
