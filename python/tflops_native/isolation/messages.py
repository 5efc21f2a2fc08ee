"""What the parent and its child process write to each other, pickled."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from tflops_native.errors import TflopsError


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do, and the process whose end is its end too.

    call   the pickled function and its arguments: unpickled only once the memory limit holds
    """

    call: bytes
    memory_bytes: int | None
    parent: int


@dataclass(frozen=True, slots=True)
class Step:
    """What the child is doing, and how much of it is done, 0 to 1."""

    what: str
    done: float


@dataclass(frozen=True, slots=True)
class Kept:
    """What is finished, should the rest fail."""

    outcome: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """The call raised this error of ours."""

    error: TflopsError


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """Python in the child could not have memory."""


@dataclass(frozen=True, slots=True)
class Done:
    """What the call returned."""

    outcome: Any


Message: TypeAlias = Step | Kept | Failure | OutOfMemory | Done
