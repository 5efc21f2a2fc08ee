"""Planned memory against the runtime's own: every tensor of an arena at the same offset."""

import random

import numpy as np
import pytest

from builders import ModelBuilder, buffer, options, quantization
from configurations import GENERATORS
from memory_referee import allocated, differences, planned
from random_graphs import RandomGraph
from tflops_native.errors import InvokeError
from tflops_native.model.reader import load
from zoo import EXAMPLES, MODELS, NAMES, case_model, zoo_model

CONFIGURATIONS = 6
OTHER_SHAPES = {
    "attention_encoder_dynamic": [(1, 32, 64), (3, 17, 64)],
    "mobilenet_v1": [(2, 224, 224, 3)],
}
CASES = sorted(path.name.removesuffix(".tflite.xz") for path in (MODELS / "cases").glob("*.xz"))
# Block-wise scales, which the library looks for where they are not, and may crash of; custom operators
# that only other libraries have; and a shape that zeros are not.
CANNOT_RUN = {"blockwise_int4", "ethos_u_scratch", "old_unknown_shape", "reshape_from_input"}
CONTROL_FLOW = ["if_matmul", "while_n_matmuls", "while_ten_matmuls"]
FILES = sorted((MODELS / "phone").glob("*.tflite")) + sorted(EXAMPLES.glob("*.tflite"))


def zeros(model, shapes):
    loaded = load(model)
    graph = loaded.subgraphs[0]
    for position, index in enumerate(graph.inputs):
        tensor = graph.tensors[index]
        kind = tensor.type.name.lower()
        yield np.zeros(shapes[position] if shapes else tensor.shape, kind)


def compare(model, shapes=()):
    asked = {"input_shapes": {"": shapes[0]}} if shapes else {}
    plan = planned(model, **asked)
    # Tensors behind one whose size data decides have no memory before a run.
    arrays = list(zeros(model, shapes)) if plan.has_dynamic else None
    assert differences(plan, allocated(model, shapes=shapes, arrays=arrays)) == []


def models():
    for name in NAMES:
        yield name, ()
        for shape in OTHER_SHAPES.get(name.split("-")[0], []):
            yield name, (shape,)


@pytest.mark.parametrize(("name", "shapes"), list(models()), ids=str)
def test_converted_models(name, shapes):
    compare(zoo_model(name), shapes)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(("32", "int8"))])
def test_several_threads(name):
    model = zoo_model(name)
    plan = planned(model, threads=2)
    arrays = list(zeros(model, ())) if plan.has_dynamic else None
    assert differences(plan, allocated(model, arrays=arrays, threads=2)) == []


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 9])
@pytest.mark.parametrize(
    ("units", "depth"), [(33, 64), (4, 32), (3, 32), (8, 31), (5, 30), (64, 80)]
)
def test_packed_weights_of_four_bits(batch, units, depth):
    builder = ModelBuilder()
    main = builder.graph()
    x = main.input([batch, depth])
    builder.buffers.append(buffer(bytes(-(-units * depth // 2))))
    scales = quantization(scale=[0.1] * units, zeroPoint=[0] * units, quantizedDimension=0)
    weights = main.tensor(
        [units, depth], "INT4", buffer=len(builder.buffers) - 1, quantization=scales
    )
    main.outputs = [main.tensor([batch, units])]
    fields = options("FullyConnectedOptions")
    main.operator("FULLY_CONNECTED", [x, weights, -1], main.outputs, fields)
    compare(builder.pack())


@pytest.mark.parametrize("name", [name for name in CASES if name not in CANNOT_RUN])
def test_small_models(name):
    compare(case_model(name))


@pytest.mark.parametrize("name", CONTROL_FLOW)
def test_models_with_control_flow(name):
    compare(zoo_model(f"control_flow/{name}"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_models_of_phones_and_examples(path):
    shapes = ((1, 28, 28, 1),) if path.name == "single_conv_dynamic.tflite" else ()
    compare(path.read_bytes(), shapes)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_every_kernel(name):
    compared = 0
    for seed in range(CONFIGURATIONS):
        model = GENERATORS[name](random.Random(f"{name} {seed}"), name).pack()
        try:
            seen = allocated(model)
        except InvokeError:
            continue
        assert differences(planned(model), seen) == [], seed
        compared += 1
    if not compared:
        pytest.skip("the linked library has no kernel")


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_every_kernel_whose_shape_is_computed_beforehand(name):
    compared = 0
    for seed in range(CONFIGURATIONS):
        case = GENERATORS[name](random.Random(f"{name} {seed}"), name)
        if not any(operand and operand.decides for operand in case.operands):
            continue
        model = case.folded().pack()
        arrays = [operand.array for operand in case.folded().graph_inputs]
        try:
            allocated(model)
            seen = allocated(model, arrays=arrays if planned(model).has_dynamic else None)
        except InvokeError:
            continue
        assert differences(planned(model), seen) == [], seed
        compared += 1
    if not compared:
        pytest.skip("the linked library has no kernel, or data decides nothing")


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_every_kernel_whose_shape_only_data_decides(name):
    compared = 0
    for seed in range(CONFIGURATIONS):
        case = GENERATORS[name](random.Random(f"{name} {seed}"), name)
        if not any(operand and operand.decides for operand in case.operands):
            continue
        late = case.late()
        model = late.pack()
        names = [load(model).subgraphs[0].tensors[i].name for i in load(model).subgraphs[0].inputs]
        arrays = [operand.array for operand in late.graph_inputs]
        try:
            seen = allocated(model, arrays=arrays)
        except InvokeError:
            continue
        plan = planned(model, inputs=dict(zip(names, arrays, strict=True)))
        assert differences(plan, seen) == [], seed
        compared += 1
    if not compared:
        pytest.skip("the linked library has no kernel, or data decides nothing")


def compare_graph(seed):
    graph = RandomGraph(seed)
    model = graph.pack()
    names = [tensor.name for tensor in load(model).subgraphs[0].tensors]
    inputs = {
        names[index]: array
        for index, array in zip(load(model).subgraphs[0].inputs, graph.given, strict=True)
        if array.dtype != np.float32
    }
    plan = planned(model, inputs=inputs)
    return plan, differences(plan, allocated(model, arrays=graph.given))


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs(seed):
    assert compare_graph(seed)[1] == []


@pytest.mark.referee
def test_many_random_graphs():
    assert [seed for seed in range(2000) if compare_graph(seed)[1]] == []
