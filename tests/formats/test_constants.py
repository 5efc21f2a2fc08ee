"""The constants in words: every number of the model, whole."""

from tflops_native import api
from tflops_native.formats.constants import constant_lines
from zoo import case_model, zoo_model


def texts(model):
    return [line.text for line in constant_lines(api.analyze(model))]


def test_parameters_are_whole_numbers_and_add_up():
    model = zoo_model("mobilenet_v2-float32")
    first, *rest = texts(model)
    total, _, kinds = first.partition(": ")
    analysis = api.analyze(model)
    assert total == f"{analysis.parameters:,} parameters" == "3,487,816 parameters"
    listed = [int(part.split()[0].replace(",", "")) for part in kinds.split("), ")]
    assert sum(listed) == analysis.parameters
    assert [part.split()[1] for part in kinds.split("), ")][:2] == ["weights", "biases"]
    assert all(line.startswith("not among them: ") for line in rest[:1])


def test_block_scales_are_not_among_them():
    found = texts(case_model("blockwise_int4"))
    assert found[0].startswith("2,842,626 parameters: ")
    assert "block scales" not in found[0]
    assert "block scales" in found[1]


def test_a_model_without_constants():
    assert texts(case_model("update_slice_of_graph")) == ["0 parameters"]
