"""One model as it was found: its bytes, the file they are in, and what to call it."""

import os.path
from dataclasses import dataclass, field
from pathlib import Path

from tflops_native.model.sources.conversion import Conversion
from tflops_native.model.sources.files import FileStamp


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where a model came from, and its bytes.

    data        the bytes of the model, all of them and no others
    path        of the file that was opened; None for bytes
    stamp       of the file; None for bytes
    part        which model of a bundle, "" for one without a name; None where the file is the model
    conversion  what it was made from; `path` is then the file that keeps the result
    """

    data: memoryview = field(repr=False)
    path: Path | None = None
    stamp: FileStamp | None = field(default=None, repr=False)
    part: str | None = None
    conversion: Conversion | None = None

    @property
    def name(self) -> str:
        """What to print: the name of the file with that of the part, or what was converted."""
        if self.conversion is not None:
            return self.conversion.source
        # `Path.name` would be interned: in a batch of thousands that takes more than the name itself.
        name = "(bytes)" if self.path is None else os.path.split(self.path)[1]
        return f"{name}::{self.part}" if self.part else name

    @property
    def quoted(self) -> str:
        """What messages call it."""
        name = "the model" if self.path is None else repr(str(self.path))
        return f"{self.part!r} in {name}" if self.part else name

    @property
    def file(self) -> Path | None:
        """The file that a runtime can open; None where it has to be given the bytes."""
        return self.path if self.part is None else None
