"""The HTML page: one file with everything in it, that is read back."""

import dataclasses
import re
from xml.etree import ElementTree

import pytest

from made_reports import float_analysis, level, model, operator
from tflops_native import api
from tflops_native.formats import notebook
from tflops_native.formats.figures.plot import HEIGHT, WIDTH, Scale
from tflops_native.formats.figures.roofline_figure import roofline_figure
from tflops_native.formats.figures.samples_figure import samples_figure
from tflops_native.formats.html import render_all
from tflops_native.formats.registry import render
from tflops_native.formats.report import report_document
from tflops_native.machine.peaks.peaks import ComputePeak, ThreadPeaks
from tflops_native.ops import Cost
from tflops_native.reports.loaded import load_report, load_saved
from tflops_native.reports.report import Report
from tflops_native.timing.statistics import Latency
from zoo import zoo_model


def page(report):
    return render(report_document(report), "html")


def figures(text):
    """The drawings, as XML."""
    return [
        ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    ]


def test_a_page_is_read_back(case, tmp_path):
    _, report = case
    path = tmp_path / "page.html"
    path.write_text(page(report), encoding="utf-8")
    again = load_report(path)
    assert again.to_dict() == report.to_dict()
    assert page(again) == page(report)


def test_several_signatures_are_one_page(made, tmp_path):
    path = tmp_path / "page.html"
    documents = [report_document(made(name)) for name in ("float", "count")]
    path.write_text(render_all(documents), encoding="utf-8")
    assert path.read_text().count("<!doctype html>") == 1
    assert len(load_saved(path)) == 2


def test_a_page_needs_nothing_from_elsewhere(case):
    _, report = case
    text = page(report)
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"https?:|src=|href=|url\(|@import", markup)
    # The data, and the script that sorts.
    assert text.count("<script") == text.count("</script>") == 2


def test_a_hostile_name_stays_a_name(made, tmp_path):
    name = "</script><script>alert(1)</script><!--"
    analysis = float_analysis()
    operators = (operator(0, name, (), ((1, 8),), Cost(macs=1), layer=name),)
    report = Report.of(model(), dataclasses.replace(analysis, operators=operators))
    text = page(report)
    assert text.count("<script") == text.count("</script>") == 2
    assert "<!--" not in text
    path = tmp_path / "page.html"
    path.write_text(text)
    assert load_report(path).rows[0].operator.name == name


def test_figures_of_a_report_with_peaks_and_samples(made):
    report = made("roofline")
    found = figures(page(report))
    labels = [figure.get("aria-label") for figure in found]
    assert labels == [
        "Roofline of the model's operators",
        "Samples in run order: noisy",
        "Histogram of the samples",
    ]
    roofline = ["".join(title.itertext()) for title in found[0].iter("title")]
    assert roofline[0].startswith("0 CONV_2D: 17.3GFLOP/s, 4.76 FLOPs per byte, 25.0\u00b5s, 69")
    # 432,640 operations in 25 us, of 90,944 bytes.
    names = "".join(found[0].itertext())
    assert "float32 25.0GFLOP/s" in names
    assert "DRAM 10.0GB/s" in names
    assert figures(page(made("count"))) == []


def test_marks_lie_within_their_figure(made):
    for name in ("roofline", "above", "float", "mixed"):
        for figure in figures(page(made(name))):
            for mark in figure.iter("circle"):
                assert 0 <= float(mark.get("cx")) <= WIDTH
                assert 0 <= float(mark.get("cy")) <= HEIGHT


def test_a_notebook_has_the_figures_and_folds_long_tables(made):
    report = made("roofline")
    text = notebook.render(report_document(report))
    assert len(figures(text)) == 3
    assert "<details>" not in text
    many = tuple(operator(index, "ADD", (), ((1, 8),), Cost(scalar_ops=1)) for index in range(21))
    long = Report.of(model(), dataclasses.replace(float_analysis(), operators=many))
    assert "<details><summary>21 operators</summary>" in notebook.render(report_document(long))


def test_of_many_samples_the_extremes_are_drawn(made):
    report = made("time")
    samples = [1_000 + position % 7 for position in range(50_000)]
    samples[31_234] = 1_000_000
    timing = dataclasses.replace(report.timing, samples_ns=tuple(samples), invokes_per_sample=1)
    drawn = samples_figure(report.with_parts(timing=timing))
    assert len(drawn) < 40_000
    specks = re.search(r'<path d="(M[^"]*h0)"', drawn)[1]
    heights = [float(found) for found in re.findall(r"M[\d.]+ ([\d.]+)h0", specks)]
    assert 500 < len(heights) < 1_100
    # The slowest at the upper edge, in a colour of its own.
    assert len(re.findall("h0", drawn)) == len(heights) + 1
    assert "1 above, to 1.00ms" in drawn


@pytest.mark.parametrize(
    ("scale", "ticks"),
    [
        (Scale("", 0, 10), [0, 2, 4, 6, 8, 10]),
        (Scale("", 0, 0.035), [0, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035]),
        (Scale("", 0.5, 2000, is_log=True), [1, 10, 100, 1000]),
        (Scale("", 12, 80, is_log=True), [18, 80 / 1.5]),
    ],
)
def test_ticks(scale, ticks):
    assert scale.ticks() == pytest.approx(ticks)


def test_a_page_of_mobilenet_v2_is_small():
    report = Report.of(model(), float_analysis())
    loaded = api.load(zoo_model("mobilenet_v2-float32"))
    report = Report.of(loaded, api.analyze(loaded))
    text = re.sub(r"<script type=.*?</script>", "", page(report), flags=re.DOTALL)
    assert len(text.encode()) <= 150_000


def text_boxes(svg):
    """Left, top, right and bottom of each text on the plot; a digit of a wide font has 7.6 of 12 pixels."""
    found = []
    for item in svg.iter("text"):
        if item.get("transform"):
            continue
        width = 7.6 * len("".join(item.itertext()))
        x, y = float(item.get("x")), float(item.get("y"))
        left = x - {"end": width, "middle": width / 2}.get(item.get("text-anchor"), 0)
        found.append((left, y - 9, left + width, y + 2))
    return found


def overlapping(boxes):
    return [
        (one, other)
        for position, one in enumerate(boxes)
        for other in boxes[:position]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]


@pytest.mark.parametrize("factor", [1.0, 1.02, 1.1, 1.5, 4])
@pytest.mark.parametrize("largest", [5e9, 25e9, 800e9])
def test_names_of_roofs_do_not_lie_on_each_other(made, factor, largest):
    report = made("mixed")
    levels = [level(f"L{n}", 10**n, largest * factor**-n) for n in range(1, 5)]
    compute = [
        ComputePeak(arithmetic=name, operations_per_second=largest * factor**n, instructions="FMA")
        for n, name in enumerate(report.analysis.operations)
    ]
    roofs = ThreadPeaks(threads=1, compute=tuple(compute), memory=tuple(levels))
    (svg,) = figures(roofline_figure(made("mixed").with_parts(peaks=roofs)))
    names = [item for item in svg.iter("text") if "/s" in "".join(item.itertext())]
    assert len(names) >= len(compute) + 1
    assert not overlapping(text_boxes(svg))


@pytest.mark.parametrize("spread", [0, 1, 10, 1000])
def test_names_in_the_figure_of_samples_do_not_lie_on_each_other(made, spread):
    report = made("time")
    samples = tuple(2_100 + spread * (n % 21) for n in range(400)) + (10**6,) * 3
    latency = Latency.of(samples, invokes_per_sample=1)
    timing = dataclasses.replace(report.timing, samples_ns=samples, latency=latency)
    (svg,) = figures(samples_figure(report.with_parts(timing=timing)))
    assert not overlapping(text_boxes(svg))
