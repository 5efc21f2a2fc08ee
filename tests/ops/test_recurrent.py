"""Laws between recurrent operators, their refusals, and the same network in other forms."""

import random
from dataclasses import replace

import pytest

from builders import ModelBuilder, options
from configurations import GENERATORS
from referee import analyzed
from tflops_native.analysis.operators import Status
from tflops_native.model.reader import load
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import LSTMKernelType, TensorType
from tflops_native.ops import REGISTRY, TensorSpec
from tflops_native.ops.lstm import BidirectionalSequenceLstm, Lstm, UnidirectionalSequenceLstm
from workloads import analyze_model
from zoo import zoo_model

F32, INT8, INT16, INT32 = (TensorType[n] for n in ("FLOAT32", "INT8", "INT16", "INT32"))
TANH = Activation.TANH
LSTM = Lstm(TANH, 1.0, 0.0, LSTMKernelType.FULL)
SEQUENCE = UnidirectionalSequenceLstm(TANH, 1.0, 0.0, time_major=False)
BIDIRECTIONAL = BidirectionalSequenceLstm(TANH, 1.0, 0.0, merge_outputs=False, time_major=False)


def spec(*shape, type=F32):
    return TensorSpec(shape, type)


def weights(inputs, cells, type=F32, bias=F32):
    """Operands 1-17 of an LSTM without anything that may be left out."""
    return [
        *[spec(cells, inputs, type=type)] * 4,
        *[spec(cells, cells, type=type)] * 4,
        *[None] * 3,
        *[spec(cells, type=bias)] * 4,
        None,
        None,
    ]


def states(batch, cells):
    return [spec(batch, cells), spec(batch, cells)]


def one_step(batch, inputs=5, cells=3):
    return LSTM.infer(spec(batch, inputs), *weights(inputs, cells), *states(batch, cells))


def sequence(batch, steps, inputs=5, cells=3):
    operands = (*weights(inputs, cells), *states(batch, cells))
    return SEQUENCE.infer(spec(batch, steps, inputs), *operands)


def test_a_batch_is_that_many_cells():
    assert one_step(7).cost == one_step(1).cost * 7


def test_a_sequence_is_that_many_steps():
    assert sequence(2, 6).cost == one_step(2).cost * 6
    assert sequence(2, 0).cost == one_step(2).cost * 0


def test_two_directions_are_two_sequences():
    both = BIDIRECTIONAL.infer(
        spec(2, 6, 5), *weights(5, 3), *weights(5, 3), *states(2, 3), *states(2, 3), *[None] * 9
    )
    assert both.cost == sequence(2, 6).cost * 2
    assert both.outputs == ((2, 6, 3), (2, 6, 3))


def fused_model(batch, steps, inputs, cells):
    """UNIDIRECTIONAL_SEQUENCE_LSTM as a model file."""
    builder = ModelBuilder()
    graph = builder.graph()
    x = graph.input([batch, steps, inputs])
    parts = [-1 if part is None else graph.tensor(part.shape) for part in weights(inputs, cells)]
    parts += [graph.tensor([batch, cells], isVariable=True) for _ in range(2)]
    graph.outputs = [graph.tensor([])]
    for index in parts:
        if index >= 0 and not graph.tensors[index].isVariable:
            graph.inputs.append(index)
    table = options("UnidirectionalSequenceLSTMOptions", fused_activation_function=4)
    graph.operator("UNIDIRECTIONAL_SEQUENCE_LSTM", [x, *parts], graph.outputs, table)
    return builder.pack()


def test_fused_and_unrolled_are_the_same():
    """4 gates * 24 units * (16 inputs + 24 units) in a step, of which Keras' model has 12."""
    fused = analyze_model(load(fused_model(1, 12, 16, 24)))
    assert fused.coverage.is_complete
    assert fused.macs == 12 * 3840
    unrolled = analyze_model(load(zoo_model("lstm_unrolled-float32")))
    # The converter knows that the first state is zero, and leaves out its product with 24 * 96
    # weights; a layer of 24 * 10 follows.
    assert unrolled.macs + 24 * 96 - 24 * 10 == fused.macs


@pytest.mark.parametrize(
    ("input", "weight", "name"), [(INT8, INT8, None), (INT16, INT8, "int16x8"), (F32, INT8, "int8")]
)
def test_arithmetic_of_quantized_cells(input, weight, name):
    """The multiplications are the same, whatever type they are done in."""
    operands = [*weights(5, 3, weight, INT32), spec(2, 3), spec(2, 3, type=INT16)]
    result = LSTM.infer(spec(2, 5, type=input), *operands)
    assert result.mac_arithmetic == name
    assert result.cost.macs == 2 * 4 * 3 * (5 + 3)


def test_states_are_written():
    # The output and two states: 3 * 2 * 3 elements of 4 bytes.
    assert one_step(2).bytes_written == 72


def test_layer_normalization_that_is_left_out():
    operands = (*weights(5, 3), *states(2, 3))
    assert LSTM.infer(spec(2, 5), *operands, *[None] * 4) == LSTM.infer(spec(2, 5), *operands)


def test_directions_of_different_sizes_are_not_mixed_up():
    both = BIDIRECTIONAL.infer(
        spec(2, 6, 5), *weights(5, 3), *weights(5, 4), *states(2, 3), *states(2, 4), *[None] * 9
    )
    assert both.outputs == ((2, 6, 3), (2, 6, 4))
    assert both.cost == sequence(2, 6, 5, 3).cost + sequence(2, 6, 5, 4).cost


def changed(position, part):
    """The operands of an LSTM with one of them replaced; 0 is the first after the input."""
    operands = [*weights(5, 3), *states(2, 3)]
    operands[position] = part
    return operands


@pytest.mark.parametrize(
    ("operands", "message"),
    [
        (changed(1, None), "its input `input_to_forget_weights` is missing"),
        (changed(2, spec(3, 4)), r"`input_to_cell_weights` must be \[3, 5\], but is \[3, 4\]"),
        (changed(0, None), "`recurrent_to_input_weights` without `input_to_input_weights`"),
        (changed(4, spec(3)), r"`recurrent_to_input_weights` must be \[3, 3\], but is \[3\]"),
        (changed(9, spec(3)), "its input `peephole weights` is missing"),
        (changed(14, None), "its input `output_gate_bias` is missing"),
        (changed(16, spec(3)), "its input `projection_weights` is missing"),
        (changed(15, spec(2, 3)), r"`projection_weights` must be \[3, 3\], but is \[2, 3\]"),
        (changed(7, spec(3, 2)), r"`recurrent_to_input_weights` must be \[3, 2\]"),
        (changed(17, spec(3, 3)), "`output_state` must have 2 x 3 elements"),
        (changed(18, None), "its input `cell_state` is missing"),
        (changed(0, spec(3, 5))[:-1], "it takes 20 or 24 inputs, but has 19"),
    ],
)
def test_lstm_refuses(operands, message):
    with pytest.raises(ValueError, match=message):
        LSTM.infer(spec(2, 5), *operands)


def test_lstm_refuses_a_negative_clip():
    with pytest.raises(ValueError, match="must not be negative"):
        replace(LSTM, cell_clip=-1.0).infer(spec(2, 5), *weights(5, 3), *states(2, 3))


def test_diagonals_are_for_one_direction_only():
    both = [*changed(4, spec(3))[:17], *weights(5, 3), *states(2, 3), *states(2, 3), *[None] * 9]
    with pytest.raises(ValueError, match=r"`recurrent_to_input_weights` must be \[3, 3\]"):
        BIDIRECTIONAL.infer(spec(2, 6, 5), *both)


def test_auxiliary_weights_without_an_input():
    extra = [None, *[spec(3, 2)] * 8]
    operands = (*weights(5, 3), *weights(5, 3), *states(2, 3), *states(2, 3), *extra)
    with pytest.raises(ValueError, match="its input `aux_input` is missing"):
        BIDIRECTIONAL.infer(spec(2, 6, 5), *operands)


def test_auxiliary_weights_for_one_direction():
    extra = [spec(2, 6, 2), *[spec(3, 2)] * 4, *[None] * 4]
    operands = (*weights(5, 3), *weights(5, 3), *states(2, 3), *states(2, 3), *extra)
    with pytest.raises(ValueError, match="for both directions, or for none"):
        BIDIRECTIONAL.infer(spec(2, 6, 5), *operands)


def test_gru_is_found_by_its_custom_name():
    """The runtime has its kernel, but registers it nowhere: only its source says what it does."""
    case = GENERATORS["UNIDIRECTIONAL_SEQUENCE_GRU"](
        random.Random("gru"), "UNIDIRECTIONAL_SEQUENCE_GRU"
    )
    operator = analyzed(case.pack())
    (time, batch, _), (_, units) = (operand.shape for operand in case.operands[:2])
    assert operator.status is Status.COUNTED
    assert operator.output_shapes == ((time, batch, units), (batch, units))


@pytest.mark.parametrize("rank", [0, -1, 4])
def test_svdf_refuses_a_rank(rank):
    rule = REGISTRY["SVDF"]
    op = rule.op(rank=rank, fused_activation_function=Activation.NONE)
    with pytest.raises(ValueError, match="6 filters cannot be grouped by a rank of"):
        op.infer(spec(2, 5), spec(6, 5), spec(6, 4), None, spec(2, 24))
