"""The picture of an arena, read back: every rectangle is where the plan has its tensor."""

from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest

import tflops_native
from tflops_native.errors import OptionError
from tflops_native.formats.memory_plan import memory_document
from tflops_native.formats.registry import render
from zoo import EXAMPLES, MODELS, zoo_model

pytest.importorskip("tflops_native._native", exc_type=ImportError)

SVG = "{http://www.w3.org/2000/svg}"
FILES = [
    *sorted(set(EXAMPLES.glob("*.tflite")) - {EXAMPLES / "single_conv_dynamic.tflite"}),
    *sorted((MODELS / "phone").glob("*.tflite")),
]
PIXEL = 0.12  # places are written with one decimal


def drawn(plan, number=0):
    """The rectangles of one drawing by tensor: left, right, bottom and top in pixels, upwards."""
    root = ElementTree.fromstring(render(memory_document(plan), "svg"))
    found = {}
    for mark in root.findall(f"{SVG}svg")[number].iter(f"{SVG}rect"):
        left, top, width, height = (float(mark.get(k)) for k in ("x", "y", "width", "height"))
        index = int(mark.find(f"{SVG}title").text.split()[0])
        found[index] = (left, left + width, -top - height, -top)
    return root, found


def in_arena(plan, subgraph=None):
    entry = plan.tensors[0].subgraph_index
    return {
        tensor.index: tensor
        for tensor in plan.tensors
        if tensor.subgraph_index == (entry if subgraph is None else subgraph)
        and tensor.home == "arena"
        and tensor.shares is None
        and tensor.size_bytes
    }


@pytest.mark.parametrize("planner", ["tflite", "tflm"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_rectangles_are_the_plan(path, planner):
    plan = tflops_native.memory(path, planner=planner)
    _, found = drawn(plan)
    tensors = in_arena(plan)
    assert set(found) == set(tensors)
    largest = max(tensors.values(), key=lambda tensor: tensor.size_bytes)
    _, _, bottom, top = found[largest.index]
    per_byte = (top - bottom) / largest.size_bytes
    origin = bottom - per_byte * largest.offset_bytes
    start = min(left for left, *_ in found.values())
    end = max(right for _, right, *_ in found.values())
    first = min(tensor.first_operator for tensor in tensors.values())
    per_operator = (end - start) / (plan.operators - first)
    for index, tensor in tensors.items():
        left, right, bottom, top = found[index]
        assert bottom == pytest.approx(origin + per_byte * tensor.offset_bytes, abs=1)
        assert top - bottom == pytest.approx(per_byte * tensor.size_bytes, abs=1)
        assert left == pytest.approx(start + per_operator * (tensor.first_operator - first), abs=1)
        last = plan.operators if tensor.last_operator is None else tensor.last_operator + 1
        assert right == pytest.approx(start + per_operator * (last - first), abs=1)


def test_subgraphs_have_drawings_of_their_own():
    plan = tflops_native.memory(zoo_model("control_flow/keras_lstm_loop"))
    titles = [figure.title for figure in memory_document(plan).figures()]
    assert titles[1:] == ["Arena of subgraph 1 by operator", "Arena of subgraph 2 by operator"]
    for number in (1, 2):
        _, found = drawn(plan, number)
        tensors = in_arena(plan, number)
        assert set(found) == set(tensors)
        ordered = sorted(found, key=lambda index: found[index][2])
        assert ordered == sorted(
            found, key=lambda index: (tensors[index].offset_bytes, ordered.index(index))
        )


def test_no_two_rectangles_overlap():
    plan = tflops_native.memory(EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite")
    _, found = drawn(plan)
    for one, other in combinations(found.values(), 2):
        across = min(one[1], other[1]) - max(one[0], other[0])
        up = min(one[3], other[3]) - max(one[2], other[2])
        # Those of a few bytes are half a pixel high, to be seen at all.
        assert across <= PIXEL or up <= 0.5 + PIXEL


def test_what_is_too_small_for_a_large_picture_is_counted():
    plan = tflops_native.memory(EXAMPLES / "single_conv_28x28.tflite")
    (one, *_) = in_arena(plan).values()
    many = tuple(
        replace(one, index=n, offset_bytes=64 * n, size_bytes=64 + n) for n in range(10_000)
    )
    root, found = drawn(replace(plan, tensors=many))
    # The largest are drawn.
    assert set(found) == set(range(8_000, 10_000))
    assert any("8,000 smaller tensors" in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_names_are_escaped():
    plan = tflops_native.memory(EXAMPLES / "single_conv_28x28.tflite")
    hostile = "</title><script>alert(1)</script>\x1b[31m\u202e&"
    tensors = tuple(replace(tensor, name=hostile, layer=hostile) for tensor in plan.tensors)
    root, _ = drawn(replace(plan, tensors=tensors))
    assert not list(root.iter(f"{SVG}script"))
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert all("\x1b" not in text and "\u202e" not in text for text in titles)


def test_what_has_no_drawing_is_refused():
    plan = tflops_native.memory(EXAMPLES / "single_conv_28x28.tflite", planner="none")
    with pytest.raises(OptionError, match="nothing to draw"):
        render(memory_document(plan), "svg")
