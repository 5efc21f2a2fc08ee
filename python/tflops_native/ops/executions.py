"""What one run did in the subgraphs that operators run: the branches taken, the iterations of loops."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a subgraph: what those of its operators did that run subgraphs."""

    calls: "tuple[Executions, ...]" = ()

    def of(self, operator: int, subgraph: int) -> "Executions":
        """The executions of a subgraph by one of its operators; none if it did not run it."""
        for found in self.calls:
            if (found.operator, found.subgraph) == (operator, subgraph):
                return found
        return Executions(operator, subgraph, ())


@dataclass(frozen=True, slots=True)
class Executions:
    """The executions of one subgraph by one operator, in order.

    groups   equal ones that follow each other, and how many they are
    """

    operator: int
    subgraph: int
    groups: tuple[tuple[Execution, int], ...]

    @property
    def times(self) -> int:
        """How many there are."""
        return sum(times for _, times in self.groups)

    @property
    def first(self) -> Execution | None:
        """The first one."""
        return self.groups[0][0] if self.groups else None
