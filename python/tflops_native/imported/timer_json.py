"""The JSON of `tflops-timer`, our timer for targets without Python: raw samples and events."""

from collections.abc import Mapping
from typing import Any, TypeVar

from tflops_native.imported.timer_record import TimerEvents, TimerRecord
from tflops_native.machine.machine import Machine
from tflops_native.machine.peaks.peaks import ThreadPeaks
from tflops_native.plain_reading import from_plain
from tflops_native.timing.precision import Stop
from tflops_native.timing.warm_up import WarmUp

FORMAT = "tflops_native/timer"
FORMAT_VERSION = 4
_LARGEST_NS = 1 << 62

Kind = TypeVar("Kind")


def is_timer_json(plain: Mapping[str, Any]) -> bool:
    """Whether parsed JSON says that it is of the timer."""
    return plain.get("format") == FORMAT


def read_timer_json(plain: Mapping[str, Any]) -> TimerRecord:
    """What it tells.

    Raises:
        ValueError: it is of another version, or a field is missing or cannot be.
    """
    version = plain.get("format_version")
    if version != FORMAT_VERSION:
        raise ValueError(
            f"its format has version {_short(version)}, this program reads {FORMAT_VERSION}: "
            "measure again with the tflops-timer of this version"
        )
    model, runtime, machine, clock, warm_up, stop = (
        _get(plain, name, dict)
        for name in ("model", "runtime", "machine", "clock", "warm_up", "stop")
    )
    samples = _integers(plain, "samples_ns", minimum=1)
    if not samples:
        raise ValueError("'samples_ns' is empty")
    shapes = _get(plain, "input_shapes", dict)
    return TimerRecord(
        tool=_get(plain, "tool", str),
        model_name=_get(model, "name", str),
        model_size_bytes=_integer(model, "size_bytes"),
        model_crc32=_integer(model, "crc32"),
        machine=_machine(machine),
        runtime_name=_get(runtime, "name", str),
        runtime_kind=_get(runtime, "kind", str),
        runtime_version=_or_none(runtime, "version", str),
        runtime_library=_get(runtime, "library", str),
        kernels=_get(plain, "kernels", str),
        threads=_integer(plain, "threads", minimum=1),
        signature=_or_none(plain, "signature", str),
        input_shapes={str(name): _integers(shapes, name) for name in shapes},
        seed=_integer(plain, "seed"),
        clock_resolution_ns=_integer(clock, "resolution_ns"),
        clock_read_ns=_number(clock, "read_ns"),
        load_ns=_integer(plain, "load_ns"),
        allocate_ns=_integer(plain, "allocate_ns"),
        first_invoke_ns=_integer(plain, "first_invoke_ns"),
        warm_up=_warm_up(warm_up),
        invokes_per_sample=_integer(plain, "invokes_per_sample", minimum=1),
        stop=Stop(
            reason=_get(stop, "reason", str),
            precision=None if stop.get("precision") is None else _number(stop, "precision"),
            is_reached=_or_none(stop, "is_reached", bool),
            seconds=_number(stop, "seconds"),
        ),
        samples_ns=samples,
        events=None if plain.get("profile") is None else _events(_get(plain, "profile", dict)),
        peaks=None if plain.get("peaks") is None else _peaks(_get(plain, "peaks", dict)),
    )


def _warm_up(plain: Mapping[str, Any]) -> WarmUp:
    samples, invokes = (
        _integers(plain, "samples_ns"),
        _integer(plain, "invokes_per_sample", minimum=1),
    )
    return WarmUp(
        runs=len(samples) * invokes,
        samples_ns=samples,
        invokes_per_sample=invokes,
        is_steady=_get(plain, "is_steady", bool),
    )


def _peaks(plain: Mapping[str, Any]) -> ThreadPeaks:
    _integer(plain, "threads", minimum=1)
    try:
        return from_plain(ThreadPeaks, plain)
    except ValueError as error:
        raise ValueError(f"'peaks' cannot be read: {error}") from error


def _machine(plain: Mapping[str, Any]) -> Machine:
    def number(name: str) -> int | None:
        return None if plain.get(name) is None else _integer(plain, name, minimum=1)

    return Machine(
        processor=_or_none(plain, "processor", str),
        architecture=_get(plain, "architecture", str),
        system=_get(plain, "system", str),
        logical_cpus=number("logical_cpus"),
        usable_cpus=number("usable_cpus"),
    )


def _events(plain: Mapping[str, Any]) -> TimerEvents:
    """The profiled runs, with every index checked."""
    import numpy as np

    events = []
    for event in _get(plain, "events", list):
        if not isinstance(event, dict):
            raise ValueError(f"{event!r} in 'events' is not an object")
        events.append(
            (
                _get(event, "name", str),
                _integer(event, "operator_index", minimum=-1),
                _integer(event, "subgraph_index", minimum=-1),
                _get(event, "delegated", bool),
            )
        )
    invoke, offsets = _integers(plain, "invoke_ns", minimum=1), _integers(plain, "run_offsets")
    ids, depths = _integers(plain, "event_ids"), _integers(plain, "depths")
    at, elapsed = _integers(plain, "at_ns"), _integers(plain, "elapsed_ns")
    if not len(ids) == len(depths) == len(at) == len(elapsed):
        raise ValueError("'event_ids', 'depths', 'at_ns' and 'elapsed_ns' have different lengths")
    if any(event >= len(events) for event in ids):
        raise ValueError(f"'event_ids' has an event that is none of the {len(events)}")
    ends = (0, *offsets, len(ids))
    if not invoke or len(offsets) != len(invoke) + 1 or list(ends) != sorted(ends):
        raise ValueError("'run_offsets' does not fit 'invoke_ns' and 'event_ids'")
    return TimerEvents(
        invoke_ns=np.array(invoke),
        run_offsets=np.array(offsets),
        event_ids=np.array(ids, dtype=np.int64),
        depths=np.array(depths, dtype=np.int64),
        at_ns=np.array(at, dtype=np.int64),
        elapsed_ns=np.array(elapsed, dtype=np.int64),
        events=events,
        builtin_resolution_ns=_integer(plain, "builtin_resolution_ns", minimum=1),
        builtin_own_ns=_number(plain, "builtin_own_ns"),
        delegate_resolution_ns=_integer(plain, "delegate_resolution_ns", minimum=1),
        delegate_own_ns=_number(plain, "delegate_own_ns"),
    )


def _get(plain: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind:
    value = plain.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"{name!r} is {_short(value)} where {_KINDS[kind]} is expected")
    return value


def _or_none(plain: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind | None:
    return None if plain.get(name) is None else _get(plain, name, kind)


_KINDS: dict[type, str] = {str: "text", dict: "an object", list: "a list", bool: "true or false"}


def _integer(plain: Mapping[str, Any], name: str, minimum: int = 0) -> int:
    return _checked(plain.get(name), name, minimum)


def _number(plain: Mapping[str, Any], name: str) -> float:
    value = plain.get(name)
    # Written so that a NaN is refused too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ValueError(f"{name!r} has {_short(value)} where a number is expected")
    return float(value)


def _integers(plain: Mapping[str, Any], name: str, minimum: int = 0) -> tuple[int, ...]:
    return tuple(_checked(value, name, minimum) for value in _get(plain, name, list))


def _checked(value: object, name: str, minimum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value < _LARGEST_NS:
        raise ValueError(f"{name!r} has {_short(value)} where a whole number is expected")
    return value


def _short(value: object) -> str:
    return repr(value)[:40]
