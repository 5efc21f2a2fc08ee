"""The drawing of a document as a file of its own."""

from tflops_native.errors import OptionError
from tflops_native.formats.document import Document

# Within a page it takes the colours around it; alone it has none to take.
_ALONE = (
    "<style>svg{color:#1a1a1a;background:#fff}"
    "@media(prefers-color-scheme:dark){svg{color:#e8e8e8;background:#161616}}</style>"
)


def render(document: Document) -> str:
    """The first drawing.

    Raises:
        OptionError: the document has none.
    """
    figures = document.figures()
    if not figures:
        raise OptionError("there is nothing to draw: no tensor has been given a place by a planner")
    opening, end, rest = figures[0].svg.partition(">")
    namespaced = opening.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{namespaced}{end}{_ALONE}{rest}"
