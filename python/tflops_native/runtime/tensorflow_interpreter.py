"""TensorFlow's Python interpreter behind the methods of the compiled part's: it has select-TF operators.

What it costs to call it from Python, some microseconds, is part of each time.
"""

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tflops_native.errors import InvokeError, RuntimeLibraryError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tflops_native.model.graph import Model
    from tflops_native.runtime.options import RunOptions

_RESOLVERS = {
    "xnnpack": "AUTO",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "reference": "BUILTIN_REF",
}


@dataclass(frozen=True, slots=True)
class PythonTensorInfo:
    """A tensor as the interpreter sees it now."""

    index: int
    name: str
    shape: tuple[int, ...]


def import_tensorflow() -> ModuleType:
    """TensorFlow, imported on first use.

    Raises:
        RuntimeLibraryError: it is not installed, or does not load.
    """
    try:
        import tensorflow
    except ImportError as error:
        raise RuntimeLibraryError(
            f"TensorFlow cannot be imported ({error}): pip install 'tflops-native[tensorflow]'"
        ) from error
    except TypeError as error:
        # What protobuf says where another package has registered the same messages.
        raise RuntimeLibraryError(
            f"TensorFlow cannot be imported beside what this process has imported ({error}): "
            "measure in a process of its own"
        ) from error
    module: ModuleType = tensorflow
    return module


class TensorFlowInterpreter:
    """A model in `tf.lite.Interpreter`; methods and errors as `_native.Interpreter`, but for profiles."""

    def __init__(
        self, model: "Model", options: "RunOptions", *, signature: str | None, profile: bool
    ) -> None:
        if profile:
            raise RuntimeLibraryError("TensorFlow's Python interpreter has no profiler")
        if signature is not None:
            raise RuntimeLibraryError(
                f"signature {signature!r} is not the model's main subgraph, and TensorFlow's Python "
                "interpreter times no other"
            )
        if options.delegate is not None:
            raise RuntimeLibraryError(
                "external delegates are for TensorFlow Lite's library (--runtime tflite)"
            )
        lite = import_tensorflow().lite
        resolver = getattr(lite.experimental.OpResolverType, _RESOLVERS[options.kernels])
        source = (
            {"model_content": bytes(model.data)}
            if model.path is None
            else {"model_path": str(model.path)}
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it announces that it will move to LiteRT
            self._interpreter = _call(
                "open the model",
                lite.Interpreter,
                num_threads=options.threads,
                experimental_op_resolver_type=resolver,
                **source,
            )

    @property
    def inputs(self) -> list[PythonTensorInfo]:
        return [_info(detail) for detail in self._interpreter.get_input_details()]

    @property
    def outputs(self) -> list[PythonTensorInfo]:
        return [_info(detail) for detail in self._interpreter.get_output_details()]

    def tensor(self, index: int) -> PythonTensorInfo | None:
        details = {detail["index"]: detail for detail in self._interpreter.get_tensor_details()}
        return _info(details[index]) if index in details else None

    def resize_input(self, position: int, shape: Sequence[int]) -> None:
        index = self.inputs[position].index
        _call("resize an input", self._interpreter.resize_tensor_input, index, list(shape))

    def allocate(self) -> None:
        _call("allocate tensors", self._interpreter.allocate_tensors)

    def set_input(self, position: int, array: "NDArray[Any]") -> None:
        index = self.inputs[position].index
        _call("fill an input", self._interpreter.set_tensor, index, array)

    def get_output(self, position: int) -> "NDArray[Any]":
        return self.get_tensor(self.outputs[position].index)

    def get_tensor(self, index: int) -> "NDArray[Any]":
        array: NDArray[Any] = _call("read a tensor", self._interpreter.get_tensor, index)
        return array

    def reset_variables(self) -> None:
        _call("reset variables", self._interpreter.reset_all_variables)

    def invoke(self) -> int:
        return int(self.time_invokes(1, 0.0)[0])

    def time_invokes(
        self,
        runs: int,
        max_seconds: float,
        invokes_per_sample: int = 1,
        interval_seconds: float = 0.0,
    ) -> "NDArray[np.int64]":
        import numpy as np

        invoke, clock = self._interpreter.invoke, time.perf_counter_ns
        samples: list[int] = []
        begin = clock()
        start = begin
        while True:
            stop = _call("invoke the model", _timed, invoke, invokes_per_sample, start := clock())
            samples.append(stop - start)
            if len(samples) >= runs or (stop - begin) / 1e9 + interval_seconds >= max_seconds:
                return np.array(samples, dtype=np.int64)
            if interval_seconds:
                time.sleep(max(0.0, interval_seconds - (clock() - start) / 1e9))


def _timed(invoke: Any, times: int, start: int) -> int:
    """When so many invokes were over that began at `start`."""
    for _ in range(times):
        invoke()
    return time.perf_counter_ns()


def _info(detail: Any) -> PythonTensorInfo:
    return PythonTensorInfo(
        index=int(detail["index"]),
        name=str(detail["name"]),
        shape=tuple(int(length) for length in detail["shape"]),
    )


def _call(what: str, function: Any, *arguments: Any, **keywords: Any) -> Any:
    """What the function returns; what it raises in our words and its own, in one line."""
    try:
        return function(*arguments, **keywords)
    except (RuntimeError, ValueError) as error:
        words = "; ".join(line.strip(" .") for line in str(error).splitlines() if line.strip())
        raise InvokeError(f"TensorFlow could not {what}: {words}") from error
