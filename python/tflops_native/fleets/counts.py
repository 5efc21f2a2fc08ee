"""Counting a zoo in shards: each is one job of the workflow, whose rows are in one file."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tflops_native.batches import batch
from tflops_native.errors import OptionError
from tflops_native.fleets.jobs import HIDDEN, FleetJobs
from tflops_native.notes import Note
from tflops_native.plain_json import dump_json, valid_text
from tflops_native.plain_reading import from_plain
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.result_folder import DAMAGED, damaged_files, listed
from tflops_native.whole_files import refusing, written

COUNTS = "counts"
_ROWS = ".counted"


def count_shard(path: Path, shard: str) -> None:
    """Count the models of a shard, in this process alone: the workflow runs several at once.

    Its rows are in one file, so that the table is made without reading the reports again.
    """
    plan = FleetJobs.read(path)
    if shard not in plan.shards:
        raise OptionError(f"'{path}' has no shard {shard!r}")
    folder = _folder(plan.results, shard)
    folder.parent.mkdir(exist_ok=True)
    sources = plan.shards[shard]
    done = batch(list(sources), folder=folder, count=True, processes=1, **plan.options)
    # The folder may know a model by names, too, that are no longer in the plan.
    given = {valid_text(source.split("::")[0]) for source in sources}
    rows = [
        replace(job, names=tuple(name for name in job.names if name.split("::")[0] in given))
        for job in done.jobs
    ]
    rows_file = _rows_file(plan.results, shard)
    with refusing(rows_file), written(rows_file, is_ours=True) as stream:
        stream.write(f"{dump_json([row.to_dict() for row in rows])}\n".encode())


def forget_counts(jobs: FleetJobs) -> tuple[Note, ...]:
    """Remove rows of shards that this plan no longer has, and of those that are to be counted again.

    These are shards of which a report is gone, or was changed since and cannot be read: the notes name
    them. Of the reports only those that were changed are read.
    """
    if not jobs.shards:
        return ()
    # Rows of another plan with the same results begin otherwise.
    of_plan = next(iter(jobs.shards)).split("-")[0]
    for path in (jobs.results / HIDDEN).glob(f"{of_plan}-*{_ROWS}"):
        if path.name.removesuffix(_ROWS) not in jobs.shards:
            path.unlink(missing_ok=True)
    notes = []
    for shard in jobs.shards:
        path = _rows_file(jobs.results, shard)
        try:
            rows, since = json.loads(path.read_bytes()), path.stat().st_mtime_ns
            names = [row["file"] for row in rows]
            damaged = damaged_files(_folder(jobs.results, shard), BatchJob, names, since)
        except OSError:
            continue  # it is not counted yet; what cannot be read `counted_rows` says
        except DAMAGED:
            path.unlink(missing_ok=True)
            text = f"the rows of a shard, '{path.name}', were damaged: counted again"
            notes.append(Note(code="damaged_jobs", text=text))
            continue
        if damaged:
            path.unlink(missing_ok=True)
            text = f"{listed(damaged)} in '{_folder(jobs.results, shard)}' were damaged or gone"
            notes.append(Note(code="damaged_jobs", text=f"{text}: counted again"))
    return tuple(notes)


def counted_shards(jobs: FleetJobs) -> frozenset[str]:
    """Those that have been counted."""
    return frozenset(shard for shard in jobs.shards if _rows_file(jobs.results, shard).exists())


def counted_rows(
    jobs: FleetJobs, from_before: Collection[str]
) -> tuple[tuple[BatchJob, ...], int, int]:
    """A row per model of different content, how many are of shards from before, and how many are missing.

    A file of rows that is damaged is removed, so that its shard is counted again the next time.

    Args:
        from_before: names of the shards that had been counted before.
    """
    rows: dict[str, BatchJob] = {}
    kept = missing = 0
    for shard, sources in jobs.shards.items():
        try:
            for row in _rows_of(jobs, shard):
                before = rows.get(row.key)
                rows[row.key] = row if before is None else before.with_names(row.names)
                kept += before is None and shard in from_before
        except FileNotFoundError:
            missing += len(sources)
        except DAMAGED:
            _rows_file(jobs.results, shard).unlink(missing_ok=True)
            missing += len(sources)
    return tuple(rows.values()), kept, missing


def _rows_of(jobs: FleetJobs, shard: str) -> Iterator[BatchJob]:
    rows: Sequence[object] = json.loads(_rows_file(jobs.results, shard).read_bytes())
    for plain in rows:
        yield from_plain(BatchJob, plain)


def rows_path(shard: str) -> str:
    """Of the rows of a shard, below the folder of the results."""
    return f"{HIDDEN}/{shard}{_ROWS}"


def _rows_file(results: Path, shard: str) -> Path:
    return results / rows_path(shard)


def _folder(results: Path, shard: str) -> Path:
    """Of its reports: by its number, whatever is in it."""
    return results / COUNTS / shard.split("-")[1]
