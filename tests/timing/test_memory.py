"""What a process held: made-up files, and this process."""

import sys

import pytest

from machines import write_files
from tflops_native.machine.memory import Memory, MemoryWatch

UNKNOWN = Memory(
    before=None, loaded=None, allocated=None, filled=None, first_invoke=None, peak=None
)


def held(root, resident, peak):
    write_files(
        root,
        {"proc/self/status": f"Name:\tpython\nVmHWM:\t  {peak} kB\nVmRSS:\t  {resident} kB\n"},
    )


def test_each_moment_and_the_peak(tmp_path):
    held(tmp_path, 1000, 5000)
    write_files(tmp_path, {"proc/self/clear_refs": ""})
    watch = MemoryWatch(tmp_path)
    assert (tmp_path / "proc/self/clear_refs").read_text() == "5"
    watch.look("before")
    for resident, moment in enumerate(("loaded", "allocated", "filled", "first_invoke"), 1001):
        held(tmp_path, resident, 1003)
        watch.look(moment)
    assert watch.finish() == Memory(
        before=1_024_000,
        loaded=1_025_024,
        allocated=1_026_048,
        filled=1_027_072,
        first_invoke=1_028_096,
        # Rounded by the system to below what was seen.
        peak=1_028_096,
    )


@pytest.mark.parametrize(("later", "peak"), [(5000, None), (5001, 5001 * 1024)])
def test_a_peak_that_cannot_be_forgotten(tmp_path, later, peak):
    held(tmp_path, 1000, 5000)
    # A folder in its place: it cannot be written.
    (tmp_path / "proc/self/clear_refs").mkdir(parents=True)
    watch = MemoryWatch(tmp_path)
    watch.look("before")
    held(tmp_path, 1000, later)
    assert watch.finish().peak == peak


def test_pages_counted_one_by_one_come_first(tmp_path):
    held(tmp_path, 1000, 5000)
    write_files(
        tmp_path, {"proc/self/smaps_rollup": "00-ff ---p [rollup]\nRss:    990 kB\nPss: 1 kB\n"}
    )
    watch = MemoryWatch(tmp_path)
    watch.look("loaded")
    assert watch.finish().loaded == 990 * 1024


def test_a_system_that_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    watch = MemoryWatch(tmp_path)
    watch.look("before")
    assert watch.finish() == UNKNOWN
    assert set(UNKNOWN.to_dict().values()) == {None}


@pytest.mark.skipif(sys.platform != "linux", reason="files as Linux has them")
def test_memory_that_is_used_is_seen():
    size = 32 << 20
    watch = MemoryWatch()
    watch.look("before")
    block = b"x" * size
    watch.look("loaded")
    del block
    watch.look("allocated")
    memory = watch.finish()
    assert memory.loaded - memory.before > 0.9 * size
    assert memory.loaded - memory.allocated > 0.9 * size
    assert memory.peak is None or memory.peak >= memory.loaded
