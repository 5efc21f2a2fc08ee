"""Operator options and codes: names, defaults, enums, both unions, and what a file may leave out."""

import pytest

import builders
from tflops_native.errors import ModelFormatError
from tflops_native.model.reader import load
from tflops_native.model.schema import OPTIONS, ActivationFunctionType, Padding, TensorType

schema = builders.schema
Activation = ActivationFunctionType


def only_operator(name, fields, **code_fields):
    loaded = load(builders.one_operator(name, fields, **code_fields))
    return loaded.subgraphs[0].operators[0]


def test_conv_2d():
    operator = only_operator(
        "CONV_2D",
        builders.options(
            "Conv2DOptions", padding=1, strideW=2, strideH=3, fusedActivationFunction=3
        ),
    )
    assert operator.name == "CONV_2D"
    assert operator.code == 3
    assert operator.options_type == "Conv2DOptions"
    assert dict(operator.options) == {
        "padding": Padding.VALID,
        "stride_w": 2,
        "stride_h": 3,
        "fused_activation_function": Activation.RELU6,
        "dilation_w_factor": 1,
        "dilation_h_factor": 1,
        "quantized_bias_type": TensorType.FLOAT32,
    }
    assert isinstance(operator.options["padding"], Padding)
    assert isinstance(operator.options["fused_activation_function"], Activation)


# The only options whose default is not zero, false or empty; written out from the schema.
@pytest.mark.parametrize(
    ("operator", "table", "field", "default"),
    [
        ("CONV_2D", "Conv2DOptions", "dilation_w_factor", 1),
        ("CONV_2D", "Conv2DOptions", "dilation_h_factor", 1),
        ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", "dilation_w_factor", 1),
        ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions", "dilation_h_factor", 1),
        ("CONV_3D", "Conv3DOptions", "dilation_d_factor", 1),
        ("CONV_3D", "Conv3DOptions", "dilation_w_factor", 1),
        ("CONV_3D", "Conv3DOptions", "dilation_h_factor", 1),
        ("ADD", "AddOptions", "pot_scale_int16", True),
        ("SUB", "SubOptions", "pot_scale_int16", True),
        (
            "BIDIRECTIONAL_SEQUENCE_LSTM",
            "BidirectionalSequenceLSTMOptions",
            "time_major",
            True,
        ),
        ("UNIQUE", "UniqueOptions", "idx_out_type", TensorType.INT32),
    ],
)
def test_default_of_absent_field(operator, table, field, default):
    value = only_operator(operator, builders.options(table)).options[field]
    assert value == default
    assert type(value) is type(default)


def test_defaults_other_than_zero_are_few():
    found = {
        (table, field.name)
        for table, fields in OPTIONS.items()
        for field in fields
        if field.default not in (0, (), None)
    }
    assert len(found) == 11


@pytest.mark.parametrize("table", sorted(OPTIONS))
def test_every_table_of_options_with_every_field_set(table):
    """Each field gets a value of its own, so that no two can be taken for each other."""
    official = getattr(schema, f"{table}T")()
    expected = {}
    for place, field in enumerate(OPTIONS[table]):
        attribute = field.name.replace("_", " ").title().replace(" ", "")
        attribute = attribute[0].lower() + attribute[1:]
        assert hasattr(official, attribute)
        value = {"bool": not field.default, "string": f"s{place}", "float32": place + 0.5}.get(
            field.kind, place + 2
        )
        if field.enum is not None:
            value = list(field.enum)[-1].value
        if field.kind.startswith("["):
            member = field.kind[1:-1]
            value = [{"bool": True, "float32": 0.5}.get(member, value), 0]
        setattr(official, attribute, value)
        if field.kind == "[uint8]":
            value = bytes(value)
        elif isinstance(value, list):
            value = tuple(value)
        expected[field.name] = value
    union = "builtinOptions" if hasattr(schema.BuiltinOptions, table) else "builtinOptions2"
    members = schema.BuiltinOptions if union == "builtinOptions" else schema.BuiltinOptions2
    fields = {union: official, f"{union}Type": getattr(members, table)}
    operator = only_operator("ADD", fields)
    assert operator.options_type == table
    assert dict(operator.options) == expected


def test_operator_without_options_table():
    operator = only_operator("CONV_2D", {})
    assert operator.options_type is None
    assert dict(operator.options) == {}


def test_empty_table_of_options_is_not_an_absent_one():
    operator = only_operator("ADD_N", builders.options("AddNOptions"))
    assert operator.options_type == "AddNOptions"
    assert dict(operator.options) == {}


def test_union_type_without_table_is_absent():
    operator = only_operator("CONV_2D", {"builtinOptionsType": 1})
    assert operator.options_type is None


def test_table_that_does_not_belong_to_the_operator_is_reported_as_it_is():
    operator = only_operator("CONV_2D", builders.options("AddOptions"))
    assert (operator.name, operator.options_type) == ("CONV_2D", "AddOptions")


@pytest.mark.parametrize(
    ("field", "name"),
    [("builtinOptions", "UNKNOWN_OPTIONS_200"), ("builtinOptions2", "UNKNOWN_OPTIONS_2_200")],
)
def test_union_type_newer_than_the_schema(field, name):
    fields = {field: schema.AddOptionsT(), f"{field}Type": 200}
    operator = only_operator("ADD", fields)
    assert operator.options_type == name
    assert dict(operator.options) == {}


def test_unknown_enum_value_names_field_and_choices():
    data = builders.one_operator("CONV_2D", builders.options("Conv2DOptions", padding=7))
    with pytest.raises(
        ModelFormatError, match="padding is 7, which is none of SAME, VALID"
    ) as error:
        load(data)
    assert "subgraph 0: operator 0 (CONV_2D)" in str(error.value)


def test_unknown_enum_value_in_a_vector():
    fields = builders.options("StablehloDotGeneralOptions", precisionConfig=[0, 9])
    with pytest.raises(ModelFormatError, match="precision_config is 9"):
        load(builders.one_operator("STABLEHLO_DOT_GENERAL", fields))


def test_code_above_127_comes_from_the_new_field():
    operator = only_operator("GELU", builders.options("GeluOptions"))
    assert (operator.name, operator.code) == ("GELU", 150)


def test_file_older_than_the_new_field():
    old = schema.OperatorCodeT(deprecatedBuiltinCode=4)
    graph = builders.subgraph(
        [builders.tensor("a", [1])], [builders.operator(0, [0], [0])], [0], [0]
    )
    loaded = load(builders.pack(builders.model([graph], codes=[old])))
    assert loaded.subgraphs[0].operators[0].name == "DEPTHWISE_CONV_2D"
    assert loaded.subgraphs[0].operators[0].version == 1


@pytest.mark.parametrize("number", [210, 231, 2**31 - 1])
def test_code_newer_than_the_schema(number):
    new = schema.OperatorCodeT(deprecatedBuiltinCode=127, builtinCode=number)
    graph = builders.subgraph(
        [builders.tensor("a", [1])], [builders.operator(0, [0], [0])], [0], [0]
    )
    loaded = load(builders.pack(builders.model([graph], codes=[new])))
    assert loaded.subgraphs[0].operators[0].name == f"UNKNOWN_BUILTIN_{number}"


@pytest.mark.parametrize(
    ("custom_code", "name"), [("Mfcc", "Mfcc"), ("", "CUSTOM"), (None, "CUSTOM")]
)
def test_custom_operator(custom_code, name):
    operator = only_operator("CUSTOM", {"customOptions": [5, 6]}, custom_code=custom_code)
    assert operator.name == name
    assert operator.custom_code == custom_code
    assert bytes(operator.custom_options) == b"\x05\x06"


def test_custom_code_of_a_builtin_operator_is_ignored_as_the_runtime_does():
    operator = only_operator("FULLY_CONNECTED", {}, custom_code="FULLY_CONNECTED_V2")
    assert (operator.name, operator.custom_code) == ("FULLY_CONNECTED", None)


def test_custom_options_after_the_tables():
    fields = {"largeCustomOptionsOffset": 2, "largeCustomOptionsSize": 3}
    size = len(builders.one_operator("CUSTOM", fields, custom_code="x"))
    fields["largeCustomOptionsOffset"] = size
    data = builders.one_operator("CUSTOM", fields, custom_code="x")
    assert len(data) == size
    assert bytes(load(data + b"abc").subgraphs[0].operators[0].custom_options) == b"abc"
    with pytest.raises(ModelFormatError, match=f"at byte {size} needs 3 bytes"):
        load(data + b"ab")


def test_absent_optional_input_is_none():
    graph = builders.subgraph(
        [builders.tensor("a", [1]), builders.tensor("b", [1])],
        [builders.operator(0, [0, -1, 1], [1])],
    )
    loaded = load(builders.pack(builders.model([graph], codes=[builders.code("LSTM")])))
    assert loaded.subgraphs[0].operators[0].inputs == (0, None, 1)
