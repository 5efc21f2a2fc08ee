"""The plan of `tflops fleet`: what is wrong with it is said in a line, before anything is done."""

import re
import sys

import pytest

from zoo import ROOT

yaml = pytest.importorskip("yaml")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


LOCAL = [{"label": "here", "kind": "local"}]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"models": ["m"], "devices": LOCAL, "modles": 1}, "unknown key 'modles'"),
        ({"models": ["m"], "devices": LOCAL, "options": {"thread": 1}}, "unknown key 'thread'"),
        ({"models": ["m"], "devices": [{"label": "a", "kind": "usb"}]}, "'usb'"),
        ({"models": ["m"], "devices": [{"label": "a", "kind": "ssh"}]}, "user@host"),
        ({"models": ["m"], "devices": [{"label": "../a", "kind": "local"}]}, "label '../a'"),
        ({"models": ["m"], "devices": [{**LOCAL[0], "adress": "x"}]}, "unknown key 'adress'"),
        ({"models": ["m"], "devices": LOCAL * 2}, "same"),
        ({"models": ["m"], "devices": [{**LOCAL[0], "jobs": 0}]}, "1 or more"),
        ({"models": ["m"], "devices": LOCAL, "options": {"threads": 0}}, "1 or more"),
        (
            {"models": ["m"], "devices": LOCAL, "options": {"input_shapes": {"x": "1,2"}}},
            "a shape must be whole numbers",
        ),
        ({"models": ["m"], "count": True, "options": {"threads": 2}}, "takes no devices"),
        ({"models": ["m"]}, "names no devices"),
        ({"devices": LOCAL}, "names no models"),
        ({"models": ["m"], "count": True, "devices": LOCAL}, "takes no devices"),
        ({"models": ["m"], "devices": [{"label": "a", "kind": "ssh", "address": "x"}]}, "timer"),
        (
            {"models": ["m"], "devices": [{"label": "a", "kind": "ssh", "address": "-oProxy=x"}]},
            "is not one",
        ),
        (["models"], "must hold keys and values"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_in_a_line(refuses, place, plan, message):
    (place / "plan.yaml").write_text(yaml.safe_dump(plan))
    assert message in refuses("fleet", "plan.yaml")


@pytest.mark.parametrize(
    ("text", "message"), [("{", "is not YAML"), ("\0", "is not YAML"), ("", "keys and values")]
)
def test_what_is_not_a_plan(refuses, place, text, message):
    (place / "plan.yaml").write_text(text)
    assert message in refuses("fleet", "plan.yaml")
    assert "no such file" in refuses("fleet", "nowhere.yaml")


def test_what_to_type_where_the_engine_is_missing(refuses, place, monkeypatch):
    (place / "plan.yaml").write_text("models: [m]\ncount: true\n")
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert "pip install 'tflops-native[fleet]'" in refuses("fleet", "plan.yaml")


PAGE = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
PLANS = [
    text for text in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL) if "models" in text
]


@pytest.mark.parametrize("text", PLANS)
def test_the_plans_of_the_page_are_plans(place, text):
    from tflops_native.fleets.plan import read_plan

    (place / "plan.yaml").write_text(text)
    assert read_plan("plan.yaml").models
