"""What to run a model with, and how to measure it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from tflops_native.errors import OptionError
from tflops_native.machine.affinity import check_cpus
from tflops_native.runtime.inputs import FILLS, InputData
from tflops_native.runtime.libraries import DEFAULT_RUNTIME, KERNELS

# Seconds between two runs.
MAX_INTERVAL = 3600.0
# Called with what is being done and how much of it is done, 0 to 1.
Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOptions:
    """What to measure, and how.

    input_shapes   input name -> shape; the empty name stands for the only input
    signature      key of the signature to measure; the main subgraph if None
    threads        threads of the runtime, 1 or more
    kernels        "xnnpack": the XNNPACK delegate takes the operators it knows; "builtin": the
                   runtime's own kernels only; "reference": its plain ones, which the C API of
                   TensorFlow Lite cannot be asked for
    runtime        "tflite" for the library that the package carries, "litert" for that of the
                   package ai-edge-litert, "tensorflow" for TensorFlow's Python interpreter, or the
                   path of another library of one of the first two kinds; several with commas
                   between them where runtimes are compared
    delegate       path of a library of an external delegate of TensorFlow Lite, which takes operators
                   before the kernels do
    delegate_options   what it is told, as key -> value
    runs           most samples to take; without a precision exactly so many
    min_runs       least samples to take
    precision      stop when half the 95 % interval of the median is no more than this part of the
                   median; 0.01 if None and there is no number of runs
    max_time       seconds after which sampling stops; 10 if None and a precision is wanted
    interval       seconds between the beginnings of two runs, for models that run at a rate
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
    delegate: str | None = None
    delegate_options: Mapping[str, str] = field(default_factory=dict)
    runs: int | None = None
    min_runs: int = 1
    precision: float | None = None
    max_time: float | None = None
    interval: float = 0.0
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
        if self.min_runs < 1 or (self.runs is not None and self.min_runs > self.runs):
            most = "runs" if self.runs is None else f"the {self.runs} runs"
            raise OptionError(f"min_runs must be from 1 to {most}, but is {self.min_runs}")
        # Written so that a NaN fails too.
        if self.precision is not None and not 0 < self.precision < 1:
            raise OptionError(f"precision must lie between 0 and 1, but is {self.precision:g}")
        if self.max_time is not None and not self.max_time > 0:
            raise OptionError(f"max_time must be more than 0 seconds, but is {self.max_time:g}")
        if not 0 <= self.interval <= MAX_INTERVAL:
            raise OptionError(
                f"interval must be from 0 to {MAX_INTERVAL:g} seconds, but is {self.interval:g}"
            )
        if self.kernels not in KERNELS:
            raise OptionError(f"kernels must be one of {', '.join(KERNELS)}, not {self.kernels!r}")
        if self.delegate_options and self.delegate is None:
            raise OptionError("delegate options are given, but no delegate")
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
    delegate: str | None
    delegate_options: Mapping[str, str]
    runs: int | None
    min_runs: int
    precision: float | None
    max_time: float | None
    interval: float
    profile: bool
    inputs: Mapping[str, InputData]
    fill: str
    seed: int
    pin: tuple[int, ...] | None
