"""Elementwise operators, normalizations, and changes of the number type."""

from configurations.case import SCALE, Case, data, weights
from configurations.drawing import any_shape, generates, lengths, part_of

F32, INT8, INT32, INT64, BOOL = "FLOAT32", "INT8", "INT32", "INT64", "BOOL"

UNARY_TYPES = {
    "ABS": (F32, INT8, "INT16", INT32),
    "CEIL": (F32,),
    "COS": (F32,),
    "ELU": (F32, INT8),
    "EXP": (F32, INT8),
    "FLOOR": (F32,),
    "GELU": (F32, INT8),
    "HARD_SWISH": (F32, INT8),
    "LEAKY_RELU": (F32, INT8),
    "LOG": (F32, INT8),
    "LOGICAL_NOT": (BOOL,),
    "LOGISTIC": (F32, INT8),
    "NEG": (F32, INT32, INT64),
    "RELU": (F32, INT8),
    "RELU6": (F32, INT8),
    "RELU_0_TO_1": (F32, INT8),
    "RELU_N1_TO_1": (F32, INT8),
    "ROUND": (F32,),
    "RSQRT": (F32, INT8),
    "SIGN": (F32, INT32),
    "SIN": (F32,),
    "SQRT": (F32,),
    "SQUARE": (F32,),
    "TANH": (F32, INT8),
    "ZEROS_LIKE": (F32, INT32, INT64),
}

# Scale and zero point that a kernel insists on for its quantized output.
OUTPUT_SCALES = {
    "LOGISTIC": (1 / 256, -128),
    "SOFTMAX": (1 / 256, -128),
    "LOG_SOFTMAX": (16 / 256, 127),
    "TANH": (1 / 128, 0),
    "L2_NORMALIZATION": (1 / 128, 0),
}


def _same_type(r, name, types, shapes, options=None):
    dtype = r.choice(types)
    scale, zero_point = OUTPUT_SCALES.get(name, (SCALE, 0))
    operands = tuple(data(shape, dtype) for shape in shapes)
    return Case(name, operands, options or {}, (dtype,), scale, zero_point)


@generates(*UNARY_TYPES)
def unary(r, name):
    options = {"approximate": r.random() < 0.5} if name == "GELU" else {}
    return _same_type(r, name, UNARY_TYPES[name], [any_shape(r)], options)


NUMBERS = (F32, INT32, INT64, INT8)
BINARY_TYPES = {
    "ADD": NUMBERS,
    "SUB": NUMBERS,
    "MUL": NUMBERS,
    "DIV": (F32, INT32),
    "MAXIMUM": NUMBERS,
    "MINIMUM": NUMBERS,
    "POW": (F32, INT32),
    "FLOOR_DIV": (F32, INT32),
    "FLOOR_MOD": (F32, INT32, INT64),
    "SQUARED_DIFFERENCE": (F32, INT32),
    "BITWISE_XOR": (INT8, "INT16", INT32),
    "RIGHT_SHIFT": (INT8, "INT16", INT32),
}
COMPARISON_TYPES = {
    "EQUAL": (*NUMBERS, BOOL),
    "NOT_EQUAL": (*NUMBERS, BOOL),
    "LESS": NUMBERS,
    "LESS_EQUAL": NUMBERS,
    "GREATER": NUMBERS,
    "GREATER_EQUAL": NUMBERS,
    "LOGICAL_AND": (BOOL,),
    "LOGICAL_OR": (BOOL,),
}


def _broadcast_pair(r):
    shape = any_shape(r)
    pair = [shape, part_of(r, shape)]
    if r.random() < 0.3:
        pair[0] = part_of(r, shape)
    r.shuffle(pair)
    return pair


@generates(*BINARY_TYPES)
def binary(r, name):
    case = _same_type(r, name, BINARY_TYPES[name], _broadcast_pair(r))
    if name in {"ADD", "SUB", "MUL", "DIV"}:
        case.options["fused_activation_function"] = r.choice([0, 1, 2, 3])
    return case


@generates(*COMPARISON_TYPES)
def comparison(r, name):
    dtype = r.choice(COMPARISON_TYPES[name])
    return Case(name, tuple(data(s, dtype) for s in _broadcast_pair(r)), {}, (BOOL,))


@generates("ADD_N")
def add_n(r, name):
    return _same_type(r, name, (F32, INT32), [any_shape(r)] * r.randint(2, 5))


@generates("PRELU")
def prelu(r, name):
    shape = any_shape(r)
    return _same_type(r, name, (F32,), [shape, part_of(r, shape)])


@generates("SELECT")
def select(r, name):
    # With a single element everywhere the kernel keeps the shape in the file.
    shape = r.choice([(), (r.randint(2, 4), *any_shape(r, 0, 3))])
    condition = r.choice([shape, (), shape[:1]])
    dtype = r.choice(NUMBERS)
    return Case(name, (data(condition, BOOL), data(shape, dtype), data(shape, dtype)), {}, (dtype,))


@generates("SELECT_V2")
def select_v2(r, name):
    # With a single element everywhere the kernel keeps the shape in the file.
    shape = (r.randint(2, 4), *any_shape(r, 0, 3))
    parts = [shape, part_of(r, shape), part_of(r, shape)]
    r.shuffle(parts)
    dtype = r.choice(NUMBERS)
    condition, x, y = parts
    return Case(name, (data(condition, BOOL), data(x, dtype), data(y, dtype)), {}, (dtype,))


@generates("SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION")
def row_wise(r, name):
    rank = r.randint(1, 4)
    options = {"beta": r.choice([1.0, 0.5])} if name == "SOFTMAX" else {}
    return _same_type(r, name, (F32, INT8), [lengths(r, rank)], options)


@generates("LOCAL_RESPONSE_NORMALIZATION")
def local_response_normalization(r, name):
    options = {"radius": r.randint(1, 5), "bias": 1.0, "alpha": 1.0, "beta": 0.5}
    return _same_type(r, name, (F32,), [lengths(r, 4)], options)


@generates("QUANTIZE")
def quantize(r, name):
    given, made = r.choice([(F32, INT8), (F32, "UINT8"), (F32, "INT16"), (INT8, INT8)])
    return Case(name, (data(any_shape(r), given),), {}, (made,))


@generates("DEQUANTIZE")
def dequantize(r, name):
    shape = any_shape(r)
    operand = r.choice([data(shape, INT8), data(shape, "FLOAT16"), weights(shape, "FLOAT16")])
    return Case(name, (operand,))


@generates("FAKE_QUANT")
def fake_quant(r, name):
    return _same_type(r, name, (F32,), [any_shape(r)], {"min": -1.0, "max": 1.0, "num_bits": 8})


@generates("CAST")
def cast(r, name):
    types = [F32, INT32, INT64, BOOL, INT8, "INT16", "UINT8"]
    return Case(name, (data(any_shape(r), r.choice(types)),), {}, (r.choice(types),))


@generates("REAL", "IMAG", "COMPLEX_ABS")
def of_complex(r, name):
    given, made = r.choice([("COMPLEX64", F32), ("COMPLEX128", "FLOAT64")])
    return Case(name, (data(any_shape(r), given),), {}, (made,))


@generates("ATAN2")
def atan2(r, name):
    return _same_type(r, name, (F32, "FLOAT64"), [any_shape(r)] * 2)
