"""Operators without a rule: why there is none, and which of their inputs are scratch memory."""

from tflops_native.analysis.stored import recorded_shape
from tflops_native.model.graph import Operator, Subgraph

# Operators that stand for a part of a model that was compiled for an accelerator.
COMPILED = {
    "DISPATCH_OP": "an NPU (LiteRT dispatch)",
    "edgetpu-custom-op": "the Edge TPU",
    "ethos-u": "the Arm Ethos-U NPU",
}


def why_no_rule(operator: Operator) -> str:
    """What the report says of an operator that no rule counts."""
    target = COMPILED.get(operator.name)
    if target is not None:
        return (
            f"compiled for {target}, and the file does not say what it computes: "
            "count the model that it was compiled from"
        )
    kind = "custom operator" if operator.custom_code is not None else "operator"
    return f"no rule for this {kind}"


def scratch_tensors(subgraph: Subgraph) -> frozenset[int]:
    """The tensors that hold no value before the model runs and that no operator writes.

    Compilers for accelerators give their operators such inputs as memory to work in.
    """
    written = {index for operator in subgraph.operators for index in operator.outputs}
    written.update(subgraph.inputs)
    return frozenset(
        tensor.index
        for tensor in subgraph.tensors
        if tensor.index not in written
        and not (tensor.is_constant or tensor.is_variable)
        and recorded_shape(tensor) is not None
    )
