"""Every name that an installed XNNPACK can give an event stands with the rule of some operator."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tflops_native.ops.delegate_events import event_key
from tflops_native.profile.delegated import known_keys

# "Convolution (NHWC, F32)": words, then a layout, or for packing a width, and maybe types.
NAME = re.compile(
    rb"\0((?:[A-Z][A-Za-z0-9]*)(?: [A-Z][A-Za-z0-9]*)*)"
    rb" (\((?:NC|ND|NWC|NHWC|NCHW|NTHC|NCHW2NHWC|X8|X16|X32)(?:, [A-Z0-9]+)*\))\0"
)
# Of XNNPACK, but of no use to the delegate: no operator of a model becomes one of these (the delegate
# has no case for it in xnnpack_delegate.cc).
UNUSED = {
    "Bitwise And",
    "Bitwise Not",
    "Bitwise Or",
    "Channel Shuffle",
    "Copy Sign",
    "Count Leading Zeros",
    "Cube Root",
    "Population Count",
    "Shift Left",
    "Truncation",
}


def carried_library():
    folders = map(Path, find_spec("tflops_native").submodule_search_locations)
    (path,) = (path for folder in folders for path in folder.glob("lib/libtensorflowlite_c.*"))
    return path


def litert_library():
    spec = find_spec("ai_edge_litert")
    if spec is None:
        pytest.skip("ai-edge-litert is not installed")
    (path,) = Path(next(iter(spec.submodule_search_locations))).glob("libLiteRt.*")
    return path


def litert_lm_library():
    spec = find_spec("litert_lm")
    if spec is None:
        pytest.skip("litert-lm-api is not installed")
    (path,) = Path(next(iter(spec.submodule_search_locations))).glob("liblitert-lm.*")
    return path


@pytest.mark.parametrize("library", [carried_library, litert_library, litert_lm_library])
def test_each_name_is_known(library):
    data = library().read_bytes()
    # Names may follow each other with one zero byte between them.
    names = {match.decode() for match, _ in NAME.findall(data.replace(b"\0", b"\0\0"))}
    assert {"Softmax", "Fully Connected", "Convolution", "Abs"} <= names
    known = known_keys()
    assert sorted(n for n in names if event_key(n) not in known and n not in UNUSED) == []
