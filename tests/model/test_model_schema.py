"""The generated schema is what the generator writes, and agrees with facts written by hand."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from tflops_native.model.schema import (
    BUILTIN_OPERATORS,
    BUILTIN_OPTIONS,
    BUILTIN_OPTIONS_2,
    OPTIONS,
    SCHEMA_SOURCE,
    TensorType,
)

GENERATOR = Path(__file__).parent.parent.parent / "tools" / "generate_schema.py"


def test_generated_file_is_current():
    pytest.importorskip("ai_edge_litert")
    if f"ai-edge-litert {importlib.metadata.version('ai-edge-litert')}" != SCHEMA_SOURCE:
        pytest.skip(f"generated from {SCHEMA_SOURCE}, another version is installed")
    result = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_operator_codes():
    assert len(BUILTIN_OPERATORS) == 210
    assert BUILTIN_OPERATORS[3] == "CONV_2D"
    assert BUILTIN_OPERATORS[32] == "CUSTOM"
    assert BUILTIN_OPERATORS[127] == "PLACEHOLDER_FOR_GREATER_OP_CODES"
    assert BUILTIN_OPERATORS[150] == "GELU"


def test_union_members():
    assert len(BUILTIN_OPTIONS) == 127
    assert len(BUILTIN_OPTIONS_2) == 24
    assert BUILTIN_OPTIONS[8] == "FullyConnectedOptions"
    assert BUILTIN_OPTIONS[126] == "RightShiftOptions"
    assert BUILTIN_OPTIONS_2[18] == "DilateOptions"
    assert set(OPTIONS) == {*BUILTIN_OPTIONS[1:], *BUILTIN_OPTIONS_2[1:]}


def test_tensor_types_of_the_file_not_of_the_runtime():
    assert TensorType.FLOAT16 == 1  # 10 in the runtime
    assert TensorType.INT8 == 9
    assert TensorType.BFLOAT16 == 18


def test_deprecated_fields_keep_their_slot():
    # new_height and new_width were slots 0 and 1.
    assert [(f.name, f.slot) for f in OPTIONS["ResizeBilinearOptions"]] == [
        ("align_corners", 2),
        ("half_pixel_centers", 3),
    ]


def test_import_needs_no_numpy():
    source = "import sys, tflops_native.model; print('numpy' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
