"""What a process held: made-up files, and this process."""

import subprocess
import sys

import pytest

from machines import write_files
from tflops_native.machine.memory import Memory, MemoryWatch
from tflops_native.plain import to_plain

UNKNOWN = Memory(
    before_bytes=None,
    loaded_bytes=None,
    allocated_bytes=None,
    filled_bytes=None,
    first_invoke_bytes=None,
    peak_bytes=None,
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
        before_bytes=1_024_000,
        loaded_bytes=1_025_024,
        allocated_bytes=1_026_048,
        filled_bytes=1_027_072,
        first_invoke_bytes=1_028_096,
        # Rounded by the system to below what was seen.
        peak_bytes=1_028_096,
    )


@pytest.mark.parametrize(("later", "peak"), [(5000, None), (5001, 5001 * 1024)])
def test_a_peak_that_cannot_be_forgotten(tmp_path, later, peak):
    held(tmp_path, 1000, 5000)
    # A folder in its place: it cannot be written.
    (tmp_path / "proc/self/clear_refs").mkdir(parents=True)
    watch = MemoryWatch(tmp_path)
    watch.look("before")
    held(tmp_path, 1000, later)
    assert watch.finish().peak_bytes == peak


def test_pages_counted_one_by_one_come_first(tmp_path):
    held(tmp_path, 1000, 5000)
    write_files(
        tmp_path, {"proc/self/smaps_rollup": "00-ff ---p [rollup]\nRss:    990 kB\nPss: 1 kB\n"}
    )
    watch = MemoryWatch(tmp_path)
    watch.look("loaded")
    assert watch.finish().loaded_bytes == 990 * 1024


def test_a_system_that_tells_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    watch = MemoryWatch(tmp_path)
    watch.look("before")
    assert watch.finish() == UNKNOWN
    assert set(to_plain(UNKNOWN).values()) == {None}


@pytest.mark.skipif(sys.platform != "linux", reason="files as Linux has them")
def test_memory_that_is_used_is_seen():
    # In a process of its own: elsewhere memory that was given back may be used again.
    program = """
from tflops_native.machine.memory import MemoryWatch
watch = MemoryWatch()
watch.look("before")
block = b"x" * (32 << 20)
watch.look("loaded")
del block
watch.look("allocated")
memory = watch.finish()
print(memory.before_bytes, memory.loaded_bytes, memory.allocated_bytes, memory.peak_bytes or 0)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    before, loaded, allocated, peak = map(int, ended.stdout.split())
    assert loaded - before > 0.9 * (32 << 20)
    assert loaded - allocated > 0.9 * (32 << 20)
    assert not peak or peak >= loaded
