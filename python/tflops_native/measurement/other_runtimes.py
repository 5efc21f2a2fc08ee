"""Which other runtime takes a model that one refuses."""

import re
from dataclasses import replace
from importlib.util import find_spec

from tflops_native.errors import TflopsError
from tflops_native.isolation.isolated import run_isolated
from tflops_native.isolation.limits import ChildLimits
from tflops_native.progress import Progress, no_progress
from tflops_native.runtime.installed import NEWER
from tflops_native.runtime.libraries import RuntimeInfo, open_runtime
from tflops_native.runtime.options import DEFAULT_RUNTIME, LITERT, RunOptions
from tflops_native.runtime.session import fill_inputs, open_session
from tflops_native.runtime.state import first_invoke
from tflops_native.workload import Workload

# What a runtime could not do if it refuses the model itself, not the data of a run.
_REFUSALS = (
    "could not open",
    "could not create an interpreter",
    "could not compile",
    "could not allocate",
    # LiteRT, of an output whose shape data decides: its kernel wants memory of its own for it.
    "(tensor->allocation_type == kTfLiteArenaRw || ",
)
# It may also end the process on it, before any data matters.
_CRASH = re.compile(r"the runtime crashed .* at step '(load|allocate)'\)")
_NO_KERNEL = "Didn't find op for builtin opcode"
_SECONDS = 20.0


def other_runtime(workload: Workload, options: RunOptions, words: str) -> str | None:
    """What to type so that another runtime runs the model; None if that is not known.

    Each one that is installed is tried, in a child process: only one that ran the model is named. If
    none of the newer ones is installed, they may have a kernel that this one says it lacks.

    Args:
        words: with which the runtime of these options refused the model, or how it ended.
    """
    if not any(start in words for start in _REFUSALS) and not _CRASH.search(words):
        return None
    installed = [name for name, module in NEWER.items() if find_spec(module)]
    limits = ChildLimits(timeout_seconds=_SECONDS)
    for name in (DEFAULT_RUNTIME, *installed):
        if name == options.runtime:
            continue
        try:
            other = replace(options, runtime=name)
            info = run_isolated(_run_once, workload, other, progress=no_progress, limits=limits)
        except TflopsError:
            continue
        return f"{info.title} runs it: --runtime {name}"
    if options.runtime == DEFAULT_RUNTIME and not installed and _NO_KERNEL in words:
        return (
            "LiteRT, which is newer, may have it: "
            f"pip install 'tflops-native[{LITERT}]', then --runtime {LITERT}"
        )
    return None


def _run_once(workload: Workload, options: RunOptions, progress: Progress) -> RuntimeInfo:
    """What ran the model once."""
    runtime = open_runtime(options.runtime)
    session = open_session(workload, options, runtime, progress=progress)
    fill_inputs(session, options)
    first_invoke(session)
    return runtime.info
