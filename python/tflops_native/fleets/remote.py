"""A device that has nothing but ssh or adb: `tflops-timer` is copied there, run, and removed again."""

import contextlib
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tflops_native.errors import DeviceError, InvokeError
from tflops_native.fleets.plan import TIMER, Device
from tflops_native.formatting import brief
from tflops_native.workload import shapes_by_input

_STATUS = "tflops-status="
_MODEL, _TIMES, _PROCESS = "model.tflite", "times.json", "process"
# For what takes no time on a device that is there.
_PATIENCE_SECONDS = 60.0
# What a device may take to receive or send a file.
_COPY_SECONDS = 3600.0
_SSH = (
    *("-o", "BatchMode=yes", "-o", "ConnectTimeout=10"),
    *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"),
)
# By its folder, because another process may have its number by now.
_MAKE_FOLDER = f"""umask 077
cd {{where}} || exit 1
for old in {{of_owner}}*; do
  case $old in {{name}}) ;; {{of_run}}*) continue ;; esac
  [ -d "$old" ] || continue
  timer=$(cat "$old/{_PROCESS}" 2>/dev/null)
  [ -n "$timer" ] && [ "/proc/$timer/cwd" -ef "$old" ] && kill -9 "$timer"
  rm -rf "$old"
done
mkdir {{name}}"""
_FLAGS: Mapping[str, str] = {
    "threads": "--threads",
    "kernels": "--kernels",
    "seed": "--seed",
    "runs": "--runs",
    "min_runs": "--min-runs",
    "precision": "--precision",
    "max_time": "--max-time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderName:
    """Of a temporary folder on a device; by it the next job knows what a lost connection left behind.

    owner   for whom the device is locked: no other process of this owner uses it
    run     of one call of `fleet`, whose other jobs may be at work beside this one
    job     key of the job
    """

    owner: str
    run: str
    job: str

    @property
    def of_owner(self) -> str:
        """How the names of all folders of this owner begin."""
        return f"tflops-{self.owner}-"

    @property
    def of_run(self) -> str:
        """How those of this run begin."""
        return f"{self.of_owner}{self.run}-"

    def __str__(self) -> str:
        return f"{self.of_run}{self.job}"


def time_on(
    device: Device, model: bytes, options: Mapping[str, Any], output: Path, name: FolderName
) -> None:
    """Time a model on a device, and bring the file of the times to `output`.

    Args:
        name: of a folder that is made there and removed again.

    Raises:
        DeviceError: the device cannot be reached, or was lost on the way.
        InvokeError: the runtime refused the model, crashed or took longer than the time limit.
    """
    source = output.with_name(_MODEL)
    source.write_bytes(model)
    with _folder_on(device, name) as folder:
        for path in (*sorted(Path(str(device.timer)).iterdir()), source):
            if path.is_file():
                _put(device, path, f"{folder}/{path.name}")
        arguments = shlex.join([_MODEL, *_flags(options), "--no-profile", "--output", _TIMES])
        script = (
            f"cd {folder} && chmod +x {TIMER} && echo $$ > {_PROCESS} && exec ./{TIMER} {arguments}"
        )
        try:
            status, said = _run(device, f"sh -c {shlex.quote(script)} 2>&1", options.get("timeout"))
        except subprocess.TimeoutExpired as error:
            with contextlib.suppress(DeviceError, subprocess.TimeoutExpired):
                _run(device, f"kill -9 $(cat {folder}/{_PROCESS})", _PATIENCE_SECONDS)
            late = InvokeError(
                f"the measurement did not end within {brief(options['timeout'], 6)} s"
            )
            late.reason = "timeout"
            raise late from error
        if status != 0:
            raise _failure(status, said)
        _get(device, f"{folder}/{_TIMES}", output)


def _flags(options: Mapping[str, Any]) -> Iterator[str]:
    for name, flag in _FLAGS.items():
        if options.get(name) is not None:
            yield from (flag, str(options[name]))
    for name, lengths in shapes_by_input(options.get("input_shapes")).items():
        text = ",".join(map(str, lengths))
        yield from ("--input-shape", f"{name}={text}" if name else text)
    if options.get("pin") is not None:
        yield from ("--pin", ",".join(map(str, options["pin"])))


def _failure(status: int, said: str) -> InvokeError:
    lines = [line for line in said.splitlines() if line and not line.startswith("INFO: ")]
    last = lines[-1] if lines else "it said nothing"
    # Shells report a signal as 128 and its number.
    if status <= 128:
        return InvokeError(f"{last.removeprefix(f'{TIMER}: ')} ({TIMER} ended with {status})")
    error = InvokeError(f"the runtime crashed ({TIMER} was ended by signal {status - 128}); {last}")
    error.reason = "crash"
    return error


@contextlib.contextmanager
def _folder_on(device: Device, name: FolderName) -> Iterator[str]:
    """A temporary folder on the device, which does not remain if the device is there at the end.

    What earlier connections left behind is removed first, and a program that still runs in it is ended.
    """
    where = device.folder.rstrip("/") or "/"
    script = _MAKE_FOLDER.format(
        where=shlex.quote(where), name=name, of_run=name.of_run, of_owner=name.of_owner
    )
    status, said = _run(device, f"sh -c {shlex.quote(script)} 2>&1", _PATIENCE_SECONDS)
    if status != 0:
        raise DeviceError(
            f"device {device.label!r} ({device.where}) has no temporary folder for us: {said.strip()}"
        )
    folder = f"{where.rstrip('/')}/{name}"
    quoted = shlex.quote(folder)
    try:
        yield quoted
    finally:
        with contextlib.suppress(DeviceError, subprocess.TimeoutExpired):
            _run(device, f"rm -rf {quoted}", _PATIENCE_SECONDS)


def _run(device: Device, command: str, timeout: float | None) -> tuple[int, str]:
    """The exit code of a shell command on the device, and what it printed."""
    # adb of old devices has no exit codes, and ssh has one of its own: this tells them apart.
    script = f"{command}; echo {_STATUS}$?"
    ended = _call(device, [*_shell(device), script], timeout)
    text = ended.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
    found = re.search(rf"{_STATUS}(\d+)\s*$", text)
    if found is None:
        raise _lost(device, ended)
    return int(found[1]), text[: found.start()]


def _put(device: Device, path: Path, place: str) -> None:
    if device.kind == "adb":
        ended = _call(device, [*_adb(device), "push", str(path), place], _COPY_SECONDS)
        if ended.returncode != 0:
            raise _lost(device, ended)
        return
    with path.open("rb") as stream:
        command = [*_shell(device), f"cat > {place}; echo {_STATUS}$?"]
        ended = _call(device, command, _COPY_SECONDS, stdin=stream)
    if not ended.stdout.decode("utf-8", "replace").strip().endswith(f"{_STATUS}0"):
        raise _lost(device, ended)


def _get(device: Device, place: str, path: Path) -> None:
    if device.kind == "adb":
        ended = _call(device, [*_adb(device), "pull", place, str(path)], _COPY_SECONDS)
    else:
        ended = _call(device, [*_shell(device), f"cat {place}"], _COPY_SECONDS)
        path.write_bytes(ended.stdout)
    if ended.returncode != 0:
        raise _lost(device, ended)


def _shell(device: Device) -> list[str]:
    if device.kind == "adb":
        return [*_adb(device), "shell"]
    return ["ssh", *device.arguments, *_SSH, "--", device.address]


def _adb(device: Device) -> list[str]:
    return ["adb", *device.arguments, "-s", device.address]


def _call(
    device: Device, command: Sequence[str], timeout: float | None, stdin: Any = subprocess.DEVNULL
) -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            command, stdin=stdin, capture_output=True, check=False, timeout=timeout
        )
    except OSError as error:
        raise DeviceError(
            f"device {device.label!r} ({device.where}): cannot run {command[0]!r}: "
            f"{(error.strerror or str(error)).lower()}"
        ) from error


def _lost(device: Device, ended: "subprocess.CompletedProcess[bytes]") -> DeviceError:
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    why = lines[-1] if lines else f"{ended.args[0]} ended with {ended.returncode}"
    return DeviceError(f"device {device.label!r} ({device.where}) cannot be reached: {why}")
