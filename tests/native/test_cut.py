"""Operators cut out of a model run alone, and compute what they compute inside of it."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from zoo import EXAMPLES, zoo_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from builders import ModelBuilder, options, signature
from tflops_native._native import Interpreter, Library, ModelCopy
from tflops_native.errors import ModelFormatError, OptionError
from tflops_native.model.reader import load
from tflops_native.model.schema import TensorType
from tflops_native.runtime.cut import cut_model, ends
from tflops_native.timing.clock import Clock

MODELS = sorted(EXAMPLES.glob("*.tflite"))


def random_of(info, generator):
    """Values of any type: small floats, all bytes."""
    if info.type == 1:
        return generator.standard_normal(info.shape).astype(np.float32)
    return generator.integers(0, 256, info.byte_size, dtype=np.uint8)


def run(library, model, values, shapes=None, kernels="builtin"):
    """An interpreter that has run; `values` are one per input, or a generator of random ones."""
    interpreter = Interpreter(library, model, kernels=kernels)
    for position, shape in enumerate(shapes or ()):
        if tuple(shape) != interpreter.inputs[position].shape:
            interpreter.resize_input(position, shape)
    interpreter.allocate()
    for position, info in enumerate(interpreter.inputs):
        value = (
            random_of(info, values) if isinstance(values, np.random.Generator) else values[position]
        )
        interpreter.set_input(position, np.ascontiguousarray(value))
    interpreter.invoke()
    return interpreter


def kept(library, model, shapes=None):
    """Every tensor that an operator makes, and the inputs, of one run that keeps them all: by index."""
    graph = model.subgraphs[0]
    made = list(dict.fromkeys(i for operator in graph.operators for i in operator.outputs))
    whole = cut_model(model, range(len(graph.operators)), inputs=graph.inputs, outputs=made)
    interpreter = run(library, whole, np.random.default_rng(0), shapes)
    tensors = dict(zip(made, map(interpreter.get_output, range(len(made))), strict=True))
    tensors |= {
        index: interpreter.get_input(position) for position, index in enumerate(graph.inputs)
    }
    return tensors


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_each_operator_alone_computes_what_it_does_in_the_model(library: Library, path: Path):
    model = load(path)
    graph = model.subgraphs[0]
    shapes = None
    if path.stem == "single_conv_dynamic":
        shapes = [[1, 28, 28, 1]]
    tensors = kept(library, model, shapes)
    # The run that keeps all tensors is the run of the model itself.
    plain = run(library, path, [tensors[i] for i in graph.inputs], shapes)
    for position, index in enumerate(graph.outputs):
        np.testing.assert_array_equal(plain.get_output(position), tensors[index])
    for operator in graph.operators:
        inputs, outputs = ends(graph, [operator.index])
        alone = run(
            library,
            cut_model(model, [operator.index]),
            [tensors[i] for i in inputs],
            [tensors[i].shape for i in inputs],
        )
        assert [info.index for info in alone.inputs] == list(inputs)
        for position, index in enumerate(outputs):
            np.testing.assert_array_equal(alone.get_output(position), tensors[index])


def test_a_group_of_operators(library: Library):
    model = load(EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite")
    tensors = kept(library, model)
    graph = model.subgraphs[0]
    for first in range(0, len(graph.operators) - 4, 3):
        group = list(range(first, first + 4))
        inputs, outputs = ends(graph, group)
        alone = run(library, cut_model(model, group), [tensors[i] for i in inputs])
        for position, index in enumerate(outputs):
            np.testing.assert_array_equal(alone.get_output(position), tensors[index])


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_it_is_timed_as_a_model_is(library: Library, kernels: str):
    model = load(EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite")
    interpreter = run(library, cut_model(model, [3]), np.random.default_rng(0), kernels=kernels)
    batch = Clock.calibrate().invokes_per_sample(interpreter)
    assert len(interpreter.time_invokes(3, 1.0, batch)) == 3


def test_a_cut_of_a_file_copies_no_weight(tmp_path: Path, library: Library):
    """Of 64 MB of weights the pages that are not written to stay the file's."""
    big = ModelBuilder()
    graph = big.graph()
    x = graph.input([1, 4])
    between, y = graph.tensor([1, 4]), graph.tensor([1, 4])
    constant = graph.constant(np.ones([1 << 24], np.float32))
    graph.operator("NEG", [x], [between], options("NegOptions"))
    graph.operator("ABS", [between], [y], options("AbsOptions"))
    graph.outputs = [y, constant]
    path = tmp_path / "big.tflite"
    path.write_bytes(big.pack())
    cut = cut_model(load(path), [1])
    if not Path("/proc/self/smaps").exists():
        pytest.skip("the system does not show which pages are private")
    dirty = 0
    is_ours = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ", 1)[0] and ":" not in line.split(" ", 1)[0]:
            is_ours = line.endswith("big.tflite") and " rw-p " in line
        elif is_ours and line.startswith("Private_Dirty:"):
            dirty += int(line.split()[1]) * 1024
    assert 0 < dirty <= 1 << 20
    np.testing.assert_array_equal(
        run(library, cut, [np.float32([[-1, 2, -3, 4]])]).get_output(0), [[1, 2, 3, 4]]
    )


def test_of_another_subgraph_with_signatures_and_from_bytes(
    library: Library, two_signatures: bytes
):
    x = np.float32([[1, 2, 3, 4]])
    for index, factor in enumerate((1, 2)):
        cut = cut_model(load(two_signatures), [0], subgraph=index)
        interpreter = run(library, cut, [x])
        np.testing.assert_array_equal(
            interpreter.get_output(0), factor * np.float32([[1, 4, 10, 9]])
        )
        assert [info.name for info in interpreter.inputs] == ["input"]


def test_operators_of_several_inputs_in_a_model_of_one(library: Library):
    """The new lists are longer than the old ones."""
    made = ModelBuilder()
    graph = made.graph()
    x = graph.input([4])
    a, b, y = (graph.tensor([4]) for _ in range(3))
    graph.operator("NEG", [x], [a], options("NegOptions"))
    graph.operator("ABS", [x], [b], options("AbsOptions"))
    graph.operator("SUB", [a, b], [y], options("SubOptions"))
    graph.outputs = [y]
    made.signatures = [signature("serve", 0, {"x": x}, {"y": y})]
    model = load(made.pack())
    assert ends(model.subgraphs[0], [2]) == ((a, b), (y,))
    assert ends(model.subgraphs[0], [0, 1]) == ((x,), (a, b))
    alone = run(
        library, cut_model(model, [2]), [np.float32([1, 2, 3, 4]), np.float32([4, 4, 4, 4])]
    )
    np.testing.assert_array_equal(alone.get_output(0), [-3, -2, -1, 0])
    both = run(library, cut_model(model, [0, 1]), [np.float32([1, -2, 3, -4])])
    np.testing.assert_array_equal(both.get_output(0), [-1, 2, -3, 4])
    np.testing.assert_array_equal(both.get_output(1), [1, 2, 3, 4])


def test_what_is_not_there_is_refused(two_signatures: bytes, tmp_path: Path):
    model = load(two_signatures)
    for message, arguments in (
        ("subgraph 2 is not one of the 2", {"operators": [0], "subgraph": 2}),
        ("operator 1 is not an index from 0 to 0", {"operators": [1]}),
        ("input 3 is not an index from 0 to 2", {"operators": [0], "inputs": [3]}),
        ("each output can be given once only", {"operators": [0], "outputs": [2, 2]}),
    ):
        with pytest.raises(OptionError, match=message):
            cut_model(model, **arguments)
    path = tmp_path / "model.tflite"
    path.write_bytes(two_signatures)
    changed = load(path)
    path.unlink()
    path.write_bytes(two_signatures + bytes(64))
    with pytest.raises(ModelFormatError, match="has changed since it was loaded"):
        cut_model(changed, [0])
    with pytest.raises(ValueError, match=r"cannot read '.*missing'"):
        ModelCopy(tmp_path / "missing", 0)


def test_where_tensors_lie(library: Library):
    """In memory of their own, where an operator uses them together."""
    model = load(EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite")
    graph = model.subgraphs[0]
    interpreter = Interpreter(
        library, EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite", kernels="builtin"
    )
    interpreter.allocate()
    interpreter.invoke()  # dynamic tensors have no memory before
    places = interpreter.tensor_memory()
    assert len(places) >= len(graph.tensors)
    used_somewhere = {i for o in graph.operators for i in (*o.inputs, *o.outputs)}
    for tensor, (address, size, _) in zip(graph.tensors, places, strict=False):
        info = interpreter.tensor(tensor.index)
        assert info is not None
        assert size == info.byte_size
        assert (address != 0) or tensor.index not in used_somewhere
    for operator in graph.operators:
        used = [i for i in (*operator.inputs, *operator.outputs) if i is not None]
        spans = sorted((places[i][0], places[i][0] + places[i][1]) for i in set(used))
        is_in_place = {places[i][0] for i in operator.inputs if i is not None} & {
            places[i][0] for i in operator.outputs
        }
        if not is_in_place:
            assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_where_tensors_of_other_subgraphs_lie(library: Library):
    model = zoo_model("control_flow/if_matmul")
    interpreter = Interpreter(library, model, kernels="builtin", shows_subgraphs=True)
    interpreter.allocate()
    plain = Interpreter(library, model, kernels="builtin")
    plain.allocate()
    # The one that looks changes nothing: the primary subgraph is laid out as without it.
    assert [size for _, size, _ in interpreter.tensor_memory()] == [
        size for _, size, _ in plain.tensor_memory()
    ]
    for graph in load(model).subgraphs:
        sizes = [size for _, size, _ in interpreter.tensor_memory(graph.index)]
        assert sizes[: len(graph.tensors)] == [
            4 * math.prod(tensor.shape) if tensor.type is TensorType.FLOAT32 else 1
            for tensor in graph.tensors
        ]
    with pytest.raises(IndexError, match="no subgraph 3"):
        interpreter.tensor_memory(3)
    with pytest.raises(IndexError, match="no subgraph 1"):
        plain.tensor_memory(1)
