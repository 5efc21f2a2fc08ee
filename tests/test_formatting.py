"""Numbers for people, against texts written out."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tflops_native import formatting as numbers
from zoo import ROOT

PACKAGE = ROOT / "python" / "tflops_native"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1, "1"),
        (999, "999"),
        (1000, "1.00k"),
        (1004, "1.00k"),
        (1006, "1.01k"),
        (9_994, "9.99k"),
        (9_996, "10.0k"),
        (99_940, "99.9k"),
        (99_960, "100k"),
        (999_400, "999k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (999_999, "1.00M"),
        (1_000_000, "1.00M"),
        (194_688, "195k"),
        (568_740_352, "569M"),
        (3_857_973_248, "3.86G"),
        (999_500_000_000, "1.00T"),
        (10**15, "1.00P"),
        (10**18, "1.00E"),
        (10**24, "1.00Y"),
        (10**28, "10000Y"),
        (0.5, "0.500"),
        (12.25, "12.2"),
        (999.4, "999"),
        (999.7, "1.00k"),
    ],
)
def test_counts(number, text):
    assert numbers.count(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1, "1"),
        (1000, "1000"),
        (1023, "1023"),
        (1024, "1.00Ki"),
        (1536, "1.50Ki"),
        (2488, "2.43Ki"),
        (10_240, "10.0Ki"),
        (102_400, "100Ki"),
        (1000 * 1024, "1000Ki"),
        (1023 * 1024, "1023Ki"),
        (int(1023.9 * 1024), "1.00Mi"),
        (1024**2 - 1, "1.00Mi"),
        (1024**2, "1.00Mi"),
        (1024**3, "1.00Gi"),
        (13 * 1024**4, "13.0Ti"),
    ],
)
def test_byte_counts(number, text):
    assert numbers.byte_count(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (1, "1.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.94, "99.9"),
        (99.96, "100"),
        (999.4, "999"),
        (1053.2, "1053"),
        (0.01234, "0.0123"),
        (0.1, "0.100"),
        (0.9996, "1.00"),
        (0.9994, "0.999"),
        (0.00999, "0.00999"),
        (0.009996, "0.0100"),
        (1.25e-5, "0.0000125"),
        (1e-9, "0.00000000100"),
        (-12.34, "-12.3"),
        (-0.01234, "-0.0123"),
    ],
)
def test_three_digits(number, text):
    assert numbers.three_digits(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1.00s"),
        (75.25, "75.2s"),
        (3600, "3600s"),
        (0.5e-12, "0"),
        (0.9996, "1.00s"),
        (0.9994, "999ms"),
        (0.412, "412ms"),
        (0.0012, "1.20ms"),
        (0.000412, "412µs"),
        (0.0009996, "1.00ms"),
        (0.0009994, "999µs"),
        (0.00099951, "1.00ms"),
        (999_501e-9, "1.00ms"),
        (0.9995, "1.00s"),
        (1e-6, "1.00µs"),
        (29.8e-9, "29.8ns"),
        (1e-9, "1.00ns"),
        (0.5e-9, "0.500ns"),
        (-0.0025, "-2.50ms"),
    ],
)
def test_seconds(value, text):
    assert numbers.seconds(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0, "0.0"),
        (1, "100.0"),
        (0.1234, "12.3"),
        (0.0004, "0.0"),
        (0.9996, "100.0"),
        (-0.004, "-0.4"),
        (2.5, "250.0"),
    ],
)
def test_percent(fraction, text):
    assert numbers.percent(fraction) == text


@pytest.mark.parametrize(
    ("lengths", "text"),
    [
        ((1, 224, 224, 3), "1x224x224x3"),
        ((-1, 224, 224, 3), "?x224x224x3"),
        ((7,), "7"),
        ((0, 4), "0x4"),
        ((), "scalar"),
        (None, "?"),
    ],
)
def test_shape(lengths, text):
    assert numbers.shape(lengths) == text


SCALES = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}


@given(st.integers(0, 10**20))
def test_a_count_reads_back_to_half_a_digit_and_is_short(number):
    text = numbers.count(number)
    digits, prefix = re.fullmatch(r"([\d.]+)([kMGTPE]?)", text).groups()
    assert float(digits) * SCALES[prefix] == pytest.approx(number, rel=0.0051)
    assert len(digits) <= 4


@given(st.floats(1e-9, 1000, exclude_max=True))
def test_a_time_reads_back_to_half_a_digit_and_is_short(value):
    digits, unit = re.fullmatch(r"([\d.]+)(s|ms|µs|ns)", numbers.seconds(value)).groups()
    scale = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}[unit]
    assert float(digits) * scale == pytest.approx(value, rel=0.0051)
    assert len(digits) <= 4
    assert not digits.startswith("0")


@given(st.floats(1e-12, 1e12))
def test_three_digits_are_three_without_exponent(number):
    text = numbers.three_digits(number)
    assert re.fullmatch(r"\d+(\.\d+)?", text)
    assert len(text.replace(".", "").lstrip("0")) >= 3
    assert float(text) == pytest.approx(number, rel=0.0051)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (20_000, "20,000 runs")]
)
def test_plural(number, text):
    assert numbers.plural(number, "run") == text


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (0, 3, "0"),
        (0.5, 2, "0.5"),
        (0.456, 2, "0.46"),
        (5.0, 2, "5"),
        (12.34, 3, "12.3"),
        (334.2, 2, "330"),
        (123456.0, 2, "120000"),
        (1e6, 6, "1000000"),
        (1234567.8, 6, "1234570"),
        (1e-5, 2, "0.00001"),
        (1.2e-7, 4, "0.00000012"),
        (-0.5, 2, "-0.5"),
        (math.inf, 3, "inf"),
        (math.nan, 2, "nan"),
    ],
)
def test_brief(number, digits, text):
    assert numbers.brief(number, digits) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "<0.01%"),
        (1e-5, "<0.01%"),
        (0.0123, "1.2%"),
        (0.5, "50%"),
        (3.3, "330%"),
        (1234.5, "123450%"),
    ],
)
def test_precision(fraction, text):
    assert numbers.precision(fraction) == text


# Numbers that people do not read, or that are printed as another program prints them.
EXPONENTS = {
    "checks.py": "what a caller gave, who may have typed an exponent",
    "formatting.py": "makes of them what people read",
    "formats/html_parts.py": "the key that a page sorts a column by",
    "imported/litert_json.py": "what a log holds that is no number of a benchmark",
    "imported/phases.py": "as the benchmark prints it",
    "profile/estimate.py": "limits of times in saved results",
    "reports/report_figures.py": "rates that nothing can have",
    "timing/statistics.py": "times that nothing can take",
}


def test_no_number_that_people_read_may_have_an_exponent():
    found = {
        name: pieces
        for path in PACKAGE.rglob("*.py")
        if (name := path.relative_to(PACKAGE).as_posix()) not in EXPONENTS
        # float(f"{x:.3g}") rounds, and shows nothing.
        if (
            pieces := re.findall(
                r"(?<!float\(f\")\{[^{}\n]*:[,+.\d]*[eg]\}", path.read_text("utf-8")
            )
        )
    }
    assert found == {}


@pytest.mark.parametrize(
    ("uncertainty", "digits"),
    [(0.0, 3), (0.099, 3), (0.1, 2), (0.59, 2), (0.6, 1), (3.0, 1), (None, 1)],
)
def test_known_digits(uncertainty, digits):
    assert numbers.known_digits(uncertainty) == digits


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.26e-6, 2, "1.3µs"),
        (24.54e-6, 2, "25µs"),
        (245.4e-6, 2, "250µs"),
        (245.4e-6, 1, "200µs"),
        (0.96e-6, 1, "1µs"),
        (0.0, 2, "0"),
    ],
)
def test_seconds_of_fewer_digits(value, digits, text):
    assert numbers.seconds(value, digits) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"), [(12.34e9, 3, "12.3"), (12.34e9, 1, "10"), (0.0, 3, "0")]
)
def test_rate(value, digits, text):
    assert numbers.rate(value, digits) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0, "0%"),
        (1e-9, "<0.1%"),
        (0.00049, "<0.1%"),
        (0.0005, "0.1%"),
        (0.004, "0.4%"),
        (0.0094, "0.9%"),
        (0.00996, "1%"),
        (0.23, "23%"),
        (1.5, "150%"),
    ],
)
def test_a_share_is_nothing_only_where_there_is_nothing(fraction, text):
    assert numbers.share(fraction) == text
