"""Recurrent networks of a single layer: RNN, SVDF, GRU. The long short-term memory is in `lstm`."""

from dataclasses import dataclass

from tflops_native.model.schema import ActivationFunctionType
from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.contraction import contraction_cost
from tflops_native.ops.geometry import size_of, with_rank
from tflops_native.ops.lstm_cell import batch_and_steps
from tflops_native.ops.tensor_spec import TensorSpec
from tflops_native.ops.traffic import recurrent


def _check(tensor: TensorSpec, role: str, *shape: int) -> None:
    if tensor.shape != shape:
        raise ValueError(f"`{role}` must be {list(shape)}, but is {list(tensor.shape)}")


@dataclass(frozen=True, slots=True)
class _Layer:
    """The operands of one direction of an RNN; `auxiliary` are weights of a second input."""

    weights: TensorSpec
    recurrent_weights: TensorSpec
    bias: TensorSpec
    hidden_state: TensorSpec
    auxiliary: TensorSpec | None = None

    @property
    def units(self) -> int:
        return with_rank(self.weights, 2, "input_weights")[0]

    def step(
        self, batch: int, inputs: int, input: TensorSpec, activation: ActivationFunctionType
    ) -> Inferred:
        """What one time step costs, for all rows.

        Raises:
            ValueError: the operands do not fit together.
        """
        units = self.units
        _check(self.weights, "input_weights", units, inputs)
        _check(self.recurrent_weights, "recurrent_weights", units, units)
        _check(self.bias, "bias", units)
        _check(self.hidden_state, "hidden_state", batch, units)
        state = TensorSpec((batch, units), input.type)
        step = contraction_cost(
            state.shape,
            batch * units * inputs,
            input=TensorSpec((batch, inputs), input.type),
            weights=self.weights,
            bias=self.bias,
            activation=activation,
        )
        cost = step.cost + _product(state, self.recurrent_weights)
        if self.auxiliary is not None:
            units, width = with_rank(self.auxiliary, 2, "aux_weights")
            _check(self.auxiliary, "aux_weights", self.units, width)
            cost += _product(TensorSpec((batch, width), input.type), self.auxiliary)
        return Inferred(outputs=(state.shape,), cost=cost, mac_arithmetic=step.mac_arithmetic)


def _product(rows: TensorSpec, weights: TensorSpec) -> Cost:
    """Rows times weights [units, row length]."""
    output = (rows.shape[0], weights.shape[0])
    return contraction_cost(output, rows.shape[0] * weights.size, input=rows, weights=weights).cost


@register("RNN", options="RNNOptions")
@dataclass(frozen=True, slots=True)
class Rnn(Op):
    """One time step of a recurrent layer.

    input              [batch, inputs]
    input_weights      [units, inputs]
    recurrent_weights  [units, units]
    bias               [units]
    hidden_state       [batch, units], a variable
    output             [batch, units]

    MACs     batch * units * (inputs + units)
    Other    bias and fused activation; what float inputs with integer weights add
    Source   tflite/kernels/basic_rnn.cc, Prepare; tflite/kernels/internal/kernel_utils.cc
    """

    fused_activation_function: ActivationFunctionType

    def infer(
        self,
        input: TensorSpec,
        input_weights: TensorSpec,
        recurrent_weights: TensorSpec,
        bias: TensorSpec,
        hidden_state: TensorSpec,
    ) -> Inferred:
        batch, inputs = with_rank(input, 2, "input")
        layer = _Layer(input_weights, recurrent_weights, bias, hidden_state)
        step = layer.step(batch, inputs, input, self.fused_activation_function)
        return Inferred(
            outputs=step.outputs,
            cost=step.cost,
            mac_arithmetic=step.mac_arithmetic,
            # The output is the next hidden state as well.
            bytes_written=input.bytes_of(batch * layer.units)
            + hidden_state.bytes_of(hidden_state.size),
        )


@register("UNIDIRECTIONAL_SEQUENCE_RNN", options="SequenceRNNOptions")
@dataclass(frozen=True, slots=True)
class UnidirectionalSequenceRnn(Op):
    """A recurrent layer over a sequence.

    input              [batch, time, inputs], or [time, batch, inputs] with `time_major`
    input_weights      [units, inputs]
    recurrent_weights  [units, units]
    bias               [units]
    hidden_state       [batch, units], a variable
    output             the input's shape with units in place of inputs

    MACs     batch * time * units * (inputs + units)
    Other    bias and fused activation; what float inputs with integer weights add
    Source   tflite/kernels/unidirectional_sequence_rnn.cc, Prepare
    """

    time_major: bool
    fused_activation_function: ActivationFunctionType

    def infer(
        self,
        input: TensorSpec,
        input_weights: TensorSpec,
        recurrent_weights: TensorSpec,
        bias: TensorSpec,
        hidden_state: TensorSpec,
    ) -> Inferred:
        batch, steps = batch_and_steps(input, self.time_major)
        layer = _Layer(input_weights, recurrent_weights, bias, hidden_state)
        step = layer.step(batch, input.shape[2], input, self.fused_activation_function)
        output = (*input.shape[:2], layer.units)
        result = Inferred(
            outputs=(output,),
            cost=step.cost * steps,
            mac_arithmetic=step.mac_arithmetic,
            bytes_written=input.bytes_of(size_of(output))
            + hidden_state.bytes_of(hidden_state.size),
        )
        weights = (input_weights, recurrent_weights, bias)
        return recurrent(result, steps, weights, (hidden_state,), (input,))


@register("BIDIRECTIONAL_SEQUENCE_RNN", options="BidirectionalSequenceRNNOptions")
@dataclass(frozen=True, slots=True)
class BidirectionalSequenceRnn(Op):
    """Two recurrent layers over a sequence, one from its start and one from its end.

    input                                         [batch, time, inputs], or with `time_major`
                                                  [time, batch, inputs]
    fw_input_weights                              [units, inputs]
    fw_recurrent_weights                          [units, units]
    fw_bias                                       [units]
    fw_hidden_state                               [batch, units], a variable
    bw_input_weights, bw_recurrent_weights        as forward; the units may be others
    bw_bias, bw_hidden_state                      as forward
    aux_input                                     [.., .., auxiliary inputs]; the backward layer
                                                  reads it in place of `input` if it has no weights
    fw_aux_weights, bw_aux_weights                [units, auxiliary inputs]
    outputs                                       the input's shape with units in place of inputs,
                                                  forward and backward; with `merge_outputs` one
                                                  output with the sum of both

    MACs     batch * time * units * (inputs + units + auxiliary inputs), forward and backward
    Other    bias and fused activation; what float inputs with integer weights add
    Source   tflite/kernels/bidirectional_sequence_rnn.cc, Prepare and Eval
    """

    time_major: bool
    fused_activation_function: ActivationFunctionType
    merge_outputs: bool

    def infer(
        self,
        input: TensorSpec,
        fw_input_weights: TensorSpec,
        fw_recurrent_weights: TensorSpec,
        fw_bias: TensorSpec,
        fw_hidden_state: TensorSpec,
        bw_input_weights: TensorSpec,
        bw_recurrent_weights: TensorSpec,
        bw_bias: TensorSpec,
        bw_hidden_state: TensorSpec,
        aux_input: TensorSpec | None = None,
        fw_aux_weights: TensorSpec | None = None,
        bw_aux_weights: TensorSpec | None = None,
    ) -> Inferred:
        batch, steps = batch_and_steps(input, self.time_major)
        forward = _Layer(
            fw_input_weights, fw_recurrent_weights, fw_bias, fw_hidden_state, fw_aux_weights
        )
        backward = _Layer(
            bw_input_weights, bw_recurrent_weights, bw_bias, bw_hidden_state, bw_aux_weights
        )
        backward_input = _backward_input(input, aux_input, fw_aux_weights, bw_aux_weights)
        activation = self.fused_activation_function
        step = forward.step(batch, input.shape[2], input, activation)
        back = backward.step(batch, backward_input.shape[2], input, activation)
        widths = [forward.units, backward.units]
        if self.merge_outputs:
            widths = [sum(widths)]
        result = Inferred(
            outputs=tuple((*input.shape[:2], width) for width in widths),
            cost=(step.cost + back.cost) * steps,
            mac_arithmetic=step.mac_arithmetic,
            bytes_written=input.bytes_of(batch * steps * sum(widths))
            + fw_hidden_state.bytes_of(fw_hidden_state.size)
            + bw_hidden_state.bytes_of(bw_hidden_state.size),
        )
        weights = (
            *(fw_input_weights, fw_recurrent_weights, fw_bias, fw_aux_weights),
            *(bw_input_weights, bw_recurrent_weights, bw_bias, bw_aux_weights),
        )
        states = (fw_hidden_state, bw_hidden_state)
        return recurrent(result, steps, weights, states, (input, aux_input))


def _backward_input(
    input: TensorSpec, auxiliary: TensorSpec | None, *weights: TensorSpec | None
) -> TensorSpec:
    """What the backward layer reads; the auxiliary input is checked against its weights."""
    present = [part for part in weights if part is not None]
    if len(present) == 1:
        raise ValueError("auxiliary weights must be there for both directions, or for none")
    if auxiliary is None:
        if present:
            raise ValueError("its input `aux_input` is missing")
        return input
    width = with_rank(auxiliary, 3, "aux_input")[2]
    _check(auxiliary, "aux_input", *input.shape[:2], width)
    for part in present:
        _check(part, "aux_weights", with_rank(part, 2, "aux_weights")[0], width)
    return input if present else auxiliary


@register("SVDF", options="SVDFOptions")
@dataclass(frozen=True, slots=True)
class Svdf(Op):
    """A layer of filters over time, each the product of a filter of features and one of time.

    input            [batch, inputs]
    weights_feature  [filters, inputs]
    weights_time     [filters, memory]
    bias             [filters / rank]; may be left out
    state            [batch, filters * memory], a variable: the last features of each filter
    output           [batch, filters / rank]

    MACs     batch * filters * (inputs + memory)
    Other    the sum over each `rank` filters, bias and fused activation; what float inputs with
             integer weights add
    Source   tflite/kernels/svdf.cc, Prepare; tflite/kernels/internal/reference/svdf.h
    """

    rank: int
    fused_activation_function: ActivationFunctionType

    def infer(
        self,
        input: TensorSpec,
        weights_feature: TensorSpec,
        weights_time: TensorSpec,
        bias: TensorSpec | None = None,
        state: TensorSpec | None = None,
    ) -> Inferred:
        batch, inputs = with_rank(input, 2, "input")
        filters, memory = with_rank(weights_time, 2, "weights_time")
        _check(weights_feature, "weights_feature", filters, inputs)
        if self.rank < 1 or filters % self.rank:
            raise ValueError(f"{filters} filters cannot be grouped by a rank of {self.rank}")
        units = filters // self.rank
        if bias is not None:
            _check(bias, "bias", units)
        if state is None:
            raise ValueError("its input `state` is missing")
        _check(state, "state", batch, filters * memory)
        features = contraction_cost(
            (batch, filters), batch * filters * inputs, input=input, weights=weights_feature
        )
        # Features and their memory are floating point even where the first filter is quantized.
        result = contraction_cost(
            (batch, units),
            batch * filters * memory,
            input=state,
            weights=state,
            bias=bias,
            activation=self.fused_activation_function,
        )
        sums = Cost(scalar_ops=batch * (filters - units))
        return Inferred(
            outputs=((batch, units),),
            cost=features.cost + sums + result.cost,
            mac_arithmetic=features.mac_arithmetic,
            other_macs=batch * filters * memory if input.is_float else 0,
            bytes_written=input.bytes_of(batch * units) + state.bytes_of(state.size),
        )


@register("UNIDIRECTIONAL_SEQUENCE_GRU")
@dataclass(frozen=True, slots=True)
class UnidirectionalSequenceGru(Op):
    """Gated recurrent units over a sequence; a custom operator.

    input             [time, batch, inputs]
    input_state       [batch, outputs]
    gate_weight       [2 * outputs, inputs + outputs], of the reset and the update gate
    gate_bias         [2 * outputs]
    candidate_weight  [outputs, inputs + outputs]
    candidate_bias    [outputs]
    outputs           [time, batch, outputs], and the last of them

    MACs     time * batch * 3 * outputs * (inputs + outputs)
    Other    per time, row and output: 3 biases, 2 sigmoids, 1 tanh, and 5 for the reset state and
             for update * old + (1 - update) * new
    Source   tflite/kernels/unidirectional_sequence_gru.cc, Prepare; tflite/kernels/gru_cell.cc
    """

    def infer(
        self,
        input: TensorSpec,
        input_state: TensorSpec,
        gate_weight: TensorSpec,
        gate_bias: TensorSpec,
        candidate_weight: TensorSpec,
        candidate_bias: TensorSpec,
    ) -> Inferred:
        steps, batch, inputs = with_rank(input, 3, "input")
        outputs = with_rank(input_state, 2, "input_state")[1]
        depth = inputs + outputs
        _check(input_state, "input_state", batch, outputs)
        _check(gate_weight, "gate_weight", 2 * outputs, depth)
        _check(gate_bias, "gate_bias", 2 * outputs)
        _check(candidate_weight, "candidate_weight", outputs, depth)
        _check(candidate_bias, "candidate_bias", outputs)
        rows = TensorSpec((batch, depth), input.type)
        step = _product(rows, gate_weight) + _product(rows, candidate_weight)
        step += Cost(scalar_ops=8, transcendentals=3) * (batch * outputs)
        result = Inferred(
            outputs=((steps, batch, outputs), (batch, outputs)),
            cost=step * steps,
            bytes_written=input.bytes_of((steps + 1) * batch * outputs),
        )
        weights = (gate_weight, gate_bias, candidate_weight, candidate_bias)
        return recurrent(result, steps, weights, (input_state,), (input,))
