"""What a result says of the model that it is about."""

from dataclasses import dataclass, field, replace

from tflops_native.model.graph import Model
from tflops_native.model.sources.conversion import Conversion
from tflops_native.model.sources.files import sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model, without its content.

    name         what to print: the name of its file, with that of a part, or "(bytes)"
    path         of its file, or of the bundle that it is in; None where it came as bytes
    description  as the file has it
    sha256       of the content in hexadecimal; None until it is saved: large files take a while
    conversion   what it was made from; None where it was a TensorFlow Lite model
    """

    name: str
    path: str | None
    size_bytes: int
    description: str
    sha256: str | None = field(default=None, hash=False)
    conversion: Conversion | None = None
    data: memoryview | None = field(
        default=None, repr=False, compare=False, metadata={"plain": False}
    )

    @classmethod
    def of(cls, model: Model) -> "ModelInfo":
        """What there is to say of a loaded model."""
        return cls(
            name=model.source.name,
            path=None if model.source.path is None else str(model.source.path),
            size_bytes=model.size_bytes,
            description=model.description,
            conversion=model.source.conversion,
            data=model.data,
        )

    def hashed(self) -> "ModelInfo":
        """With its SHA-256, where the content is at hand."""
        if self.sha256 is not None or self.data is None:
            return self
        return replace(self, sha256=sha256_of(self.data))

    def __eq__(self, other: object) -> bool:
        """Whether the content is the same, too: it is hashed now where it was not before."""
        if not isinstance(other, ModelInfo):
            return NotImplemented
        if (self.name, self.size_bytes) != (other.name, other.size_bytes):
            return False
        return self.__reduce__() == other.__reduce__()

    def __reduce__(self) -> tuple[object, ...]:
        """Without a view of the content, which cannot be pickled."""
        known = self.hashed()
        return _restored, (
            known.name,
            known.path,
            known.size_bytes,
            known.description,
            known.sha256,
            known.conversion,
        )


def _restored(
    name: str,
    path: str | None,
    size_bytes: int,
    description: str,
    sha256: str | None,
    conversion: Conversion | None,
) -> ModelInfo:
    return ModelInfo(
        name=name,
        path=path,
        size_bytes=size_bytes,
        description=description,
        sha256=sha256,
        conversion=conversion,
    )
