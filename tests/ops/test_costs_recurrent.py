"""Counts of recurrent networks against naive kernels that tally what they do."""

import pytest

from counting import Number, counting, function, larger, numbers
from products import Work, activated
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.model.schema import TensorType
from tflops_native.ops import REGISTRY, TensorSpec

F32, INT8 = TensorType.FLOAT32, TensorType.INT8
RELU, TANH = Activation.RELU, Activation.TANH
BATCH, TIME, INPUTS, AUXILIARY = 2, 3, 4, 5


def spec(*shape, type=F32):
    return TensorSpec(shape, type)


def inferred(name, options, operands):
    rule = REGISTRY[name]
    op = rule.op(**rule.fixed, **options)
    return rule.infer(op, tuple(operands))


def naive_rnn(units, steps, activation, *, auxiliary=0, is_hybrid=False):
    work = Work(is_hybrid)
    with counting() as tally:
        for _ in range(BATCH):
            state = numbers(units)
            for _ in range(steps):
                x, extra, fed = map(work.quantized, (numbers(INPUTS), numbers(auxiliary), state))
                state = []
                for _ in range(units):
                    y = work.accumulate(Number(0.0), numbers(INPUTS), x)
                    if auxiliary:
                        y = work.accumulate(y, numbers(auxiliary), extra)
                    y = work.accumulate(y, numbers(units), fed)
                    state.append(activated(y + Number(), activation))
    work.total = tally
    return work.cost


def rnn_parts(units, type=F32):
    return [
        spec(units, INPUTS, type=type),
        spec(units, units, type=type),
        spec(units),
        spec(BATCH, units),
    ]


@pytest.mark.parametrize("activation", [Activation.NONE, RELU, TANH])
@pytest.mark.parametrize("type", [F32, INT8])
def test_rnn(activation, type):
    operands = [spec(BATCH, INPUTS), *rnn_parts(3, type)]
    result = inferred("RNN", {"fused_activation_function": activation}, operands)
    assert result.cost == naive_rnn(3, 1, activation, is_hybrid=type is INT8)
    assert result.mac_arithmetic == ("int8" if type is INT8 else None)
    # Output and state: 2 * 3 elements of 4 bytes, each.
    assert result.bytes_written == 48


@pytest.mark.parametrize("time_major", [True, False])
@pytest.mark.parametrize("type", [F32, INT8])
def test_unidirectional_sequence_rnn(time_major, type):
    lead = (TIME, BATCH) if time_major else (BATCH, TIME)
    options = {"time_major": time_major, "fused_activation_function": TANH}
    operands = [spec(*lead, INPUTS), *rnn_parts(3, type)]
    result = inferred("UNIDIRECTIONAL_SEQUENCE_RNN", options, operands)
    assert result.outputs == ((*lead, 3),)
    assert result.cost == naive_rnn(3, TIME, TANH, is_hybrid=type is INT8)


@pytest.mark.parametrize("type", [F32, INT8])
@pytest.mark.parametrize("auxiliary", ["none", "weighted", "backward"])
@pytest.mark.parametrize("merge", [True, False])
def test_bidirectional_sequence_rnn(type, auxiliary, merge):
    options = {"time_major": False, "fused_activation_function": RELU, "merge_outputs": merge}
    width = AUXILIARY if auxiliary == "weighted" else 0
    extra = None if auxiliary == "none" else spec(BATCH, TIME, width or INPUTS)
    weights = [spec(units, width, type=type) if width else None for units in (3, 5)]
    operands = [
        spec(BATCH, TIME, INPUTS),
        *rnn_parts(3, type),
        *rnn_parts(5, type),
        extra,
        *weights,
    ]
    result = inferred("BIDIRECTIONAL_SEQUENCE_RNN", options, operands)
    assert result.outputs == (((2, 3, 8),) if merge else ((2, 3, 3), (2, 3, 5)))
    naive = [
        naive_rnn(units, TIME, RELU, auxiliary=width, is_hybrid=type is INT8) for units in (3, 5)
    ]
    assert result.cost == naive[0] + naive[1]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("has_bias", [True, False])
@pytest.mark.parametrize("type", [F32, INT8])
def test_svdf(rank, has_bias, type):
    filters, memory = 6, 4
    features, work = Work(is_hybrid=type is INT8), Work()
    with counting() as tally:
        for _ in range(BATCH):
            x = features.quantized(numbers(INPUTS))
            newest = [features.accumulate(Number(0.0), numbers(INPUTS), x) for _ in range(filters)]
            filtered = [
                work.accumulate(Number(0.0), numbers(memory), [*numbers(memory - 1), y])
                for y in newest
            ]
            for unit in range(0, filters, rank):
                y = filtered[unit]
                for other in filtered[unit + 1 : unit + rank]:
                    y = y + other
                larger(y + Number() if has_bias else y, 0)
    work.total = tally
    filter_products = work.products["mul"]
    work.products += features.products
    operands = [
        spec(BATCH, INPUTS),
        spec(filters, INPUTS, type=type),
        spec(filters, memory),
        spec(filters // rank) if has_bias else None,
        spec(BATCH, filters * memory),
    ]
    options = {"rank": rank, "fused_activation_function": RELU}
    result = inferred("SVDF", options, operands)
    assert result.cost == work.cost
    assert result.outputs == ((BATCH, filters // rank),)
    # Those over time are floating point, whatever the weights of the features are.
    assert result.mac_arithmetic == ("int8" if type is INT8 else None)
    assert result.other_macs == filter_products


def test_gru():
    outputs, depth = 3, INPUTS + 3
    work = Work()
    with counting() as tally:
        for _ in range(BATCH):
            state = numbers(outputs)
            for _ in range(TIME):
                x = numbers(INPUTS)

                def gate(vector):
                    y = work.accumulate(Number(0.0), numbers(depth), vector)
                    return function(y + Number())

                reset = [gate(x + state) for _ in range(outputs)]
                update = [gate(x + state) for _ in range(outputs)]
                kept = [h * r for h, r in zip(state, reset, strict=True)]
                candidate = [gate(x + kept) for _ in range(outputs)]
                state = [
                    (Number(1.0) - u) * c + u * h
                    for u, c, h in zip(update, candidate, state, strict=True)
                ]
    work.total = tally
    operands = [
        spec(TIME, BATCH, INPUTS),
        spec(BATCH, outputs),
        spec(2 * outputs, depth),
        spec(2 * outputs),
        spec(outputs, depth),
        spec(outputs),
    ]
    result = inferred("UNIDIRECTIONAL_SEQUENCE_GRU", {}, operands)
    assert result.outputs == ((3, 2, 3), (2, 3))
    assert result.cost == work.cost
