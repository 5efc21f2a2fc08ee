"""Finds what runs models, and opens models with it."""

import re
import sys
from dataclasses import dataclass, field
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from tflops_native.compiled import native
from tflops_native.errors import RuntimeLibraryError
from tflops_native.model.sources.files import check_unchanged
from tflops_native.runtime.options import (
    DEFAULT_RUNTIME,
    LITERT,
    LITERT_LM,
    RUNTIME_NAMES,
    TENSORFLOW,
    RunOptions,
)

if TYPE_CHECKING:
    from tflops_native._native import Interpreter, Library
    from tflops_native.model.graph import Model

_KINDS = {"tflite": "TensorFlow Lite", "litert": "LiteRT"}
_SUFFIX = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInfo:
    """What ran the model.

    name        as asked for: "tflite", "litert", "litert-lm", "tensorflow", or a path
    kind        "TensorFlow Lite", "LiteRT" or "TensorFlow"
    version     None if it does not tell
    library     its file or folder
    is_native   whether it was called from native code; if not, each time holds the cost of a call
                from Python, and there is no profile
    tried       the oldest and newest version of this kind that the native code was run with
    """

    name: str
    kind: str = "TensorFlow Lite"
    version: str | None
    library: str
    is_native: bool = True
    tried: tuple[str, str] | None = field(default=None, metadata={"plain": False})

    @property
    def is_tried(self) -> bool | None:
        """Whether the version lies in the range that was tried; None if one of them is unknown."""
        if self.tried is None or self.version is None:
            return None
        numbers = [_release(version) for version in (self.tried[0], self.version, self.tried[1])]
        return None if None in numbers else numbers == sorted(numbers, key=lambda n: n or ())

    @property
    def title(self) -> str:
        """Name and version for people; that of a library given by path is the path."""
        name = self.kind if self.name in RUNTIME_NAMES else self.name
        where = "" if self.is_native else " (Python)"
        if self.name == LITERT_LM:
            where = f" ({LITERT_LM})"
        return f"{name} {self.version or '(version unknown)'}{where}"


def _release(version: str) -> tuple[int, ...] | None:
    """The first three numbers of a version, "2.17.1+local" -> (2, 17, 1); None if it has none."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return None if found is None else tuple(int(number or 0) for number in found.groups())


@dataclass(frozen=True, slots=True)
class NativeRuntime:
    """A library that the compiled part drives: TensorFlow Lite's C API, or LiteRT's."""

    info: RuntimeInfo
    library: "Library"

    def open(
        self,
        model: "Model",
        options: RunOptions,
        *,
        signature: str | None,
        profile: bool,
        shows_subgraphs: bool = False,
    ) -> "Interpreter":
        """The model in an interpreter, not yet allocated.

        With `shows_subgraphs` the memory of all of them can be looked at; TensorFlow Lite's C library only.

        Raises:
            ModelFormatError: the file is not the one that was loaded any more.
            RuntimeLibraryError: the library lacks what is asked for.
            InvokeError: it refuses the model, with its own words.
        """
        _check_unchanged(model)
        interpreter: Interpreter = native().Interpreter(
            self.library,
            model.data if model.path is None else model.path,
            threads=options.threads,
            kernels=options.kernels,
            profile=profile,
            signature=signature,
            delegate=options.delegate,
            delegate_options=list(options.delegate_options.items()),
            shows_subgraphs=shows_subgraphs,
        )
        _check_unchanged(model)
        return interpreter


@dataclass(frozen=True, slots=True)
class TensorFlowRuntime:
    """TensorFlow's Python interpreter."""

    info: RuntimeInfo

    def open(
        self,
        model: "Model",
        options: RunOptions,
        *,
        signature: str | None,
        profile: bool,
        shows_subgraphs: bool = False,
    ) -> "Interpreter":
        """As `NativeRuntime.open`; the interpreter has no profile, and never shows memory."""
        from tflops_native.runtime.tensorflow_interpreter import TensorFlowInterpreter

        _check_unchanged(model)
        opened = TensorFlowInterpreter(model, options, signature=signature, profile=profile)
        _check_unchanged(model)
        return cast("Interpreter", opened)


def _check_unchanged(model: "Model") -> None:
    """Before and after the library reads the file by itself: what it runs must be what was counted."""
    if model.path is not None and model.stamp is not None:
        check_unchanged(model.path, model.stamp)


Runtime: TypeAlias = NativeRuntime | TensorFlowRuntime


def open_runtime(name: str = DEFAULT_RUNTIME) -> Runtime:
    """What to run models with.

    Args:
        name: as `RunOptions.runtime`.

    Raises:
        RuntimeLibraryError: there is none, or it is of no kind that is known.
    """
    if name == TENSORFLOW:
        return _tensorflow()
    libraries = native().Library
    library: Library
    if name == DEFAULT_RUNTIME:
        library = libraries.linked()
    elif name in _PACKAGES:
        library = libraries.open(_PACKAGES[name].library())
    else:
        _refuse_pipe(name)
        try:
            library = libraries.open(name)
        except RuntimeLibraryError as error:
            if Path(name).name != name:
                raise
            known = ", ".join(RUNTIME_NAMES)
            raise RuntimeLibraryError(
                f"{error}; a runtime is one of {known}, or the path of a library"
            ) from error
    info = RuntimeInfo(
        name=name,
        kind=_KINDS[library.kind],
        version=library.version or _distribution_version(Path(library.path)),
        library=library.path,
        tried=library.tried_versions,
    )
    return NativeRuntime(info, library)


def runtime_identity(name: str) -> str:
    """What tells a runtime from other versions of it, without loading it: times of one are not the other's.

    Its version; of a library that is given by path, its content. "" where there is none, which whoever
    opens it says.

    Args:
        name: as `RunOptions.runtime`.
    """
    try:
        if name == DEFAULT_RUNTIME:
            return native().Library.linked().version or ""
        if name == TENSORFLOW:
            return version(TENSORFLOW)
        if name in _PACKAGES:
            return version(_PACKAGES[name].distribution)
        _refuse_pipe(name)
        with Path(name).open("rb") as stream:
            return file_digest(stream, "sha256").hexdigest()
    except (RuntimeLibraryError, PackageNotFoundError, OSError):
        return ""


def _refuse_pipe(name: str) -> None:
    """To open one may never end."""
    path = Path(name)
    try:
        is_other = path.exists() and not path.is_file()
    except OSError:  # as of a name that is too long: whoever opens it says so
        return
    if is_other:
        raise RuntimeLibraryError(f"cannot load '{name}': it is not a regular file")


def _tensorflow() -> TensorFlowRuntime:
    from tflops_native.runtime.tensorflow_interpreter import import_tensorflow

    tensorflow = import_tensorflow()
    info = RuntimeInfo(
        name=TENSORFLOW,
        kind="TensorFlow",
        version=tensorflow.__version__,
        library=str(tensorflow.__path__[0]),
        is_native=False,
    )
    return TensorFlowRuntime(info)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Package:
    """A Python package that carries a runtime; it is not imported, which would start the runtime.

    files    names of its library without suffix, the newest first
    needed   the versions that carry the first of them
    """

    title: str
    extra: str
    distribution: str
    module: str
    files: tuple[str, ...]
    needed: str

    def library(self) -> Path:
        """The library.

        Raises:
            RuntimeLibraryError: the package is not installed, or carries none.
        """
        spec = find_spec(self.module)
        folders = [] if spec is None else list(map(Path, spec.submodule_search_locations or ()))
        for name in self.files:
            for folder in folders:
                path = folder / f"{name}{_SUFFIX}"
                if path.is_file():
                    return path
        if not folders:
            raise RuntimeLibraryError(
                f"{self.title} is not installed: pip install 'tflops-native[{self.extra}]', or give "
                "the path of its library"
            )
        raise RuntimeLibraryError(
            f"the package {self.distribution} in '{folders[0]}' carries no {self.files[0]}{_SUFFIX}: "
            f"{self.needed} is needed (pip install --upgrade 'tflops-native[{self.extra}]')"
        )


_PACKAGES = {
    LITERT: _Package(
        title="LiteRT",
        extra="litert",
        distribution="ai-edge-litert",
        module="ai_edge_litert",
        # The second is the name before 2.0.3: too old, but found, so that the message can say so.
        files=("libLiteRt", "libLiteRtRuntimeCApi"),
        needed="2.1.6 or newer",
    ),
    LITERT_LM: _Package(
        title="LiteRT-LM",
        extra="litert-lm",
        distribution="litert-lm-api",
        module="litert_lm",
        files=("liblitert-lm",),
        # Later ones do not export the C API.
        needed="0.18.1",
    ),
}


def _distribution_version(library: Path) -> str | None:
    """The version of the Python package that a library lies in: LiteRT does not tell its own."""
    package = library.parent
    found = list(package.parent.glob(f"{package.name}-*.dist-info"))
    if len(found) != 1:
        return None
    return found[0].name.removesuffix(".dist-info").removeprefix(f"{package.name}-")
