"""Custom operators, whose options are FlexBuffers or C structs."""

import struct
from dataclasses import dataclass

from flatbuffers import flexbuffers

from builders import ModelBuilder
from configurations.case import Case, data, decides
from configurations.drawing import any_shape, generates, lengths
from tflops_native.model.custom_options import StructLayout
from tflops_native.ops import REGISTRY

F32, INT32, INT64 = "FLOAT32", "INT32", "INT64"


@dataclass(frozen=True)
class CustomCase(Case):
    """A custom operator; `options` by name."""

    def octets(self):
        """The options as the file stores them."""
        layout = REGISTRY[self.operator].layout
        if isinstance(layout, StructLayout):
            return struct.pack(layout.form, *(self.options[name] for name in layout.names))
        return bytes(flexbuffers.Dumps(self.options)) if layout else b""

    def pack(self):
        builder = ModelBuilder()
        graph = builder.graph()
        indices = [
            graph.constant(item.array, item.type)
            if item.constant
            else graph.input(item.shape, item.type)
            for item in self.operands
        ]
        graph.outputs = [graph.tensor((), made) for made in self.outputs]
        graph.operator(
            self.operator, indices, graph.outputs, {"customOptions": list(self.octets())}
        )
        return builder.pack()


@generates("TFLite_Detection_PostProcess")
def detection(r, name):
    boxes, classes, background = r.randint(1, 5), r.randint(1, 4), r.randint(0, 1)
    options = {
        "max_detections": r.randint(1, 6),
        "max_classes_per_detection": r.randint(1, 2),
        "num_classes": classes,
        "nms_score_threshold": 0.1,
        "nms_iou_threshold": 0.5,
        "y_scale": 10.0,
        "x_scale": 10.0,
        "h_scale": 5.0,
        "w_scale": 5.0,
    }
    if r.random() < 0.5:
        options |= {"use_regular_nms": True, "detections_per_class": r.randint(1, 6)}
    operands = (data((1, boxes, 4)), data((1, boxes, classes + background)), data((boxes, 4)))
    return CustomCase(name, operands, options, (F32,) * 4)


@generates("AudioSpectrogram")
def audio_spectrogram(r, name):
    options = {
        "window_size": r.randint(2, 40),
        "stride": r.randint(1, 20),
        "magnitude_squared": r.random() < 0.5,
    }
    return CustomCase(name, (data((r.randint(1, 100), r.randint(1, 3))),), options)


@generates("Mfcc")
def mfcc(r, name):
    options = {
        "upper_frequency_limit": 4000,
        "lower_frequency_limit": 20,
        "filterbank_channel_count": r.randint(1, 40),
        "dct_coefficient_count": r.randint(1, 13),
    }
    return CustomCase(name, (data(lengths(r, 3, 1, 30)), data((), INT32)), options)


@generates("NumericVerify")
def numeric_verify(r, name):
    shape = any_shape(r)
    options = {"tolerance": 5.0, "log_if_failed": r.random() < 0.5}
    return CustomCase(name, (data(shape, "FLOAT16"), data(shape)), options)


@generates("Convolution2DTransposeBias")
def convolution_transpose_bias(r, name):
    n, h, w, c = lengths(r, 4)
    o, kh, kw = lengths(r, 3)
    options = {
        "padding": r.choice([1, 2]),
        "stride_width": r.randint(1, 3),
        "stride_height": r.randint(1, 3),
    }
    return CustomCase(name, (data((n, h, w, c)), data((o, kh, kw, c)), data((o,))), options)


def _pool(r):
    return {
        "padding": r.choice([1, 2]),
        "stride_width": r.randint(1, 3),
        "stride_height": r.randint(1, 3),
        "filter_width": r.randint(1, 3),
        "filter_height": r.randint(1, 3),
        "activation": 0,
    }


@generates("MaxPoolingWithArgmax2D")
def max_pooling_with_argmax(r, name):
    return CustomCase(name, (data(lengths(r, 4, 3, 6)),), _pool(r), (F32, F32))


@generates("MaxUnpooling2D", "LiteRtMaxUnpooling2D")
def max_unpooling(r, name):
    shape = lengths(r, 4)
    return CustomCase(name, (data(shape), data(shape, INT32)), _pool(r))


@generates("AvgPool3D", "MaxPool3D", "MaxPoolWithArgmax")
def pool_nd(r, name):
    axes = 2 if name == "MaxPoolWithArgmax" else 3
    options = {
        "data_format": "NDHWC",
        "ksize": [1, *lengths(r, axes, 1, 3), 1],
        "strides": [1, *lengths(r, axes, 1, 3), 1],
        "padding": r.choice(["SAME", "VALID"]),
    }
    outputs = (F32, INT32) if axes == 2 else (F32,)
    return CustomCase(name, (data(lengths(r, axes + 2, 3, 6)),), options, outputs)


@generates("odml.scaled_dot_product_attention")
def attention(r, name):
    batch, rows, entries, depth, width = lengths(r, 5)
    heads, shared = r.randint(1, 3), r.randint(1, 2)
    operands = (
        data((batch, rows, heads * shared, depth)),
        data((batch, entries, heads, depth)),
        data((batch, entries, heads, width)),
        data((1, 1, rows, entries)),
    )
    return CustomCase(name, operands, {"scale": 0.5})


@generates("odml.update_kv_cache")
def update_kv_cache(r, name):
    length, heads, depth = lengths(r, 3)
    shape = (1, length, heads, depth)
    options = {"kv_cache_max": r.randint(4, 9)} if r.random() < 0.5 else {}
    operands = (data((length,), INT64), data(shape), data(shape))
    return CustomCase(name, operands, options, (F32, F32))


@generates("IRFFT2D")
def irfft(r, name):
    shape = lengths(r, r.randint(2, 4))
    sizes = decides([2 ** r.randint(0, 4), 2 ** r.randint(0, 4)])
    return CustomCase(name, (data(shape, "COMPLEX64"), sizes))


@generates("Roll")
def roll(r, name):
    shape = any_shape(r, 1)
    return CustomCase(name, (data(shape), data((), INT32), data((), INT32)))
