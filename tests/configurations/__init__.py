"""Random legal configurations of every operator that has a rule."""

from configurations import (
    arithmetic,
    contractions,
    custom,
    custom_libraries,
    gathering,
    layout,
    parts,
    recurrent,
    reductions,
    searching,
    signal,
    stablehlo,
    state,
)
from configurations.case import Case, Operand, data, decides, scalar, variable, weights
from configurations.drawing import GENERATORS

__all__ = [
    "GENERATORS",
    "Case",
    "Operand",
    "arithmetic",
    "contractions",
    "custom",
    "custom_libraries",
    "data",
    "decides",
    "gathering",
    "layout",
    "parts",
    "recurrent",
    "reductions",
    "scalar",
    "searching",
    "signal",
    "stablehlo",
    "state",
    "variable",
    "weights",
]
