"""A sweep: a row per configuration, and what they say together."""

from dataclasses import dataclass
from typing import ClassVar

from tflops_native.formatting import plural
from tflops_native.notes import Note
from tflops_native.reports.sweep_cell import SweepCell
from tflops_native.reports.sweep_trends import (
    BestBatch,
    Fit,
    Scaling,
    best_batches,
    fits,
    scalings,
)
from tflops_native.result import Result

_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sweep(Result):
    """The cells of a grid that were measured, or failed.

    cells      in the order of the grid, whatever order they were measured in
    planned    cells of the grid; more than `cells` where the sweep was interrupted
    kept       how many were in the folder already
    seed       of the order in which they were measured, and of random inputs
    cpus       that the process may use; more threads share them
    remarks    notes of the sweep itself
    fits       time over FLOPs
    scalings   time over threads
    batches    throughput over batches
    """

    DERIVED: ClassVar[tuple[str, ...]] = ("fits", "scalings", "batches", "notes")

    cells: tuple[SweepCell, ...]
    planned: int
    kept: int
    seed: int
    cpus: int
    remarks: tuple[Note, ...] = ()

    @property
    def fits(self) -> tuple[Fit, ...]:
        """For each model and way to run it that was measured on three shapes or more."""
        return tuple(fits(self.cells))

    @property
    def scalings(self) -> tuple[Scaling, ...]:
        """For each configuration that was measured with several numbers of threads."""
        return tuple(scalings(self.cells, self.cpus))

    @property
    def batches(self) -> tuple[BestBatch, ...]:
        """For each configuration that was measured with several batches."""
        return tuple(best_batches(self.cells))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What failed and why, and what is missing."""
        notes = list(self.remarks)
        if (missing := self.planned - len(self.cells)) > 0:
            notes.append(
                Note(
                    code="unfinished_sweep",
                    text=f"{plural(missing, 'cell')} of {self.planned} not measured",
                    hint="the same command with the same -o FOLDER goes on",
                )
            )
        reasons: dict[str, list[int]] = {}
        for number, cell in enumerate(self.cells, 1):
            if cell.error is not None:
                reasons.setdefault(cell.error, []).append(number)
        for reason, numbers in reasons.items():
            which = ", ".join(map(str, numbers[:_NAMED])) + (", ..." * (len(numbers) > _NAMED))
            notes.append(
                Note(
                    code="failed_cells",
                    text=f"{plural(len(numbers), 'cell')} failed (# {which}): {reason}",
                )
            )
        return tuple(notes)

    def __repr__(self) -> str:
        return f"<Sweep {len(self.cells)} of {self.planned} cells>"
