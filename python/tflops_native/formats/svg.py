"""The drawings of a document as a file of its own, one below the other."""

from html import escape

from tflops_native.errors import OptionError
from tflops_native.formats.document import Document
from tflops_native.formats.figures.plot import HEIGHT, WIDTH

# Within a page they take the colours around them; alone they have none to take.
_ALONE = (
    "<style>svg{color:#1a1a1a;background:#fff}"
    "@media(prefers-color-scheme:dark){svg{color:#e8e8e8;background:#161616}}</style>"
)
_TITLE = 32  # pixels


def render(document: Document) -> str:
    """All drawings with their titles.

    Raises:
        OptionError: the document has none.
    """
    figures = document.figures()
    if not figures:
        raise OptionError(
            "there is nothing to draw: figures are of memory that `tflops memory` places, and of operators "
            "that `tflops report` times"
        )
    parts = []
    for number, figure in enumerate(figures):
        top = number * (_TITLE + HEIGHT)
        placed = figure.svg.replace("<svg", f'<svg y="{top + _TITLE}" height="{HEIGHT}"', 1)
        parts.append(
            f'<text x="8" y="{top + 21}" font-size="14">{escape(figure.title)}</text>{placed}'
        )
    height = len(figures) * (_TITLE + HEIGHT)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'font-family="sans-serif" fill="currentColor">{_ALONE}{"".join(parts)}</svg>'
    )
