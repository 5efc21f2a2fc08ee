"""Models of reports and trials, with figures that others gave: the runtime, its kernels, the file."""

import numpy as np
import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

from tflops_native import InvokeError, api
from tflops_native.analysis.conventions import CONVENTIONS
from zoo import case_model

F32 = 4
KIB = 2**10
MIB = 2**20


def analyzed(name, **options):
    return api.analyze(case_model(name), **options)


@pytest.mark.parametrize(
    "name",
    [
        "slice_at_position",
        "slice_shrinking",
        "slice_then_product",
        "slice_to_the_end",
        "table_at_position",
    ],
)
def test_a_slice_at_a_position_that_only_the_run_knows_is_counted(name):
    model = case_model(name)
    strict = api.analyze(model, strict=True)
    assert strict.operators[-1].output_shapes == (
        api.analyze(model, shapes="runtime").operators[-1].output_shapes
    )
    assert api.verify(model, fill="zeros").is_right


@pytest.mark.parametrize(
    ("name", "stored", "dense"),
    [
        ("sparse_1024", 52_916, 1024 * 1024),
        ("sparse_2048", 209_076, 2048 * 2048),
        ("sparse_blocks", 19_548, 3 * 256 * 256),
    ],
)
def test_sparse_weights_count_what_is_stored(name, stored, dense):
    analysis = analyzed(name)
    assert (analysis.macs, analysis.dense_macs) == (stored, dense)
    # Values and indices, in a file that holds little else.
    assert stored * F32 < analysis.weight_bytes < len(case_model(name))
    assert analysis.weight_bytes > 0.9 * len(case_model(name))


def test_weights_in_blocks_are_parameters_and_their_scales_are_weights():
    analysis = analyzed("blockwise_int4")
    assert analysis.parameters == 2_842_626
    assert round(analysis.weight_bytes / MIB, 2) == 1.61
    # Half a byte for most, and two bytes for each block of 32: nearly all of the file.
    assert 0.98 * len(case_model("blockwise_int4")) < analysis.weight_bytes
    assert analysis.weight_bytes < len(case_model("blockwise_int4"))


def test_a_custom_code_of_a_builtin_operator_is_ignored():
    analysis = analyzed("builtin_with_custom_code", strict=True)
    assert analysis.macs == 2_048
    assert api.verify(case_model("builtin_with_custom_code")).is_right


def test_only_elements_that_are_touched_are_read():
    assert analyzed("resize_down").bytes_read == 256 * 1024 + 8  # the two lengths of the result
    convolution = analyzed("conv_1x1_stride_8")
    assert convolution.bytes_read == 64 * 64 * 16 * F32 + convolution.weight_bytes


def test_inputs_and_outputs_of_a_graph_are_copied():
    reshape = analyzed("reshape_of_graph")
    assert reshape.bytes_written == 100 * 10_000 * F32
    assert reshape.bytes_read - reshape.weight_bytes == reshape.bytes_written
    update = analyzed("update_slice_of_graph")
    assert update.bytes_written == 8 * MIB
    assert update.bytes_read == 8 * MIB + 4 * KIB + 3 * 4  # the row that is put in, and where


def test_a_tensor_given_twice_is_read_once_and_a_table_at_most_once():
    twice = analyzed("mul_of_itself_twice")
    assert [operator.bytes_read for operator in twice.operators] == [400_000, 400_000]
    assert analyzed("gather_small_table").bytes_read == 2_560 + 1_000 * 4  # and the indices


def test_positions_on_the_padding_of_a_transposed_convolution():
    (report,) = api.count(case_model("transpose_conv_same"), valid_taps=True)
    assert report.analysis.macs == 294_912
    assert report.valid_macs == (282_752,)


def test_tf_profiler_says_what_it_does_not_reproduce():
    (report,) = api.count(case_model("batch_matmul_adj_x"), conventions=["tf-profiler"])
    (counts,) = report.conventions
    assert counts.total == 2 * (8 * 32 * 16) * 64
    assert "transposed first operand" in CONVENTIONS["tf-profiler"].meaning


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("cnn_open", (0, 8, 8, 3)),
        ("cnn_open", (1, 0, 8, 3)),
        ("cnn_open", (1, 8, 0, 3)),
        ("cnn_open", (1, 1, 2, 3)),
        ("attention_open", (0, 4, 32)),
        ("attention_open", (2, 0, 32)),
    ],
)
def test_empty_inputs_are_empty_results(name, shape):
    analysis = analyzed(name, input_shapes=shape, strict=True)
    assert api.verify(case_model(name), input_shapes=shape).is_right
    for operator in analysis.operators:
        if any(0 in output for output in operator.output_shapes):
            assert operator.macs == 0


def test_a_loop_counts_by_data_that_is_given():
    assert analyzed("while_n").macs == 512
    given = analyzed("while_n", inputs={"n": np.array(5, np.int32)}, strict=True)
    assert given.macs == 2_560


@pytest.mark.parametrize(
    ("name", "input"), [("gather_shifted", "ids"), ("reshape_from_input", "shape")]
)
def test_a_failed_run_names_what_was_not_given(name, input):
    with pytest.raises(InvokeError) as caught:
        api.measure(case_model(name), runs=1, profile=False)
    assert caught.value.__notes__[-1].endswith(f"give it with --input {input}=FILE")


def test_real_files_that_hold_what_only_an_accelerator_runs():
    vela = analyzed("ethos_u_scratch")
    assert vela.coverage.unsupported_names == ("ethos-u",)
    old = analyzed("old_unknown_shape")
    assert old.coverage.unsupported_names == ("my-decoder", "FULLY_CONNECTED")
    assert old.operators[-1].output_shapes == (None,)
