"""SIGTERM and SIGHUP end a command in order: its child process and its files do not remain.

Ctrl-C ends sampling, if there is any, and what there is is reported; the second time it ends the command.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tflops_native.progress import early_stop


@contextmanager
def interrupting_in_two_steps() -> Iterator[None]:
    """The first Ctrl-C stops a measurement that takes samples; any other raises KeyboardInterrupt."""
    early_stop.reset()
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not early_stop.request():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class _Ended(BaseException):
    """A signal that asks for the end, raised where it arrives."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Raise where the signal arrives; outside of this, end as it would have ended the process.

    A signal that the caller ignores, as nohup does, stays ignored.
    """

    def end(number: int, frame: FrameType | None) -> None:
        raise _Ended(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    replaced = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, end)
    try:
        yield
    except _Ended as ended:
        signal.signal(ended.number, signal.SIG_DFL)
        signal.raise_signal(ended.number)
    finally:
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)
