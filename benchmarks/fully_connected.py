"""The smallest model worth timing: hardly anything but the call itself."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

WIDTH = 4


def fully_connected_model() -> bytes:
    """A model of one float32 FULLY_CONNECTED, [1, 4] to [1, 4], with weights and bias."""
    weights = np.eye(WIDTH, dtype=np.float32)
    shapes_and_buffers = (([1, WIDTH], 0), ([WIDTH, WIDTH], 1), ([WIDTH], 2), ([1, WIDTH], 0))
    tensors = [
        schema.TensorT(name=f"tensor_{index}", shape=shape, buffer=buffer)
        for index, (shape, buffer) in enumerate(shapes_and_buffers)
    ]
    operator = schema.OperatorT(
        inputs=[0, 1, 2],
        outputs=[3],
        builtinOptionsType=schema.BuiltinOptions.FullyConnectedOptions,
        builtinOptions=schema.FullyConnectedOptionsT(),
    )
    fully_connected = schema.BuiltinOperator.FULLY_CONNECTED
    model = schema.ModelT(
        version=3,
        operatorCodes=[
            schema.OperatorCodeT(deprecatedBuiltinCode=fully_connected, builtinCode=fully_connected)
        ],
        subgraphs=[
            schema.SubGraphT(tensors=tensors, operators=[operator], inputs=[0], outputs=[3])
        ],
        buffers=[
            schema.BufferT(),
            schema.BufferT(data=weights.reshape(-1).view(np.uint8)),
            schema.BufferT(data=weights[0].view(np.uint8)),
        ],
    )
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
