"""Counting rules: one small class per operator, grouped by family.

Rules see shapes, types and small constants; they know neither files nor graphs. The names here are
those that rules of other packages are written with; this package itself imports them from where they
are defined.
"""

from tflops_native.model.custom_options import StructLayout
from tflops_native.ops._op import (
    NO_ARITHMETIC,
    REGISTRY,
    Called,
    Caller,
    Cost,
    Inferred,
    Op,
    Rule,
    SubgraphCall,
    register,
)
from tflops_native.ops.tensor_spec import (
    VALUE_LIMIT,
    Shape,
    TensorSpec,
    UnknownValueError,
    Value,
)

__all__ = [
    "NO_ARITHMETIC",
    "REGISTRY",
    "VALUE_LIMIT",
    "Called",
    "Caller",
    "Cost",
    "Inferred",
    "Op",
    "Rule",
    "Shape",
    "StructLayout",
    "SubgraphCall",
    "TensorSpec",
    "UnknownValueError",
    "Value",
    "register",
]
