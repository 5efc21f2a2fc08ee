"""From what a file says to the package's own results."""

from tflops_native.imported.recorded import DurationSummary, Recorded
from tflops_native.measurement.timing import Origin, Timing
from tflops_native.profile.result import Profile
from tflops_native.stability.verdict import Stability
from tflops_native.timing.statistics import NANOSECONDS_PER_SECOND, Latency
from tflops_native.timing.warm_up import WarmUp

NO_SAMPLES = Stability(
    verdict="unknown", because="the file holds no samples", figures=None, causes=()
)


def imported_timing(
    recorded: Recorded, path: str, kernels: str | None, profile: Profile | None
) -> Timing:
    """What a file says of a model, with its operators joined to those of the model."""
    warm_up = recorded.warm_up
    return Timing(
        origin=Origin(
            measured="elsewhere", tool=recorded.tool, machine=None, file=path, form=recorded.form
        ),
        kernels=kernels,
        threads=recorded.threads,
        signature=recorded.signature,
        input_shapes=recorded.input_shapes or {},
        initialization_ns=_nanoseconds(recorded.initialization),
        first_invoke_ns=_nanoseconds(recorded.first_invoke),
        warm_up=None if warm_up is None else WarmUp(runs=warm_up.count),
        latency=Latency() if recorded.latency is None else _latency(recorded.latency),
        is_profiled=recorded.is_profiled,
        profile=profile,
        stability=NO_SAMPLES,
    )


def _latency(summary: DurationSummary) -> Latency:
    return Latency(
        samples=summary.count,
        runs=summary.count,
        minimum_seconds=summary.minimum,
        p5_seconds=summary.p5,
        median_seconds=summary.median,
        p95_seconds=summary.p95,
        maximum_seconds=summary.maximum,
        mean_seconds=summary.mean,
        std_seconds=summary.std,
        resolution_seconds=summary.resolution,
    )


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * NANOSECONDS_PER_SECOND)
