"""The document as one HTML file that needs no network: it opens from an e-mail, and prints.

Tables are sorted by a click on a heading and fold; the data of the result is in the file, so that
`tflops show` reads it back.
"""

from collections.abc import Sequence
from typing import Any

from tflops_native.formats.document import Document, Part
from tflops_native.formats.html_parts import part_html, text_html
from tflops_native.formats.page_assets import SCRIPT, STYLE
from tflops_native.plain_json import dump_json
from tflops_native.reports.saved import PAGE_DATA


def render(document: Document) -> str:
    """A whole page."""
    return render_all([document])


def render_all(documents: Sequence[Document]) -> str:
    """Several on one page, as those of a model with several signatures."""
    title = documents[0].title
    bodies = "".join(
        f"<section><h1>{text_html(document.title)}</h1>"
        + "".join(
            f"<div class=part>{part_html(part, is_page=True)}</div>" for part in _parts(document)
        )
        + "</section>"
        for document in documents
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{text_html(title)}</title><style>{STYLE}</style></head><body>{bodies}\n"
        f"{PAGE_DATA}{_data(documents)}</script><script>{SCRIPT}</script></body></html>"
    )


def _parts(document: Document) -> Sequence[Part]:
    """The summary, the figures, and the tables behind them."""
    page = document.page
    return (*page[:1], *document.figures(), *page[1:], *document.further_tables())


def _data(documents: Sequence[Document]) -> str:
    """JSON in which nothing ends the element that holds it."""
    data: Any = documents[0].data()
    if len(documents) > 1:
        data = {**data, "reports": [item for each in documents for item in each.data()["reports"]]}
    text = dump_json(data)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
