"""The runtimes that are installed, and what each of them can do."""

from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from tflops_native.errors import RuntimeLibraryError
from tflops_native.notes import Note
from tflops_native.progress import Progress, no_progress
from tflops_native.result import Result
from tflops_native.runtime.libraries import NativeRuntime, RuntimeInfo, open_runtime
from tflops_native.runtime.options import (
    DEFAULT_RUNTIME,
    KERNELS,
    LITERT,
    LITERT_LM,
    RUNTIME_NAMES,
    TENSORFLOW,
)

# Both came years after the library of this package.
NEWER = {LITERT: "ai_edge_litert", LITERT_LM: "litert_lm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledRuntime:
    """One runtime that can be asked for by name, or why it cannot be used.

    info             None if it cannot be used
    kernels          those that it can be asked for
    has_profile      whether it times each operator
    has_signatures   whether it runs signatures
    shows_tensors    whether it shows the shapes of intermediate tensors, as `verify` needs them
    has_delegates    whether it takes external delegates
    is_tried         whether this package was tried with its version; None if that is not known
    problem          why it cannot be used, and what to type; None if it can
    """

    name: str
    info: RuntimeInfo | None
    kernels: tuple[str, ...] = ()
    has_profile: bool = False
    has_signatures: bool = False
    shows_tensors: bool = False
    has_delegates: bool = False
    is_tried: bool | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class InstalledRuntimes(Result):
    """All runtimes that can be asked for by name."""

    runtimes: tuple[InstalledRuntime, ...]

    def __repr__(self) -> str:
        usable = [runtime.name for runtime in self.runtimes if runtime.info is not None]
        return f"<InstalledRuntimes {', '.join(usable) or 'none'}>"


def installed_runtimes(progress: Progress = no_progress) -> InstalledRuntimes:
    """Open each runtime that has a name; TensorFlow, which takes seconds to import, is only looked for.

    `progress` hears of "load".
    """
    found = []
    for number, name in enumerate(RUNTIME_NAMES):
        progress("load", number / len(RUNTIME_NAMES))
        found.append(_tensorflow() if name == TENSORFLOW else _opened(name))
    return InstalledRuntimes(runtimes=tuple(found))


def _opened(name: str) -> InstalledRuntime:
    try:
        runtime = open_runtime(name)
    except RuntimeLibraryError as error:
        return InstalledRuntime(name=name, info=None, problem=str(error))
    if not isinstance(runtime, NativeRuntime):
        return InstalledRuntime(name=name, info=runtime.info, problem=None)
    library, is_litert = runtime.library, runtime.library.kind == "litert"
    kernels = {
        "xnnpack": library.has_xnnpack,
        "builtin": True,
        "reference": is_litert,
    }
    return InstalledRuntime(
        name=name,
        info=runtime.info,
        kernels=tuple(kernel for kernel in KERNELS if kernels[kernel]),
        has_profile=library.has_profiler,
        has_signatures=library.has_signatures,
        shows_tensors=not is_litert,
        has_delegates=not is_litert,
        is_tried=runtime.info.is_tried,
    )


def _tensorflow() -> InstalledRuntime:
    spec = find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        problem = "TensorFlow is not installed: pip install 'tflops-native[tensorflow]'"
        return InstalledRuntime(name=TENSORFLOW, info=None, problem=problem)
    try:
        version = metadata.version("tensorflow")
    except metadata.PackageNotFoundError:
        version = None
    info = RuntimeInfo(
        name=TENSORFLOW,
        kind="TensorFlow",
        version=version,
        library=str(Path(spec.submodule_search_locations[0])),
        is_native=False,
    )
    return InstalledRuntime(
        name=TENSORFLOW,
        info=info,
        kernels=KERNELS,
        has_signatures=True,
        shows_tensors=True,
    )


def runtime_notes(info: RuntimeInfo) -> tuple[Note, ...]:
    """What to know of the runtime of a measurement: a version that was not tried, newer ones beside it."""
    notes = []
    if info.is_tried is False and info.tried is not None:
        notes.append(
            Note(
                code="untried_runtime",
                text=f"{info.title} was not tried with this package: "
                f"{info.kind} {' to '.join(info.tried)} were",
            )
        )
    if info.name == DEFAULT_RUNTIME:
        newer = [name for name, module in NEWER.items() if find_spec(module)]
        if newer:
            notes.append(
                Note(
                    code="newer_runtime",
                    text=f"newer runtimes are installed: {', '.join(newer)}",
                    hint=f"compare: tflops time --runtime {','.join([DEFAULT_RUNTIME, *newer])}",
                )
            )
    return tuple(notes)
