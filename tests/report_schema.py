"""Holds saved reports against the JSON Schema that is published, `docs/report.schema.json`."""

import json
from functools import cache

import jsonschema

from zoo import ROOT


@cache
def published_schema():
    return json.loads((ROOT / "docs" / "report.schema.json").read_text(encoding="utf-8"))


@cache
def _validator():
    # Readers must allow keys that a later version adds; here each key must be described.
    closed = {**published_schema(), "additionalProperties": False}
    closed["$defs"] = {
        name: {**item, "additionalProperties": False} for name, item in closed["$defs"].items()
    }
    return jsonschema.Draft202012Validator(closed)


def validate_saved(plain):
    """Raise if the plain data of a saved report does not fit; other saved results pass."""
    if isinstance(plain, dict) and plain.get("format") == "tflops_native/report":
        _validator().validate(plain)


def validate_text(text):
    """The same of what a command printed or wrote, where that is JSON."""
    if text.startswith("{"):
        validate_saved(json.loads(text))
