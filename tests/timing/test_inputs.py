"""Random inputs: seeded, of the type and shape asked for, in the range that suits the type."""

import numpy as np
import pytest

from tflops_native.errors import InvokeError
from tflops_native.model import EntryInput, Quantization, Tensor, TensorType
from tflops_native.timing.inputs import random_input

NOTHING = memoryview(b"")
QUANTIZED = Quantization(0, memoryview(b"\0\0\x80\x3f"), NOTHING, NOTHING, NOTHING, None)
SHAPE = (64, 128)  # enough draws to come near both ends of 256 values


def entry(type_name, quantization=None):
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
        sparsity=False,
        quantization=quantization,
    )
    return EntryInput("x", 0, tensor)


def draw(type_name, quantization=None, *, seed=0, shape=SHAPE):
    return random_input(entry(type_name, quantization), shape, np.random.default_rng(seed))


@pytest.mark.parametrize("type_name", ["FLOAT32", "INT32", "BOOL", "COMPLEX64"])
def test_the_seed_decides(type_name):
    np.testing.assert_array_equal(draw(type_name, seed=3), draw(type_name, seed=3))
    assert (draw(type_name, seed=3) != draw(type_name, seed=4)).any()


@pytest.mark.parametrize("type_name", ["FLOAT16", "FLOAT32", "FLOAT64"])
def test_floats_lie_around_zero(type_name):
    data = draw(type_name)
    assert data.dtype == np.dtype(type_name.lower())
    assert data.shape == SHAPE
    assert -1 <= data.min() < -0.9
    assert 0.9 < data.max() <= 1


@pytest.mark.parametrize("type_name", ["COMPLEX64", "COMPLEX128"])
def test_complex_numbers_have_both_parts(type_name):
    data = draw(type_name)
    assert data.dtype == np.dtype(type_name.lower())
    for part in (data.real, data.imag):
        assert -1 <= part.min() < -0.9
        assert 0.9 < part.max() <= 1


@pytest.mark.parametrize(
    ("type_name", "low", "high"),
    [("INT8", -128, 127), ("UINT8", 0, 255)],
)
def test_quantized_integers_take_their_whole_range(type_name, low, high):
    data = draw(type_name, QUANTIZED)
    assert data.dtype == np.dtype(type_name.lower())
    assert (low, high) == (data.min(), data.max())


def test_quantized_16_bits_come_near_both_ends():
    data = draw("INT16", QUANTIZED)
    assert data.dtype == np.int16
    assert -32768 <= data.min() < -32000
    assert 32000 < data.max() <= 32767


@pytest.mark.parametrize(
    "type_name",
    ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"],
)
def test_other_integers_may_be_indices(type_name):
    data = draw(type_name)
    assert data.dtype == np.dtype(type_name.lower())
    assert set(np.unique(data)) == {0, 1}


def test_int32_counts_as_index_even_with_a_scale():
    assert set(np.unique(draw("INT32", QUANTIZED))) == {0, 1}


def test_truth_values():
    data = draw("BOOL")
    assert data.dtype == np.bool_
    assert set(np.unique(data)) == {False, True}


def test_a_scalar():
    assert draw("FLOAT32", shape=()).shape == ()


@pytest.mark.parametrize("type_name", ["STRING", "RESOURCE", "VARIANT", "INT4", "UINT4", "INT2"])
def test_types_without_data_are_named(type_name):
    with pytest.raises(InvokeError, match=f"input 'x' has type {type_name}: no random data"):
        draw(type_name)
