"""Sizing a board: whether a model fits into its memory, and the largest input that does."""

from typing import TYPE_CHECKING

from tflops_native.api import PLANNERS, memory
from tflops_native.checks import whole_number, with_checked_arguments
from tflops_native.errors import OptionError, ShapeError
from tflops_native.model.info import ModelInfo
from tflops_native.pipeline import Source, loaded_model
from tflops_native.progress import Progress, no_progress
from tflops_native.reports.memory_fit import MemoryFit, MemoryFitShape, largest_fit
from tflops_native.reports.sweep_grid import InputPatterns, shape_combinations

if TYPE_CHECKING:
    from tflops_native.model.graph import Model


@with_checked_arguments
def fit_memory(
    model: Source,
    *,
    budget_bytes: int | None = None,
    flash_bytes: int | None = None,
    input_shapes: InputPatterns | None = None,
    signature: str | None = None,
    planner: str = PLANNERS[0],
    threads: int = 1,
    progress: Progress | None = None,
) -> MemoryFit:
    """Find whether a model fits into a memory, and the largest input shapes with which it does.

    Args:
        model, signature, planner, threads: as for `memory`.
        budget_bytes: for arena and state, which are both memory that can be written.
        flash_bytes: for the file of the model, which holds the weights.
        input_shapes: as for `sweep`: "1,{64..256..32},{64..256..32},3" for the only input, or a mapping
            from names; all combinations are planned, 10,000 at most.
        progress: called with what is being done and how much of it, 0 to 1.

    Raises:
        ModelFormatError: the model is damaged.
        ShapeError: the model does not take the shape, where one was asked for; of several, those are
            marked that it does not take, and the error is raised where it takes none.
        OptionError: an option is out of range, or neither limit is given.
    """
    if budget_bytes is None and flash_bytes is None:
        raise OptionError("give a budget in bytes, for arena and state, for flash, or for both")
    for name, limit in (("budget_bytes", budget_bytes), ("flash_bytes", flash_bytes)):
        if limit is not None:
            whole_number(name, limit, minimum=0)
    loaded = loaded_model(model)
    combinations = shape_combinations(input_shapes)
    hear = progress or no_progress
    shapes = []
    for position, combination in enumerate(combinations):
        hear("plan memory", position / len(combinations))
        try:
            shapes.append(_planned(loaded, combination, signature, planner, threads))
        except ShapeError as error:
            is_last_hope = position == len(combinations) - 1 and all(one.reason for one in shapes)
            if is_last_hope:
                raise
            shapes.append(
                MemoryFitShape(
                    asked=combination,
                    inputs=(),
                    arena_bytes=None,
                    state_bytes=None,
                    reason=str(error),
                )
            )
    found = tuple(shapes)
    return MemoryFit(
        model=ModelInfo.of(loaded),
        planner=planner,
        threads=threads,
        budget_bytes=budget_bytes,
        flash_bytes=flash_bytes,
        shapes=found,
        largest=largest_fit(found, budget_bytes),
    )


def _planned(
    model: "Model",
    shapes: dict[str, tuple[int, ...]],
    signature: str | None,
    planner: str,
    threads: int,
) -> MemoryFitShape:
    plan = memory(
        model, input_shapes=shapes or None, signature=signature, planner=planner, threads=threads
    )
    return MemoryFitShape(
        asked=shapes,
        inputs=plan.inputs,
        arena_bytes=plan.arena_bytes,
        state_bytes=plan.state_bytes,
        is_known=not plan.unknown,
    )
