"""How many parameters a model has, exactly, and what its constants are for."""

from tflops_native import formatting as numbers
from tflops_native.analysis.constants import ConstantKind
from tflops_native.analysis.result import Analysis
from tflops_native.formats.document import Found, Line

# A single element, by kind.
_ONE = {
    "weights": "weight",
    "biases": "bias",
    "tables": "table element",
    "states": "state",
    "vectors": "vector element",
    "maps": "map element",
    "block scales": "block scale",
    "indices": "index",
}


def constant_lines(analysis: Analysis) -> Found:
    """The parameters by kind, the constants that are none, and what shares its bytes with others."""
    parameters = [item for item in analysis.constants if item.is_parameter]
    others = [item for item in analysis.constants if not item.is_parameter]
    shared = sum(item.shared_elements for item in analysis.constants)
    text = numbers.plural(analysis.parameters, "parameter")
    if parameters:
        text += f": {_listed(parameters)}"
    lines: Found = [Line("constants", text)]
    if others:
        lines.append(Line("", f"not among them: {_listed(others)}"))
    if shared:
        further = numbers.plural(shared, "further element")
        lines.append(Line("", f"{further} in tensors that share these bytes"))
    return lines


def _listed(kinds: list[ConstantKind]) -> str:
    return ", ".join(
        f"{item.elements:,} {_noun(item)} ({numbers.plural(item.tensors, 'tensor')}, "
        f"{numbers.byte_count(item.size_bytes)}B)"
        for item in kinds
    )


def _noun(item: ConstantKind) -> str:
    return _ONE.get(item.kind, item.kind) if item.elements == 1 else item.kind
