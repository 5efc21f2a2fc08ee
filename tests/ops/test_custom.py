"""Custom operators: shapes written out from the kernels, counts by loops, and how options get in."""

import math
import random
import struct
from contextlib import suppress
from dataclasses import replace

import pytest

from configurations import GENERATORS, data, decides
from configurations.custom import CustomCase
from counting import Number, counting, function, larger, root, scalar_ops, smaller
from referee import allocated_shapes, analyzed
from tflops_native.analysis.operators import Status
from tflops_native.errors import ShapeError
from tflops_native.model.schema import TensorType
from tflops_native.ops import REGISTRY, Cost, TensorSpec

F32 = "FLOAT32"


def drawn(name, seed):
    return GENERATORS[name](random.Random(f"custom {name} {seed}"), name)


@pytest.mark.parametrize("seed", range(12))
def test_detection_has_the_runtimes_shapes_and_a_bound(seed):
    case = drawn("TFLite_Detection_PostProcess", seed)
    operator = analyzed(case.pack())
    assert operator.output_shapes == allocated_shapes(case.pack())
    assert operator.status is Status.BOUNDED
    assert operator.minimum.operations <= operator.cost.operations
    assert operator.note == "data decides how many boxes are compared"


DETECTION = {
    "max_detections": 3,
    "max_classes_per_detection": 1,
    "num_classes": 4,
    "nms_iou_threshold": 0.5,
}


def overlap(a, b):
    """The comparison of two boxes, with none of them empty."""
    area_a = (a[2] - a[0]) * (a[3] - a[1])
    area_b = (b[2] - b[0]) * (b[3] - b[1])
    _ = area_a > Number(0.0), area_b > Number(0.0)
    low = larger(a[0], b[0]), larger(a[1], b[1])
    high = smaller(a[2], b[2]), smaller(a[3], b[3])
    area = larger(high[0] - low[0], 0.0) * larger(high[1] - low[1], 0.0)
    return area / (area_a + area_b - area) > Number(0.5)


@pytest.mark.parametrize("kept", [1, 3, 9])
def test_detection_in_the_worst_case(kept):
    """No box overlaps another, and each score is good enough."""
    boxes, classes = 5, 4
    with counting() as tally:
        for _ in range(boxes):
            y, x, h, w = (Number() for _ in range(4))
            y = y / Number() * Number() + Number()
            x = x / Number() * Number() + Number()
            h = function(h / Number(), math.exp) * Number() * Number()
            w = function(w / Number(), math.exp) * Number() * Number()
            _ = (y - h) > (y + h), (x - w) > (x + w)
            best = Number()
            for _ in range(classes - 1):
                best = larger(best, Number())
            _ = best > Number()
    least = scalar_ops(tally)
    with counting() as tally:
        for chosen in range(min(kept, boxes)):
            for _ in range(chosen + 1, boxes):
                overlap(list(map(Number, (0, 0, 1, 1))), list(map(Number, (2, 2, 3, 3))))
    sorting = 5 * 3  # 5 elements are merged in 3 rounds
    operands = (data((1, boxes, 4)), data((1, boxes, classes + 1)), data((boxes, 4)))
    options = DETECTION | {"max_detections": kept}
    operator = analyzed(
        CustomCase("TFLite_Detection_PostProcess", operands, options, (F32,) * 4).pack()
    )
    assert operator.minimum == Cost(0, least, 2 * boxes)
    assert operator.cost == Cost(0, least + sorting + scalar_ops(tally), 2 * boxes)


@pytest.mark.parametrize(("chosen", "per_box"), [(1, 3), (2, 4), (3, 8), (4, 8), (9, 8)])
def test_detection_of_several_classes_sorts_them_in_part(chosen, per_box):
    """Of 4 classes in a heap of k: 4 are sorted in 2 rounds, and there are no more."""
    operands = (data((1, 5, 4)), data((1, 5, 4)), data((5, 4)))
    options = DETECTION | {"max_classes_per_detection": chosen}
    case = CustomCase("TFLite_Detection_PostProcess", operands, options, (F32,) * 4)
    assert analyzed(case.pack()).minimum == Cost(0, 5 * (18 + 1 + per_box), 2 * 5)
    assert analyzed(case.pack()).output_shapes[0] == (1, 3 * chosen, 4)


@pytest.mark.parametrize("per_class", [1, 2, 9])
@pytest.mark.parametrize("best", [1, 3, 40])
def test_regular_detection_is_not_less_than_what_the_kernel_does(best, per_class):
    """No box overlaps another: for each class all are compared, and the best of all classes so far kept."""
    boxes, classes = 5, 4
    kept = merged = 0
    with counting() as tally:
        for _ in range(classes):
            for _ in range(boxes):
                _ = Number() > Number(), Number() > Number(), Number() > Number()
            for chosen in range(min(per_class, boxes)):
                for _ in range(chosen + 1, boxes):
                    overlap(list(map(Number, (0, 0, 1, 1))), list(map(Number, (2, 2, 3, 3))))
            count = kept + min(per_class, boxes)
            kept = min(count, best)
            merged += count - 1 if kept == 1 else count * math.ceil(math.log2(kept))
    sorting = classes * 5 * 3
    least = boxes * 16 + classes * boxes * 3
    operands = (data((1, boxes, 4)), data((1, boxes, classes + 1)), data((boxes, 4)))
    options = DETECTION | {"max_detections": best, "use_regular_nms": True}
    options |= {"detections_per_class": per_class}
    case = CustomCase("TFLite_Detection_PostProcess", operands, options, (F32,) * 4)
    operator = analyzed(case.pack())
    assert operator.minimum == Cost(0, least, 2 * boxes)
    done = boxes * 16 + scalar_ops(tally) + sorting + merged
    assert done <= operator.cost.scalar_ops <= 1.5 * done


def transformed(numbers):
    """A Fourier transform by the fast algorithm, counting on pairs (real, imaginary)."""
    if len(numbers) == 1:
        return numbers
    even, odd = transformed(numbers[::2]), transformed(numbers[1::2])
    first, second = [], []
    for (a, b), (c, d) in zip(even, odd, strict=True):
        u, v = Number(), Number()  # the root of unity
        re, im = c * u - d * v, c * v + d * u
        first.append((a + re, b + im))
        second.append((a - re, b - im))
    return first + second


@pytest.mark.parametrize("seed", range(8))
def test_audio_spectrogram(seed):
    case = drawn("AudioSpectrogram", seed)
    window, stride = case.options["window_size"], case.options["stride"]
    samples, channels = case.operands[0].shape
    length = 1
    while length < window:
        length *= 2
    with counting() as transform:
        transformed([(Number(), Number())] * length)
    operations = frames = 0
    for _ in range(channels):
        for start in range(0, samples, stride):
            if start + window > samples:
                break
            frames += 1
            with counting() as tally:
                for _ in range(window):
                    Number() * Number()
                for _ in range(length // 2 + 1):
                    energy = Number() * Number() + Number() * Number()
                    if not case.options["magnitude_squared"]:
                        root(energy)
            # A real transform takes half of what a complex one does.
            operations += tally.total() + transform.total() // 2
    operator = analyzed(case.pack())
    assert operator.cost == Cost(scalar_ops=operations)
    assert math.prod(operator.output_shapes[0]) == frames * (length // 2 + 1)


@pytest.mark.parametrize("seed", range(4))
def test_mfcc(seed):
    case = drawn("Mfcc", seed)
    channels, frames, bins = case.operands[0].shape
    bands = case.options["filterbank_channel_count"]
    macs = 0
    with counting() as tally:
        for _ in range(channels * frames):
            for _ in range(bins):
                value = root(Number())
                weighted = value * Number()
                _ = Number() + weighted, Number() + (value - weighted)
            for _ in range(bands):
                function(larger(Number(), Number()), math.log)
            for _ in range(case.options["dct_coefficient_count"]):
                macs += bands
    assert analyzed(case.pack()).cost == Cost(macs, scalar_ops(tally), tally["function"])


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        # SAME: 2 * (4 - 1) + 3 - 1 and 3 * (5 - 1) + 3 - 1, for 3 % 2 = 1 and 4 % 3 = 1.
        (1, (1, 8, 14, 5)),
        (2, (1, 9, 15, 5)),  # VALID: nothing is cut off
    ],
)
def test_transposed_convolution_with_bias(padding, expected):
    options = {"padding": padding, "stride_width": 3, "stride_height": 2}
    operands = (data((1, 4, 5, 2)), data((5, 3, 3, 2)), data((5,)))
    operator = analyzed(CustomCase("Convolution2DTransposeBias", operands, options).pack())
    assert operator.output_shapes == (expected,)
    macs = sum(1 for _ in range(4 * 5 * 2) for _ in range(3 * 3 * 5))
    assert operator.cost == Cost(macs=macs, scalar_ops=math.prod(expected))


POOL = {
    "padding": 2,
    "stride_width": 2,
    "stride_height": 3,
    "filter_width": 2,
    "filter_height": 4,
    "activation": 0,
}


def test_max_pooling_with_argmax():
    case = CustomCase("MaxPoolingWithArgmax2D", (data((1, 10, 7, 2)),), POOL, (F32, F32))
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((1, 3, 3, 2), (1, 3, 3, 2))
    assert operator.cost == Cost(scalar_ops=18 * 7)
    same = replace(case, options=POOL | {"padding": 1, "activation": 3})
    operator = analyzed(same.pack())
    assert operator.output_shapes == ((1, 4, 4, 2), (1, 4, 4, 2))
    assert operator.cost == Cost(scalar_ops=32 * (7 + 2))


def test_max_unpooling():
    operands = (data((1, 3, 3, 2)), data((1, 3, 3, 2), "INT32"))
    case = CustomCase("MaxUnpooling2D", operands, POOL)
    assert analyzed(case.pack()).output_shapes == ((1, 10, 6, 2),)
    same = replace(case, options=POOL | {"padding": 1})
    assert analyzed(same.pack()).output_shapes == ((1, 9, 6, 2),)


@pytest.mark.parametrize(
    ("name", "shape", "ksize", "padding", "expected", "per_value"),
    [
        ("MaxPool3D", (1, 4, 5, 6, 2), [1, 2, 2, 3, 1], "VALID", (1, 2, 2, 2, 2), 11),
        ("AvgPool3D", (1, 4, 5, 6, 2), [1, 2, 2, 3, 1], "SAME", (1, 2, 3, 3, 2), 12),
        ("MaxPoolWithArgmax", (2, 5, 6, 3), [1, 3, 2, 1], "VALID", (2, 2, 3, 3), 5),
    ],
)
def test_pools_named_as_in_tensorflow(name, shape, ksize, padding, expected, per_value):
    strides = [1, *[2] * (len(shape) - 2), 1]
    options = {"ksize": ksize, "strides": strides, "padding": padding, "data_format": "NDHWC"}
    outputs = (F32,) if name.endswith("3D") else (F32, "INT32")
    operator = analyzed(CustomCase(name, (data(shape),), options, outputs).pack())
    assert operator.output_shapes == (expected,) * len(outputs)
    assert operator.cost == Cost(scalar_ops=per_value * math.prod(expected))


@pytest.mark.parametrize("seed", range(6))
def test_attention(seed):
    case = drawn("odml.scaled_dot_product_attention", seed)
    (batch, rows, heads, depth), (_, entries, _, _), (_, _, _, width), _ = (
        operand.shape for operand in case.operands
    )
    macs = 0
    with counting() as tally:
        for _ in range(batch * rows * heads * depth):
            Number() * Number()  # the scale
        for _ in range(batch * heads * rows):
            logits = []
            for _ in range(entries):
                macs += depth
                logits.append(Number() + Number())  # the mask
            most = logits[0]
            for logit in logits[1:]:
                most = larger(most, logit)
            powers = [function(logit - most, math.exp) for logit in logits]
            total = powers[0]
            for power in powers[1:]:
                total = total + power
            for power in powers:
                _ = power / total
                macs += width
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((batch, rows, heads, width),)
    assert operator.cost == Cost(macs, scalar_ops(tally), tally["function"])
    capped = analyzed(replace(case, options={"logit_cap": 30.0}).pack())
    logits = batch * heads * rows * entries
    assert capped.cost == operator.cost + Cost(0, 2 * logits, logits)


def test_cache_is_written_where_it_changes():
    case = drawn("odml.update_kv_cache", 0)
    _, length, heads, depth = case.operands[1].shape
    operator = analyzed(replace(case, options={}).pack())
    assert operator.output_shapes == ((1, 2048, heads, depth),) * 2
    assert operator.status is Status.NO_ARITHMETIC
    assert operator.bytes_written == 2 * length * heads * depth * 4
    small = analyzed(replace(case, options={"kv_cache_max": 16}).pack())
    assert small.output_shapes == ((1, 16, heads, depth),) * 2


def test_cache_has_the_shapes_of_another_runtime():
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    operators = pytest.importorskip("ai_edge_litert.pywrap_genai_ops")
    case = drawn("odml.update_kv_cache", 1)
    interpreter = litert.InterpreterWithCustomOps(
        model_content=case.pack(),
        custom_op_registerers=[operators.GenAIOpsRegisterer],
    )
    interpreter.allocate_tensors()
    found = tuple(tuple(output["shape"]) for output in interpreter.get_output_details())
    assert analyzed(case.pack()).output_shapes == found


def test_inverse_transform_takes_as_much_as_the_transform():
    case = CustomCase("IRFFT2D", (data((3, 8, 9), "COMPLEX64"), decides([8, 16])))
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((3, 8, 16),)
    with counting() as row:
        transformed([(Number(), Number())] * 16)
    with counting() as column:
        transformed([(Number(), Number())] * 8)
    # 8 rows of real numbers, 9 columns of complex ones.
    assert operator.cost == Cost(scalar_ops=3 * (8 * row.total() // 2 + 9 * column.total()))


def test_roll():
    operator = analyzed(drawn("Roll", 0).pack())
    assert operator.status is Status.NO_ARITHMETIC
    assert operator.output_shapes == operator.input_shapes[:1]


@pytest.mark.parametrize(
    ("name", "operands", "options", "message"),
    [
        (
            "AudioSpectrogram",
            [(100, 1)],
            {"window_size": 1, "stride": 5},
            "`window_size` must be 2 or more and `stride` 1 or more, but are 1 and 5",
        ),
        ("AudioSpectrogram", [(100, 1)], {}, "but are 0 and 0"),
        (
            "AudioSpectrogram",
            [(100, 1)],
            {"window_size": "many"},
            "its custom option 'window_size' must be of type int, but is 'many'",
        ),
        (
            "TFLite_Detection_PostProcess",
            [(1, 5, 4), (1, 5, 5), (5, 4)],
            {"max_detections": 3},
            "its custom options lack 'max_classes_per_detection'",
        ),
        (
            "TFLite_Detection_PostProcess",
            [(1, 5, 4), (1, 5, 7), (5, 4)],
            DETECTION,
            "4 classes do not fit `class_predictions` [1, 5, 7]",
        ),
        ("MaxPoolingWithArgmax2D", [(1, 10, 7, 2)], POOL | {"padding": 0}, "must be one of 1, 2"),
        (
            "MaxPool3D",
            [(1, 4, 4, 4, 1)],
            {"ksize": [2, 2, 2, 2, 1], "strides": [1] * 5, "padding": "SAME"},
            "`ksize` [2, 2, 2, 2, 1] must be 1, one for each axis, and 1",
        ),
        (
            "MaxPool3D",
            [(1, 4, 4, 4, 1)],
            {"ksize": [1] * 5, "strides": [1] * 5, "padding": "same"},
            "`padding` must be one of SAME, VALID, but is same",
        ),
    ],
)
def test_refusals(name, operands, options, message):
    outputs = {"TFLite_Detection_PostProcess": 4, "MaxPoolingWithArgmax2D": 2}.get(name, 1)
    case = CustomCase(name, tuple(map(data, operands)), options, (F32,) * outputs)
    with pytest.raises(ShapeError) as caught:
        analyzed(case.pack())
    assert message in str(caught.value)


def test_numbers_are_converted_as_the_kernels_do():
    """FlexBuffers has no fixed types: 2.0 is as good as 2, 1 as good as true."""
    case = drawn("AudioSpectrogram", 1)
    exact = replace(case, options={"window_size": 30, "stride": 10, "magnitude_squared": True})
    loose = replace(case, options={"window_size": 30.0, "stride": 10.0, "magnitude_squared": 1})
    assert analyzed(exact.pack()).cost == analyzed(loose.pack()).cost


def test_options_of_another_form_leave_the_operator_not_counted():
    class Foreign(CustomCase):
        def octets(self):
            return struct.pack("<iii", 1, 2, 3)

    case = drawn("AudioSpectrogram", 1)
    operator = analyzed(Foreign(case.operator, case.operands).pack())
    assert operator.status is Status.UNSUPPORTED
    assert operator.note.startswith("its custom options cannot be read: the root of a FlexBuffer")


@pytest.mark.parametrize(
    "name", ["Convolution2DTransposeBias", "TFLite_Detection_PostProcess", "Roll"]
)
@pytest.mark.parametrize("has_more", [False, True])
def test_other_inputs_or_outputs_leave_the_operator_not_counted(name, has_more):
    """Names are not registered anywhere: another library may have an operator of the same name."""
    case = drawn(name, 1)
    others = [
        replace(case, operands=(*case.operands, *[data([2, 3])] * 9) if has_more else ()),
        replace(case, outputs=(*case.outputs, *case.outputs) if has_more else ()),
    ]
    for other in others:
        operator = analyzed(other.pack())
        assert operator.status is Status.UNSUPPORTED
        assert operator.note.startswith("not the operator of this name that is counted: it")


ODD = [None, True, -1, 0, 3, 2**62, 0.5, math.inf, math.nan, "SAME", b"x", (), (1, 2), {"a": 1}]


@pytest.mark.parametrize("name", [name for name in REGISTRY if REGISTRY[name].layout])
def test_options_of_any_kind_raise_only_value_error(name):
    """Nothing but the file says what is in the options."""
    rule = REGISTRY[name]
    r = random.Random(f"odd {name}")
    for seed in range(300):
        case = drawn(name, seed)
        options = dict(case.options)
        for option in r.sample(rule.option_names, r.randint(0, len(rule.option_names))):
            options[option] = r.choice(ODD)
        specs = tuple(TensorSpec(item.shape, TensorType[item.type]) for item in case.operands)
        with suppress(ValueError):
            result = rule.infer(rule.build(None, options), specs)
            assert min((n for shape in result.outputs for n in shape), default=0) >= 0
            assert result.cost.operations >= 0
