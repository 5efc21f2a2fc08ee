"""Operators of MediaPipe, the micro runtime's signal library, PoseNet and Flex: counts by loops."""

import math
import random
from itertools import pairwise

import pytest

from configurations import GENERATORS, data
from configurations.custom import CustomCase
from configurations.custom_libraries import FLEX_BINARY, FLEX_UNARY
from counting import Number, clamped, counting, function, larger, root, rounded, scalar_ops, smaller
from referee import analyzed
from tflops_native.analysis.operators import Status
from tflops_native.ops import Cost

SEEDS = range(5)


def drawn(name, seed):
    return GENERATORS[name](random.Random(f"libraries {name} {seed}"), name)


def signed(x):
    """The sign of a number: one operation."""
    return -x


def squared(x):
    return x * x


def compared(x, y=0.0):
    """One comparison, whatever comes of it."""
    _ = x > y
    return x


UNARY = {
    "Abs": signed,
    "Ceil": rounded,
    "Floor": rounded,
    "Inv": lambda x: Number() / x,
    "Invert": signed,
    "LogicalNot": signed,
    "Neg": signed,
    "Reciprocal": lambda x: Number() / x,
    "Relu": lambda x: larger(x, 0.0),
    "Rint": rounded,
    "Round": rounded,
    "Sign": signed,
    "Sqrt": root,
    "Square": lambda x: x * x,
    "LeakyRelu": lambda x: larger(x, x * 0.2),
    "Relu6": lambda x: clamped(x, 0.0, 6.0),
    "Rsqrt": lambda x: Number() / root(x),
    "Elu": lambda x: larger(x, function(x) - 1.0),
    "Selu": lambda x: larger(x, (function(x) - 1.0) * 1.7),
    "Softplus": lambda x: function(function(x) + 1.0),
    "Softsign": lambda x: x / (larger(x, 0.0) + 1.0),
}
BINARY = {
    "Add": lambda x, y: x + y,
    "AddV2": lambda x, y: x + y,
    "Sub": lambda x, y: x - y,
    "Mul": lambda x, y: x * y,
    "Div": lambda x, y: x / y,
    "RealDiv": lambda x, y: x / y,
    "TruncateDiv": lambda x, y: x / y,
    "Atan2": lambda x, y: function(x),
    "Pow": lambda x, y: function(x),
    "FloorDiv": lambda x, y: rounded(x / y),
    "FloorMod": lambda x, y: rounded(x / y) + y,
    "SquaredDifference": lambda x, y: squared(x - y),
    "DivNoNan": lambda x, y: compared(x / y),
    "Xdivy": lambda x, y: compared(x / y),
    "Xlogy": lambda x, y: compared(x * function(y)),
}


def test_every_flex_operator_has_a_loop():
    compared_only = {"Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual"}
    assert {f"Flex{name}" for name in UNARY} <= set(FLEX_UNARY)
    assert {f"Flex{name}" for name in (*BINARY, *compared_only)} <= set(FLEX_BINARY)


@pytest.mark.parametrize("name", FLEX_UNARY)
def test_flex_on_each_element(name):
    case = drawn(name, 0)
    (shape,) = (operand.shape for operand in case.operands)
    with counting() as tally:
        for _ in range(math.prod(shape)):
            UNARY.get(name.removeprefix("Flex"), function)(Number())
    operator = analyzed(case.pack())
    assert operator.status is Status.COUNTED
    assert operator.output_shapes == (shape,)
    assert operator.cost == Cost(0, scalar_ops(tally), tally["function"])


@pytest.mark.parametrize("name", FLEX_BINARY)
def test_flex_on_pairs(name):
    x, y = (3, 1, 4), (2, 4)
    with counting() as tally:
        for _ in range(3 * 2 * 4):
            BINARY.get(name.removeprefix("Flex"), compared)(Number(), Number())
    operator = analyzed(CustomCase(name, (data(x), data(y))).pack())
    assert operator.output_shapes == ((3, 2, 4),)
    assert operator.cost == Cost(0, scalar_ops(tally), tally["function"])


@pytest.mark.parametrize(
    ("name", "operations"), [("AddV2", 2), ("Sub", 2), ("Mul", 6), ("Div", 11)]
)
def test_flex_on_complex_numbers(name, operations):
    operands = (data((5,), "COMPLEX64"), data((5,), "COMPLEX64"))
    operator = analyzed(CustomCase(f"Flex{name}", operands, outputs=("COMPLEX64",)).pack())
    assert operator.cost == Cost(scalar_ops=5 * operations)


@pytest.mark.parametrize("seed", SEEDS)
def test_flex_sum(seed):
    case = drawn("FlexAddN", seed)
    with counting() as tally:
        for _ in range(math.prod(case.operands[0].shape)):
            total = Number()
            for _ in case.operands[1:]:
                total = total + Number()
    assert analyzed(case.pack()).cost == Cost(scalar_ops=scalar_ops(tally))


def product(left, right):
    """A product of matrices, as lists of rows; how many multiplications it took."""
    macs = 0
    for _ in left:
        for _ in right[0]:
            for _ in right:
                macs += 1
    return macs


def matrix(rows, columns):
    return [[0.0] * columns for _ in range(rows)]


@pytest.mark.parametrize("seed", SEEDS)
def test_landmarks_to_matrix(seed):
    case = drawn("Landmarks2TransformMatrix", seed)
    chosen = [Number() for _ in case.options["subset_idxs"]]
    macs = 0
    with counting() as tally:
        rise, run = Number() - Number(), Number() - Number()
        angle = Number() - function(Number(math.atan2(rise.value, run.value)))
        for opposite in (False, True):  # rotation and its inverse
            for of in (math.cos, math.sin, math.sin, math.cos):
                function(-angle if opposite else angle, of)
            _ = -Number()
        for _ in chosen:
            macs += product(matrix(3, 3), matrix(3, 1))
        for _ in pairwise(chosen):
            for _ in range(2):
                larger(Number(), Number())
                smaller(Number(), Number())
        for _ in range(2):  # x and y
            _ = Number() - Number()  # extent
            _ = (Number() + Number()) / Number(2.0)  # centre
            _ = Number() * Number() / Number()  # scale
            _ = Number() / Number(2.0) * -1.0  # shift
        macs += product(matrix(3, 3), matrix(3, 1))
        back = -angle
        for of in (math.cos, math.sin, math.sin, math.cos):
            function(back, of)
        _ = -Number()
        for _ in range(4):
            macs += product(matrix(4, 4), matrix(4, 4))
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((1, 4, 4),)
    assert operator.cost == Cost(macs, scalar_ops(tally), tally["function"])


def test_landmarks_of_version_1_are_not_counted():
    case = CustomCase("Landmarks2TransformMatrix", (data((1, 1, 1, 9)),), {"landmarks_range": 192})
    assert analyzed(case.pack()).status is Status.UNSUPPORTED


@pytest.mark.parametrize("seed", SEEDS)
def test_landmarks_transformed(seed):
    case = drawn("TransformLandmarks", seed)
    shape = case.operands[0].shape
    macs = 0
    for _ in range(shape[1]):
        macs += product(matrix(2, 4), matrix(4, 1))
    operator = analyzed(case.pack())
    assert operator.output_shapes == (shape,)
    assert operator.cost == Cost(macs=macs)


@pytest.mark.parametrize("seed", SEEDS)
def test_crop_of_an_image(seed):
    case = drawn("TransformTensorBilinear", seed)
    height, width = case.options["output_height"], case.options["output_width"]
    channels = case.operands[0].shape[-1]
    macs = 0
    with counting() as tally:
        for _ in range(2):  # the rows of x and y
            _ = Number() + (Number() * 0.5 + Number() * 0.5 - 0.5)
        for _ in range(height * width):
            macs += product(matrix(2, 4), matrix(4, 1))
            rests = []
            for _ in range(2):
                at = Number()
                compared(at)
                compared(at)
                rest = at - rounded(at)
                rests.append((rest, Number() - rest))
            (right, left), (lower, upper) = rests
            for _ in range(channels):
                top = left * Number() + right * Number()
                bottom = left * Number() + right * Number()
                _ = upper * top + lower * bottom
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((1, height, width, channels),)
    assert operator.cost == Cost(macs, scalar_ops(tally))


@pytest.mark.parametrize("seed", SEEDS)
def test_resampler(seed):
    case = drawn("Resampler", seed)
    batch, height, width, channels = shape = case.operands[0].shape
    with counting() as tally:
        for _ in range(batch * height * width):
            rests = []
            for _ in range(2):
                at = Number()
                compared(at)
                compared(at)
                rest = rounded(at) - at
                rests.append((rest, Number() - rest))
            weights = [x * y for x in rests[0] for y in rests[1]]
            for _ in range(channels):
                first, *others = [weight * Number() for weight in weights]
                for other in others:
                    first = first + other
    operator = analyzed(case.pack())
    assert operator.output_shapes == (shape,)
    assert operator.cost == Cost(scalar_ops=scalar_ops(tally))


def per_channel(step):
    """What a loop over the elements of the first input does."""

    def count(case):
        with counting() as tally:
            for _ in range(math.prod(case.operands[0].shape)):
                step(case)
        return Cost(0, scalar_ops(tally), tally["function"])

    return count


def shifted(x):
    return x * 2.0


def windowed(case):
    clamped(shifted(Number() * Number()), -1.0, 1.0)


def overlapped(case):
    added = Number() + Number()
    if case.operands[0].type != "FLOAT32":
        clamped(added, -1.0, 1.0)


def scaled(case):
    larger(-Number(), Number())
    _ = Number() * Number()


def rooted(case):
    shifted(root(Number()))


def subtracted(case):
    signal = shifted(Number())
    noise = shifted(signal * Number() + Number() * Number())
    noise = smaller(noise, signal)
    floor = shifted(Number() * Number())
    larger(shifted(signal - noise), floor)


def controlled(case):
    gain = shifted(Number() * Number())
    gain = gain + shifted(Number())
    gain = gain * Number()
    gain = shifted(gain + 1.0) + Number()
    ratio = shifted(Number() * gain)
    compared(ratio)
    shifted(ratio * ratio)


def logarithm(case):
    found = function(compared(shifted(Number()), 1.0), math.exp)
    smaller(found, 32767.0)


STEPS = {
    "SignalWindow": windowed,
    "SignalOverlapAdd": overlapped,
    "SignalFftAutoScale": scaled,
    "SignalFilterBankSquareRoot": rooted,
    "SignalFilterBankSpectralSubtraction": subtracted,
    "SignalPCAN": controlled,
    "SignalFilterBankLog": logarithm,
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("seed", SEEDS)
def test_signals_element_by_element(name, seed):
    case = drawn(name, seed)
    assert analyzed(case.pack()).cost == per_channel(STEPS[name])(case)


def butterflies(length):
    """Operations of a complex transform of this length, by halves."""
    if length == 1:
        return 0
    with counting() as tally:
        for _ in range(length // 2):
            real = Number() * Number() - Number() * Number()
            imaginary = Number() * Number() + Number() * Number()
            _ = Number() + real, Number() + imaginary, Number() - real, Number() - imaginary
    return scalar_ops(tally) + 2 * butterflies(length // 2)


@pytest.mark.parametrize("name", ["SignalRfft", "SignalIrfft"])
@pytest.mark.parametrize("seed", SEEDS)
def test_transforms(name, seed):
    case = drawn(name, seed)
    shape, length = case.operands[0].shape, case.options["fft_length"]
    frames = sum(1 for _ in range(math.prod(shape[:-1])))
    operator = analyzed(case.pack())
    assert operator.cost == Cost(scalar_ops=frames * butterflies(length) // 2)
    spectrum = 2 * len(range(length // 2 + 1))
    made = length if name == "SignalIrfft" else spectrum
    assert operator.output_shapes == ((*shape[:-1], made),)


@pytest.mark.parametrize("seed", SEEDS)
def test_energy_of_a_range(seed):
    case = drawn("SignalEnergy", seed)
    with counting() as tally:
        for _ in range(case.options["start_index"], case.options["end_index"]):
            _ = Number() * Number() + Number() * Number()
    operator = analyzed(case.pack())
    assert operator.cost == Cost(scalar_ops=scalar_ops(tally))
    assert operator.output_shapes == ((case.operands[0].shape[0] // 2,),)


@pytest.mark.parametrize("seed", SEEDS)
def test_filter_bank(seed):
    case = drawn("SignalFilterBank", seed)
    widths = case.operands[-1].value
    macs = 0
    for band in range(case.options["num_channels"] + 1):
        for _ in range(widths[band]):
            macs += 1  # to this band
            macs += 1  # to the next
    operator = analyzed(case.pack())
    assert operator.cost == Cost(macs=macs)
    assert operator.output_shapes == ((len(widths) - 1,),)


@pytest.mark.parametrize("seed", SEEDS)
def test_frames_of_a_signal(seed):
    case = drawn("SignalFramer", seed)
    *outer, samples = case.operands[0].shape
    starts = range(0, samples, case.options["frame_step"])
    operator = analyzed(case.pack())
    assert operator.output_shapes == ((*outer, len(starts), case.options["frame_size"]), ())
    assert operator.status is Status.NO_ARITHMETIC


@pytest.mark.parametrize("seed", SEEDS)
def test_overlapping_frames_become_a_signal(seed):
    case = drawn("SignalOverlapAdd", seed)
    *outer, frames, _ = case.operands[0].shape
    signal = [0] * case.options["frame_step"] * frames
    assert analyzed(case.pack()).output_shapes == ((*outer, len(signal)),)


def test_frames_side_by_side():
    options = {"num_channels": 3, "stacker_left_context": 2, "stacker_right_context": 1}
    case = CustomCase("SignalStacker", (data((3,), "INT16"),), options, ("INT16", "BOOL"))
    context = [channel for _ in (-2, -1, 0, 1) for channel in range(3)]
    assert analyzed(case.pack()).output_shapes == ((len(context),), ())


def sampled(channels):
    for _ in range(2):
        at = clamped(Number(), 0.0, 9.0)
        rounded(at)
        rounded(at)
        _ = at - 0.5
        _ = Number() - at
    for _ in range(channels):
        top = Number() * Number() + Number() * Number()
        bottom = Number() * Number() + Number() * Number()
        _ = Number() * top + Number() * bottom


def moved():
    for _ in range(2):
        clamped(Number() + Number(), 0.0, 9.0)


def distance():
    rise, run = Number() - Number(), Number() - Number()
    return rise * rise + run * run


def halvings(elements):
    """Comparisons to find a place among so many."""
    steps = 0
    while elements > 1:
        compared(Number())
        elements = (elements + 1) // 2
        steps += 1
    return steps


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("dtype", ["FLOAT32", "UINT8"])
def test_poses_at_least_and_at_most(dtype, masks):
    height, width, most_poses, keypoints = 3, 2, 4, 17
    depths = (17, 34, 64, 34)[: 4 if masks else 3]
    operands = tuple(data((1, height, width, depth), dtype) for depth in depths)
    outputs = ("FLOAT32",) * (5 if masks else 4)
    case = CustomCase("PosenetDecoderOp", operands, {"max_detections": most_poses}, outputs)
    candidates = height * width * keypoints
    with counting() as least:
        for operand in operands:
            for _ in range(math.prod(operand.shape)):
                _ = (Number() if dtype == "FLOAT32" else Number() - Number()) * Number()
        _ = -function(Number() / (Number() + 1e-6) - 1.0, math.exp)
        for _ in range(candidates):
            compared(Number())
        if masks:
            for _ in range(candidates):
                for _ in range(3):
                    sampled(2)
                    moved()
                _ = Number() * Number(), Number() * Number()
    with counting() as more:
        for _ in range(candidates):
            for _ in range(3 * 3):
                compared(Number())
            moved()
            for _ in range(3):
                halvings(candidates)
            for _ in range(most_poses):
                compared(distance())
            sampled(1)  # the pose is followed from its root
            for _ in range(16):
                for _ in range(1 + 5):
                    sampled(2)
                    moved()
                sampled(1)
            for _ in range(keypoints):
                for _ in range(3):
                    halvings(keypoints)
                _ = Number() / (function(-Number()) + 1.0)
            for _ in range(keypoints):
                halvings(keypoints)
                _ = Number() + Number()
            _ = Number() / 17.0
            compared(Number())
        for pose in range(most_poses):
            for _ in range(pose):
                for _ in range(keypoints):
                    compared(distance())
            for _ in range(keypoints):
                halvings(keypoints)
                _ = Number() + Number()
            _ = Number() / 17.0
            compared(Number())
            for _ in range(keypoints):
                _ = Number() * Number(), Number() * Number()
            halvings(most_poses)
            halvings(most_poses)
        if masks:
            for _ in range(height * width):
                for _ in range(most_poses):
                    for _ in range(keypoints):
                        _ = Number() + distance()
                for _ in range(most_poses - 1):
                    compared(Number())
    operator = analyzed(case.pack())
    assert operator.status is Status.BOUNDED
    assert operator.minimum == Cost(0, scalar_ops(least), least["function"])
    all_of_it = scalar_ops(least) + scalar_ops(more)
    assert operator.cost == Cost(0, all_of_it, least["function"] + more["function"])
    expected = [(1, 4, 17, 2), (1, 4, 17), (1, 4), (1,), (1, 4, 33, 33)][: len(outputs)]
    assert operator.output_shapes == tuple(expected)
