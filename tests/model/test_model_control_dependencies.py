"""The order that a converter asks for: written as its serializer does, read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders
from tflops_native.model.control_dependencies import KEY, control_dependencies
from tflops_native.model.reader import load

INT32 = st.integers(-(2**31), 2**31 - 1)


def unsigned(value):
    parts = []
    while value >= 128:
        parts.append(value % 128 + 128)
        value //= 128
    return bytes([*parts, value])


def signed(value):
    return unsigned(2 * value if value >= 0 else -2 * (value + 1) + 1)


def serialized(subgraphs, version=1):
    data = unsigned(version) + unsigned(len(subgraphs))
    for edges in subgraphs:
        data += unsigned(len(edges)) + b"".join(signed(i) for edge in edges for i in edge)
    return data


@given(st.lists(st.lists(st.tuples(INT32, INT32), max_size=4), max_size=4))
def test_what_is_written_is_read(subgraphs):
    assert control_dependencies(serialized(subgraphs)) == tuple(map(tuple, subgraphs))


@given(st.lists(st.lists(st.tuples(INT32, INT32), max_size=3), max_size=3), st.data())
def test_a_part_of_it_is_refused(subgraphs, data):
    whole = serialized(subgraphs)
    assert control_dependencies(whole[: data.draw(st.integers(0, len(whole) - 1))]) is None
    assert control_dependencies(whole + b"\0") is None


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data):
    control_dependencies(data)


def test_another_version_is_refused():
    assert control_dependencies(serialized([[(0, 1)]], version=2)) is None


@pytest.mark.parametrize(
    ("subgraphs", "edges"),
    [([[(0, 2), (1, 2)]], ((0, 2), (1, 2))), ([[]], ()), ([[], []], None), (None, None)],
    ids=["edges", "no edges", "of another model", "no metadata"],
)
def test_a_subgraph_has_its_edges(subgraphs, edges):
    model = builders.schema.ModelT()
    model.version = 3
    model.buffers = [builders.buffer()]
    graph = builders.schema.SubGraphT()
    graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
    model.subgraphs, model.operatorCodes = [graph], []
    if subgraphs is not None:
        model.buffers.append(builders.buffer(serialized(subgraphs)))
        model.metadata = [builders.schema.MetadataT(name=KEY, buffer=1)]
    assert load(builders.pack(model)).subgraphs[0].control_edges == edges
