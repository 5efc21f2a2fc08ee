"""Entries of a file may share a table: the same comes of it as of tables that say the same."""

import struct

import pytest

from builders import ModelBuilder, code, operator, options, schema
from tflops_native.formats.report import report_document
from tflops_native.model.reader import load
from tflops_native.reports.report import Report
from workloads import analyze_model


def add(graph, left, right, output):
    graph.operator("ADD", [left, right], [output], options("AddOptions"))


def join(graph, left, right, output):
    graph.operator(
        "CONCATENATION", [left, right], [output], options("ConcatenationOptions", axis=0)
    )


def written(order, *steps):
    """A file with an operator per entry of `order`: a position among the steps.

    Each step is (function, left, right, output); tensor 0 is the input, [3, 2].
    """
    builder = ModelBuilder()
    graph = builder.graph()
    graph.input([3, 2])
    for _ in range(1, 5):
        graph.tensor([3, 2])
    graph.outputs = [4]
    for position in order:
        step, *tensors = steps[position]
        step(graph, *tensors)
    return builder.pack()


def shared(data, order):
    """The same file; entries of a step all point to the table of the first of them."""
    made = bytearray(data)
    table = schema.Model.GetRootAs(data).Subgraphs(0)._tab
    start = table.Vector(table.Offset(10))  # of the operators
    places = [start + 4 * entry for entry in range(len(order))]
    tables = [place + struct.unpack_from("<I", data, place)[0] for place in places]
    for place, position in zip(places, order, strict=True):
        struct.pack_into("<I", made, place, tables[order.index(position)] - place)
    return bytes(made)


def said(operator):
    return operator.index, operator.name, operator.inputs, operator.outputs, operator.options


@pytest.mark.parametrize(
    ("order", "steps"),
    [
        pytest.param([0] * 6, [(add, 0, 0, 4)], id="the same again"),
        pytest.param(
            [0, 1, 2, 1, 2, 0, 1, 2],
            [(add, 0, 0, 1), (join, 0, 1, 2), (add, 2, 2, 4)],
            id="in turns",
        ),
        pytest.param(
            [2, 0, 1, 0, 1, 1],
            [(join, 1, 1, 1), (add, 1, 1, 4), (add, 0, 0, 1)],
            id="its output is its input: it grows",
        ),
        pytest.param(
            [0, 2, 1, 2, 0, 2, 1, 2],
            [(add, 0, 0, 1), (join, 0, 0, 1), (add, 1, 1, 4)],
            id="another writes its input in between",
        ),
        pytest.param(
            [1, 0, 2, 1, 3, 2, 1],
            [(add, 0, 0, 1), (join, 0, 0, 2), (join, 2, 2, 3), (add, 3, 3, 4)],
            id="of several tensors",
        ),
    ],
)
def test_a_table_of_several_entries_counts_for_each(order, steps):
    data = written(order, *steps)
    single, several = load(data), load(shared(data, order))
    assert [said(operator) for operator in several.subgraphs[0].operators] == [
        said(operator) for operator in single.subgraphs[0].operators
    ]
    expected, found = analyze_model(single), analyze_model(several)
    assert found.operators == expected.operators
    assert found.tensor_shapes == expected.tensor_shapes
    assert found.peak_memory == expected.peak_memory
    assert found.total == expected.total


def test_a_custom_operator_of_the_same_name_is_another_one():
    builder = ModelBuilder()
    graph = builder.graph()
    graph.input([3, 2])
    graph.outputs = [graph.tensor([3, 2])]
    for kind in ("ADD", "CUSTOM", "ADD"):
        builder.codes.append(code(kind, custom_code="ADD" if kind == "CUSTOM" else None))
        graph.operators.append(operator(len(builder.codes) - 1, [0, 0], [1]))
    found = analyze_model(load(builder.pack())).operators
    assert [item.name for item in found] == ["ADD"] * 3
    assert [item.status.value for item in found] == ["counted", "unsupported", "counted"]


def test_rows_that_say_the_same_differ_in_their_number():
    order = [0, 0, 1, 0, 1]
    steps = [(add, 0, 0, 1), (join, 0, 1, 4)]
    model = load(shared(written(order, *steps), order))
    document = report_document(Report.of(model, analyze_model(model)))
    table = next(part for part in document.parts if hasattr(part, "rows"))
    rows = [dict(zip([c.key for c in table.columns], row.cells, strict=True)) for row in table.rows]
    assert [row["index"].value for row in rows] == ["0", "1", "2", "3", "4"]
    assert [row["operator"].value for row in rows] == [
        ("ADD", "CONCATENATION")[position] for position in order
    ]
    assert [row["operations"].value for row in rows] == [6, 6, 0, 6, 0]
