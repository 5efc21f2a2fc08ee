"""Reads a file of timings that was made elsewhere, and joins it to a model."""

import os
import zlib
from typing import TYPE_CHECKING, cast

from tflops_native.imported.check import (
    check_model,
    check_shapes,
    check_signature,
    other_model,
)
from tflops_native.imported.files import read_recorded
from tflops_native.imported.join import join_recorded
from tflops_native.imported.recorded import Recorded
from tflops_native.imported.result import imported_timing
from tflops_native.imported.timer_json import TimerEvents, TimerRecord
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.model import Entry, Model
from tflops_native.profile.profiling import profile_of_runs
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.stability.verdict import judge
from tflops_native.timing.clock import Clock
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, Latency
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from tflops_native._native import ProfiledRuns


def load_timing(path: str | os.PathLike[str], workload: Workload) -> Timing:
    """Times of a model from a file.

    Args:
        path: the log, the CSV file or a protocol buffer of TensorFlow Lite's `benchmark_model`, the
            JSON of `litert-benchmark`, or that of `tflops-timer`: its content tells which.
        workload: what the times are joined to.

    Raises:
        ProfileFormatError: the file cannot be read, or it belongs to another model, to other input
            shapes or to another signature.
    """
    model, entry, shapes = workload.model, workload.entry, workload.shapes
    recorded = read_recorded(path)
    if isinstance(recorded, TimerRecord):
        _check_timer(recorded, model)
        check_signature(recorded.signature, model, entry)
        check_shapes(recorded.input_shapes, entry, shapes)
        return _timing(recorded, entry, str(path))
    check_model(recorded, model, entry)
    check_shapes(recorded.input_shapes or {}, entry, shapes)
    return _imported(recorded, entry, str(path))


def _imported(recorded: Recorded, entry: Entry, path: str) -> Timing:
    count = len(entry.subgraph.operators)
    names = [e.name for e in recorded.events if not e.is_inside and e.index >= count]
    if not names:
        names = [*recorded.delegates]
    if not names and any(event.is_inside for event in recorded.events):
        names = ["a delegate"]
    kernels = " + ".join(dict.fromkeys(names)) or ("builtin" if recorded.events else None)
    return imported_timing(recorded, path, kernels, join_recorded(entry.subgraph, recorded))


def _check_timer(recorded: TimerRecord, model: Model) -> None:
    if recorded.model_size_bytes != model.size_bytes:
        raise other_model(
            f"it was {recorded.model_name} of {recorded.model_size_bytes:,} bytes, "
            f"this one has {model.size_bytes:,}"
        )
    if recorded.model_crc32 != zlib.crc32(model.data):
        raise other_model(
            f"it was {recorded.model_name} of the same size but with other content (CRC-32 "
            f"{recorded.model_crc32:08x}, this one has {zlib.crc32(model.data):08x})"
        )


def _check_events(events: TimerEvents, entry: Entry) -> None:
    count = len(entry.subgraph.operators)
    for name, operator, subgraph, is_delegated in events.events:
        if subgraph == entry.subgraph.index and not is_delegated and not 0 <= operator < count:
            raise other_model(f"its operator {operator} is {name}, this one has {count} operators")


def _timing(recorded: TimerRecord, entry: Entry, path: str) -> Timing:
    profile = None
    latency = Latency.of(recorded.samples_ns, invokes_per_sample=recorded.invokes_per_sample)
    if recorded.events is not None:
        _check_events(recorded.events, entry)
        # The fields are those of the compiled part's own object.
        runs = cast("ProfiledRuns", recorded.events)
        profile = profile_of_runs(
            entry.subgraph, runs, (latency.typical_seconds or 0.0) * NANOSECONDS_PER_SECOND
        )
    return Timing(
        origin=Origin(
            measured="elsewhere",
            tool=recorded.tool,
            machine=recorded.machine,
            file=path,
            form="JSON",
        ),
        runtime=RuntimeInfo(
            name=recorded.runtime_name,
            kind=recorded.runtime_kind,
            version=recorded.runtime_version,
            library=recorded.runtime_library,
        ),
        kernels=recorded.kernels,
        threads=recorded.threads,
        signature=entry.signature,
        input_shapes=recorded.input_shapes,
        seed=recorded.seed,
        clock=Clock(resolution_ns=recorded.clock_resolution_ns, read_ns=recorded.clock_read_ns),
        load_ns=recorded.load_ns,
        allocate_ns=recorded.allocate_ns,
        first_invoke_ns=recorded.first_invoke_ns,
        warm_up=recorded.warm_up,
        invokes_per_sample=recorded.invokes_per_sample,
        samples_ns=recorded.samples_ns,
        latency=latency,
        stop=recorded.stop,
        profile=profile,
        stability=judge(recorded.samples_ns, resolution_ns=recorded.clock_resolution_ns),
    )
