"""Times of operators in the model, refined by what they take alone."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from tflops_native.profile.alone import AloneTimes, time_alone
from tflops_native.profile.reconcile import Bounded, reconcile
from tflops_native.profile.result import OperatorTime, Profile
from tflops_native.progress import Progress
from tflops_native.runtime.libraries import NativeRuntime
from tflops_native.runtime.options import RunOptions
from tflops_native.runtime.session import Session

# However long a measurement may take: operators alone are hundreds of short runs.
SECONDS_LIMIT = 5.0
# How well the sum of the operators is known from the invoke: what is outside of them is an estimate.
_SUM_ERROR = 0.02
# The code of an operator is at hand where one of its kind is among so many before it.
_RECENT = 8


def refined(
    profile: Profile,
    session: Session,
    runtime: NativeRuntime,
    options: RunOptions,
    max_seconds: float,
    report: Progress,
) -> Profile:
    """The profile with the times of operators alone, and with what they and the invoke say of times that
    are known to whole microseconds only.

    Args:
        session: of the model without profiler, its inputs filled.
        max_seconds: for the operators alone.
    """
    graph = session.workload.entry.subgraph
    if graph.index:
        return profile  # operators are cut out of the main subgraph
    delegated = {operator.index for operator in profile.operators if operator.is_delegated}
    alone = time_alone(
        session,
        runtime,
        options,
        [operator.index for operator in profile.operators],
        delegated=delegated,
        fused=profile.fused,
        max_seconds=min(max_seconds, SECONDS_LIMIT),
        report=report,
    )
    constants = {
        operator.index: sum(
            len(data)
            for index in operator.inputs
            if index is not None and (data := graph.tensors[index].data) is not None
        )
        for operator in graph.operators
    }
    kinds = [operator.name for operator in graph.operators]
    cold = {i for i, kind in enumerate(kinds) if kind not in kinds[max(0, i - _RECENT) : i]}
    return combined(profile, alone, constants, cold)


def combined(
    profile: Profile,
    alone: AloneTimes,
    constant_bytes: Mapping[int, int],
    cold: Collection[int] = (),
) -> Profile:
    """The profile with what is known of operators alone.

    Args:
        constant_bytes: by operator index.
        cold: operators of whose kind none ran shortly before.
    """
    timed = tuple(
        replace(operator, alone_seconds=_rounded(alone.seconds.get(operator.index)))
        for operator in profile.operators
    )
    coarse = [o for o in timed if o.resolution_ns > 1 and o.alone_seconds is not None]
    known = {operator.index for operator in coarse}
    total, error = _sum_of(profile, alone, timed, known)
    bounded = [
        Bounded(
            estimate=operator.estimate,
            alone_seconds=operator.alone_seconds or 0.0,
            constant_bytes=constant_bytes[operator.index],
            is_cold=operator.index in cold,
        )
        for operator in coarse
    ]
    found = dict(zip(sorted(known), reconcile(bounded, total, error), strict=True))
    operators = tuple(
        replace(operator, estimate=found.get(operator.index, operator.estimate))
        for operator in timed
    )
    before = profile.operators_seconds
    result = replace(profile, operators=operators)
    # What the operators no longer take is taken outside of them, and the other way round.
    outside = profile.outside_seconds + profile.profiler_seconds + before - result.operators_seconds
    left = profile.invoke_seconds - result.operators_seconds
    return result.with_outside(max(min(outside, left), 0.0))


def _rounded(seconds: float | None) -> float | None:
    """To three digits, which is what is known: files of reports are full of these."""
    return None if seconds is None else float(f"{seconds:.3g}")


def _sum_of(
    profile: Profile, alone: AloneTimes, operators: tuple[OperatorTime, ...], among: Collection[int]
) -> tuple[float, float]:
    """What some operators take together, as far as the invoke tells, and its standard error, in seconds.

    That of an invoke without profiler, less what it costs by itself and what all other operators take.
    """
    overhead = profile.overhead
    invoke = profile.invoke_seconds / (1 + max(overhead.relative, 0.0) if overhead else 1.0)
    partitions = sum(part.is_delegated for part in profile.partitions) or 1
    others = [o.estimate for o in operators if o.index not in among]
    others += [event.estimate for event in profile.unmatched]
    own = partitions * alone.invoke_seconds
    doubt = sum((e.upper_seconds - e.lower_seconds) / 4 for e in others)
    total = invoke - own - sum(e.typical_seconds for e in others)
    return max(total, 0.0), _SUM_ERROR * invoke + doubt
