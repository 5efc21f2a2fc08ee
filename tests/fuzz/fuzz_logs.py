"""Fuzzing of `--profile`: whatever the bytes, a log is read or refused with `ProfileFormatError`.

Within a second of processor time and 200 MB, also for a log of 100 MB. The bytes are those of real kinds of
logs, damaged here and there: bytes, figures, lines that go, come twice or change places, two logs in one.

    python tests/fuzz/fuzz_logs.py --seconds 60
    python tests/fuzz/fuzz_logs.py --inputs 100000
    python tests/fuzz/fuzz_logs.py --replay FILE     one input, with the traceback

An input that fails is written to `fuzz-failure-*.log` in the working directory.
"""

import io
import math
import random
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuzz.campaign import parser, run
from fuzz.limits import limits
from tflops_native.errors import ProfileFormatError
from tflops_native.imported.load import load_timing
from workloads import workload
from zoo import MODELS

LOGS = Path(__file__).parent.parent / "imported" / "logs"
FIGURES = (
    *(
        "0",
        "-1",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "1e308",
        "99999999999999999999",
        "9" * 5000,
        "1e-400",
    ),
    *("999999999", "2147483648", "4294967296", "0.0001", "", ".", "1.2.3", "0x10", "1,5"),
)
HUGE = 100 << 20
KINDS = ("byte", "figure", "drop", "repeat", "swap", "cut", "join", "long", "insert")
SPLICES = (
    b"STARTING!",
    b"\x1b[31m",
    b"\r",
    b"\0",
    b"=" * 300,
    b"[x]:999999999",
    b"Delegate/Copy:999999999",
)


@cache
def seeds():
    return tuple(path.read_bytes() for path in sorted(LOGS.iterdir()))


@cache
def subject():
    return workload(MODELS / "phone" / "phone.tflite")


def damaged(data, source):
    """The bytes after one or a few edits."""
    for _ in range(source.choice((1, 1, 2, 4, 8))):
        kind = source.choice(KINDS)
        lines = data.split(b"\n")
        at = source.randrange(len(lines))
        if kind == "byte" and data:
            place = source.randrange(len(data))
            data = data[:place] + bytes([source.getrandbits(8)]) + data[place + 1 :]
            continue
        if kind == "cut":
            data = data[: source.randrange(len(data) + 1)]
            continue
        if kind == "join":
            data = data + source.choice(seeds())
            continue
        if kind == "figure":
            words = lines[at].replace(b"=", b" = ").split(b" ")
            numbers = [i for i, word in enumerate(words) if word[:1].isdigit()]
            if numbers:
                words[source.choice(numbers)] = source.choice(FIGURES).encode()
            lines[at] = b" ".join(words).replace(b" = ", b"=")
        elif kind == "drop":
            del lines[at : at + source.choice((1, 1, 3, 10))]
        elif kind == "repeat":
            lines[at:at] = [lines[at]] * source.choice((1, 2, 100))
        elif kind == "swap":
            other = source.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "long":
            lines[at] += source.choice((b" ", b"\t", b"1, ", b"=", b"[", b"9")) * 20_000
        else:
            lines.insert(at, source.choice(SPLICES))
        data = b"\n".join(lines)
    return data


def check(data):
    """Read a log and look at all of the result. Returns how it ended."""
    with limits():
        try:
            timing = load_timing(io.BytesIO(data), subject())
        except ProfileFormatError as error:
            str(error)
            return "refused"
        typical, profile = timing.latency.typical_seconds, timing.profile
        assert typical is None or 0 < typical < math.inf
        if profile is not None:
            times = [
                part.estimate.typical_seconds for part in (*profile.operators, *profile.unmatched)
            ]
            assert all(0 <= mean < math.inf for mean in times)
            assert math.isfinite(profile.outside_seconds)
    return "read"


def huge():
    """Logs of 100 MB: a benchmark somewhere in a phone's whole log, and files of one thing only."""
    base = (LOGS / "a01_logcat_threadtime.log").read_bytes()
    noise = (
        b"05-31 10:31:13.006  1234  5678 D ActivityManager: something happened in com.example.app\n"
    )
    row = next(line for line in base.split(b"\n") if b"DEPTHWISE" in line) + b"\n"
    head = base[: base.index(b"Operator-wise")]
    yield noise * (HUGE // len(noise)) + base
    yield base + noise * (HUGE // len(noise))
    yield base * (HUGE // len(base))
    yield head + row * (HUGE // len(row))
    for filler in (
        b" ",
        b"\n",
        b"\r",
        b"=",
        b"9",
        b"count=1 ",
        b"count=5 first=1 curr=2 ",
        b"nference timings in us: ",
        b"nnapi(",
        b"Subgraph (index: 1 ",
        b"\x1b]",
    ):
        yield head + filler * (HUGE // len(filler))


def drawn(source):
    """The bytes of logs without end: the huge ones first."""
    yield from huge()
    while True:
        yield damaged(source.choice(seeds()), source)


def main():
    options = parser(__doc__).parse_args()
    subject()
    inputs = drawn(random.Random(options.seed))
    run(options, lambda: next(inputs), check, "log")


if __name__ == "__main__":
    main()
