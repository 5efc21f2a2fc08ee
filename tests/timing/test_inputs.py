"""Drawn inputs: seeded, of the type and shape asked for, in the range that suits the type."""

import struct

import numpy as np
import pytest

import tflops_native
from builders import ModelBuilder, options
from tflops_native.errors import InvokeError
from tflops_native.model.entry import EntryInput
from tflops_native.model.graph import Quantization, Tensor
from tflops_native.model.schema import TensorType
from tflops_native.runtime.inputs.drawn import draw, zeros

NOTHING = memoryview(b"")
SHAPE = (64, 128)  # enough draws to come near both ends of 256 values


def quantized(scale=1.0, zero_point=0, ends=None):
    """Quantization of a tensor as a whole; `ends` are the calibrated minimum and maximum."""
    smallest, largest = (NOTHING, NOTHING) if ends is None else (floats(end) for end in ends)
    points = memoryview(struct.pack("<q", zero_point))
    return Quantization(0, floats(scale), points, smallest, largest, None)


def floats(value):
    return memoryview(struct.pack("<f", value))


def entry(type_name, quantization=None, position=0):
    tensor = Tensor(
        index=0,
        name="x",
        type=TensorType[type_name],
        shape=SHAPE,
        shape_signature=SHAPE,
        has_rank=True,
        buffer=0,
        data=None,
        is_variable=False,
        external_buffer=0,
        sparsity=None,
        quantization=quantization,
    )
    return EntryInput("x", position, tensor)


def drawn(type_name, quantization=None, *, seed=0, shape=SHAPE, position=0, limit=None):
    return draw(entry(type_name, quantization, position), shape, seed, limit)


def data(*arguments, **options):
    return drawn(*arguments, **options).data


@pytest.mark.parametrize("type_name", ["FLOAT32", "INT32", "BOOL", "COMPLEX64", "INT4"])
def test_the_seed_decides(type_name):
    np.testing.assert_array_equal(data(type_name, seed=3), data(type_name, seed=3))
    assert (data(type_name, seed=3) != data(type_name, seed=4)).any()
    assert (data(type_name, seed=3) != data(type_name, seed=3, position=1)).any()


@pytest.mark.parametrize("type_name", ["FLOAT16", "FLOAT32", "FLOAT64"])
def test_floats_lie_around_zero(type_name):
    made = drawn(type_name)
    assert made.data.dtype == np.dtype(type_name.lower())
    assert made.data.shape == SHAPE
    assert -1 <= made.data.min() < -0.9
    assert 0.9 < made.data.max() <= 1
    assert (made.low, made.high) == (-1, 1)


@pytest.mark.parametrize("type_name", ["COMPLEX64", "COMPLEX128"])
def test_complex_numbers_have_both_parts(type_name):
    made = data(type_name)
    assert made.dtype == np.dtype(type_name.lower())
    for part in (made.real, made.imag):
        assert -1 <= part.min() < -0.9
        assert 0.9 < part.max() <= 1


@pytest.mark.parametrize(
    ("type_name", "low", "high"),
    [("INT8", -128, 127), ("UINT8", 0, 255)],
)
def test_quantized_integers_take_their_whole_range(type_name, low, high):
    made = drawn(type_name, quantized())
    assert made.data.dtype == np.dtype(type_name.lower())
    assert (low, high) == (made.data.min(), made.data.max())
    assert (low, high + 1) == (made.low, made.high)


@pytest.mark.parametrize(
    ("scale", "zero_point", "ends", "low", "high"),
    [
        (0.5, 10, (-5.0, 20.0), 0, 50),  # -5 / 0.5 + 10 and 20 / 0.5 + 10
        (0.5, 0, (-1000.0, 20.0), -128, 40),  # what the type cannot hold is cut off
        (0.5, 0, (20.0, -5.0), -128, 127),  # no range: as if nothing was said
        (0.0, 0, (-5.0, 20.0), -128, 127),
        (0.5, 0, (-5.0, float("nan")), -128, 127),
    ],
)
def test_quantized_integers_take_the_range_of_their_calibration(scale, zero_point, ends, low, high):
    made = drawn("INT8", quantized(scale, zero_point, ends))
    assert (made.data.min(), made.data.max()) == (low, high)


def test_quantized_16_bits_come_near_both_ends():
    made = data("INT16", quantized())
    assert made.dtype == np.int16
    assert -32768 <= made.min() < -32000
    assert 32000 < made.max() <= 32767


@pytest.mark.parametrize(
    "type_name",
    ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"],
)
def test_other_integers_may_be_indices(type_name):
    made = data(type_name)
    assert made.dtype == np.dtype(type_name.lower())
    assert set(np.unique(made)) == {0, 1}


def test_int32_counts_as_index_even_with_a_scale():
    assert set(np.unique(data("INT32", quantized()))) == {0, 1}


@pytest.mark.parametrize(
    ("type_name", "limit", "highest"),
    [
        ("INT32", 7, 6),
        ("INT64", 1, 0),
        ("INT8", 10_000, 127),  # no more than the type holds
        ("FLOAT32", 7, 6),  # converted to an index by the model: whole numbers
    ],
)
def test_indices_lie_in_their_table(type_name, limit, highest):
    made = drawn(type_name, limit=limit)
    assert made.data.dtype == np.dtype(type_name.lower())
    assert (made.data.min(), made.data.max()) == (0, highest)
    assert (made.low, made.high) == (0, highest + 1)
    assert (made.data == made.data.astype(int)).all()


def test_floats_do_not_round_to_an_index_behind_the_table():
    # 2048 is the last whole number up to which float16 has them all.
    assert data("FLOAT16", limit=60_001).max() <= 2048


def test_truth_values():
    made = data("BOOL")
    assert made.dtype == np.bool_
    assert set(np.unique(made)) == {False, True}


def test_a_scalar():
    assert data("FLOAT32", shape=()).shape == ()


@pytest.mark.parametrize(
    ("type_name", "size"), [("INT4", 8), ("UINT4", 8), ("INT2", 4), ("BFLOAT16", 30)]
)
def test_types_that_numpy_lacks_come_as_their_bytes(type_name, size):
    made = data(type_name, shape=(3, 5))
    assert made.nbytes == size
    assert zeros(entry(type_name), (3, 5)).tobytes() == bytes(size)


def test_brain_floats_are_upper_halves_of_floats():
    halves = data("BFLOAT16")
    numbers = (halves.astype(np.uint32) << 16).view(np.float32)
    assert -1 <= numbers.min() < -0.9
    assert 0.9 < numbers.max() <= 1


@pytest.mark.parametrize("type_name", ["FLOAT32", "INT8", "BOOL", "COMPLEX64"])
def test_zeros(type_name):
    made = zeros(entry(type_name, quantized(zero_point=3)), SHAPE)
    assert made.dtype == np.dtype(type_name.lower())
    assert made.shape == SHAPE
    assert not made.any()


@pytest.mark.parametrize("type_name", ["STRING", "RESOURCE", "VARIANT", "FLOAT8_E5M2"])
def test_types_without_data_are_named(type_name):
    for make in (data, lambda name: zeros(entry(name), SHAPE)):
        with pytest.raises(InvokeError, match=f"input 'x' has type {type_name}: no data can be"):
            make(type_name)


@pytest.mark.parametrize("shape", [(1,) * 100, (2**31 - 1, 2**31 - 1)], ids=["rank", "size"])
@pytest.mark.parametrize("look", [tflops_native.measure, tflops_native.verify])
def test_shapes_that_no_array_has(shape, look):
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input(shape)
    graph.outputs = [graph.tensor(shape)]
    graph.operator("NEG", [x], graph.outputs, options("NegOptions"))
    how = {} if look is tflops_native.verify else {"kernels": "builtin"}
    with pytest.raises(InvokeError, match=r"no data can be made for input .* of shape \[|allocate"):
        look(builder.pack(), isolated=True, **how)
