"""Custom operators that other libraries have: MediaPipe, the micro runtime's signals, PoseNet, Flex."""

import math

from configurations.case import data, decides
from configurations.custom import CustomCase
from configurations.drawing import any_shape, generates, lengths, part_of
from tflops_native.ops import REGISTRY

F32, INT16, INT32, BOOL, UINT32 = "FLOAT32", "INT16", "INT32", "BOOL", "UINT32"

FLEX = [name for name in REGISTRY if name.startswith("Flex")]
FLEX_UNARY = [name for name in FLEX if REGISTRY[name].roles == ("input",)]
FLEX_BINARY = [name for name in FLEX if REGISTRY[name].roles == ("input1", "input2")]


@generates(*FLEX_UNARY)
def flex_unary(r, name):
    return CustomCase(name, (data(any_shape(r)),))


@generates(*FLEX_BINARY)
def flex_binary(r, name):
    shape = any_shape(r)
    pair = [shape, part_of(r, shape)]
    r.shuffle(pair)
    return CustomCase(name, tuple(map(data, pair)))


@generates("FlexAddN")
def flex_add_n(r, name):
    return CustomCase(name, (data(any_shape(r)),) * r.randint(1, 4))


@generates("Landmarks2TransformMatrix")
def landmarks_to_matrix(r, name):
    landmarks = r.randint(2, 9)
    chosen = [r.randrange(landmarks) for _ in range(2 * r.randint(1, 5))]
    options = {"subset_idxs": chosen, "output_height": 16, "output_width": 16, "scale_x": 1.5}
    return CustomCase(name, (data((1, landmarks, 3)),), options)


@generates("TransformLandmarks")
def transform_landmarks(r, name):
    shape = (1, r.randint(1, 9), r.choice([2, 3]))
    return CustomCase(name, (data(shape), data((1, 4, 4))))


@generates("TransformTensorBilinear")
def transform_tensor(r, name):
    height, width, channels = lengths(r, 3)
    options = {"output_height": r.randint(1, 4), "output_width": r.randint(1, 4)}
    return CustomCase(name, (data((1, height, width, channels)), data((1, 4, 4))), options)


@generates("Resampler")
def resampler(r, name):
    shape = lengths(r, 4)
    return CustomCase(name, (data(shape), data((*shape[:3], 2))))


@generates("PosenetDecoderOp")
def posenet(r, name):
    height, width = lengths(r, 2)
    depths = (17, 34, 64, 34)[: r.choice([3, 4])]
    dtype = r.choice([F32, "UINT8"])
    operands = tuple(data((1, height, width, depth), dtype) for depth in depths)
    options = {
        "max_detections": r.randint(0, 4),
        "score_threshold": 0.5,
        "stride": 16,
        "nms_radius": 20.0,
    }
    return CustomCase(name, operands, options, (F32,) * (len(depths) + 1))


@generates("SignalDelay")
def delay(r, name):
    return CustomCase(
        name, (data(lengths(r, r.randint(1, 3)), INT16),), {"delay_length": 3}, (INT16,)
    )


@generates("SignalFramer")
def framer(r, name):
    step = r.randint(1, 4)
    shape = (*lengths(r, r.randint(0, 2)), step * r.randint(1, 4))
    options = {"frame_size": r.randint(step, 3 * step), "frame_step": step, "prefill": False}
    return CustomCase(name, (data(shape, INT16),), options, (INT16, BOOL))


@generates("SignalStacker")
def stacker(r, name):
    options = {
        "num_channels": r.randint(1, 5),
        "stacker_left_context": r.randint(0, 3),
        "stacker_right_context": r.randint(0, 3),
        "stacker_step": r.randint(1, 3),
    }
    return CustomCase(name, (data((options["num_channels"],), INT16),), options, (INT16, BOOL))


@generates("SignalWindow")
def window(r, name):
    shape = lengths(r, r.randint(1, 3))
    return CustomCase(name, (data(shape, INT16), data(shape[-1:], INT16)), {"shift": 12}, (INT16,))


@generates("SignalOverlapAdd")
def overlap_add(r, name):
    shape = lengths(r, r.randint(2, 4))
    dtype = r.choice([F32, INT16])
    options = {"T": 0, "frame_step": r.randint(1, shape[-1])}
    return CustomCase(name, (data(shape, dtype),), options, (dtype,))


@generates("SignalFftAutoScale")
def auto_scale(r, name):
    return CustomCase(name, (data(lengths(r, 1), INT16),), {}, (INT16, INT32))


@generates("SignalRfft", "SignalIrfft")
def transform(r, name):
    length = 2 ** r.randint(1, 5)
    size = length + 2 if name == "SignalIrfft" else r.randint(1, length)
    dtype = r.choice([F32, INT16, INT32])
    shape = (*lengths(r, r.randint(0, 2)), size)
    return CustomCase(name, (data(shape, dtype),), {"T": 0, "fft_length": length}, (dtype,))


@generates("SignalEnergy")
def energy(r, name):
    frequencies = r.randint(1, 9)
    start = r.randint(0, frequencies - 1)
    options = {"start_index": start, "end_index": r.randint(start + 1, frequencies)}
    return CustomCase(name, (data((2 * frequencies,), INT16),), options, (UINT32,))


@generates("SignalFilterBank")
def filter_bank(r, name):
    channels = r.randint(1, 5)
    widths = [r.randint(1, 4) for _ in range(channels + 1)]
    starts = [sum(widths[:band]) for band in range(channels + 1)]
    total = (sum(widths),)
    operands = (
        data(total, UINT32),
        data(total, INT16),
        data(total, INT16),
        decides(starts, INT16),
        decides(starts, INT16),
        decides(widths, INT16),
    )
    return CustomCase(name, operands, {"num_channels": channels}, ("UINT64",))


@generates("SignalFilterBankSquareRoot")
def square_root(r, name):
    return CustomCase(name, (data(lengths(r, 1), "UINT64"), data((), INT32)), {}, (UINT32,))


@generates("SignalFilterBankSpectralSubtraction")
def spectral_subtraction(r, name):
    shape = lengths(r, 1)
    return CustomCase(
        name, (data(shape, UINT32),), {"num_channels": math.prod(shape)}, (UINT32,) * 2
    )


@generates("SignalPCAN")
def pcan(r, name):
    shape = lengths(r, 1)
    operands = (data(shape, UINT32), data(shape, UINT32), data((125,), INT16))
    return CustomCase(name, operands, {"snr_shift": 6}, (UINT32,))


@generates("SignalFilterBankLog")
def log(r, name):
    options = {"input_correction_bits": 3, "output_scale": 64}
    return CustomCase(name, (data(lengths(r, 1), UINT32),), options, (INT16,))
