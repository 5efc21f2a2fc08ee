"""Counting rules: one small class per operator, grouped by family.

Importing this package fills `REGISTRY`. Rules see shapes, types and small constants; they know neither
files nor graphs.
"""

from tflops_native.ops import (
    convolution,
    elementwise,
    layout,
    matmul,
    normalization,
    pooling,
    quantization,
    reduction,
    resize,
    shapes,
    slicing,
)
from tflops_native.ops._op import (
    FLOAT_TYPES,
    NO_ARITHMETIC,
    OPERATIONS_PER_MAC,
    REGISTRY,
    VALUE_LIMIT,
    Cost,
    Inferred,
    Op,
    Rule,
    Shape,
    TensorSpec,
    UnknownValueError,
    Value,
    register,
)

__all__ = [
    "FLOAT_TYPES",
    "NO_ARITHMETIC",
    "OPERATIONS_PER_MAC",
    "REGISTRY",
    "VALUE_LIMIT",
    "Cost",
    "Inferred",
    "Op",
    "Rule",
    "Shape",
    "TensorSpec",
    "UnknownValueError",
    "Value",
    "convolution",
    "elementwise",
    "layout",
    "matmul",
    "normalization",
    "pooling",
    "quantization",
    "reduction",
    "register",
    "resize",
    "shapes",
    "slicing",
]
