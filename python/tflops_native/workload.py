"""What one inference is: a model, an entry point, and the shape and data of each of its inputs.

Resolved and checked once per question, and passed down: nothing below resolves names, shapes or files
again.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypeAlias

from tflops_native.checks import bounded, listed, shown
from tflops_native.errors import InputDataError, OptionError, ShapeError
from tflops_native.given_data import GivenInput, InputData, data_digest, read_given
from tflops_native.model.entry import (
    Entry,
    EntryInput,
    entry_point,
    named_input,
    resolve_input_shapes,
)
from tflops_native.model.graph import Model

# By name of the input; or the shape of the only input.
InputShapes: TypeAlias = Mapping[str, Sequence[int]] | Sequence[int]
# By name of the input; or the data of the only input.
Inputs: TypeAlias = Mapping[str, InputData]


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """One entry point of a model, with a shape for every input and the user's data for some.

    shapes   of the inputs, by position
    given    the user's data, by position
    asked    positions of the inputs whose shape was asked for, by a shape or by data
    """

    model: Model
    entry: Entry
    shapes: Mapping[int, tuple[int, ...]]
    given: Mapping[int, GivenInput]
    asked: frozenset[int]

    @classmethod
    def resolve(
        cls,
        model: Model,
        *,
        input_shapes: InputShapes | None = None,
        signature: str | None = None,
        inputs: Inputs | None = None,
    ) -> "Workload":
        """Find the entry point, read and check the data, and settle the shape of every input.

        Args:
            model: the model.
            input_shapes: input name -> shape, or the shape of the only input. Inputs left out have
                the shape of their data, else that in the file, with 1 for each length that it
                leaves open.
            signature: key of the signature; the main subgraph if None.
            inputs: input name -> an array, or the path of a .npy, .npz or .bin file.

        Raises:
            ModelFormatError: there is no such signature.
            OptionError: the signature is not a text.
            ShapeError: there is no such input, or a shape is refused.
            InputDataError: data cannot be read, or does not fit an input.
        """
        if signature is not None and not isinstance(signature, str):
            raise OptionError(f"a signature must be named by its key, got {shown(signature)}")
        entry = entry_point(model, signature)
        requested = shapes_by_input(input_shapes)
        shapes = resolve_input_shapes(entry, requested)
        asked = {named_input(entry, name).position for name in requested}
        given = read_given(entry, _data_by_name(inputs), shapes, asked)
        shapes.update((position, data.shape) for position, data in given.items())
        return cls(model, entry, shapes, given, frozenset(asked | given.keys()))

    @classmethod
    def resolve_all(
        cls,
        model: Model,
        *,
        input_shapes: InputShapes | None = None,
        inputs: Inputs | None = None,
    ) -> "tuple[Workload, ...]":
        """One for each signature, with what belongs to its inputs; the main subgraph without any.

        Raises:
            ShapeError: no signature has such an input, or a shape is refused.
            InputDataError: data cannot be read, or does not fit an input.
        """
        requested, data = shapes_by_input(input_shapes), _data_by_name(inputs)
        if len(model.signatures) < 2:
            return (cls.resolve(model, input_shapes=requested, inputs=data),)
        names = {
            found.key: {item.name for item in entry_point(model, found.key).inputs}
            for found in model.signatures
        }
        if {*requested, *data} - set().union(*names.values()):
            # No signature has such an input: the first one says so, with the names there are.
            cls.resolve(
                model, input_shapes=requested, signature=model.signatures[0].key, inputs=data
            )
        return tuple(
            cls.resolve(
                model,
                input_shapes={name: requested[name] for name in requested if name in known},
                signature=key,
                inputs={name: data[name] for name in data if name in known},
            )
            for key, known in names.items()
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Without views of the file, which the model brings back."""
        given = {
            position: (data.shape, data.array, data.file, data.sha256)
            for position, data in self.given.items()
        }
        return _restore, (self.model, self.signature, dict(self.shapes), given, self.asked)

    @property
    def signature(self) -> str | None:
        """Key of the signature; None for the main subgraph of a model without any."""
        return self.entry.signature

    @property
    def question(self) -> Hashable:
        """What counts follow from: workloads of a model that are equal in it have the same analysis."""
        return (
            self.entry.subgraph.index,
            tuple(sorted(self.shapes.items())),
            tuple(sorted((position, data.sha256) for position, data in self.given.items())),
            self.asked,
        )

    @property
    def shapes_by_name(self) -> dict[str, tuple[int, ...]]:
        """Input name -> shape."""
        return {item.name: self.shapes[item.position] for item in self.entry.inputs}

    @property
    def defaulted(self) -> tuple[EntryInput, ...]:
        """The inputs with open lengths for which no shape was asked: these lengths are 1."""
        return tuple(
            item for item in self.entry.inputs if item.is_open and item.position not in self.asked
        )


def _restore(
    model: Model,
    signature: str | None,
    shapes: dict[int, tuple[int, ...]],
    given: dict[int, Any],
    asked: frozenset[int],
) -> Workload:
    """What was pickled."""
    entry = entry_point(model, signature)
    data = {position: GivenInput(entry.inputs[position], *rest) for position, rest in given.items()}
    return Workload(model, entry, shapes, data, asked)


def shapes_by_input(input_shapes: Any) -> dict[str, tuple[int, ...]]:
    """The shapes that are asked for by name; the empty name is the only input's.

    Raises:
        ShapeError: they are not shapes.
    """
    if input_shapes is None:
        return {}
    if not isinstance(input_shapes, Mapping):
        input_shapes = {"": input_shapes}
    found = {}
    for name, lengths in input_shapes.items():
        if not isinstance(name, str):
            raise ShapeError(f"the name of an input must be a string, got {shown(name)}")
        lengths = listed("a shape must be whole numbers, as (1, 224, 224, 3)", lengths, ShapeError)
        for length in lengths:
            if isinstance(length, bool) or not isinstance(length, Integral):
                raise ShapeError(
                    f"a length must be a whole number, got {shown(length)} in {shown(lengths)}"
                )
        found[name] = tuple(bounded("a length", int(length), ShapeError) for length in lengths)
    return found


def data_digests(inputs: Any) -> dict[str, str]:
    """Of the data for each input, as `data_digest`; raises InputDataError."""
    return {str(name): data_digest(name, data) for name, data in _data_by_name(inputs).items()}


def _data_by_name(inputs: Any) -> Mapping[str, InputData]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        raise InputDataError(
            f"inputs must map names to arrays or files, as {{'image': array}}, got {shown(inputs)}"
        )
    return inputs
