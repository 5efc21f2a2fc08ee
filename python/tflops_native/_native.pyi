"""
The compiled core: one TensorFlow Lite model in one runtime, timed and profiled in native code.

Every call that creates, allocates, invokes or measures releases the GIL. An interpreter serves one
call at a time; a second one meanwhile is an `InvokeError`. The samples are raw: statistics are made
elsewhere.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Any, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

@final
class Library:
    """
    A TensorFlow Lite C library, or a LiteRT one. Once opened, it stays loaded until the process ends.
    """

    @staticmethod
    def linked() -> Library:
        """
        The default runtime, which the package carries.

        Raises `RuntimeLibraryError` if the package was built without one.
        """

    @staticmethod
    def open(path: str | PathLike[str]) -> Library:
        """
        Open a library by path; a bare file name is searched for as the system's loader does.

        Its functions tell which kind it is. Raises `RuntimeLibraryError` if it cannot be loaded, is
        of neither kind, or is a LiteRT before 2.1.6.
        """

    @property
    def path(self) -> str:
        """Real path of the loaded file."""

    @property
    def kind(self) -> str:
        """Either "tflite" or "litert"."""

    @property
    def version(self) -> str:
        """What the library says of itself, such as "2.17.1"; LiteRT says nothing: ""."""

    @property
    def tried_versions(self) -> tuple[str, str]:
        """The oldest and the newest version of this kind that the compiled part was run with."""

    @property
    def has_xnnpack(self) -> bool:
        """Whether `kernels="xnnpack"` is possible."""

    @property
    def has_profiler(self) -> bool:
        """Whether `profile=True` is possible."""

    @property
    def has_signatures(self) -> bool:
        """Whether `signature=...` is possible."""

    @property
    def has_subgraphs(self) -> bool:
        """Whether `shows_subgraphs=True` is possible."""

@final
class ModelCopy(Buffer):
    """
    The bytes of a model with `room` more bytes (zeros) behind, to be edited and opened.

    Of a file only the pages that are written to take memory of their own: weights are not copied, where
    the system maps files (not on Windows). Raises `ValueError` if a file cannot be read, `MemoryError`.
    """

    def __init__(self, model: str | PathLike[str] | Buffer, room: int) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class TensorInfo:
    """A tensor as the runtime sees it now."""

    @property
    def index(self) -> int:
        """Index in the primary subgraph; -1 for a tensor of another one."""

    @property
    def name(self) -> str:
        """For inputs and outputs of a signature their name there, else the tensor's own name."""

    @property
    def type(self) -> int:
        """`TfLiteType` number of the runtime (1 float32, 9 int8); the file has other numbers."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape as allocated; before `allocate()`, as stored in the file."""

    @property
    def byte_size(self) -> int: ...
    @property
    def scale(self) -> float:
        """Scale of a tensor quantized as a whole, else 0."""

    @property
    def zero_point(self) -> int: ...

@final
class ProfiledRuns:
    """
    What ran inside each of `len(invoke_ns)` runs, in the order in which it began.

    A delegate reports its operators together, right after it ran them. All events of all runs lie
    one after the other in flat arrays; `run_offsets` cuts them into runs.
    If `is_fixed_sequence`, `elapsed_ns.reshape(len(invoke_ns), -1)` is [runs, events], and
    `event_ids[:n]` with n = `run_offsets[1]` says what each column is.
    """

    @property
    def invoke_ns(self) -> NDArray[np.int64]:
        """Duration of each run as a whole, with the profiler's own cost, [runs]."""

    @property
    def events(self) -> list[tuple[str, int, int, bool]]:
        """
        What ran, without repetition: (name, operator index, subgraph index, is delegated).

        A delegate counts its operators by itself: its index leads nowhere in the model, and two of
        its partitions may share an event.
        """

    @property
    def event_ids(self) -> NDArray[np.int32]:
        """Index into `events` of each event, flat."""

    @property
    def depths(self) -> NDArray[np.int32]:
        """Number of events around each one, flat: operators that run a subgraph hold its events."""

    @property
    def at_ns(self) -> NDArray[np.int64]:
        """
        Start of each event since that of its run, flat.

        Delegated events have none: for them it is the moment at which the first operator of their
        partition was reported, after all of them had run.
        """

    @property
    def elapsed_ns(self) -> NDArray[np.int64]:
        """Duration of each event, flat."""

    @property
    def run_offsets(self) -> NDArray[np.int64]:
        """Where each run begins in the flat arrays, and the end, [runs + 1]."""

    @property
    def builtin_resolution_ns(self) -> int:
        """Step of `elapsed_ns` of events that are not delegated; see `delegate_resolution_ns`."""

    @property
    def builtin_own_ns(self) -> float:
        """How much of each of their times is the clock's own; 0 where the step is more than 1."""

    @property
    def delegate_resolution_ns(self) -> int:
        """
        Step of `elapsed_ns` of delegated events, and with LiteRT of all.

        1000 where whole microseconds are all that is reported, cut off. 1 where the clock that the
        library reads could be made to run a thousand times as fast meanwhile: on Linux, without
        another delegate.
        """

    @property
    def delegate_own_ns(self) -> float:
        """As `builtin_own_ns`, of delegated events."""

    @property
    def is_fixed_sequence(self) -> bool:
        """Whether all runs had the same events in the same order; control flow can differ."""

@final
class Interpreter:
    """
    A model, ready to be allocated and invoked.

    `model` is a path, or a buffer of bytes that is then used in place and must not change. With
    `kernels="xnnpack"` the XNNPACK delegate takes the operators it knows, with `"builtin"` none.
    A `delegate` is the path of a library with TensorFlow Lite's functions of external delegates; it
    is told the `delegate_options`, and takes operators before the kernels do.
    `"reference"` kernels are LiteRT's only. With a `signature`, inputs and outputs are those of the
    signature, in the order of their names; LiteRT's in the order of the subgraph. With
    `shows_subgraphs`, which only TensorFlow Lite has, `tensor_memory` reaches all subgraphs.

    Raises `InvokeError` with TensorFlow Lite's own words if it refuses the model,
    `RuntimeLibraryError` if the library lacks what is asked for, `ValueError` for `threads` below
    1 or above 1024, unknown `kernels` and unknown signatures. What the library throws is an
    `InvokeError` too, or a `MemoryError`.
    """

    def __init__(
        self,
        library: Library,
        model: str | PathLike[str] | Buffer,
        *,
        threads: int = 1,
        kernels: str = "xnnpack",
        profile: bool = False,
        signature: str | None = None,
        delegate: str | PathLike[str] | None = None,
        delegate_options: Sequence[tuple[str, str]] = (),
        shows_subgraphs: bool = False,
    ) -> None: ...
    @property
    def inputs(self) -> list[TensorInfo]: ...
    @property
    def outputs(self) -> list[TensorInfo]: ...
    def tensor(self, index: int) -> TensorInfo | None:
        """
        Any tensor of the primary subgraph, those that the runtime added after the model's included.

        None if there is none of this index, if the signature belongs to another subgraph, and always
        of LiteRT, which shows inputs and outputs only.
        """

    def tensor_memory(self, subgraph: int = 0) -> list[tuple[int, int, int]]:
        """
        Address, bytes and kind of memory of each tensor of a subgraph, by index.

        The address is 0 without memory. The kind is a `TfLiteAllocationType` (2 the arena, 3 the one for
        what outlives a run, 4 the heap); -1 where the library cannot tell.

        Those behind the model's own are scratch memory of kernels, where these are builtin ones. Tensors
        whose shape is known only during a run lie elsewhere than the rest, from the first run on.
        Subgraphs count as those of the file, without the ones whose name begins with "VALIDATION:".
        Raises `InvokeError` before `allocate()` and always of LiteRT, `IndexError` for a subgraph that
        is not there, or is not the primary one without `shows_subgraphs`.
        """

    def resize_input(self, position: int, shape: Sequence[int]) -> None:
        """
        Ask for another shape of an input; `allocate()` then applies it.

        In a signature of another subgraph than the primary, only the dimensions that the model
        leaves open can change. Raises `InvokeError` if TensorFlow Lite refuses, `IndexError` for a
        bad position, `ValueError` for a bad shape.
        """

    def allocate(self) -> None:
        """Infer all shapes and reserve all memory. Raises `InvokeError` if shapes do not fit."""

    def set_input(self, position: int, array: Buffer | NDArray[Any]) -> None:
        """
        Copy the bytes of a C-contiguous array into an input.

        Raises `ValueError` if their number is not exactly that of the input, `InvokeError` before
        `allocate()`.
        """

    def get_input(self, position: int) -> NDArray[Any]:
        """Copy of an input. Types that numpy lacks come as the raw bytes, in one dimension."""

    def get_output(self, position: int) -> NDArray[Any]:
        """Copy of an output. Types that numpy lacks come as the raw bytes, in one dimension."""

    def get_tensor(self, index: int) -> NDArray[Any]:
        """
        Copy of any tensor of the primary subgraph.

        Intermediate tensors share memory: only inputs, outputs, variables and constants are sure
        to hold their own values after `invoke()`. Raises `InvokeError` for a tensor that has no
        memory, such as those inside a delegate, `IndexError` if there is no such tensor.
        """

    def reset_variables(self) -> None:
        """
        Set the variables of the model back to their initial value.

        Raises `RuntimeLibraryError` if the library has no function for it, as LiteRT.
        """

    def invoke(self) -> int:
        """Run the model once. Returns the elapsed nanoseconds; raises `InvokeError`."""

    def time_invokes(
        self,
        runs: int,
        max_seconds: float,
        invokes_per_sample: int = 1,
        interval_seconds: float = 0.0,
    ) -> NDArray[np.int64]:
        """
        Take up to `runs` samples, and begin none after `max_seconds`; at least one.

        Returns the nanoseconds of each; a sample spans `invokes_per_sample` invokes in a row, so that
        the clock costs short ones little. They begin no sooner after each other than the interval, the
        last one of an earlier call included; it is at most an hour. Ctrl-C ends it after the sample at
        hand. The first invoke that fails raises `InvokeError`.
        """

    def watch_operators(self, memory: Buffer) -> None:
        """
        From now on `profile_invokes` keeps note in this memory of where it is.

        Three int64: 0 untouched, 1 a run began, 2 an operator began, 3 it ended; index of that operator;
        index of its subgraph. Only of operators that report themselves as they run, so none of XNNPACK.
        """

    def profile_invokes(self, runs: int, max_seconds: float) -> ProfiledRuns:
        """As `time_invokes`, with the time of each operator. Needs `profile=True`."""

def allowed_cpus() -> list[int] | None:
    """CPUs that the calling thread may run on, ascending; None where the system does not tell."""

def set_allowed_cpus(cpus: Sequence[int]) -> None:
    """
    Confine the calling thread, and threads that it starts from now on, to these CPUs.

    On Windows it is the whole process. Raises `ValueError` if the system refuses or cannot do it.
    """

def empty_operator_ns(count: int) -> NDArray[np.int64]:
    """
    What an operator that does nothing would seem to take, in nanoseconds, so many times.

    That much of a time is the profiler's own. Raises `ValueError` for a `count` below 1.
    """

def median_interval(samples: Sequence[int]) -> tuple[float, float, float] | None:
    """The timer's own `timing.statistics.median_interval`: (lower, upper, effective samples)."""

def is_precise(samples: Sequence[int], precision: float) -> bool:
    """The timer's own `timing.precision.is_precise`."""

def is_steady(samples: Sequence[int]) -> bool:
    """The timer's own `timing.warm_up.is_steady`."""

def next_look(samples: int) -> int:
    """The timer's own `timing.precision.next_look`."""

def plan_arena(
    tensors: Sequence[tuple[int, int, int, int, int, int]],
    steps: Sequence[tuple[int, int]],
    alignment: int,
) -> list[int]:
    """
    Place tensors as TensorFlow Lite does: greedy, the largest first, into the smallest gap that fits.

    A tensor is (index, operator at which it is planned, bytes, first and last operator that need it,
    place). Nothing frees one whose last operator is 2**31 - 1. The place is 1 for the arena, 2 for that of
    what outlives a run, 0 for a tensor that shares memory and only takes part in the order, and -1 for
    one whose memory is elsewhere: the runtime's own order of ties depends on how many there are. They
    come in the order in which the runtime learns of them. `steps` are ranges of operators, both ends
    included, that are planned one after the other. Returns the offset of each, -1 for those that are in
    neither. Raises `ValueError` for an alignment below 1.
    """

def plan_micro_arena(buffers: Sequence[tuple[int, int, int, int]]) -> list[int]:
    """
    Place buffers as TensorFlow Lite for Microcontrollers does: greedy, each into the first gap that fits.

    A buffer is (bytes, first and last use, offset), the offset -1 where the model does not give it.
    Those it gives come first, then the largest; of equal ones the last goes first. Returns the offsets.
    """

def calibrate_clock() -> tuple[int, float]:
    """
    What the clock of the measurements can tell, in nanoseconds.

    Returns the smallest step that is seen between reads in a row, and what a read costs.
    """

@final
class ComputeKernel:
    """
    A loop of nothing but arithmetic on registers.

    It keeps `sums` vectors of `lanes` lanes, which begin with their position 0, 1, 2, ... In each round
    a floating-point sum adds 1/2, by a multiplication and an addition; an integer sum adds the dot
    product of its own bytes with ones.
    """

    @property
    def arithmetic(self) -> str:
        """ "float32", "float16" or "int8"."""

    @property
    def instructions(self) -> str:
        """The instruction set it uses, such as "FMA"; "portable" for plain C++."""

    @property
    def operations_per_round(self) -> int: ...
    @property
    def sums(self) -> int: ...
    @property
    def lanes(self) -> int: ...
    def total(self, rounds: int) -> float:
        """The total of all lanes of all sums after so many rounds."""

    def time(self, rounds: int, threads: int = 1) -> int:
        """
        Nanoseconds from the moment all threads are ready until the last has done its rounds.

        Raises `ValueError` unless both are 1 or more.
        """

@final
class ReadKernel:
    """A loop that reads a buffer with the widest loads of an instruction set."""

    @property
    def instructions(self) -> str: ...

@final
class ReadBuffers:
    """
    A buffer to read for each thread.

    Raises `ValueError` unless its bytes are a positive multiple of `granularity`, `MemoryError`.
    """

    granularity: int
    def __init__(self, bytes_per_thread: int, threads: int = 1) -> None: ...
    def time(self, kernel: ReadKernel, passes: int) -> int:
        """Nanoseconds until all threads, which begin together, have read theirs so many times."""

    def time_part(self, kernel: ReadKernel, part: int, parts: int) -> int:
        """
        As `time`, for one pass over one of so many equal parts of each buffer.

        Raises `ValueError` for a part out of range, or of a size that is no multiple of `granularity`.
        """

    def checksum(self, kernel: ReadKernel) -> int:
        """Sum, modulo 2^32, of the 32-bit words of one buffer: 0 + 1 + 2 + ..."""

def compute_kernels() -> list[ComputeKernel]:
    """Those that this processor can run, the most capable of each arithmetic first."""

def read_kernels() -> list[ReadKernel]:
    """Those that this processor can run, the most capable first."""
