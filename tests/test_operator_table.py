"""The page of operators is current, and the schema holds no operator that we have no word for."""

import subprocess
import sys

from tflops_native.model.schema import BUILTIN_OPERATORS
from tflops_native.ops import REGISTRY
from tflops_native.ops.documentation import rule_text
from zoo import ROOT

# Entries of the schema's list that stand for no operator of their own.
MARKERS = {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}


def test_the_page_is_up_to_date():
    ended = subprocess.run(
        [sys.executable, "tools/make_operator_table.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_every_operator_of_the_schema_has_a_rule():
    assert [n for n in BUILTIN_OPERATORS if n not in REGISTRY and n not in MARKERS] == []


def test_the_parts_of_a_documentation():
    convolution = rule_text(REGISTRY["CONV_2D"])
    assert convolution.macs == "N * OH * OW * O * KH * KW * (C / groups)"
    assert convolution.outputs == (("output", "[N, OH, OW, O]"),)
    assert convolution.source == "tflite/kernels/conv.cc, Prepare"
    assert convolution.kind == "counted"
    assert rule_text(REGISTRY["RESHAPE"]).kind == "no arithmetic"
    assert rule_text(REGISTRY["WHILE"]).kind == "runs subgraphs"


def test_members_of_a_family_say_their_own_number():
    assert rule_text(REGISTRY["RELU6"]).other == "2 for each element"
    assert rule_text(REGISTRY["ELU"]).other == "2 and 1 function for each element"


def test_every_rule_says_what_it_costs():
    for name, rule in REGISTRY.items():
        text = rule_text(rule)
        assert text.macs or text.other or text.kind != "counted", name
        assert text.source, name


def test_the_table_of_modules_is_up_to_date():
    ended = subprocess.run(
        [sys.executable, "tools/make_rule_table.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
