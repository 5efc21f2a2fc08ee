"""What must not reach XNNPACK, and values that a run makes up."""

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from builders import ModelBuilder, options
from configurations.case import Case, data, decides, weights
from tflops_native import InvokeError, ShapeError, api, compare
from workloads import measure_in_child

pytestmark = pytest.mark.usefixtures("short_protocol")

CONV = {"padding": 1, "stride_w": 1, "stride_h": 1}  # VALID
# Each ends the process with XNNPACK 2.17.1, or is refused by it, in one model or another.
COMPUTES = {
    "window larger than the image": Case(
        "CONV_2D", (data((1, 2, 8, 3)), weights((4, 3, 3, 3)), weights((4,))), CONV
    ),
    "no images": Case("CONV_2D", (data((0, 8, 8, 3)), weights((4, 3, 3, 3)), weights((4,))), CONV),
    "softmax of no rows": Case("SOFTMAX", (data((0, 4)),)),
    "sum over nothing": Case("SUM", (data((3, 0)), decides((1,)))),
    "rows of no length": Case("BATCH_MATMUL", (data((3, 4, 0)), data((3, 0, 5)))),
}
# What only moves data.
MOVES = {
    "a cache that grows from nothing": Case(
        "CONCATENATION", (data((1, 0, 64)), data((1, 4, 64))), {"axis": 1}
    ),
    "RESHAPE": Case("RESHAPE", (data((3, 0)), decides((0, 3)))),
    "TRANSPOSE": Case("TRANSPOSE", (data((3, 0)), decides((1, 0)))),
    "SLICE": Case("SLICE", (data((3, 4)), decides((0, 0)), decides((0, 4)))),
    "PAD": Case("PAD", (data((3, 0)), decides((1, 1, 1, 1), shape=(2, 2)))),
}
FEW = {"runs": 1, "profile": False}


@pytest.mark.parametrize("case", COMPUTES.values(), ids=COMPUTES)
def test_xnnpack_is_not_asked_to_compute_with_empty_tensors(case):
    model = case.pack()
    message = r"XNNPACK cannot run \w+ on an empty tensor .*--kernels builtin"
    with pytest.raises(ShapeError, match=message):
        api.measure(model, **FEW)
    with pytest.raises(ShapeError, match=message) as caught:
        api.report(model, **FEW, peaks=False)
    assert caught.value.report.analysis.macs == 0
    with pytest.raises(ShapeError, match=message):
        compare(model, runtime=["tflite", "tflite"], runs=1)
    assert api.measure(model, kernels="builtin", **FEW).samples_ns


@pytest.mark.parametrize("case", MOVES.values(), ids=MOVES)
def test_what_moves_data_may_be_empty(case):
    model = case.pack()
    assert measure_in_child(model, **FEW).samples_ns  # the runtime says so
    assert api.measure(model, **FEW).samples_ns


def test_empty_shape_arithmetic_is_no_matter_of_xnnpack():
    case = Case("ADD", (data((0,), "INT32"), data((0,), "INT32")), outputs=("INT32",))
    assert api.measure(case.pack(), **FEW).samples_ns


def made_up(timing):
    return [note for note in timing.notes if note.code == "made_up_values"]


def late_reshape(elements):
    """RESHAPE to a shape that is an input, and a matrix product behind it."""
    model = ModelBuilder()
    graph = model.graph()
    given = graph.input([elements], name="data")
    shape = graph.input([2], "INT32", name="shape")
    made, out = graph.tensor([1, 1]), graph.tensor([1, 1])
    graph.operator("RESHAPE", [given, shape], [made], options("ReshapeOptions"))
    graph.operator("ABS", [made], [out], options("AbsOptions"))
    graph.outputs = [out]
    return model.pack()


def codes(timing):
    """Of the notes; which runtimes are installed does not matter here."""
    return [note.code for note in timing.notes if note.code != "newer_runtime"]


def test_a_failed_run_names_the_input_that_decides_on_a_shape():
    model = late_reshape(24)
    for call in (
        lambda: api.measure(model, **FEW),
        lambda: api.report(model, **FEW, peaks=False),
        lambda: api.verify(model),
        lambda: api.analyze(model, shapes="runtime"),
    ):
        with pytest.raises(InvokeError) as caught:
            call()
        notes = caught.value.__notes__
        assert [note.endswith("give it with --input shape=FILE") for note in notes].count(True) == 1
    timing = api.measure(model, inputs={"shape": np.array([4, 6], np.int32)}, **FEW)
    assert codes(timing) == []


def test_made_up_values_that_happen_to_fit_are_noted():
    timing = api.measure(late_reshape(0), kernels="builtin", fill="zeros", **FEW)
    assert codes(timing) == ["made_up_values"]
    note = next(note for note in timing.notes if note.code == "made_up_values")
    assert "'shape', which are zeros here" in note.text
    assert note.hint == "give it with --input shape=FILE"


def shifted():
    """GATHER at indices minus 1."""
    model = ModelBuilder()
    graph = model.graph()
    table = graph.input([1, 3], name="table")
    ids = graph.input([64], "INT32", name="ids")
    one = graph.constant(np.array([1], np.int32), "INT32")
    less, out = graph.tensor([64], "INT32"), graph.tensor([64, 3])
    graph.operator("SUB", [ids, one], [less], options("SubOptions"))
    graph.operator("GATHER", [table, less], [out], options("GatherOptions"))
    graph.outputs = [out]
    return model.pack()


def test_a_failed_run_names_indices():
    with pytest.raises(InvokeError) as caught:
        api.measure(shifted(), **FEW)
    assert "--input ids=FILE" in caught.value.__notes__[-1]
    ones = np.ones(64, np.int32)
    assert codes(api.measure(shifted(), inputs={"ids": ones}, **FEW)) == []
