"""Files of data that no parser takes: the reason is said in words about the file, not about Python."""

import pytest

from tflops_native.errors import TflopsError
from tflops_native.fleets.plan import read_plan
from tflops_native.imported.files import read_recorded
from tflops_native.reports.loaded import load_saved
from zoo import EXAMPLES

CONTENTS = {
    "deep lists": (b"[" * 100_000, "nested too deeply"),
    "deep lists, closed": (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    "deep objects": (b'{"a":' * 100_000, "nested too deeply"),
    "a long number": (b'{"a": ' + b"9" * 5000 + b"}", "thousands of digits"),
    "not UTF-8": (b'{"a": "\xff"}', "not UTF-8: byte 7"),
}
TOML = {
    "deep lists": (b"a = " + b"[" * 50_000, "nested too deeply"),
    "deep tables": (b"a = " + b"{a=" * 50_000, "nested too deeply"),
    "a long number": (b"a = " + b"9" * 5000, "thousands of digits"),
    "not UTF-8": (b'a = "\xff"', "not UTF-8: byte 5"),
}
# What Python says of its own limits.
OF_PYTHON = ("recursion", "set_int_max_str_digits", "codec", "Python")


def in_one_line(message, part):
    assert part in message
    assert "\n" not in message
    assert not any(word in message for word in OF_PYTHON)


@pytest.mark.parametrize("case", CONTENTS)
@pytest.mark.parametrize("read", [load_saved, read_recorded, read_plan])
def test_why_a_file_cannot_be_parsed(read, case, tmp_path):
    if read is read_plan:
        pytest.importorskip("yaml")
    content, part = CONTENTS[case]
    if read is read_recorded and case not in ("deep objects", "a long number"):
        pytest.skip("it is not taken for JSON")
    path = tmp_path / "file.json"
    path.write_bytes(content)
    with pytest.raises(TflopsError) as caught:
        read(path)
    in_one_line(str(caught.value), part)


@pytest.mark.parametrize("case", TOML)
def test_why_limits_cannot_be_parsed(case, tmp_path, monkeypatch, tflops):
    content, part = TOML[case]
    (tmp_path / "tflops.toml").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    ended = tflops("check", EXAMPLES / "single_conv_28x28.tflite")
    assert ended.status == 2
    in_one_line(ended.err.removesuffix("\n"), part)


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
PLANS = {
    "aliases of aliases": (LAUGHS + "count: *a11\n", "more than 200,000 values"),
    "an option of aliases": (LAUGHS + "options: {threads: *a11}\n", "more than 200,000 values"),
    "a list in itself": ("count: &a [*a]\n", "more than 200,000 values"),
    "a mapping in itself": ("&a\noptions: *a\n", "more than 200,000 values"),
    "an object of Python": ("models: !!python/object/apply:os.getcwd []\n", "constructor"),
    "a large file": ("models: [" + "a, " * 400_000 + "]\n", "larger than 1 MiB"),
    "a null byte": ("\0", "special characters"),
    "two lines that contradict": ("a: [\nb", "expected"),
}


@pytest.mark.parametrize("case", PLANS)
def test_plans_that_are_traps(case, tmp_path):
    pytest.importorskip("yaml")
    content, part = PLANS[case]
    path = tmp_path / "plan.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TflopsError) as caught:
        read_plan(path)
    in_one_line(str(caught.value).replace("python/object", ""), part)
