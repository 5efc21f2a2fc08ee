"""The jobs of a plan, as a file that the processes of the workflow read, and one job at a time."""

import hashlib
import json
import os
import shlex
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tflops_native import api
from tflops_native.batch_jobs import (
    OF_NO_RESULT,
    Loaded,
    attempt,
    failed_job,
    loaded,
    measure_key,
    run_version,
    unread_job,
)
from tflops_native.batches import labelled
from tflops_native.errors import DeviceError, OptionError, TflopsError
from tflops_native.fleets.lock import lock_owner
from tflops_native.fleets.plan import Device, Plan, device_from_plain, device_to_plain
from tflops_native.fleets.remote import FolderName, time_on
from tflops_native.model.info import ModelInfo
from tflops_native.notes import Note
from tflops_native.plain_json import valid_text
from tflops_native.reports.batch_job import BatchJob
from tflops_native.reports.report import Report
from tflops_native.reports.result_folder import (
    ResultFolder,
    entry_at,
    entry_text,
    file_name,
    listed,
    names_by_key,
    option_facts,
)
from tflops_native.result import tool_name
from tflops_native.runtime.options import RunOptions
from tflops_native.whole_files import refusing, written
from tflops_native.workload import shapes_by_input

# A hidden folder of the results: what belongs to the workflow, and to no table.
HIDDEN = ".fleet"
# Of failures that say something of the device and nothing of the model; they are tried again next time.
UNREACHED = "unreached"
# Of what could not be read, on whichever device.
UNREAD = "unread"
# To start a job of the workflow costs about as much as to count a hundred small models.
MODELS_PER_SHARD = 1000


@dataclass(frozen=True, slots=True)
class FleetJobs:
    """What there is to do, as it stands in the file.

    run        of one call of `fleet`: a device that was lost is not asked again in the same run
    owner      for whom the devices are locked
    unread     keys of the rows of models that could not be read
    """

    results: Path
    run: str
    owner: str
    retries: int
    options: Mapping[str, Any]
    devices: Mapping[str, Device]
    jobs: Mapping[str, Mapping[str, Any]]
    shards: Mapping[str, Sequence[str]]
    unread: frozenset[str]

    @classmethod
    def read(cls, path: Path) -> "FleetJobs":
        """From the file that `write_jobs` wrote."""
        try:
            plain = json.loads(path.read_bytes())
            devices = map(device_from_plain, plain["devices"])
            return cls(
                results=Path(plain["results"]),
                run=plain["run"],
                owner=plain["owner"],
                retries=plain["retries"],
                options=plain["options"],
                devices={device.label: device for device in devices},
                jobs={job["key"]: job for job in plain["jobs"]},
                shards=plain["shards"],
                unread=frozenset(plain["unread"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OptionError(f"'{path}' does not hold the jobs of a fleet: {error}") from error


def write_jobs(
    plan: Plan, sources: Sequence[str], run: str, left_out: Sequence[str], name: str
) -> Path:
    """Write the jobs of a plan; models that cannot be read have their rows at once.

    Args:
        left_out: labels of devices that are in use, whose jobs are not done.
        name: of the file.
    """
    found = _shards(plan, sources) if plan.count else {}
    unread = [] if plan.count else _keep_unread(plan, sources)
    jobs = [] if plan.count else _jobs(plan, sources)
    path = plan.results.resolve() / HIDDEN / name
    plain = {
        "command": shlex.join([sys.executable, "-P", "-m", "tflops_native"]),
        "quoted": shlex.quote(str(path)),
        "results": str(plan.results.resolve()),
        "run": run,
        "owner": lock_owner(),
        "retries": plan.retries,
        "options": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in plan.options.items()
        },
        "devices": list(map(device_to_plain, plan.devices)),
        "left_out": list(left_out),
        "jobs": jobs,
        "shards": found,
        "unread": unread,
    }
    with refusing(path), written(path, is_ours=True) as stream:
        # Of a path that is no Unicode it keeps the bytes, so that the job finds its model.
        stream.write(f"{json.dumps(plain, indent=1)}\n".encode())
    return path


def _jobs(plan: Plan, sources: Sequence[str]) -> list[dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = {}
    identities = {device.label: _identity(device) for device in plan.devices}
    # A job that is done has its file, whatever its model was called then.
    done = {device.label: names_by_key(plan.results / device.label) for device in plan.devices}
    for source, path in zip(sources, _absolute(sources), strict=True):
        try:
            models = loaded(source)
        except TflopsError:
            continue
        for at, item in enumerate(models):
            for device in plan.devices:
                job = _job(item, device, identities[device.label], plan.options)
                known = jobs.get(job.key)
                if known is not None:
                    known["names"] += job.names
                    continue
                jobs[job.key] = {
                    "key": job.key,
                    "device": device.label,
                    "output": f"{device.label}/{done[device.label].get(job.key, file_name(job))}",
                    "source": path,
                    "part": at,
                    "sha256": item.sha256,
                    "names": list(job.names),
                    "title": job.model,
                    "input_shapes": job.input_shapes,
                }
    return list(jobs.values())


def _keep_unread(plan: Plan, sources: Sequence[str]) -> list[str]:
    """Rows of models that cannot be read, and no longer of those that now can; their keys."""
    found = [job for source in sources if (job := _unread(source)) is not None]
    place = plan.results / UNREAD
    if not found and not place.exists():
        return []
    folder = ResultFolder(place, BatchJob)
    before, _ = folder.read()
    for job in before.values():
        if set(map(valid_text, sources)).issuperset(job.names):
            folder.remove(job)
    return [folder.keep(job, None).key for job in found]


def _unread(source: str) -> BatchJob | None:
    try:
        loaded(source)
    except TflopsError as error:
        return unread_job(source, error)
    return None


def _job(item: Loaded, device: Device, version: str | None, options: Mapping[str, Any]) -> BatchJob:
    run = RunOptions(
        runtime=device.runtime if device.kind == "local" else "tflite",
        kernels=options.get("kernels", "xnnpack"),
        threads=options.get("threads", 1),
    )
    facts = option_facts({**options, "where": device.kind}, OF_NO_RESULT)
    key = measure_key(item.sha256, run, version, device.label, facts)
    return BatchJob(
        key=key,
        model=ModelInfo.of(item.model).name,
        names=(item.name,),
        sha256=item.sha256,
        input_shapes=shapes_by_input(options.get("input_shapes")),
        device=device.label,
        runtime=run.runtime,
        runtime_version=version if device.kind == "local" else None,
        kernels=run.kernels,
        threads=run.threads,
    )


def _identity(device: Device) -> str | None:
    """The version of the runtime; of another device the content of what is copied there."""
    if device.kind == "local":
        return run_version(device.runtime)
    content = hashlib.sha256()
    for path in sorted(Path(str(device.timer)).iterdir()):
        if path.is_file():
            content.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"sha256:{content.hexdigest()[:16]}"


def _shards(plan: Plan, sources: Sequence[str]) -> dict[str, list[str]]:
    """Paths by shard. The name of a shard changes with the files in it, so that it is counted again.

    It begins with what tells the plan from others with the same results.
    """
    found = {}
    of_plan = hashlib.sha256(str(plan.path.resolve()).encode()).hexdigest()[:8]
    paths = _absolute(sources)
    for at in range(0, len(paths), MODELS_PER_SHARD):
        part = paths[at : at + MODELS_PER_SHARD]
        content = hashlib.sha256(repr((tool_name(), plan.options)).encode())
        for name in part:
            stamp = _stamp(name.split("::")[0])
            content.update(repr((name, *stamp)).encode())
        found[f"{of_plan}-{at // MODELS_PER_SHARD:04}-{content.hexdigest()[:16]}"] = part
    return found


def _absolute(sources: Sequence[str]) -> list[str]:
    """Paths that other processes find, each with the name that was given, also where that is a link's."""
    parts = list(map(os.path.split, sources))
    # Each folder once: a zoo has thousands of models in one.
    folders = {folder: str(Path(folder).resolve()).rstrip(os.sep) for folder, _ in set(parts)}
    return [f"{folders[folder]}{os.sep}{name}" for folder, name in parts]


def _stamp(path: str) -> tuple[int | None, int | None]:
    """Size in bytes and time of change; None where there is no such file."""
    with suppress(OSError, ValueError):
        found = Path(path).stat()
        return found.st_size, found.st_mtime_ns
    return None, None


def look_over_reports(jobs: FleetJobs) -> tuple[Note, ...]:
    """Give the reports of this plan the names that their models have now, and remove what cannot be read.

    That is measured again; notes name it.
    """
    damaged: dict[str, list[str]] = {}
    for facts in jobs.jobs.values():
        path = jobs.results / facts["output"]
        if not path.exists():
            continue
        job = entry_at(path, BatchJob)
        if job is None:
            path.unlink()
            damaged.setdefault(facts["device"], []).append(path.name)
            continue
        now = job.called(facts["title"], facts["names"][0]).with_names(facts["names"])
        if now != job:
            ResultFolder(path.parent, BatchJob).amend(now)
    return tuple(
        Note(
            code="damaged_jobs",
            text=f"{listed(names)} in '{jobs.results / device}' could not be read: measured again",
        )
        for device, names in damaged.items()
    )


def run_job(path: Path, key: str, attempt_number: int) -> BatchJob:
    """Measure one model on one device; a failure of the model is a result.

    Raises:
        DeviceError: the device cannot be reached; the last time it is tried, that is kept as a row.
    """
    plan = FleetJobs.read(path)
    if key not in plan.jobs:
        raise OptionError(f"'{path}' has no job {key!r}")
    facts = plan.jobs[key]
    device = plan.devices[facts["device"]]
    folder = ResultFolder(plan.results / device.label, BatchJob)
    dead = plan.results / HIDDEN / f"{device.label}.dead"
    item = loaded(facts["source"])[facts["part"]]
    if item.sha256 != facts["sha256"]:
        raise OptionError(f"'{item.name}' has changed since the fleet started: start it again")
    job = _job(item, device, _identity(device), plan.options)
    job = replace(job, key=key, names=tuple(facts["names"]))
    try:
        if (lost := _lost_before(dead, plan.run)) is not None:
            raise DeviceError(lost)
        name = FolderName(owner=plan.owner, run=plan.run, job=key)
        done, report = attempt(job, lambda: _measure(item, device, plan.options, name))
    except DeviceError as error:
        if attempt_number > plan.retries:
            if _lost_before(dead, plan.run) is None:
                dead.write_text(f"{plan.run} {error}", encoding="utf-8")
            keep_unreached(plan.results, job, error)
        raise
    # Where the workflow waits for it.
    done = replace(done, file=Path(facts["output"]).name)
    folder.write(done, entry_text(done, report))
    unreached = plan.results / UNREACHED
    with suppress(OSError, OptionError, KeyError):  # it is done, whatever became of that row
        (unreached / names_by_key(unreached)[key]).unlink()
    return done


def _lost_before(dead: Path, run: str) -> str | None:
    """Why a device was lost in this run; None where it was not."""
    with suppress(FileNotFoundError):
        of_run, _, why = dead.read_text(encoding="utf-8").partition(" ")
        if of_run == run:
            return why
    return None


def keep_unreached(results: Path, job: BatchJob, error: DeviceError) -> None:
    """A row of a job whose device cannot be reached; it is removed once the job is done."""
    ResultFolder(results / UNREACHED, BatchJob).keep(failed_job(job, error), None)


def unreached_job(facts: Mapping[str, Any]) -> BatchJob:
    """What is known of a job before its model is read."""
    return BatchJob(
        key=facts["key"],
        model=facts["title"],
        names=tuple(facts["names"]),
        sha256=facts["sha256"],
        input_shapes=shapes_by_input(facts["input_shapes"]),
        device=facts["device"],
    )


def _measure(item: Loaded, device: Device, options: Mapping[str, Any], name: FolderName) -> Report:
    if device.kind == "local":
        given = {"profile": False, "runtime": device.runtime, **options}
        return labelled(api.report(item.model, isolated=True, **given), device.label)
    # Refused here, before anything is copied: a shape that does not fit could end the runtime.
    shapes = options.get("input_shapes")
    api.analyze(item.model, input_shapes=shapes)
    with tempfile.TemporaryDirectory(prefix="tflops-") as folder:
        times = Path(folder) / "times.json"
        started = time.monotonic()
        time_on(device, bytes(item.model.data), options, times, name)
        size, seconds = times.stat().st_size, time.monotonic() - started
        if not _is_json(times):
            what = f"{size:,} bytes that are no times" if size else "no times"
            raise DeviceError(f"device {device.label!r} sent {what} after {seconds:.0f} s")
        return api.report(
            item.model, input_shapes=shapes, profile_file=str(times), device=device.label
        )


def _is_json(path: Path) -> bool:
    """Whether a file came whole: what was cut off on its way says nothing of the model."""
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return True
