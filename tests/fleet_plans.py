"""Plans of fleets for tests, the scripts that stand for devices, and what is left in folders."""

import csv
import io
import stat

from zoo import EXAMPLES

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_int8.tflite"
OPTIONS = {"runs": 2, "max_time": 1}
# What `adb` of Android would do, on this machine.
ADB = """#!/bin/sh
echo "$@" >> {log}
shift
[ "$1" = {serial} ] || {{ echo "adb: device '$1' not found" >&2; exit 1; }}
shift
[ -e {dead} ] && {{ echo "adb: device offline" >&2; exit 1; }}
case "$1" in
  shell) shift; {before} exec sh -c "$*" ;;
  push) exec cp "$2" "$3" ;;
  pull) exec cp "$2" "$3" ;;
esac
"""
# Dies as it is to run a model for the second time.
DIES = """case "$*" in *exec*tflops-timer*)
  [ -e {once} ] && {{ touch {dead}; exit 255; }}; touch {once} ;; esac;"""


def script(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def write_plan(place, devices, models=("models",), **more):
    import yaml

    plan = {"models": list(models), "options": OPTIONS, "devices": devices, **more}
    path = place / "plan.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in plan.items() if value}))
    return path


def devices(place, timer, ssh=()):
    """The three stand-ins."""
    common = {"timer": str(timer), "folder": str(place / "device")}
    return [
        {"label": "here", "kind": "local"},
        {"label": "desk", "kind": "ssh", "address": "127.0.0.1", "arguments": list(ssh), **common},
        {"label": "phone", "kind": "adb", "address": "fake", **common},
    ]


def rows(tflops, folder):
    return list(csv.DictReader(io.StringIO(tflops("collect", folder, "--format", "csv").out)))


def reports(folder):
    return {
        path: path.stat().st_mtime_ns
        for path in folder.rglob("*.json")
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
