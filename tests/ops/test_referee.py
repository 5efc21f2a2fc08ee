"""Every rule against the runtime: random legal operators must come out with the same shapes."""

import random
import re
from dataclasses import dataclass, field

import pytest

from configurations import GENERATORS
from referee import allocated_shapes, analyzed, invoked_shapes
from tflops_native.analysis.operators import EXACT, Status
from tflops_native.model.reader import load
from tflops_native.ops import REGISTRY
from workloads import analyze_model

CONFIGURATIONS = 6
LONG_CONFIGURATIONS = 200

# Data decides on the shape or the cost, the runtime sizes the output only when it runs, or it has no
# kernel: these have tests of their own.
HAVE_THEIR_OWN_TESTS = {
    "CONCAT_EMBEDDINGS",
    "DENSIFY",
    "EMBEDDING_LOOKUP_SPARSE",
    "NON_MAX_SUPPRESSION_V4",
    "NON_MAX_SUPPRESSION_V5",
    "SEGMENT_SUM",
    "SKIP_GRAM",
    "TFLite_Detection_PostProcess",
    "UNIDIRECTIONAL_SEQUENCE_GRU",
    "UNIQUE",
    "WHERE",
}
# What neither is in the schema alone, nor another library's, nor handed to TensorFlow.
HAS_OTHER_SOURCE = re.compile(r"Source   (schema only|(?!tflite/)|tflite/delegates/flex)").search
# The linked library has no kernel for these; see test_stablehlo.py and test_custom.py.
HAVE_NO_KERNEL = {
    "AvgPool3D",
    "Convolution2DTransposeBias",
    "IRFFT2D",
    "MaxPool3D",
    "MaxPoolWithArgmax",
    "MaxPoolingWithArgmax2D",
    "MaxUnpooling2D",
    "Roll",
    "STABLEHLO_AND",
    "STABLEHLO_SHIFT_LEFT",
    "odml.scaled_dot_product_attention",
    "odml.update_kv_cache",
    "LiteRtMaxUnpooling2D",
} | {name for name, rule in REGISTRY.items() if HAS_OTHER_SOURCE(rule.op.__doc__)}
# One operator alone cannot run subgraphs: see analysis/test_control_flow.py.
RUN_SUBGRAPHS = {"CALL_ONCE", "IF", "STABLEHLO_CASE", "STABLEHLO_COMPOSITE", "WHILE"}
COMPARED = [
    name for name in REGISTRY if name not in HAVE_THEIR_OWN_TESTS | HAVE_NO_KERNEL | RUN_SUBGRAPHS
]

# A scalar, a single handle, or no output at all.
HAVE_ONE_SHAPE = {
    "ASSIGN_VARIABLE",
    "HASHTABLE",
    "HASHTABLE_IMPORT",
    "HASHTABLE_SIZE",
    "RANK",
    "VAR_HANDLE",
}

# The order of the elements decides on the number of comparisons, not on the shape.
STATUSES = {"TOPK_V2": {Status.BOUNDED, Status.COUNTED}}

# Values that are needed when the model runs, but not to know the shape.
SHAPE_IS_KNOWN_ANYWAY = {"BROADCAST_ARGS", "REVERSE_V2"}


@dataclass
class Seen:
    """What a run of configurations covered."""

    known: int = 0
    late: int = 0
    outputs: set = field(default_factory=set)


def compare(name, seed, seen):
    case = GENERATORS[name](random.Random(f"{name} {seed}"), name)
    model = case.pack()
    operator = analyzed(model)
    assert operator.status in STATUSES.get(name, EXACT), case
    assert not operator.shapes_assumed, case
    assert operator.output_shapes == allocated_shapes(model), case
    seen.known += 1
    seen.outputs.update(operator.output_shapes)
    if any(operand and operand.decides for operand in case.operands):
        compare_late(case, operator.output_shapes)
        seen.late += 1


def compare_late(case, shapes):
    """The same numbers, known only when the model runs: the rule says so and does not guess."""
    late = case.late()
    model = late.pack()
    operator = analyzed(model)
    assert invoked_shapes(model, [operand.array for operand in late.graph_inputs]) == shapes, case
    if case.operator in SHAPE_IS_KNOWN_ANYWAY:
        assert operator.output_shapes == shapes, case
    elif operator.status is Status.BOUNDED:
        assert case.operator == "TRANSPOSE_CONV", case
        (bound,), (true,) = operator.output_shapes, shapes
        assert all(most >= length for most, length in zip(bound, true, strict=True)), case
    elif operator.status is not Status.UNSUPPORTED:
        # What is not known makes no difference: a stride of 1, elements that all are masked.
        assert operator.output_shapes == shapes, case
    else:
        assert "is known only when the model runs; give " in operator.note, case
        known = analyze_given(late, model)
        assert known.output_shapes == shapes, case


def analyze_given(late, model):
    """The only operator of a model, with the values of all small inputs given."""
    loaded = load(model)
    names = [loaded.subgraphs[0].tensors[index].name for index in loaded.subgraphs[0].inputs]
    inputs = {name: operand.array for name, operand in zip(names, late.graph_inputs, strict=True)}
    (operator,) = analyze_model(loaded, inputs=inputs).operators
    return operator


@pytest.mark.parametrize("name", COMPARED)
def test_shapes_are_the_runtimes(name):
    seen = Seen()
    for seed in range(CONFIGURATIONS):
        compare(name, seed, seen)
    assert seen.known == CONFIGURATIONS


@pytest.mark.referee
def test_shapes_are_the_runtimes_long(capsys):
    total = Seen()
    for name in COMPARED:
        seen = Seen()
        for seed in range(LONG_CONFIGURATIONS):
            compare(name, seed, seen)
        assert len(seen.outputs) > 3 or name in HAVE_ONE_SHAPE, f"{name} is always asked the same"
        total.known += seen.known
        total.late += seen.late
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(COMPARED)} operators, {total.known} configurations with known values, "
            f"{total.late} with values that are known only when the model runs"
        )
