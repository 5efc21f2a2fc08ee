"""Matrix products that are tallied apart from the other work of a naive kernel."""

from collections import Counter
from dataclasses import dataclass, field

from counting import clamped, counting, function, larger, rounded, scalar_ops
from tflops_native.model.schema import ActivationFunctionType as Activation
from tflops_native.ops import Cost


@dataclass
class Work:
    """Tallies of one run: all that was done, and of it what belongs to matrix products."""

    is_hybrid: bool = False
    total: Counter = field(default_factory=Counter)
    products: Counter = field(default_factory=Counter)

    def accumulate(self, total, row, vector):
        """Add the product of a row of weights and a vector."""
        with counting() as tally:
            product = row[0] * vector[0]
            for weight, x in zip(row[1:], vector[1:], strict=True):
                product = product + weight * x
        self.products += tally
        if self.is_hybrid:
            product = product * 0.25  # the scales of both
        return self.accumulated(total, product)

    def accumulated(self, total, product):
        with counting() as tally:
            total = total + product
        self.products += tally
        return total

    def elementwise(self, total, weight, x):
        with counting() as tally:
            total = total + weight * x
        self.products += tally
        return total

    def quantized(self, vector):
        """What is fed to integer weights."""
        if not self.is_hybrid:
            return vector
        return [clamped(rounded(x / 0.5) + 1, -128, 127) for x in vector]

    @property
    def cost(self):
        rest = self.total - self.products
        assert self.products["mul"] == self.products["add"] == self.products.total() / 2
        return Cost(self.products["mul"], scalar_ops(rest), rest["function"])


def activated(x, activation):
    if activation is Activation.TANH:
        return function(x)
    return larger(x, 0) if activation is Activation.RELU else x
