"""Every option that names a subgraph is known, and what is reached through it."""

import pytest

pytest.importorskip("builders")

from builders import ModelBuilder, options
from tflops_native.model.called import SUBGRAPH_OPTIONS, CalledSubgraph, CallRole
from tflops_native.model.reader import load
from tflops_native.model.schema import OPTIONS

# One operator for each table; the second field, where there is one, is set as well.
OPERATORS = {
    "CallOptions": "CALL",
    "IfOptions": "IF",
    "WhileOptions": "WHILE",
    "CallOnceOptions": "CALL_ONCE",
    "StablehloCaseOptions": "STABLEHLO_CASE",
    "StablehloReduceOptions": "STABLEHLO_REDUCE",
    "StablehloReduceWindowOptions": "STABLEHLO_REDUCE_WINDOW",
    "StablehloScatterOptions": "STABLEHLO_SCATTER",
    "StablehloSortOptions": "STABLEHLO_SORT",
    "StablehloWhileOptions": "STABLEHLO_WHILE",
    "StableHLOCompositeOptions": "STABLEHLO_COMPOSITE",
}


def test_the_table_has_all_that_the_schema_has():
    named = {
        table: {field.name for field in fields if "subgraph" in field.name}
        for table, fields in OPTIONS.items()
    }
    found = {table: set(names) for table, names in SUBGRAPH_OPTIONS.items()}
    assert found == {table: names for table, names in named.items() if names}
    assert set(OPERATORS) == set(found)


@pytest.mark.parametrize("table", OPERATORS)
def test_what_an_operator_runs_is_reached(table):
    builder = ModelBuilder()
    main = builder.graph()
    fields = SUBGRAPH_OPTIONS[table]
    numbers = dict(zip(fields, (2, 3), strict=False))
    if table == "StablehloCaseOptions":
        numbers = {"branch_subgraph_indices": [2, 3, 7]}
    main.operator(OPERATORS[table], [], [], options(table, **numbers))
    for _ in range(3):
        builder.graph()
    model = load(builder.pack())
    flat = numbers.get("branch_subgraph_indices", list(numbers.values()))
    (operator,) = model.subgraphs[0].operators
    assert [called.index for called in operator.subgraphs] == flat
    reached = {subgraph.index for subgraph in model.reachable(0)}
    assert reached == {0, *(index for index in flat if index < 4)}


def test_circles_and_numbers_out_of_range():
    builder = ModelBuilder()
    for target in (1, 0, 9, -1):
        graph = builder.graph()
        graph.operator("WHILE", [], [], options("WhileOptions", cond_subgraph_index=target))
    model = load(builder.pack())
    assert [subgraph.index for subgraph in model.reachable(0)] == [0, 1]
    assert [subgraph.index for subgraph in model.reachable(3, 2)] == [3, 0, 1, 2]
    assert model.subgraphs[3].operators[0].subgraphs[0] == CalledSubgraph(
        CallRole.CONDITION, -1, "condition"
    )
