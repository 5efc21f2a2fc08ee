"""Writes `python/tflops_native/ops/rule_modules.py`: which module registers the rule of which operator.

    python tools/make_rule_table.py [--check]

Imports every module of `tflops_native.ops` and looks which operators it registers.
"""

import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tflops_native import ops
from tflops_native.ops.registry import Registry

if TYPE_CHECKING:
    from types import FrameType

    from tflops_native.ops import Rule

PATH = Path(ops.__file__).parent / "rule_modules.py"
HEAD = '''"""Which module registers the rule of which operator.

Made by `python tools/make_rule_table.py`: do not edit.
"""

from collections.abc import Mapping

RULE_MODULES: Mapping[str, str] = {
'''


class _Watched(Registry["Rule"]):
    """A register that remembers which module each name is set by."""

    def __init__(self) -> None:
        super().__init__({})
        self.found: dict[str, str] = {}

    def __setitem__(self, name: str, item: "Rule") -> None:
        super().__setitem__(name, item)
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_name != "<module>":
            frame = frame.f_back
        if frame is not None:
            self.found[name] = frame.f_globals["__name__"]


def table() -> str:
    """The text of the file."""
    from tflops_native.ops import _op

    watched = _Watched()
    _op.REGISTRY = watched  # type: ignore[misc]
    for module in pkgutil.iter_modules(ops.__path__, f"{ops.__name__}."):
        import_module(module.name)
    entries = (f'    "{name}": "{module}",\n' for name, module in sorted(watched.found.items()))
    return HEAD + "".join(entries) + "}\n"


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the file is up to date.")
def main(check: bool) -> None:
    """Write the file, or check it."""
    text = table()
    if not check:
        PATH.write_text(text, encoding="utf-8")
    elif not PATH.exists() or PATH.read_text(encoding="utf-8") != text:
        sys.exit(f"{PATH.name} is out of date: run python tools/make_rule_table.py")


if __name__ == "__main__":
    main()
