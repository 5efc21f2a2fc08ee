"""Operators that differ in a number or a function only: one class and a table."""

from collections.abc import Mapping
from typing import Any

from tflops_native.ops._op import NO_EVENTS, Op, register
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.indices import NO_INDICES, Indices


def family(
    op: type[Op],
    members: Mapping[str, tuple[str | None, Mapping[str, Any]]],
    events: Mapping[str, DelegateEvents] | None = None,
    default: DelegateEvents = NO_EVENTS,
    indices: Mapping[str, Indices] | None = None,
    default_indices: Indices = NO_INDICES,
) -> None:
    """Register operators of one class from a table: name -> (options table, fixed fields).

    `events` are those of members with names of their own, `default` those of the others; so for
    `indices` and `default_indices`.
    """
    for name, (options, fixed) in members.items():
        register(
            name,
            options=options,
            events=(events or {}).get(name, default),
            indices=(indices or {}).get(name, default_indices),
            **fixed,
        )(op)
