"""Fuzzing: whatever the bytes, `load` and `analyze_model` succeed or raise what they promise.

Within a second of processor time and 200 MB. The bytes are those of real models, damaged here and there.

    python tests/fuzz/fuzz_reader.py --seconds 60        seeded and repeatable, needs nothing else
    python tests/fuzz/fuzz_reader.py --replay FILE       one input, with the traceback
    python tests/fuzz/fuzz_reader.py --write-seeds FOLDER
    python tests/fuzz/fuzz_reader.py --atheris FOLDER    coverage-guided; libFuzzer's own arguments

An input that fails is written to `fuzz-failure-*.tflite` in the working directory.
"""

import lzma
import random
import struct
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import builders
from configurations import GENERATORS
from fuzz.campaign import parser, run
from fuzz.limits import limits
from tflops_native.errors import ModelFormatError, ShapeError, UnsupportedOperatorError
from tflops_native.model.reader import load
from workloads import analyze_model
from zoo import EXAMPLES, MODELS

try:
    import atheris
except ImportError:
    atheris = None

PROMISED = (ModelFormatError, ShapeError, UnsupportedOperatorError)
# Larger files hold more weights and nothing new.
LARGEST_SEED = 300_000
WORDS = (
    *(0, 1, 2, 3, 4, 7, 8, 16, 31, 255, 256, 1023, 1024, 1025, 65_535, 65_536),
    *(0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFC, 0x4000_0000, 10_000_000),
)
KINDS = ("byte", "half", "word", "small", "copy", "cut")
MOST_SIGNATURES = 3


@cache
def seeds():
    """The models to damage: those of the examples and tests that are small, and one per operator."""
    found = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.tflite"))]
    found += [lzma.decompress(path.read_bytes()) for path in sorted(MODELS.rglob("*.tflite.xz"))]
    found.append(builders.pack(builders.rich_model()))
    for name, generate in sorted(GENERATORS.items()):
        found += [generate(random.Random(f"{name} {seed}"), name).pack() for seed in range(2)]
    return tuple(data for data in found if len(data) <= LARGEST_SEED)


def damaged(data, edits):
    """The bytes after edits of (kind, position, value), both any number."""
    changed = bytearray(data)
    for kind, place, value in edits:
        if len(changed) < 16:
            break
        at = place % (len(changed) - 8)
        if kind == "byte":
            changed[at] = value & 0xFF
        elif kind == "half":
            struct.pack_into("<H", changed, at & ~1, WORDS[value % len(WORDS)] & 0xFFFF)
        elif kind == "word":
            struct.pack_into("<I", changed, at & ~3, WORDS[value % len(WORDS)])
        elif kind == "small":
            # Offsets, indices and lengths that are a little off are still followed.
            (old,) = struct.unpack_from("<I", changed, at & ~3)
            struct.pack_into("<I", changed, at & ~3, (old + value % 33 - 16) & 0xFFFF_FFFF)
        elif kind == "copy":
            source = value % (len(changed) - 8)
            changed[at : at + 8] = changed[source : source + 8]
        else:
            del changed[max(at, 8) :]
    return bytes(changed)


def random_edits(source):
    """Some edits; cuts are seldom, for most of them end at the first check."""
    (count,) = source.choices((1, 2, 3, 5), (8, 4, 2, 1))
    kinds = source.choices(KINDS, (4, 2, 6, 6, 2, 0.2), k=count)
    return [(kind, source.getrandbits(32), source.getrandbits(32)) for kind in kinds]


def check(data):
    """Read and count a model, and look at all of the result. Returns how it ended."""
    try:
        with limits():
            model = load(data)
        for key in (None, *(signature.key for signature in model.signatures[:MOST_SIGNATURES])):
            with limits():
                analyze_model(model, signature=key).to_dict()
    except PROMISED as error:
        with limits():
            str(error)
        return type(error).__name__
    return "counted"


def drawn(source):
    """The bytes of a damaged model."""
    return damaged(source.choice(seeds()), random_edits(source))


def fuzz_with_atheris(arguments):
    if atheris is None:
        sys.exit("atheris is not installed: pip install atheris")
    atheris.instrument_all()

    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()


def main():
    known = parser(__doc__)
    known.add_argument("--write-seeds", type=Path, metavar="FOLDER")
    known.add_argument("--atheris", action="store_true")
    options, rest = known.parse_known_args()
    if options.atheris:
        fuzz_with_atheris(rest)
    elif rest:
        known.error(f"unknown arguments: {' '.join(rest)}")
    elif options.write_seeds is not None:
        options.write_seeds.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(seeds()):
            (options.write_seeds / f"{number}.tflite").write_bytes(data)
    else:
        source = random.Random(options.seed)
        run(options, lambda: drawn(source), check, "tflite")


if __name__ == "__main__":
    main()
