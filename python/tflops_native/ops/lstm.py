"""Long short-term memory: the operators that repeat a cell."""

from collections.abc import Sequence
from dataclasses import dataclass

from tflops_native.model.schema import ActivationFunctionType, LSTMKernelType
from tflops_native.ops._op import Cost, Inferred, Op, register
from tflops_native.ops.geometry import size_of, with_rank
from tflops_native.ops.lstm_cell import (
    CELL_PARTS,
    NO_PARTS,
    STATES,
    Cell,
    Parts,
    batch_and_steps,
    check_shape,
    present,
    row_product,
)
from tflops_native.ops.tensor_spec import Shape, TensorSpec
from tflops_native.ops.traffic import recurrent


def _bytes_with_states(input: TensorSpec, outputs: Sequence[Shape], states: Parts) -> int:
    """Bytes written: the outputs, which are of the input's type, and the states."""
    written = sum(input.bytes_of(size_of(shape)) for shape in outputs)
    return written + sum(state.bytes_of(state.size) for state in states if state is not None)


@dataclass(frozen=True, slots=True)
class _Unidirectional(Op):
    """What LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM share."""

    fused_activation_function: ActivationFunctionType
    cell_clip: float
    proj_clip: float

    def _infer(
        self,
        input: TensorSpec,
        parts: Parts,
        batch: int,
        steps: int,
        *,
        allows_diagonal: bool = False,
    ) -> Inferred:
        if len(parts) not in {19, 23}:
            raise ValueError(f"it takes 20 or 24 inputs, but has {len(parts) + 1}")
        states = parts[CELL_PARTS : CELL_PARTS + STATES]
        norms = parts[19:]
        # The coefficients of the forget gate decide; without them the kernel ignores the others.
        cell = Cell.of(parts, norms if norms and norms[1] is not None else NO_PARTS)
        cell.check(input.shape[-1], states, batch, allows_diagonal=allows_diagonal)
        step = cell.step(input, self.fused_activation_function, self.cell_clip, self.proj_clip)
        output = (*input.shape[:-1], cell.outputs)
        result = Inferred(
            outputs=(output,),
            cost=step.cost * (batch * steps),
            mac_arithmetic=step.mac_arithmetic,
            other_macs=step.other_macs * batch * steps,
            bytes_written=_bytes_with_states(input, [output], states),
        )
        weights = (*parts[:CELL_PARTS], *parts[CELL_PARTS + STATES :])
        return recurrent(result, steps, weights, states, (input,))


@register("LSTM", options="LSTMOptions")
@dataclass(frozen=True, slots=True)
class Lstm(_Unidirectional):
    """One time step of a long short-term memory.

    input    [batch, inputs]
    parts    weights and states, see below
    output   [batch, outputs]; of the BASIC kernel also the new state and two work spaces

    FULL kernel: inputs 1-4 are weights [cells, inputs] of the input, forget, cell and output gate, 5-8
    recurrent weights [cells, outputs] of the same, 9-11 peephole weights [cells] of input, forget and
    output gate, 12-15 biases [cells], 16 projection weights [outputs, cells], 17 projection bias
    [outputs], 18 output state, 19 cell state, 20-23 coefficients of layer normalization [cells].
    Peepholes, projection and layer normalization may be left out, and all that belongs to the input
    gate: then it is 1 - the forget gate. Wherever 24 inputs may be, 20 are enough.

    BASIC kernel: 1 previous activation [batch, units], 2 weights [4 * units, inputs + units], 3 biases
    [4 * units], 4 previous state [batch, units].

    MACs     per row: elements of all weights, peepholes and the projection included
    Other    per row and gate: biases (with layer normalization 8 per cell and 5) and activation; per
             cell 4 for the new state and the output, 1 more for a coupled input gate, 2 for a clip,
             and the activation of the output; biases and clip of the projection; what float inputs
             with integer weights add
    Source   tflite/kernels/lstm.cc, Prepare; tflite/kernels/lstm_eval.cc, LstmStepFloat
    """

    kernel_type: LSTMKernelType = LSTMKernelType.FULL

    def infer(self, input: TensorSpec, *parts: TensorSpec | None) -> Inferred:
        batch, _ = with_rank(input, 2, "input")
        if self.kernel_type is LSTMKernelType.BASIC:
            return _basic(input, parts)
        return self._infer(input, parts, batch, 1)


def _basic(input: TensorSpec, parts: Parts) -> Inferred:
    """The BASIC kernel: one matrix for everything, no options."""
    if len(parts) != 4:
        raise ValueError(f"the BASIC kernel takes 5 inputs, but it has {len(parts) + 1}")
    roles = ("prev_activation", "weights", "biases", "prev_state")
    previous, weights, biases, state = map(present, parts, roles)
    batch, inputs = input.shape
    units = with_rank(previous, 2, "prev_activation")[1]
    depth = inputs + units
    check_shape(previous, [(batch, units)], "prev_activation")
    check_shape(weights, [(4 * units, depth)], "weights")
    check_shape(biases, [(4 * units,)], "biases")
    check_shape(state, [(batch, units)], "prev_state")
    product = row_product(depth, 4 * units, input, weights)
    # Biases; forget * old + input * candidate; output * activation. Three sigmoids, two tanh.
    step = product.cost + Cost(scalar_ops=8 * units, transcendentals=5 * units)
    activation, new_state = (batch, units), (batch, units)
    joined_input, gates = (batch, depth), (batch, 4 * units)
    # Activation and state are written twice: as outputs, and for the next time. Of a quantized
    # operator the state and the gates are wider than the rest.
    written = input.bytes_of(2 * size_of(activation) + size_of(joined_input))
    written += state.bytes_of(2 * size_of(new_state) + size_of(gates))
    return Inferred(
        outputs=(activation, new_state, joined_input, gates),
        cost=step * batch,
        mac_arithmetic=product.mac_arithmetic,
        bytes_written=written,
    )


@register("UNIDIRECTIONAL_SEQUENCE_LSTM", options="UnidirectionalSequenceLSTMOptions")
@dataclass(frozen=True, slots=True)
class UnidirectionalSequenceLstm(_Unidirectional):
    """A long short-term memory over a sequence.

    input    [batch, time, inputs], or [time, batch, inputs] with `time_major`
    parts    weights and states, as of LSTM with the FULL kernel; recurrent weights may be diagonal,
             [cells]
    output   the input's shape with outputs in place of inputs

    MACs     batch * time * those of one step of LSTM; a diagonal has one per cell
    Other    batch * time * those of one step of LSTM
    Source   tflite/kernels/unidirectional_sequence_lstm.cc, Prepare; tflite/kernels/lstm_eval.cc
    """

    time_major: bool

    def infer(self, input: TensorSpec, *parts: TensorSpec | None) -> Inferred:
        batch, steps = batch_and_steps(input, self.time_major)
        return self._infer(input, parts, batch, steps, allows_diagonal=True)


@register("BIDIRECTIONAL_SEQUENCE_LSTM", options="BidirectionalSequenceLSTMOptions")
@dataclass(frozen=True, slots=True)
class BidirectionalSequenceLstm(Op):
    """Two long short-term memories over a sequence, one from its start and one from its end.

    input    [time, batch, inputs], or [batch, time, inputs] without `time_major`
    parts    weights and states, see below
    outputs  the input's shape with outputs in place of inputs, forward and backward; one output with
             the sum of both with `merge_outputs`

    Inputs 1-17 are weights as of LSTM with the FULL kernel, forward, 18-34 backward; 35 output state
    and 36 cell state, forward, 37 and 38 backward; 39 an auxiliary input [.., .., auxiliary inputs],
    40-43 weights [cells, auxiliary inputs] for it, forward, 44-47 backward. With an auxiliary input
    that has no weights, the backward cell reads it in place of the input.

    MACs     batch * time * those of one step of LSTM, forward and backward
    Other    batch * time * those of one step of LSTM, forward and backward
    Source   tflite/kernels/bidirectional_sequence_lstm.cc, Prepare and Eval
    """

    fused_activation_function: ActivationFunctionType
    cell_clip: float
    proj_clip: float
    merge_outputs: bool
    time_major: bool = True

    def infer(self, input: TensorSpec, *parts: TensorSpec | None) -> Inferred:
        if len(parts) != 47:
            raise ValueError(f"it takes 48 inputs, but has {len(parts) + 1}")
        batch, steps = batch_and_steps(input, self.time_major)
        states, auxiliary = parts[34:38], parts[38]
        backward_input, auxiliary_inputs = input, 0
        cells = [
            Cell.of(parts[:CELL_PARTS], auxiliary=parts[39:43]),
            Cell.of(parts[CELL_PARTS : 2 * CELL_PARTS], auxiliary=parts[43:47]),
        ]
        has_weights = [any(cell.auxiliary_weights) for cell in cells]
        if has_weights[0] != has_weights[1]:
            raise ValueError("auxiliary weights must be there for both directions, or for none")
        if auxiliary is not None:
            auxiliary_inputs = with_rank(auxiliary, 3, "aux_input")[2]
            check_shape(auxiliary, [(*input.shape[:2], auxiliary_inputs)], "aux_input")
            if not has_weights[0]:
                backward_input = auxiliary
        elif has_weights[0]:
            raise ValueError("its input `aux_input` is missing")
        for cell, source, position in zip(cells, (input, backward_input), (0, STATES), strict=True):
            own_states = states[position : position + STATES]
            cell.check(source.shape[-1], own_states, batch, auxiliary_inputs=auxiliary_inputs)
        step = [
            cell.step(input, self.fused_activation_function, self.cell_clip, self.proj_clip)
            for cell in cells
        ]
        widths = [cell.outputs for cell in cells]
        if self.merge_outputs:
            widths = [sum(widths)]
        outputs = tuple((*input.shape[:2], width) for width in widths)
        result = Inferred(
            outputs=outputs,
            cost=(step[0].cost + step[1].cost) * (batch * steps),
            mac_arithmetic=step[0].mac_arithmetic,
            other_macs=(step[0].other_macs + step[1].other_macs) * batch * steps,
            bytes_written=_bytes_with_states(input, outputs, states),
        )
        weights = (*parts[: 2 * CELL_PARTS], *parts[39:])
        return recurrent(result, steps, weights, states, (input, auxiliary))
