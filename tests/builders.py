"""Models for tests, built with the official schema module and `flatbuffers`.

The functions make single tables and hide nothing, for tests that look at the encoding.
`ModelBuilder` collects whole graphs, for tests that run or analyse a model.
"""

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
    """The two fields of an operator for a table such as "Conv2DOptions", fields as in the schema."""
    made = getattr(schema, f"{table}T")()
    for field, value in fields.items():
        first, *rest = field.split("_")  # the object API writes stride_w as strideW
        name = first + "".join(word[0].upper() + word[1:] for word in rest)
        assert hasattr(made, name)
        setattr(made, name, value)
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


class ModelBuilder:
    """Collects subgraphs and what they share, and packs them into the bytes of a model file."""

    def __init__(self):
        self.graphs, self.signatures = [], []
        self.buffers, self.codes = [buffer()], []

    def graph(self):
        """A new subgraph, the next one in the file."""
        self.graphs.append(Graph(self))
        return self.graphs[-1]

    def pack(self, **fields):
        """The bytes of the model file; `fields` are further ones of the model's table."""
        graphs = [
            subgraph(graph.tensors, graph.operators, graph.inputs, graph.outputs)
            for graph in self.graphs
        ]
        return pack(
            model(
                graphs,
                codes=self.codes,
                buffers=self.buffers,
                signatureDefs=self.signatures,
                **fields,
            )
        )


class Graph:
    """One subgraph. Tensors are known by their index; types are those of the schema: "INT32"."""

    def __init__(self, owner):
        self.owner = owner
        self.tensors, self.operators, self.inputs, self.outputs = [], [], [], []

    def tensor(self, shape, type="FLOAT32", *, name=None, **fields):
        made = tensor(
            f"t{len(self.tensors)}" if name is None else name,
            shape,
            tensor_type=getattr(schema.TensorType, type),
            hasRank=True,
        )
        for field, value in fields.items():
            setattr(made, field, value)
        self.tensors.append(made)
        return len(self.tensors) - 1

    def input(self, shape, type="FLOAT32", **fields):
        self.inputs.append(self.tensor(shape, type, **fields))
        return self.inputs[-1]

    def constant(self, values, type=None, **fields):
        """A tensor with a value: an array, or numbers of a type."""
        array = np.asarray(values, None if type is None else type.lower())
        self.owner.buffers.append(buffer(array.tobytes()))
        index = len(self.owner.buffers) - 1
        return self.tensor(array.shape, array.dtype.name.upper(), buffer=index, **fields)

    def sparse_constant(self, values, block=1, **fields):
        """A matrix of which only the blocks of so many columns that are not all 0 are stored."""
        array = np.asarray(values)
        rows, columns = array.shape
        segments, indices, stored = [0], [], []
        for row in range(rows):
            for place in range(columns // block):
                part = array[row, place * block : (place + 1) * block]
                if part.any():
                    indices.append(place)
                    stored.append(part)
            segments.append(len(indices))
        data = np.concatenate(stored) if stored else array[:0, 0]
        self.owner.buffers.append(buffer(data.tobytes()))
        levels = [
            schema.DimensionMetadataT(denseSize=rows),
            schema.DimensionMetadataT(
                format=schema.DimensionType.SPARSE_CSR,
                arraySegmentsType=schema.SparseIndexVector.Int32Vector,
                arraySegments=schema.Int32VectorT(values=segments),
                arrayIndicesType=schema.SparseIndexVector.Uint16Vector,
                arrayIndices=schema.Uint16VectorT(values=indices),
            ),
        ]
        if block > 1:
            levels.append(schema.DimensionMetadataT(denseSize=block))
        return self.tensor(
            array.shape,
            array.dtype.name.upper(),
            buffer=len(self.owner.buffers) - 1,
            sparsity=schema.SparsityParametersT(
                traversalOrder=list(range(len(levels))),
                blockMap=[1] if block > 1 else [],
                dimMetadata=levels,
            ),
            **fields,
        )

    def operator(self, name, inputs, outputs, options_fields=None, *, version=1):
        """Append an operator; a name that is not in the schema is that of a custom operator."""
        if hasattr(schema.BuiltinOperator, name):
            self.owner.codes.append(code(name, version=version))
        else:
            self.owner.codes.append(code("CUSTOM", version=version, custom_code=name))
        position = len(self.owner.codes) - 1
        self.operators.append(operator(position, inputs, outputs, **(options_fields or {})))


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
        traversalOrder=[0, 1],
        dimMetadata=[
            schema.DimensionMetadataT(denseSize=4),
            schema.DimensionMetadataT(
                format=schema.DimensionType.SPARSE_CSR,
                arraySegmentsType=schema.SparseIndexVector.Uint8Vector,
                arraySegments=schema.Uint8VectorT(values=[0, 1, 1, 2, 2]),
                arrayIndicesType=schema.SparseIndexVector.Uint16Vector,
                arrayIndices=schema.Uint16VectorT(values=[99, 3]),
            ),
        ],
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
