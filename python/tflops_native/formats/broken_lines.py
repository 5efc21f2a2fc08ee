"""Lines that are broken between words; a word, as a path, is never: it stays one that can be copied."""

import re
import textwrap

from tflops_native.formats.printable import printable_lines, width

PAGE_CELLS = 100  # of text that a page shows as it is


def block_lines(text: str, limit: int | None) -> list[str]:
    """The lines of a text with line feeds of its own, printable, and broken where they are wider."""
    lines = printable_lines(text)
    if limit is None:
        return lines
    return [part for line in lines for part in _broken(line, limit)]


def wrapped(text: str, limit: int, indent: str = "") -> list[str]:
    """One paragraph as lines that fit."""
    return textwrap.wrap(
        text, limit, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def second_column(text: str) -> int:
    """Where what a line says begins, if a label and several blanks stand in front of it; else 0."""
    found = re.search(r"(?<=\S) {2,}(?=\S)", text)
    return 0 if found is None else found.end()


def _broken(text: str, limit: int) -> list[str]:
    """A line as lines that fit, further ones as far in as it, or as what stands in its second column."""
    if width(text) <= limit:
        return [text]
    inset = second_column(text) or len(text) - len(text.lstrip(" "))
    return wrapped(text, limit, " " * (inset if inset <= limit // 2 else 0))
