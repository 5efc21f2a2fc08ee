"""The arena of TensorFlow Lite for Microcontrollers: its package's own figures, and laws of the planner."""

import random
import re

import pytest

from tflops_native import memory
from tflops_native._native import plan_micro_arena
from zoo import EXAMPLES, MODELS, NAMES, case_model, zoo_model

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
    "control_flow/while_n_matmuls": 1_104,
    "control_flow/while_ten_matmuls": 1_056,
}
CASE_HEADS = {
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


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-int8")])
def test_heads_are_those_of_the_package(name, capfd):
    """Where the package is installed, as it is nowhere by default."""
    runtime = pytest.importorskip("tflite_micro.runtime", exc_type=ImportError)
    interpreter = runtime.Interpreter.from_bytes(zoo_model(name), arena_size=80_000_000)
    capfd.readouterr()
    interpreter.print_allocations()
    shown = "".join(capfd.readouterr())
    head = int(re.search(r"Arena allocation head (\d+) bytes", shown)[1])
    assert memory(zoo_model(name), planner="tflm").arena_bytes == head


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
