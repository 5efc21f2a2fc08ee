"""The arena of TensorFlow Lite for Microcontrollers: its package's own figures, and laws of the planner."""

import lzma
import random
import re
import subprocess
import sys

import pytest

from builders import ModelBuilder, options
from tflops_native import memory
from tflops_native._native import plan_micro_arena
from tflops_native.arenas import micro_scratch
from zoo import EXAMPLES, MODELS, case_model, zoo_model

# "Arena allocation head" of print_allocations(), tflite-micro 0.dev20261023182759 on x86-64.
HEADS = {
    EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite": 73_728,
    EXAMPLES / "single_conv_28x28.tflite": 89_664,
    MODELS / "phone" / "phone.tflite": 24_576,
    MODELS / "phone" / "two_sigs.tflite": 3_168,
}
ZOO_HEADS = {
    "inception_v3-int8": 2_074_464,
    "lstm_unrolled-int8": 1_152,
    "mobilenet_v1-int8": 1_204_224,
    "mobilenet_v2-float32": 6_021_120,
    "mobilenet_v2-int8": 1_505_280,
    "mobilenet_v3_large-int8": 1_003_520,
    "mobilenet_v3_small-int8": 401_408,
    "resnet50-float32": 9_633_792,
    "resnet50-int8": 2_408_448,
    "control_flow/if_matmul": 1_040,
    "control_flow/keras_gru_rolled": 16_720,
    "control_flow/keras_lstm_rolled": 20_096,
    "control_flow/while_n_matmuls": 1_104,
    "control_flow/while_ten_matmuls": 1_056,
}
CASE_HEADS = {
    "cnn_open": 96,
    "resize_down": 67_174_400,
    "transpose_conv_same": 49_152,
    "while_n": 848,
}


@pytest.mark.parametrize(
    ("path", "head"), HEADS.items(), ids=lambda item: getattr(item, "name", "")
)
def test_heads_of_small_models(path, head):
    assert memory(path, planner="tflm").arena_bytes == head


@pytest.mark.parametrize(("name", "head"), ZOO_HEADS.items())
def test_heads_of_converted_models(name, head):
    assert memory(zoo_model(name), planner="tflm").arena_bytes == head


@pytest.mark.parametrize(("name", "head"), CASE_HEADS.items())
def test_heads_of_cases(name, head):
    assert memory(case_model(name), planner="tflm").arena_bytes == head


PRINT = """
import sys

from tflite_micro import runtime

runtime.Interpreter.from_bytes(sys.stdin.buffer.read(), arena_size=300_000_000).print_allocations()
"""


@pytest.mark.parametrize("path", sorted(MODELS.rglob("*.tflite.xz")), ids=lambda path: path.name)
def test_heads_are_those_of_the_package(path):
    """Where the package is installed, as it is nowhere by default; in a process, which may crash."""
    pytest.importorskip("tflite_micro", exc_type=ImportError)
    model = lzma.decompress(path.read_bytes())
    ran = subprocess.run([sys.executable, "-c", PRINT], input=model, capture_output=True)
    head = re.search(rb"Arena allocation head (\d+) bytes", ran.stdout + ran.stderr)
    if head is None:
        pytest.skip("that interpreter does not run it")
    assert memory(model, planner="tflm").arena_bytes == int(head[1])


def test_shapes_that_the_file_records_are_taken_and_what_needs_more_is_named():
    builder = ModelBuilder()
    graph = builder.graph()
    x, unknown = graph.input([1, 64]), graph.tensor([1, 1])
    graph.outputs = [graph.tensor([1, 64])]
    graph.operator("NEG", [x], [unknown], options("NegOptions"))
    graph.operator("NEG", [unknown], graph.outputs, options("NegOptions"))
    plan = memory(builder.pack(), planner="tflm")
    assert {tensor.size_bytes for tensor in plan.tensors} == {4 * 64, 16}
    (note,) = [note for note in plan.notes if note.code == "recorded_shapes"]
    assert note.text.startswith(
        "the shapes that the file records are too small for 1 tensor, first tensor 1"
    )
    asked = memory(builder.pack(), planner="tflm", input_shapes=(2, 64))
    assert {tensor.size_bytes for tensor in asked.tensors} == {4 * 128}
    assert "recorded_shapes" not in {note.code for note in asked.notes}


@pytest.mark.parametrize("seed", range(30))
def test_no_two_buffers_alive_overlap(seed):
    draw = random.Random(seed)
    buffers = []
    for _ in range(draw.randint(1, 60)):
        first = draw.randint(0, 20)
        buffers.append((16 * draw.randint(1, 40), first, first + draw.randint(0, 6), -1))
    offsets = plan_micro_arena(buffers)
    for (size, first, last, _), offset in zip(buffers, offsets, strict=True):
        for (other_size, other_first, other_last, _), other in zip(buffers, offsets, strict=True):
            if (offset, size) == (other, other_size) or first > other_last or other_first > last:
                continue
            assert offset + size <= other or other + other_size <= offset


def test_offsets_of_the_model_are_kept():
    assert plan_micro_arena([(32, 0, 1, -1), (16, 0, 1, 64), (16, 0, 1, -1)]) == [0, 64, 32]


@pytest.mark.parametrize("value", [float("inf"), -1, "many", 3.5])
def test_damaged_options_of_detections_ask_for_nothing(value):
    assert micro_scratch._number(3) == 3
    with pytest.raises(LookupError):
        micro_scratch._number(value)
