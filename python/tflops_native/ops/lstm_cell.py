"""One step of one cell of a long short-term memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tflops_native.model.schema import ActivationFunctionType
from tflops_native.ops._op import Cost, Inferred
from tflops_native.ops.contraction import contraction_cost
from tflops_native.ops.geometry import epilogue_cost, with_rank
from tflops_native.ops.tensor_spec import Shape, TensorSpec

Parts = Sequence[TensorSpec | None]

GATES: Final = ("input", "forget", "cell", "output")
NO_PARTS: Final[Parts] = (None,) * len(GATES)

CELL_PARTS = 17  # of one direction: weights, peepholes, biases, projection
STATES = 2  # of one direction: output and cell state


def row_product(depth: int, units: int, input: TensorSpec, weights: TensorSpec) -> Inferred:
    """Cost of one row of `depth` elements, of the input's type, times weights of so many units."""
    row = TensorSpec((depth,), input.type)
    return contraction_cost((units,), units * depth, input=row, weights=weights)


def batch_and_steps(input: TensorSpec, time_major: bool) -> tuple[int, int]:
    """Rows and time steps of [time, batch, inputs], or of [batch, time, inputs].

    Raises:
        ValueError: the input has another rank.
    """
    first, second, _ = with_rank(input, 3, "input")
    return (second, first) if time_major else (first, second)


@dataclass(frozen=True, slots=True)
class Cell:
    """The constants of a cell, four of a kind in the order of `GATES`, None where left out.

    Without weights of the input gate the cell couples it to the forget gate (CIFG).

    input_weights       [cells, inputs]
    recurrent_weights   [cells, outputs], or [cells] if diagonal
    peepholes           [cells], of all gates but the cell gate
    biases              [cells]
    projection          [outputs, cells]
    projection_bias     [outputs]
    norms               [cells], coefficients of layer normalization
    auxiliary_weights   [cells, auxiliary inputs]
    """

    input_weights: Parts
    recurrent_weights: Parts
    peepholes: Parts
    biases: Parts
    projection: TensorSpec | None
    projection_bias: TensorSpec | None
    norms: Parts = NO_PARTS
    auxiliary_weights: Parts = NO_PARTS

    @classmethod
    def of(cls, parts: Parts, norms: Parts = NO_PARTS, auxiliary: Parts = NO_PARTS) -> "Cell":
        """The cell of the 17 operands that follow each other in every LSTM operator."""
        return cls(
            input_weights=parts[:4],
            recurrent_weights=parts[4:8],
            peepholes=parts[8:11],
            biases=parts[11:15],
            projection=parts[15],
            projection_bias=parts[16],
            norms=norms,
            auxiliary_weights=auxiliary,
        )

    @property
    def is_coupled(self) -> bool:
        """Whether the input gate is 1 - the forget gate."""
        return self.input_weights[0] is None

    @property
    def cells(self) -> int:
        return with_rank(present(self.input_weights[3], "input_to_output_weights"), 2, "weights")[0]

    @property
    def outputs(self) -> int:
        shape = present(self.recurrent_weights[3], "recurrent_to_output_weights").shape
        if not 1 <= len(shape) <= 2:
            raise ValueError(
                f"`recurrent_to_output_weights` must be a matrix, but is {list(shape)}"
            )
        return shape[-1]

    def check(
        self,
        inputs: int,
        states: Parts,
        batch: int,
        *,
        auxiliary_inputs: int = 0,
        allows_diagonal: bool = False,
    ) -> None:
        """That everything fits together, for so many inputs and rows.

        Raises:
            ValueError: a part is missing, superfluous, or of another shape.
        """
        cells, outputs = self.cells, self.outputs
        self._check_gates("input_to_{}_weights", self.input_weights, [(cells, inputs)])
        recurrent: list[Shape] = [(cells, outputs)]
        if allows_diagonal and outputs == cells:
            recurrent.append((cells,))
        self._check_gates("recurrent_to_{}_weights", self.recurrent_weights, recurrent)
        self._check_gates("{}_gate_bias", self.biases, [(cells,)])
        if any(self.norms):
            self._check_gates("{}_layer_norm_coefficients", self.norms, [(cells,)])
        if any(self.auxiliary_weights):
            self._check_gates(
                "aux_input_to_{}_weights", self.auxiliary_weights, [(cells, auxiliary_inputs)]
            )
        peepholes = self.peepholes[1:] if self.is_coupled else self.peepholes
        if any(self.peepholes):
            for peephole in peepholes:
                check_shape(present(peephole, "peephole weights"), [(cells,)], "peephole weights")
        if self.projection is not None:
            check_shape(self.projection, [(outputs, cells)], "projection_weights")
        elif outputs != cells:
            raise ValueError(f"{cells} cells give {outputs} outputs only with `projection_weights`")
        if self.projection_bias is not None:
            present(self.projection, "projection_weights")
            check_shape(self.projection_bias, [(outputs,)], "projection_bias")
        for state, role, width in zip(
            states, ("output_state", "cell_state"), (outputs, cells), strict=True
        ):
            if present(state, role).size != batch * width:
                raise ValueError(f"`{role}` must have {batch} x {width} elements")

    def _check_gates(self, role: str, parts: Parts, shapes: Sequence[Shape]) -> None:
        for gate, part in zip(GATES, parts, strict=True):
            name = role.format(gate)
            if gate == "input" and self.is_coupled:
                if part is not None:
                    raise ValueError(f"`{name}` without `input_to_input_weights`")
            else:
                check_shape(present(part, name), shapes, name)

    def step(
        self,
        input: TensorSpec,
        activation: ActivationFunctionType,
        cell_clip: float,
        proj_clip: float,
    ) -> Inferred:
        """What one row costs in one time step, without the auxiliary input; it has no outputs."""
        if cell_clip < 0 or proj_clip < 0:
            raise ValueError("`cell_clip` and `proj_clip` must not be negative")
        cells, outputs = self.cells, self.outputs
        gates = len(GATES) - self.is_coupled
        sigmoids = gates - 1
        weights = present(self.input_weights[3], "input_to_output_weights")
        product = row_product(weights.shape[-1], gates * cells, input, weights)
        cost = product.cost + self._recurrent(input)
        auxiliary = self.auxiliary_weights[3]
        if auxiliary is not None:
            cost += row_product(auxiliary.shape[-1], gates * cells, input, auxiliary).cost
        peephole_macs = sigmoids * cells if any(self.peepholes) else 0
        cost += Cost(macs=peephole_macs)
        if any(self.norms):
            # Mean, variance and scale of a row, its coefficients and biases.
            cost += Cost(scalar_ops=8 * cells + 5) * gates
        else:
            cost += Cost(scalar_ops=gates * cells)
        cost += Cost(transcendentals=sigmoids * cells) + epilogue_cost(cells, activation)
        # The new state: forget * old + input * candidate; 1 - forget where gates are coupled.
        cost += Cost(scalar_ops=(3 + self.is_coupled + 2 * (cell_clip > 0)) * cells)
        cost += epilogue_cost(cells, activation) + Cost(scalar_ops=cells)
        if self.projection is not None:
            cost += row_product(cells, outputs, input, self.projection).cost
            cost += Cost(
                scalar_ops=((self.projection_bias is not None) + 2 * (proj_clip > 0)) * outputs
            )
        # With float inputs and integer weights, peepholes are made real numbers first.
        is_mixed = input.is_float and product.mac_arithmetic is not None
        return Inferred(
            outputs=(),
            cost=cost,
            mac_arithmetic=product.mac_arithmetic,
            other_macs=peephole_macs if is_mixed else 0,
        )

    def _recurrent(self, input: TensorSpec) -> Cost:
        present = [part for part in self.recurrent_weights if part is not None]
        matrices = [part for part in present if len(part.shape) > 1]
        cost = Cost(macs=sum(part.size for part in present if len(part.shape) == 1))
        if matrices:
            cost += row_product(self.outputs, len(matrices) * self.cells, input, matrices[0]).cost
        return cost


def present(part: TensorSpec | None, role: str) -> TensorSpec:
    """A part that must be there.

    Raises:
        ValueError: it is left out.
    """
    if part is None:
        raise ValueError(f"its input `{role}` is missing")
    return part


def check_shape(part: TensorSpec, shapes: Sequence[Shape], role: str) -> None:
    """That a part has one of these shapes.

    Raises:
        ValueError: it has another one.
    """
    if part.shape not in shapes:
        expected = " or ".join(str(list(shape)) for shape in shapes)
        raise ValueError(f"`{role}` must be {expected}, but is {list(part.shape)}")
