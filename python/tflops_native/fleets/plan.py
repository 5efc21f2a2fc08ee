"""The plan of a fleet: models, options and devices, out of a YAML file that says what is wrong with it."""

import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from tflops_native.checks import file_path, number, one_of, parser_reason, whole_number
from tflops_native.errors import OptionError
from tflops_native.runtime.options import DEFAULT_RUNTIME, RunOptions
from tflops_native.timing.stop_rule import StopRule
from tflops_native.workload import shapes_by_input

DeviceKind: TypeAlias = Literal["local", "ssh", "adb"]
MISSING = "{} needs Snakemake: pip install 'tflops-native[fleet]'"
TIMER = "tflops-timer"
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# Other folders of the results.
_RESERVED = ("counts", "unreached", "unread")
_PLAN_KEYS = ("models", "devices", "options", "results", "retries", "count")
# Of `RunOptions` and `StopRule`, those that tflops-timer has, too.
_RUN = ("threads", "kernels", "seed", "pin")
_STOP = ("runs", "min_runs", "precision", "max_time")
_OF_COUNTING = ("input_shapes",)
_OPTIONS = (*_OF_COUNTING, *_RUN, *_STOP, "timeout")
# Where a program may be put and run.
_FOLDERS: Mapping[str, str] = {"ssh": "/tmp", "adb": "/data/local/tmp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device.

    label      in the reports and the table, and the name of its folder
    address    "user@host" for ssh, the serial number for adb; empty for this machine
    jobs       how many at once: 1 for measuring
    timer      folder with `tflops-timer` for this device and the library that it opens
    arguments  of `ssh` or `adb`, in front of the address
    folder     of the device, in which a temporary folder is made for each job
    runtime    of this machine; on others it is that beside the timer
    """

    label: str
    kind: DeviceKind
    address: str = ""
    jobs: int = 1
    timer: str | None = None
    arguments: tuple[str, ...] = ()
    folder: str = ""
    runtime: str = DEFAULT_RUNTIME

    @property
    def where(self) -> str:
        """ "ssh pi@192.168.0.7"."""
        return f"{self.kind} {self.address}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do where.

    models   files, bundles and folders
    results  folder of the results
    retries  how often a job is tried again on a device that was not reached
    count    whether the models are only counted, which needs no devices
    """

    path: Path
    models: tuple[str, ...]
    results: Path
    devices: tuple[Device, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    retries: int = 1
    count: bool = False


_LARGEST_BYTES = 1 << 20
_MOST_VALUES = 200_000


def destination(device: Device) -> str:
    """What all labels of one device have in common: ssh says what it makes of address and arguments."""
    if device.kind == "ssh":
        command = ["ssh", "-G", *device.arguments, "--", device.address]
        with suppress(OSError, subprocess.SubprocessError):
            ended = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=10
            )
            lines = ended.stdout.decode("utf-8", "replace").splitlines()
            said = dict(line.partition(" ")[::2] for line in lines)
            if "hostname" in said:
                text = f"ssh {said.get('user')}@{said['hostname']} port {said.get('port')}"
                ways = [said[name] for name in ("proxyjump", "proxycommand") if name in said]
                return ", ".join([text, *(f"by {way}" for way in ways)])
    return " ".join([device.where, *device.arguments])


def read_plan(path: str | PathLike[str]) -> Plan:
    """Read a plan. Relative paths in it start from its folder.

    Raises:
        ShapeError: what it gives as shapes are none.
        OptionError: the file cannot be read, says something that is unknown or out of range, or the extra
            "fleet" is not installed.
    """
    path = file_path("the plan", path)
    given = _mapping(_yaml(path), f"'{path}'", _PLAN_KEYS)
    here = path.parent
    models = _texts(given.get("models"), f"'{path}': models")
    results = _text(given.get("results", "results"), f"'{path}': results")
    if not models:
        raise OptionError(f"'{path}' names no models: add `models: [FILE or FOLDER, ...]`")
    retries = whole_number("retries", given.get("retries", 1), minimum=0, maximum=100)
    count = given.get("count", False)
    if not isinstance(count, bool):
        raise OptionError(f"'{path}': count must be true or false, got {count!r}")
    options = _options({} if given.get("options") is None else given["options"], path)
    devices = _devices(given.get("devices"), path)
    if count and (devices or options.keys() - set(_OF_COUNTING)):
        raise OptionError(
            f"'{path}': count: true takes no devices, and of the options only {', '.join(_OF_COUNTING)}; "
            "reports of devices hold counts, too"
        )
    if not count and not devices:
        raise OptionError(
            f"'{path}' names no devices: add `devices: [{{label: here, kind: local}}]`, or `count: true`"
        )
    return Plan(
        path=path,
        models=tuple(str(here / model) for model in models),
        results=here / results,
        devices=devices,
        options=options,
        retries=retries,
        count=count,
    )


def _yaml(path: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise OptionError(MISSING.format("a fleet")) from error
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise OptionError(
                f"cannot read the plan '{path}': it is larger than 1 MiB; name folders "
                "instead of each model"
            )
        text = data.decode()
        plan = yaml.safe_load(text)
        twice = _given_twice(yaml.compose(text, yaml.SafeLoader))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"cannot read the plan '{path}': {reason}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise OptionError(f"the plan '{path}' is not YAML: {parser_reason(error)}") from error
    if twice is not None:
        key, lines = twice
        raise OptionError(
            f"'{path}' gives {key!r} twice, in lines {lines[0]} and {lines[1]}: leave one"
        )
    _check_size(plan, path)
    return plan


def _given_twice(node: Any) -> tuple[str, tuple[int, int]] | None:
    """A key that a mapping holds twice, of which YAML takes the last, and the lines of both."""
    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop()
        if not isinstance(getattr(node, "value", None), list) or id(node) in seen:
            continue
        seen.add(id(node))  # an alias is the node itself, and may lie within it
        keys: dict[str, Any] = {}
        for item in node.value:
            if not isinstance(item, tuple):
                waiting.append(item)
                continue
            key, value = item
            waiting.append(value)
            if not isinstance(key.value, str):
                continue
            if (before := keys.get(key.value)) is not None:
                return key.value, (before.start_mark.line + 1, key.start_mark.line + 1)
            keys[key.value] = key
    return None


def _check_size(plan: Any, path: Path) -> None:
    """Refuse aliases of aliases, which make billions of values of a few lines."""
    waiting = [plan]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple | set):
            waiting += value
    raise OptionError(
        f"the plan '{path}' holds more than {_MOST_VALUES:,} values, those of aliases included; write "
        "what is meant without aliases"
    )


def _mapping(value: Any, what: str, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise OptionError(f"{what} must hold keys and values: {', '.join(keys)}")
    unknown = [repr(key) for key in value if key not in keys]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise OptionError(
            f"{what}: unknown key{plural} {', '.join(unknown)}; there are {', '.join(keys)}"
        )
    return value


def _texts(value: Any, what: str) -> list[str]:
    values = [value] if isinstance(value, str) else value or []
    if not isinstance(values, list):
        raise OptionError(f"{what} must be a list of texts")
    return [_text(item, what) for item in values]


def _text(value: Any, what: str) -> str:
    """Of YAML, which reads 0123 as the number 83, 10:20 as 620, and `on` as true."""
    if not isinstance(value, str):
        raise OptionError(f"{what}: {value!r} is not text; put what is meant in quotes")
    if not value or not value.isprintable():
        raise OptionError(f"{what}: {value!r} is not a name")
    return value


def _options(given: Any, path: Path) -> Mapping[str, Any]:
    options = dict(_mapping(given, f"'{path}': options", _OPTIONS))
    if options.get("timeout") is not None:
        number("timeout (seconds)", options["timeout"], above=0, below=1e9)
    if "pin" in options:
        options["pin"] = (
            tuple(options["pin"]) if isinstance(options["pin"], list) else options["pin"]
        )
    if "input_shapes" in options:
        options["input_shapes"] = shapes_by_input(options["input_shapes"])
    # They check themselves.
    RunOptions(**{name: options[name] for name in _RUN if name in options})
    StopRule(**{name: options[name] for name in _STOP if name in options})
    return options


def _devices(given: Any, path: Path) -> tuple[Device, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise OptionError(f"'{path}': devices must be a list")
    devices = [_device(item, f"'{path}': device {at}", path) for at, item in enumerate(given, 1)]
    labels: set[str] = set()
    seen: dict[str, str] = {}
    for device in devices:
        if device.label in labels:
            raise OptionError(f"'{path}': two devices have the same label, {device.label!r}")
        labels.add(device.label)
        where = destination(device)
        if (other := seen.setdefault(where, device.label)) != device.label:
            raise OptionError(
                f"'{path}': {other!r} and {device.label!r} are one device ({where}), which would be "
                "measured twice at once: leave one"
            )
    return tuple(devices)


def _device(given: Any, what: str, path: Path) -> Device:
    keys = tuple(Device.__dataclass_fields__)
    found = _mapping(given, what, keys)
    label = _text(found.get("label"), f"{what}: label")
    if label in _RESERVED:
        raise OptionError(
            f"{what} has the label {label!r}, which is the name of a folder of the results: give another"
        )
    if not _LABEL.fullmatch(label):
        raise OptionError(
            f"{what} has the label {label!r}: give letters, digits, '_', '.' and '-', beginning with "
            "a letter or digit"
        )
    what = f"'{path}': device {label!r}"
    kind = one_of(f"{what}: kind", found.get("kind"), get_args(DeviceKind))
    address = _text(found["address"], f"{what}: address") if "address" in found else ""
    jobs = whole_number(f"{what}: jobs", found.get("jobs", 1), minimum=1, maximum=1024)
    if kind == "local":
        wrong = [name for name in ("address", "timer", "arguments", "folder") if name in found]
        if wrong:
            raise OptionError(f"{what}: {', '.join(wrong)} cannot be combined with kind: local")
        return Device(
            label=label,
            kind="local",
            jobs=jobs,
            runtime=_text(found.get("runtime", DEFAULT_RUNTIME), f"{what}: runtime"),
        )
    if not address or address.startswith("-"):
        raise OptionError(
            f"{what}: the address {address!r} is not one: give "
            + ("user@host" if kind == "ssh" else "a serial number that `adb devices` lists")
        )
    if "runtime" in found:
        raise OptionError(f"{what}: its runtime is the library in the folder of its timer")
    timer = path.parent / (_text(found["timer"], f"{what}: timer") if "timer" in found else "")
    if "timer" not in found or not (timer / TIMER).is_file():
        raise OptionError(
            f"{what}: there is no {TIMER} in '{timer}': give `timer: FOLDER`, with the program for the "
            "device and its library (docs/timer.md)"
        )
    return Device(
        label=label,
        kind=kind,  # type: ignore[arg-type]
        address=address,
        jobs=jobs,
        timer=str(timer.resolve()),
        arguments=tuple(_texts(found.get("arguments"), f"{what}: arguments")),
        folder=_text(found.get("folder", _FOLDERS[kind]), f"{what}: folder"),
    )


def device_to_plain(device: Device) -> dict[str, Any]:
    """For a file that jobs read."""
    return asdict(device)


def device_from_plain(plain: Mapping[str, Any]) -> Device:
    """What `device_to_plain` gave."""
    return Device(**{**plain, "arguments": tuple(plain["arguments"])})
