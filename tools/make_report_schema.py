"""Write `docs/report.schema.json`: the JSON Schema of what `tflops report MODEL -o FILE.json` saves.

    python tools/make_report_schema.py [--check]

The schema is made from the result classes and their docstrings.
"""

import sys
from pathlib import Path
from typing import Any

import click

from tflops_native.plain_json import dump_json
from tflops_native.plain_schema import json_schema
from tflops_native.reports.loaded import NAMES
from tflops_native.reports.report import Report
from tflops_native.reports.saved import FORMAT_VERSION, saved_reports

PATH = Path(__file__).parent.parent / "docs" / "report.schema.json"
DESCRIPTIONS = {
    "format": "what the file holds",
    "format_version": "raised when keys change their meaning or go; keys may be added without",
    "tool": "the program that wrote the file, and its version",
    "reports": "one, or one per signature of a model with several",
}


def schema() -> dict[str, Any]:
    """Of the whole file: the envelope around the reports."""
    of_report = json_schema(Report, NAMES)
    envelope = saved_reports([])
    properties: dict[str, Any] = {
        "format": {"const": envelope["format"]},
        "format_version": {"const": FORMAT_VERSION},
        "tool": {"type": "string"},
        "reports": {"type": "array", "items": {"$ref": of_report["$ref"]}},
    }
    return {
        "$schema": of_report["$schema"],
        "title": "Report of tflops_native",
        "type": "object",
        "properties": {
            name: {**properties[name], "description": DESCRIPTIONS[name]} for name in envelope
        },
        "required": list(envelope),
        "$defs": of_report["$defs"],
    }


@click.command()
@click.option("--check", is_flag=True, help="Only say whether the file is up to date.")
def main(check: bool) -> None:
    """Write the schema, or check it."""
    text = dump_json(schema()) + "\n"
    if not check:
        PATH.write_text(text, encoding="utf-8")
    elif not PATH.exists() or PATH.read_text(encoding="utf-8") != text:
        sys.exit(f"{PATH.name} is out of date: run python tools/make_report_schema.py")


if __name__ == "__main__":
    main()
