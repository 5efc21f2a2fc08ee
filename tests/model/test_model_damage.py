"""Damaged and hostile files: either a model or a `ModelFormatError`, soon, and with a clear message."""

import struct
import tracemalloc
from contextlib import suppress
from functools import cache

import flatbuffers
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import builders
from tflops_native.errors import ModelFormatError
from tflops_native.model.flatbuffer import FlatBuffer, TableType
from tflops_native.model.reader import load
from tflops_native.model.schema import STRUCTURE

schema = builders.schema


def use_everything(model):
    """Reads all that is decoded late; only the documented `ValueError` may come out."""
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            with suppress(ValueError):
                tensor.values(limit=1000)
            if tensor.quantization is not None:
                quantization = tensor.quantization
                repr((quantization.scale, quantization.zero_point))
                repr((quantization.min, quantization.max))
        for operator in graph.operators:
            for index in (*operator.inputs, *operator.outputs, *operator.intermediates):
                assert index is None or 0 <= index < len(graph.tensors)
        for index in (*graph.inputs, *graph.outputs):
            assert 0 <= index < len(graph.tensors)
    for signature in model.signatures:
        tensors = model.subgraphs[signature.subgraph_index].tensors
        for index in (*signature.inputs.values(), *signature.outputs.values()):
            assert 0 <= index < len(tensors)
    repr((model, model.minimum_runtime_version, model.sha256()))


def load_or_refuse(data):
    try:
        model = load(data)
    except ModelFormatError:
        return
    use_everything(model)


@cache
def valid():
    return builders.pack(builders.rich_model())


BYTE = st.tuples(st.integers(0, 100_000), st.integers(0, 255))
WORD = st.tuples(
    st.integers(0, 100_000),
    st.sampled_from([0, 1, 4, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC]),
)


@settings(max_examples=400)
@given(st.lists(BYTE, min_size=1, max_size=4))
def test_changed_bytes(changes):
    data = bytearray(valid())
    for position, value in changes:
        data[position % len(data)] = value
    load_or_refuse(bytes(data))


@settings(max_examples=400)
@given(st.lists(WORD, min_size=1, max_size=2))
def test_changed_words(changes):
    data = bytearray(valid())
    for position, value in changes:
        struct.pack_into("<I", data, position % (len(data) // 4) * 4, value)
    load_or_refuse(bytes(data))


@settings(max_examples=200)
@given(st.integers(0, 100_000))
def test_truncated(length):
    load_or_refuse(valid()[: length % len(valid())])


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_after_the_identifier(data):
    load_or_refuse(b"\x08\0\0\0TFL3" + data)


def test_every_word_as_a_huge_length():
    """Whatever word is a vector's length: no loop over four thousand million elements."""
    for position in range(8, len(valid()) - 4, 4):
        data = bytearray(valid())
        struct.pack_into("<I", data, position, 0xFFFFFFFF)
        load_or_refuse(bytes(data))


def test_truncation_is_named_with_place_and_size():
    data = valid()[:1000]
    with pytest.raises(ModelFormatError) as error:
        load(data)
    assert str(error.value).startswith("the model is truncated or damaged: ")
    assert "needs" in str(error.value)
    assert str(error.value).endswith("the file has 1000 bytes")


def patched(change, made=None):
    """The bytes of a model after `change(data, official root)` has written into them."""
    data = bytearray(builders.pack(made or builders.rich_model()))
    change(data, schema.Model.GetRootAs(bytes(data), 0))
    return bytes(data)


def field_position(table, slot):
    return table._tab.Pos + table._tab.Offset(4 + 2 * slot)


def vector_position(table, slot):
    at = field_position(table, slot)
    return at + struct.unpack_from("<I", table._tab.Bytes, at)[0]


def refused(data, *parts):
    with pytest.raises(ModelFormatError) as error:
        load(data)
    for part in parts:
        assert part in str(error.value)


def test_vector_length_beyond_the_file():
    def change(data, root):
        at = vector_position(root.Subgraphs(0).Tensors(1), 0)
        struct.pack_into("<I", data, at, 0x40000000)

    data = patched(change)
    refused(data, "subgraph 0: tensor 1: shape at byte", f"the file has {len(data)} bytes")


def test_offset_beyond_the_file():
    def change(data, root):
        struct.pack_into("<I", data, field_position(root, 2), 0xFFFFFF00)

    refused(patched(change), "subgraphs at byte")


def test_root_offset_beyond_the_file():
    refused(b"\xff\xff\xff\xff" + valid()[4:], "root offset at byte 4294967295")


@pytest.mark.parametrize("distance", [0x7FFFFFFF, -0x80000000])
def test_vtable_outside_of_the_file(distance):
    def change(data, root):
        struct.pack_into("<i", data, root.Subgraphs(0)._tab.Pos, distance)

    refused(patched(change), "vtable of table SubGraph")


def vtable_position(table):
    return table._tab.Pos - struct.unpack_from("<i", table._tab.Bytes, table._tab.Pos)[0]


@pytest.mark.parametrize(("size", "inline"), [(2, 8), (5, 8), (8, 2)])
def test_vtable_with_impossible_sizes(size, inline):
    def change(data, root):
        struct.pack_into("<HH", data, vtable_position(root), size, inline)

    refused(patched(change), "vtable of table Model", "impossible sizes")


def test_vtable_beyond_the_file():
    def change(data, root):
        struct.pack_into("<H", data, vtable_position(root), 0xFFFE)

    refused(patched(change), "vtable of table Model", "needs 65534 bytes")


@pytest.mark.parametrize("offset", [2, 0xFFF0])
def test_field_outside_of_its_table(offset):
    def change(data, root):
        struct.pack_into("<H", data, vtable_position(root) + 4, offset)

    refused(patched(change), "puts field version")


def test_fields_on_top_of_each_other():
    def change(data, root):
        vtable = vtable_position(root)
        data[vtable + 4 : vtable + 6] = data[vtable + 6 : vtable + 8]

    refused(patched(change), "onto another field")


def test_a_name_that_is_not_utf8_refuses_no_model():
    """Names are for people and for look-up: such bytes are shown, and different ones stay different."""
    names = set()
    for byte in (0xFE, 0xFF):

        def change(data, root, byte=byte):
            data[vector_position(root.Subgraphs(0).Tensors(0), 3) + 4] = byte

        name = load(patched(change)).subgraphs[0].tensors[0].name
        assert name.startswith(f"\\x{byte:x}")
        name.encode("utf-8")
        names.add(name)
    assert len(names) == 2


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (lambda r: (r.Subgraphs(0), 1), 12, "inputs have tensor index 12, there are 12 tensors"),
        (lambda r: (r.Subgraphs(0), 1), -1, "inputs have tensor index -1"),
        (lambda r: (r.Subgraphs(1), 2), 1, "subgraph 1: outputs have tensor index 1"),
        (lambda r: (r.Subgraphs(0).Operators(0), 1), 12, "operator 0 (CONV_2D): inputs have"),
        (lambda r: (r.Subgraphs(0).Operators(0), 1), -2, "inputs have tensor index -2"),
        (lambda r: (r.Subgraphs(0).Operators(0), 2), -1, "outputs have tensor index -1"),
        (
            lambda r: (r.Subgraphs(0).Operators(1), 8),
            99,
            "operator 1 (UNIDIRECTIONAL_SEQUENCE_LSTM): intermediates have tensor index 99",
        ),
        (lambda r: (r.Subgraphs(0).Tensors(0), 0), -1, "has a dimension below 0"),
        (lambda r: (r.Subgraphs(0).Tensors(0), 7), -2, "has a dimension below -1"),
        (
            lambda r: (r.Subgraphs(0).Tensors(1), 0),
            2**31 - 1,
            "tensor 1: INT8 of shape (2147483647, 2, 2, 1) needs 8589934588 bytes, buffer 1 has 16",
        ),
    ],
)
def test_first_element_of_a_vector(where, value, message):
    def change(data, root):
        struct.pack_into("<i", data, vector_position(*where(root)) + 4, value)

    refused(patched(change), message)


@pytest.mark.parametrize(
    ("where", "form", "value", "message"),
    [
        (lambda r: (r, 0), "<I", 2, "its schema version is 2, where 3 is expected"),
        (lambda r: (r.Subgraphs(0).Operators(1), 0), "<I", 6, "operator code 6, there are 6"),
        (lambda r: (r.Subgraphs(0).Tensors(1), 2), "<I", 8, "buffer is 8, there are 8 buffers"),
        (lambda r: (r.Subgraphs(0).Tensors(1), 1), "<b", 99, "Tensor.type is 99"),
        (lambda r: (r.Subgraphs(0).Tensors(9), 10), "<I", 8, "there is no external buffer 8"),
        (lambda r: (r.SignatureDefs(1), 4), "<I", 2, "signature 'other' is of subgraph 2"),
        (
            lambda r: (r.SignatureDefs(0).Outputs(0), 1),
            "<I",
            12,
            "outputs of signature 'serve' have tensor index 12",
        ),
        (lambda r: (r.Metadata(0), 1), "<I", 8, "metadata 'min_runtime_version' is in buffer 8"),
    ],
)
def test_scalar(where, form, value, message):
    def change(data, root):
        struct.pack_into(form, data, field_position(*where(root)), value)

    refused(patched(change), message)


def test_external_buffer_in_a_group_that_does_not_exist():
    made = builders.rich_model()
    made.externalBuffers[0].group = 1
    refused(builders.pack(made), "external buffer 7 is in group 1, there are 1 groups")


@pytest.mark.parametrize(("scales", "zero_points"), [(12, -1), (-1, -1), (3, 12)])
def test_blockwise_scales_out_of_range(scales, zero_points):
    made = builders.rich_model()
    details = made.subgraphs[0].tensors[4].quantization.details
    details.scales, details.zeroPoints = scales, zero_points
    refused(builders.pack(made), "tensor 4: BlockwiseQuantization.", "there are 12 tensors")


def test_signature_of_another_rank():
    made = builders.model([builders.subgraph([builders.tensor("x", [1], shapeSignature=[-1, 1])])])
    refused(builders.pack(made), "tensor 0: shape_signature (-1, 1) does not fit shape (1,)")


def test_no_subgraphs():
    refused(builders.pack(builders.model([])), "it has no subgraph")


def test_rank_bomb():
    """The product of many large dimensions is a number that takes minutes to compute."""
    huge = builders.tensor("x", [2**31 - 1] * 100_000, buffer=1)
    made = builders.model(
        [builders.subgraph([huge])], buffers=[builders.buffer(), builders.buffer(b"\0")]
    )
    refused(builders.pack(made), "tensor 0: shape has 100000 elements, more than 256")


def offsets(builder, tables):
    builder.StartVector(4, len(tables), 4)
    for table in reversed(tables):
        builder.PrependUOffsetTRelative(table)
    return builder.EndVector()


def shared_tables(subgraph_count, tensor_count):
    """A small file whose subgraphs are all the same one, whose tensors are all the same one."""
    builder = flatbuffers.Builder(1024)
    schema.TensorStart(builder)
    schema.TensorAddType(builder, 9)
    tensors = offsets(builder, [schema.TensorEnd(builder)] * tensor_count)
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    subgraphs = offsets(builder, [schema.SubGraphEnd(builder)] * subgraph_count)
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddSubgraphs(builder, subgraphs)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


def test_tables_may_be_shared():
    loaded = load(shared_tables(3, 5))
    assert [len(graph.tensors) for graph in loaded.subgraphs] == [5, 5, 5]


def test_shared_tables_that_unfold_to_millions():
    data = shared_tables(3000, 3000)  # 9 million tensors
    assert len(data) < 30_000
    refused(data, "its tables share their contents so often")


def test_shared_vectors_are_counted_too():
    """One vector of a thousand inputs, in ten thousand operators that are the same table."""
    builder = flatbuffers.Builder(1024)
    schema.TensorStart(builder)
    tensors = offsets(builder, [schema.TensorEnd(builder)])
    builder.StartVector(4, 1000, 4)
    for _ in range(1000):
        builder.PrependInt32(0)
    inputs = builder.EndVector()
    schema.OperatorStart(builder)
    schema.OperatorAddInputs(builder, inputs)
    operators = offsets(builder, [schema.OperatorEnd(builder)] * 10_000)
    schema.OperatorCodeStart(builder)
    codes = offsets(builder, [schema.OperatorCodeEnd(builder)])
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, tensors)
    schema.SubGraphAddOperators(builder, operators)
    subgraphs = offsets(builder, [schema.SubGraphEnd(builder)])
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddSubgraphs(builder, subgraphs)
    schema.ModelAddOperatorCodes(builder, codes)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    refused(bytes(builder.Output()), "its tables share their contents so often")


def test_fields_that_the_schema_does_not_know_are_ignored():
    """A newer writer appends slots; the reader must not mind."""
    builder = flatbuffers.Builder(64)
    builder.StartObject(12)
    builder.PrependUint32Slot(0, 3, 0)
    builder.PrependUint32Slot(11, 77, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    file = FlatBuffer(memoryview(bytes(builder.Output())))
    table_type = TableType.select("Model", STRUCTURE["Model"], "version description")
    assert file.table(file.follow(0, "root"), table_type) == [3, None]


def test_a_damaged_length_is_refused_before_the_vector_is_listed():
    """One word that says how long a vector is, set to all that follows in a file of 3 MB of weights."""
    weights = 3 << 20
    made = builders.rich_model()
    made.buffers[1].data = np.random.default_rng(1).integers(0, 256, weights, np.uint8)
    data = bytearray(builders.pack(made))
    peaks = []
    words = range(0, len(data) - weights, 4)
    for at in (at for at in words if 0 < struct.unpack_from("<I", data, at)[0] < 64):
        before = data[at : at + 4]
        struct.pack_into("<I", data, at, (len(data) - at - 4) // 4)
        tracemalloc.start()
        with suppress(ModelFormatError):
            load(bytes(data))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        data[at : at + 4] = before
    assert max(peaks) < 2 * len(data)
