"""Which subgraphs an operator runs, by its options: the one list of options that hold their indices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class CallRole(Enum):
    """What an operator runs a subgraph for, which also says what goes in and out.

    CHOICE     one of several: takes all inputs but the first, which chooses
    WHOLE      the subgraph stands for the operator: inputs and outputs are the operator's
    CONDITION  of a loop: takes the loop variables, returns whether to go on
    BODY       of a loop: takes and returns the loop variables
    ONCE       initialization: takes and returns nothing
    ELEMENTS   is applied to single elements: its inputs and outputs are scalars
    """

    CHOICE = "choice"
    WHOLE = "whole"
    CONDITION = "condition"
    BODY = "body"
    ONCE = "once"
    ELEMENTS = "elements"

    @property
    def first_input(self) -> int | None:
        """The operator's first input that the subgraph gets, in order; None: it gets none."""
        if self is CallRole.CHOICE:
            return 1
        return None if self in (CallRole.ONCE, CallRole.ELEMENTS) else 0

    @property
    def returns_outputs(self) -> bool:
        """Whether the outputs of the subgraph become those of the operator."""
        return self in (CallRole.CHOICE, CallRole.WHOLE, CallRole.BODY)


@dataclass(frozen=True, slots=True)
class CalledSubgraph:
    """A subgraph that an operator may run; `index` is as in the file, so it may be out of range."""

    role: CallRole
    index: int


# Options table -> its fields that hold subgraph indices, one or a vector of them.
SUBGRAPH_OPTIONS: Mapping[str, Mapping[str, CallRole]] = MappingProxyType(
    {
        "CallOptions": {"subgraph": CallRole.WHOLE},
        "IfOptions": {
            "then_subgraph_index": CallRole.CHOICE,
            "else_subgraph_index": CallRole.CHOICE,
        },
        "WhileOptions": {
            "cond_subgraph_index": CallRole.CONDITION,
            "body_subgraph_index": CallRole.BODY,
        },
        "CallOnceOptions": {"init_subgraph_index": CallRole.ONCE},
        "StablehloCaseOptions": {"branch_subgraph_indices": CallRole.CHOICE},
        "StablehloReduceOptions": {"body_subgraph_index": CallRole.ELEMENTS},
        "StablehloReduceWindowOptions": {"body_subgraph_index": CallRole.ELEMENTS},
        "StablehloScatterOptions": {"update_computation_subgraph_index": CallRole.ELEMENTS},
        "StablehloSortOptions": {"comparator_subgraph_index": CallRole.ELEMENTS},
        "StablehloWhileOptions": {
            "cond_subgraph_index": CallRole.CONDITION,
            "body_subgraph_index": CallRole.BODY,
        },
        "StableHLOCompositeOptions": {"decomposition_subgraph_index": CallRole.WHOLE},
    }
)


def called_subgraphs(
    options_type: str | None, options: Mapping[str, object]
) -> tuple[CalledSubgraph, ...]:
    """The subgraphs that options name, in the order of the schema's fields."""
    found: list[CalledSubgraph] = []
    for name, role in SUBGRAPH_OPTIONS.get(options_type or "", {}).items():
        value = options.get(name)
        indices: Iterable[object] = value if isinstance(value, tuple) else (value,)
        found += [CalledSubgraph(role, index) for index in indices if isinstance(index, int)]
    return tuple(found)
