"""Operators of the micro runtime's signal library, and of PoseNet: counts by loops."""

import math
import random

import pytest

from configurations import GENERATORS, data
from configurations.custom import CustomCase
from counting import (
    Number,
    clamped,
    compared,
    counting,
    function,
    larger,
    root,
    rounded,
    scalar_ops,
    smaller,
)
from referee import analyzed
from tflops_native.analysis.operators import Status
from tflops_native.ops import Cost

SEEDS = range(5)


def drawn(name, seed):
    return GENERATORS[name](random.Random(f"libraries {name} {seed}"), name)


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
