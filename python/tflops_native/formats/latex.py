"""The tables of a document for LaTeX, with booktabs; its lines as comments above them.

Every character of a name is written so that pdfLaTeX, XeLaTeX and LuaLaTeX print it and none does anything.
"""

from collections.abc import Sequence

from tflops_native.formats.document import Block, Column, Document, Lines, Row, Table, labelled
from tflops_native.formats.printable import printable, printable_lines

_PACKAGES = r"% \usepackage{booktabs}; long tables: \usepackage{longtable}"
# What does something, and what the fonts of pdfLaTeX show as something else. Brackets and asterisks are
# arguments of the \\ before them; hyphens and quotes join those beside them.
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{''}",
    "'": r"{'}",
    "`": r"\textasciigrave{}",
    "-": "{-}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "?": "{?}",
    "!": "{!}",
    ",": "{,}",
    "µ": r"$\mu$",
    "±": r"$\pm$",
    "\u00d7": r"$\times$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "→": r"$\to$",
    "…": r"\ldots{}",
    "·": r"$\cdot$",
}
# Further letters that pdfLaTeX has in its usual encoding: those of Latin-1, but for Icelandic ones.
_LETTERS = frozenset(map(chr, range(0xC0, 0x100))) - frozenset("ÐðÞþ\u00d7\u00f7")


def render(document: Document) -> str:
    """A document without a table is one of labels and texts."""
    tables = [part for part in document.page if isinstance(part, Table)]
    comments = [_PACKAGES, f"% {printable(document.title)}"]
    pairs = _pairs(document)
    if not tables:
        return "\n".join([*comments, *_of_pairs(document.title, pairs)])
    comments += [f"% {label:10} {printable(text)}".rstrip() for label, text in pairs]
    for table in tables:
        comments += ["", *_table(table, document.title)]
    return "\n".join(comments)


def _pairs(document: Document) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for part in document.page:
        if isinstance(part, Lines):
            found += map(labelled, part.lines)
        elif isinstance(part, Block):
            found += [("", line) for line in printable_lines(part.text) if line]
    return found


def _of_pairs(title: str, pairs: Sequence[tuple[str, str]]) -> list[str]:
    rows = [f"{escaped(label)} & {escaped(text)} \\\\" for label, text in pairs]
    return _floating(title, r"lp{0.75\linewidth}", [r"\toprule", *rows, r"\bottomrule"])


def _table(table: Table, title: str) -> list[str]:
    """One that floats, or a long one that breaks over pages."""
    shown = table.shown
    layout = "".join("r" if column.is_number else "l" for column in shown)
    head = _line([column.heading for column in shown]) if table.has_heading else None
    rows: list[str] = []
    for row in table.rows:
        if rows and not row.is_record and table.rows[len(rows) - 1].is_record:
            rows.append(r"\midrule " + _cells(table, row, shown))
        else:
            rows.append(_cells(table, row, shown))
    caption = f"{title}: {table.title}" if table.title else title
    heading = [r"\toprule"] if head is None else [r"\toprule", head, r"\midrule"]
    if not table.is_long:
        return _floating(caption, layout, [*heading, *rows, r"\bottomrule"])
    return [
        rf"\begin{{longtable}}{{{layout}}}",
        rf"\caption{{{escaped(caption)}}} \\",
        *heading,
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *rows,
        r"\end{longtable}",
    ]


def _floating(caption: str, layout: str, lines: Sequence[str]) -> list[str]:
    return [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(caption)}}}",
        rf"\begin{{tabular}}{{{layout}}}",
        *lines,
        r"\end{tabular}",
        r"\end{table}",
    ]


def _cells(table: Table, row: Row, shown: Sequence[Column]) -> str:
    return _line(table.texts(row), row.depth if table.tree is not None else 0)


def _line(texts: Sequence[str], depth: int = 0) -> str:
    cells = [escaped(text.lstrip(" ")) for text in texts]
    if depth:
        indented = next((i for i, text in enumerate(texts) if text.startswith(" ")), 0)
        cells[indented] = rf"\hspace*{{{depth}em}}{cells[indented]}"
    return " & ".join(cells) + r" \\"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is; letters that its fonts lack as their code points."""
    return "".join(map(_letter, printable(text)))


def _letter(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter.isascii() or letter in _LETTERS:
        return letter
    return f"U+{ord(letter):04X}"
