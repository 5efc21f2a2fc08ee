"""The plan of `tflops fleet`: what is wrong with it is said in a line, before anything is done."""

import re
import shutil
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


HERE = "devices: [{label: here, kind: local}]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # YAML takes the last of two keys, and reads these as other things than text.
        (f"models: [a]\nmodels: [b]\n{HERE}", "'models' twice"),
        ("models: [a]\ndevices: [{label: a, kind: local, label: b}]\n", "'label' twice"),
        (f"models: [m]\noptions: {{runs: 1, runs: 2}}\n{HERE}", "'runs' twice"),
        ("models: [m]\ndevices: [{label: a, kind: adb, address: 0123456701}]\n", "21913025"),
        ("models: [m]\ndevices: [{label: a, kind: adb, address: 10:20}]\n", "620"),
        ("models: [m]\ndevices: [{label: on, kind: local}]\n", "True"),
        ("models: [m]\ndevices: [{label: 2024-05-01, kind: local}]\n", "quotes"),
        ("models: [m]\ndevices: [{label: a, kind: local, runtime: }]\n", "runtime"),
        (f"models: [012]\n{HERE}", "10"),
        (f"models: [on]\n{HERE}", "True"),
        (f"models: [m]\nresults:\n{HERE}", "results"),
        (f"models: [m]\nresults: [a]\n{HERE}", "results"),
        (f'models: [m]\nresults: ""\n{HERE}', "results"),
        (f'models: [m]\nresults: "a\\0b"\n{HERE}', "results"),
        (f'models: [""]\n{HERE}', "models"),
        (f"models: [m]\noptions: []\n{HERE}", "options must hold keys"),
        (f"models: [m]\noptions: false\n{HERE}", "options must hold keys"),
        ("models: [m]\ndevices: [{label: counts, kind: local}]\n", "is the name of a folder"),
    ],
)
def test_what_yaml_reads_otherwise_than_it_was_meant_is_not_guessed(refuses, place, text, message):
    (place / "plan.yaml").write_text(text)
    assert message in refuses("fleet", "plan.yaml")
    assert {path.name for path in place.iterdir()} == {"plan.yaml"}


def test_a_key_that_overrides_one_of_a_merged_mapping_is_not_given_twice(place):
    from tflops_native.fleets.plan import read_plan

    text = "models: [m]\noptions: &o {runs: 2}\ndevices:\n- &d {label: a, kind: local, jobs: 2}\n"
    (place / "plan.yaml").write_text(text)
    assert read_plan("plan.yaml").devices[0].jobs == 2
    (place / "plan.yaml").write_text(
        "models: [m]\ndevices: [{<<: {label: a, jobs: 2}, label: b, kind: local}]\n"
    )
    (device,) = read_plan("plan.yaml").devices
    assert (device.label, device.jobs) == ("b", 2)


SSH = {"kind": "ssh", "timer": ".", "label": "a", "address": "pi@board"}
CONFIG = "Host board\n  HostName 192.168.0.7\n  Port 2222\nHost *\n  User pi\n"


@pytest.fixture
def two_devices(place):
    """Writes a plan of two devices, each as it differs from `SSH`."""
    (place / "tflops-timer").write_text("")
    (place / "config").write_text(CONFIG)

    def make(*differences):
        devices = [SSH | {"label": f"d{at}"} | each for at, each in enumerate(differences)]
        (place / "plan.yaml").write_text(yaml.safe_dump({"models": ["m"], "devices": devices}))
        return "plan.yaml"

    return make


ADB = {"kind": "adb", "address": "emulator-5554"}
USES_CONFIG = ["-F", "config"]


@pytest.mark.parametrize(
    "differences",
    [
        ({"arguments": ["-p", "2201"]}, {"arguments": ["-p", "2202"]}),
        ({"arguments": ["-p", "2201"]}, {"arguments": ["-oPort=2202"]}),
        ({"arguments": ["-J", "one"]}, {"arguments": ["-J", "two"]}),
        ({"address": "one@board"}, {"address": "two@board"}),
        (ADB | {"arguments": ["-H", "one"]}, ADB | {"arguments": ["-H", "two"]}),
    ],
)
def test_devices_that_only_seem_to_be_one(two_devices, differences):
    from tflops_native.fleets.plan import destination, read_plan

    devices = read_plan(two_devices(*differences)).devices
    # The locks keep them apart, too.
    assert len(set(map(destination, devices))) == 2


@pytest.mark.parametrize(
    "differences",
    [
        ({}, {}),
        ({"arguments": ["-p", "2201"]}, {"arguments": ["-p", "2201"]}),
        (ADB, ADB),
        # What only ssh can say.
        ({}, {"arguments": ["-p", "22"]}),
        ({"arguments": ["-p", "2201"]}, {"arguments": ["-o", "Port 2201"]}),
        ({"address": "pi@board"}, {"address": "ssh://pi@board:22"}),
        ({"arguments": ["-v"]}, {"arguments": ["-C"]}),
        (
            {"arguments": USES_CONFIG},
            {"arguments": [*USES_CONFIG, "-p", "2222"], "address": "192.168.0.7"},
        ),
    ],
)
def test_one_device_under_two_labels(refuses, two_devices, differences):
    needs_ssh = any("arguments" in each or "ssh:" in str(each) for each in differences)
    if needs_ssh and shutil.which("ssh") is None:
        pytest.skip("needs ssh, which says what its arguments mean")
    said = refuses("fleet", two_devices(*differences))
    assert "'d0' and 'd1' are one device" in said


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
