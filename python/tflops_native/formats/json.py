"""The data of a document as JSON."""

from tflops_native.formats.document import Document
from tflops_native.plain_json import dump_json


def render(document: Document) -> str:
    """Raises `ValueError` for numbers that are not finite."""
    return dump_json(document.data())
