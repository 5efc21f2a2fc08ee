"""The layers of a Keras model that operators come from, in the model's own words.

Keras writes the names of layers into those of tensors as a path of scopes, and Keras 3 puts a number
behind each: "net_1/backbone_1/conv_1/convolution" is of the layer "backbone/conv" in the model "net".
"""

import re
from collections.abc import Iterable, Sequence

from tflops_native.model.graph import Operator, Subgraph
from tflops_native.model.sources.conversion import KerasLayer

_NUMBER = re.compile(r"_\d+$")
FOLDED = "BatchNormalization"  # into the weights of the layer before
_LONGEST = 1 << 16  # characters of a tensor's name, which may be those of many joined


class KerasLayers:
    """The layers by the names of tensors."""

    def __init__(self, layers: Sequence[KerasLayer]) -> None:
        self._weighted = {
            layer.path for layer in layers if layer.parameters and layer.class_name != FOLDED
        }
        self._tree: dict[str, dict] = {}  # type: ignore[type-arg]
        for layer in layers:
            node = self._tree
            for part in layer.path.split("/"):
                node = node.setdefault(part, {})

    def of(self, subgraph: Subgraph, paths: Iterable[str | None]) -> tuple[str | None, ...]:
        """Per operator the path of its Keras layer, else the path that it has.

        Args:
            paths: per operator the path in the names of its outputs, as `layers_of` gives it.
        """
        return tuple(
            self._of(subgraph, operator, path)
            for operator, path in zip(subgraph.operators, paths, strict=True)
        )

    def _of(self, subgraph: Subgraph, operator: Operator, path: str | None) -> str | None:
        own = None if path is None else self._layer(path)
        weights = [
            index
            for index in operator.inputs
            if index is not None and subgraph.tensors[index].is_constant
        ]
        names = (subgraph.tensors[index].name[:_LONGEST] for index in (*operator.outputs, *weights))
        joined = [
            layer for name in names for part in name.split(";") if (layer := self._layer(part))
        ]
        if weights:
            # What is fused into a convolution is done in it: not the activation, whose name may be nearer.
            own = next((layer for layer in joined if layer in self._weighted), own)
        return own or next(iter(joined), path)

    def _layer(self, name: str) -> str | None:
        """The path of the layer that a name lies in: the longest one that begins at any scope."""
        parts = name.split("/")
        for start in range(min(len(parts), 3)):
            node, path = self._tree, []
            for part in parts[start:]:
                key = part if part in node else _NUMBER.sub("", part)
                if key not in node:
                    break
                node = node[key]
                path.append(key)
            if path and not node:
                return "/".join(path)
        return None
