"""Models for the tests of the reader, built with the official schema module and `flatbuffers`."""

import flatbuffers
import numpy as np
import pytest

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")


def tensor(name, shape, *, tensor_type=schema.TensorType.FLOAT32, buffer=0, **fields):
    made = schema.TensorT()
    made.name, made.shape, made.type, made.buffer = name, list(shape), tensor_type, buffer
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def buffer(data=None, **fields):
    made = schema.BufferT(**fields)
    made.data = None if data is None else np.frombuffer(data, np.uint8)
    return made


def operator(opcode_index, inputs, outputs, **fields):
    made = schema.OperatorT()
    made.opcodeIndex, made.inputs, made.outputs = opcode_index, list(inputs), list(outputs)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def options(table, **fields):
    """The two fields of an operator for a table such as "Conv2DOptions"."""
    made = getattr(schema, f"{table}T")()
    for field, value in fields.items():
        assert hasattr(made, field)
        setattr(made, field, value)
    if hasattr(schema.BuiltinOptions, table):
        return {
            "builtinOptionsType": getattr(schema.BuiltinOptions, table),
            "builtinOptions": made,
        }
    return {
        "builtinOptions2Type": getattr(schema.BuiltinOptions2, table),
        "builtinOptions2": made,
    }


def code(name, *, version=1, custom_code=None):
    """As converters write it: the old byte saturates at 127."""
    made = schema.OperatorCodeT()
    made.builtinCode = getattr(schema.BuiltinOperator, name)
    made.deprecatedBuiltinCode = min(made.builtinCode, 127)
    made.version, made.customCode = version, custom_code
    return made


def subgraph(tensors, operators=(), inputs=(), outputs=(), name="main"):
    made = schema.SubGraphT()
    made.tensors, made.operators, made.name = list(tensors), list(operators), name
    made.inputs, made.outputs = list(inputs), list(outputs)
    return made


def model(subgraphs, *, codes=(), buffers=None, **fields):
    made = schema.ModelT()
    made.version, made.description = 3, "made by a test"
    made.subgraphs, made.operatorCodes = list(subgraphs), list(codes)
    made.buffers = [buffer()] if buffers is None else list(buffers)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def pack(made):
    builder = flatbuffers.Builder(1024)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def one_operator(name, operator_fields, *, tensors=2, **code_fields):
    """The bytes of a model with one operator that reads tensor 0 and writes tensor 1."""
    graph = subgraph(
        [tensor(f"t{index}", [1]) for index in range(tensors)],
        [operator(0, [0], [1], **operator_fields)],
        inputs=[0],
        outputs=[1],
    )
    return pack(model([graph], codes=[code(name, **code_fields)]))


def quantization(**fields):
    made = schema.QuantizationParametersT()
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def signature(key, subgraph_index, inputs, outputs):
    def tensor_maps(names):
        return [schema.TensorMapT(name=name, tensorIndex=index) for name, index in names.items()]

    return schema.SignatureDefT(
        signatureKey=key,
        subgraphIndex=subgraph_index,
        inputs=tensor_maps(inputs),
        outputs=tensor_maps(outputs),
    )


def rich_model():
    """A model in which every feature that the reader knows occurs at least once."""
    types = schema.TensorType
    filters = np.arange(16, dtype=np.int8).tobytes()
    blockwise = quantization(
        detailsType=schema.QuantizationDetails.BlockwiseQuantization,
        details=schema.BlockwiseQuantizationT(scales=3, zeroPoints=-1, blockSize=32),
    )
    per_channel = quantization(
        scale=[0.5, 0.25, 2.0, 1.0],
        zeroPoint=[0, -1, 2, 3],
        quantizedDimension=0,
        min=[-1.0],
        max=[1.5],
    )
    sparsity = schema.SparsityParametersT(
        traversalOrder=[0, 1], dimMetadata=[schema.DimensionMetadataT(denseSize=4)]
    )
    main = subgraph(
        [
            tensor("input", [1, 4, 4, 1], shapeSignature=[-1, 4, 4, 1], hasRank=True),
            tensor(
                "filter",
                [4, 2, 2, 1],
                tensor_type=types.INT8,
                buffer=1,
                hasRank=True,
                quantization=per_channel,
            ),
            tensor("bias", [4], buffer=2, hasRank=True, quantization=quantization()),
            tensor("scales", [2], tensor_type=types.FLOAT16, buffer=3, hasRank=True),
            tensor("packed", [5], tensor_type=types.INT4, buffer=4, quantization=blockwise),
            tensor("sparse", [4, 100], buffer=5, sparsity=sparsity),
            tensor("state", [1, 8], isVariable=True),
            tensor("unranked", []),
            tensor("scalar", [], tensor_type=types.INT32, hasRank=True, buffer=6),
            tensor("elsewhere", [1000], externalBuffer=7),
            tensor("Übergröße", [1, 4, 4, 4], tensor_type=types.INT8),
            tensor("text", [2], tensor_type=types.STRING),
        ],
        [
            operator(
                0,
                [0, 1, 2],
                [10],
                **options(
                    "Conv2DOptions",
                    padding=1,
                    strideW=2,
                    strideH=3,
                    fusedActivationFunction=3,
                    dilationWFactor=4,
                ),
            ),
            operator(1, [10, -1, 6], [7], intermediates=[8, 9]),
            operator(2, [7], [10], customOptions=[1, 2, 3]),
            operator(3, [0], [10], **options("DilateOptions")),
            operator(
                4,
                [0],
                [10],
                **options(
                    "StableHLOCompositeOptions",
                    name="odml.rms_norm",
                    decompositionSubgraphIndex=1,
                    compositeAttributes=[9, 8],
                    version=2,
                ),
            ),
            operator(5, [0], [10], **options("ReshapeOptions", newShape=[1, -1])),
        ],
        inputs=[0],
        outputs=[10, 7],
    )
    body = subgraph([tensor("x", [3])], inputs=[0], outputs=[0], name="body")
    floats = np.array([1.5, -2.0, 0.0, 3.25], "<f4").tobytes()
    return model(
        [main, body],
        codes=[
            code("CONV_2D", version=3),
            code("UNIDIRECTIONAL_SEQUENCE_LSTM"),
            code("CUSTOM", custom_code="My op"),
            code("DILATE"),
            code("STABLEHLO_COMPOSITE"),
            code("RESHAPE"),
        ],
        buffers=[
            buffer(),
            buffer(filters),
            buffer(floats),
            buffer(np.array([0.5, 2.0], "<f2").tobytes()),
            buffer(b"\x21\x43\x05"),
            buffer(b"\0" * 8),
            buffer(b"\xfe\xff\xff\xff"),
            buffer(b"2.10.0\0\0\0\0"),
        ],
        metadata=[schema.MetadataT(name="min_runtime_version", buffer=7)],
        signatureDefs=[
            signature("serve", 0, {"image": 0}, {"classes": 10, "rest": 7}),
            signature("other", 1, {"x": 0}, {"y": 0}),
        ],
        externalBufferGroups=[schema.ExternalBufferGroupT(name="weights.bin")],
        externalBuffers=[
            schema.ExternalBufferT(id=7, group=0, offset=64, length=4000, packing="none")
        ],
    )
