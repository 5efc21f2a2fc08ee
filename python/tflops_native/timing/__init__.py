"""Measuring: runtimes, inputs, the protocol, and time per operator."""

from tflops_native.timing.clock import Clock
from tflops_native.timing.comparison import Comparison, Ratio, RuntimeTiming, compare_model
from tflops_native.timing.host.affinity import parse_cpu_list
from tflops_native.timing.host.evidence import Evidence
from tflops_native.timing.host.machine import Machine, this_machine
from tflops_native.timing.host.memory import Memory
from tflops_native.timing.imported import (
    DurationSummary,
    ImportedEvent,
    ImportedOperatorTime,
    ImportedProfile,
    ImportedTiming,
    TimingSource,
    load_timing,
)
from tflops_native.timing.inputs import FILLS, InputData, InputRecord
from tflops_native.timing.isolation.isolation import compare_isolated, measure_isolated
from tflops_native.timing.isolation.limits import NO_LIMITS, ChildLimits
from tflops_native.timing.options import MeasureKeywords, MeasureOptions, Progress
from tflops_native.timing.peaks.cache import MeasurePeaks, machine_peaks
from tflops_native.timing.peaks.child import measure_thread_peaks_isolated
from tflops_native.timing.peaks.peaks import ComputePeak, MemoryPeak, Peaks, ThreadPeaks
from tflops_native.timing.peaks.trials import measure_thread_peaks
from tflops_native.timing.precision import Stop
from tflops_native.timing.profile.estimate import TimeEstimate
from tflops_native.timing.profile.result import OperatorTime, Overhead, Profile, UnmatchedEvent
from tflops_native.timing.protocol import measure_model
from tflops_native.timing.result import Timing
from tflops_native.timing.runtimes import DEFAULT_RUNTIME, KERNELS, RuntimeInfo, runtime_names
from tflops_native.timing.session import with_given_shapes
from tflops_native.timing.shapes import runtime_shapes, runtime_shapes_isolated
from tflops_native.timing.stability.verdict import Stability, judge
from tflops_native.timing.statistics import Latency, MedianInterval
from tflops_native.timing.warm_up import WarmUp

__all__ = [
    "DEFAULT_RUNTIME",
    "FILLS",
    "KERNELS",
    "NO_LIMITS",
    "ChildLimits",
    "Clock",
    "Comparison",
    "ComputePeak",
    "DurationSummary",
    "Evidence",
    "ImportedEvent",
    "ImportedOperatorTime",
    "ImportedProfile",
    "ImportedTiming",
    "InputData",
    "InputRecord",
    "Latency",
    "Machine",
    "MeasureKeywords",
    "MeasureOptions",
    "MeasurePeaks",
    "MedianInterval",
    "Memory",
    "MemoryPeak",
    "OperatorTime",
    "Overhead",
    "Peaks",
    "Profile",
    "Progress",
    "Ratio",
    "RuntimeInfo",
    "RuntimeTiming",
    "Stability",
    "Stop",
    "ThreadPeaks",
    "TimeEstimate",
    "Timing",
    "TimingSource",
    "UnmatchedEvent",
    "WarmUp",
    "compare_isolated",
    "compare_model",
    "judge",
    "load_timing",
    "machine_peaks",
    "measure_isolated",
    "measure_model",
    "measure_thread_peaks",
    "measure_thread_peaks_isolated",
    "parse_cpu_list",
    "runtime_names",
    "runtime_shapes",
    "runtime_shapes_isolated",
    "this_machine",
    "with_given_shapes",
]
