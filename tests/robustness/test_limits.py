"""Limits: of time on a hang, of what a runtime prints, of memory where nothing tells how much there is."""

import sys

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import fake_tflite
from tflops_native.errors import InvokeError, OptionError
from tflops_native.isolation import child_process, limits
from tflops_native.isolation.isolated import run_isolated
from tflops_native.isolation.limits import ChildLimits, hold_memory
from tflops_native.measurement import post_mortem
from workloads import measure_in_child


@pytest.fixture
def measured(fake_runtime, tmp_path):
    def run(*statements, **options):
        path = tmp_path / "model.tflite"
        path.write_bytes(fake_tflite.model(*statements))
        return measure_in_child(path, runs=1, runtime=str(fake_runtime), **options)

    return run


@pytest.mark.parametrize(
    ("timeout", "longest"), [(1.0, 1.0), (8.0, 8.0), (1000.0, 20.0), (None, 20.0)]
)
def test_looking_for_the_operator_takes_no_longer_than_the_time_limit(
    monkeypatch, timeout, longest
):
    asked = []

    def run_child(function, arguments, progress, given):
        asked.append((given.timeout_seconds, arguments[1] + arguments[2]))

    monkeypatch.setattr(post_mortem, "run_child", run_child)
    ending = child_process.Ending(what="", step="warm up", timed_out=True, last_words="")
    post_mortem.last_operator(None, None, ChildLimits(timeout_seconds=timeout), ending)
    ((limit, invokes),) = asked
    assert limit == longest
    assert invokes <= limit / 2


def test_a_hang_under_a_short_time_limit_is_one_clear_error(measured):
    with pytest.raises(InvokeError, match="did not end within 3 s, it was at step '"):
        measured("on operator:1 3 hang", limits=ChildLimits(timeout_seconds=3.0))


@pytest.mark.parametrize("size", [0, 100, 50_000_000])
def test_what_a_runtime_prints_is_read_and_its_end_is_kept(tmp_path, monkeypatch, size):
    # The child imports its function by name: this file's is put where it finds it.
    held = []

    class Noise(child_process._Noise):
        def __init__(self, pipe):
            super().__init__(pipe)
            held.append(self)

    monkeypatch.setattr(child_process, "_Noise", Noise)
    (tmp_path / "noisy_function.py").write_text(NOISY, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    import noisy_function

    with pytest.raises(InvokeError, match=r"ended with exit code 3.* the end$"):
        run_isolated(noisy_function.print_without_end, size)
    assert len(held[0]._end) <= child_process._LAST_BYTES


NOISY = """
import os

def print_without_end(count, reporter):
    for _ in range(count // 100):
        os.write(2, b"x" * 99 + b"\\n")
    os.write(2, b"the end\\n")
    os._exit(3)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits of Linux")
def test_a_memory_limit_where_proc_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(limits, "_STATUS", tmp_path / "status")
    with pytest.raises(
        OptionError, match=r"a memory limit cannot be held here: .*status does not say"
    ):
        hold_memory(1 << 40)
