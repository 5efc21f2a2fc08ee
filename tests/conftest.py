"""What holds for all tests."""

import gc
import os
import shutil
import signal
import subprocess
import sys
from functools import partial

import pytest

import fake_tflite
import short_protocol as short
from built_once import built_once, folder_of_all_workers
from zoo import ROOT


@pytest.hookimpl(optionalhook=True)  # where there is no xdist
def pytest_xdist_auto_num_workers():
    """Of `-n auto`: more than there are CPUs, as many tests wait for a process or for a time limit."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Of `-n`: the tests of a file run in one process, and those of all files that need TensorFlow.

    So what a file prepares is prepared once, and TensorFlow's half a GB is in one process.
    """
    from xdist.scheduler import LoadFileScheduling

    needing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if "mark.tensorflow" in path.read_text(encoding="utf-8")
    }

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "tensorflow" if file in needing else file

    return ByFile(config, log)


def pytest_collection_finish():
    """What was imported and collected stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


def pytest_configure():
    # A shell starts background jobs with SIGINT ignored, and their children inherit that: tests that
    # send it would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # No test asserts a time, those of hypothesis neither: on a busy machine each may take long.
    try:
        import hypothesis
    except ImportError:
        return
    hypothesis.settings.register_profile("suite", deadline=None)
    hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory):
    """Peaks that tests measure, once, are kept here and not among the user's."""
    folder = folder_of_all_workers(tmp_path_factory) / "cache"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture
def short_protocol(monkeypatch, tmp_path_factory):
    """Hardly any warm-up and few runs, in this process and in its children."""
    import command_line
    from tflops_native.isolation import child_process

    short.cut_short(monkeypatch.setattr)
    # Of their own: peaks that are measured briefly are lower.
    folder = folder_of_all_workers(tmp_path_factory) / "brief-cache"
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setattr(child_process, "PROGRAM", short.CHILD)
    monkeypatch.setattr(command_line, "PROGRAM", short.TFLOPS)


@pytest.fixture
def measured_here(request, short_protocol, monkeypatch):
    """What runs in children runs in this process, and briefly; what may crash has a child all the same."""
    from tflops_native.isolation import isolated

    if not {"fake_runtime", "own_child"} & set(request.fixturenames):
        monkeypatch.setattr(isolated, "run_child", short.run_here)


@pytest.fixture
def own_child():
    """For tests that need the child: for its last words, or its limits."""


@pytest.fixture(scope="session")
def fake_runtime(tmp_path_factory):
    """The path of a TensorFlow Lite C library that does what `fake_tflite.model` asks for."""
    fake_tflite.skip_without_compiler()
    return built_once(tmp_path_factory, "fake_tflite", fake_tflite.build) / fake_tflite.LIBRARY


@pytest.fixture(scope="session")
def slower_runtime(tmp_path_factory):
    """The same library, of which an inference takes a tenth longer."""
    fake_tflite.skip_without_compiler()
    build = partial(fake_tflite.build, percent=110)
    return built_once(tmp_path_factory, "slower_tflite", build) / fake_tflite.LIBRARY


@pytest.fixture(scope="session")
def timer_program(tmp_path_factory):
    """The path of tflops-timer, built by CMake."""
    fake_tflite.skip_without_compiler()
    if shutil.which("cmake") is None:
        pytest.skip("no CMake to build the timer with")
    return built_once(tmp_path_factory, "timer", _build_timer) / "cpp" / "timer" / "tflops-timer"


def _build_timer(folder):
    options = ["-DTFLOPS_PYTHON=OFF", "-DTFLOPS_BUILD_TIMER=ON", "-DTFLOPS_WERROR=ON"]
    # Headers take most of the time: each is read once or twice, and not by each file.
    options += ["-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=16"]
    for command in (["-S", ROOT, "-B", folder, *options], ["--build", folder, "--parallel"]):
        subprocess.run(["cmake", *command], check=True, capture_output=True)


@pytest.fixture(scope="session")
def clocked_resolution_ns():
    """The step of times that a library reads off the system's clock: Linux lets that run faster."""
    return 1 if sys.platform == "linux" else 1000
