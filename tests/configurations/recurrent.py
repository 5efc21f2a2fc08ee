"""Recurrent networks."""

from configurations.case import Case, data, variable, weights
from configurations.drawing import generates, lengths

F32, INT8, INT32 = "FLOAT32", "INT8", "INT32"
TANH = 4


def _activation(r):
    return {"fused_activation_function": r.choice([0, 1, 3, TANH])}


def _weight_type(r):
    """Float inputs go with float weights, or with integers."""
    return r.choice([F32, F32, INT8])


def _clips(r):
    return {"cell_clip": r.choice([0.0, 3.0]), "proj_clip": r.choice([0.0, 2.0])}


def lstm_parts(r, inputs, cells, outputs, dtype=F32, *, diagonal=False, projection=False):
    """Operands 1-17 of an LSTM, with or without what may be left out."""
    first = r.choice([0, 0, 1])  # without the input gate
    gates = [gate >= first for gate in range(4)]

    def of_gates(shape, type=dtype):
        return [weights(shape, type) if there else None for there in gates]

    recurrent = (cells,) if diagonal else (cells, outputs)
    peepholes = [None] * 3
    if r.random() < 0.4:
        peepholes = [weights((cells,), dtype) if gates[gate] else None for gate in (0, 1, 3)]
    return [
        *of_gates((cells, inputs)),
        # Diagonal weights stay floating point.
        *of_gates(recurrent, F32 if diagonal else dtype),
        *peepholes,
        *of_gates((cells,), F32),
        weights((outputs, cells), dtype) if projection else None,
        weights((outputs,)) if projection and r.random() < 0.5 else None,
    ]


def states(batch, cells, outputs):
    return [variable((batch, outputs)), variable((batch, cells))]


def _whole_lstm(r, batch, inputs, *, diagonal=False):
    cells = r.randint(1, 4)
    projection = not diagonal and r.random() < 0.4
    outputs = r.randint(1, 4) if projection else cells
    parts = lstm_parts(
        r, inputs, cells, outputs, _weight_type(r), diagonal=diagonal, projection=projection
    )
    parts += states(batch, cells, outputs)
    if r.random() < 0.5:
        normed = r.random() < 0.7
        parts += [weights((cells,)) if normed and parts[g] else None for g in range(4)]
    return parts


@generates("LSTM")
def lstm(r, name):
    batch, inputs = lengths(r, 2)
    if r.random() < 0.3:
        units = r.randint(1, 4)
        operands = (
            data((batch, inputs)),
            data((batch, units)),
            weights((4 * units, inputs + units)),
            weights((4 * units,)),
            data((batch, units)),
        )
        return Case(name, operands, {"kernel_type": 1, **_activation(r)}, (F32,) * 4, version=2)
    operands = (data((batch, inputs)), *_whole_lstm(r, batch, inputs))
    return Case(name, operands, {**_activation(r), **_clips(r)})


@generates("UNIDIRECTIONAL_SEQUENCE_LSTM")
def unidirectional_lstm(r, name):
    batch, inputs = lengths(r, 2)
    time = r.randint(0 if r.random() < 0.1 else 1, 4)
    time_major = r.random() < 0.5
    shape = (time, batch, inputs) if time_major else (batch, time, inputs)
    diagonal = r.random() < 0.3
    operands = (data(shape), *_whole_lstm(r, batch, inputs, diagonal=diagonal))
    options = {
        "time_major": time_major,
        "diagonal_recurrent_tensors": diagonal,
        **_activation(r),
        **_clips(r),
    }
    return Case(name, operands, options, version=4 if diagonal else 3)


@generates("BIDIRECTIONAL_SEQUENCE_LSTM")
def bidirectional_lstm(r, name):
    batch, inputs, cells = lengths(r, 3)
    time = r.randint(1, 4)
    time_major = r.random() < 0.5
    lead = (time, batch) if time_major else (batch, time)
    projection = r.random() < 0.3
    outputs = r.randint(1, 4) if projection else cells  # the kernel wants both directions alike
    dtype = _weight_type(r)
    both = [lstm_parts(r, inputs, cells, outputs, dtype, projection=projection) for _ in range(2)]
    auxiliary = r.choice(["none", "weighted", "backward"])
    width = r.randint(1, 4) if auxiliary == "weighted" else inputs
    extra = [None if auxiliary == "none" else data((*lead, width))]
    for parts in both:
        there = auxiliary == "weighted"
        extra += [weights((cells, width), dtype) if there and parts[g] else None for g in range(4)]
    state = states(batch, cells, outputs)
    operands = (data((*lead, inputs)), *both[0], *both[1], *state, *state, *extra)
    merge = r.random() < 0.5
    options = {"time_major": time_major, "merge_outputs": merge, **_activation(r), **_clips(r)}
    return Case(name, operands, options, (F32,) * (1 if merge else 2), version=3)


def rnn_parts(batch, inputs, units, dtype):
    return [
        weights((units, inputs), dtype),
        weights((units, units), dtype),
        weights((units,)),
        variable((batch, units)),
    ]


@generates("RNN")
def rnn(r, name):
    batch, inputs, units = lengths(r, 3)
    operands = (data((batch, inputs)), *rnn_parts(batch, inputs, units, _weight_type(r)))
    return Case(name, operands, _activation(r), version=2)


@generates("UNIDIRECTIONAL_SEQUENCE_RNN")
def unidirectional_rnn(r, name):
    batch, time, inputs, units = lengths(r, 4)
    time_major = r.random() < 0.5
    shape = (time, batch, inputs) if time_major else (batch, time, inputs)
    operands = (data(shape), *rnn_parts(batch, inputs, units, _weight_type(r)))
    return Case(name, operands, {"time_major": time_major, **_activation(r)}, version=2)


@generates("BIDIRECTIONAL_SEQUENCE_RNN")
def bidirectional_rnn(r, name):
    batch, time, inputs, forward, backward = lengths(r, 5)
    time_major, merge = r.random() < 0.5, r.random() < 0.5
    lead = (time, batch) if time_major else (batch, time)
    dtype = _weight_type(r)
    auxiliary = r.choice(["none", "weighted", "backward"])
    width = r.randint(1, 4) if auxiliary == "weighted" else inputs
    extra = [None if auxiliary == "none" else data((*lead, width))]
    extra += [
        weights((units, width), dtype) if auxiliary == "weighted" else None
        for units in (forward, backward)
    ]
    operands = (
        data((*lead, inputs)),
        *rnn_parts(batch, inputs, forward, dtype),
        *rnn_parts(batch, inputs, backward, dtype),
        *extra,
    )
    options = {"time_major": time_major, "merge_outputs": merge, **_activation(r)}
    return Case(name, operands, options, (F32,) * (1 if merge else 2), version=2)


@generates("SVDF")
def svdf(r, name):
    batch, inputs, units, memory = lengths(r, 4)
    rank = r.randint(1, 3)
    filters = units * rank
    operands = (
        data((batch, inputs)),
        weights((filters, inputs), _weight_type(r)),
        weights((filters, memory)),
        r.choice([weights((units,)), None]),
        variable((batch, memory * filters)),
    )
    return Case(name, operands, {"rank": rank, **_activation(r)}, version=2)


@generates("UNIDIRECTIONAL_SEQUENCE_GRU")
def gru(r, name):
    time, batch, inputs, outputs = lengths(r, 4)
    operands = (
        data((time, batch, inputs)),
        data((batch, outputs)),
        weights((2 * outputs, inputs + outputs)),
        weights((2 * outputs,)),
        weights((outputs, inputs + outputs)),
        weights((outputs,)),
    )
    return Case(name, operands, {}, (F32, F32))
