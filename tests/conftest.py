"""What holds for all tests."""

import signal
import sys

import pytest

import fake_tflite


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
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def fake_runtime(tmp_path_factory):
    """The path of a TensorFlow Lite C library that does what `fake_tflite.model` asks for."""
    return fake_tflite.build(tmp_path_factory.mktemp("fake_tflite"))


@pytest.fixture(scope="session")
def clocked_resolution_ns():
    """The step of times that a library reads off the system's clock: Linux lets that run faster."""
    return 1 if sys.platform == "linux" else 1000
