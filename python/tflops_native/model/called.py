"""Which subgraphs an operator runs, by its options: the one list of options that hold their indices."""

from collections.abc import Mapping
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
    """A subgraph that an operator may run; `index` is as in the file, so it may be out of range.

    `name` tells the subgraphs of one operator apart, in paths such as 8/body/3: "then", "branch_0".
    """

    role: CallRole
    index: int
    name: str


# Options table -> its fields that hold subgraph indices, one or a vector of them, and what each is called.
SUBGRAPH_OPTIONS: Mapping[str, Mapping[str, tuple[CallRole, str]]] = MappingProxyType(
    {
        "CallOptions": {"subgraph": (CallRole.WHOLE, "call")},
        "IfOptions": {
            "then_subgraph_index": (CallRole.CHOICE, "then"),
            "else_subgraph_index": (CallRole.CHOICE, "else"),
        },
        "WhileOptions": {
            "cond_subgraph_index": (CallRole.CONDITION, "condition"),
            "body_subgraph_index": (CallRole.BODY, "body"),
        },
        "CallOnceOptions": {"init_subgraph_index": (CallRole.ONCE, "initialization")},
        "StablehloCaseOptions": {"branch_subgraph_indices": (CallRole.CHOICE, "branch")},
        "StablehloReduceOptions": {"body_subgraph_index": (CallRole.ELEMENTS, "body")},
        "StablehloReduceWindowOptions": {"body_subgraph_index": (CallRole.ELEMENTS, "body")},
        "StablehloScatterOptions": {
            "update_computation_subgraph_index": (CallRole.ELEMENTS, "update"),
        },
        "StablehloSortOptions": {"comparator_subgraph_index": (CallRole.ELEMENTS, "comparator")},
        "StablehloWhileOptions": {
            "cond_subgraph_index": (CallRole.CONDITION, "condition"),
            "body_subgraph_index": (CallRole.BODY, "body"),
        },
        "StableHLOCompositeOptions": {
            "decomposition_subgraph_index": (CallRole.WHOLE, "decomposition"),
        },
    }
)


def called_subgraphs(
    options_type: str | None, options: Mapping[str, object]
) -> tuple[CalledSubgraph, ...]:
    """The subgraphs that options name, in the order of the schema's fields."""
    found: list[CalledSubgraph] = []
    for field, (role, name) in SUBGRAPH_OPTIONS.get(options_type or "", {}).items():
        value = options.get(field)
        if isinstance(value, tuple):
            found += [
                CalledSubgraph(role, index, f"{name}_{place}") for place, index in enumerate(value)
            ]
        elif isinstance(value, int):
            found.append(CalledSubgraph(role, value, name))
    return tuple(found)
