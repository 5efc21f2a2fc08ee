"""Write the reference of the Python API, made by pdoc from the docstrings.

    python tools/make_api_reference.py FOLDER

Documented is what `tflops_native.__all__` names. Warnings are errors; so are public names and members
without a word about them.
"""

import sys
import warnings
from os import PathLike
from pathlib import Path

import click
import pdoc.doc
import pdoc.render

import tflops_native
from tflops_native import api, comparing, workload
from tflops_native.plain_schema import described


def reference() -> pdoc.doc.Module:
    """The documented module, each field of a class with its own text."""
    for name in tflops_native.__all__:
        # They are imported on first use; pdoc looks at what is there.
        getattr(tflops_native, name)
    # numpy's own alias is half a page of protocols.
    array_like = type("ArrayLike", (), {"__module__": "numpy.typing"})
    for user in (api, comparing, workload):
        # Names in the text of the alias `InputData`, which pdoc looks for where the alias is used.
        vars(user).update(ArrayLike=array_like, PathLike=PathLike)
    module = pdoc.doc.Module(tflops_native)
    for item in module.members.values():
        if isinstance(item, pdoc.doc.Class):
            summary, texts = described(item.obj)
            item.docstring = summary
            for name, text in {**texts, "DERIVED": "@private"}.items():
                if name in item.members:
                    item.members[name].docstring = text[:1].upper() + text[1:]
    return module


def undocumented(module: pdoc.doc.Module) -> list[str]:
    """Public names without a word: functions, classes, and methods and properties of our own."""
    found = []
    for item in module.members.values():
        members = item.own_members if isinstance(item, pdoc.doc.Class) else []
        for each in (item, *members):
            is_named = not each.name.startswith("_")
            # Fields may speak for themselves; all others are functions and properties.
            is_field = each.name in getattr(item.obj, "__dataclass_fields__", ())
            if is_named and not is_field and not each.docstring:
                found.append(each.fullname)
    return found


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write the pages into FOLDER."""
    warnings.simplefilter("error")
    module = reference()
    if names := undocumented(module):
        sys.exit(f"without a docstring: {', '.join(names)}")
    pdoc.render.configure(
        docformat="google",
        show_source=False,
        search=False,
        footer_text=f"tflops_native {tflops_native.__version__}",
    )
    page = pdoc.render.html_module(module, {module.modulename: module})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tflops_native.html").write_text(page, encoding="utf-8")
    (folder / "index.html").write_text(
        '<!doctype html><meta http-equiv="refresh" content="0; url=tflops_native.html">\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
