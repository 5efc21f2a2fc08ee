"""What XNNPACK calls that which it runs for an operator of the model.

A rule says so where the name differs from the operator's own: `register(..., events=...)`.
Sources: XNNPACK src/operator-utils.c, src/xnnpack/operator-type-defs.inc, src/subgraph.c (what its
optimizer replaces); tflite/delegates/xnnpack/xnnpack_delegate.cc (what it makes of each operator).
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

from tflops_native.model.schema import ActivationFunctionType

# Dynamic-range kernels quantize their input in an operator of its own, in front, to a type that no
# tensor of the model has.
DYNAMIC_CONVERT = "Dynamic Convert"
# What XNNPACK calls elementwise operators of 8 bits whose results it looks up in one table; those of two
# inputs too where one is a constant.
TABLE_LOOKUP = "Invalid Unary Op"
ANY_UNARY = (TABLE_LOOKUP, "Unary Elementwise")
ANY_BINARY = (TABLE_LOOKUP, "Invalid Binary Op", "Binary Elementwise")
# What scaled dot product attention is made of.
ATTENTION = (
    "Add",
    "Batch Matrix Multiply",
    "Clamp",
    "Divide",
    "Dynamic Fully Connected",
    "Fully Connected",
    "Multiply",
    "RoPE",
    "Softmax",
    "Static Reshape",
    "TanH",
    "Transpose",
    DYNAMIC_CONVERT,
    *("Copy", "Pack LH"),
)
_ACTIVATIONS = frozenset(ActivationFunctionType) - {ActivationFunctionType.NONE}
_DYNAMIC_TYPE = re.compile(r"\bq[dp]u?8\b")
_NOT_LETTERS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class DelegateEvents:
    """The events of one operator, by their kinds: names without types, as "Fully Connected".

    main      names of the event that does the work: one of them, beside the operator's own name
    before    events in front of it, in this order, each at most once
    after     events behind it, likewise
    only_if   kind of an event -> option -> values with which there may be one
    inner     names of events of which the operator may have any number instead: it is made of them
    is_copy   whether it only copies: then it has no event where the delegate can do without the copy
    """

    main: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    only_if: Mapping[str, Mapping[str, Container[object]]] | None = None
    inner: tuple[str, ...] = ()
    is_copy: bool = False

    def may_come(self, kind: str, options: Mapping[str, object]) -> bool:
        """Whether an operator with these options may have an event of this kind."""
        needed = (self.only_if or {}).get(kind, {})
        return all(options.get(option) in values for option, values in needed.items())

    def all_keys(self) -> frozenset[str]:
        """Keys of all events that are named here."""
        return frozenset(map(event_key, (*self.main, *self.before, *self.after, *self.inner)))


def named(*names: str) -> DelegateEvents:
    """Of an operator that is one event of one of these names."""
    return DelegateEvents(main=names)


def unary_events(*names: str) -> DelegateEvents:
    """Of an elementwise operator of one input."""
    return DelegateEvents(main=(*names, *ANY_UNARY))


def binary_events(*names: str) -> DelegateEvents:
    """Of one of two inputs; its activation is an event of its own where XNNPACK cannot fuse it."""
    if "Clamp" in names:  # it is one, and has no activation
        return DelegateEvents(main=(*names, *ANY_BINARY))
    return DelegateEvents(
        main=(*names, *ANY_BINARY),
        after=("Clamp",),
        only_if={"Clamp": {"fused_activation_function": _ACTIVATIONS}},
    )


def event_key(name: str) -> str:
    """What is compared of a name: "Convert (NC, F32, QD8)" is "dynamicconvert", LEAKY_RELU "leakyrelu"."""
    kind, bracket, types = name.lower().partition(" (")
    key = _NOT_LETTERS.sub("", kind)
    return f"dynamic{key}" if key == "convert" and _DYNAMIC_TYPE.search(bracket + types) else key
