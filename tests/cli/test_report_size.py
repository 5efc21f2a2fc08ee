"""How large a saved report is, of a measurement as long as those of users."""

import pytest

import tflops_native
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


def test_a_report_is_small(tflops, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # As many samples as a quiet machine takes until the median is known to 1 %, and some more.
    ended = tflops("report", MOBILENET, "--runs", "5000", "--no-peaks", "-o", "all.json")
    assert (ended.status, ended.err) == (0, "")
    # As --no-samples does.
    tflops_native.save_report(tflops_native.load_report("all.json"), "less.json", samples=False)
    assert (tmp_path / "all.json").stat().st_size <= 150_000
    # 34 operators with their times and their layers.
    assert (tmp_path / "less.json").stat().st_size <= 40_000
    less = tflops_native.load_report("less.json")
    assert less.timing.samples_ns == less.timing.profile.invoke_ns == ()
    assert less.timing.latency.median_seconds > 0
