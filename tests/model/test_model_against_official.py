"""The reader against the official schema module: every field of every table of real models."""

import lzma
from pathlib import Path

import pytest

import builders
from tflops_native.model.reader import load
from tflops_native.model.schema import TensorType

schema = builders.schema
ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.tflite"))
# Of the converted test models those that differ most: state, float16, int8, computed shapes.
CONVERTED = [
    path
    for stem in (
        "attention_encoder_dynamic-float16",
        "lstm_unrolled-dynamic",
        "mobilenet_v2-int8",
        "mobilenet_v3_small-float32",
    )
    for path in (ROOT / "tests" / "models").glob(f"{stem}.tflite.xz")
]
ENUMS_2 = {
    value: name for name, value in vars(schema.BuiltinOptions2).items() if not name.startswith("_")
}
ENUMS_1 = {
    value: name for name, value in vars(schema.BuiltinOptions).items() if not name.startswith("_")
}
BUILTIN_NAMES = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}


def camel_case(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def text(value):
    return "" if value is None else value.decode()


def items(value):
    """A vector of the official module, which is None, a list or an array, as a tuple."""
    return () if value is None else tuple(value)


def vector(value):
    return tuple(item.item() if hasattr(item, "item") else item for item in items(value))


def assert_same_options(ours, type_byte, theirs, type_byte_2, theirs_2):
    names, type_byte, theirs = (
        (ENUMS_1, type_byte, theirs) if type_byte else (ENUMS_2, type_byte_2, theirs_2)
    )
    if not type_byte:
        assert ours.options_type is None
        assert dict(ours.options) == {}
        return
    assert ours.options_type == names[type_byte]
    assert {camel_case(name) for name in ours.options} == set(vars(theirs))
    for name, value in ours.options.items():
        expected = getattr(theirs, camel_case(name))
        if isinstance(expected, bytes):
            expected = expected.decode()
        elif isinstance(value, tuple):
            expected = vector(expected)
        elif isinstance(value, bytes):
            expected = bytes(items(expected))
        assert value == expected, name


def assert_same_quantization(ours, theirs):
    vectors = ("scale", "zeroPoint", "min", "max")
    if theirs is None or not (theirs.details or any(items(getattr(theirs, v)) for v in vectors)):
        if ours is not None:
            assert (ours.scale, ours.zero_point, ours.min, ours.max) == ((), (), (), ())
        return
    assert ours.scale == vector(theirs.scale)
    assert ours.zero_point == vector(theirs.zeroPoint)
    assert ours.min == vector(theirs.min)
    assert ours.max == vector(theirs.max)
    assert ours.quantized_dimension == theirs.quantizedDimension
    if theirs.details is None:
        assert ours.details is None
    else:
        assert f"{ours.details.kind}T" == type(theirs.details).__name__
        assert ours.details.scales == theirs.details.scales
        assert ours.details.block_size == theirs.details.blockSize
        zero_points = -1 if ours.details.zero_points is None else ours.details.zero_points
        assert zero_points == theirs.details.zeroPoints


def assert_same_tensor(ours, theirs, buffers, states_rank):
    assert ours.name == text(theirs.name)
    assert ours.shape == vector(theirs.shape)
    assert ours.shape_signature == (vector(theirs.shapeSignature) or ours.shape)
    assert isinstance(ours.type, TensorType)
    assert ours.type == theirs.type
    assert ours.buffer == theirs.buffer
    assert ours.is_variable == theirs.isVariable
    assert ours.external_buffer == theirs.externalBuffer
    assert (ours.sparsity is None) == (theirs.sparsity is None)
    if states_rank and not ours.shape:
        assert ours.has_rank == theirs.hasRank
    else:
        assert ours.has_rank
    stored = buffers[theirs.buffer].data if theirs.buffer else None
    if stored is None:
        assert ours.data is None
    else:
        assert bytes(ours.data) == bytes(stored)
    assert_same_quantization(ours.quantization, theirs.quantization)


def assert_same_operator(ours, theirs, codes):
    code = codes[theirs.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    assert ours.code == number
    assert ours.name == (text(code.customCode) if number == 32 else BUILTIN_NAMES[number])
    assert ours.version == code.version
    assert tuple(-1 if i is None else i for i in ours.inputs) == vector(theirs.inputs)
    assert ours.outputs == vector(theirs.outputs)
    intermediates = tuple(-1 if i is None else i for i in ours.intermediates)
    assert intermediates == vector(theirs.intermediates)
    assert_same_options(
        ours,
        theirs.builtinOptionsType,
        theirs.builtinOptions,
        theirs.builtinOptions2Type,
        theirs.builtinOptions2,
    )
    if theirs.customOptions is None:
        assert ours.custom_options is None
    else:
        assert bytes(ours.custom_options) == bytes(vector(theirs.customOptions))


def assert_same_model(ours, theirs):
    assert ours.version == theirs.version == 3
    assert ours.description == text(theirs.description)
    assert len(ours.buffers) == len(theirs.buffers)
    assert len(ours.subgraphs) == len(theirs.subgraphs)
    states_rank = any(t.hasRank for graph in theirs.subgraphs for t in items(graph.tensors))
    for index, (graph, expected) in enumerate(zip(ours.subgraphs, theirs.subgraphs, strict=True)):
        assert graph.index == index
        assert graph.name == text(expected.name)
        assert graph.inputs == vector(expected.inputs)
        assert graph.outputs == vector(expected.outputs)
        tensors, operators = items(expected.tensors), items(expected.operators)
        for place, (one, other) in enumerate(zip(graph.tensors, tensors, strict=True)):
            assert one.index == place
            assert_same_tensor(one, other, theirs.buffers, states_rank)
        for place, (one, other) in enumerate(zip(graph.operators, operators, strict=True)):
            assert one.index == place
            assert_same_operator(one, other, theirs.operatorCodes)
    assert [
        (s.key, s.subgraph_index, dict(s.inputs), dict(s.outputs)) for s in ours.signatures
    ] == [
        (
            text(s.signatureKey),
            s.subgraphIndex,
            {text(t.name): t.tensorIndex for t in items(s.inputs)},
            {text(t.name): t.tensorIndex for t in items(s.outputs)},
        )
        for s in items(theirs.signatureDefs)
    ]
    assert [(m.name, m.buffer) for m in ours.metadata] == [
        (text(m.name), m.buffer) for m in items(theirs.metadata)
    ]
    groups = [text(group.name) for group in items(theirs.externalBufferGroups)]
    assert [(b.id, b.group, b.offset, b.length, b.packing) for b in ours.external_buffers] == [
        (b.id, groups[b.group], b.offset, b.length, text(b.packing))
        for b in items(theirs.externalBuffers)
    ]


def compare(data):
    assert_same_model(load(data), schema.ModelT.InitFromPackedBuf(data))


def test_model_with_every_feature():
    compare(builders.pack(builders.rich_model()))


def test_smallest_model():
    compare(builders.pack(builders.model([builders.subgraph([])])))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path):
    compare(path.read_bytes())


@pytest.mark.parametrize("path", CONVERTED, ids=lambda path: path.name)
def test_converted_model(path):
    compare(lzma.decompress(path.read_bytes()))
