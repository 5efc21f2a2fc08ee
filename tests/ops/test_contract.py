"""What every rule promises, over the whole register."""

import random
import re
from contextlib import suppress
from dataclasses import MISSING, fields, replace

import pytest

from configurations import GENERATORS
from tflops_native.model.custom_options import decode_custom_options
from tflops_native.model.reader import load
from tflops_native.model.schema import BUILTIN_OPERATORS, OPTIONS, TensorType
from tflops_native.ops import NO_ARITHMETIC, REGISTRY, Called, Cost, TensorSpec
from workloads import analyze_model

CLASSES = sorted({rule.op for rule in REGISTRY.values()}, key=lambda op: op.__name__)
ROLE_LINE = re.compile(r"^([a-z]\w*(?:, [a-z]\w*)*)\s{2,}\S")
ROUNDS = 10

CUSTOM_OPERATORS = {
    "AudioSpectrogram",
    "AvgPool3D",
    "Convolution2DTransposeBias",
    "IRFFT2D",
    "MaxPool3D",
    "MaxPoolWithArgmax",
    "MaxPoolingWithArgmax2D",
    "MaxUnpooling2D",
    "Mfcc",
    "NumericVerify",
    "Roll",
    "TFLite_Detection_PostProcess",
    "UNIDIRECTIONAL_SEQUENCE_GRU",
    "odml.scaled_dot_product_attention",
    "odml.update_kv_cache",
    "Landmarks2TransformMatrix",
    "LiteRtMaxUnpooling2D",
    "PosenetDecoderOp",
    "Resampler",
    "TransformLandmarks",
    "TransformTensorBilinear",
    *(name for name in REGISTRY if name.startswith(("Flex", "Signal"))),
}
# Only a backend knows what it does: the rule says so, always.
NEVER_COUNTED = "STABLEHLO_CUSTOM_CALL"
# One operator alone cannot run subgraphs: analysis/test_control_flow.py has whole graphs.
RUN_SUBGRAPHS = {
    "CALL",
    "CALL_ONCE",
    "IF",
    "STABLEHLO_CASE",
    "STABLEHLO_COMPOSITE",
    "STABLEHLO_WHILE",
    "WHILE",
}
DRAWN = [name for name in REGISTRY if name not in RUN_SUBGRAPHS]
INFERRED = [name for name in DRAWN if name != NEVER_COUNTED]


def docstring_roles(op):
    """The names that the docstring describes: the paragraph of lines `name  what it is`."""
    for paragraph in re.split(r"\n\s*\n", op.__doc__):
        lines = [line.removeprefix("    ") for line in paragraph.split("\n")]
        found = [match[1] for line in lines if (match := ROLE_LINE.match(line))]
        if found:
            return [name for names in found for name in names.split(", ")]
    return []


def drawn(name, seed):
    """A legal operator with its inputs: what the walk hands to a rule."""
    case = GENERATORS[name](random.Random(f"contract {name} {seed}"), name)
    rule = REGISTRY[name]
    options = {field.name: field.default for field in OPTIONS.get(rule.options_type, ())}
    for field in OPTIONS.get(rule.options_type, ()):
        if field.name in case.options:
            value = case.options[field.name]
            is_vector = field.kind.startswith("[")
            options[field.name] = tuple(value) if is_vector else value
            if field.enum is not None:
                options[field.name] = field.enum(value)
    if rule.layout is not None:
        options = decode_custom_options(rule.layout, case.octets())
    op = rule.build(rule.options_type, options, context(case))
    return rule, op, tuple(map(spec, case.operands))


class OneOperation:
    """Instead of subgraphs: each does one operation."""

    def call(self, subgraph, inputs):
        return Called(
            outputs=(), cost=Cost(scalar_ops=1), is_exact=True, operators=(), peak_bytes=0
        )


def context(case):
    """What the walk tells a rule beside its options and inputs."""
    return {
        "recorded": case.recorded,
        "output_types": tuple(TensorType[name] for name in case.outputs),
        "caller": OneOperation(),
    }


def spec(operand):
    if operand is None:
        return None
    known = tuple(operand.array.flatten().tolist()) if operand.constant else None
    return TensorSpec(operand.shape, TensorType[operand.type], known, operand.constant)


def test_every_operator_has_a_generator():
    assert set(GENERATORS) == set(DRAWN)


@pytest.mark.parametrize("op", CLASSES)
def test_docstring_names_the_roles(op):
    rule = next(rule for rule in REGISTRY.values() if rule.op is op)
    *inputs, output = docstring_roles(op)
    assert tuple(inputs) == rule.roles
    assert output in {"output", "outputs"}


@pytest.mark.parametrize("op", CLASSES)
def test_docstring_states_cost_and_source(op):
    assert re.search(
        r"^    Source   ((tflite|mediapipe|signal|coral)/\w+/\w+|schema only)",
        op.__doc__,
        re.MULTILINE,
    )
    says_cost = re.search(r"^    (MACs|Other)    ? ?\S", op.__doc__, re.MULTILINE)
    assert says_cost or re.search(r"\b[Nn]o arithmetic\b|not counted", op.__doc__)


@pytest.mark.parametrize("name", REGISTRY)
def test_name_and_options_are_the_schemas(name):
    rule = REGISTRY[name]
    assert (name in BUILTIN_OPERATORS) == (name not in CUSTOM_OPERATORS)
    schema = {option.name: option for option in OPTIONS.get(rule.options_type, ())}
    for field in fields(rule.op):
        if field.name in rule.context_names:
            assert field.default is MISSING
        elif rule.layout is not None:
            assert field.name in {*rule.fixed, *rule.option_names}
        elif field.name not in schema:
            # Then it tells the operator from others of its class, and is no option.
            assert field.name in rule.fixed or field.default is not MISSING
        elif field.default is MISSING:
            # What the class may leave out, the schema must have as zero, or as empty.
            assert schema[field.name].default in (0, (), None)
        else:
            assert field.default == schema[field.name].default


@pytest.mark.parametrize("name", INFERRED)
def test_infer_is_pure_and_counts_in_integers(name):
    for seed in range(ROUNDS):
        rule, op, inputs = drawn(name, seed)
        copies = tuple(spec and replace(spec) for spec in inputs)
        first = rule.infer(op, inputs)
        assert rule.infer(op, inputs) == first
        assert inputs == copies
        counts = (first.cost.macs, first.cost.scalar_ops, first.cost.transcendentals)
        for count in (*counts, first.bytes_read or 0, first.bytes_written or 0):
            assert type(count) is int
            assert count >= 0
        for shape in filter(None, first.outputs):
            assert all(type(length) is int for length in shape)
            assert min(shape, default=0) >= 0
        assert len(first.values) in {0, len(first.outputs)}


@pytest.mark.parametrize("name", INFERRED)
def test_a_zero_is_stated_not_forgotten(name):
    """Whether an operator does arithmetic does not depend on its configuration, but for one."""
    costs = set()
    for seed in range(4 * ROUNDS):
        rule, op, inputs = drawn(name, seed)
        if all(spec is None or spec.size for spec in inputs):
            costs.add(rule.infer(op, inputs).cost is NO_ARITHMETIC)
    # Constants, float16 and rows of the output's type are taken as they are, integers are not.
    both = name in {"DEQUANTIZE", "EMBEDDING_LOOKUP"}
    assert costs == {True, False} if both else len(costs) == 1


def disturbed(r, spec):
    """The input with another shape, other numbers, another type, or none at all."""
    kind = r.choice(["scalar", "empty", "any", "numbers", "unknown", "type", "none", "same"])
    if spec is None or kind == "same":
        return spec
    if kind == "none":
        return None
    if kind == "type":
        return replace(spec, type=r.choice(list(TensorType)))
    if kind == "unknown":
        return replace(spec, known=None)
    shape = {
        "scalar": (),
        "empty": tuple(r.choice([0, 1, 2]) for _ in range(r.randint(1, 4))),
        "any": tuple(r.randint(1, 5) for _ in range(r.randint(0, 5))),
    }.get(kind, spec.shape)
    size = TensorSpec(shape, spec.type).size
    known = None if spec.known is None else tuple(r.randint(-5, 5) for _ in range(size))
    return TensorSpec(shape, spec.type, known, spec.is_constant)


def disturbed_option(r, field, value):
    if r.random() < 0.5:
        return value
    if field.enum is not None:
        return r.choice(list(field.enum))
    if field.kind.startswith("["):
        return tuple(r.randint(-3, 3) for _ in range(r.randint(0, 4)))
    return r.choice([True, False]) if field.kind == "bool" else r.randint(-3, 15)


@pytest.mark.parametrize("name", DRAWN)
def test_bad_inputs_and_options_raise_only_value_error(name):
    r = random.Random(f"disturbed {name}")
    for seed in range(20 * ROUNDS):
        rule, op, inputs = drawn(name, seed)
        bad = tuple(disturbed(r, spec) for spec in inputs)
        table = {field.name: field for field in OPTIONS.get(rule.options_type, ())}
        options = {
            option: disturbed_option(r, table[option], getattr(op, option))
            for option in rule.option_names
            if option in table
        }
        try:
            result = rule.infer(replace(op, **options), bad)
        except ValueError:
            continue
        assert min((n for shape in result.outputs if shape for n in shape), default=0) >= 0
        for value, shape in zip(result.values, result.outputs, strict=False):
            assert value is None or len(value) == TensorSpec(shape, TensorType.INT32).size


@pytest.mark.parametrize("name", [name for name in DRAWN if not REGISTRY[name].layout])
def test_an_absent_options_table_is_all_zeros(name):
    rule, drawn_op, inputs = drawn(name, 0)
    op = rule.build(None, {}, {field: getattr(drawn_op, field) for field in rule.context_names})
    assert not any(getattr(op, option) for option in rule.option_names)
    if rule.option_names:  # then a stride of 0, say, may be refused
        with suppress(ValueError):
            rule.infer(op, inputs)
    else:
        rule.infer(op, inputs)


@pytest.mark.parametrize("name", DRAWN)
def test_missing_inputs_are_named(name):
    rule, op, _ = drawn(name, 0)
    if rule.required_inputs:
        with pytest.raises(ValueError, match=f"its input `{rule.roles[0]}` is missing"):
            rule.infer(op, ())


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1.5])
def test_axes_that_are_no_integers(value):
    rule = REGISTRY["SUM"]
    axes = TensorSpec((1,), TensorType.FLOAT32, (value,))
    with pytest.raises(ValueError, match="`axes` must be integers, but is FLOAT32"):
        rule.infer(rule.build(None, {}), (TensorSpec((2, 3), TensorType.FLOAT32), axes))


HUGE = 2**31 - 1  # the longest axis that a file can state


@pytest.mark.parametrize("name", DRAWN)
def test_lengths_cost_neither_time_nor_memory(name):
    """Tensors without elements, whose other axes are as long as can be; numbers as large."""
    r = random.Random(f"huge {name}")
    for seed in range(ROUNDS):
        rule, op, inputs = drawn(name, seed)
        for count in (HUGE, 1):
            huge = tuple(stretched(r, spec, count) for spec in inputs)
            with suppress(ValueError):
                rule.infer(op, huge)


def stretched(r, spec, count):
    if spec is None:
        return None
    if spec.known is None or r.random() < 0.3:
        axes = [0] + [count] * (len(spec.shape) - 1)
        r.shuffle(axes)
        return TensorSpec(tuple(axes), spec.type, (), is_constant=True)
    return replace(spec, known=tuple(r.choice([n, count, 0]) for n in spec.known))


def test_tile_of_one_element_to_very_many():
    tile = REGISTRY["TILE"]
    one = TensorSpec((1, 1), TensorType.INT32, (5,))
    times = TensorSpec((2,), TensorType.INT32, (HUGE, HUGE))
    inferred = tile.infer(tile.build(None, {}), (one, times))
    assert inferred.outputs == ((HUGE, HUGE),)
    assert inferred.values == (None,)


def test_broadcast_of_one_element_to_very_many():
    broadcast = REGISTRY["BROADCAST_TO"]
    one = TensorSpec((1,), TensorType.INT32, (5,))
    shape = TensorSpec((1,), TensorType.INT32, (HUGE,))
    inferred = broadcast.infer(broadcast.build(None, {}), (one, shape))
    assert inferred.outputs == ((HUGE,),)
    assert inferred.values == (None,)


def test_range_beyond_float32():
    numbers = tuple(TensorSpec((), TensorType.FLOAT32, (x,)) for x in (-3e38, 3e38, 1.0))
    rule = REGISTRY["RANGE"]
    with pytest.raises(ValueError, match="are too many"):
        rule.infer(rule.build(None, {}), numbers)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_no_operator_computes_in_the_type_of_its_shape_or_its_indices(name):
    for seed in range(ROUNDS):
        case = GENERATORS[name](random.Random(f"{name} {seed}"), name)
        (operator,) = analyze_model(load(case.pack())).operators
        indices = REGISTRY[name].indices.operand
        others = [
            operand.type
            for position, operand in enumerate(case.operands)
            if operand and not operand.decides and position != indices
        ]
        is_integer = not any(kind.startswith(("FLOAT", "COMPLEX")) for kind in others)
        if operator.own_cost.operations and is_integer:
            assert operator.arithmetic.upper() in (*others, *case.outputs)
