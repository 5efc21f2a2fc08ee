"""The documented formulas: with numbers put in they are what is counted."""

import random
import re
from dataclasses import dataclass

import pytest

from configurations import GENERATORS
from tflops_native.analysis.formula import Formula, formula_of, mac_formula
from tflops_native.model.reader import load
from tflops_native.ops import REGISTRY
from tflops_native.ops._op import Op
from workloads import analyze_model
from zoo import EXAMPLES, NAMES, zoo_model

ROUNDS = 20
WITH_MACS = sorted(
    name
    for name, rule in REGISTRY.items()
    if re.search(r"^    MACs ", rule.op.__doc__, re.MULTILINE)
)
# Their formulas are words: sums over what is present, axes in an order that the options say.
IN_WORDS = {
    "BIDIRECTIONAL_SEQUENCE_LSTM",
    "BIDIRECTIONAL_SEQUENCE_RNN",
    "EMBEDDING_LOOKUP_SPARSE",
    "LSTM",
    "Landmarks2TransformMatrix",
    "Mfcc",
    "STABLEHLO_CONVOLUTION",
    "SignalFilterBank",
    "STABLEHLO_DOT_GENERAL",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
}


def computed(numbers):
    """A formula without names, by Python itself."""
    assert re.fullmatch(r"[\d\s+*/()-]+", numbers)
    return eval(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_every_product_of_a_real_model_is_explained(name):
    for operator in analyze_model(load(zoo_model(name))).operators:
        if operator.cost.macs:
            formula = mac_formula(operator, REGISTRY[operator.name].roles)
            assert formula is not None, f"{operator.index} {operator.name}"
            assert formula.value == operator.cost.macs
            assert computed(formula.numbers) == operator.cost.macs


@pytest.mark.parametrize("name", WITH_MACS)
def test_every_documented_formula(name):
    explained = 0
    for seed in range(ROUNDS):
        case = GENERATORS[name](random.Random(f"formula {name} {seed}"), name)
        (operator,) = analyze_model(load(case.pack())).operators
        rule = REGISTRY[name]
        shapes = dict(zip(rule.roles, operator.input_shapes, strict=False))
        found = formula_of(operator.rule, {**shapes, "output": operator.output_shapes[0]})
        if operator.own_dense_macs is not None:  # the file says how many, not the shapes
            assert mac_formula(operator, rule.roles) is None or operator.cost.macs == found.value
            continue
        if found is not None:
            # It is never wrong, not even where `mac_formula` would leave it out.
            assert found.value == operator.cost.macs == computed(found.numbers)
            assert found == mac_formula(operator, rule.roles)
            explained += 1
    if name in IN_WORDS:
        assert explained == 0
    elif name == "FULLY_CONNECTED":
        # Where an axis of the input holds several rows, K is not the length of that axis; and sparse
        # weights have no formula.
        assert explained >= ROUNDS / 3
    else:
        assert explained == ROUNDS


def test_a_convolution_written_out():
    analysis = analyze_model(load(EXAMPLES / "single_conv_28x28.tflite"))
    assert mac_formula(analysis.operators[0], REGISTRY["CONV_2D"].roles) == Formula(
        text="N * OH * OW * O * KH * KW * (C / groups)",
        numbers="1 * 26 * 26 * 32 * 3 * 3 * (1 / 1)",
        value=194_688,
    )


def documented(text, shapes, **options):
    """The formula of a made-up rule with this documentation."""

    @dataclass(frozen=True, slots=True)
    class Rule(Op):
        size: int = 4
        flag: bool = False

    Rule.__doc__ = text
    return formula_of(Rule(**options), shapes)


ROLES = "input    [N, K]\noutput   [N, U]\n\n"
SHAPES = {"input": (2, 3), "output": (2, 5)}


@pytest.mark.parametrize(
    ("formula", "numbers", "value"),
    [
        ("N * K * U", "2 * 3 * 5", 30),
        ("N * (K + U - 1), and more", "2 * (3 + 5 - 1)", 14),
        ("rows * size", "2 * 4", 8),
        ("output elements * K", "10 * 3", 30),
        ("N * K * U / 2", "2 * 3 * 5 / 2", 15),
    ],
)
def test_what_a_formula_may_be(formula, numbers, value):
    found = documented(f"A rule.\n\n{ROLES}MACs     {formula}\n", SHAPES)
    assert (found.numbers, found.value) == (numbers, value)


@pytest.mark.parametrize(
    "formula",
    [
        "N * X",
        "N ** K",
        "2.5 * N",
        "N * K / 4",
        "N / 0",
        "min(N)",
        "[N]",
        "N.real",
        "one product for each row",
        "__import__('os').getpid()",
        "'N'",
        "N *",
        "true",
    ],
)
def test_what_is_no_formula_is_left_alone(formula):
    assert documented(f"A rule.\n\n{ROLES}MACs     {formula}\n", SHAPES) is None


def test_a_rule_without_macs():
    assert documented(f"A rule.\n\n{ROLES}Other    N\n", SHAPES) is None


def test_a_letter_with_two_lengths_is_not_bound():
    shapes = {"input": (2, 3), "output": (7, 5)}
    assert documented(f"A rule.\n\n{ROLES}MACs     N * K\n", shapes) is None


@pytest.mark.parametrize(("flag", "numbers"), [(False, "2 * 3"), (True, "3 * 2")])
def test_the_alternative_that_the_options_choose(flag, numbers):
    roles = "input    [N, K], or [K, N] with `flag`\n\n"
    assert documented(f"A rule.\n\n{roles}MACs     N * K\n", SHAPES, flag=flag).numbers == numbers


@pytest.mark.parametrize(
    ("axes", "shape", "expected"),
    [
        ("[2 * G, K]", (6, 5), "3 * 5"),
        ("[G / 2, K]", (6, 5), "12 * 5"),
        ("[K / G, K]", (2, 6), "3 * 6"),
    ],
)
def test_an_axis_that_is_an_expression(axes, shape, expected):
    found = documented(f"A rule.\n\ninput    {axes}\n\nMACs     G * K\n", {"input": shape})
    assert found.numbers == expected


def test_leading_axes_are_the_batch():
    roles = "x        [..., M, K]\noutput   [..., M, K]\n\n"
    shapes = {"x": (7, 1, 2, 3), "output": (7, 4, 2, 3)}
    found = documented(f"A rule.\n\n{roles}MACs     batch * M * K\n", shapes)
    assert found.numbers == "28 * 2 * 3"
