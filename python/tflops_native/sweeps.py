"""Sweeps: the grid of configurations of models, measured one after the other in random order."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import Any, TypeAlias

from tflops_native import api
from tflops_native.checks import file_path, shown, whole_number, with_options_of
from tflops_native.errors import ConversionError, OptionError, TflopsError
from tflops_native.locks import FolderLock
from tflops_native.machine.affinity import usable_cpus
from tflops_native.machine.machine import this_machine
from tflops_native.model.graph import Model
from tflops_native.model.info import ModelInfo
from tflops_native.model.reader import load
from tflops_native.model.sources.conversion import ConversionOptions, conversions
from tflops_native.pipeline import Source
from tflops_native.progress import Progress, early_stop, no_progress
from tflops_native.reports.report import Report
from tflops_native.reports.result_folder import ResultFolder, option_facts, result_key
from tflops_native.reports.sweep import Sweep
from tflops_native.reports.sweep_cell import SweepCell
from tflops_native.reports.sweep_grid import Configuration, Grid, InputPatterns, shape_patterns
from tflops_native.result import tool_name
from tflops_native.runtime.libraries import runtime_identity
from tflops_native.runtime.options import DEFAULT_RUNTIME, KERNELS, RunOptions
from tflops_native.timing.stop_rule import StopRule

# A pattern as "1,{128..320..32},224,3", or shapes.
# Called with each cell that is finished, how many are, and how many there will be.
CellDone: TypeAlias = Callable[[SweepCell, int, int], None]
# What says how to wait for a measurement, and nothing of its result.
_OF_NO_RESULT = frozenset({"isolated", "timeout", "memory_limit"})


@with_options_of(api.report)
def sweep(
    *models: Source,
    input_shapes: InputPatterns | None = None,
    quantize: str | Sequence[str] | None = None,
    representative: str | PathLike[str] | None = None,
    runtime: str | Sequence[str] = DEFAULT_RUNTIME,
    kernels: str | Sequence[str] = KERNELS[0],
    threads: int | Sequence[int] = 1,
    folder: str | PathLike[str] | None = None,
    retry: bool = False,
    seed: int = 0,
    cell_done: CellDone | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Sweep:
    """Measure all combinations of models, shapes, quantizations, runtimes, kernels and threads.

    They are measured in random order, so that a machine that slows down, or heats up, does not look like
    an effect of what is varied. A configuration that fails is a cell with the reason.

    Args:
        models: as `analyze` takes them; each content once, whatever its names.
        input_shapes: input name -> shapes, or those of the only input: a pattern as
            "1,{128..320..32},{128..320..32},3", whose combinations are all taken, or a list of shapes and
            patterns.
        quantize: how to convert Keras models and SavedModels, as for `convert`; several are alternatives.
        representative: as for `convert`.
        runtime, kernels, threads: as for `measure`; several are alternatives.
        folder: keeps a report for each cell. Cells that are there, of the same models, options,
            runtimes and machine, are not measured again, so that an interrupted sweep goes on.
        retry: measure cells again that failed before.
        seed: of the order, and of random inputs.
        cell_done: called with each cell, the number of finished cells, and that of all.
        progress: as for `measure`.
        options: others of `report`. Operators are not timed unless `profile=True`.

    Raises:
        OptionError: the grid has no cells or more than 10,000, an option is out of range, or the folder
            cannot be written, or is in use by another process.
        ModelFormatError: a model cannot be read.
        Where cells were finished, the attribute `sweep` of the error, and of a KeyboardInterrupt, holds
        them.
    """
    whole_number("seed", seed, minimum=0)
    grid = Grid(
        models=len(models),
        input_shapes=shape_patterns(input_shapes),
        quantizations=(None,) if quantize is None else _several("quantize", quantize),
        runtimes=_several("runtime", runtime),
        kernels=_several("kernels", kernels),
        threads=tuple(
            whole_number("threads", number, minimum=1) for number in _several("threads", threads)
        ),
    )
    options = {"profile": False, **options, "seed": seed}
    _check(grid, options)
    store = None if folder is None else ResultFolder(file_path("the folder", folder), SweepCell)
    with nullcontext() if store is None else FolderLock(store.path, "a sweep"):
        loaded = _loaded(models, grid.quantizations, representative, progress or no_progress)
        names = _names(loaded)
        versions = {name: runtime_identity(str(name)) for name in grid.runtimes}
        facts = option_facts(options, _OF_NO_RESULT)
        plan = _each_once(
            _planned(configuration, loaded, names, versions, facts)
            for configuration in grid.configurations()
        )
        kept, remarks = ({}, ()) if store is None else store.read({task.cell.key for task in plan})
        if retry:
            kept = {key: cell for key, cell in kept.items() if cell.error is None}
        # Under the name that it has now.
        found = {
            at: replace(kept[task.cell.key], model=task.cell.model)
            for at, task in enumerate(plan)
            if task.cell.key in kept
        }
        waiting = [at for at in range(len(plan)) if at not in found]
        random.Random(seed).shuffle(waiting)
        number_kept = len(found)

        def result() -> Sweep:
            return Sweep(
                cells=tuple(found[at] for at in sorted(found)),
                planned=len(plan),
                kept=number_kept,
                seed=seed,
                cpus=len(usable_cpus()),
                remarks=remarks,
            )

        hear = progress or no_progress
        try:
            for at in waiting:
                _finish(plan[at], at, found, len(plan), store, options, hear)
                if cell_done is not None:
                    cell_done(found[at], len(found), len(plan))
        except (TflopsError, KeyboardInterrupt) as error:
            if found:
                error.sweep = result()  # type: ignore[union-attr]
            raise
        return result()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """A cell without figures, and what it takes to get them; None where the model was not converted."""

    cell: SweepCell
    model: Model | None
    configuration: Configuration


def _finish(
    task: _Task,
    at: int,
    found: dict[int, SweepCell],
    planned: int,
    store: ResultFolder[SweepCell] | None,
    options: Mapping[str, Any],
    progress: Progress,
) -> None:
    """Measure a cell and keep it; one that is measured is kept, too, when an interrupt arrives."""
    if task.model is None:
        found[at] = task.cell
        return
    done = len(found)

    def hear(what: str, fraction: float) -> None:
        progress(f"{done + 1}/{planned} {what}", (done + fraction) / planned)

    interrupt = None
    report: Report | None
    try:
        cell, report = _measured(task, options, hear)
        if early_stop.is_requested:
            # Its sampling was cut short: it is measured when the sweep goes on.
            raise KeyboardInterrupt
    except KeyboardInterrupt as error:
        report = getattr(error, "report", None)
        if report is None or report.timing is None:
            raise
        # Only what comes after the times was interrupted.
        cell, interrupt = task.cell.with_report(report, None), error
    found[at] = cell  # whatever happens to its file
    if store is not None:
        try:
            cell = store.keep(cell, report)
        except KeyboardInterrupt as error:
            cell, interrupt = store.keep(cell, report), error
    found[at] = cell
    if interrupt is not None:
        raise interrupt


def _measured(
    task: _Task, options: Mapping[str, Any], progress: Progress
) -> tuple[SweepCell, Report | None]:
    configuration, model = task.configuration, task.model
    shapes = configuration.input_shapes
    settings: dict[str, Any] = {
        "input_shapes": shapes or None,
        "signature": options.get("signature"),
    }
    arena = None
    try:
        arena = api.memory(model, threads=configuration.threads, **settings).arena_bytes
        report = api.report(
            model,
            runtime=configuration.runtime,
            kernels=configuration.kernels,
            threads=configuration.threads,
            progress=progress,
            **{**options, **settings},
        )
    except TflopsError as error:
        counted = error.report
        cell = task.cell if counted is None else task.cell.with_report(counted, arena)
        reason = "; ".join([str(error), *getattr(error, "__notes__", [])])
        return replace(cell, error=reason), None
    return task.cell.with_report(report, arena), report


def _planned(
    configuration: Configuration,
    loaded: Mapping[tuple[int, str | None], Model | ConversionError],
    names: Sequence[str],
    versions: Mapping[str, str],
    facts_of_options: Mapping[str, str],
) -> _Task:
    found = loaded[configuration.model, configuration.quantization]
    error, model, sha256 = None, None, None
    if isinstance(found, ConversionError):
        error = str(found)
    else:
        model, sha256 = found, ModelInfo.of(found).hashed().sha256
    cell = SweepCell(
        key=_key(sha256, configuration, versions[configuration.runtime], facts_of_options),
        model=names[configuration.model],
        input_shapes=configuration.input_shapes,
        quantization=configuration.quantization,
        runtime=configuration.runtime,
        kernels=configuration.kernels,
        threads=configuration.threads,
        error=error,
    )
    return _Task(cell=cell, model=model, configuration=configuration)


def _each_once(tasks: Iterable[_Task]) -> list[_Task]:
    """Without those of a model that was given before: two cells of one key would be one file."""
    found: dict[tuple[str, str], _Task] = {}
    for task in tasks:
        # Without a model the key says nothing of it.
        name = task.cell.model if task.model is None else ""
        found.setdefault((task.cell.key, name), task)
    return list(found.values())


def _key(
    sha256: str | None,
    configuration: Configuration,
    version: str,
    facts_of_options: Mapping[str, str],
) -> str:
    """Of all that the figures of a cell depend on."""
    machine = this_machine()
    facts = {
        "tool": tool_name(),
        "machine": [machine.processor, machine.architecture, machine.usable_cpus],
        "model": sha256,
        "input_shapes": {k: list(v) for k, v in sorted(configuration.input_shapes.items())},
        "run": [
            configuration.quantization,
            configuration.runtime,
            version,
            configuration.kernels,
            configuration.threads,
        ],
        "options": facts_of_options,
    }
    return result_key(facts)


def _check(grid: Grid, options: Mapping[str, Any]) -> None:
    """Raise before anything is measured where an option is out of range."""
    run, rule = (
        {item.name: options[item.name] for item in fields(kind) if item.name in options}
        for kind in (RunOptions, StopRule)
    )
    StopRule(**rule)
    for runtime in grid.runtimes:
        for kernels in grid.kernels:
            for threads in grid.threads:
                RunOptions(**{**run, "runtime": runtime, "kernels": kernels, "threads": threads})


def _loaded(
    models: Sequence[Source],
    quantizations: Sequence[str | None],
    representative: str | PathLike[str] | None,
    progress: Progress,
) -> dict[tuple[int, str | None], Model | ConversionError]:
    """Each model in each quantization; one that cannot be converted fails in its cells alone."""
    data = None if representative is None else str(file_path("representative", representative))
    ways: tuple[ConversionOptions | None, ...] = (None,)
    if data is not None or quantizations != (None,):
        ways = conversions([name or "none" for name in quantizations], data)
    return {
        (at, quantization): _converted(source, conversion, progress)
        for at, source in enumerate(models)
        for quantization, conversion in zip(quantizations, ways, strict=True)
    }


def _converted(
    source: Source, conversion: ConversionOptions | None, progress: Progress
) -> Model | ConversionError:
    if isinstance(source, Model) and conversion is None:
        return source
    try:
        return load(source, conversion=conversion, progress=progress)
    except ConversionError as error:
        return error


def _names(loaded: Mapping[tuple[int, str | None], Model | ConversionError]) -> list[str]:
    """The name of each model, or its path where two have the same name."""
    infos: dict[int, ModelInfo] = {}
    for (at, _), model in loaded.items():
        if isinstance(model, Model):
            infos.setdefault(at, ModelInfo.of(model))
    positions = sorted({at for at, _ in loaded})
    names = [infos[at].name if at in infos else f"model {at + 1}" for at in positions]
    paths = [infos[at].path if at in infos else None for at in positions]
    # The same file twice needs nothing to tell it apart.
    apart = {
        (name, path or str(at)) for at, (name, path) in enumerate(zip(names, paths, strict=True))
    }
    shared = Counter(name for name, _ in apart)
    return [
        (path or f"{name} ({at + 1})") if shared[name] > 1 else name
        for at, (name, path) in enumerate(zip(names, paths, strict=True))
    ]


def _several(name: str, value: Any) -> tuple[Any, ...]:
    """The values of an option that may have several, each once."""
    if isinstance(value, str | PathLike) or not isinstance(value, Sequence):
        value = (value,)
    try:
        return tuple(dict.fromkeys(value))
    except Exception as error:
        raise OptionError(
            f"{name} must be a value or a list of such, got {shown(value)}"
        ) from error
