"""What the data classes compute: constants, values, sizes, ranks, signatures, digests."""

import numpy as np
import pytest

import builders
from tflops_native.errors import ModelFormatError
from tflops_native.model.element_types import bits, packed_bytes
from tflops_native.model.graph import QuantizationDetails
from tflops_native.model.reader import load
from tflops_native.model.schema import TensorType
from tflops_native.model.sources.source import Source

schema = builders.schema
TYPES = schema.TensorType


def only_tensor(*tensors, buffers=None):
    made = builders.model([builders.subgraph(tensors)], buffers=buffers)
    return load(builders.pack(made)).subgraphs[0].tensors[0]


def constant(shape, tensor_type, data, **fields):
    made = builders.tensor("c", shape, tensor_type=tensor_type, buffer=1, **fields)
    return only_tensor(made, buffers=[builders.buffer(), builders.buffer(data)])


@pytest.mark.parametrize(
    ("tensor_type", "data", "values"),
    [
        (TYPES.INT8, b"\x01\xff", (1, -1)),
        (TYPES.UINT8, b"\x01\xff", (1, 255)),
        (TYPES.BOOL, b"\x00\x01", (False, True)),
        (TYPES.INT16, b"\x01\x02\xff\xff", (513, -1)),
        (TYPES.UINT16, b"\x01\x02\xff\xff", (513, 65535)),
        (TYPES.INT32, b"\x01\x00\x00\x00\xff\xff\xff\xff", (1, -1)),
        (TYPES.UINT32, b"\x01\x00\x00\x00\xff\xff\xff\xff", (1, 4294967295)),
        (TYPES.INT64, b"\x00\x00\x00\x00\x01\x00\x00\x00" + b"\xff" * 8, (4294967296, -1)),
        (TYPES.UINT64, b"\x00" * 8 + b"\xff" * 8, (0, 18446744073709551615)),
        (TYPES.FLOAT16, b"\x00\x3c\x00\xc0", (1.0, -2.0)),
        (TYPES.FLOAT32, b"\x00\x00\x80\x3f\x00\x00\x00\xc0", (1.0, -2.0)),
        (TYPES.FLOAT64, b"\x00" * 6 + b"\xf0\x3f" + b"\x00" * 8, (1.0, 0.0)),
    ],
)
def test_values_of_a_constant(tensor_type, data, values):
    tensor = constant([2], tensor_type, data)
    assert tensor.is_constant
    assert tensor.values() == values
    assert [type(value) for value in tensor.values()] == [type(value) for value in values]


def test_values_last_dimension_fastest():
    data = np.arange(6, dtype="<i4").tobytes()
    tensor = constant([2, 3], TYPES.INT32, data)
    assert tensor.element_count == 6
    assert tensor.values() == (0, 1, 2, 3, 4, 5)


def test_scalar_has_one_element_and_an_empty_tensor_none():
    assert constant([], TYPES.INT32, b"\x07\0\0\0").values() == (7,)
    empty = constant([3, 0], TYPES.INT32, b"")
    assert empty.element_count == 0
    assert empty.values() == ()


def test_values_beyond_the_limit_are_refused():
    tensor = constant([4], TYPES.INT8, b"\0\0\0\0")
    assert tensor.values(limit=4) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="4 elements, more than 3"):
        tensor.values(limit=3)


@pytest.mark.parametrize(
    ("tensor_type", "name"), [(TYPES.INT4, "INT4"), (TYPES.BFLOAT16, "BFLOAT16")]
)
def test_values_of_a_type_that_is_not_decoded(tensor_type, name):
    with pytest.raises(ValueError, match=f"type {name} is not decoded"):
        constant([2], tensor_type, b"\0\0\0\0").values()


def test_values_of_a_sparse_constant_are_refused():
    sparse = constant([100], TYPES.INT8, b"\x01", sparsity=schema.SparsityParametersT())
    assert sparse.sparsity
    with pytest.raises(ValueError, match="sparse"):
        sparse.values()


def test_values_of_a_tensor_that_is_computed():
    tensor = only_tensor(builders.tensor("x", [2]))
    assert not tensor.is_constant
    with pytest.raises(ValueError, match="not known before the model runs"):
        tensor.values()


def test_buffer_without_data_is_not_constant_but_an_empty_one_is():
    # Older converters give every tensor a buffer of its own, with no data.
    made = builders.tensor("x", [0], buffer=1)
    assert only_tensor(made, buffers=[builders.buffer(), builders.buffer()]).data is None
    tensor = only_tensor(made, buffers=[builders.buffer(), builders.buffer(b"")])
    assert tensor.is_constant
    assert bytes(tensor.data) == b""


def test_buffer_0_is_never_constant():
    made = builders.tensor("x", [1], tensor_type=TYPES.INT8, buffer=0)
    assert only_tensor(made, buffers=[builders.buffer(b"\x01")]).data is None


def test_values_in_another_file():
    tensor = load(builders.pack(builders.rich_model())).subgraphs[0].tensors[9]
    assert tensor.is_constant
    assert tensor.data is None
    with pytest.raises(ValueError, match="in another file"):
        tensor.values()


def test_constant_after_the_tables():
    def packed(offset):
        made = builders.tensor("c", [3], tensor_type=TYPES.INT8, buffer=1)
        buffers = [builders.buffer(), builders.buffer(offset=offset, size=3)]
        return builders.pack(builders.model([builders.subgraph([made])], buffers=buffers))

    size = len(packed(2))
    data = packed(size) + b"\x01\x02\x03"
    assert load(data).subgraphs[0].tensors[0].values() == (1, 2, 3)
    # 0 and 1 mean that there is no such data.
    assert load(packed(1)).subgraphs[0].tensors[0].data is None
    with pytest.raises(ModelFormatError, match=f"the file has {size + 2} bytes"):
        load(data[:-1])
    with pytest.raises(ModelFormatError, match="buffer data after the tables"):
        load(packed(2**64 - 1))


def test_constants_are_views_of_the_bytes_given():
    data = bytearray(builders.pack(builders.rich_model()))
    loaded = load(data)
    assert loaded.subgraphs[0].tensors[1].data.obj is data
    assert loaded.data.readonly


def test_rank_of_files_that_state_it():
    graph = builders.subgraph(
        [
            builders.tensor("unranked", []),
            builders.tensor("scalar", [], hasRank=True),
            builders.tensor("x", [1]),
        ]
    )
    tensors = load(builders.pack(builders.model([graph]))).subgraphs[0].tensors
    assert [tensor.has_rank for tensor in tensors] == [False, True, True]


def test_empty_shape_in_files_that_never_state_a_rank_is_a_scalar():
    assert only_tensor(builders.tensor("scalar", [])).has_rank


def test_shape_signature():
    tensor = only_tensor(builders.tensor("x", [1, 4], shapeSignature=[-1, 4]))
    assert (tensor.shape, tensor.shape_signature) == ((1, 4), (-1, 4))
    assert only_tensor(builders.tensor("x", [1, 4])).shape_signature == (1, 4)


def test_quantization():
    tensors = load(builders.pack(builders.rich_model())).subgraphs[0].tensors
    per_channel = tensors[1].quantization
    assert per_channel.scale == (0.5, 0.25, 2.0, 1.0)
    assert per_channel.zero_point == (0, -1, 2, 3)
    assert per_channel.min == (-1.0,)
    assert per_channel.details is None
    assert tensors[2].quantization is None  # an empty table
    blockwise = tensors[4].quantization
    assert blockwise.scale == ()
    assert blockwise.details == QuantizationDetails(
        "BlockwiseQuantization", scales=3, zero_points=None, block_size=32
    )


@pytest.mark.parametrize(
    ("tensor_type", "element_count", "size"),
    [
        ("FLOAT32", 3, 12),
        ("INT8", 3, 3),
        ("BOOL", 3, 3),
        ("COMPLEX128", 3, 48),
        ("BFLOAT16", 3, 6),
        ("INT4", 0, 0),
        ("INT4", 1, 1),
        ("INT4", 4, 2),
        ("INT4", 5, 3),
        ("UINT4", 5, 3),
        ("INT2", 4, 1),
        ("INT2", 5, 2),
    ],
)
def test_packed_bytes(tensor_type, element_count, size):
    assert packed_bytes(TensorType[tensor_type], element_count) == size


def test_types_without_a_size():
    assert {t.name for t in TensorType if bits(t) is None} == {
        "STRING",
        "RESOURCE",
        "VARIANT",
    }
    with pytest.raises(ValueError, match="STRING has no fixed size"):
        packed_bytes(TensorType.STRING, 3)


def test_signature():
    loaded = load(builders.pack(builders.rich_model()))
    serve = loaded.signature("serve")
    assert serve.subgraph_index == 0
    assert list(serve.outputs.items()) == [("classes", 10), ("rest", 7)]
    with pytest.raises(ModelFormatError, match=r"^no signature 'x'; the model has: serve, other$"):
        loaded.signature("x")


def test_signature_of_a_model_without_any():
    loaded = load(builders.pack(builders.model([builders.subgraph([])])))
    with pytest.raises(ModelFormatError, match="no signature 'x'; the model has: none"):
        loaded.signature("x")


def test_model():
    data = builders.pack(builders.rich_model())
    loaded = load(data)
    assert loaded.path is None
    assert loaded.size_bytes == len(data)
    assert bytes(loaded.data) == data
    assert loaded.description == "made by a test"
    assert loaded.minimum_runtime_version == "2.10.0"
    assert [buffer.size_bytes for buffer in loaded.buffers] == [0, 16, 16, 4, 3, 8, 4, 10]


def test_sha256():
    # Of these bytes by sha256sum.
    loaded = load(builders.pack(builders.model([builders.subgraph([])])))
    object.__setattr__(loaded, "source", Source(memoryview(b"abc")))
    assert loaded.sha256() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_no_minimum_runtime_version():
    loaded = load(builders.pack(builders.model([builders.subgraph([])])))
    assert loaded.minimum_runtime_version is None
