"""What one file of `tflops-timer` tells: raw samples and events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tflops_native.machine.machine import Machine
from tflops_native.machine.peaks.peaks import ThreadPeaks
from tflops_native.timing.precision import Stop
from tflops_native.timing.warm_up import WarmUp

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerEvents:
    """Profiled runs as the compiled part gives them: see `ProfiledRuns` in `_native.pyi`."""

    invoke_ns: "NDArray[np.int64]"
    run_offsets: "NDArray[np.int64]"
    event_ids: "NDArray[np.int64]"
    depths: "NDArray[np.int64]"
    at_ns: "NDArray[np.int64]"
    elapsed_ns: "NDArray[np.int64]"
    events: Sequence[tuple[str, int, int, bool]]
    builtin_resolution_ns: int
    builtin_own_ns: float
    delegate_resolution_ns: int
    delegate_own_ns: float
    is_fixed_sequence: bool = False  # not recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRecord:
    """What one file tells; the fields are named as those of `Timing`."""

    tool: str
    model_name: str
    model_size_bytes: int
    model_crc32: int
    machine: Machine
    runtime_name: str
    runtime_kind: str
    runtime_version: str | None
    runtime_library: str
    kernels: str
    threads: int
    signature: str | None
    input_shapes: Mapping[str, tuple[int, ...]]
    seed: int
    clock_resolution_ns: int
    clock_read_ns: float
    load_ns: int
    allocate_ns: int
    first_invoke_ns: int
    warm_up: WarmUp
    invokes_per_sample: int
    stop: Stop
    samples_ns: tuple[int, ...]
    events: TimerEvents | None
    peaks: ThreadPeaks | None
