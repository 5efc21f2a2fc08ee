"""Structure-aware fuzzing: whatever a well-formed model says, it is counted and shown, or refused.

With a `TflopsError`, within a second of processor time and 200 MB, for all of its signatures and as text.
Models are built of every registered operator (applied to its own result, chained, nested, in loops) or are
real, and what they say is changed: shapes, types, options, values, names, wiring, subgraphs, signatures,
quantization, tables that many entries share.

    python tests/fuzz/fuzz_graphs.py --seconds 60
    python tests/fuzz/fuzz_graphs.py --inputs 1000000 --keep-going    a night
    python tests/fuzz/fuzz_graphs.py --replay FILE                    one input, with the traceback

An input that fails is written to `fuzz-failure-*.tflite` in the working directory.
"""

import random
import re
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuzz import fuzz_reader, hostile, tables
from fuzz.campaign import parser, run
from fuzz.limits import limits
from fuzz.mutations import mutated
from tflops_native import api
from tflops_native.errors import TflopsError
from tflops_native.formats.registry import OF_ALL, render
from tflops_native.formats.report import report_document

# The rest of a real model is more of the same, and takes its time.
LARGEST_REAL = 60_000
# Of so many inputs one is shown in every format: they look at the same things.
OTHER_FORMATS_EVERY = 8
# Neither of them has a place in text: controls other than line feeds, and what reorders or hides text.
RAW = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


@cache
def real():
    """Trees of real models."""
    return tuple(tables.read(data) for data in fuzz_reader.seeds() if len(data) <= LARGEST_REAL)


def any_real(source):
    return tables.copied(source.choice(real()))


BASES = ((hostile.composed, hostile.chain, hostile.nested, hostile.loop, any_real), (6, 4, 2, 2, 3))


def drawn(source):
    """The bytes of a well-formed model."""
    (base,) = source.choices(*BASES)
    return tables.pack(mutated(base(source), source))


def check(data):
    """Count a model and show it, as `tflops count` does. Returns how it ended.

    Within the limits are both together, and each further format for itself: a command makes one.
    """
    with limits():
        try:
            reports = api.count(data, every_signature=True)
        except TflopsError as error:
            str(error)
            return type(error).__name__
        documents = [report_document(report) for report in reports]
        for document in documents:
            raw = RAW.search(render(document, "text"))
            assert raw is None, f"{raw[0]!r} in the text"
    if len(data) // 8 % OTHER_FORMATS_EVERY == 0:
        for name in OF_ALL:
            with limits():
                render(documents[0], name)
    return "counted"


def main():
    options = parser(__doc__).parse_args()
    source = random.Random(options.seed)
    run(options, lambda: drawn(source), check, "tflite")


if __name__ == "__main__":
    main()
