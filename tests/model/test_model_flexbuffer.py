"""The FlexBuffers reader against the official writer and reader, and on damaged bytes."""

import random
import struct
from array import array
from contextlib import suppress

import pytest
from flatbuffers import flexbuffers
from hypothesis import given
from hypothesis import strategies as st

from tflops_native.errors import ModelFormatError
from tflops_native.model.custom_options import FLEXBUFFER, StructLayout, decode_custom_options
from tflops_native.model.flexbuffer import decode_flexbuffer

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(-1e38, 1e38),
    st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=300),
    st.binary(max_size=20),
)
keys = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5)
)


def plain(value):
    """As our reader gives it: tuples instead of lists, maps in the order of their keys."""
    if isinstance(value, list):
        return tuple(map(plain, value))
    return {key: plain(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


@given(values)
def test_what_the_official_writer_writes(value):
    decoded = decode_flexbuffer(bytes(flexbuffers.Dumps(value)))
    assert repr(decoded) == repr(plain(value))  # for 1, 1.0 and True are equal


def built(build):
    builder = flexbuffers.Builder()
    build(builder)
    return decode_flexbuffer(bytes(builder.Finish()))


@pytest.mark.parametrize("kind", "bBhHiIqQfd")
@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 7])
def test_typed_vectors_of_all_widths(kind, length):
    numbers = array(kind, range(length))
    assert built(lambda b: b.VectorFromElements(numbers)) == tuple(range(length))
    if 2 <= length <= 4 and kind in "iIqQfd":
        assert built(lambda b: b.FixedTypedVectorFromElements(numbers)) == tuple(range(length))


def test_indirect_numbers_keys_and_vectors_of_keys():
    assert built(lambda b: b.IndirectInt(-70000)) == -70000
    assert built(lambda b: b.IndirectUInt(2**63)) == 2**63
    assert built(lambda b: b.IndirectFloat(0.1)) == 0.1
    assert built(lambda b: b.Key("window_size")) == "window_size"

    def vector_of_keys(b):
        with b.TypedVector():
            b.Key("a")
            b.Key("bc")

    def vector_of_bools(b):
        with b.TypedVector():
            b.Bool(True)
            b.Bool(False)

    assert built(vector_of_keys) == ("a", "bc")
    assert built(vector_of_bools) == (True, False)


OPTIONS = {"ksize": [1, 2, 3, 1], "padding": "SAME", "scale": 0.5, "nested": {"deep": [1, "two"]}}


def test_every_damaged_byte_is_an_error_or_another_value():
    data = bytes(flexbuffers.Dumps(OPTIONS))
    r = random.Random(1)
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(r.randint(1, 3)):
            damaged[r.randrange(len(data))] = r.randrange(256)
        with suppress(ModelFormatError):
            decode_flexbuffer(bytes(damaged))


def test_every_end_cut_off():
    data = bytes(flexbuffers.Dumps(OPTIONS))
    for length in range(len(data)):
        with suppress(ModelFormatError):
            decode_flexbuffer(data[:length])


@given(st.binary(max_size=64))
def test_any_bytes(data):
    with suppress(ModelFormatError):
        decode_flexbuffer(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a FlexBuffer has 3 bytes or more, this one has 0"),
        (b"\0\4\3", "the root of a FlexBuffer has 1, 2, 4 or 8 bytes, not 3"),
        (b"\0\xfc\1", "a value of the unknown type 63"),
        (b"\0\x0c\1", "a float of 1 byte"),
        (b"\x09\x14\1", "refers to 1 bytes at -10"),
    ],
)
def test_messages(data, message):
    with pytest.raises(ModelFormatError, match=message):
        decode_flexbuffer(data)


def test_a_vector_in_itself_ends():
    # One element of type vector, whose offset 0 leads to the vector itself... and on and on.
    data = bytes([1, 0, 10 << 2, 2, 10 << 2, 1])
    with pytest.raises(ModelFormatError, match="nested more than 32 deep"):
        decode_flexbuffer(data)


def test_shared_contents_that_unfold_are_refused():
    # 30 vectors, each of two times the one before: 2**30 elements in 150 bytes.
    data = bytearray([0])
    inner, kind = 0, 1 << 2
    for level in range(30):
        data.append(2)
        start = len(data)
        offsets = [start - inner, start + 1 - inner] if level else [0, 0]
        data += bytes([*offsets, kind, kind])
        inner, kind = start, 10 << 2
    data += bytes([len(data) - inner, kind, 1])
    with pytest.raises(ModelFormatError, match="unfolds to far more than its"):
        decode_flexbuffer(bytes(data))


LAYOUT = StructLayout("<ii?", ("padding", "stride", "is_fast"))


def test_structs():
    data = struct.pack("<ii?", 1, 7, True)
    assert decode_custom_options(LAYOUT, data) == {"padding": 1, "stride": 7, "is_fast": True}
    # A shorter struct is filled up with zeros, what is behind is not read.
    assert decode_custom_options(LAYOUT, data[:6]) == {"padding": 1, "stride": 7, "is_fast": False}
    assert decode_custom_options(LAYOUT, data + b"more") == decode_custom_options(LAYOUT, data)
    assert set(decode_custom_options(LAYOUT, None).values()) == {0}


def test_a_layout_has_as_many_names_as_members():
    with pytest.raises(ValueError, match="'<ii' has 2 members, but 1 names"):
        StructLayout("<ii", ("padding",))


def test_maps():
    data = memoryview(bytes(flexbuffers.Dumps({"a": 1})))
    assert decode_custom_options(FLEXBUFFER, data) == {"a": 1}
    assert decode_custom_options(FLEXBUFFER, None) == {}
    assert decode_custom_options(FLEXBUFFER, b"") == {}
    assert decode_custom_options(None, b"anything") == {}
    with pytest.raises(ModelFormatError, match="its FlexBuffer holds no map, but a tuple"):
        decode_custom_options(FLEXBUFFER, bytes(flexbuffers.Dumps([1, 2])))
