"""What to run a model with, and how to measure it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from tflops_native.errors import OptionError
from tflops_native.timing.affinity import check_cpus
from tflops_native.timing.inputs import FILLS, InputData
from tflops_native.timing.runtimes import DEFAULT_RUNTIME, KERNELS

# Called with what is being done and how much of it is done, 0 to 1.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOptions:
    """What to measure, and how.

    input_shapes   input name -> shape; the empty name stands for the only input
    signature      key of the signature to measure; the main subgraph if None
    threads        threads of the runtime, 1 or more
    kernels        "xnnpack": the XNNPACK delegate takes the operators it knows; "builtin": the
                   runtime's own kernels only
    runtime        "tflite" for the library that the package carries, or the path of another one
    runs           number of samples, or None: about a second's worth
    profile        whether to time each operator too, in runs of their own
    inputs         input name -> the user's array, or the path of a .npy, .npz or .bin file; the empty
                   name stands for the only input
    fill           what the other inputs hold: "random" or "zeros"
    seed           of the random inputs, 0 or more
    pin            CPUs to run on, for all threads of the runtime; None leaves it to the system
    """

    input_shapes: Mapping[str, Sequence[int]]
    signature: str | None = None
    threads: int = 1
    kernels: str = KERNELS[0]
    runtime: str = DEFAULT_RUNTIME
    runs: int | None = None
    profile: bool = True
    inputs: Mapping[str, InputData] = field(default_factory=dict)
    fill: str = FILLS[0]
    seed: int = 0
    pin: tuple[int, ...] | None = None

    def check(self) -> None:
        """Raise `OptionError` for what no runtime can do."""
        if self.threads < 1:
            raise OptionError(f"threads must be 1 or more, but is {self.threads}")
        if self.runs is not None and self.runs < 1:
            raise OptionError(f"runs must be 1 or more, but is {self.runs}")
        if self.kernels not in KERNELS:
            raise OptionError(f"kernels must be one of {', '.join(KERNELS)}, not {self.kernels!r}")
        if self.fill not in FILLS:
            raise OptionError(f"fill must be one of {', '.join(FILLS)}, not {self.fill!r}")
        if self.seed < 0:
            raise OptionError(f"seed must be 0 or more, but is {self.seed}")
        if self.pin is not None:
            check_cpus(self.pin)


class MeasureKeywords(TypedDict, total=False):
    """The fields of `MeasureOptions` as keywords of functions, but for shapes and signature."""

    threads: int
    kernels: str
    runtime: str
    runs: int | None
    profile: bool
    inputs: Mapping[str, InputData]
    fill: str
    seed: int
    pin: tuple[int, ...] | None
