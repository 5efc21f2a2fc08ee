"""Operators timed alone: which run together, and what becomes of the profile. No time is asserted."""

import pytest

import tflops_native
from builders import ModelBuilder
from tflops_native.errors import OptionError
from tflops_native.model.reader import load
from tflops_native.profile.alone import AloneTimes, groups_of
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.refine import combined
from tflops_native.profile.result import OperatorTime, Overhead, Profile
from tflops_native.timing.precision import Stop
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)
pytestmark = pytest.mark.usefixtures("time_enough")
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


@pytest.fixture
def time_enough(short_protocol, monkeypatch):
    """Each sample is short, but no operator is left out on a busy machine."""
    monkeypatch.setattr("tflops_native.profile.refine.SECONDS_LIMIT", 60.0)


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_each_operator_of_a_model_is_timed_alone(short_protocol, kernels):
    timing = tflops_native.measure(MOBILENET, kernels=kernels, runs=2, isolated_operators=True)
    times = timing.profile.operators
    assert len(times) == 34
    assert all(operator.alone_seconds is not None for operator in times)
    # On a busy machine the difference of two medians may be none.
    assert sum(operator.alone_seconds > 0 for operator in times) > len(times) / 2


def test_a_stateful_model_keeps_its_times(short_protocol):
    """What needs a variable that another operator makes cannot run alone, and keeps its time."""
    wakeword = pytest.importorskip("pymicro_wakeword", reason="has streaming models")
    path = next(iter(sorted(_models(wakeword))))
    graph = load(path).subgraphs[0]
    timing = tflops_native.measure(path, runs=2, isolated_operators=True)
    by_index = {operator.index: operator for operator in timing.profile.operators}
    assert set(by_index) | set(timing.profile.fused) == {o.index for o in graph.operators}
    for operator in graph.operators:
        if operator.name in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            assert by_index[operator.index].alone_seconds is None
        if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            assert by_index[operator.index].alone_seconds is not None


def _models(package):
    from pathlib import Path

    return (Path(package.__file__).parent / "models").glob("*.tflite")


def test_what_is_asked_for_is_what_is_measured(short_protocol):
    for wanted in (True, False):
        timing = tflops_native.measure(MOBILENET, runs=2, isolated_operators=wanted)
        found = [operator.alone_seconds for operator in timing.profile.operators]
        assert any(seconds is not None for seconds in found) == wanted


def test_a_file_of_times_has_no_operators_alone(tmp_path):
    with pytest.raises(OptionError, match="isolated_operators cannot be combined"):
        tflops_native.report(MOBILENET, profile_file=tmp_path / "log", isolated_operators=True)


def chain(*names):
    """The graph of operators one after the other."""
    owner = ModelBuilder()
    graph = owner.graph()
    last = graph.input((1, 4))
    for name in names:
        following = graph.tensor((1, 4))
        graph.operator(name, [last], [following])
        last = following
    graph.outputs.append(last)
    return load(owner.pack()).subgraphs[0]


def test_fused_operators_run_with_their_hosts():
    graph = chain("PAD", "CONV_2D", "RELU", "RESHAPE", "TANH")
    groups = groups_of(graph, [1, 4], fused=[0, 2, 3])
    # The padding before and the activation behind; a view would be a copy there.
    assert groups == {1: (0, 1, 2), 4: (4,)}
    assert groups_of(graph, [1, 2, 4], fused=[]) == {1: (1,), 2: (2,), 4: (4,)}


def time(index, lower, typical, upper, *, step=1000):
    return OperatorTime(
        index=index,
        kernel="made up",
        is_delegated=step > 1,
        resolution_ns=step,
        estimate=TimeEstimate(
            typical_seconds=typical * 1e-6, lower_seconds=lower * 1e-6, upper_seconds=upper * 1e-6
        ),
    )


def profile(*operators, invoke):
    return Profile.of_runs(
        (invoke,) * 100,
        operators=operators,
        unmatched=(),
        fused=(),
        outside_seconds=1e-6,
        overhead=Overhead(relative=0.0, lower=0.0, upper=0.0, rounds=9, empty_operator_ns=0.0),
        stop=Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.0),
    )


def test_whole_microseconds_are_narrowed_down_and_exact_times_stay():
    whole = profile(
        time(0, 0, 0.5, 1), time(1, 0, 0.5, 1), time(2, 2.9, 3.0, 3.1, step=1), invoke=5_200
    )
    alone = AloneTimes(seconds={0: 0.2e-6, 1: 0.8e-6, 2: 1e-6}, invoke_seconds=1e-6)
    found = combined(whole, alone, {0: 0, 1: 0, 2: 0})
    first, second, exact = found.operators
    assert (first.alone_seconds, second.alone_seconds) == (0.2e-6, 0.8e-6)
    assert exact.estimate == whole.operators[2].estimate
    # 5.2 less 1 for the invoke less 3: 1.2 for both, a fifth of it for the first.
    assert first.estimate.typical_seconds == pytest.approx(0.24e-6, rel=0.2)
    assert second.estimate.typical_seconds == pytest.approx(0.93e-6, rel=0.1)
    assert first.estimate.lower_seconds > 0
    total = found.operators_seconds + found.outside_seconds + found.beyond_medians_seconds
    assert total == pytest.approx(5.2e-6)


def test_operators_that_cannot_run_alone_keep_their_estimates():
    whole = profile(time(0, 0, 0.5, 1), time(1, 1, 1.5, 2), invoke=5_000)
    found = combined(whole, AloneTimes(seconds={}, invoke_seconds=0.0), {0: 0, 1: 0})
    assert found.operators == whole.operators


@pytest.mark.parametrize(
    ("times", "invoke", "is_coarse"),
    [
        ((time(0, 0, 0.5, 1),), 1_000, True),
        ((time(0, 0, 0.5, 1),), 10_000, False),  # a twentieth of the time
        ((time(0, 0, 5, 10, step=1),), 10_000, False),  # not for its whole microseconds
        ((time(0, 9, 9.5, 10),), 10_000, False),
    ],
)
def test_when_whole_microseconds_are_too_coarse(times, invoke, is_coarse):
    assert profile(*times, invoke=invoke).is_coarse == is_coarse
