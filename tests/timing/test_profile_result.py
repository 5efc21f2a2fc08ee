"""What a profile derives from its times: expected figures are worked out beside them."""

import dataclasses

import pytest

from tflops_native.plain import to_plain
from tflops_native.profile.estimate import TimeEstimate
from tflops_native.profile.result import OperatorTime, Overhead, Profile, UnmatchedEvent
from tflops_native.timing.precision import Stop

REACHED = Stop(reason="precision", precision=0.03, is_reached=True, seconds=1.5)


def estimate(typical, lower, upper):
    """In nanoseconds."""
    return TimeEstimate(
        typical_seconds=typical * 1e-9, lower_seconds=lower * 1e-9, upper_seconds=upper * 1e-9
    )


def builtin(index, typical, uncertainty, *samples_ns):
    """A time with bounds that far to either side."""
    return OperatorTime(
        index=index,
        kernel="builtin",
        is_delegated=False,
        resolution_ns=1,
        estimate=estimate(typical, typical - uncertainty, typical + uncertainty),
        samples_ns=samples_ns,
    )


def overhead(relative, lower=None, upper=None):
    return Overhead(relative=relative, lower=lower, upper=upper, rounds=12, empty_operator_ns=30.0)


def hand_written_profile():
    """Three runs; as measured, what is outside of all parts is 10, 0 and 45 ns."""
    return Profile.of_runs(
        invoke_ns=(100, 200, 345),
        operators=(builtin(0, 100, 2, 30, 100, 200), builtin(2, 60, 3, 50, 60, 70)),
        unmatched=(
            UnmatchedEvent(name="Convert", estimate=estimate(30, 25, 35), samples_ns=(10, 40, 30)),
        ),
        fused=(1,),
        outside_seconds=7e-9,
        overhead=overhead(0.25),
        stop=REACHED,
    )


def test_parts_of_each_run_add_up_to_it():
    assert hand_written_profile().outside_ns == (10, 0, 45)


def test_typical_times_add_up_to_the_median_invoke():
    profile = hand_written_profile()
    assert profile.invoke_seconds == 200e-9
    assert profile.beyond_medians_seconds == pytest.approx(3e-9)  # 200 - 100 - 60 - 30 - 7


@pytest.mark.parametrize(
    ("price", "outside", "profiler"),
    [
        (overhead(0.25, 0.2, 0.3), 60, 40),  # of 200, so that 160 are without it
        (overhead(0.25, 0.2, 0.3), 10, 10),  # the rest is in the operators
        (overhead(0.25), 60, 40),  # too few rounds for an interval
        (overhead(0.02, -0.01, 0.05), 60, 0),  # noise
        (overhead(-0.1, -0.2, -0.05), 60, 0),
        (overhead(0.25, 0.2, 0.3), 0, 0),
        (None, 60, 0),
    ],
)
def test_the_price_of_the_profiler_is_set_apart_from_what_is_outside(price, outside, profiler):
    profile = dataclasses.replace(hand_written_profile(), overhead=price)
    profile = profile.with_outside(outside * 1e-9)
    assert profile.profiler_seconds == pytest.approx(profiler * 1e-9)
    assert profile.outside_seconds == pytest.approx((outside - profiler) * 1e-9)
    assert profile.inference_seconds == pytest.approx((200 - profiler) * 1e-9)
    parts = profile.operators_seconds + profile.outside_seconds + profile.beyond_medians_seconds
    assert parts == pytest.approx(profile.inference_seconds)


def test_what_rounding_leaves_is_no_time():
    # 0.3 us - 0.1 us - 0.2 us are not 0 in floats.
    profile = dataclasses.replace(
        hand_written_profile(),
        invoke_seconds=0.3e-6,
        outside_seconds=0.1e-6,
        profiler_seconds=0.0,
        operators=(builtin(0, 200, 1, 200, 200, 200),),
        unmatched=(),
    )
    assert profile.beyond_medians_seconds == 0.0


def test_a_profile_without_any_part_is_all_outside():
    profile = dataclasses.replace(hand_written_profile(), operators=(), unmatched=())
    assert profile.outside_ns == (100, 200, 345)


def test_vague_is_what_matters_and_is_not_known_well():
    # 1 % of the invoke are 2 ns.
    profile = hand_written_profile()
    assert profile.imprecise == (2,)  # 3 of 60 ns are 5 %
    others = (
        builtin(5, 1.9, 1.9),
        builtin(6, 2.1, 0.1),  # 4.8 %
        builtin(7, 2.1, 0.06),  # 2.9 %
        builtin(8, 0, 0),
    )
    assert dataclasses.replace(profile, operators=others).imprecise == (6,)
    unasked = dataclasses.replace(REACHED, precision=None)
    assert dataclasses.replace(profile, stop=unasked).imprecise == ()


@pytest.mark.parametrize(
    ("price", "is_noise"),
    [
        (overhead(0.05, 0.04, 0.06), False),
        (overhead(-0.01, -0.03, 0.01), True),
        (overhead(0.02, 0.0, 0.03), True),
        (overhead(-0.02, -0.03, -0.01), False),
        (overhead(-0.02), False),  # too few rounds to say
    ],
)
def test_an_interval_around_zero_is_noise(price, is_noise):
    assert price.is_noise is is_noise


def test_plain_data_holds_seconds_and_nanoseconds_by_name():
    plain = to_plain(hand_written_profile())
    assert plain["invoke_ns"] == [100, 200, 345]
    assert plain["invoke_seconds"] == 200e-9
    # An invoke of 200 ns is 9.5 ns longer for the profiler, of which 7 are outside of operators.
    assert (plain["outside_seconds"], plain["profiler_seconds"]) == (0.0, 7e-9)
    assert plain["inference_seconds"] == pytest.approx(193e-9)
    assert plain["beyond_medians_seconds"] == pytest.approx(3e-9)
    assert plain["fused"] == [1]
    assert plain["imprecise"] == [2]
    assert plain["operators"][1] == {
        "index": 2,
        "kernel": "builtin",
        "is_delegated": False,
        "resolution_ns": 1,
        "estimate": {
            "typical_seconds": pytest.approx(60e-9),
            "lower_seconds": pytest.approx(57e-9),
            "upper_seconds": pytest.approx(63e-9),
        },
        "alone_seconds": None,
    }
    assert plain["unmatched"][0]["name"] == "Convert"
    assert plain["overhead"] == {
        "relative": 0.25,
        "lower": None,
        "upper": None,
        "rounds": 12,
        "empty_operator_ns": 30.0,
    }
    assert plain["stop"]["reason"] == "precision"
