"""The form of a counting rule: what goes in, what comes out, and the register of all rules.

A rule is one small frozen dataclass. Its fields are the options of the operator, under the schema's
names and with the schema's defaults; its one method `infer` names the input roles and returns output
shapes and cost together. Rules raise plain `ValueError`; the walk says at which operator.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Protocol, TypeVar, get_args

from tflops_native.model.custom_options import FLEXBUFFER, OptionsLayout, StructLayout
from tflops_native.model.schema import BUILTIN_OPERATORS, OPTIONS
from tflops_native.ops._custom_fields import custom_fields, custom_option_names
from tflops_native.ops._zero_options import zero_options
from tflops_native.ops.delegate_events import DelegateEvents
from tflops_native.ops.executions import Execution, Executions
from tflops_native.ops.indices import NO_INDICES, Indices
from tflops_native.ops.registry import Registry
from tflops_native.ops.rule_modules import RULE_MODULES
from tflops_native.ops.tensor_spec import (
    PartialValue,
    Shape,
    TensorSpec,
    UnknownValueError,
    Value,
)

NO_EVENTS: Final = DelegateEvents()

OPERATIONS_PER_MAC: Final = 2  # one multiplication and one addition


@dataclass(frozen=True, slots=True)
class Cost:
    """Exact counts of the arithmetic of one inference.

    macs              multiply-accumulate pairs of contractions (convolutions, matrix products)
    scalar_ops        other additions, multiplications, comparisons, square roots, ...
    transcendentals   exp, log, tanh, erf, sine, ...: evaluations of a function, each counted as one
    """

    macs: int = 0
    scalar_ops: int = 0
    transcendentals: int = 0

    @property
    def operations(self) -> int:
        """2 per MAC, plus the rest: FLOPs where the arithmetic is floating point, else OPs."""
        return OPERATIONS_PER_MAC * self.macs + self.scalar_ops + self.transcendentals

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.macs + other.macs,
            self.scalar_ops + other.scalar_ops,
            self.transcendentals + other.transcendentals,
        )

    def __mul__(self, times: int) -> "Cost":
        return Cost(self.macs * times, self.scalar_ops * times, self.transcendentals * times)


# Recognised by identity: only a rule that returns this very object states "no arithmetic".
NO_ARITHMETIC: Final = Cost()


@dataclass(frozen=True, slots=True)
class Called:
    """What a subgraph does with given inputs.

    outputs      one per output of the subgraph; None where the shape is unknown
    cost         sum of its operators
    is_exact     whether each of them is counted, none bounded
    operators    the walk's own record of them, which rules pass on unread
    peak_bytes   the most bytes of its tensors that are alive at once
    """

    outputs: tuple[TensorSpec | None, ...]
    cost: Cost
    is_exact: bool
    operators: tuple[Any, ...]
    peak_bytes: int


class Caller(Protocol):
    """Lets a rule look into the subgraphs that its operator runs."""

    def call(
        self,
        subgraph: int,
        inputs: Sequence[TensorSpec | None],
        execution: Execution | None = None,
    ) -> Called:
        """Walk a subgraph with these inputs, and with what one execution of it did, if known."""

    def prepare(self, subgraph: int, inputs: Sequence[TensorSpec | None]) -> None:
        """Note the shapes in a subgraph that is given these inputs and does not run.

        The runtime plans memory for it all the same.
        """

    def executions(self, subgraph: int) -> Executions | None:
        """Those of a subgraph in the run that is counted; None where none was observed."""

    def values(
        self, subgraph: int, inputs: Sequence[TensorSpec | None], outputs: Sequence[int]
    ) -> dict[int, TensorSpec | None]:
        """Some outputs of a subgraph by position, from only the operators they depend on."""

    def needed_inputs(self, subgraph: int, outputs: Sequence[int]) -> frozenset[int]:
        """Positions of the inputs that these outputs depend on."""

    def passed_through(self, subgraph: int) -> frozenset[int]:
        """Positions of the inputs that are outputs at the same position, unchanged."""

    @property
    def trip_count(self) -> int | None:
        """Iterations that the user gives for loops whose count depends on data."""


@dataclass(frozen=True, slots=True)
class SubgraphCall:
    """A subgraph that an operator runs.

    role         "then", "else", "condition", "body", "initialization", "decomposition", ...
    times        how often it runs in one inference
    is_counted   whether it is in the operator's cost: of two branches only the more expensive one is
    """

    role: str
    subgraph: int
    times: int
    called: Called
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class InPlace:
    """Bytes that an operator moves where its output takes the memory of its first input.

    changes_input   whether it overwrites a part of it: then no other operator may need the input
    """

    bytes_read: int = 0
    bytes_written: int = 0
    changes_input: bool = False


@dataclass(frozen=True, slots=True)
class Inferred:
    """What a rule returns.

    outputs          one shape per output, None where it is not known
    cost             counts, or `NO_ARITHMETIC`
    values           per output its elements, None for those that are not known, or None for all; empty:
                     none is known
    dense_macs       MACs if all weights were stored, where sparse ones leave some out; else None
    arithmetic       arithmetic type where it is not that of the tensors
    mac_arithmetic   arithmetic type of the MACs where it differs from that of the other operations
    other_macs       MACs, among those of `cost`, that are done in the arithmetic of the other operations
    bytes_read       where an operator does not read each input once, see `traffic`
    bytes_written    where an operator does not write each output once
    bytes_read_again the part of `bytes_read` that was read before by this operator
    in_place         what it moves instead where the first output takes the memory of the first input
    note             what the reader of a report should know of this operator
    is_bound         whether shapes and cost are upper bounds: the true ones depend on data
    minimum          minimum cost, where data decides: then `cost` is an upper bound
    is_lower_bound   whether more may be done than `cost` says: a loop whose iterations are not known
    calls            subgraphs that it runs, with their part in `cost`
    """

    outputs: tuple[Shape | None, ...]
    cost: Cost
    values: tuple[PartialValue | None, ...] = ()
    dense_macs: int | None = None
    arithmetic: str | None = None
    mac_arithmetic: str | None = None
    other_macs: int = 0
    bytes_read: int | None = None
    bytes_written: int | None = None
    bytes_read_again: int = 0
    in_place: InPlace | None = None
    note: str | None = None
    is_bound: bool = False
    minimum: Cost | None = None
    is_lower_bound: bool = False
    calls: tuple[SubgraphCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Op:
    """Base of all rules. It has no default result: a missing rule must never count as zero.

    A rule whose shape is in the file and nowhere else has a field `recorded`: the shapes stored for
    its outputs, None where they leave a length open. One that depends on what its outputs hold has a
    field `output_types`. A rule whose operator runs subgraphs has a field `caller`.
    """

    # Whether every result is `NO_ARITHMETIC`: then the shapes alone are enough to count it.
    only_moves_data: ClassVar[bool] = False
    # The input whose value is the shape of the first output, where there is one.
    shape_role: ClassVar[str | None] = None

    def infer(self, *inputs: Any, **named: Any) -> Inferred:
        raise TypeError(f"{type(self).__name__} has no rule")

    def output_count(self) -> int | None:
        """How many outputs the options ask for; None where they do not say."""
        return None

    def value_from_outputs(self, role: str, outputs: tuple[Shape, ...]) -> Value | None:
        """The value of an input, where it follows from the shapes that the outputs turned out to have.

        For inputs that say what shape to make, of models that were run: `infer` needs them.
        """
        return outputs[0] if role == self.shape_role else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A registered operator: its class, its options table, and what tells it from its family.

    `layout` says how a custom operator's options are stored; it has no table.
    """

    name: str
    op: type[Op]
    options_type: str | None
    layout: OptionsLayout | None
    fixed: Mapping[str, Any]
    option_names: tuple[str, ...]
    roles: tuple[str, ...]
    context_names: tuple[str, ...]
    required_inputs: int
    accepts_any_number: bool
    accepts_absent: bool
    is_custom: bool
    events: DelegateEvents
    indices: Indices

    def build(
        self,
        options_type: str | None,
        options: Mapping[str, Any],
        context: Mapping[str, Any] | None = None,
    ) -> Op:
        """The rule with the options of one operator of a model.

        `context` holds what is not an option, for rules that have these fields (see `Op`).

        An operator without its options table, or with that of another operator, is run by the
        runtime with a zero-filled parameter struct (tflite/core/api/flatbuffer_conversions.cc), not
        with the schema's defaults. So zeros are used here too, and a stride of 0 is then refused.
        """
        if not self.option_names and not self.context_names:
            return self.op(**self.fixed)
        if self.layout is not None:
            given = custom_fields(fields(self.op), self.option_names, options)
        else:
            if options_type != self.options_type:
                options = zero_options(self.options_type)
            given = {name: options[name] for name in self.option_names}
        if self.context_names:
            given.update((name, (context or {})[name]) for name in self.context_names)
        return self.op(**self.fixed, **given)

    def infer(self, op: Op, inputs: tuple[TensorSpec | None, ...]) -> Inferred:
        """`op.infer`, with the number and the presence of the inputs checked first.

        Raises:
            UnknownValueError: a custom operator has others: names of those are not registered anywhere,
                so this is another one of the same name.
        """
        problem = self._misfit(inputs)
        if problem is not None and self.is_custom:
            raise UnknownValueError(f"{ANOTHER_OF_ITS_NAME}: {problem}")
        if problem is not None:
            raise ValueError(problem)
        return op.infer(*inputs)

    def _misfit(self, inputs: tuple[TensorSpec | None, ...]) -> str | None:
        """What is wrong with the number or the presence of the inputs."""
        for position, role in enumerate(self.roles[: self.required_inputs]):
            if position >= len(inputs) or inputs[position] is None:
                return f"its input `{role}` is missing"
        if self.accepts_any_number and not self.accepts_absent and None in inputs:
            return f"one of its inputs `{self.roles[-1]}` is missing"
        if len(inputs) > len(self.roles) and not self.accepts_any_number:
            return (
                f"it takes at most {len(self.roles)} inputs ({', '.join(self.roles)}), "
                f"but has {len(inputs)}"
            )
        return None


# Why a custom operator is not counted whose inputs or outputs do not fit the rule for its name.
ANOTHER_OF_ITS_NAME: Final = "not the operator of this name that is counted"
_CONTEXT: Final = ("recorded", "output_types", "caller")

REGISTRY: Final[Registry[Rule]] = Registry(RULE_MODULES)

OpClass = TypeVar("OpClass", bound=type[Op])


def register(
    *names: str,
    options: str | StructLayout | None = None,
    override: bool = False,
    events: DelegateEvents = NO_EVENTS,
    indices: Indices = NO_INDICES,
    **fixed: Any,
) -> Callable[[OpClass], OpClass]:
    """Register a rule class under operator names; outermost, above `@dataclass`.

    Args:
        names: operator names as in the schema, "CONV_2D", or names of custom operators.
        options: name of the schema's options table, "Conv2DOptions"; of custom operators
            "flexbuffer" or a `StructLayout`. Fields of the class are options of the same name.
        override: whether to replace rules that are registered already.
        events: what XNNPACK calls it, where that is another name.
        indices: which input holds indices, and whose numbers the outputs hold.
        fixed: fields of the class that tell these operators from others of the class.

    Raises:
        ValueError: a name is registered twice, or `options` does not go with it.
    """

    layout: OptionsLayout | None = options if isinstance(options, StructLayout) else None
    if options == FLEXBUFFER:
        layout = "flexbuffer"
    table = options if isinstance(options, str) and layout is None else None
    if table is not None and table not in OPTIONS:
        raise ValueError(f"{table!r} is neither a table of the schema nor {FLEXBUFFER!r}")
    schema_options = {option.name for option in OPTIONS[table]} if table else set()

    def add(op: OpClass) -> OpClass:
        parameters = list(inspect.signature(op.infer).parameters.values())[1:]
        any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        positional = [p for p in parameters if p.kind is not p.VAR_POSITIONAL]
        option_names = tuple(f.name for f in fields(op) if f.name in schema_options)
        if layout is not None:
            option_names = custom_option_names(op.__name__, fields(op), layout, {*fixed, *_CONTEXT})
        for name in names:
            if REGISTRY.has_item(name) and not override:
                raise ValueError(f"{name} is registered twice; override=True replaces its rule")
            is_custom = name not in BUILTIN_OPERATORS
            if options is not None and is_custom is not (layout is not None):
                raise ValueError(f"{name} cannot have options of {options!r}")
            REGISTRY[name] = Rule(
                name=name,
                op=op,
                options_type=table,
                layout=layout,
                fixed=fixed,
                option_names=option_names,
                context_names=tuple(f.name for f in fields(op) if f.name in _CONTEXT),
                roles=tuple(p.name for p in parameters),
                required_inputs=sum(p.default is p.empty for p in positional),
                accepts_any_number=any_number,
                # `*parts: TensorSpec | None`
                accepts_absent=any_number and type(None) in get_args(parameters[-1].annotation),
                is_custom=is_custom,
                events=events,
                indices=indices,
            )
        return op

    return add
