"""Reads a file of timings that was made elsewhere, and joins it to a model."""

import os
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

from tflops_native.imported.check import check_model, check_shapes, check_signature
from tflops_native.imported.files import read_recorded
from tflops_native.imported.join import JoinedEvents, join_recorded
from tflops_native.imported.placing import number_of, numbered, other_model
from tflops_native.imported.recorded import Recorded, RecordedEvent
from tflops_native.imported.result import excess_note, imported_timing, profile_of
from tflops_native.imported.timer_record import TimerEvents, TimerRecord
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.model.entry import Entry
from tflops_native.model.graph import Model
from tflops_native.profile.profiling import profile_of_runs
from tflops_native.runtime.libraries import RuntimeInfo
from tflops_native.stability.verdict import judge
from tflops_native.timing.clock import Clock
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, Latency
from tflops_native.workload import Workload

if TYPE_CHECKING:
    from tflops_native._native import ProfiledRuns


def load_timing(
    path: str | os.PathLike[str] | BinaryIO, workload: Workload, *, device: str | None = None
) -> Timing:
    """Times of a model from a file.

    Args:
        path: the log or the CSV file of TensorFlow Lite's `benchmark_model`, the JSON or the log of
            `litert-benchmark`, or the JSON of `tflops-timer`: its content decides. "-" is standard input,
            "::N" behind a path chooses the Nth of several benchmarks; or a stream of bytes.
        workload: what the times are joined to.
        device: a label for the device that was measured.

    Raises:
        ProfileFormatError: the file cannot be read, or it belongs to another model, to other input
            shapes or to another signature.
    """
    recorded = read_recorded(path)
    shown = str(path) if isinstance(path, str | os.PathLike) else "-"
    if isinstance(recorded, TimerRecord):
        _check_timer(recorded, workload.model)
        check_signature(recorded.signature, workload.model, workload.entry)
        check_shapes(recorded.input_shapes, workload.entry, workload.shapes)
        timing = _timing(recorded, workload.entry, shown)
        return replace(timing, origin=replace(timing.origin, device=device))
    return _imported(recorded, workload, shown, device)


def _imported(recorded: Recorded, workload: Workload, path: str, device: str | None) -> Timing:
    """Checked against the model and joined to it."""
    entry, subgraph = workload.entry, workload.entry.subgraph
    found = recorded.profile_of(subgraph.index)
    events = numbered(found.events, subgraph) if found is not None else ()
    notes = [
        *recorded.notes,
        *check_model(recorded, workload.model, entry, workload.shapes, events),
    ]
    profile = None
    if found is not None and events:
        joined = join_recorded(subgraph, events, recorded.inside)
        if not found.is_whole:
            # An operator without a row may be the one that is missing.
            joined.ran.update(range(len(subgraph.operators)))
        profile = profile_of(subgraph, recorded, found, joined, _nested(recorded, workload))
        notes += [*joined.notes, *excess_note(profile)]
    shapes = zip(entry.inputs, recorded.input_shapes or (), strict=False)
    return imported_timing(
        recorded,
        path=path,
        device=device,
        kernels=_kernels(recorded, events, len(subgraph.operators)),
        input_shapes={item.name: given.shape for item, given in shapes},
        profile=profile,
        notes=tuple(notes),
    )


def _kernels(recorded: Recorded, events: Sequence[RecordedEvent], count: int) -> str | None:
    names = [e.name for e in events if not e.is_inside and number_of(e) >= count]
    if not names:
        names = [*recorded.delegates]
    if not names and any(event.is_inside for event in events):
        names = ["a delegate"]
    return " + ".join(dict.fromkeys(names)) or ("builtin" if events else None)


def _nested(recorded: Recorded, workload: Workload) -> dict[int, JoinedEvents]:
    """Subgraph index -> its events, for the subgraphs that others call."""
    result = {}
    for found in recorded.profiles:
        if found.events and found.subgraph_index != workload.entry.subgraph.index:
            subgraph = workload.model.subgraphs[found.subgraph_index]
            result[found.subgraph_index] = join_recorded(
                subgraph, numbered(found.events, subgraph), ()
            )
    return result


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
