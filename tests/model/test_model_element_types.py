"""The one table of element types, against numpy and the schema."""

import struct

import numpy as np
import pytest

from tflops_native.model.element_types import ELEMENT_TYPES
from tflops_native.model.schema import TensorType


def test_every_type_of_the_schema_is_there():
    assert set(ELEMENT_TYPES) == set(TensorType)


@pytest.mark.parametrize("kind", TensorType, ids=lambda kind: kind.name)
def test_what_numpy_says(kind):
    element = ELEMENT_TYPES[kind]
    if element.struct_code is not None:
        assert struct.calcsize(f"<{element.struct_code}") * 8 == element.bits
        assert np.dtype(f"<{element.struct_code}").name == element.numpy_name
    if element.numpy_name is None:
        return
    known = np.dtype(element.numpy_name)
    assert known.itemsize * 8 == element.bits
    assert {"f": "float", "c": "complex", "i": "int", "u": "uint", "b": "bool"}[
        known.kind
    ] == element.kind
    if element.is_integer:
        limits = np.iinfo(known)
        assert element.integer_range == range(int(limits.min), int(limits.max) + 1)


@pytest.mark.parametrize("kind", TensorType, ids=lambda kind: kind.name)
def test_a_name_says_the_kind_and_the_bits(kind):
    element = ELEMENT_TYPES[kind]
    if element.kind not in ("other", "bool"):
        assert element.kind in element.name
        assert str(element.bits) in element.name or element.name.startswith("float8")
