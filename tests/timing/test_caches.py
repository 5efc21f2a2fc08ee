"""Sizes and numbers of caches, from a made-up /sys."""

import os

import pytest

from tflops_native.machine.caches import Cache, data_caches


@pytest.fixture
def sysfs(tmp_path):
    """Writes the entry of one cache of one CPU."""

    def add(cpu, index, **entries):
        folder = tmp_path / f"cpu{cpu}" / "cache" / f"index{index}"
        folder.mkdir(parents=True)
        for name, text in entries.items():
            (folder / name).write_text(f"{text}\n")

    add.path = tmp_path
    return add


def add_cpu(sysfs, cpu, l2_sharers, l1_size="48K"):
    sysfs(cpu, 0, type="Data", level=1, size=l1_size, shared_cpu_list=cpu)
    sysfs(cpu, 1, type="Instruction", level=1, size="64K", shared_cpu_list=cpu)
    sysfs(cpu, 2, type="Unified", level=2, size="2048K", shared_cpu_list=l2_sharers)
    sysfs(cpu, 3, type="Unified", level=3, size="32M", shared_cpu_list="0-3")


def test_levels_are_counted_by_who_shares_them(sysfs):
    for cpu, sharers in enumerate(["0-1", "0-1", "2-3", "2-3"]):
        add_cpu(sysfs, cpu, sharers)
    assert data_caches([0, 1, 2, 3], sysfs.path) == (
        Cache(level=1, size_bytes=48 * 1024, instances=4),
        Cache(level=2, size_bytes=2 * 1024**2, instances=2),
        Cache(level=3, size_bytes=32 * 1024**2, instances=1),
    )
    # Of the CPUs that may not be used nothing counts.
    assert [cache.instances for cache in data_caches([0, 1], sysfs.path)] == [2, 1, 1]


def test_of_unlike_cores_the_largest_counts(sysfs):
    add_cpu(sysfs, 0, "0", l1_size="32K")
    add_cpu(sysfs, 1, "1", l1_size="64K")
    assert data_caches([0, 1], sysfs.path)[0].size_bytes == 64 * 1024


def test_capacity_of_threads():
    cache = Cache(level=2, size_bytes=100, instances=4)
    assert [cache.capacity(threads) for threads in (1, 3, 4, 8)] == [100, 300, 400, 400]


def test_what_cannot_be_read_is_left_out(sysfs):
    add_cpu(sysfs, 0, "0")
    (sysfs.path / "cpu0/cache/index2/size").write_text("none")
    (sysfs.path / "cpu0/cache/index3/level").unlink()
    assert [cache.level for cache in data_caches([0], sysfs.path)] == [1]


def test_the_c_library_is_asked_next(monkeypatch, tmp_path):
    sizes = {"SC_LEVEL1_DCACHE_SIZE": 32768, "SC_LEVEL2_CACHE_SIZE": 0, "SC_LEVEL3_CACHE_SIZE": 99}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__, raising=False)
    assert data_caches([0, 1], tmp_path) == (
        Cache(level=1, size_bytes=32768, instances=2),
        Cache(level=3, size_bytes=99, instances=1),
    )


@pytest.mark.parametrize("error", [ValueError, OSError])
def test_hidden_sizes_are_assumed_and_said_to_be(monkeypatch, tmp_path, error):
    def refuse(name):
        raise error

    monkeypatch.setattr(os, "sysconf", refuse, raising=False)
    assert data_caches([0, 1, 2], tmp_path) == (
        Cache(level=1, size_bytes=32768, instances=3, is_assumed=True),
        Cache(level=2, size_bytes=524288, instances=3, is_assumed=True),
    )
