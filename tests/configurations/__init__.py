"""Random legal configurations of every operator that has a rule."""

from configurations import arithmetic, contractions, layout, parts, reductions
from configurations.case import Case, Operand, data, decides, scalar, weights
from configurations.drawing import GENERATORS

__all__ = [
    "GENERATORS",
    "Case",
    "Operand",
    "arithmetic",
    "contractions",
    "data",
    "decides",
    "layout",
    "parts",
    "reductions",
    "scalar",
    "weights",
]
