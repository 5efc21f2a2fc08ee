"""What is read of a machine: made-up files of boards and servers, with every figure written out."""

import json
import os
import sys

import pytest

from machines import evidence, window, write_files
from tflops_native.machine import counters
from tflops_native.machine import evidence as evidence_module
from tflops_native.machine.cgroup import CpuQuota, read_cpu_quota
from tflops_native.machine.counters import Counters, Task, Window, read_counters
from tflops_native.machine.evidence import Evidence, Watch
from tflops_native.machine.processors import (
    Processor,
    read_boost,
    read_heat_limit,
    read_is_virtual,
    read_processors,
    read_temperature,
)
from tflops_native.plain import to_plain

CPU = "sys/devices/system/cpu"
UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
SEPARATE = (
    "31 23 0:28 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro,mode=755\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuset rw shared:11 - cgroup cgroup rw,cpuset\n"
    "32 31 0:29 {inside} /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct\n"
)


@pytest.fixture
def raspberry_pi(tmp_path):
    """Hot, with the governor that follows the load, held at 1.5 of 1.8 GHz."""
    frequencies = {
        "scaling_cur_freq": "1500000\n",
        "scaling_min_freq": "600000\n",
        "scaling_max_freq": "1500000\n",
        "cpuinfo_max_freq": "1800000\n",
        "scaling_governor": "ondemand\n",
        "scaling_driver": "cpufreq-dt\n",
    }
    files = {f"{CPU}/cpu2/cpufreq/{name}": text for name, text in frequencies.items()}
    return write_files(
        tmp_path,
        {
            **files,
            "proc/cpuinfo": "processor\t: 0\nBogoMIPS\t: 108.00\nModel\t: Raspberry Pi 4\n",
            "sys/class/thermal/thermal_zone0/temp": "83500\n",
            "sys/class/thermal/thermal_zone1/temp": "41000\n",
            "sys/devices/platform/soc/soc:firmware/get_throttled": "e0008\n",
        },
    )


def test_a_hot_board(raspberry_pi):
    (processor,) = read_processors([2], raspberry_pi)
    assert processor == Processor(
        cpu=2,
        frequency_hz=1_500_000_000,
        minimum_hz=600_000_000,
        maximum_hz=1_500_000_000,
        hardware_maximum_hz=1_800_000_000,
        governor="ondemand",
        driver="cpufreq-dt",
        thermal_throttles=None,
    )
    assert read_heat_limit(raspberry_pi) is True
    assert read_temperature(raspberry_pi) == 83.5
    # Arm processors do not tell.
    assert read_is_virtual(raspberry_pi) is None
    assert read_boost(raspberry_pi) is None


@pytest.mark.parametrize(
    ("files", "is_limited"),
    [
        # It was hot since the board was started, but is not now.
        ({"sys/devices/platform/soc/soc:firmware/get_throttled": "0xe0000\n"}, False),
        ({"sys/devices/platform/soc/soc:firmware/get_throttled": "nonsense\n"}, None),
        ({"sys/class/thermal/cooling_device0/type": "cpufreq-cpu0\n"}, None),
        (
            {
                "sys/class/thermal/cooling_device0/type": "cpufreq-cpu0\n",
                "sys/class/thermal/cooling_device0/cur_state": "3\n",
            },
            True,
        ),
        (
            {
                "sys/class/thermal/cooling_device0/type": "cpufreq-cpu0\n",
                "sys/class/thermal/cooling_device0/cur_state": "0\n",
                # A fan that turns limits nothing.
                "sys/class/thermal/cooling_device1/type": "pwm-fan\n",
                "sys/class/thermal/cooling_device1/cur_state": "4\n",
            },
            False,
        ),
    ],
)
def test_heat_that_holds_the_frequency_down(tmp_path, files, is_limited):
    assert read_heat_limit(write_files(tmp_path, files)) is is_limited


def test_throttle_counts_of_a_server(tmp_path):
    folder = f"{CPU}/cpu0/thermal_throttle"
    write_files(
        tmp_path,
        {f"{folder}/core_throttle_count": "3\n", f"{folder}/package_throttle_count": "40\n"},
    )
    assert read_processors([0], tmp_path)[0].thermal_throttles == 43


@pytest.mark.parametrize(
    ("path", "text", "has_boost"),
    [
        (f"{CPU}/intel_pstate/no_turbo", "0\n", True),
        (f"{CPU}/intel_pstate/no_turbo", "1\n", False),
        (f"{CPU}/cpufreq/boost", "1\n", True),
        (f"{CPU}/cpufreq/boost", "0\n", False),
        (f"{CPU}/cpufreq/boost", "\n", None),
    ],
)
def test_boost(tmp_path, path, text, has_boost):
    assert read_boost(write_files(tmp_path, {path: text})) is has_boost


@pytest.mark.parametrize(
    ("flags", "is_virtual"), [("fpu sse2 hypervisor avx", True), ("fpu sse2 avx", False)]
)
def test_virtual_machine(tmp_path, flags, is_virtual):
    write_files(tmp_path, {"proc/cpuinfo": f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: none\n"})
    assert read_is_virtual(tmp_path) is is_virtual


def test_quota_of_the_unified_hierarchy(tmp_path):
    # The group itself has no limit; the service around it has one and was held back.
    group = "sys/fs/cgroup/system.slice/timer.service"
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "0::/system.slice/timer.service/inner\n",
            "proc/self/mountinfo": UNIFIED,
            f"{group}/inner/cpu.max": "max 100000\n",
            f"{group}/inner/cpu.stat": "usage_usec 5\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
            f"{group}/cpu.max": "150000 100000\n",
            f"{group}/cpu.stat": "usage_usec 9\nnr_periods 80\nnr_throttled 12\nthrottled_usec 340000\n",
            "sys/fs/cgroup/cpu.stat": "usage_usec 90\n",
        },
    )
    assert read_cpu_quota(tmp_path) == CpuQuota(
        cpus=1.5, throttled_periods=12, throttled_seconds=0.34
    )


@pytest.mark.parametrize("inside", ["/", "/docker/0123"])
def test_quota_of_separate_hierarchies(tmp_path, inside):
    # In a container the group's own folder is what is mounted.
    group = "sys/fs/cgroup/cpu,cpuacct" + ("/docker/0123" if inside == "/" else "")
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "5:cpuset:/\n4:cpu,cpuacct:/docker/0123\n0::/\n",
            "proc/self/mountinfo": SEPARATE.format(inside=inside),
            f"{group}/cpu.cfs_quota_us": "50000\n",
            f"{group}/cpu.cfs_period_us": "100000\n",
            f"{group}/cpu.stat": "nr_periods 10\nnr_throttled 4\nthrottled_time 250000000\n",
        },
    )
    assert read_cpu_quota(tmp_path) == CpuQuota(
        cpus=0.5, throttled_periods=4, throttled_seconds=0.25
    )


def test_no_quota(tmp_path):
    write_files(
        tmp_path,
        {
            "proc/self/cgroup": "4:cpu,cpuacct:/\n",
            "proc/self/mountinfo": SEPARATE.format(inside="/"),
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
    )
    assert read_cpu_quota(tmp_path) == CpuQuota(
        cpus=None, throttled_periods=0, throttled_seconds=0.0
    )


def test_a_system_without_such_files_tells_nothing(tmp_path):
    assert read_cpu_quota(tmp_path) is None
    assert read_boost(tmp_path) is None
    assert read_heat_limit(tmp_path) is None
    assert read_temperature(tmp_path) is None
    assert read_is_virtual(tmp_path) is None
    (processor,) = read_processors([7], tmp_path)
    assert {value for name, value in to_plain(processor).items() if name != "cpu"} == {None}
    totals = read_counters(tmp_path)
    assert (totals.busy_seconds, totals.steal_seconds, totals.tasks) == ({}, {}, {})


@pytest.fixture
def hundred_ticks(monkeypatch):
    monkeypatch.setattr(counters.os, "sysconf", lambda name: {"SC_CLK_TCK": 100}[name], False)


@pytest.mark.usefixtures("hundred_ticks")
def test_counters_of_cpus_and_threads(tmp_path):
    fields = " ".join(str(number) for number in range(4, 39))
    write_files(
        tmp_path,
        {
            # user nice system idle iowait irq softirq steal guest guest_nice, in hundredths
            "proc/stat": "cpu  999 0 0 0 0 0 0 0 0 0\n"
            "cpu0 100 20 30 4000 50 1 9 7 0 0\ncpu1 5 0 0 4000 0 0 0 0 0 0\nintr 77\n",
            # The 39th field is the CPU; a thread's name may hold anything.
            "proc/self/task/11/stat": f"11 (a) R (b) R {fields} 3 0 0\n",
            "proc/self/task/11/schedstat": "900 1500000000 17\n",
            "proc/self/task/11/sched": "python (11, #threads: 1)\nnr_switches : 9\n"
            "se.nr_migrations                             :                    6\n",
            "proc/self/task/12/stat": "nonsense\n",
        },
    )
    totals = read_counters(tmp_path)
    assert totals.busy_seconds == {0: 1.6, 1: 0.05}
    assert totals.steal_seconds == {0: 0.07, 1: 0.0}
    assert totals.tasks == {11: Task(1.5, 6, 3), 12: Task(None, None, None)}


def counted(seconds, tasks, **changes):
    fields = {
        "cpu_seconds": seconds / 2,
        "voluntary_switches": 10,
        "involuntary_switches": 20,
        "minor_faults": 30,
        "major_faults": None,
        "busy_seconds": {0: 5.0, 1: 5.0},
        "steal_seconds": {0: 1.0, 1: 1.0},
    }
    return Counters(seconds=seconds, tasks=tasks, **{**fields, **changes})


def test_difference_of_two_totals():
    before = counted(10.0, {1: Task(2.0, 5, 0), 2: Task(9.0, 9, 0)})
    after = counted(
        12.0,
        # One thread ended meanwhile, and one began.
        {1: Task(2.5, 7, 1), 3: Task(0.25, 1, 0)},
        involuntary_switches=27,
        busy_seconds={0: 6.5, 1: 5.5},
        steal_seconds={0: 1.25, 1: 1.0},
    )
    difference = Window.between(before, after, samples=4, cpus=(0,))
    assert difference == Window(
        samples=4,
        seconds=2.0,
        cpu_seconds=1.0,
        voluntary_switches=0,
        involuntary_switches=7,
        minor_faults=0,
        major_faults=None,
        wait_seconds=0.75,
        migrations=3,
        busy_seconds=1.5,
        steal_seconds=0.25,
    )
    assert difference.other_seconds == 0.5
    assert Window.between(before, after, samples=4, cpus=None).busy_seconds == 2.0


def test_windows_add_up_and_what_is_unknown_stays_so():
    total = window(involuntary_switches=3, major_faults=None) + window(involuntary_switches=4)
    assert (total.samples, total.seconds) == (2000, 2.0)
    assert total.involuntary_switches == 7
    assert total.major_faults is None
    assert evidence(window(samples=1), window(samples=2), window(samples=4)).total.samples == 7


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test moves on by itself."""

    class Clock:
        seconds = 0.0

    monkeypatch.setattr(evidence_module.time, "perf_counter", lambda: Clock.seconds)
    monkeypatch.setattr(evidence_module, "read_counters", lambda root: counted(Clock.seconds, {}))
    return Clock


def test_windows_are_not_made_too_short(tmp_path, clock):
    watch = Watch(threads=1, root=tmp_path)
    for seconds in (0.0625, 0.125, 0.1875, 0.25, 0.3125):
        clock.seconds = seconds
        watch.look(3)
    clock.seconds = 0.5
    found = watch.finish()
    assert [item.samples for item in found.windows] == [6, 6, 3]
    assert [item.seconds for item in found.windows] == [0.125, 0.125, 0.25]


def test_a_long_measurement_gives_no_endless_list(tmp_path, clock):
    watch = Watch(threads=1, root=tmp_path)
    for _ in range(10_000):
        clock.seconds += 0.125
        watch.look(1)
    found = watch.finish()
    assert found.total.samples == 10_000
    assert 64 <= len(found.windows) <= 129
    assert found.total.seconds == pytest.approx(sum(item.seconds for item in found.windows))


def test_evidence_of_this_machine_as_json():
    watch = Watch(threads=1, is_pinned=True)
    watch.look(5)
    found = watch.finish()
    assert isinstance(found, Evidence)
    plain = json.loads(json.dumps(to_plain(found)))
    assert plain["is_pinned"] is True
    assert sum(window["samples"] for window in plain["windows"]) == 5
    if sys.platform == "linux":
        assert plain["cpus_allowed"] == sorted(os.sched_getaffinity(0))
        assert set(plain["cpus_used"]) <= set(range(os.cpu_count()))
        assert plain["cpus_used"]
        assert found.total.involuntary_switches >= 0
