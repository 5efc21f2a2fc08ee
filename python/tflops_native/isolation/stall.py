"""Ends a child process that hangs: one that neither computes nor says anything."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

POLL_SECONDS = 5.0
_PROC = Path("/proc")


class StallWatch:
    """Ends a child that for a while has said nothing, used no processor time, and was asleep whenever
    one looked.

    A runtime that computes, waits for a processor or reads from a disk is never ended, however slow it is;
    nor is one that spins in a loop without end, which looks the same from outside. Linux only: elsewhere
    nothing tells what a process does, and no child is ended.
    """

    def __init__(self, child: "subprocess.Popen[bytes]", seconds: float | None) -> None:
        self.has_passed = False
        self._child = child
        self._seconds = seconds if sys.platform == "linux" else None
        self._words = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Raises `RuntimeError` where there can be no further thread."""
        if self._seconds is not None:
            self._thread.start()

    def heard(self) -> None:
        """The child said something."""
        self._words += 1

    def cancel(self) -> None:
        """The child has ended, or is ended by someone else."""
        self._is_over.set()

    def _watch(self) -> None:
        # Looks are counted, not seconds: while this process itself is stopped, none are made.
        looks = 0
        last: tuple[int, int | None] = (0, None)
        while self._seconds is not None and not self._is_over.wait(POLL_SECONDS):
            now = self._words, processor_time_asleep(self._child.pid)
            looks = looks + 1 if now == last and now[1] is not None else 0
            last = now
            if looks * POLL_SECONDS >= self._seconds:
                self.has_passed = True
                self._child.kill()
                return


def processor_time_asleep(process: int) -> int | None:
    """The processor time that a process has used, in ticks; None unless it is asleep."""
    try:
        text = (_PROC / str(process) / "stat").read_text(encoding="ascii", errors="replace")
        # Its name comes before these and may hold anything.
        state, *fields = text.rpartition(")")[2].split()
        return int(fields[10]) + int(fields[11]) if state == "S" else None
    except (OSError, ValueError, IndexError):
        return None
