"""Peaks: how many trials, which buffers, and what the cache keeps. Times are made up but in two tests."""

import dataclasses
import json
import os
import subprocess
import sys

import pytest

from tflops_native.errors import InvokeError, OptionError
from tflops_native.isolation import child_process
from tflops_native.isolation.isolated import run_isolated
from tflops_native.machine.affinity import usable_cpus
from tflops_native.machine.caches import data_caches
from tflops_native.machine.peaks import cache as peak_cache
from tflops_native.machine.peaks import trials as peak_trials
from tflops_native.machine.peaks.cache import machine_peaks
from tflops_native.machine.peaks.peaks import (
    ComputePeak,
    Fingerprint,
    MemoryPeak,
    Peaks,
    ThreadPeaks,
)
from tflops_native.machine.peaks.trials import measure_thread_peaks
from tflops_native.plain_reading import from_plain

pytest.importorskip("tflops_native._native", exc_type=ImportError)


def made_up(threads, caches=()):
    return ThreadPeaks(
        threads=threads,
        compute=(
            ComputePeak(arithmetic="float32", operations_per_second=1e11, instructions="FMA"),
        ),
        memory=(
            MemoryPeak(name="L1", capacity_bytes=10, buffer_bytes=5, bytes_per_second=2e11),
            MemoryPeak(name="DRAM", capacity_bytes=None, buffer_bytes=500, bytes_per_second=1e10),
        ),
    )


def test_each_peak_is_shown_with_its_own_instructions():
    """On a busy machine another kernel may be the fastest with more threads."""
    one, two, three = (made_up(threads) for threads in (1, 2, 3))
    amx = ComputePeak(arithmetic="float32", operations_per_second=1e12, instructions="AMX")
    measured = (dataclasses.replace(one, compute=(amx,)), two, three)
    machine = Fingerprint(
        processor="a CPU",
        architecture="x86_64",
        host="here",
        cpus=3,
        caches=(),
        instructions=("float32 AMX", "float32 FMA"),
        kernels_version=1,
    )
    shown = str(Peaks(fingerprint=machine, measured=measured))
    assert "float32 AMX (1 thread), FMA (2, 3 threads)" in " ".join(shown.split())
    assert "with      float32 FMA\n" in str(Peaks(fingerprint=machine, measured=(one, two)))


# Trials


def test_a_peak_is_the_best_of_many_trials():
    asked = []

    def trial(repetitions):
        asked.append(repetitions)
        # 100 ns each; every third trial is disturbed.
        return 100 * repetitions * (3 if len(asked) % 3 == 0 else 1)

    assert peak_trials.best_rate(trial) == 1e9 / 100
    # All trials but those that find out how long one is to be have one length.
    (length,) = set(asked[-50:])
    assert 0.3e6 <= 100 * length <= 2e6


@pytest.mark.parametrize("disturbed", [(1,), (1, 2), (3, 4)])
def test_an_interruption_while_the_length_is_found_makes_no_trial_short(disturbed):
    """Of a single repetition of 10 ns, each trial would be the clock's 200 ns and little else."""
    asked = []

    def trial(repetitions):
        asked.append(repetitions)
        return 200 + 10 * repetitions + (10**6 if len(asked) in disturbed else 0)

    assert peak_trials.best_rate(trial) == pytest.approx(1e9 / 10, rel=0.01)


def test_trials_end_on_a_machine_that_becomes_ever_faster():
    speed = 1.0
    count = 0

    def trial(repetitions):
        nonlocal speed, count
        speed *= 1.01
        count += 1
        return int(1000 * repetitions / speed)

    peak_trials.best_rate(trial)
    assert count < 250


def test_one_repetition_may_be_longer_than_a_trial():
    assert peak_trials.best_rate(lambda repetitions: 10**9 * repetitions) == 1.0


@pytest.mark.parametrize(
    ("capacity", "nearer", "expected"),
    [
        (32768, 0, 8192),
        (1000, 100, 250),
        (1000, 300, 600),
        # Of a large cache only a part may be left by others.
        (10_000, 100, 400),
    ],
)
def test_buffers_fit_a_cache_but_not_the_nearer_one(capacity, nearer, expected):
    assert peak_trials.cache_buffer_bytes(capacity, nearer) == expected


MIB = 1 << 20


@pytest.mark.parametrize(
    ("largest", "available", "expected"),
    [
        (32 * MIB, 10_000 * MIB, 128 * MIB),
        (1 * MIB, 10_000 * MIB, 64 * MIB),
        (1 * MIB, None, 64 * MIB),
        (512 * MIB, 100_000 * MIB, 1024 * MIB),
        (1024 * MIB, 100_000 * MIB, 2048 * MIB),
        (32 * MIB, 400 * MIB, 100 * MIB),
        # Too little to tell memory from the cache.
        (32 * MIB, 200 * MIB, None),
    ],
)
def test_memory_is_read_beyond_all_caches(largest, available, expected):
    assert peak_trials.dram_buffer_bytes(largest, available) == expected


@pytest.mark.parametrize(
    ("cpus", "counts"),
    [
        (1, (1,)),
        (3, (1, 2, 3)),
        (8, (1, 2, 3, 4, 5, 6, 7, 8)),
        (12, (1, 2, 4, 8, 12)),
        (16, (1, 2, 4, 8, 16)),
    ],
)
def test_numbers_of_threads(cpus, counts):
    assert peak_cache.thread_counts(cpus) == counts


# What is kept


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """A cache folder of its own on a made-up machine with four CPUs; what was measured is listed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(peak_cache, "usable_cpus", lambda: [0, 1, 2, 3])
    measured = []

    def measure(threads, caches):
        measured.append(threads)
        return made_up(threads)

    monkeypatch.setattr(peak_cache, "measure_thread_peaks", measure)

    def peaks(threads=None, **options):
        return machine_peaks(threads, **options)

    peaks.measured = measured
    peaks.folder = tmp_path / "tflops_native"
    return peaks


def test_each_number_of_threads_is_measured_once(cache):
    assert cache([2]).measured == (made_up(2),)
    assert cache([2]).measured == (made_up(2),)
    assert cache.measured == [2]
    assert cache() == cache([1])
    assert cache.measured == [2, 1, 3, 4]
    assert cache([2], force=True).measured == tuple(map(made_up, (1, 2, 3, 4)))
    assert cache.measured == [2, 1, 3, 4, 2]
    assert len(list(cache.folder.iterdir())) == 1


def test_more_threads_than_cpus_are_all_cpus(cache):
    with pytest.raises(OptionError, match="threads must be 4 or less on this machine, got 17"):
        cache([17])
    peaks = cache([17], may_exceed=True)
    assert cache.measured == [4]
    assert peaks.of_threads(17) == made_up(4)
    assert peaks.of_threads(3) is None


def test_no_threads_at_all(cache):
    with pytest.raises(ValueError, match="threads must be 1 or more, got 0"):
        cache([0])
    assert cache.measured == []


def test_progress_is_told(cache):
    told = []
    cache([3, 1], progress=lambda *step: told.append(step))
    assert told == [("peaks", 0.0), ("peaks", 0.5)]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: "\udcff",
        lambda text: text.replace('"fingerprint"', '"something else"'),
        lambda text: text.replace("100000000000.0", "-1"),
        lambda text: text.replace("100000000000.0", "NaN"),
        lambda text: text.replace("100000000000.0", '"fast"'),
        lambda text: text.replace("100000000000.0", "true"),
        lambda text: text.replace('"instructions"', '"other"'),
        lambda text: text.replace('"cpus": 4', '"cpus": 5'),
        lambda text: text.replace('"measured": [', '"measured": ['.replace("[", 'null, "x": [')),
    ],
)
def test_a_file_that_is_damaged_or_of_another_machine_is_replaced(cache, damage):
    cache([1])
    (path,) = cache.folder.iterdir()
    whole = path.read_text()
    damaged = damage(whole)
    assert damaged != whole
    path.write_text(damaged, errors="surrogateescape")
    assert cache([1]).measured == (made_up(1),)
    assert cache.measured == [1, 1]
    assert path.read_text() == whole


def test_a_folder_that_cannot_be_written_is_no_error(cache):
    # A file where the folder should be: even root cannot write there.
    cache.folder.write_text("in the way")
    assert cache([1]).measured == (made_up(1),)
    assert cache([1]).measured == (made_up(1),)
    assert cache.measured == [1, 1]


def test_nothing_is_left_where_writing_fails(cache, monkeypatch):
    def refuse(self, target):
        raise OSError("no")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    cache([1])
    assert list(cache.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the folder of Linux")
def test_the_folder_without_a_variable(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert peak_cache.cache_folder() == tmp_path / ".cache" / "tflops_native"


def test_plain_data_and_back(cache):
    peaks = cache()
    assert from_plain(Peaks, json.loads(json.dumps(peaks.to_dict()))) == peaks
    assert made_up(1).operations_per_second("float32") == 1e11
    assert made_up(1).operations_per_second("int8") is None


# The real thing


def test_a_child_measures_this_machine():
    peaks = run_isolated(measure_thread_peaks, 1, data_caches(usable_cpus()))
    assert peaks.threads == 1
    assert {peak.arithmetic for peak in peaks.compute} >= {"float32", "int8"}
    names = [level.name for level in peaks.memory]
    assert names[0] == "L1"
    assert names == sorted(names, key=lambda name: (name == "DRAM", name))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
def test_a_child_that_crashes(monkeypatch, tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho it was me >&2\nkill -ILL $$\n")
    program.chmod(0o755)
    monkeypatch.setattr(child_process.sys, "executable", str(program))
    with pytest.raises(InvokeError) as caught:
        run_isolated(measure_thread_peaks, 1, data_caches(usable_cpus()))
    assert str(caught.value) == (
        "the runtime crashed (the measuring process was ended by SIGILL at step 'start'); "
        "last output: it was me"
    )


# Best of many against best of many, one after the other in one process: the only relation of two
# rates that holds on any machine.
AGAINST_NUMPY = """
import time
import numpy as np
from tflops_native.machine.peaks.trials import measure_compute_peaks

size = 768
a, b = np.random.default_rng(0).random((2, size, size), dtype=np.float32)
out = np.empty_like(a)
best = np.inf
for _ in range(30):
    start = time.perf_counter()
    np.matmul(a, b, out=out)
    best = min(best, time.perf_counter() - start)
peak = next(p for p in measure_compute_peaks(1) if p.arithmetic == "float32")
print(2 * size**3 / best, peak.operations_per_second)
"""


def rates():
    # A variable of this environment may choose a slower kernel for numpy.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    for name in ("OPENBLAS", "OMP", "MKL"):
        environment[f"{name}_NUM_THREADS"] = "1"
    command = [sys.executable, "-c", AGAINST_NUMPY]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return tuple(map(float, ended.stdout.split()))


def test_numpy_does_not_reach_beyond_the_peak():
    # A machine that slows down in between is given another chance.
    for _ in range(3):
        numpy, peak = rates()
        if numpy <= peak:
            return
    assert numpy <= peak


def test_peaks_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        made_up(1).threads = 2
