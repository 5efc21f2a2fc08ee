"""Running a plan: Snakemake schedules, tflops measures, and what comes back is a table."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from tflops_native.checks import with_checked_arguments
from tflops_native.collecting import collect, foreign_in
from tflops_native.errors import DeviceError, OptionError, TflopsError
from tflops_native.fleets.counts import counted_rows, counted_shards, forget_counts, rows_path
from tflops_native.fleets.jobs import (
    HIDDEN,
    FleetJobs,
    keep_unreached,
    look_over_reports,
    unreached_job,
    write_jobs,
)
from tflops_native.fleets.lock import DeviceLock
from tflops_native.fleets.plan import MISSING, Plan, read_plan
from tflops_native.formatting import plural
from tflops_native.locks import FolderLock, Lock
from tflops_native.notes import Note
from tflops_native.reports.batch import Batch

# Called with the label of a device, the name of a model that was done there, and how many are, of how many.
JobDone: TypeAlias = Callable[[str, str, int, int], None]
_LOOK_SECONDS = 0.5
_LOG = "snakemake.log"
_NAMED = 3
_MISSING_JOBS = "missing_jobs"
Expand: TypeAlias = Callable[[str], Sequence[str]]


@with_checked_arguments
def fleet(
    plan: str | PathLike[str],
    *,
    cores: int | None = None,
    dry_run: bool = False,
    arguments: Sequence[str] = (),
    expand: Expand = lambda path: [path],
    job_done: JobDone | None = None,
) -> Batch:
    """Measure models on devices, or count them, as a plan says; needs the extra "fleet".

    Jobs that are done are not done again. A device that cannot be reached fails its jobs, and the rest go
    on; they are tried again the next time.

    Args:
        plan: the path of a YAML file; `docs/fleet.md` says what it holds.
        cores: jobs that may run at once here; all CPUs if None. Devices take as many as the plan says.
        dry_run: only print the jobs.
        arguments: further ones for Snakemake, as for a cluster.
        expand: path of the plan -> models in it.
        job_done: called with the label of a device and a model that was measured there, how many jobs are
            done and how many there are.

    Raises:
        OptionError: the plan is wrong, Snakemake is missing or failed, or the results cannot be written.
            Also if another process writes to the folder of the results.
        DeviceError: all devices are in use by other plans.
        Where jobs were finished, the attribute `batch` of the error holds them.
    """
    given = read_plan(plan)
    if find_spec("snakemake") is None:
        raise OptionError(MISSING.format("a fleet"))
    if find_spec("fcntl") is None:
        raise OptionError("a fleet needs Linux or macOS, which lock files")
    sources = [source for model in given.models for source in expand(model)]
    try:
        (given.results / HIDDEN).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot write '{given.results}': {reason}") from error
    locks, problems = ([], {}) if dry_run else _locked(given)
    try:
        # What only looks leaves alone what runs at the same time.
        name = "dry-run.json" if dry_run else "jobs.json"
        path = write_jobs(given, sources, uuid.uuid4().hex[:12], sorted(problems), name)
        jobs = FleetJobs.read(path)
        remarks = () if dry_run else (*look_over_reports(jobs), *forget_counts(jobs))
        _leave_out(jobs, problems)
        from_before = counted_shards(jobs)
        hear = _Watch(jobs, job_done)
        status = _snakemake(given, jobs, path, locks, cores, dry_run, arguments, hear)
    finally:
        for lock in locks:
            lock.release()
    if given.count:
        counted, kept, missing = counted_rows(jobs, from_before)
        # No report is read for it.
        remarks = (*remarks, *foreign_in(jobs.results))
        batch = Batch(jobs=counted, kept=kept, remarks=remarks)
    else:
        missing = 0
        batch = _measurements(jobs, hear.kept, remarks)
        if not dry_run:
            batch = replace(batch, remarks=(*batch.remarks, *_missing(jobs, batch)))
    if not dry_run and (missing or (status != 0 and not batch.failed)):
        what = f"{plural(missing, 'model')} not counted: " if missing else ""
        log = given.results / HIDDEN / _LOG
        text = (
            f"{what}Snakemake failed: its words are in '{log}'"
            if status != 0
            else f"{what}the rows of a shard are damaged; start the fleet again to count it again"
        )
        lost = next((str(note) for note in batch.remarks if note.code == _MISSING_JOBS), text)
        failure = OptionError(lost)
        if batch.jobs:
            failure.batch = batch
        raise failure
    return batch


def _measurements(jobs: FleetJobs, kept: int, remarks: tuple[Note, ...]) -> Batch:
    """What the folders of the devices hold of this plan."""
    found = collect(jobs.results)
    wanted = {*jobs.jobs, *jobs.unread}
    rows = tuple(job for job in found.jobs if job.key in wanted)
    return Batch(jobs=rows, kept=kept, remarks=(*remarks, *found.remarks))


def _missing(jobs: FleetJobs, batch: Batch) -> Iterator[Note]:
    """A note on jobs whose process failed, as where a model changed before its job began."""
    done = {job.key for job in batch.jobs}
    missing = [facts for key, facts in jobs.jobs.items() if key not in done]
    if missing:
        names = [f"{facts['title']!r} on {facts['device']}" for facts in missing[:_NAMED]]
        some = f"{', '.join(names)}{', ...' if len(missing) > _NAMED else ''}"
        yield Note(
            code=_MISSING_JOBS,
            text=f"{plural(len(missing), 'job')} left no result ({some}): why stands in "
            f"'{jobs.results / HIDDEN / _LOG}'",
            hint="start the fleet again",
        )


def _locked(plan: Plan) -> tuple[list[Lock], dict[str, DeviceError]]:
    """The locks of the results and of devices, and what keeps other devices from being locked."""
    locks: list[Lock] = [FolderLock(plan.results, f"plan '{plan.path.resolve()}'")]
    problems = {}
    try:
        for device in plan.devices:
            try:
                locks.append(DeviceLock(device, plan.path))
            except DeviceError as error:
                problems[device.label] = error
        if problems and len(problems) == len(plan.devices):
            raise next(iter(problems.values()))
    except TflopsError:
        for lock in locks:
            lock.release()
        raise
    return locks, problems


def _leave_out(jobs: FleetJobs, problems: dict[str, DeviceError]) -> None:
    for facts in jobs.jobs.values():
        error = problems.get(facts["device"])
        if error is not None and not (jobs.results / facts["output"]).exists():
            keep_unreached(jobs.results, unreached_job(facts), error)


def _snakemake(
    plan: Plan,
    jobs: FleetJobs,
    path: Path,
    locks: Sequence[Lock],
    cores: int | None,
    dry_run: bool,
    arguments: Sequence[str],
    hear: "_Watch",
) -> int:
    """Run the workflow; its own words go to a file, those of the jobs to standard error."""
    # A device is waited for, and takes none of the CPUs here.
    here = cores or max(os.cpu_count() or 1, sum(device.jobs for device in plan.devices))
    limits = [f"device_{at}={device.jobs}" for at, device in enumerate(plan.devices)]
    with as_file(files("tflops_native.fleets") / "workflow.smk") as workflow:
        command: list[str] = [
            *(sys.executable, "-m", "snakemake"),
            # Named: a rule for all would be one more job, and Snakemake waits a second after it starts one.
            *(rows_path(shard) for shard in jobs.shards),
            *("--snakefile", str(workflow)),
            *("--directory", str(plan.results.resolve())),
            *("--config", f"jobs={path}"),
            *("--cores", str(here)),
            *(("--resources", *limits) if limits else ()),
            *("--keep-going", "--rerun-incomplete", "--rerun-triggers", "mtime"),
            *("--nocolor", *(("--dry-run", "--quiet", "host", "reason") if dry_run else ())),
            *arguments,
        ]
        return _run(command, plan.results / HIDDEN / _LOG, locks, dry_run, hear)


class _Watch:
    """Notices the files of jobs that are done; `kept` is how many were there already."""

    def __init__(self, jobs: FleetJobs, job_done: JobDone | None) -> None:
        self._outputs = {jobs.results / job["output"]: job for job in jobs.jobs.values()}
        self._total = len(self._outputs)
        self._left = {path for path in self._outputs if not path.exists()}
        self.kept = self._total - len(self._left)
        self._job_done = job_done

    def look(self) -> None:
        """Now and then."""
        for path in [path for path in self._left if path.exists()]:
            self._left.remove(path)
            if self._job_done is not None:
                job = self._outputs[path]
                done = self._total - len(self._left)
                self._job_done(job["device"], job["title"], done, self._total)


def _run(
    command: Sequence[str], log: Path, locks: Sequence[Lock], dry_run: bool, hear: _Watch
) -> int:
    # What only looks leaves the words of the last run, or of one that is at work, alone.
    with (Path(os.devnull) if dry_run else log).open("wb") as stream:
        output: Any = None if dry_run else stream
        # It holds the locks, too, should this process be killed.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=[lock.descriptor for lock in locks if lock.descriptor is not None],
            start_new_session=True,
        )
        try:
            while True:
                try:
                    return process.wait(_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    hear.look()
        except BaseException:
            # Its jobs end with it; those that are done are kept.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
        finally:
            hear.look()
