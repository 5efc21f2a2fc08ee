"""Names come from a file that may be anybody's: they must not steer a terminal, or hide what is shown."""

import unicodedata

from tflops_native.errors import MESSAGE_LIMIT, shortened

NAME_LIMIT = 200
TEXT_LIMIT = 4000  # of a line of a report
LINE_LIMIT = MESSAGE_LIMIT  # of an error


def printable(text: str, limit: int | None = None) -> str:
    """The text with "?" for control, bidirectional and other characters that show nothing.

    Args:
        limit: the most characters; of longer texts the middle is left out. None: all.
    """
    if limit is not None:
        text = shortened(text, limit)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def printable_lines(text: str) -> list[str]:
    """The lines of a text of several, each printable."""
    return [printable(line) for line in text.split("\n")]


def width(text: str) -> int:
    """How many cells of a terminal it takes: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def cut(text: str, cells: int) -> str:
    """No more than so many cells of it, with an ellipsis in the middle where something is missing."""
    if width(text) <= cells:
        return text
    head = _fitting(text, cells - 1 - (cells - 1) // 2)
    tail = _fitting(text[::-1], (cells - 1) // 2)[::-1]
    return f"{head}…{tail}"


def _fitting(text: str, cells: int) -> str:
    """The beginning that takes no more cells."""
    found = 0
    for position, letter in enumerate(text):
        found += _cells(letter)
        if found > cells:
            return text[:position]
    return text


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
