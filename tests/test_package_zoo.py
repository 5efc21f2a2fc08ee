"""Models that nobody here wrote, out of packages that `python tools/fetch_zoo.py` downloads.

What each is expected to be is in `package_zoo.json`; those that are not in the cache are skipped.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tflops_native.model.reader import load
from workloads import analyze_model

pytestmark = pytest.mark.zoo

LISTED = json.loads((Path(__file__).parent / "package_zoo.json").read_text(encoding="utf-8"))
MODELS = LISTED["models"]


def cache_folder():
    """As tools/fetch_zoo.py has it; read before the tests get a cache of their own."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("TFLOPS_ZOO") or Path(base, "tflops_native", "zoo"))


FOLDER = cache_folder()


@pytest.fixture(
    params=MODELS, ids=lambda digest: f"{Path(MODELS[digest]['path']).name}-{digest[:6]}"
)
def entry(request):
    path = FOLDER / f"{request.param}.tflite"
    if not path.exists():
        pytest.skip(f"{MODELS[request.param]['path']} is not in {FOLDER}: tools/fetch_zoo.py")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == request.param
    return path, MODELS[request.param]


def tflops(*arguments):
    run = "from tflops_native.cli import main; main()"
    command = [sys.executable, "-c", run, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def test_counted_as_recorded(entry):
    path, expected = entry
    analysis = analyze_model(load(path))
    assert analysis.total.macs == expected["macs"]
    assert analysis.total.operations == expected["operations"]
    assert len(analysis.operators) == expected["operators"]
    assert sorted(set(analysis.coverage.unsupported_names)) == expected["not_counted"]


def test_shapes_are_the_runtimes(entry):
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    path, expected = entry
    done = tflops("verify", path, "--timeout", 120)
    if "runtime_lacks" in expected:
        assert done.returncode == 2
        assert expected["runtime_lacks"] in done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def test_reported(entry):
    """Counted, timed and joined; every event of the profiler belongs to an operator."""
    pytest.importorskip("tflops_native._native", exc_type=ImportError)
    path, expected = entry
    options = ("--runs", 3, "--max-time", 1, "--timeout", 120, "--format", "json")
    done = tflops("report", path, *options)
    (report,) = json.loads(done.stdout)["reports"]
    if "runtime_lacks" in expected:
        assert expected["runtime_lacks"] in done.stderr + str(report["timing_error"])
        return
    assert done.returncode == 0, done.stderr
    unmatched = report["timing"]["profile"]["unmatched"]
    assert len(unmatched) <= expected.get("unmatched_events", 0), unmatched
