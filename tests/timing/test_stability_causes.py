"""Causes of what samples show, and what to do about them."""

import re
from pathlib import Path

import numpy as np
import pytest

from machines import evidence, processor, surroundings, unknown_evidence, window
from tflops_native.machine.cgroup import CpuQuota
from tflops_native.stability import causes
from tflops_native.stability.verdict import TRUSTED_PERCENTILES, judge

STEADY = [1000 + index % 5 for index in range(100)]
NOISY = [1000 + 150 * (index * 7919 % 10) for index in range(100)]
SLOWER = [1000 + index % 5 for index in range(50)] + [1300 + index % 5 for index in range(50)]


def causes_of(found):
    return [str(cause) for cause in found.causes]


def test_a_busy_process_on_the_cpu_is_named():
    busy = evidence(
        window(seconds=2.0, involuntary_switches=74, wait_seconds=0.48, busy_seconds=2.0)
    )
    found = judge(NOISY, busy)
    assert found.verdict == "noisy"
    assert causes_of(found) == [
        "37 involuntary context switches/s, 24% of the time spent waiting for a CPU: "
        "other processes run there; try --pin 1"
    ]


def test_lost_time_is_noise_whatever_pattern_it_makes():
    contended = evidence(window(involuntary_switches=100, wait_seconds=0.3))
    two = [1000, 1200] * 50
    assert judge(two, evidence()).verdict == "bimodal"
    assert judge(two, contended).verdict == "noisy"
    assert judge(two, contended).because == "MAD 9.1% of the median"
    assert judge(SLOWER, evidence()).because == "from sample 51 on, 29.9% longer than before"
    assert judge(SLOWER, contended).verdict == "noisy"


def test_samples_that_all_hold_lost_time_are_not_stable():
    seconds = sum(STEADY) / 1e9
    lost = {"involuntary_switches": 1, "wait_seconds": 0.3 * seconds}
    found = judge(STEADY, evidence(window(seconds=seconds, **lost)))
    assert found.verdict == "noisy"
    assert found.because.startswith("30% of the time was lost to others; ")
    assert "other processes run there" in str(found.causes[0])
    # A twenty-fifth is within what the figures may be off.
    calm = window(seconds=seconds, wait_seconds=0.04 * seconds)
    assert judge(STEADY, evidence(calm)).verdict == "stable"
    # What may have been lost between the samples says nothing of them.
    between = judge(STEADY, evidence(window(seconds=2 * seconds, **lost)))
    assert (between.verdict, between.trusted_percentile) == ("stable", None)


def beside_a_busy_process(random, invoke_us, slice_us, others_us, count=2000):
    """Runs of a model on a CPU that another process takes regularly.

    The schedule is played through: the model has the CPU for a slice, then the other process has it.

    Returns:
        The times of the runs on the clock, those that they would have taken alone, and the share of all
        time that the other process had, all in nanoseconds.
    """
    alone = np.rint(1000 * invoke_us * np.exp(random.normal(0, 0.01, count)))
    left, others, seen = 1000.0 * random.uniform(0, slice_us), 0.0, []
    for work in alone:
        time, rest = 0.0, work
        while rest > left:
            rest, time = rest - left, time + left + 1000 * others_us
            others += 1000 * others_us
            left = 1000.0 * slice_us * random.uniform(0.8, 1.2)
        left -= rest
        seen.append(int(time + rest))
    return np.array(seen), alone, others / sum(seen)


@pytest.mark.parametrize(
    ("invoke_us", "slice_us", "others_us", "least", "most"),
    [
        (100, 4000, 4000, 0.95, 0.95),  # one in 40 is interrupted
        (1000, 4000, 4000, 0.5, 0.75),  # one in four
        (3000, 4000, 4000, 0.05, 0.25),  # three in four
        (12_000, 4000, 4000, None, None),  # each one, three times
        (12_000, 3000, 500, None, None),
    ],
)
def test_beside_a_busy_process_the_verdict_says_which_percentile_holds(
    invoke_us, slice_us, others_us, least, most
):
    for seed in range(20):
        samples, alone, lost = beside_a_busy_process(
            np.random.default_rng(seed), invoke_us, slice_us, others_us
        )
        seconds = sum(samples) / 1e9
        found = judge(samples, evidence(window(seconds=seconds, wait_seconds=lost * seconds)))
        assert found.verdict == "noisy"
        trusted = found.trusted_percentile
        if least is None:
            assert trusted is None
            assert found.because.endswith("no percentile can be trusted")
            continue
        assert least <= trusted <= most
        # What is trusted lies where it would lie without the other process; it is never above it.
        assert np.quantile(samples, trusted) == pytest.approx(np.quantile(alone, trusted), rel=0.05)
        assert f"{100 * trusted:.0f}th" in found.because or "the median can" in found.because
        if trusted < TRUSTED_PERCENTILES[0]:
            following = TRUSTED_PERCENTILES[TRUSTED_PERCENTILES.index(trusted) - 1]
            assert np.quantile(samples, following) > 1.01 * np.quantile(alone, following)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"busy_share": {0: 1.0, 1: 0.9}}, "stopping them (`top` shows them)"),
        ({"cpus_allowed": (0,)}, "stopping them (`top` shows them)"),
        ({"cpus_allowed": (0,), "is_pinned": True}, "--pin 1"),
        (
            {"cpus_allowed": (0, 1, 2), "busy_share": {0: 0.0, 1: 0.0, 2: 0.0}, "threads": 2},
            "--pin 1,2",
        ),
    ],
)
def test_which_cpu_to_pin_to(changes, remedy):
    found = judge(NOISY, evidence(window(wait_seconds=0.5), **changes))
    assert [cause.remedy for cause in found.causes] == [remedy]


@pytest.mark.parametrize(
    ("observed", "cause"),
    [
        (
            evidence(window(steal_seconds=0.25, busy_seconds=0.75), is_virtual=True),
            "the hypervisor took 25% of the CPU time (steal): other virtual machines share the host; "
            "try --max-time 30, or a host of its own",
        ),
        (
            evidence(window(busy_seconds=1.9)),
            "other processes keep 0.9 of 2 CPUs busy: they share caches, memory and heat; "
            "try stopping them (`top` shows them)",
        ),
        (
            evidence(threads=4),
            "4 threads on 2 CPUs: they wait for each other; try --threads 2",
        ),
        (
            evidence(window(migrations=40)),
            "40 moves of threads between CPUs per second: each finds its caches cold; try --pin 1",
        ),
        (
            evidence(window(major_faults=3)),
            "3 page faults that read from disk: memory is short, or the model was not in it yet; "
            "try --max-time 30",
        ),
        (
            evidence(window(minor_faults=90_000)),
            "90000 page faults/s: memory is given back and mapped anew in each run; "
            "try MALLOC_TRIM_THRESHOLD_=1000000000 in the environment",
        ),
        (
            # Fewer than there are samples: what keeping these costs, and no fault of the runs.
            evidence(window(minor_faults=5_000, samples=44_000), is_virtual=False),
            "no cause found in the system's counters: the variation may be the model's own; "
            "try --max-time 30",
        ),
        (
            evidence(end=surroundings(processor(0, governor="ondemand"), processor(1))),
            "the governor of CPU 0 is ondemand: the frequency follows the load; "
            "try `cpupower frequency-set -g performance`",
        ),
        (
            evidence(
                end=surroundings(processor(0), processor(1, hardware_maximum_hz=1_800_000_000))
            ),
            "CPUs of 1.80 GHz and 2.40 GHz: threads may move between them; try --pin 0",
        ),
        (
            evidence(has_boost=True),
            "boost is on: the frequency depends on heat; try --max-time 30, or switching it off",
        ),
        (
            evidence(is_virtual=True),
            "no cause found in the system's counters (a virtual machine hides frequency and heat): "
            "the variation may be the model's own; try --max-time 30",
        ),
        (
            unknown_evidence(),
            "no cause found in the system's counters: the variation may be the model's own; "
            "try --max-time 30",
        ),
        (
            unknown_evidence(involuntary_switches=50),
            "50 involuntary context switches/s: other processes run there; "
            "try stopping them (`top` shows them)",
        ),
    ],
)
def test_causes_of_noise(observed, cause):
    found = judge(NOISY, observed)
    assert found.verdict == "noisy"
    assert causes_of(found) == [cause]


def quota(cpus, periods, seconds):
    return CpuQuota(cpus=cpus, throttled_periods=periods, throttled_seconds=seconds)


@pytest.mark.parametrize(
    ("changes", "because", "remedy"),
    [
        (
            {
                "start": surroundings(quota=quota(0.5, 10, 1.0)),
                "end": surroundings(quota=quota(0.5, 22, 1.34)),
            },
            "throttled in 12 periods, for 0.34 s",
            "a higher quota",
        ),
        (
            {
                "threads": 2,
                "start": surroundings(quota=quota(1.5, 0, 0.0)),
                "end": surroundings(quota=quota(1.5, 5, 0.2)),
            },
            "throttled in 5 periods, for 0.2 s",
            "--threads 1",
        ),
        (
            {
                "start": surroundings(processor(0, thermal_throttles=7)),
                "end": surroundings(processor(0, thermal_throttles=9), temperature_celsius=97.2),
            },
            "2 thermal throttle events at 97 °C",
            "--interval, or cool the machine",
        ),
        (
            {"end": surroundings(is_heat_limited=True, temperature_celsius=85.0)},
            "the frequency is capped at 85 °C",
            "--interval, or cool the machine",
        ),
    ],
)
def test_throttled_however_steady(changes, because, remedy):
    observed = evidence(**{"start": surroundings(), "end": surroundings(), **changes})
    found = judge(STEADY, observed)
    assert (found.verdict, found.because) == ("throttled", because)
    assert found.causes[0].remedy == remedy


def test_a_quota_that_did_not_bite_is_no_throttling():
    start = surroundings(quota=quota(0.5, 3, 1.0))
    for end in (quota(0.5, 3, 1.0), quota(0.5, 4, 1.005), None):
        found = judge(STEADY, evidence(start=start, end=surroundings(quota=end)))
        assert found.verdict == "stable"


def test_a_falling_frequency_throttles_only_what_got_slower():
    fallen = evidence(end=surroundings(processor(0, frequency_hz=1_800_000_000), processor(1)))
    found = judge(SLOWER, fallen)
    assert (found.verdict, found.because) == (
        "throttled",
        "CPU 0 went from 2.40 GHz to 1.80 GHz",
    )
    assert judge(STEADY, fallen).verdict == "stable"
    # The other CPU was idle: what it did is none of ours.
    idle = evidence(end=surroundings(processor(0), processor(1, frequency_hz=600_000_000)))
    assert judge(SLOWER, idle).verdict == "shifted"


def test_too_many_threads_are_told_of_even_where_all_is_steady():
    found = judge(STEADY, evidence(threads=3))
    assert (found.verdict, len(found.causes)) == ("stable", 1)
    assert judge(STEADY[:3], evidence(threads=3)).causes == found.causes


def test_the_advice_names_options_that_there_are():
    pytest.importorskip("click")
    from tflops_native.cli.time_command import command

    text = Path(causes.__file__).read_text(encoding="utf-8")
    advised = set(re.findall(r"--[a-z-]+", re.sub("`.*?`", "", text)))
    assert advised == {"--pin", "--threads", "--max-time", "--interval"}
    options = {name for option in command.params for name in option.opts}
    assert advised <= options


@pytest.mark.parametrize(("count", "verdict"), [(39, "stable"), (40, "noisy")])
def test_the_tail_of_a_few_samples_decides_nothing(count, verdict):
    samples = [1_000_000 + index for index in range(count)]
    samples[5::12] = [1_500_000] * len(samples[5::12])
    assert judge(samples).verdict == verdict
