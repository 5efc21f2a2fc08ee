"""What a model is run with."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath, sep
from pathlib import Path

from tflops_native.checks import file_path, listed, one_of, shown, whole_number
from tflops_native.errors import OptionError

# Runtimes that are found by name; all others are given by path.
RUNTIME_NAMES = ("tflite", "litert", "litert-lm", "tensorflow")
DEFAULT_RUNTIME, LITERT, LITERT_LM, TENSORFLOW = RUNTIME_NAMES
KERNELS = ("xnnpack", "builtin", "reference")
FILLS = ("random", "zeros")
# A runtime starts this many threads without a word, and a machine with more locks up.
THREADS_LIMIT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a model is run with.

    runtime            "tflite" for the library that the package carries, "litert" for that of the
                       package ai-edge-litert, "litert-lm" for the TensorFlow Lite that the package
                       litert-lm-api carries, "tensorflow" for TensorFlow's Python interpreter, or the
                       path of a library of one of the first two kinds
    kernels            "xnnpack": the XNNPACK delegate takes the operators it knows; "builtin": the
                       runtime's own kernels only; "reference": its plain ones, which only LiteRT and
                       TensorFlow can be asked for
    threads            threads of the runtime, 1 to 1,024
    delegate           path of the library of an external delegate of TensorFlow Lite, which takes
                       operators before the kernels do
    delegate_options   its options, key -> value
    pin                CPUs that all threads of the runtime may use; None leaves it to the system
    fill               what inputs without data hold: "random" or "zeros"
    seed               of the random inputs, 0 or more

    Raises:
        OptionError: a value is out of range or of another type.
    """

    runtime: str = DEFAULT_RUNTIME
    kernels: str = KERNELS[0]
    threads: int = 1
    delegate: str | None = None
    delegate_options: Mapping[str, str] = field(default_factory=dict)
    pin: tuple[int, ...] | None = None
    fill: str = FILLS[0]
    seed: int = 0

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "runtime", _path_or_name("runtime", self.runtime))
        if "," in self.runtime and not os.path.lexists(self.runtime):
            raise OptionError(
                f"one runtime is needed here, got {self.runtime!r}: `tflops time` and `compare` take "
                "several"
            )
        one_of("kernels", self.kernels, KERNELS)
        set_(
            self,
            "threads",
            whole_number("threads", self.threads, minimum=1, maximum=THREADS_LIMIT),
        )
        if not isinstance(self.delegate_options, Mapping):
            raise OptionError(
                f"delegate options must map keys to values, got {shown(self.delegate_options)}"
            )
        if self.delegate is not None:
            set_(self, "delegate", _path_or_name("delegate", self.delegate))
        elif self.delegate_options:
            raise OptionError("delegate options are given, but no delegate")
        one_of("fill", self.fill, FILLS)
        set_(self, "seed", whole_number("seed", self.seed, minimum=0))
        if self.pin is not None:
            set_(self, "pin", _cpus(self.pin))


def _path_or_name(name: str, value: "str | PathLike[str]") -> str:
    text = "" if isinstance(value, str) and not value else str(file_path(name, value))
    if not text:
        raise OptionError(f"{name} must be a name or a path, got {shown(value)}")
    path = fspath(value)
    if path not in RUNTIME_NAMES and Path(path).name == path and os.path.lexists(path):
        # The system looks for a library without a folder everywhere but here.
        path = f".{sep}{path}"
    return path


def _cpus(pin: object) -> tuple[int, ...]:
    given = listed("pin must be CPU numbers, as (0, 2)", pin)
    cpus = tuple(whole_number("a CPU to pin to", cpu, minimum=0) for cpu in given)
    if not cpus:
        raise OptionError("pin names no CPU: write it as (1,) or (0, 2)")
    return cpus
