"""What a kind of input is: how it is recognized, and which models it holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tflops_native.model.sources.files import FileStamp


@dataclass(frozen=True, slots=True)
class Given:
    """What was given where a model is expected.

    name    what messages call it: the path in quotes, or "the model"
    path    of the file or folder; None for bytes, and for what lies in a file
    stamp   of the file
    data    its bytes; none of a folder
    """

    name: str
    path: Path | None
    stamp: FileStamp | None
    data: memoryview

    @property
    def start(self) -> bytes:
        """The first bytes, by which most kinds are recognized."""
        return bytes(self.data[:64])

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder; it has no bytes then, as no file has."""
        return self.path is not None and self.stamp is None

    @property
    def suffix(self) -> str:
        """The end of its name with the dot, in lower case; it decides nothing that the content can."""
        return Path(self.name.strip("'")).suffix.lower()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of what was given, of which the kind is to be found out in turn; "" names the whole."""

    name: str
    data: memoryview


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input. Each file beside this one, named in `recognize`, defines one as `KIND`.

    recognizes  whether something is of this kind, by content alone
    models      the model that it is, or the pieces that may hold some; raises `ModelFormatError`
    is_model    whether it is a TensorFlow Lite model itself, and its only part the whole
    is_bundle   whether it may hold models, and may lie in another bundle itself
    """

    recognizes: Callable[[Given], bool]
    models: Callable[[Given], Iterable[Part]]
    is_model: bool = False
    is_bundle: bool = True
