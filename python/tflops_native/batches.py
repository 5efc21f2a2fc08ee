"""Batches: many models, one after the other, each counted or measured once, whatever interrupts it."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, fields, replace
from itertools import chain, zip_longest
from os import PathLike
from threading import Lock
from typing import Any, TypeAlias

from tflops_native import api
from tflops_native.batch_counts import Counted, count_all
from tflops_native.batch_jobs import (
    OF_NO_RESULT,
    Loaded,
    attempt,
    loaded,
    measure_key,
    name_of,
    run_version,
    unread_job,
)
from tflops_native.checks import file_path, number, one_of, whole_number, with_options_of
from tflops_native.errors import OptionError, TflopsError
from tflops_native.locks import FolderLock
from tflops_native.machine.machine import this_machine
from tflops_native.model.info import ModelInfo
from tflops_native.pipeline import Source
from tflops_native.plain_json import valid_text
from tflops_native.progress import Progress, early_stop, no_progress
from tflops_native.reports.batch import Batch
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.report import Report
from tflops_native.reports.result_folder import ResultFolder, option_facts
from tflops_native.runtime.options import DEFAULT_RUNTIME, KERNELS, RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import shapes_by_input

# Called with each job that is finished, how many sources are, and how many there are.
JobDone: TypeAlias = Callable[[BatchJob, int, int], None]
ORDERS = ("given", "interleaved", "random")
# Options of a count that `batch` hands on.
_OF_COUNTING = (
    *("input_shapes", "signature"),
    *("strict", "trip_count", "conventions", "valid_taps"),
)


@with_options_of(api.report)
def batch(
    *models: Source | Sequence[Source],
    folder: str | PathLike[str] | None = None,
    count: bool = False,
    processes: int | None = None,
    device: str | None = None,
    order: str = ORDERS[0],
    seed: int = 0,
    cool_down: float = 0.0,
    retry: bool = False,
    job_done: JobDone | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Batch:
    """Count or measure many models, one after the other; one that fails is a job with the reason.

    Models of the same content are one job, whatever their names.

    Args:
        models: each as `analyze` takes it, or a list of such, as the models in a folder; all models of a
            bundle are taken.
        folder: keeps a report for each job. Jobs that are there, of the same content, options, runtime and
            device, are not done again, so that an interrupted batch goes on.
        count: count only, on all CPUs, without measuring.
        processes: that count at once; as many as there are CPUs if None.
        device: a label for this device, in the reports; without one a job belongs to the processor.
        order: "given", "random", or "interleaved": one of each list of `models` in turn.
        seed: of the random order, and of random inputs.
        cool_down: seconds to wait at most for each job. Where the samples say that the CPUs were throttled
            or became slower or faster, it waits, longer each time, and measures again.
        retry: do jobs again that failed before.
        job_done: called with each job, the number of finished sources, and that of all.
        progress: as for `measure`.
        options: others of `report`, or with `count` those of `count`: input_shapes, signature, strict,
            trip_count, conventions, valid_taps; they are of all models, and a model that has no such input
            or signature is refused. Operators are not timed unless `profile=True`.

    Raises:
        OptionError: an option is out of range, or the folder cannot be written, or is in use by another
            process.
        ShapeError: what is given as shapes are none.
        Where jobs were finished, the attribute `batch` of the error, and of a KeyboardInterrupt, holds
        them.
    """
    one_of("order", order, ORDERS)
    whole_number("seed", seed, minimum=0)
    number("cool_down (seconds)", cool_down, minimum=0, below=math.inf)
    if device is not None and not device.strip():
        raise OptionError(f"device must be a label, as 'desk', got {device!r}")
    if processes is not None:
        whole_number("processes", processes, minimum=1)
    sources = _ordered(models, order, seed)
    shapes_by_input(options.get("input_shapes"))
    if count:
        if wrong := [name for name in options if name not in _OF_COUNTING]:
            raise OptionError(
                f"{', '.join(wrong)} cannot be combined with count: nothing is measured"
            )
    else:
        options = {"profile": False, **options, "seed": seed}
        _check(options)
    store = None if folder is None else ResultFolder(file_path("the folder", folder), BatchJob)
    with nullcontext() if store is None else FolderLock(store.path, "a batch"):
        kept, remarks = ({}, ()) if store is None else store.read()
        if store is not None:
            _forget_unread(store, kept, sources)
        state = _State(store=store, kept=kept, retry=retry, sources=sources, job_done=job_done)
        try:
            if count:
                cpus = processes or this_machine().usable_cpus or 1
                count_all(sources, options, state.known, state.known_keys(), cpus, state.hear)
            else:
                measurement = _Measurement(options, device, cool_down, progress or no_progress)
                for source in sources:
                    measurement.source(source, state)
            state.name_all()
        except (TflopsError, KeyboardInterrupt) as error:
            with suppress(TflopsError):
                state.name_all()
            if state.jobs:
                error.batch = state.batch(remarks)  # type: ignore[union-attr]
            raise
        return state.batch(remarks)


@dataclass(slots=True, kw_only=True)
class _State:
    """What is finished."""

    store: ResultFolder[BatchJob] | None
    kept: Mapping[str, BatchJob]
    retry: bool
    sources: Sequence[Source]
    job_done: JobDone | None
    jobs: dict[str, BatchJob] = field(default_factory=dict)
    number_kept: int = 0
    done: int = 0
    lock: Lock = field(default_factory=Lock)
    # What was found under further names, by key; those are written once, as there may be thousands.
    called: dict[str, list[tuple[str, str, bool]]] = field(default_factory=dict)
    # Of the first source of each counted job by its key: several processes find them in any order.
    firsts: dict[str, int] = field(default_factory=dict)

    def known(self, key: str) -> bool:
        """Whether a job with this key need not be done."""
        if key in self.jobs:
            return True
        kept = self.kept.get(key)
        return kept is not None and (kept.reason is None or not self.retry)

    def again(self, key: str, model: str, name: str, is_first: bool) -> None:
        """A job that is known, under another name perhaps; it is shown under the first of this run."""
        if key not in self.jobs:
            self.jobs[key] = self.kept[key]
            self.number_kept += 1
        self.called.setdefault(key, []).append((model, name, is_first))

    def name_all(self) -> None:
        """Give the jobs their names, in their files, too."""
        while self.called:
            key, called = self.called.popitem()
            before = self.jobs[key]
            job = before.with_names(name for _, name, _ in called)
            for model, name, is_first in called:
                if is_first:
                    job = job.called(model, name)
            self.jobs[key] = job
            if job != before and self.store is not None:
                self.store.amend(job)

    def add(self, job: BatchJob, report: Report | None) -> None:
        """A job that was done."""
        self.jobs[job.key] = job  # whatever happens to its file
        if self.store is not None:
            try:
                job = self.store.keep(job, report)
            except KeyboardInterrupt:
                self.jobs[job.key] = self.store.keep(job, report)
                raise
        self.jobs[job.key] = job
        self._tell(job)

    def add_text(self, job: BatchJob, text: str) -> None:
        """The same with the content of its file."""
        self.jobs[job.key] = replace(job, file=None)  # whatever happens to it
        if self.store is not None:
            self.store.write(job, text, is_synced=False)
        else:
            job = replace(job, file=None)
        self.jobs[job.key] = job
        self._tell(job)

    def known_keys(self) -> frozenset[str]:
        """Keys of the folder that need not be done."""
        return frozenset(key for key in self.kept if self.known(key))

    def hear(self, found: Counted, position: int | None) -> None:
        """What was counted of a source; several threads may call this.

        Args:
            position: of the source, where they are not counted in their order.
        """
        with self.lock:
            position = self.done if position is None else position
            is_first = position < self.firsts.get(found.key, len(self.sources))
            if is_first and found.key:
                self.firsts[found.key] = position
            if found.job is not None and found.key not in self.jobs:
                self.add_text(found.job, found.text)
            elif found.name is not None:
                self.again(found.key, found.model, found.name, is_first)
            self.done += found.ends_source

    def _tell(self, job: BatchJob) -> None:
        if self.job_done is not None:
            self.job_done(job, min(self.done + 1, len(self.sources)), len(self.sources))

    def batch(self, remarks: Sequence[Any]) -> Batch:
        """All of it, in the order of the sources: several processes finish in any other."""
        return Batch(
            jobs=tuple(sorted(self.jobs.values(), key=lambda job: self.firsts.get(job.key, 0))),
            unfinished=len(self.sources) - self.done,
            kept=self.number_kept,
            remarks=tuple(remarks),
        )


class _Measurement:
    """Measures one source after the other."""

    def __init__(
        self, options: Mapping[str, Any], device: str | None, cool_down: float, progress: Progress
    ) -> None:
        self.options = options
        self.device = device
        self.cool_down = cool_down
        self.progress = progress
        self.run = RunOptions(**_of(RunOptions, options))
        # Data is hashed for it, once for all models.
        self.facts = option_facts(options, OF_NO_RESULT)
        self.version = run_version(self.run.runtime)

    def source(self, source: Source, state: _State) -> None:
        try:
            models = loaded(source)
        except TflopsError as error:
            state.add(unread_job(name_of(source), error), None)
            models = ()
        for item in models:
            key = measure_key(item.sha256, self.run, self.version, self.device, self.facts)
            if state.known(key):
                model = ModelInfo.of(item.model).name
                state.again(key, model, item.name, is_first=key not in state.jobs)
            else:
                self.job(item, key, state)
        state.done += 1

    def job(self, item: Loaded, key: str, state: _State) -> None:
        job = BatchJob(
            key=key,
            model=ModelInfo.of(item.model).name,
            names=(item.name,),
            sha256=item.sha256,
            input_shapes=shapes_by_input(self.options.get("input_shapes")),
            device=self.device,
            runtime=self.run.runtime,
            runtime_version=self.version,
            kernels=self.run.kernels,
            threads=self.run.threads,
        )

        def hear(what: str, fraction: float) -> None:
            done = (state.done + fraction) / max(len(state.sources), 1)
            self.progress(f"{state.done + 1}/{len(state.sources)} {what}", done)

        def measure() -> Report:
            report = api.report(item.model, isolated=True, progress=hear, **self.options)
            if early_stop.is_requested:
                # Its sampling was cut short: it is measured when the batch goes on.
                raise KeyboardInterrupt
            return labelled(report, self.device)

        try:
            state.add(*attempt(job, measure, self.cool_down))
        except KeyboardInterrupt as error:
            report = getattr(error, "report", None)
            if report is not None and report.timing is not None and not early_stop.is_requested:
                # Only what comes after the times was interrupted.
                state.add(job.with_report(labelled(report, self.device), 1), report)
            raise


def _forget_unread(
    store: ResultFolder[BatchJob], kept: Mapping[str, BatchJob], sources: Sequence[Source]
) -> None:
    """What could not be read is looked at again in any case, and may be there now."""
    unread = [job for job in kept.values() if job.sha256 is None]
    names = {valid_text(name_of(source)) for source in sources} if unread else set()
    for job in unread:
        if names.issuperset(job.names):
            store.remove(job)


def labelled(report: Report, device: str | None) -> Report:
    """A report with the label of the device that it was measured on."""
    if device is None or report.timing is None:
        return report
    origin = replace(report.timing.origin, device=device)
    return report.with_parts(timing=replace(report.timing, origin=origin))


def _ordered(models: Sequence[Any], order: str, seed: int) -> list[Source]:
    groups = [list(item) if isinstance(item, list | tuple) else [item] for item in models]
    sources: list[Source] = list(chain.from_iterable(groups))
    if order == "random":
        random.Random(seed).shuffle(sources)
    elif order == "interleaved":
        missing = object()
        turns = chain.from_iterable(zip_longest(*groups, fillvalue=missing))
        sources = [item for item in turns if item is not missing]
    if not sources:
        raise OptionError("there are no models: give at least one")
    return sources


def _of(kind: type, options: Mapping[str, Any]) -> dict[str, Any]:
    return {
        item.name: options[item.name] for item in fields(kind) if options.get(item.name) is not None
    }


def _check(options: Mapping[str, Any]) -> None:
    """Raise before anything is measured where an option is out of range."""
    StopRule(**_of(StopRule, options))
    RunOptions(**{"runtime": DEFAULT_RUNTIME, "kernels": KERNELS[0], **_of(RunOptions, options)})
