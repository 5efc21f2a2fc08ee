"""The formats of a document: one file each, registered here for every command."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import Any

from tflops_native.errors import OptionError
from tflops_native.formats.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format.

    suffixes         of files that are written in it, in small letters
    is_of_reports    it shows what only some results have: for other tools, or a drawing
    has_several      it is several files, one for each thing that it shows
    """

    name: str
    suffixes: tuple[str, ...] = ()
    is_of_reports: bool = False
    has_several: bool = False

    @property
    def _module(self) -> Any:
        # Imported when used: a command writes one of them.
        return import_module(f"tflops_native.formats.{self.name.replace('-', '_')}")

    def render(self, document: Document) -> str:
        """The text, without a line feed at the end, by the file of this name."""
        text: str = self._module.render(document)
        return text

    def render_all(self, documents: Sequence[Document]) -> str:
        """Several in one text: one below the other, where the format does not say otherwise."""
        module = self._module
        if hasattr(module, "render_all"):
            text: str = module.render_all(documents)
            return text
        return "\n\n".join(map(self.render, documents))

    def pieces(self, documents: Sequence[Document]) -> Iterator[str]:
        """What `render_all` gives, in pieces that each lack the line feed at their end.

        They are several where the format writes a table of thousands of rows without looking at all first.
        """
        if len(documents) == 1 and hasattr(self._module, "pieces"):
            yield from self._module.pieces(documents[0])
        else:
            yield self.render_all(documents)

    def render_files(self, documents: Sequence[Document]) -> dict[str, str]:
        """The texts of a format that has several, by what each shows."""
        texts: dict[str, str] = self._module.render_files(documents)
        return texts


FORMATS: Mapping[str, Format] = {
    item.name: item
    for item in (
        Format(name="text", suffixes=(".txt",)),
        Format(name="json", suffixes=(".json",)),
        Format(name="csv", suffixes=(".csv",)),
        Format(name="markdown", suffixes=(".md", ".markdown")),
        Format(name="html", suffixes=(".html", ".htm")),
        Format(name="latex", suffixes=(".tex",)),
        Format(name="svg", suffixes=(".svg",), is_of_reports=True),
        Format(name="trace", is_of_reports=True),
        Format(name="model-explorer", is_of_reports=True, has_several=True),
        Format(name="github-benchmark", is_of_reports=True),
        Format(name="bencher", is_of_reports=True),
    )
}
# Those that every command can write.
OF_ALL = tuple(item.name for item in FORMATS.values() if not item.is_of_reports)


def render(document: Document, name: str) -> str:
    """The document in the format of this name, without a line feed at the end.

    Raises:
        OptionError: there is no such format.
    """
    if name not in FORMATS:
        raise OptionError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name].render(document)


def format_of_suffix(path: str | PurePath) -> str:
    """The name of the format in which a file of this name is written.

    Raises:
        OptionError: the suffix belongs to no format.
    """
    suffix = PurePath(path).suffix.lower()
    for item in FORMATS.values():
        if suffix in item.suffixes:
            return item.name
    known = ", ".join(suffix for item in FORMATS.values() for suffix in item.suffixes)
    raise OptionError(
        f"{str(path)!r} does not say its format; end its name in one of {known}, or give --format"
    )
