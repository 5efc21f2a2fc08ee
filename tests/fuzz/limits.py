"""What an input may cost: a second of processor time and 200 MB."""

import signal
import sys
from contextlib import contextmanager
from pathlib import Path

try:
    import resource
except ImportError:  # Windows
    resource = None

SECONDS = 1.0
BYTES = 200 << 20


class TooSlow(BaseException):
    """Not an `Exception`: nobody may take it for one of the promised errors."""


@contextmanager
def limits():
    """Raises `TooSlow`, or has Python raise `MemoryError`, in what is beyond them."""

    def stop(number, frame):
        raise TooSlow

    if resource is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        if pages:
            most = pages * resource.getpagesize() + BYTES
            resource.setrlimit(resource.RLIMIT_AS, (most, hard))
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGVTALRM, before)
