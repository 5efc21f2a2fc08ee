"""Variables and hash tables in graphs of several operators, against the runtime."""

import numpy as np
import pytest

from builders import ModelBuilder, buffer, options
from configurations import Case, data
from referee import analyzed, invoked_shapes
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError
from tflops_native.model.reader import load
from workloads import analyze_model

INT64, STRING = 4, 5  # as the schema numbers them


def variable_model(**read):
    """x -> ASSIGN_VARIABLE, READ_VARIABLE -> y, NEG -> the output; `read` are fields of y."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([2, 3])
    handle = graph.tensor([], "RESOURCE")
    y, negative = graph.tensor(read.pop("shape"), **read), graph.tensor([])
    table = options("VarHandleOptions", shared_name="v", container="")
    graph.operator("VAR_HANDLE", [], [handle], table)
    graph.operator("ASSIGN_VARIABLE", [handle, x], [], options("AssignVariableOptions"))
    graph.operator("READ_VARIABLE", [handle], [y], options("ReadVariableOptions"))
    graph.operator("NEG", [y], [negative], options("NegOptions"))
    graph.outputs = [negative]
    return builder.pack()


def test_a_variable():
    model = variable_model(shape=[2, 3])
    analysis = analyze_model(load(model))
    assert analysis.coverage.is_complete
    handle, assign, read, negative = analysis.operators
    assert (handle.output_shapes, assign.output_shapes) == (((),), ())
    assert read.output_shapes == ((2, 3),)
    assert (negative.output_shapes,) == (invoked_shapes(model, [np.zeros((2, 3), "f4")]),)
    # 6 elements of 4 bytes into the variable, and out of it.
    assert (assign.bytes_read, assign.bytes_written) == (24, 24)
    assert (read.bytes_read, read.bytes_written) == (24, 24)


@pytest.mark.parametrize(
    "read", [{"shape": [], "hasRank": False}, {"shape": [1, 3], "shapeSignature": [-1, 3]}]
)
def test_a_variable_of_open_shape(read):
    *_, read, negative = analyze_model(load(variable_model(**read))).operators
    assert read.status is negative.status is Status.UNSUPPORTED
    assert read.note == "the shape of the variable is known only when the model runs"
    assert read.output_shapes == (None,)
    assert negative.shapes_assumed


def test_the_runtime_does_not_know_it_either():
    model = variable_model(shape=[], hasRank=False)
    assert invoked_shapes(model, [np.zeros((2, 3), "f4")]) == ((2, 3),)


def strings(*texts):
    """The bytes of a tensor of strings: their number, where each begins, and the last ends, text."""
    encoded = [text.encode() for text in texts]
    begins = np.cumsum([4 * (len(texts) + 2), *map(len, encoded)])
    return np.array([len(texts), *begins], "<i4").tobytes() + b"".join(encoded)


def text_constant(graph, *texts):
    graph.owner.buffers.append(buffer(strings(*texts)))
    return graph.tensor([len(texts)], "STRING", buffer=len(graph.owner.buffers) - 1)


def test_a_hash_table():
    builder = ModelBuilder()
    graph = builder.graph()
    keys, values = graph.constant([1, 2, 3], "INT64"), text_constant(graph, "a", "bc", "d")
    wanted, default = graph.input([2, 2], "INT64"), text_constant(graph, "none")
    table = graph.tensor([], "RESOURCE")
    found, size = graph.tensor([], "STRING"), graph.tensor([], "INT64")
    fields = options("HashtableOptions", table_id=1, key_dtype=INT64, value_dtype=STRING)
    graph.operator("HASHTABLE", [], [table], fields)
    importing = options("HashtableImportOptions")
    graph.operator("HASHTABLE_IMPORT", [table, keys, values], [], importing)
    finding = options("HashtableFindOptions")
    graph.operator("HASHTABLE_FIND", [table, wanted, default], [found], finding)
    graph.operator("HASHTABLE_SIZE", [table], [size], options("HashtableSizeOptions"))
    graph.outputs = [found, size]
    model = builder.pack()
    analysis = analyze_model(load(model))
    shapes = [operator.output_shapes for operator in analysis.operators]
    assert shapes == [((1,),), (), ((2, 2),), ((1,),)]
    assert (*shapes[2], *shapes[3]) == invoked_shapes(model, [np.ones((2, 2), "i8")])
    assert {operator.status for operator in analysis.operators} == {Status.NO_ARITHMETIC}


def test_a_lookup_reads_the_rows_it_takes():
    operands = (data((2,), "INT32"), data((9,), "INT32"), data((9, 5)))
    operator = analyzed(Case("HASHTABLE_LOOKUP", operands, {}, ("FLOAT32", "UINT8")).pack())
    # 2 keys are looked up among 9, for 2 rows of 5 elements; 4 bytes each.
    assert operator.bytes_read == 4 * (2 + 9 + 10)
    assert operator.bytes_written == 4 * 10 + 2


def test_keys_and_rows_must_agree():
    operands = (data((2,), "INT32"), data((9,), "INT32"), data((8, 5)))
    with pytest.raises(ShapeError, match=r"`value` must have 9 rows, but is \[8, 5\]"):
        analyzed(Case("HASHTABLE_LOOKUP", operands, {}, ("FLOAT32", "UINT8")).pack())


@pytest.mark.parametrize(
    ("sentence", "groups"), [("the quick brown fox", 3), ("the quick", 1), ("the", 0)]
)
def test_skip_gram(sentence, groups):
    """One string goes in whatever the sentence: nothing but its words tells what comes out."""
    builder = ModelBuilder()
    graph = builder.graph()
    text = text_constant(graph, sentence)
    graph.outputs = [graph.tensor([], "STRING")]
    fields = options("SkipGramOptions", ngram_size=2, max_skip_size=0)
    graph.operator("SKIP_GRAM", [text], graph.outputs, fields)
    model = builder.pack()
    operator = analyzed(model)
    assert (operator.status, operator.output_shapes) == (Status.BOUNDED, (None,))
    assert operator.note == "the words of its input decide how many groups there are"
    assert invoked_shapes(model, []) == ((groups,),)
