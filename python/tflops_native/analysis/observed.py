"""Shapes that the runtime had, in the place of those that a rule infers or cannot infer."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from tflops_native.ops._op import NO_ARITHMETIC, Inferred, Op, Rule
from tflops_native.ops.tensor_spec import Shape, TensorSpec, UnknownValueError

SHAPE_OF_THE_RUNTIME = "its shape is the runtime's, for one input"


def with_runtime_shapes(inferred: Inferred, observed: Sequence[Shape | None]) -> Inferred:
    """What a rule infers, with the shapes that the runtime had where they are known.

    Counts that are themselves a bound, those with a `minimum`, remain one.

    Raises:
        UnknownValueError: the rule claims to know better: then its counts mean nothing.
    """
    outputs = tuple(
        shape if seen is None else seen
        for shape, seen in zip(inferred.outputs, observed, strict=True)
    )
    if outputs == inferred.outputs and not inferred.is_bound:
        return inferred
    is_open = inferred.is_bound or inferred.is_lower_bound
    for shape, seen in zip(inferred.outputs, outputs, strict=True):
        if not is_open and shape is not None and shape != seen:
            raise UnknownValueError(
                f"its rule infers {list(shape)}, but the runtime has {list(seen or ())}"
            )
    values = tuple(
        value if shape == seen else None
        for value, shape, seen in zip(inferred.values, inferred.outputs, outputs, strict=False)
    )
    return replace(
        inferred,
        outputs=outputs,
        values=values,
        is_bound=inferred.is_bound and None in observed,
        note=inferred.note if inferred.calls or inferred.minimum else SHAPE_OF_THE_RUNTIME,
    )


def inferred_from_outputs(
    rule: Rule, op: Op, inputs: tuple[TensorSpec | None, ...], observed: Sequence[Shape | None]
) -> Inferred | None:
    """The result of a rule that cannot do without a value, from what its outputs turned out to be.

    None where the value does not follow from them.
    """
    outputs = tuple(shape for shape in observed if shape is not None)
    if len(outputs) < len(observed):
        return None
    given = tuple(
        _with_value(op, role or "", spec, outputs)
        for role, spec in zip_longest(rule.roles[: len(inputs)], inputs)
    )
    try:
        return replace(rule.infer(op, given), note=SHAPE_OF_THE_RUNTIME)
    except UnknownValueError:
        return _moved(op, inputs, outputs)


def _with_value(
    op: Op, role: str, spec: TensorSpec | None, outputs: tuple[Shape, ...]
) -> TensorSpec | None:
    if spec is None or spec.known is not None:
        return spec
    return replace(spec, known=op.value_from_outputs(role, outputs))


def _moved(
    op: Op, inputs: tuple[TensorSpec | None, ...], outputs: tuple[Shape, ...]
) -> Inferred | None:
    """The result of an operator that only moves elements: it reads no more than it writes."""
    moved = inputs[0] if inputs else None
    if not op.only_moves_data or moved is None:
        return None
    written = sum(moved.bytes_of(math.prod(shape)) for shape in outputs)
    read = sum(spec.bytes_of(spec.size) for spec in inputs if spec is not None)
    return Inferred(
        outputs=outputs,
        cost=NO_ARITHMETIC,
        bytes_read=min(read, written),
        note=SHAPE_OF_THE_RUNTIME,
    )
