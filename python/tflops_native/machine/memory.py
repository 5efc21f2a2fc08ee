"""How much memory the process holds as a model is loaded and run."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tflops_native.machine.kernel_files import ROOT, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident memory of the whole process, in bytes, at moments of the measurement; None is unknown.

    before_bytes          before the model is loaded; Python, numpy and the runtime's library are
                          there already
    loaded_bytes          the interpreter is made, delegates included
    allocated_bytes       shapes are inferred, memory is reserved, kernels are prepared
    filled_bytes          inputs are set
    first_invoke_bytes    the first inference has run
    peak_bytes            the most at any moment from before to the end of the warm-up
    """

    before_bytes: int | None
    loaded_bytes: int | None
    allocated_bytes: int | None
    filled_bytes: int | None
    first_invoke_bytes: int | None
    peak_bytes: int | None


class MemoryWatch:
    """Looks at the memory of this process: made before the model is loaded, `finish` at the end.

    Making one starts the peak of the process anew where the system lets it (`VmHWM` of Linux).
    """

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._earlier_peak = _restart_peak(root)
        self._held: dict[str, int | None] = {}

    def look(self, moment: str) -> None:
        """Note what is held now, under the name of a field of `Memory`."""
        self._held[moment] = _resident_bytes(self._root)

    def finish(self) -> Memory:
        """What was noted; moments that were not are None."""
        moments = [name for name in Memory.__slots__ if name != "peak_bytes"]
        held = {name: self._held.get(name.removesuffix("_bytes")) for name in moments}
        return Memory(**held, peak_bytes=self._peak())

    def _peak(self) -> int | None:
        """The most since the start; None for a process that held more before, and cannot forget it."""
        peak = _lifetime_peak_bytes(self._root)
        if peak is None or (self._earlier_peak is not None and peak <= self._earlier_peak):
            return None
        # The system rounds the peak, and may put it a little below what was seen.
        return max(peak, *(held or 0 for held in self._held.values()))


def _restart_peak(root: Path) -> int | None:
    """Let the peak begin anew; where that cannot be done, the peak up to now."""
    try:
        (root / "proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return _lifetime_peak_bytes(root)
    return None


def _resident_bytes(root: Path) -> int | None:
    # The first file counts page by page, the second keeps a sum that lags behind.
    exact = _field_bytes(root / "proc/self/smaps_rollup", "Rss")
    return exact if exact is not None else _field_bytes(root / "proc/self/status", "VmRSS")


def _lifetime_peak_bytes(root: Path) -> int | None:
    peak = _field_bytes(root / "proc/self/status", "VmHWM")
    if peak is not None:
        return peak
    try:
        import resource
    except ImportError:
        return None
    # Kilobytes, but on macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _field_bytes(path: Path, name: str) -> int | None:
    """The field of a file of lines `name: number kB`."""
    for line in (read_text(path) or "").splitlines():
        key, _, value = line.partition(":")
        if key == name and value.split()[1:] == ["kB"]:
            return int(value.split()[0]) * 1024
    return None
