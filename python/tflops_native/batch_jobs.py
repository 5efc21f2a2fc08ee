"""What batches and fleets share: the key of a job, one try at it, and why it failed."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

from tflops_native import api
from tflops_native.checks import file_path
from tflops_native.errors import (
    ConversionError,
    DeviceError,
    InvokeError,
    ModelFormatError,
    RuntimeLibraryError,
    TflopsError,
    UnsupportedOperatorError,
)
from tflops_native.machine.machine import this_machine
from tflops_native.model.graph import Model
from tflops_native.model.info import ModelInfo
from tflops_native.model.reader import load_all
from tflops_native.pipeline import Source
from tflops_native.reports.batch_job import BatchJob, Reason
from tflops_native.reports.report import Report
from tflops_native.reports.result_folder import file_digest, option_facts, result_key
from tflops_native.result import tool_name
from tflops_native.runtime.libraries import open_runtime
from tflops_native.runtime.options import RUNTIME_NAMES, TENSORFLOW, RunOptions
from tflops_native.workload import shapes_by_input

# What says how to wait for a measurement, and nothing of its result.
OF_NO_RESULT = frozenset({"isolated", "timeout", "memory_limit"})
# Verdicts that a pause may change, and how long the first pause is; each is twice as long as the last.
_OF_HEAT = frozenset({"throttled", "drifting", "shifted"})
_FIRST_PAUSE_SECONDS = 5.0
_REASONS: Mapping[type[TflopsError], Reason] = {
    ConversionError: "conversion",
    DeviceError: "device",
    ModelFormatError: "not a model",
    RuntimeLibraryError: "runtime",
    UnsupportedOperatorError: "not counted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model, the name under which it was given, and the hash of its content."""

    model: Model
    name: str
    sha256: str


def loaded(source: Source) -> tuple[Loaded, ...]:
    """The models of a source; raises as `load`."""
    models = (source,) if isinstance(source, Model) else load_all(source)
    found = []
    for model in models:
        info = ModelInfo.of(model).hashed()
        # A part of a bundle by its own name, behind the path of the file.
        name = name_of(source)
        if len(models) > 1:
            name = str(Path(name).parent / info.name)
        found.append(Loaded(model=model, name=name, sha256=info.sha256 or ""))
    return tuple(found)


def name_of(source: Source) -> str:
    """What to call a source that is not read yet."""
    if isinstance(source, Model):
        return source.source.name
    if isinstance(source, str):
        return source
    return str(file_path("a model", source)) if isinstance(source, PathLike) else "(bytes)"


def run_version(runtime: str) -> str | None:
    """The version of a runtime; of a library by path, which is not opened here, its content."""
    if runtime == TENSORFLOW:
        return None
    if runtime in RUNTIME_NAMES:
        with suppress(RuntimeLibraryError):
            return open_runtime(runtime).info.version
        return None
    return file_digest(runtime)


def count_key(sha256: str, options: Mapping[str, Any]) -> str:
    """Of a count, which no machine changes."""
    facts = {
        "tool": tool_name(),
        "what": "count",
        "model": sha256,
        "options": option_facts(options, OF_NO_RESULT),
    }
    return result_key(facts)


def measure_key(
    sha256: str,
    run: RunOptions,
    version: str | None,
    device: str | None,
    facts_of_options: Mapping[str, str],
) -> str:
    """Of a measurement: the label of the device stands for it, else its processor."""
    machine = this_machine()
    where = [machine.processor, machine.architecture, machine.usable_cpus]
    facts = {
        "tool": tool_name(),
        "what": "measure",
        "model": sha256,
        "device": where if device is None else device,
        "run": [run.runtime, version, run.kernels, run.threads],
        "options": facts_of_options,
    }
    return result_key(facts)


def unread_job(name: str, error: TflopsError) -> BatchJob:
    """Of a source that could not be read: its name is all that is known of it."""
    facts = {"tool": tool_name(), "what": "unread", "name": name}
    job = BatchJob(key=result_key(facts), model=Path(name).name, names=(name,))
    return failed_job(job, error)


def counted_job(
    item: Loaded, key: str, options: Mapping[str, Any]
) -> tuple[BatchJob, Report | None]:
    """Count a model."""
    job = BatchJob(
        key=key,
        model=ModelInfo.of(item.model).name,
        names=(item.name,),
        sha256=item.sha256,
    )
    if shapes := shapes_by_input(options.get("input_shapes")):
        job = replace(job, input_shapes=shapes)
    return attempt(job, lambda: api.count(item.model, **options)[0])


def attempt(
    job: BatchJob, measure: Callable[[], Report], cool_down: float = 0.0
) -> tuple[BatchJob, Report | None]:
    """Do a job, again after a pause where the machine was hot; a failure is a job with the reason.

    Args:
        cool_down: seconds of pauses at most.

    Raises:
        DeviceError: the device cannot be reached, which says nothing of the job.
    """
    pause, left, attempts = _FIRST_PAUSE_SECONDS, cool_down, 0
    while True:
        attempts += 1
        try:
            report = measure()
        except DeviceError:
            raise
        except TflopsError as error:
            if error.report is not None:
                job = job.with_report(error.report, attempts)
            return failed_job(job, error), None
        except Exception as error:
            # One model among thousands: the rest goes on.
            return failed_job(job, error), None
        done = job.with_report(report, attempts)
        if _verdict(done) not in _OF_HEAT or left <= 0:
            return done, report
        time.sleep(min(pause, left))
        left -= pause
        pause *= 2


def _verdict(job: BatchJob) -> str | None:
    return job.verdict


def failed_job(job: BatchJob, error: Exception) -> BatchJob:
    """The job with the reason of an error."""
    text = "; ".join([str(error), *getattr(error, "__notes__", [])])
    return replace(job, reason=_reason(error), error=text)


def _reason(error: Exception) -> Reason:
    if isinstance(error, InvokeError):
        return error.reason  # type: ignore[return-value]
    if not isinstance(error, TflopsError):
        return "bug"
    return next((reason for kind, reason in _REASONS.items() if isinstance(error, kind)), "refused")
