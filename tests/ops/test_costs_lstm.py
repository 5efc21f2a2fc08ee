"""Counts of long short-term memories against naive kernels that tally what they do."""

from dataclasses import dataclass, replace

import pytest

from counting import Number, clamped, counting, function, numbers, root
from products import Work, activated
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import LSTMKernelType, TensorType
from tflops_native.ops import REGISTRY, TensorSpec

F32, INT8 = TensorType.FLOAT32, TensorType.INT8
RELU, TANH = Activation.RELU, Activation.TANH
BATCH, TIME, INPUTS, CELLS, OUTPUTS, AUXILIARY = 2, 3, 4, 3, 2, 5


def spec(*shape, type=F32):
    return TensorSpec(shape, type)


def normalized(gate):
    """As the kernel does it, with a mean that is subtracted twice."""
    total = Number(0.0)
    for x in gate:
        total = total + x
    mean = total / len(gate)
    squares = Number(0.0)
    for x in gate:
        difference = x - mean
        squares = squares + difference * difference
    scale = Number() / root(squares / len(gate) + 1e-8)
    return [(x - mean) * scale for x in gate]


@dataclass(frozen=True)
class Form:
    """What an LSTM has beside the least that it needs."""

    is_coupled: bool = False
    peepholes: bool = False
    projection: bool = False
    projection_bias: bool = False
    norm: bool = False
    diagonal: bool = False
    cell_clip: float = 0.0
    proj_clip: float = 0.0
    activation: Activation = TANH
    is_hybrid: bool = False
    auxiliary: int = 0

    @property
    def outputs(self):
        return OUTPUTS if self.projection else CELLS

    @property
    def gates(self):
        return "fco" if self.is_coupled else "ifco"

    @property
    def weight_type(self):
        return INT8 if self.is_hybrid else F32

    def present(self, *shape, type=None):
        """Specs of one tensor for each of the four gates."""
        made = spec(*shape, type=type or self.weight_type)
        return [made if gate in self.gates else None for gate in "ifco"]

    def parts(self):
        """Operands 1-17."""
        peepholes = [None] * 3
        if self.peepholes:
            peepholes = [
                p for p, gate in zip(self.present(CELLS), "ifco", strict=True) if gate != "c"
            ]
        return [
            *self.present(CELLS, INPUTS),
            *(
                self.present(CELLS, type=F32)
                if self.diagonal
                else self.present(CELLS, self.outputs)
            ),
            *peepholes,
            *self.present(CELLS, type=F32),
            spec(self.outputs, CELLS, type=self.weight_type) if self.projection else None,
            spec(self.outputs) if self.projection_bias else None,
        ]

    def auxiliary_parts(self):
        return self.present(CELLS, self.auxiliary) if self.auxiliary else [None] * 4

    def states(self):
        return [spec(BATCH, self.outputs), spec(BATCH, CELLS)]

    def norms(self):
        return self.present(CELLS, type=F32) if self.norm else []


def naive_gate(form, work, x, auxiliary, state, cell, has_peephole):
    gate = []
    for k in range(CELLS):
        total = work.accumulate(Number(0.0), numbers(INPUTS), x)
        if auxiliary:
            total = work.accumulate(total, numbers(len(auxiliary)), auxiliary)
        if form.diagonal:
            total = work.elementwise(total, Number(), state[k])
        else:
            total = work.accumulate(total, numbers(len(state)), state)
        if has_peephole:
            total = work.elementwise(total, Number(), cell[k])
        gate.append(total)
    if form.norm:
        gate = [x * Number() for x in normalized(gate)]
    return [x + Number() for x in gate]  # the bias


def naive_step(form, work, x, auxiliary, state, cell):
    """One row through one cell; returns both states."""
    x, auxiliary, fed = work.quantized(x), work.quantized(auxiliary), state
    if not form.diagonal:
        fed = work.quantized(state)

    def gate(peephole=form.peepholes):
        return naive_gate(form, work, x, auxiliary, fed, cell, peephole)

    forget = [function(y) for y in gate()]
    admitted = forget if form.is_coupled else gate()
    admit = [Number(1.0) - y if form.is_coupled else function(y) for y in admitted]
    candidate = [activated(y, form.activation) for y in gate(False)]
    cell = [f * c + i * new for f, c, i, new in zip(forget, cell, admit, candidate, strict=True)]
    if form.cell_clip:
        cell = [clamped(c, -form.cell_clip, form.cell_clip) for c in cell]
    output = [function(y) for y in gate()]
    hidden = [o * activated(c, form.activation) for o, c in zip(output, cell, strict=True)]
    if form.projection:
        hidden = work.quantized(hidden)
        projected = []
        for _ in range(form.outputs):
            y = work.accumulate(Number(0.0), numbers(CELLS), hidden)
            projected.append(y + Number() if form.projection_bias else y)
        hidden = projected
        if form.proj_clip:
            hidden = [clamped(y, -form.proj_clip, form.proj_clip) for y in hidden]
    return hidden, cell


def naive_lstm(form, steps, directions=1):
    work = Work(form.is_hybrid)
    with counting() as tally:
        for _ in range(directions * BATCH):
            state, cell = numbers(form.outputs), numbers(CELLS)
            for _ in range(steps):
                auxiliary = numbers(form.auxiliary)
                state, cell = naive_step(form, work, numbers(INPUTS), auxiliary, state, cell)
    work.total = tally
    return work.cost


FORMS = [
    Form(),
    Form(is_coupled=True),
    Form(peepholes=True),
    Form(peepholes=True, is_coupled=True, activation=RELU),
    Form(projection=True),
    Form(projection=True, projection_bias=True, proj_clip=1.0, cell_clip=2.0),
    Form(norm=True),
    Form(norm=True, is_coupled=True, cell_clip=2.0, activation=Activation.NONE),
    Form(norm=True, peepholes=True, projection=True),
    Form(is_hybrid=True),
    Form(is_hybrid=True, projection=True, projection_bias=True, peepholes=True),
]


def inferred(name, options, operands):
    rule = REGISTRY[name]
    op = rule.op(**rule.fixed, **options)
    return rule.infer(op, tuple(operands))


def lstm_options(form, **more):
    return {
        "fused_activation_function": form.activation,
        "cell_clip": form.cell_clip,
        "proj_clip": form.proj_clip,
        **more,
    }


@pytest.mark.parametrize("form", FORMS)
def test_lstm(form):
    operands = [spec(BATCH, INPUTS), *form.parts(), *form.states(), *form.norms()]
    result = inferred("LSTM", lstm_options(form, kernel_type=LSTMKernelType.FULL), operands)
    assert result.outputs == ((BATCH, form.outputs),)
    assert result.cost == naive_lstm(form, 1)
    assert result.mac_arithmetic == ("int8" if form.is_hybrid else None)


@pytest.mark.parametrize(
    "form", [*FORMS, Form(diagonal=True), Form(diagonal=True, is_coupled=True)]
)
@pytest.mark.parametrize("time_major", [True, False])
def test_unidirectional_sequence_lstm(form, time_major):
    lead = (TIME, BATCH) if time_major else (BATCH, TIME)
    operands = [spec(*lead, INPUTS), *form.parts(), *form.states(), *form.norms()]
    options = lstm_options(form, time_major=time_major)
    result = inferred("UNIDIRECTIONAL_SEQUENCE_LSTM", options, operands)
    assert result.outputs == ((*lead, form.outputs),)
    assert result.cost == naive_lstm(form, TIME)


@pytest.mark.parametrize("form", [form for form in FORMS if not form.norm])
@pytest.mark.parametrize("auxiliary", ["none", "weighted", "backward"])
@pytest.mark.parametrize("merge", [True, False])
def test_bidirectional_sequence_lstm(form, auxiliary, merge):
    if auxiliary == "weighted":
        form = replace(form, auxiliary=AUXILIARY)
    width = AUXILIARY if auxiliary == "weighted" else INPUTS
    extra = None if auxiliary == "none" else spec(TIME, BATCH, width)
    operands = [
        spec(TIME, BATCH, INPUTS),
        *form.parts(),
        *form.parts(),
        *form.states(),
        *form.states(),
        extra,
        *form.auxiliary_parts(),
        *form.auxiliary_parts(),
    ]
    assert len(operands) == 48
    result = inferred(
        "BIDIRECTIONAL_SEQUENCE_LSTM", lstm_options(form, merge_outputs=merge), operands
    )
    widths = [2 * form.outputs] if merge else [form.outputs] * 2
    assert result.outputs == tuple((TIME, BATCH, width) for width in widths)
    assert result.cost == naive_lstm(form, TIME, directions=2)


def test_basic_lstm():
    work, depth = Work(), INPUTS + CELLS
    with counting() as tally:
        for _ in range(BATCH):
            joined = numbers(depth)
            gates = [
                [work.accumulate(Number(0.0), numbers(depth), joined) + Number() for _ in range(4)]
                for _ in range(CELLS)
            ]
            for admit, new, forget, output in gates:
                kept = function(forget) * Number()
                state = function(admit) * function(new) + kept
                function(output) * function(state)
    work.total = tally
    operands = [
        spec(BATCH, INPUTS),
        spec(BATCH, CELLS),
        spec(4 * CELLS, depth),
        spec(4 * CELLS),
        spec(BATCH, CELLS),
    ]
    result = inferred("LSTM", lstm_options(Form(), kernel_type=LSTMKernelType.BASIC), operands)
    assert result.cost == work.cost
    assert result.outputs == ((2, 3), (2, 3), (2, 7), (2, 12))
    # 6 and 6 elements twice, 14 and 24 once, 4 bytes each.
    assert result.bytes_written == 4 * (2 * 6 + 2 * 6 + 14 + 24)
