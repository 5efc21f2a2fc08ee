"""How a report is shown: which rows in which order, which columns, and how much of the details."""

from dataclasses import dataclass
from typing import Literal

from tflops_native.errors import OptionError

USUAL_ROWS = 20  # on a terminal, where nothing else is asked for
By = Literal["type", "layer"]
Sort = Literal["time", "flops", "bytes", "index"]
GROUPINGS: tuple[By, ...] = ("type", "layer")
ORDERS: tuple[Sort, ...] = ("time", "flops", "bytes", "index")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a report is shown.

    by          group the operators by their type, or by their layers as a tree; None: one row each
    depth       levels of the tree that are shown; None: all
    sort        the order of the rows; None: that of the model, but the most expensive first where not all
                are shown
    top         show so many rows, the most expensive ones; None: all, on a terminal `USUAL_ROWS`
    is_whole    show all rows on a terminal, too
    columns     keys or headings of the columns to show, in this order; empty: those that have something to
                say, and on a terminal as many as fit
    is_verbose  say how it was measured and counted, too

    Raises:
        OptionError: values that contradict each other.
    """

    by: By | None = None
    depth: int | None = None
    sort: Sort | None = None
    top: int | None = None
    is_whole: bool = False
    columns: tuple[str, ...] = ()
    is_verbose: bool = False

    def __post_init__(self) -> None:
        if self.depth is not None and self.by != "layer":
            raise OptionError("--depth is for the tree of layers: add --by layer")
        if self.top is not None and self.is_whole:
            raise OptionError("--top and --all contradict each other: leave one out")

    @property
    def is_of_operators(self) -> bool:
        """Whether something is asked for that only a table of operators has."""
        return bool(self.by or self.sort or self.top or self.columns)

    @property
    def terminal_rows(self) -> int | None:
        """The most rows on a terminal; None: all."""
        return None if self.is_whole or self.top is not None else USUAL_ROWS


EVERYTHING = View()
