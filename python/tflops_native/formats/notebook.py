"""The document as an HTML fragment, for notebooks: no script, nothing from elsewhere."""

from tflops_native.formats.document import Document
from tflops_native.formats.html_parts import part_html


def render(document: Document) -> str:
    """One `div` with everything in it; tables of more than 20 rows are folded."""
    return f"<div>{''.join(map(part_html, [*document.page, *document.figures()]))}</div>"
