"""What is saved shows itself as it did before, and what cannot be shown is one clear line."""

import json

import pytest

import tflops_native
from tflops_native.formats.registry import OF_ALL
from zoo import EXAMPLES

pytest.importorskip("tflops_native._native", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("measured_here")

SINGLE = EXAMPLES / "single_conv_28x28.tflite"
MOBILENET = EXAMPLES / "mobilenet_v1_0.25_96_float32.tflite"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_saved_report_shows_the_text_of_the_run(tflops, here, monkeypatch):
    from tflops_native.reports import saved as module

    printed = []
    original = module.saved_reports
    monkeypatch.setattr(
        module,
        "saved_reports",
        lambda reports, **rest: (printed.extend(reports), original(reports, **rest))[1],
    )
    saved = tflops("report", SINGLE, "--runs", "3", "-o", "r.json")
    assert (saved.status, saved.out, saved.err) == (0, "", "")
    (report,) = printed
    for form in OF_ALL:
        shown = tflops("show", "r.json", "--format", form)
        assert (shown.status, shown.err) == (0, "")
        if form == "json":
            assert json.loads(shown.out) == json.loads((here / "r.json").read_text())
        elif form == "text":
            assert shown.out.rstrip("\n") == str(report)
        else:
            from tflops_native.formats.showing import shown as rendered

            assert shown.out.rstrip("\n") == rendered(report, form)


@pytest.mark.parametrize(
    "arguments",
    [
        ("peaks", "--threads", "1"),
        ("time", SINGLE, "--runtime", "tflite,tflite", "--runs", "3"),
        ("verify", SINGLE),
        ("time", SINGLE, "--runs", "3"),
        ("count", SINGLE),
    ],
    ids=lambda arguments: " ".join(map(str, arguments[:1])),
)
def test_every_command_saves_what_show_shows(tflops, here, arguments):
    saved = tflops(*arguments, "-o", "saved.json")
    assert (saved.status, saved.out, saved.err) == (0, "", "")
    shown = tflops("show", "saved.json")
    assert (shown.status, shown.err) == (0, "")
    assert shown.out
    again = tflops("show", "saved.json", "--format", "json")
    assert json.loads(again.out) == json.loads((here / "saved.json").read_text())


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("csv", "index,operator,"),
        ("md", "### single_conv"),
        ("html", "<!doctype html>"),
        ("txt", "# operator"),
    ],
)
def test_the_suffix_chooses_the_format(tflops, here, suffix, start):
    assert tflops("count", SINGLE, "-o", f"out.{suffix}").status == 0
    assert (here / f"out.{suffix}").read_text().startswith(start)
    assert tflops("count", SINGLE, "-o", "x.any", "--format", "csv").status == 0
    assert (here / "x.any").read_text().startswith("index,")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read 'saved.json': no such file"),
        ("", "'saved.json' is not JSON: "),
        ("[]", "'saved.json' is not a saved result: it holds no JSON object"),
        ("{}", "'saved.json' is not a saved result: its format is 'not stated'"),
        (
            '{"format": "tflops_native/report", "format_version": 2}',
            "version 2 of the format, this tflops_native reads 3: save it again with this version",
        ),
        (
            '{"format": "tflops_native/report", "format_version": 4}',
            "version 4 of the format, this tflops_native reads 3: update this one",
        ),
        (
            '{"format": "tflops_native/report", "format_version": 3, "reports": [{"model": 3}]}',
            "'saved.json' is damaged: model: expected an object, got 3",
        ),
        ('{"format": "tflops_native/peaks", "format_version": 3}', "'saved.json' is damaged: "),
        ("[" * 100_000, "'saved.json' is not JSON: "),
        (b"\0{\0\0\0", "'saved.json' is not JSON: "),
        (b"{\xff}", "'saved.json' is not JSON: it is not UTF-8: byte 1 does not belong there"),
        (SINGLE.read_bytes(), "'saved.json' is a model, not a saved result: count or measure it"),
    ],
)
def test_what_cannot_be_shown(refuses, here, content, message):
    if content is not None:
        (here / "saved.json").write_bytes(content.encode() if isinstance(content, str) else content)
    assert message in refuses("show", "saved.json")


def test_an_unknown_suffix_or_folder_is_found_before_anything_is_measured(refuses, here):
    assert "does not say its format" in refuses("report", SINGLE, "-o", "out.xyz")
    assert refuses("report", SINGLE, "-o", "no/out.json") == (
        "cannot write 'no/out.json': there is no folder 'no'"
    )


def test_one_report_of_several_signatures(here):
    from tflops_native.plain_json import dump_json
    from tflops_native.reports.saved import saved_reports

    (report,) = tflops_native.count(SINGLE)
    (here / "two.json").write_text(dump_json(saved_reports([report, report])))
    with pytest.raises(tflops_native.OptionError, match="choose one: 'serving_default'"):
        tflops_native.load_report("two.json")
    with pytest.raises(tflops_native.OptionError, match="choose one: none"):
        tflops_native.load_report("two.json", signature="other")


@pytest.mark.parametrize("option", [("--by", "type"), ("--sort", "flops"), ("--top", "1")])
def test_what_has_no_operators_cannot_show_them_otherwise(tflops, refuses, here, option):
    for command in (("baseline", "--no-time"), ("memory",), ("time", "--runs", "3")):
        assert tflops(command[0], SINGLE, *command[1:], "-o", "saved.json").status == 0
        message = refuses("show", "saved.json", *option)
        assert message.startswith("'saved.json' has no table of operators, which --by, ")


def test_counts_cannot_be_sorted_by_time(tflops, refuses, here):
    assert tflops("count", MOBILENET, "-o", "count.json").status == 0
    for given in (("count", MOBILENET), ("show", "count.json")):
        message = refuses(*given, "--sort", "time")
        assert message.partition(": ")[2].startswith("sort by flops, bytes or index")
    assert tflops("report", SINGLE, "--runs", "3", "-o", "report.json").status == 0
    assert tflops("show", "report.json", "--sort", "time").status == 0


def test_a_folder_is_not_a_result(refuses, here):
    assert refuses("show", here) == f"cannot read '{here}': it is a directory; name a file in it"
