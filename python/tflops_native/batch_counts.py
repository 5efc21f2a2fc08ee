"""Counting many models in child processes, as many at once as there are CPUs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, TypeAlias

from tflops_native.batch_jobs import (
    count_key,
    counted_job,
    failed_job,
    loaded,
    name_of,
    unread_job,
)
from tflops_native.errors import InvokeError, TflopsError
from tflops_native.isolation.child import Reporter
from tflops_native.isolation.isolated import run_isolated
from tflops_native.model.info import ModelInfo
from tflops_native.pipeline import Source
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.report import Report
from tflops_native.reports.result_folder import entry_text, file_name

# To start a process takes as long as to count some dozens of small models.
_PER_PROCESS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A job and the text of its file, or the names of one that is known; `ends_source` with its last."""

    key: str = ""
    model: str = ""
    name: str | None = None
    job: BatchJob | None = None
    text: str = ""
    ends_source: bool = False


# Called with what was found, and the position of its source where they are not counted in their order.
Hear: TypeAlias = Callable[[Counted, int | None], None]


def count_all(
    sources: Sequence[Source],
    options: Mapping[str, Any],
    is_known: Callable[[str], bool],
    kept: frozenset[str],
    processes: int,
    hear: Hear,
) -> None:
    """Count in child processes, as many at once as asked for; in this one where there would be one.

    Also where a source is an open file by its number.

    Args:
        is_known: whether the job of a key need not be done.
        kept: the keys of which that is known beforehand.
        hear: called with all that is found, from several threads.
    """
    if processes == 1 or len(sources) == 1 or any(map(_is_of_process, sources)):
        for found in _counted(sources, options, is_known):
            hear(found, None)
        return
    # Imported when used: it is not needed to count a few.
    from concurrent.futures import ThreadPoolExecutor

    size = max(1, min(_PER_PROCESS, -(-len(sources) // processes)))
    parts = [sources[at : at + size] for at in range(0, len(sources), size)]
    with ThreadPoolExecutor(processes) as pool:
        waiting = [
            pool.submit(_count_in_child, part, at * size, options, kept, hear)
            for at, part in enumerate(parts)
        ]
        try:
            for done in waiting:
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _is_of_process(source: Source) -> bool:
    """Whether a path is another file, or none, in another process."""
    is_path = isinstance(source, str | PathLike)
    return is_path and str(source).startswith(("/dev/fd/", "/dev/std", "/proc/self/"))


def _counted(
    sources: Sequence[Source], options: Mapping[str, Any], is_known: Callable[[str], bool]
) -> Iterator[Counted]:
    """What each source holds. A job that was found is to be known before the next is asked for."""
    for source in sources:
        try:
            models = loaded(source)
        except TflopsError as error:
            yield _with_text(unread_job(name_of(source), error), None)
            models = ()
        for item in models:
            key = count_key(item.sha256, options)
            if is_known(key):
                model = ModelInfo.of(item.model).name
                yield Counted(key=key, model=model, name=item.name)
            else:
                yield _with_text(*counted_job(item, key, options))
        yield Counted(ends_source=True)


def _with_text(job: BatchJob, report: Report | None) -> Counted:
    job = replace(job, file=file_name(job))
    text = entry_text(job, report)
    return Counted(key=job.key, model=job.model, name=job.names[0], job=job, text=text)


def _count_in_child(
    sources: Sequence[Source],
    start: int,
    options: Mapping[str, Any],
    kept: frozenset[str],
    hear: Hear,
) -> None:
    """Count in a child process; of one that ends, only the model that it ended with fails."""
    done = 0

    def count(found: Counted) -> None:
        nonlocal done
        hear(found, start + done)
        done += found.ends_source

    try:
        run_isolated(_count_and_keep, tuple(sources), dict(options), kept, keep=count)
    except InvokeError as error:
        job = failed_job(unread_job(name_of(sources[done]), error), error)
        hear(_with_text(job, None), start + done)
        hear(Counted(ends_source=True), None)
        if rest := sources[done + 1 :]:
            _count_in_child(rest, start + done + 1, options, kept, hear)


def _count_and_keep(
    sources: tuple[Source, ...], options: dict[str, Any], kept: frozenset[str], reporter: Reporter
) -> None:
    known = set(kept)
    for found in _counted(sources, options, known.__contains__):
        known.add(found.key)
        reporter.keep(found)
