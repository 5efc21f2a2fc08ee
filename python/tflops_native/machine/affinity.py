"""Confines the measuring threads to chosen CPUs, and gives the others back afterwards."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tflops_native.compiled import native
from tflops_native.errors import OptionError

_CPU = re.compile(r"\s*[0-9]{1,9}\s*")
# No kernel has as many CPUs.
_CPU_LIMIT = 1 << 20
_CPU = re.compile(r"\s*[0-9]{1,9}\s*")


def usable_cpus() -> list[int]:
    """The CPUs that this process may run on; all of them where the system does not tell."""
    allowed: list[int] | None = native().allowed_cpus()
    return list(range(os.cpu_count() or 1)) if allowed is None else allowed


@contextmanager
def pinned(cpus: Sequence[int] | None) -> Iterator[None]:
    """While this is open, the calling thread and threads that it starts run on these CPUs only.

    A runtime starts its worker threads as its interpreter is made, so that must happen in here. On
    Windows all threads of the process are confined. None leaves everything as it is.

    Raises:
        OptionError: one of the CPUs is not allowed or not there, or the system cannot pin.
    """
    if cpus is None:
        yield
        return
    before = native().allowed_cpus()
    if before is None:
        raise OptionError("cannot pin: this operating system does not confine threads to CPUs")
    refused = sorted(set(cpus) - set(before))
    if refused:
        raise OptionError(
            f"cannot pin to CPU {cpu_list(refused)}: this process may run on CPU {cpu_list(before)}"
        )
    native().set_allowed_cpus(sorted(set(cpus)))
    try:
        yield
    finally:
        native().set_allowed_cpus(before)


def cpu_list(cpus: Sequence[int]) -> str:
    """Ascending numbers, written as Linux and `taskset` do: [0, 1, 2, 5] -> "0-2,5"."""
    runs: list[list[int]] = []
    for cpu in cpus:
        if runs and cpu == runs[-1][-1] + 1:
            runs[-1].append(cpu)
        else:
            runs.append([cpu])
    return ",".join(
        f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs
    )


def parse_cpu_list(text: str) -> tuple[int, ...]:
    """The reverse: "0-2,5" -> (0, 1, 2, 5), ascending and without repetition.

    Raises:
        ValueError: the text is not such a list.
    """
    cpus: set[int] = set()
    for part in text.split(","):
        ends = [int(end) if _CPU.fullmatch(end) else -1 for end in part.split("-")]
        if len(ends) > 2 or not 0 <= ends[0] <= ends[-1] < _CPU_LIMIT:
            raise ValueError(f"{text!r} is not a list of CPUs: write it as 1 or 0,2 or 0-3")
        cpus.update(range(ends[0], ends[-1] + 1))
    return tuple(sorted(cpus))
