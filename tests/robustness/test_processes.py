"""Measuring from threads, from forked processes, and where the caller has handlers of its own."""

import os
import signal
import subprocess
import sys
import threading

import pytest

pytest.importorskip("tflops_native._native", exc_type=ImportError)

import tflops_native
from zoo import EXAMPLES

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
FORKED = """
import os, sys
import tflops_native

def samples(isolated):
    timing = tflops_native.measure(sys.argv[1], runs=2, profile=False, isolated=isolated)
    return len(timing.samples_ns)

model = tflops_native.load(sys.argv[1])
samples(False)
child = os.fork()
if child == 0:
    same = tflops_native.analyze(model).macs == tflops_native.analyze(sys.argv[1]).macs
    os._exit(0 if same and samples(True) == samples(False) == 2 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("is_isolated", [False, True], ids=["here", "isolated"])
def test_threads_may_measure_at_the_same_time(is_isolated):
    found = []

    def measure():
        timing = tflops_native.measure(SINGLE, runs=2, profile=False, isolated=is_isolated)
        found.append(len(timing.samples_ns))

    threads = [threading.Thread(target=measure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2, 2, 2, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_measures():
    command = [sys.executable, "-c", FORKED, str(SINGLE)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of POSIX")
def test_handlers_of_the_caller_stay(tflops):
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    assert tflops("count", SINGLE).status == 0
    assert [signal.getsignal(number) for number in numbers] == before


def test_the_command_line_in_a_thread(monkeypatch, capsys):
    from tflops_native.cli import main

    monkeypatch.setattr(sys, "argv", ["tflops", "count", str(SINGLE)])
    ended = []

    def run():
        try:
            main()
        except SystemExit as error:
            ended.append(error.code)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ended == [0]
    assert "194,688 MACs" in capsys.readouterr().out
