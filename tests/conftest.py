"""What holds for all tests."""

import signal


def pytest_configure():
    # A shell starts background jobs with SIGINT ignored, and their children inherit that: tests that
    # send it would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
