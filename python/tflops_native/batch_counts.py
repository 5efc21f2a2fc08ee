"""Counting many models in child processes, as many at once as there are CPUs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
from tflops_native.pipeline import Source
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.report import Report
from tflops_native.reports.result_folder import entry_text, file_name

# To start a process takes as long as to count some dozens of small models.
_PER_PROCESS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A job and the text of its file, or the name of one that is known; `ends_source` with its last."""

    key: str = ""
    name: str | None = None
    job: BatchJob | None = None
    text: str = ""
    ends_source: bool = False


def count_all(
    sources: Sequence[Source],
    options: Mapping[str, Any],
    kept: frozenset[str],
    processes: int,
    hear: Callable[[Counted], None],
) -> None:
    """Count in child processes, as many at once as asked for; in this one where there would be one.

    Args:
        kept: keys of jobs that need not be done.
        hear: called with all that is found, from several threads.
    """
    if processes == 1 or len(sources) == 1:
        for found in _counted(sources, options, kept):
            hear(found)
        return
    # Imported when used: it is not needed to count a few.
    from concurrent.futures import ThreadPoolExecutor

    size = max(1, min(_PER_PROCESS, -(-len(sources) // processes)))
    parts = [sources[at : at + size] for at in range(0, len(sources), size)]
    with ThreadPoolExecutor(processes) as pool:
        waiting = [pool.submit(_count_in_child, part, options, kept, hear) for part in parts]
        try:
            for done in waiting:
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _counted(
    sources: Sequence[Source], options: Mapping[str, Any], kept: frozenset[str]
) -> Iterator[Counted]:
    seen = set(kept)
    for source in sources:
        try:
            models = loaded(source)
        except TflopsError as error:
            yield _with_text(unread_job(name_of(source), error), None)
            models = ()
        for item in models:
            key = count_key(item.sha256, options)
            if key in seen:
                yield Counted(key=key, name=item.name)
                continue
            seen.add(key)
            yield _with_text(*counted_job(item, key, options))
        yield Counted(ends_source=True)


def _with_text(job: BatchJob, report: Report | None) -> Counted:
    job = replace(job, file=file_name(job))
    return Counted(key=job.key, name=job.names[0], job=job, text=entry_text(job, report))


def _count_in_child(
    sources: Sequence[Source],
    options: Mapping[str, Any],
    kept: frozenset[str],
    hear: Callable[[Counted], None],
) -> None:
    """Count in a child process; of one that ends, only the model that it ended with fails."""
    done = 0

    def count(found: Counted) -> None:
        nonlocal done
        done += found.ends_source
        hear(found)

    try:
        run_isolated(_count_and_keep, tuple(sources), dict(options), kept, keep=count)
    except InvokeError as error:
        job = failed_job(unread_job(name_of(sources[done]), error), error)
        hear(_with_text(job, None))
        hear(Counted(ends_source=True))
        if rest := sources[done + 1 :]:
            _count_in_child(rest, options, kept, hear)


def _count_and_keep(
    sources: tuple[Source, ...], options: dict[str, Any], kept: frozenset[str], reporter: Reporter
) -> None:
    for found in _counted(sources, options, kept):
        reporter.keep(found)
